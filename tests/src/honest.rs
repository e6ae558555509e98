//! Honest calls, and what an attacker could put in the place of their accounts: what the generated tests and the
//! benchmark go through.

use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::chain::Chain;
use crate::keys::person;

/// An account that may be passed for another.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub label: String,
    pub key: Pubkey,
}

/// An instruction that must succeed, and the chain on which it does.
pub struct Honest {
    /// What distinguishes it from other honest calls of the instruction.
    pub case: &'static str,
    pub chain: Chain,
    /// What must stand before it in the transaction.
    pub before: Vec<Instruction>,
    pub call: Instruction,
    /// Every account that there is on the chain, and some addresses where none is.
    pub candidates: Vec<Candidate>,
}

impl Honest {
    /// A transaction with this call in the place of the honest one.
    pub fn tx(&self, call: Instruction) -> Vec<Instruction> {
        let mut instructions = self.before.clone();
        instructions.push(call);
        instructions
    }
}

/// Who has lamports, and nothing to do with any network, market or hub.
pub fn stranger() -> Pubkey {
    person("stranger")
}
