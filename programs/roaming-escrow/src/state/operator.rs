use anchor_lang::prelude::*;
use wayfare_core::roaming::tadig::TADIG_LEN;
use wayfare_program::version;

use crate::{constants::MAX_DISPLAY_NAME_LEN, errors::RoamingEscrowError};

/// A mobile operator that settles at a hub.
///
/// Address: `["operator", hub, TADIG code]`. Never closed: agreements name it.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub hub: Pubkey,
    /// Agrees, states, answers and withdraws.
    pub authority: Pubkey,
    /// The nominee of a hand-over, or all zero.
    pub pending_authority: Pubkey,
    /// Signs vouchers for what its subscribers use abroad. It can spend the operator's balances, so it is a hot key.
    pub voucher_signer: Pubkey,
    /// The wallet whose associated token accounts get withdrawals.
    pub payout: Pubkey,
    /// The five characters by which GSMA's documents name an operator (TD.13).
    pub tadig: [u8; TADIG_LEN],
    pub status: OperatorStatus,
    pub bump: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 16],
    /// For people. Last, so that every other field has a fixed offset.
    #[max_len(MAX_DISPLAY_NAME_LEN)]
    pub display_name: String,
}

/// Whether an operator may make agreements.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorStatus {
    Active,
    /// Makes no new agreements. Those it has go on.
    Suspended,
}

/// What an operator decides about itself.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct OperatorProfile {
    /// Signs vouchers.
    pub voucher_signer: Pubkey,
    /// The wallet whose associated token accounts get withdrawals.
    pub payout: Pubkey,
    /// For people: 1 to [`MAX_DISPLAY_NAME_LEN`] bytes without control characters.
    pub display_name: String,
}

impl OperatorProfile {
    /// Refuses a wallet whose money would be lost, a signer who cannot sign, and a name that cannot be shown.
    pub fn validate(&self) -> Result<()> {
        require_keys_neq!(self.payout, Pubkey::default(), RoamingEscrowError::ZeroKey);
        require_keys_neq!(
            self.voucher_signer,
            Pubkey::default(),
            RoamingEscrowError::ZeroKey
        );
        require!(
            (1..=MAX_DISPLAY_NAME_LEN).contains(&self.display_name.len())
                && !self.display_name.bytes().any(|b| b < b' ' || b == 0x7f),
            RoamingEscrowError::BadName
        );
        Ok(())
    }
}

impl Operator {
    pub const SEED: &'static [u8] = b"operator";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(hub: &Pubkey, tadig: &[u8; TADIG_LEN]) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, hub.as_ref(), tadig], &crate::ID)
    }

    pub fn profile(&self) -> OperatorProfile {
        OperatorProfile {
            voucher_signer: self.voucher_signer,
            payout: self.payout,
            display_name: self.display_name.clone(),
        }
    }

    pub fn set_profile(&mut self, profile: OperatorProfile) {
        self.voucher_signer = profile.voucher_signer;
        self.payout = profile.payout;
        self.display_name = profile.display_name;
    }

    pub fn require_active(&self) -> Result<()> {
        require!(
            self.status == OperatorStatus::Active,
            RoamingEscrowError::OperatorSuspended
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(
            Operator::DISCRIMINATOR,
            [219, 31, 188, 145, 69, 139, 204, 117]
        );
        let operator = Operator {
            version: 7,
            hub: Pubkey::new_from_array([1; 32]),
            authority: Pubkey::new_from_array([2; 32]),
            pending_authority: Pubkey::new_from_array([3; 32]),
            voucher_signer: Pubkey::new_from_array([4; 32]),
            payout: Pubkey::new_from_array([5; 32]),
            tadig: *b"DEUD1",
            status: OperatorStatus::Suspended,
            bump: 6,
            spare: [8; 16],
            display_name: "x".repeat(MAX_DISPLAY_NAME_LEN),
        };
        let mut bytes = vec![];
        operator.serialize(&mut bytes).unwrap();
        let mut expected = vec![7];
        expected.extend((1..=5).flat_map(|byte| [byte; 32]));
        expected.extend(b"DEUD1");
        expected.extend([1, 6]);
        expected.extend([8; 16]);
        expected.extend([64, 0, 0, 0]);
        expected.extend([b'x'; 64]);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Operator::INIT_SPACE);
        assert_eq!(Operator::SPACE, 260);
    }
}
