//! Attacks that need no imagination: every instruction, every account slot, everything that could stand there.
//!
//! The instructions and slots come from the IDL. An instruction without an honest call in
//! [`wayfare_tests::rewards::crowd::honest`] fails these tests, so a new one cannot be forgotten.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anchor_lang::Event as _;
use anchor_lang::error::ErrorCode;
use anchor_lang::event::EVENT_IX_TAG_LE;
use node_rewards::events::Funded;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;
use wayfare_tests::chain::Chain;
use wayfare_tests::idl::{self, NODE_REWARDS, Slot};
use wayfare_tests::keys;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::rewards::crowd::{Candidate, Honest, honest, stranger};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

/// Runs a check on every honest call of every instruction, with both token programs where the call names a vault. What
/// is wrong with a call does not stop the others.
fn each_call(check: impl Fn(&idl::Instruction, Honest) -> Vec<String> + Sync) {
    let jobs = NODE_REWARDS.instructions.iter().flat_map(|instruction| {
        let names_vault = instruction.accounts.iter().any(|slot| slot.name == "vault");
        TokenProgram::ALL
            .into_iter()
            .take(if names_vault { 2 } else { 1 })
            .map(move |token| (instruction, token))
    });
    let jobs = Mutex::new(jobs);
    let wrong = Mutex::new(vec![]);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let job = jobs.lock().unwrap().next();
                    let Some((instruction, token)) = job else {
                        break;
                    };
                    for call in honest(&instruction.name, token) {
                        let named = format!("{} {}", instruction.name, call.case);
                        assert_eq!(
                            call.call.accounts.len(),
                            instruction.accounts.len(),
                            "{named}: the IDL is another version's; run `cargo xtask idl`"
                        );
                        let found = check(instruction, call);
                        let found = found.into_iter().map(|what| format!("{named}: {what}"));
                        wrong.lock().unwrap().extend(found);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Sends an attack. What is wrong when it is not refused, or with another error than the one due.
fn attack(
    chain: &mut Chain,
    what: &str,
    call: Instruction,
    due: Option<Refusal>,
) -> Option<String> {
    match (chain.attempt_without_books(call), due) {
        (Ok(_), _) => Some(format!("accepted: {what}")),
        (Err(refused), Some(due)) if !due.is(&refused.error, 0) => Some(format!(
            "refused with {:?} instead of {due}: {what}",
            refused.error
        )),
        (Err(_), _) => None,
    }
}

/// Why another account in a slot is no attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Legitimate {
    /// Anybody may pay the rent of anything.
    Payer,
    /// Nothing is created, so nothing is paid.
    PayerOfNothing,
    /// Whoever signs becomes the authority of a network of its own.
    AuthorityOfNewNetwork,
    /// A network may pay in any mint that is not refused.
    Mint,
    /// Whoever signs together with the device owns the node.
    NodeOwner,
    /// Each publisher may propose, and approve once.
    Publisher,
    /// The funder may pay from each account of its own.
    Source,
    /// The program's id stands in the place of the epoch before the first one, which is all that the runtime needs to let
    /// the program tell its event. Nothing reads the slot that has it too.
    ProgramNamedTwice,
}

impl Legitimate {
    const ALL: [Self; 8] = [
        Self::Payer,
        Self::PayerOfNothing,
        Self::AuthorityOfNewNetwork,
        Self::Mint,
        Self::NodeOwner,
        Self::Publisher,
        Self::Source,
        Self::ProgramNamedTwice,
    ];

    /// `None` when the account is an attack.
    fn find(
        instruction: &str,
        case: &str,
        slot: &str,
        candidate: &Candidate,
        chain: &Chain,
    ) -> Option<Self> {
        let signs = keys::keypair(&candidate.key).is_some();
        match (instruction, case, slot, candidate.label.as_str()) {
            ("propose_epoch", "in place of another", "payer", _)
            | ("set_payout", "another", "payer", _)
                if signs =>
            {
                Some(Self::PayerOfNothing)
            }
            (_, _, "payer", _) if signs && has_lamports(chain, &candidate.key) => Some(Self::Payer),
            ("create_network", _, "authority", _) if signs => Some(Self::AuthorityOfNewNetwork),
            ("create_network", _, "mint", "another mint") => Some(Self::Mint),
            ("register_node", _, "owner", _) if signs => Some(Self::NodeOwner),
            ("propose_epoch", _, "publisher", "publisher 1 of metro" | "publisher 2 of metro")
            | ("approve_epoch", _, "publisher", "publisher 2 of metro") => Some(Self::Publisher),
            ("fund", _, "source", "second account of the operator") => Some(Self::Source),
            ("activate_epoch", "the first epoch", "program", _) => Some(Self::ProgramNamedTwice),
            _ => None,
        }
    }
}

/// Whether a wallet could pay for any account.
fn has_lamports(chain: &Chain, key: &Pubkey) -> bool {
    chain.account(key).is_some_and(|account| {
        account.owner == solana_sdk_ids::system_program::ID
            && account.data.is_empty()
            && account.lamports > 10_000_000_000
    })
}

/// Accounts: every account of ours substituted in every slot of every instruction. So, too: a vault of another network,
/// fake system and token programs, a mint or a multisig passed as a token account, the same account twice.
#[test]
fn accounts_3_every_account_in_every_slot() {
    let used = Mutex::new(BTreeSet::new());
    each_call(
        |instruction,
         Honest {
             case,
             mut crowd,
             call,
         }| {
            let candidates = crowd.candidates();
            let chain = &mut crowd.world.chain;
            let mut wrong = vec![];
            for (at, slot) in instruction.accounts.iter().enumerate() {
                for candidate in &candidates {
                    if candidate.key == call.accounts[at].pubkey {
                        continue;
                    }
                    let mut other = call.clone();
                    other.accounts[at].pubkey = candidate.key;
                    other.accounts[at].is_signer =
                        slot.signer && keys::keypair(&candidate.key).is_some();
                    let what = format!("{} as {}", candidate.label, slot.name);
                    let legitimate =
                        Legitimate::find(&instruction.name, case, &slot.name, candidate, chain);
                    let Some(why) = legitimate else {
                        wrong.extend(attack(chain, &what, other, None));
                        continue;
                    };
                    used.lock().unwrap().insert(why);
                    if let Err(refused) = chain.clone().attempt(other) {
                        wrong.push(format!("refused with {:?}: {what}", refused.error));
                    }
                }
            }
            chain.accept(call);
            wrong
        },
    );
    assert_eq!(
        used.into_inner().unwrap(),
        BTreeSet::from(Legitimate::ALL),
        "an exception that nothing needs"
    );
}

/// Accounts: right key but not a signer.
#[test]
fn accounts_1_right_key_but_not_a_signer() {
    each_call(
        |instruction,
         Honest {
             mut crowd, call, ..
         }| {
            let mut wrong = vec![];
            for (at, slot) in signers(instruction) {
                let mut other = call.clone();
                other.accounts[at].is_signer = false;
                let due = ErrorCode::AccountNotSigner.into();
                wrong.extend(attack(&mut crowd.world.chain, &slot.name, other, Some(due)));
            }
            wrong
        },
    );
}

fn signers(instruction: &idl::Instruction) -> impl Iterator<Item = (usize, &Slot)> {
    let slots = instruction.accounts.iter().enumerate();
    slots.filter(|(_, slot)| slot.signer)
}

/// Accounts: what an instruction changes, passed as read-only.
#[test]
fn accounts_10_what_changes_passed_as_readonly() {
    each_call(
        |instruction,
         Honest {
             mut crowd, call, ..
         }| {
            let mut wrong = vec![];
            for (at, slot) in instruction.accounts.iter().enumerate() {
                // The program's own id stands for an account that there is none of.
                if !slot.writable || call.accounts[at].pubkey == node_rewards::ID {
                    continue;
                }
                let mut other = call.clone();
                other.accounts[at].is_writable = false;
                wrong.extend(attack(&mut crowd.world.chain, &slot.name, other, None));
            }
            wrong
        },
    );
}

/// Accounts: a byte-identical account owned by another program, in place of the true one and beside it; a byte-identical
/// token account beside the true one; an account with a zero discriminator.
#[test]
fn accounts_2_a_byte_identical_account_of_another_program() {
    let copy = keys::person("counterfeit");
    let tokens = TokenProgram::ALL.map(TokenProgram::id);
    let forgers = [
        solana_sdk_ids::system_program::ID,
        node_rewards::ID,
        stranger(),
    ];
    each_call(|instruction, Honest { crowd, call, .. }| {
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            let key = call.accounts[at].pubkey;
            let Some(original) = crowd.world.chain.account(&key) else {
                continue;
            };
            let ours = original.owner == node_rewards::ID;
            if !ours && !tokens.contains(&original.owner) {
                continue;
            }
            let mut beside = call.clone();
            beside.accounts[at].pubkey = copy;
            for forger in forgers.into_iter().chain(tokens) {
                let mut chain = crowd.world.chain.clone();
                let mut forged = original.clone();
                forged.owner = forger;
                chain.put(&copy, forged.clone());
                let what = format!("{} owned by {forger}", slot.name);
                if forger != original.owner {
                    wrong.extend(attack(&mut chain, &what, beside.clone(), None));
                    if !is_pinned(&instruction.name, &slot.name) {
                        chain.put(&key, forged);
                        wrong.extend(attack(&mut chain, &what, call.clone(), None));
                    }
                } else if !ours && !is_free(&instruction.name, &slot.name) {
                    wrong.extend(attack(&mut chain, &what, beside.clone(), None));
                }
            }
            if ours {
                let mut chain = crowd.world.chain.clone();
                chain.edit(&key, |account| account.data[..8].fill(0));
                let what = format!("{} without a discriminator", slot.name);
                wrong.extend(attack(&mut chain, &what, call.clone(), None));
            }
        }
        wrong
    });
}

