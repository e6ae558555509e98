use anchor_lang::prelude::*;

use crate::errors::EsimMarketError;

/// Who sells eSIM plans in a market.
///
/// Address: `["seller", market, authority]`. Never closed: its counters are its record.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
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
    pub status: SellerStatus,
    /// Plans that exist.
    pub plan_count: u32,
    /// Orders ever paid, top-ups included.
    pub order_count: u64,
    /// Orders ever delivered.
    pub delivered_count: u64,
    /// Orders ever disputed.
    pub disputed_count: u64,
    /// Orders ever refunded, for whatever reason.
    pub refunded_count: u64,
    pub bump: u8,
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

impl Seller {
    pub const SEED: &'static [u8] = b"seller";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

    pub fn find_address(market: &Pubkey, authority: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[Self::SEED, market.as_ref(), authority.as_ref()],
            &crate::ID,
        )
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

/// Adds one to a counter.
pub fn count(counter: &mut u64) -> Result<()> {
    *counter = counter.checked_add(1).ok_or(EsimMarketError::Overflow)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Seller::DISCRIMINATOR, [76, 163, 162, 59, 115, 49, 116, 39]);
        let seller = Seller {
            market: Pubkey::new_from_array([1; 32]),
            authority: Pubkey::new_from_array([2; 32]),
            payout: Pubkey::new_from_array([3; 32]),
            attester: Pubkey::new_from_array([4; 32]),
            contact: [5; 32],
            status: SellerStatus::Suspended,
            plan_count: 6,
            order_count: 7,
            delivered_count: 8,
            disputed_count: 9,
            refunded_count: 10,
            bump: 11,
        };
        let mut bytes = vec![];
        seller.serialize(&mut bytes).unwrap();
        let mut expected = [[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]].concat();
        expected.push(2);
        expected.extend(6u32.to_le_bytes());
        for counter in 7u64..=10 {
            expected.extend(counter.to_le_bytes());
        }
        expected.push(11);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Seller::INIT_SPACE);
    }
}
