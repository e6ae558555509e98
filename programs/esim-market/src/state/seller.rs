use anchor_lang::prelude::*;
use wayfare_program::{numbers::count, stored::Stored, stored_enum, version};

use crate::{constants::DELIVERY_TIMES, errors::EsimMarketError};

/// A seller of eSIM plans in a market.
///
/// Address: `["seller", market, authority]`. Never closed: its counters are its record.
///
/// INVARIANT: the sum of `delivery_times` = `delivered_count`.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Seller {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub bump: u8,
    /// A [`SellerStatus`].
    pub status: u8,
    pub padding: u8,
    /// Plans that exist.
    pub plan_count: u32,
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
    /// Orders ever delivered, by the time that the delivery took: each within one of [`DELIVERY_TIMES`] and longer than the
    /// one before; the last are those above all of them.
    pub delivery_times: [u64; DELIVERY_TIMES.len() + 1],
    /// Zero; for fields to come.
    pub spare: [u8; 16],
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

stored_enum!(SellerStatus: Pending, Approved, Suspended);

impl Seller {
    pub const VERSION: u8 = version::FIRST;
    pub const SEED: &'static [u8] = b"seller";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

    pub fn find_address(market: &Pubkey, authority: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[Self::SEED, market.as_ref(), authority.as_ref()],
            &crate::ID,
        )
    }

    pub fn status(&self) -> Result<SellerStatus> {
        Ok(SellerStatus::from_stored(&self.status).ok_or(EsimMarketError::InvariantBroken)?)
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

    /// Counts a delivery that took so many seconds from the payment. Below zero, by a clock that went back, counts as at
    /// once.
    pub fn count_delivery(&mut self, took: i64) -> Result<()> {
        let within = DELIVERY_TIMES.iter().filter(|longest| took > **longest);
        let bucket = self.delivery_times.get_mut(within.count());
        bucket.and_then(count).ok_or(EsimMarketError::Overflow)?;
        count(&mut self.delivered_count).ok_or(EsimMarketError::Overflow)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Seller::DISCRIMINATOR, [76, 163, 162, 59, 115, 49, 116, 39]);
        assert_eq!(size_of::<Seller>(), 280);
        assert_eq!(offset_of!(Seller, version), 0);
        assert_eq!(offset_of!(Seller, bump), 1);
        assert_eq!(offset_of!(Seller, status), 2);
        assert_eq!(offset_of!(Seller, padding), 3);
        assert_eq!(offset_of!(Seller, plan_count), 4);
        assert_eq!(offset_of!(Seller, market), 8);
        assert_eq!(offset_of!(Seller, authority), 40);
        assert_eq!(offset_of!(Seller, payout), 72);
        assert_eq!(offset_of!(Seller, attester), 104);
        assert_eq!(offset_of!(Seller, contact), 136);
        assert_eq!(offset_of!(Seller, order_count), 168);
        assert_eq!(offset_of!(Seller, delivered_count), 176);
        assert_eq!(offset_of!(Seller, disputed_count), 184);
        assert_eq!(offset_of!(Seller, refunded_count), 192);
        assert_eq!(offset_of!(Seller, delivery_times), 200);
        assert_eq!(offset_of!(Seller, spare), 264);
    }

    #[test]
    fn a_status_is_its_number() {
        let mut seller: Seller = bytemuck::Zeroable::zeroed();
        for (number, status) in (0u8..).zip(SellerStatus::ALL) {
            assert_eq!(*status as u8, number);
            seller.status = status.to_stored();
            assert_eq!((seller.status, seller.status()), (number, Ok(*status)));
        }
        seller.status = 3;
        let broken = EsimMarketError::InvariantBroken;
        assert_eq!(seller.status(), Err(broken.into()));
    }

    #[test]
    fn a_delivery_counts_in_the_shortest_time_that_holds_it() {
        let bucket_of = |took: i64| {
            let mut seller: Seller = bytemuck::Zeroable::zeroed();
            seller.count_delivery(took).unwrap();
            assert_eq!(seller.delivered_count, 1);
            assert_eq!(seller.delivery_times.iter().sum::<u64>(), 1);
            seller.delivery_times.iter().position(|n| *n == 1).unwrap()
        };
        let minutes = [1, 5, 15, 60, 240, 720, 1_440];
        assert_eq!(DELIVERY_TIMES, minutes.map(|minutes| 60 * minutes));
        for (bucket, longest) in DELIVERY_TIMES.into_iter().enumerate() {
            assert_eq!(bucket_of(longest - 1), bucket);
            assert_eq!(bucket_of(longest), bucket);
            assert_eq!(bucket_of(longest + 1), bucket + 1);
        }
        assert_eq!((bucket_of(0), bucket_of(i64::MIN)), (0, 0));
        assert_eq!(bucket_of(i64::MAX), 7);
    }
}
