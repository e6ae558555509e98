use anchor_lang::prelude::*;
use wayfare_program::{scope::Scope, stored, stored::Stored, version};

use crate::{constants::*, errors::EsimMarketError};

/// Where sellers offer eSIM plans, and under which terms.
///
/// Address: `["market", name]`. Shares are basis points, times Unix seconds, windows seconds.
///
/// No later change of a market reaches an order: each takes the terms along under which it was bought.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Market {
    /// The authority sets the terms, accepts mints and approves sellers. Neither it nor the guardian moves money.
    pub scope: Scope,
    /// The sequence number of the event that set the terms: a purchase names it.
    pub terms_version: u64,
    /// What plans may be priced in: the first `mint_count` are set, the others all zero.
    pub mints: [Pubkey; MAX_MINTS],
    pub terms: StoredMarketTerms,
    pub mint_count: u8,
    pub padding: [u8; 3],
    /// Zero; for fields to come.
    pub spare: [u8; 64],
}

stored! {
    /// What an authority decides about a market.
    #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MarketTerms {
        /// Divides what a dispute is about.
        pub arbiter: Pubkey,
        /// The wallet whose associated token accounts get the fees.
        pub treasury: Pubkey,
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
        /// Basis points of what a seller gets: at most [`MAX_FEE_BPS`].
        pub fee_bps: u16,
    }
    /// The market's terms as accounts hold them.
    pub struct StoredMarketTerms, padding: 2;
}

impl MarketTerms {
    /// Refuses terms under which money could wait without end, or go to nobody.
    pub fn validate(&self) -> Result<()> {
        for key in [self.arbiter, self.treasury] {
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
    pub treasury: Option<Pubkey>,
    pub max_delivery_window: Option<u32>,
    pub min_release_window: Option<u32>,
    pub max_release_window: Option<u32>,
    pub answer_window: Option<u32>,
    pub arbiter_window: Option<u32>,
    pub retention: Option<u32>,
    pub fee_bps: Option<u16>,
}

impl MarketTermsChange {
    /// The terms after the change.
    pub fn applied_to(&self, terms: MarketTerms) -> MarketTerms {
        MarketTerms {
            arbiter: self.arbiter.unwrap_or(terms.arbiter),
            treasury: self.treasury.unwrap_or(terms.treasury),
            max_delivery_window: self
                .max_delivery_window
                .unwrap_or(terms.max_delivery_window),
            min_release_window: self.min_release_window.unwrap_or(terms.min_release_window),
            max_release_window: self.max_release_window.unwrap_or(terms.max_release_window),
            answer_window: self.answer_window.unwrap_or(terms.answer_window),
            arbiter_window: self.arbiter_window.unwrap_or(terms.arbiter_window),
            retention: self.retention.unwrap_or(terms.retention),
            fee_bps: self.fee_bps.unwrap_or(terms.fee_bps),
        }
    }
}

impl Market {
    pub const VERSION: u8 = version::FIRST;
    pub const SEED: &'static [u8] = b"market";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

    pub fn find_address(name: &str) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, name.as_bytes()], &crate::ID)
    }

    pub fn terms(&self) -> Result<MarketTerms> {
        Ok(MarketTerms::from_stored(&self.terms).ok_or(EsimMarketError::InvariantBroken)?)
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
        let open = self.scope.require_not_paused(now);
        Ok(open.map_err(EsimMarketError::from)?)
    }

    /// Takes the number of the next event.
    pub fn next_sequence(&mut self) -> Result<u64> {
        let next = self.scope.next_sequence(Self::VERSION);
        Ok(next.map_err(EsimMarketError::from)?)
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
        assert_eq!(size_of::<Market>(), 616);
        assert_eq!(offset_of!(Market, scope), 0);
        assert_eq!(offset_of!(Market, terms_version), 192);
        assert_eq!(offset_of!(Market, mints), 200);
        assert_eq!(offset_of!(Market, terms), 456);
        assert_eq!(offset_of!(Market, mint_count), 548);
        assert_eq!(offset_of!(Market, padding), 549);
        assert_eq!(offset_of!(Market, spare), 552);
        assert_eq!(size_of::<StoredMarketTerms>(), 92);
        assert_eq!(offset_of!(StoredMarketTerms, arbiter), 0);
        assert_eq!(offset_of!(StoredMarketTerms, treasury), 32);
        assert_eq!(offset_of!(StoredMarketTerms, max_delivery_window), 64);
        assert_eq!(offset_of!(StoredMarketTerms, min_release_window), 68);
        assert_eq!(offset_of!(StoredMarketTerms, max_release_window), 72);
        assert_eq!(offset_of!(StoredMarketTerms, answer_window), 76);
        assert_eq!(offset_of!(StoredMarketTerms, arbiter_window), 80);
        assert_eq!(offset_of!(StoredMarketTerms, retention), 84);
        assert_eq!(offset_of!(StoredMarketTerms, fee_bps), 88);
        assert_eq!(offset_of!(StoredMarketTerms, padding), 90);
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
