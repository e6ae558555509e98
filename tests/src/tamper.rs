//! Turning an honest instruction into one that is not.

use anchor_lang::{AnchorDeserialize, Discriminator, InstructionData};
use node_rewards::instructions::ClaimArgs;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

/// Changes to an instruction. Each panics when there is nothing to change: a test would then test nothing.
pub trait Tamper: Sized {
    /// Another account in the place of the one with the key `honest`.
    fn swap(self, honest: &Pubkey, other: &Pubkey) -> Self;

    /// Another account in a place, counted from zero.
    fn swap_at(self, place: usize, other: &Pubkey) -> Self;

    /// The account with this key does not sign.
    fn unsigned(self, key: &Pubkey) -> Self;

    /// A claim with other arguments.
    fn claim_args(self, change: impl FnOnce(&mut ClaimArgs)) -> Self;
}

impl Tamper for Instruction {
    fn swap(mut self, honest: &Pubkey, other: &Pubkey) -> Self {
        meta(&mut self, honest).pubkey = *other;
        self
    }

    fn swap_at(mut self, place: usize, other: &Pubkey) -> Self {
        assert_ne!(self.accounts[place].pubkey, *other);
        self.accounts[place].pubkey = *other;
        self
    }

    fn unsigned(mut self, key: &Pubkey) -> Self {
        let meta = meta(&mut self, key);
        assert!(meta.is_signer, "{key} does not sign anyway");
        meta.is_signer = false;
        self
    }

    fn claim_args(mut self, change: impl FnOnce(&mut ClaimArgs)) -> Self {
        use node_rewards::instruction::Claim;
        let mut args = self
            .data
            .strip_prefix(Claim::DISCRIMINATOR)
            .expect("a claim");
        let mut args = ClaimArgs::deserialize(&mut args).expect("a claim's arguments");
        change(&mut args);
        self.data = Claim { args }.data();
        self
    }
}

fn meta<'a>(instruction: &'a mut Instruction, key: &Pubkey) -> &'a mut AccountMeta {
    let mut metas = instruction
        .accounts
        .iter_mut()
        .filter(|meta| meta.pubkey == *key);
    let meta = metas
        .next()
        .unwrap_or_else(|| panic!("the instruction does not name {key}"));
    assert!(metas.next().is_none(), "{key} stands in two places");
    meta
}