/// The vault is pinned by its address, and no other program can ever own it: this one made it, and never closes it.
fn is_pinned(instruction: &str, slot: &str) -> bool {
    matches!((instruction, slot), ("activate_epoch", "vault"))
}

/// Slots where any account of a token program with these bytes is as good.
fn is_free(instruction: &str, slot: &str) -> bool {
    matches!(
        (instruction, slot),
        ("create_network", "mint") | ("fund", "source")
    )
}

/// Accounts: truncated at every length. The program never makes such an account: this is the second line of defence.
#[test]
fn accounts_9_truncated_at_every_length() {
    let kinds = Mutex::new(BTreeSet::new());
    each_call(|instruction, Honest { crowd, call, .. }| {
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            let key = call.accounts[at].pubkey;
            let account = crowd.world.chain.account(&key);
            let Some(account) = account.filter(|account| account.owner == node_rewards::ID) else {
                continue;
            };
            let needed = needed_bytes(&account.data);
            // Every length for the first instruction that names the kind, the edges for the others.
            let first = kinds.lock().unwrap().insert(account.data[..8].to_vec());
            let lengths: Vec<_> = if first {
                (0..needed).collect()
            } else {
                vec![0, 1, 7, 8, 9, needed / 2, needed - 1]
            };
            let mut chain = crowd.world.chain.clone();
            for length in lengths {
                let mut short = account.clone();
                short.data.truncate(length);
                chain.put(&key, short);
                let what = format!("{} of {length} bytes", slot.name);
                wrong.extend(attack(&mut chain, &what, call.clone(), None));
            }
        }
        wrong
    });
    assert_eq!(
        kinds.into_inner().unwrap().len(),
        5,
        "a kind of account was not tried"
    );
}

