//! What the generated attacks and the benchmark must know of a program.

use anchor_lang::{AccountDeserialize, AnchorSerialize};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::chain::Chain;
use crate::honest::{Candidate, Honest};
use crate::idl::{self, Idl, Slot};
use crate::keys;
use crate::token::TokenProgram;

/// Bytes of a token account without extensions, as every vault is.
pub const TOKEN_ACCOUNT_SPACE: usize = 165;

/// A program.
pub struct Subject {
    pub id: Pubkey,
    pub idl: &'static Idl,
    /// The honest calls of an instruction.
    pub honest: fn(&str, TokenProgram) -> Vec<Honest>,
    /// Why another account in a slot is no attack; `None` when it is one.
    pub legitimate: fn(&Substitution) -> Option<Legitimate>,
    /// Every reason that `legitimate` gives.
    pub reasons: &'static [Legitimate],
    /// Whether nothing is paid in a slot of an instruction in this case, whatever is there.
    pub is_unpaid: fn(instruction: &str, case: &str, slot: &str) -> bool,
    /// Whether a slot of an instruction is pinned by its address, and no other program can ever own what is there.
    pub is_pinned: fn(instruction: &str, slot: &str) -> bool,
    /// Whether any account of a token program with the same bytes is as good in a slot of an instruction.
    pub is_free: fn(instruction: &str, slot: &str) -> bool,
    /// Kinds of accounts that the program makes.
    pub kinds: usize,
    /// Bytes of an account without which it cannot be read: some have room behind.
    pub needed_bytes: fn(&[u8]) -> usize,
    /// What the program makes accounts for, and their bytes.
    pub spaces: fn() -> Vec<(&'static str, usize)>,
}

/// Another account in a slot of an honest call.
pub struct Substitution<'a> {
    pub instruction: &'a idl::Instruction,
    pub call: &'a Instruction,
    /// What distinguishes the call from other honest calls of the instruction.
    pub case: &'a str,
    pub slot: &'a Slot,
    pub candidate: &'a Candidate,
    pub chain: &'a Chain,
}

impl Substitution<'_> {
    /// Whether the candidate can sign.
    pub fn signs(&self) -> bool {
        keys::keypair(&self.candidate.key).is_some()
    }

    /// Whether the candidate can pay for any account.
    pub fn pays(&self) -> bool {
        self.signs()
            && self
                .chain
                .account(&self.candidate.key)
                .is_some_and(|account| {
                    account.owner == solana_sdk_ids::system_program::ID
                        && account.data.is_empty()
                        && account.lamports > 10_000_000_000
                })
    }

    /// Whether the program's id also stands for an optional account that is left out.
    pub fn names_program_twice(&self) -> bool {
        let named = |meta: &&AccountMeta| meta.pubkey == self.call.program_id;
        self.call.accounts.iter().filter(named).count() > 1
    }
}

/// Why another account in a slot is no attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Legitimate {
    /// Anybody may pay the rent of anything.
    Payer,
    /// Nothing is created, so nothing is paid.
    PayerOfNothing,
    /// Whoever signs becomes the authority of a network or a market of its own.
    AuthorityOfItsOwn,
    /// A network may pay in any mint that is not refused.
    Mint,
    /// Whoever signs together with the device owns the node.
    NodeOwner,
    /// Each publisher may propose, and approve once.
    Publisher,
    /// Who pays may pay from each account of its own.
    Source,
    /// The program's id stands in the place of an account that there is none of, which is all that the runtime needs to
    /// let the program tell its event. Nothing reads the slot that has it too.
    ProgramNamedTwice,
    /// Anyone may do what is due.
    Anyone,
    /// A signature that nobody asked for.
    UnaskedSigner,
    /// Nothing is due there, so nothing is paid there, whatever it is.
    NothingDue,
    /// The same people's other order, in the same state.
    OtherOrder,
    /// The same seller's other plan.
    OtherPlan,
    /// The market's other seller.
    OtherSeller,
    /// The same home network's other statement, or the same payer's.
    OtherStatement,
    /// The same two operators' agreement in another mint.
    OtherAgreement,
    /// The hub's other operator.
    OtherOperator,
    /// Either of the two may propose.
    EitherSide,
    /// An operator for which nobody signs.
    UnaskedOperator,
}

/// Bytes of the fields behind the discriminator, for an account of this kind; all of them for another.
pub fn fields_of<T: AccountDeserialize + AnchorSerialize>(data: &[u8]) -> usize {
    match T::try_deserialize(&mut &data[..]) {
        Ok(account) => {
            let mut fields = vec![];
            account.serialize(&mut fields).unwrap();
            8 + fields.len()
        }
        Err(_) => data.len(),
    }
}
