use anchor_lang::prelude::*;
use wayfare_core::esim::is_plan_id;

use crate::{constants::*, errors::EsimMarketError};

/// Where sellers offer eSIM plans, and under which terms.
///
/// Address: `["market", name]`. Shares are basis points, times Unix seconds, windows seconds.
///
/// No later change of a market reaches an order: each takes the terms along under which it was bought.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Market {
    /// Sets the terms, accepts mints and approves sellers. Moves no money.
    pub authority: Pubkey,
    /// The nominee of a hand-over, or all zero.
    pub pending_authority: Pubkey,
    /// Divides what a dispute is about.
    pub arbiter: Pubkey,
    /// Pauses entries. Moves no money.
    pub guardian: Pubkey,
    /// The wallet whose associated token accounts get the fees.
    pub treasury: Pubkey,
    /// What plans may be priced in: the first `mint_count` are set, the others all zero.
    pub mints: [Pubkey; MAX_MINTS],
    /// The name, padded with zeros.
    pub name: [u8; MAX_NAME_LEN],
    /// Entries are refused until then; 0 when never paused.
    pub paused_until: i64,
    /// Number of the last event. Each event takes the next one, so a gap shows a missed event.
    pub sequence: u64,
    /// Longest time that a plan may give its seller to deliver.
    pub max_delivery_window: u32,
    /// Shortest time that a plan may give its buyer to complain after the delivery.
    pub min_release_window: u32,
    /// Longest time that a plan may give its buyer to complain after the delivery.
    pub max_release_window: u32,
    /// Time for a seller to answer a dispute.
    pub answer_window: u32,
    /// Time for the arbiter to resolve an answered dispute.
    pub arbiter_window: u32,
    /// How long a delivered order is kept for its buyer after its end.
    pub retention: u32,
    /// The market's share of what a seller gets.
    pub fee_bps: u16,
    pub mint_count: u8,
    pub name_len: u8,
    pub bump: u8,
    pub padding: [u8; 3],
}

/// What an authority decides about a market.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketTerms {
    /// Divides what a dispute is about.
    pub arbiter: Pubkey,
    /// Pauses entries.
    pub guardian: Pubkey,
    /// The wallet whose associated token accounts get the fees.
    pub treasury: Pubkey,
    /// Basis points of what a seller gets: at most [`MAX_FEE_BPS`].
    pub fee_bps: u16,
    /// Longest delivery window of a plan, in seconds: 1 to [`MAX_WINDOW`].
    pub max_delivery_window: u32,
    /// Shortest release window of a plan, in seconds: at least 1.
    pub min_release_window: u32,
    /// Longest release window of a plan, in seconds: at least the shortest, at most [`MAX_WINDOW`].
    pub max_release_window: u32,
    /// Seconds for a seller to answer a dispute: 1 to [`MAX_WINDOW`].
    pub answer_window: u32,
    /// Seconds for the arbiter to resolve an answered dispute: 1 to [`MAX_WINDOW`].
    pub arbiter_window: u32,
    /// Seconds for which a delivered order is kept for its buyer after its end: at most [`MAX_RETENTION`].
    pub retention: u32,
}

impl MarketTerms {
    /// Refuses terms under which money could wait without end, or go to nobody.
    pub fn validate(&self) -> Result<()> {
        for key in [self.arbiter, self.guardian, self.treasury] {
            require_keys_neq!(key, Pubkey::default(), EsimMarketError::ZeroKey);
        }
        require!(self.fee_bps <= MAX_FEE_BPS, EsimMarketError::BadFee);
        let windows = [
            self.max_delivery_window,
            self.min_release_window,
            self.max_release_window,
            self.answer_window,
            self.arbiter_window,
        ];
        require!(
            windows
                .iter()
                .all(|window| (1..=MAX_WINDOW).contains(window))
                && self.min_release_window <= self.max_release_window
                && self.retention <= MAX_RETENTION,
            EsimMarketError::BadWindow
        );
        Ok(())
    }
}

