use anchor_lang::prelude::*;
use wayfare_core::merkle::MAX_DEPTH;

use crate::{constants::COUNTERS_PER_PAGE, errors::NodeRewardsError};

/// What 256 owners have claimed over their lifetimes, in base units of the network's mint.
///
/// Address: `["claims", network, page u32 LE]`. The owner of leaf `i` has counter `i mod 256` of page `i / 256`.
/// The page carries neither the network nor the owners: its address binds it to the network, and the leaves bind
/// indices to owners. That keeps an owner's share of it under 60,000 lamports of rent.
///
/// INVARIANTS: a counter never falls; the page is never closed, so that none can start again from zero.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct ClaimPage {
    /// Which page this is: it holds the indices from 256 × `page`.
    pub page: u32,
    pub bump: u8,
    pub padding: [u8; 3],
    /// Base units claimed, by index mod 256.
    pub counters: [u64; COUNTERS_PER_PAGE],
}

impl ClaimPage {
    pub const SEED: &'static [u8] = b"claims";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();
    /// Pages that the deepest tree needs.
    pub const MAX_PAGES: u32 = (1 << MAX_DEPTH) / COUNTERS_PER_PAGE as u32;

    pub fn find_address(network: &Pubkey, page: u32) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[Self::SEED, network.as_ref(), &page.to_le_bytes()],
            &crate::ID,
        )
    }

    /// The page and the place in it of a leaf's counter.
    pub fn locate(index: u32) -> (u32, usize) {
        let per_page = COUNTERS_PER_PAGE as u32;
        (index / per_page, (index % per_page) as usize)
    }

    /// The counter of a leaf's owner. Whether this is the leaf's page is [`ClaimPage::check_address`]'s to say.
    pub fn counter_mut(&mut self, index: u32) -> Result<&mut u64> {
        let (_, slot) = Self::locate(index);
        Ok(self
            .counters
            .get_mut(slot)
            .ok_or(NodeRewardsError::WrongPage)?)
    }

    /// Refuses a page that is not page `page` of `network`.
    ///
    /// The address is hashed again with the bump that `create_page` found and stored: as safe as a search for the
    /// bump, since only this program writes pages, at a tenth of the compute units.
    pub fn check_address(&self, address: &Pubkey, network: &Pubkey, page: u32) -> Result<()> {
        let expected = Pubkey::derive_address(
            &[Self::SEED, network.as_ref(), &page.to_le_bytes()],
            Some(self.bump),
            &crate::ID,
        );
        require!(
            self.page == page && *address == expected,
            NodeRewardsError::WrongPage
        );
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
        assert_eq!(ClaimPage::DISCRIMINATOR, [0; 8]);
        assert_eq!(size_of::<ClaimPage>(), 2_056);
        assert_eq!(offset_of!(ClaimPage, page), 0);
        assert_eq!(offset_of!(ClaimPage, bump), 4);
        assert_eq!(offset_of!(ClaimPage, counters), 8);
    }

    #[test]
    fn indices_fill_pages_in_order() {
        assert_eq!(ClaimPage::locate(0), (0, 0));
        assert_eq!(ClaimPage::locate(255), (0, 255));
        assert_eq!(ClaimPage::locate(256), (1, 0));
        assert_eq!(
            ClaimPage::locate((1 << MAX_DEPTH) - 1),
            (ClaimPage::MAX_PAGES - 1, 255)
        );
    }
}
