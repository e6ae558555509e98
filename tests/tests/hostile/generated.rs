//! Attacks that need no imagination: every instruction, every account slot, everything that could stand there.
//!
//! The instructions and slots come from the IDLs. An instruction without an honest call in its program's `crowd` fails these
//! tests, so a new one cannot be forgotten.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anchor_lang::Event as _;
use anchor_lang::error::ErrorCode;
use anchor_lang::event::EVENT_IX_TAG_LE;
use node_rewards::events::Funded;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use wayfare_client::rewards::address;
use wayfare_tests::chain::Chain;
use wayfare_tests::honest::{Honest, stranger};
use wayfare_tests::idl::{self, Slot};
use wayfare_tests::keys;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::subject::{Legitimate, Subject, Substitution};
use wayfare_tests::token::TokenProgram;

macro_rules! tests {
    ($room:ident: $($test:ident),* $(,)?) => {
        mod $room {
            $(#[test] fn $test() { super::$test(&wayfare_tests::$room::subject()); })*
        }
    };
}

/// The tests, for each program.
macro_rules! generated {
    (
        $($program:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*
    ) => {
        $(tests!(
            $room:
            accounts_1_right_key_but_not_a_signer,
            accounts_2_a_byte_identical_account_of_another_program,
            accounts_3_every_account_in_every_slot,
            accounts_9_truncated_at_every_length,
            accounts_10_what_changes_passed_as_readonly,
            accounts_11_truncated_data_and_unknown_instructions,
            duplicates_3_accounts_missing_extra_reordered,
        );)*
    };
}
wayfare_programs::for_each_program!(generated);

/// Runs a check on every honest call of every instruction of a program, with both token programs where the call names a
/// vault. What is wrong with a call does not stop the others.
fn each_call(subject: &Subject, check: impl Fn(&idl::Instruction, Honest) -> Vec<String> + Sync) {
    let jobs = subject.idl.instructions.iter().flat_map(|instruction| {
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
                    for call in (subject.honest)(&instruction.name, token) {
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
    tx: Vec<Instruction>,
    due: Option<Refusal>,
) -> Option<String> {
    let last = tx.len() - 1;
    match (chain.attempt_without_books(tx), due) {
        (Ok(_), _) => Some(format!("accepted: {what}")),
        (Err(refused), Some(due)) if !due.is(&refused.error, last) => Some(format!(
            "refused with {:?} instead of {due}: {what}",
            refused.error
        )),
        (Err(_), _) => None,
    }
}

/// Accounts: every account of ours substituted in every slot of every instruction. So, too: a vault of another network
/// or market, fake system and token programs, a mint or a multisig passed as a token account, the same account twice.
fn accounts_3_every_account_in_every_slot(subject: &Subject) {
    let used = Mutex::new(BTreeSet::new());
    each_call(subject, |instruction, honest| {
        let (mut chain, call) = (honest.chain.clone(), honest.call.clone());
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            for candidate in &honest.candidates {
                if candidate.key == call.accounts[at].pubkey {
                    continue;
                }
                let mut other = call.clone();
                other.accounts[at].pubkey = candidate.key;
                other.accounts[at].is_signer =
                    slot.signer && keys::keypair(&candidate.key).is_some();
                // In the place of none, an account is passed as the slot has it.
                other.accounts[at].is_writable = slot.writable;
                let what = format!("{} as {}", candidate.label, slot.name);
                let legitimate = (subject.legitimate)(&Substitution {
                    instruction,
                    call: &call,
                    case: honest.case,
                    slot,
                    candidate,
                    chain: &chain,
                });
                let Some(why) = legitimate else {
                    wrong.extend(attack(&mut chain, &what, honest.tx(other), None));
                    continue;
                };
                used.lock().unwrap().insert(why);
                if let Err(refused) = chain.clone().attempt(honest.tx(other)) {
                    // What the runtime lets nobody write cannot stand in a writable slot.
                    let readonly = Refusal::from(ErrorCode::ConstraintMut);
                    if why != Legitimate::NothingDue
                        || !readonly.is(&refused.error, honest.before.len())
                    {
                        wrong.push(format!("refused with {:?}: {what}", refused.error));
                    }
                }
            }
        }
        if wrong.is_empty() {
            chain.accept(honest.tx(call));
        }
        wrong
    });
    assert_eq!(
        used.into_inner().unwrap(),
        subject.reasons.iter().copied().collect(),
        "an exception that nothing needs"
    );
}

/// Accounts: right key but not a signer.
fn accounts_1_right_key_but_not_a_signer(subject: &Subject) {
    each_call(subject, |instruction, honest| {
        let (mut chain, call) = (honest.chain.clone(), honest.call.clone());
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            // The program's own id stands for an account that there is none of.
            if !slot.signer || call.accounts[at].pubkey == subject.id {
                continue;
            }
            let mut other = call.clone();
            other.accounts[at].is_signer = false;
            let due = ErrorCode::AccountNotSigner.into();
            wrong.extend(attack(&mut chain, &slot.name, honest.tx(other), Some(due)));
        }
        wrong
    });
}

/// Accounts: what an instruction changes, passed as read-only.
fn accounts_10_what_changes_passed_as_readonly(subject: &Subject) {
    each_call(subject, |instruction, honest| {
        let (mut chain, call) = (honest.chain.clone(), honest.call.clone());
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            // The program's own id stands for an account that there is none of.
            if !slot.writable || call.accounts[at].pubkey == subject.id {
                continue;
            }
            let mut other = call.clone();
            other.accounts[at].is_writable = false;
            wrong.extend(attack(&mut chain, &slot.name, honest.tx(other), None));
        }
        wrong
    });
}

/// Accounts: a byte-identical account owned by another program, in place of the true one and beside it; a byte-identical
/// token account beside the true one; an account with a zero discriminator.
fn accounts_2_a_byte_identical_account_of_another_program(subject: &Subject) {
    let copy = keys::person("counterfeit");
    let tokens = TokenProgram::ALL.map(TokenProgram::id);
    let forgers = [solana_sdk_ids::system_program::ID, subject.id, stranger()];
    each_call(subject, |instruction, honest| {
        let (case, chain, call) = (honest.case, &honest.chain, &honest.call);
        let name = instruction.name.as_str();
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            let key = call.accounts[at].pubkey;
            let Some(original) = chain.account(&key) else {
                continue;
            };
            let ours = original.owner == subject.id;
            if !ours && !tokens.contains(&original.owner)
                || (subject.is_unpaid)(name, case, &slot.name)
            {
                continue;
            }
            let mut beside = call.clone();
            beside.accounts[at].pubkey = copy;
            for forger in forgers.into_iter().chain(tokens) {
                let mut chain = chain.clone();
                let mut forged = original.clone();
                forged.owner = forger;
                chain.put(&copy, forged.clone());
                let what = format!("{} owned by {forger}", slot.name);
                if forger != original.owner {
                    wrong.extend(attack(&mut chain, &what, honest.tx(beside.clone()), None));
                    if !(subject.is_pinned)(name, &slot.name) {
                        chain.put(&key, forged);
                        wrong.extend(attack(&mut chain, &what, honest.tx(call.clone()), None));
                    }
                } else if !ours && !(subject.is_free)(name, &slot.name) {
                    wrong.extend(attack(&mut chain, &what, honest.tx(beside.clone()), None));
                }
            }
            if ours {
                let mut chain = chain.clone();
                chain.edit(&key, |account| account.data[..8].fill(0));
                let what = format!("{} without a discriminator", slot.name);
                wrong.extend(attack(&mut chain, &what, honest.tx(call.clone()), None));
            }
        }
        wrong
    });
}

/// Accounts: truncated at every length. The program never makes such an account: this is the second line of defence.
fn accounts_9_truncated_at_every_length(subject: &Subject) {
    let kinds = Mutex::new(BTreeSet::new());
    each_call(subject, |instruction, honest| {
        let (chain, call) = (&honest.chain, &honest.call);
        let mut wrong = vec![];
        for (at, slot) in instruction.accounts.iter().enumerate() {
            let key = call.accounts[at].pubkey;
            let account = chain.account(&key);
            let Some(account) = account.filter(|account| account.owner == subject.id) else {
                continue;
            };
            let needed = (subject.needed_bytes)(&account.data);
            // Every length for the first instruction that names the kind, the edges for the others.
            let first = kinds.lock().unwrap().insert(account.data[..8].to_vec());
            let lengths: Vec<_> = if first {
                (0..needed).collect()
            } else {
                vec![0, 1, 7, 8, 9, needed / 2, needed - 1]
            };
            let mut chain = chain.clone();
            for length in lengths {
                let mut short = account.clone();
                short.data.truncate(length);
                chain.put(&key, short);
                let what = format!("{} of {length} bytes", slot.name);
                wrong.extend(attack(&mut chain, &what, honest.tx(call.clone()), None));
            }
        }
        wrong
    });
    assert_eq!(
        kinds.into_inner().unwrap().len(),
        subject.kinds,
        "a kind of account was not tried"
    );
}

/// Duplicates: accounts missing, extra, reordered.
fn duplicates_3_accounts_missing_extra_reordered(subject: &Subject) {
    each_call(subject, |instruction, honest| {
        let (mut chain, call) = (honest.chain.clone(), honest.call.clone());
        let case = honest.case;
        let mut wrong = vec![];
        for length in 0..call.accounts.len() {
            let mut other = call.clone();
            other.accounts.truncate(length);
            let what = format!("{length} accounts");
            let due = ErrorCode::AccountNotEnoughKeys.into();
            wrong.extend(attack(&mut chain, &what, honest.tx(other), Some(due)));
        }
        for (a, slot_a) in instruction.accounts.iter().enumerate() {
            for (b, slot_b) in instruction.accounts.iter().enumerate().skip(a + 1) {
                let unpaid = |slot: &Slot| (subject.is_unpaid)(&instruction.name, case, &slot.name);
                if call.accounts[a] == call.accounts[b] || unpaid(slot_a) && unpaid(slot_b) {
                    continue;
                }
                let mut other = call.clone();
                other.accounts.swap(a, b);
                let what = format!("{} and {} reversed", slot_a.name, slot_b.name);
                wrong.extend(attack(&mut chain, &what, honest.tx(other), None));
            }
        }
        // Accounts behind the last one mean nothing.
        let mut longer = call.clone();
        longer
            .accounts
            .push(AccountMeta::new(honest.candidates[1].key, false));
        longer
            .accounts
            .push(AccountMeta::new_readonly(stranger(), true));
        let mut with = chain.clone();
        let mut without = chain.clone();
        if with.accept(honest.tx(longer)).events != without.accept(honest.tx(call)).events {
            wrong.push(format!("more accounts make a difference {case}"));
        }
        wrong
    });
}

/// Truncated data, and instructions that there are none of.
fn accounts_11_truncated_data_and_unknown_instructions(subject: &Subject) {
    each_call(subject, |_, honest| {
        let (mut chain, call) = (honest.chain.clone(), honest.call.clone());
        let mut wrong = vec![];
        let chain = &mut chain;
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
                honest.tx(other),
                Some(due.into()),
            ));
        }
        let mut other = call.clone();
        other.data[7] ^= 1;
        let due = ErrorCode::InstructionFallbackNotFound.into();
        wrong.extend(attack(
            chain,
            "another discriminator",
            honest.tx(other),
            Some(due),
        ));
        wrong
    });
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