/// What an authority changes: a field that is `None` stays as it is, so that a change signed long ago (by a
/// multisig, say) does not undo a later one.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketTermsChange {
    pub arbiter: Option<Pubkey>,
    pub guardian: Option<Pubkey>,
    pub treasury: Option<Pubkey>,
    pub fee_bps: Option<u16>,
    pub max_delivery_window: Option<u32>,
    pub min_release_window: Option<u32>,
    pub max_release_window: Option<u32>,
    pub answer_window: Option<u32>,
    pub arbiter_window: Option<u32>,
    pub retention: Option<u32>,
}

impl MarketTermsChange {
    /// The terms after the change.
    pub fn applied_to(&self, terms: MarketTerms) -> MarketTerms {
        MarketTerms {
            arbiter: self.arbiter.unwrap_or(terms.arbiter),
            guardian: self.guardian.unwrap_or(terms.guardian),
            treasury: self.treasury.unwrap_or(terms.treasury),
            fee_bps: self.fee_bps.unwrap_or(terms.fee_bps),
            max_delivery_window: self
                .max_delivery_window
                .unwrap_or(terms.max_delivery_window),
            min_release_window: self.min_release_window.unwrap_or(terms.min_release_window),
            max_release_window: self.max_release_window.unwrap_or(terms.max_release_window),
            answer_window: self.answer_window.unwrap_or(terms.answer_window),
            arbiter_window: self.arbiter_window.unwrap_or(terms.arbiter_window),
            retention: self.retention.unwrap_or(terms.retention),
        }
    }
}

/// Refuses a market's name or a plan's id that is not 1 to 32 of a–z, 0–9 and, not at an end, `-`: they are typed, and
/// none may look like another.
pub fn check_name(name: &str) -> Result<()> {
    require!(is_plan_id(name.as_bytes()), EsimMarketError::BadName);
    Ok(())
}

impl Market {
    pub const SEED: &'static [u8] = b"market";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

