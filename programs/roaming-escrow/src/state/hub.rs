use anchor_lang::prelude::*;
use wayfare_program::{scope::Scope, stored, version};

use crate::{constants::MAX_FEE_BPS, errors::RoamingEscrowError, state::read};

/// Where operators settle their roaming, and under whose care.
///
/// Address: `["hub", name]`. Shares are basis points, times Unix seconds.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Hub {
    /// Its authority admits operators and sets the terms. Neither it nor the guardian moves money.
    pub scope: Scope,
    pub terms: StoredHubTerms,
    /// Zero; for fields to come.
    pub spare: [u8; 64],
}

stored! {
    /// What an authority decides about a hub.
    #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
    pub struct HubTerms {
        /// Awards what a statement's dispute is about.
        pub arbiter: Pubkey,
        /// The wallet whose associated token accounts get the fees.
        pub treasury: Pubkey,
        /// Basis points of what settlements pay, for agreements to come: at most [`MAX_FEE_BPS`].
        pub fee_bps: u16,
    }
    /// The same in an account.
    pub struct StoredHubTerms, padding: 6;
}

impl HubTerms {
    /// Refuses a role that nobody could fill, and a fee above the cap.
    pub fn validate(&self) -> Result<()> {
        for key in [&self.arbiter, &self.treasury] {
            require_keys_neq!(*key, Pubkey::default(), RoamingEscrowError::ZeroKey);
        }
        require!(self.fee_bps <= MAX_FEE_BPS, RoamingEscrowError::BadFee);
        Ok(())
    }
}

/// What an authority changes: a field that is `None` stays as it is, so that a change signed long ago (by a
/// multisig, say) does not undo a later one.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubTermsChange {
    pub arbiter: Option<Pubkey>,
    pub treasury: Option<Pubkey>,
    pub fee_bps: Option<u16>,
}

impl HubTermsChange {
    /// The terms after the change.
    pub fn applied_to(&self, terms: HubTerms) -> HubTerms {
        HubTerms {
            arbiter: self.arbiter.unwrap_or(terms.arbiter),
            treasury: self.treasury.unwrap_or(terms.treasury),
            fee_bps: self.fee_bps.unwrap_or(terms.fee_bps),
        }
    }
}

impl Hub {
    pub const SEED: &'static [u8] = b"hub";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(name: &str) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, name.as_bytes()], &crate::ID)
    }

    pub fn terms(&self) -> Result<HubTerms> {
        read(&self.terms)
    }

    /// Refuses entries while a pause lasts. What is stated, answered, settled or withdrawn never asks.
    pub fn require_not_paused(&self, now: i64) -> Result<()> {
        Ok(self
            .scope
            .require_not_paused(now)
            .map_err(RoamingEscrowError::from)?)
    }

    /// Takes the number of the next event.
    pub fn next_sequence(&mut self) -> Result<u64> {
        Ok(self
            .scope
            .next_sequence(Self::VERSION)
            .map_err(RoamingEscrowError::from)?)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Hub::DISCRIMINATOR, [143, 189, 4, 120, 169, 234, 14, 125]);
        assert_eq!(size_of::<Hub>(), 328);
        assert_eq!(Hub::SPACE, 336);
        assert_eq!(offset_of!(Hub, scope), 0);
        assert_eq!(offset_of!(Hub, terms), 192);
        assert_eq!(offset_of!(Hub, spare), 264);
        assert_eq!(size_of::<StoredHubTerms>(), 72);
        assert_eq!(offset_of!(StoredHubTerms, arbiter), 0);
        assert_eq!(offset_of!(StoredHubTerms, treasury), 32);
        assert_eq!(offset_of!(StoredHubTerms, fee_bps), 64);
        assert_eq!(offset_of!(StoredHubTerms, padding), 66);
    }
}