/// Bytes of an account without which it cannot be read. An epoch has room behind it for approvals that were not given.
fn needed_bytes(data: &[u8]) -> usize {
    use anchor_lang::{AccountDeserialize, AnchorSerialize};
    use node_rewards::state::Epoch;
    match Epoch::try_deserialize(&mut &data[..]) {
        Ok(epoch) => {
            let mut fields = vec![];
            epoch.serialize(&mut fields).unwrap();
            8 + fields.len()
        }
        Err(_) => data.len(),
    }
}

/// Duplicates: accounts missing, extra, reordered.
#[test]
fn duplicates_3_accounts_missing_extra_reordered() {
    each_call(
        |instruction,
         Honest {
             case,
             mut crowd,
             call,
         }| {
            let mut wrong = vec![];
            for length in 0..call.accounts.len() {
                let mut other = call.clone();
                other.accounts.truncate(length);
                let what = format!("{length} accounts");
                let due = ErrorCode::AccountNotEnoughKeys.into();
                wrong.extend(attack(&mut crowd.world.chain, &what, other, Some(due)));
            }
            for (a, slot_a) in instruction.accounts.iter().enumerate() {
                for (b, slot_b) in instruction.accounts.iter().enumerate().skip(a + 1) {
                    if call.accounts[a] == call.accounts[b] {
                        continue;
                    }
                    let mut other = call.clone();
                    other.accounts.swap(a, b);
                    let what = format!("{} and {} reversed", slot_a.name, slot_b.name);
                    wrong.extend(attack(&mut crowd.world.chain, &what, other, None));
                }
            }
            // Accounts behind the last one mean nothing.
            let mut longer = call.clone();
            longer
                .accounts
                .push(AccountMeta::new(crowd.other.vault, false));
            longer
                .accounts
                .push(AccountMeta::new_readonly(stranger(), true));
            let mut with = crowd.world.chain.clone();
            let mut without = crowd.world.chain.clone();
            if with.accept(longer).events != without.accept(call).events {
                wrong.push(format!("more accounts make a difference {case}"));
            }
            wrong
        },
    );
}

