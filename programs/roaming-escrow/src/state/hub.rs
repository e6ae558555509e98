use anchor_lang::prelude::*;

use crate::{constants::*, errors::RoamingEscrowError};

/// Where operators settle their roaming, and under whose care.
///
/// Address: `["hub", name]`. Shares are basis points, times Unix seconds.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Hub {
    /// Admits operators and sets the terms. Moves no money.
    pub authority: Pubkey,
    /// The nominee of a hand-over, or all zero.
    pub pending_authority: Pubkey,
    /// Awards what a statement's dispute is about.
    pub arbiter: Pubkey,
    /// Pauses entries. Moves no money.
    pub guardian: Pubkey,
    /// The wallet whose associated token accounts get the fees.
    pub treasury: Pubkey,
    /// The name, padded with zeros.
    pub name: [u8; MAX_NAME_LEN],
    /// Entries are refused until then; 0 when never paused.
    pub paused_until: i64,
    /// Number of the last event. Each event takes the next one, so a gap shows a missed event.
    pub sequence: u64,
    /// The hub's share of what settlements pay, for agreements to come.
    pub fee_bps: u16,
    pub name_len: u8,
    pub bump: u8,
    pub padding: [u8; 4],
}

/// What an authority decides about a hub.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubTerms {
    /// Awards what a statement's dispute is about.
    pub arbiter: Pubkey,
    /// Pauses entries.
    pub guardian: Pubkey,
    /// The wallet whose associated token accounts get the fees.
    pub treasury: Pubkey,
    /// Basis points of what settlements pay, for agreements to come: at most [`MAX_FEE_BPS`].
    pub fee_bps: u16,
}

impl HubTerms {
    /// Refuses a role that nobody could fill, and a fee above the cap.
    pub fn validate(&self) -> Result<()> {
        for key in [self.arbiter, self.guardian, self.treasury] {
            require_keys_neq!(key, Pubkey::default(), RoamingEscrowError::ZeroKey);
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
    pub guardian: Option<Pubkey>,
    pub treasury: Option<Pubkey>,
    pub fee_bps: Option<u16>,
}

impl HubTermsChange {
    /// The terms after the change.
    pub fn applied_to(&self, terms: HubTerms) -> HubTerms {
        HubTerms {
            arbiter: self.arbiter.unwrap_or(terms.arbiter),
            guardian: self.guardian.unwrap_or(terms.guardian),
            treasury: self.treasury.unwrap_or(terms.treasury),
            fee_bps: self.fee_bps.unwrap_or(terms.fee_bps),
        }
    }
}

impl Hub {
    pub const SEED: &'static [u8] = b"hub";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

    pub fn find_address(name: &str) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, name.as_bytes()], &crate::ID)
    }

    /// Refuses a name that is not 1 to 32 of a–z, 0–9 and, not at an end, `-`: names are typed, and none may look like
    /// another.
    pub fn check_name(name: &str) -> Result<()> {
        let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let bytes = name.as_bytes();
        require!(
            bytes.len() <= MAX_NAME_LEN
                && bytes.iter().all(allowed)
                && bytes.first().is_some_and(|b| *b != b'-')
                && bytes.last().is_some_and(|b| *b != b'-'),
            RoamingEscrowError::BadName
        );
        Ok(())
    }

    /// The name, for display. [`Hub::check_name`] let in nothing but ASCII.
    pub fn name(&self) -> &str {
        let name = self.name.get(..usize::from(self.name_len));
        std::str::from_utf8(name.unwrap_or_default()).unwrap_or_default()
    }

    pub fn terms(&self) -> HubTerms {
        HubTerms {
            arbiter: self.arbiter,
            guardian: self.guardian,
            treasury: self.treasury,
            fee_bps: self.fee_bps,
        }
    }

    pub fn set_terms(&mut self, terms: &HubTerms) {
        self.arbiter = terms.arbiter;
        self.guardian = terms.guardian;
        self.treasury = terms.treasury;
        self.fee_bps = terms.fee_bps;
    }

    /// Refuses entries while a pause lasts. What is stated, answered, settled or withdrawn never asks.
    pub fn require_not_paused(&self, now: i64) -> Result<()> {
        require!(now >= self.paused_until, RoamingEscrowError::Paused);
        Ok(())
    }

    /// Takes the number of the next event.
    pub fn next_sequence(&mut self) -> Result<u64> {
        self.sequence = self
            .sequence
            .checked_add(1)
            .ok_or(RoamingEscrowError::Overflow)?;
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
        assert_eq!(Hub::DISCRIMINATOR, [143, 189, 4, 120, 169, 234, 14, 125]);
        assert_eq!(size_of::<Hub>(), 216);
        assert_eq!(offset_of!(Hub, authority), 0);
        assert_eq!(offset_of!(Hub, pending_authority), 32);
        assert_eq!(offset_of!(Hub, arbiter), 64);
        assert_eq!(offset_of!(Hub, guardian), 96);
        assert_eq!(offset_of!(Hub, treasury), 128);
        assert_eq!(offset_of!(Hub, name), 160);
        assert_eq!(offset_of!(Hub, paused_until), 192);
        assert_eq!(offset_of!(Hub, sequence), 200);
        assert_eq!(offset_of!(Hub, fee_bps), 208);
        assert_eq!(offset_of!(Hub, name_len), 210);
        assert_eq!(offset_of!(Hub, bump), 211);
    }
}
