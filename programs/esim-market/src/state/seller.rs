use anchor_lang::prelude::*;

use crate::errors::EsimMarketError;

/// Who sells eSIM plans in a market.
///
/// Address: `["seller", market, authority]`. Never closed: its counters are its record.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Seller {
    pub market: Pubkey,
    /// Offers plans, delivers and answers.
    pub authority: Pubkey,
    /// The wallet whose associated token accounts are paid.
    pub payout: Pubkey,
    /// Reports installations and first uses.
    pub attester: Pubkey,
    /// X25519 public key for messages to the seller, or all zero.
    pub contact: [u8; 32],
    /// Orders ever paid, top-ups included.
    pub order_count: u64,
    /// Orders ever delivered.
    pub delivered_count: u64,
    /// Orders ever disputed.
    pub disputed_count: u64,
    /// Orders ever refunded, for whatever reason.
    pub refunded_count: u64,
    /// Plans that exist.
    pub plan_count: u32,
    /// A [`SellerStatus`].
    pub status: u8,
    pub bump: u8,
    pub padding: [u8; 2],
}

/// Whether a seller may sell.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SellerStatus {
    /// Applied, and waits for the market's authority.
    Pending,
    /// May sell.
    Approved,
    /// May sell no more. Open orders go on.
    Suspended,
}

/// What a seller decides about itself.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SellerProfile {
    /// The wallet whose associated token accounts are paid.
    pub payout: Pubkey,
    /// Reports installations and first uses.
    pub attester: Pubkey,
    /// X25519 public key for messages to the seller, or all zero.
    pub contact: [u8; 32],
}

impl SellerProfile {
    /// Refuses a payout that would be lost, and an attester who cannot sign.
    pub fn validate(&self) -> Result<()> {
        require_keys_neq!(self.payout, Pubkey::default(), EsimMarketError::ZeroKey);
        require_keys_neq!(self.attester, Pubkey::default(), EsimMarketError::ZeroKey);
        Ok(())
    }
}

impl SellerStatus {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Approved, Self::Suspended];
}

impl Seller {
    pub const SEED: &'static [u8] = b"seller";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

    pub fn find_address(market: &Pubkey, authority: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[Self::SEED, market.as_ref(), authority.as_ref()],
            &crate::ID,
        )
    }

    pub fn status(&self) -> Result<SellerStatus> {
        variant(&SellerStatus::ALL, self.status)
    }

    pub fn profile(&self) -> SellerProfile {
        SellerProfile {
            payout: self.payout,
            attester: self.attester,
            contact: self.contact,
        }
    }

    pub fn set_profile(&mut self, profile: &SellerProfile) {
        self.payout = profile.payout;
        self.attester = profile.attester;
        self.contact = profile.contact;
    }
}

/// The variant with this number. Only the program writes the byte, so any other is a broken account.
pub fn variant<T: Copy>(all: &[T], byte: u8) -> Result<T> {
    Ok(*all
        .get(usize::from(byte))
        .ok_or(EsimMarketError::InvariantBroken)?)
}

/// Adds one to a counter.
pub fn count(counter: &mut u64) -> Result<()> {
    *counter = counter.checked_add(1).ok_or(EsimMarketError::Overflow)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Seller::DISCRIMINATOR, [76, 163, 162, 59, 115, 49, 116, 39]);
        assert_eq!(size_of::<Seller>(), 200);
        assert_eq!(offset_of!(Seller, market), 0);
        assert_eq!(offset_of!(Seller, authority), 32);
        assert_eq!(offset_of!(Seller, payout), 64);
        assert_eq!(offset_of!(Seller, attester), 96);
        assert_eq!(offset_of!(Seller, contact), 128);
        assert_eq!(offset_of!(Seller, order_count), 160);
        assert_eq!(offset_of!(Seller, delivered_count), 168);
        assert_eq!(offset_of!(Seller, disputed_count), 176);
        assert_eq!(offset_of!(Seller, refunded_count), 184);
        assert_eq!(offset_of!(Seller, plan_count), 192);
        assert_eq!(offset_of!(Seller, status), 196);
        assert_eq!(offset_of!(Seller, bump), 197);
    }

    #[test]
    fn a_status_is_its_number() {
        for (number, status) in SellerStatus::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, number);
        }
        assert_eq!(
            variant(&SellerStatus::ALL, 3),
            Err(EsimMarketError::InvariantBroken.into())
        );
    }
}
