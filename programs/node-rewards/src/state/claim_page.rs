use anchor_lang::prelude::*;
use wayfare_core::merkle::MAX_DEPTH;
use wayfare_program::version;

use crate::{constants::COUNTERS_PER_PAGE, errors::NodeRewardsError};

/// What 512 owners have claimed over their lifetimes, in base units of the network's mint.
///
/// Address: `["claims", network, page u32 LE]`. The owner of leaf `i` has counter `i mod 512` of page `i / 512`.
/// An owner's share of the rent is 58,399 lamports.
///
/// INVARIANTS: a counter never falls; the page is never closed, so that none can start again from zero.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct ClaimPage {
    pub version: u8,
    pub bump: u8,
    pub padding: [u8; 2],
    /// Which page this is: it holds the indices from 512 × `page`.
    pub page: u32,
    pub network: Pubkey,
    /// Base units claimed, by index mod 512.
    pub counters: [u64; COUNTERS_PER_PAGE],
    /// Zero; for fields to come.
    pub spare: [u8; 24],
}

const _: () = assert!(ClaimPage::PER_PAGE as usize == COUNTERS_PER_PAGE);

impl ClaimPage {
    pub const SEED: &'static [u8] = b"claims";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();
    /// Of the layout.
    pub const VERSION: u8 = version::FIRST;
    /// [`COUNTERS_PER_PAGE`], as indices are counted.
    const PER_PAGE: u32 = 512;
    /// Pages that the deepest tree needs.
    pub const MAX_PAGES: u32 = (1 << MAX_DEPTH) / Self::PER_PAGE;

    pub fn find_address(network: &Pubkey, page: u32) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[Self::SEED, network.as_ref(), &page.to_le_bytes()],
            &crate::ID,
        )
    }

    /// The page and the place in it of a leaf's counter.
    pub fn locate(index: u32) -> (u32, usize) {
        (index / Self::PER_PAGE, (index % Self::PER_PAGE) as usize)
    }

    /// The counter of a leaf's owner, if this is the network's page that holds it. Only `create_page` writes the two
    /// fields that are compared, at the address that they derive.
    pub fn counter_mut(&mut self, network: &Pubkey, index: u32) -> Result<&mut u64> {
        let (page, slot) = Self::locate(index);
        require!(
            self.network == *network && self.page == page,
            NodeRewardsError::WrongPage
        );
        Ok(self
            .counters
            .get_mut(slot)
            .ok_or(NodeRewardsError::WrongPage)?)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(
            ClaimPage::DISCRIMINATOR,
            [177, 125, 166, 186, 30, 45, 86, 10]
        );
        assert_eq!(size_of::<ClaimPage>(), 4_160);
        assert_eq!(offset_of!(ClaimPage, version), 0);
        assert_eq!(offset_of!(ClaimPage, bump), 1);
        assert_eq!(offset_of!(ClaimPage, padding), 2);
        assert_eq!(offset_of!(ClaimPage, page), 4);
        assert_eq!(offset_of!(ClaimPage, network), 8);
        assert_eq!(offset_of!(ClaimPage, counters), 40);
        assert_eq!(offset_of!(ClaimPage, spare), 4_136);
    }

    #[test]
    fn indices_fill_pages_in_order() {
        assert_eq!(ClaimPage::locate(0), (0, 0));
        assert_eq!(ClaimPage::locate(511), (0, 511));
        assert_eq!(ClaimPage::locate(512), (1, 0));
        assert_eq!(
            ClaimPage::locate((1 << MAX_DEPTH) - 1),
            (ClaimPage::MAX_PAGES - 1, 511)
        );
    }
}