    pub fn find_address(name: &str) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, name.as_bytes()], &crate::ID)
    }

    /// The name, for display. [`check_name`] let in nothing but ASCII.
    pub fn name(&self) -> &str {
        let name = self.name.get(..usize::from(self.name_len));
        std::str::from_utf8(name.unwrap_or_default()).unwrap_or_default()
    }

    pub fn terms(&self) -> MarketTerms {
        MarketTerms {
            arbiter: self.arbiter,
            guardian: self.guardian,
            treasury: self.treasury,
            fee_bps: self.fee_bps,
            max_delivery_window: self.max_delivery_window,
            min_release_window: self.min_release_window,
            max_release_window: self.max_release_window,
            answer_window: self.answer_window,
            arbiter_window: self.arbiter_window,
            retention: self.retention,
        }
    }

    pub fn set_terms(&mut self, terms: &MarketTerms) {
        self.arbiter = terms.arbiter;
        self.guardian = terms.guardian;
        self.treasury = terms.treasury;
        self.fee_bps = terms.fee_bps;
        self.max_delivery_window = terms.max_delivery_window;
        self.min_release_window = terms.min_release_window;
        self.max_release_window = terms.max_release_window;
        self.answer_window = terms.answer_window;
        self.arbiter_window = terms.arbiter_window;
        self.retention = terms.retention;
    }

    /// What plans may be priced in.
    pub fn mints(&self) -> &[Pubkey] {
        self.mints
            .get(..usize::from(self.mint_count))
            .unwrap_or_default()
    }

    /// Accepts one more mint.
    pub fn accept_mint(&mut self, mint: Pubkey) -> Result<()> {
        require!(
            !self.mints().contains(&mint),
            EsimMarketError::AcceptedTwice
        );
        let slot = self
            .mints
            .get_mut(usize::from(self.mint_count))
            .ok_or(EsimMarketError::TooManyMints)?;
        *slot = mint;
        self.mint_count = self
            .mint_count
            .checked_add(1)
            .ok_or(EsimMarketError::Overflow)?;
        Ok(())
    }

    /// Accepts a mint no more; the last one takes its place.
    pub fn drop_mint(&mut self, mint: &Pubkey) -> Result<()> {
        let place = self
            .mints()
            .iter()
            .position(|accepted| accepted == mint)
            .ok_or(EsimMarketError::MintNotAccepted)?;
        let last = self
            .mint_count
            .checked_sub(1)
            .ok_or(EsimMarketError::InvariantBroken)?;
        self.mints.swap(place, usize::from(last));
        *self
            .mints
            .get_mut(usize::from(last))
            .ok_or(EsimMarketError::InvariantBroken)? = Pubkey::default();
        self.mint_count = last;
        Ok(())
    }

    /// Refuses entries while a pause lasts. What concerns an order that exists never asks.
    pub fn require_not_paused(&self, now: i64) -> Result<()> {
        require!(now >= self.paused_until, EsimMarketError::Paused);
        Ok(())
    }

    /// Takes the number of the next event.
    pub fn next_sequence(&mut self) -> Result<u64> {
        self.sequence = self
            .sequence
            .checked_add(1)
            .ok_or(EsimMarketError::Overflow)?;
        Ok(self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Market::DISCRIMINATOR, [219, 190, 213, 55, 0, 227, 198, 154]);
        assert_eq!(size_of::<Market>(), 496);
        assert_eq!(offset_of!(Market, authority), 0);
        assert_eq!(offset_of!(Market, pending_authority), 32);
        assert_eq!(offset_of!(Market, arbiter), 64);
        assert_eq!(offset_of!(Market, guardian), 96);
        assert_eq!(offset_of!(Market, treasury), 128);
        assert_eq!(offset_of!(Market, mints), 160);
        assert_eq!(offset_of!(Market, name), 416);
        assert_eq!(offset_of!(Market, paused_until), 448);
        assert_eq!(offset_of!(Market, sequence), 456);
        assert_eq!(offset_of!(Market, max_delivery_window), 464);
        assert_eq!(offset_of!(Market, min_release_window), 468);
        assert_eq!(offset_of!(Market, max_release_window), 472);
        assert_eq!(offset_of!(Market, answer_window), 476);
        assert_eq!(offset_of!(Market, arbiter_window), 480);
        assert_eq!(offset_of!(Market, retention), 484);
        assert_eq!(offset_of!(Market, fee_bps), 488);
        assert_eq!(offset_of!(Market, mint_count), 490);
        assert_eq!(offset_of!(Market, name_len), 491);
        assert_eq!(offset_of!(Market, bump), 492);
    }

    #[test]
    fn mints_come_and_go() {
        let mut market: Market = bytemuck::Zeroable::zeroed();
        let mint = |n: u8| Pubkey::new_from_array([n; 32]);
        for n in 1..=8 {
            market.accept_mint(mint(n)).unwrap();
        }
        assert_eq!(
            market.accept_mint(mint(3)),
            Err(EsimMarketError::AcceptedTwice.into())
        );
        assert_eq!(
            market.accept_mint(mint(9)),
            Err(EsimMarketError::TooManyMints.into())
        );
        market.drop_mint(&mint(3)).unwrap();
        assert_eq!(market.mints(), [1, 2, 8, 4, 5, 6, 7].map(mint));
        assert_eq!(market.mints[7], Pubkey::default());
        assert_eq!(
            market.drop_mint(&mint(3)),
            Err(EsimMarketError::MintNotAccepted.into())
        );
        for n in [1, 2, 4, 5, 6, 7, 8] {
            market.drop_mint(&mint(n)).unwrap();
        }
        assert!(market.mints().is_empty());
        assert_eq!(
            market.drop_mint(&Pubkey::default()),
            Err(EsimMarketError::MintNotAccepted.into())
        );
    }
}