/// Truncated data, and instructions that there are none of.
#[test]
fn accounts_11_truncated_data_and_unknown_instructions() {
    each_call(
        |_,
         Honest {
             mut crowd, call, ..
         }| {
            let mut wrong = vec![];
            let chain = &mut crowd.world.chain;
            for length in 0..call.data.len() {
                let mut other = call.clone();
                other.data.truncate(length);
                let due = if length < 8 {
                    ErrorCode::InstructionFallbackNotFound
                } else {
                    ErrorCode::InstructionDidNotDeserialize
                };
                wrong.extend(attack(
                    chain,
                    &format!("{length} bytes"),
                    other,
                    Some(due.into()),
                ));
            }
            let mut other = call.clone();
            other.data[7] ^= 1;
            let due = ErrorCode::InstructionFallbackNotFound.into();
            wrong.extend(attack(chain, "another discriminator", other, Some(due)));
            wrong
        },
    );
}

/// Accounts: an event that the program did not tell.
#[test]
fn accounts_11_forged_events() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let event = Funded {
        network: net.address,
        sequence: 1_000,
        funder: stranger(),
        amount: u64::MAX,
        funded_total: u64::MAX,
        vault_balance: u64::MAX,
    };
    let forged = Instruction {
        program_id: node_rewards::ID,
        accounts: vec![AccountMeta::new_readonly(address::event_authority(), false)],
        data: [EVENT_IX_TAG_LE, &event.data()].concat(),
    };
    chain.refuse(forged.clone(), ErrorCode::ConstraintSigner);
    let mut signed = forged;
    signed.accounts[0] = AccountMeta::new_readonly(stranger(), true);
    chain.refuse(signed, ErrorCode::ConstraintSeeds);
    chain.refuse(
        Instruction {
            program_id: node_rewards::ID,
            accounts: vec![],
            data: vec![],
        },
        InstructionError::Custom(101),
    );
    chain.accept(net.fund(1));
}
