//! Attacks that need no imagination: every instruction, every account slot, everything that could stand there.
//!
//! The instructions and slots come from the IDLs. An instruction without an honest call in [`rewards::crowd::honest`],
//! [`esim::crowd::honest`] or [`roaming::crowd::honest`] fails these tests, so a new one cannot be forgotten.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anchor_lang::error::ErrorCode;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::{AccountDeserialize, AnchorSerialize, Event as _};
use node_rewards::events::Funded;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;
use wayfare_tests::chain::{Accepted, Chain};
use wayfare_tests::honest::{Candidate, Honest, stranger};
use wayfare_tests::idl::{self, ESIM_MARKET, Idl, NODE_REWARDS, ROAMING_ESCROW, Slot};
use wayfare_tests::refusal::Refusal;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;
use wayfare_tests::{esim, keys, rewards, roaming};

/// The tests, for each program.
macro_rules! generated {
    ($($test:ident),* $(,)?) => {
        mod networks {
            $(#[test] fn $test() { super::$test(&super::node_rewards()); })*
        }

        mod markets {
            $(#[test] fn $test() { super::$test(&super::esim_market()); })*
        }

        mod hubs {
            $(#[test] fn $test() { super::$test(&super::roaming_escrow()); })*
        }
    };
}

generated!(
    accounts_1_right_key_but_not_a_signer,
    accounts_2_a_byte_identical_account_of_another_program,
    accounts_3_every_account_in_every_slot,
    accounts_9_truncated_at_every_length,
    accounts_10_what_changes_passed_as_readonly,
    accounts_11_truncated_data_and_unknown_instructions,
    duplicates_3_accounts_missing_extra_reordered,
);

/// A program, and what the generated tests must know of it.
struct Subject {
    id: Pubkey,
    idl: &'static Idl,
    honest: fn(&str, TokenProgram) -> Vec<Honest>,
    /// Every reason for which another account in a slot is no attack.
    legitimate: &'static [Legitimate],
    /// Kinds of accounts that the program makes.
    kinds: usize,
    /// Bytes of an account without which it cannot be read: some have room behind.
    needed_bytes: fn(&[u8]) -> usize,
}

fn node_rewards() -> Subject {
    Subject {
        id: node_rewards::ID,
        idl: &NODE_REWARDS,
        honest: rewards::crowd::honest,
        legitimate: &Legitimate::OF_NETWORKS,
        kinds: 5,
        // An epoch has room for approvals that were not given.
        needed_bytes: fields_of::<node_rewards::state::Epoch>,
    }
}

fn esim_market() -> Subject {
    Subject {
        id: esim_market::ID,
        idl: &ESIM_MARKET,
        honest: esim::crowd::honest,
        legitimate: &Legitimate::OF_MARKETS,
        kinds: 6,
        // A plan has room for a longer id.
        needed_bytes: fields_of::<esim_market::state::Plan>,
    }
}

fn roaming_escrow() -> Subject {
    Subject {
        id: roaming_escrow::ID,
        idl: &ROAMING_ESCROW,
        honest: roaming::crowd::honest,
        legitimate: &Legitimate::OF_HUBS,
        kinds: 4,
        // An operator has room for a longer name.
        needed_bytes: fields_of::<roaming_escrow::state::Operator>,
    }
}

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

/// Why another account in a slot is no attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Legitimate {
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

impl Legitimate {
    const OF_NETWORKS: [Self; 8] = [
        Self::Payer,
        Self::PayerOfNothing,
        Self::AuthorityOfItsOwn,
        Self::Mint,
        Self::NodeOwner,
        Self::Publisher,
        Self::Source,
        Self::ProgramNamedTwice,
    ];

    const OF_MARKETS: [Self; 10] = [
        Self::Payer,
        Self::AuthorityOfItsOwn,
        Self::Source,
        Self::ProgramNamedTwice,
        Self::Anyone,
        Self::UnaskedSigner,
        Self::NothingDue,
        Self::OtherOrder,
        Self::OtherPlan,
        Self::OtherSeller,
    ];

    const OF_HUBS: [Self; 10] = [
        Self::Payer,
        Self::AuthorityOfItsOwn,
        Self::Source,
        Self::ProgramNamedTwice,
        Self::Anyone,
        Self::OtherStatement,
        Self::OtherAgreement,
        Self::OtherOperator,
        Self::EitherSide,
        Self::UnaskedOperator,
    ];

    /// `None` when the account is an attack.
    fn find(
        (instruction, call): (&idl::Instruction, &Instruction),
        case: &str,
        slot: &Slot,
        candidate: &Candidate,
        chain: &Chain,
    ) -> Option<Self> {
        let signs = keys::keypair(&candidate.key).is_some();
        let pays = signs && has_lamports(chain, &candidate.key);
        let (name, label) = (instruction.name.as_str(), candidate.label.as_str());
        if call.program_id == esim_market::ID {
            return match (name, slot.name.as_str(), label) {
                ("create_market" | "accept_mint" | "apply" | "create_plan", "payer", _) if pays => {
                    Some(Self::Payer)
                }
                ("create_market", "authority", _) if signs => Some(Self::AuthorityOfItsOwn),
                ("purchase" | "top_up", "source", "second account of the patron") => {
                    Some(Self::Source)
                }
                (_, "program", _) if names_program_twice(call) => Some(Self::ProgramNamedTwice),
                (
                    "refund_undelivered" | "refund_unanswered" | "release" | "resolve_by_default"
                    | "pay_out",
                    "actor",
                    _,
                ) if signs => Some(Self::Anyone),
                // What was never delivered is kept for nobody.
                ("close_order", "actor", _) if signs && case != "by the buyer" => {
                    Some(Self::Anyone)
                }
                (_, "buyer", _) if signs && slot.optional && name != "refund_part" => {
                    Some(Self::UnaskedSigner)
                }
                (_, slot, _) if is_unpaid(name, case, slot) => Some(Self::NothingDue),
                (
                    "confirm_delivery" | "dispute" | "report_installed" | "report_activated"
                    | "refund" | "refund_part",
                    "order",
                    "second order",
                )
                | ("top_up", "parent", "second order") => Some(Self::OtherOrder),
                ("update_plan" | "retire_plan", "plan", "second plan") => Some(Self::OtherPlan),
                ("set_seller_status", "seller", "second seller") => Some(Self::OtherSeller),
                _ => None,
            };
        }
        if call.program_id == roaming_escrow::ID {
            let anyone = matches!(
                name,
                "deem_accepted" | "lapse_statement" | "award_by_default"
            );
            return match (name, slot.name.as_str(), label) {
                (
                    "create_hub" | "register_operator" | "propose_agreement" | "submit_statement",
                    "payer",
                    _,
                ) if pays => Some(Self::Payer),
                ("create_hub", "authority", _) | ("register_operator", "operator_authority", _)
                    if signs =>
                {
                    Some(Self::AuthorityOfItsOwn)
                }
                ("propose_agreement", "authority", "authority of the second side") => {
                    Some(Self::EitherSide)
                }
                ("deposit", "source", "second account of the payout") => Some(Self::Source),
                (_, "program", _) if names_program_twice(call) => Some(Self::ProgramNamedTwice),
                (_, "actor", _) if anyone && signs => Some(Self::Anyone),
                (_, "operator", label) if (anyone || name == "award") && is_operator(label) => {
                    Some(Self::UnaskedOperator)
                }
                (
                    "accept_statement" | "counter_statement" | "return_statement",
                    "statement",
                    "second statement",
                )
                | (
                    "deem_accepted",
                    "statement",
                    "second statement"
                    | "statement of the second side"
                    | "second statement of the second side",
                )
                | ("close_statement", "statement", "statement of the second side") => {
                    Some(Self::OtherStatement)
                }
                (
                    "offer_terms" | "request_withdrawal" | "close_agreement",
                    "agreement",
                    "agreement in another mint",
                ) => Some(Self::OtherAgreement),
                ("set_operator_status", "operator", "second operator" | "third operator") => {
                    Some(Self::OtherOperator)
                }
                _ => None,
            };
        }
        match (name, case, slot.name.as_str(), label) {
            ("propose_epoch", "in place of another", "payer", _)
            | ("set_payout", "another", "payer", _)
                if signs =>
            {
                Some(Self::PayerOfNothing)
            }
            (_, _, "payer", _) if pays => Some(Self::Payer),
            ("create_network", _, "authority", _) if signs => Some(Self::AuthorityOfItsOwn),
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

/// Whether it is an operator's account, of whichever hub.
fn is_operator(label: &str) -> bool {
    let here = label.trim_end_matches(" elsewhere");
    matches!(
        here,
        "first operator" | "second operator" | "third operator"
    )
}

/// Whether the program's id stands for an account that there is none of, too.
fn names_program_twice(call: &Instruction) -> bool {
    let named = |meta: &&AccountMeta| meta.pubkey == call.program_id;
    call.accounts.iter().filter(named).count() > 1
}

/// Slots in which something would be paid, if anything were due to who is paid there.
fn is_unpaid(instruction: &str, case: &str, slot: &str) -> bool {
    match (instruction, slot) {
        ("confirm_delivery" | "release", "refund_to") => true,
        (
            "refund" | "refund_undelivered" | "refund_unanswered" | "pay_out",
            "release_to" | "fee_to",
        ) => true,
        ("close_order", "rent_payer") => case == "never delivered",
        _ => false,
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

/// Accounts: every account of ours substituted in every slot of every instruction. So, too: a vault of another network
/// or market, fake system and token programs, a mint or a multisig passed as a token account, the same account twice.
fn accounts_3_every_account_in_every_slot(subject: &Subject) {
    let used = Mutex::new(BTreeSet::new());
    each_call(subject, |instruction, honest| {
        let (mut chain, call) = (honest.chain.clone(), honest.call.clone());
        let case = honest.case;
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
                let legitimate =
                    Legitimate::find((instruction, &call), case, slot, candidate, &chain);
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
        subject.legitimate.iter().copied().collect(),
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
            if !ours && !tokens.contains(&original.owner) || is_unpaid(name, case, &slot.name) {
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
                    if !is_pinned(name, &slot.name) {
                        chain.put(&key, forged);
                        wrong.extend(attack(&mut chain, &what, honest.tx(call.clone()), None));
                    }
                } else if !ours && !is_free(name, &slot.name) {
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

/// A vault is pinned by its address, and no other program can ever own it: this one made it, and never closes it. Who is
/// paid by a market at an account that is no token account stays owed.
fn is_pinned(instruction: &str, slot: &str) -> bool {
    matches!(
        (instruction, slot),
        ("activate_epoch" | "settle" | "redeem_voucher", "vault")
            | (_, "refund_to" | "release_to" | "fee_to")
    )
}

/// Slots where any account of a token program with these bytes is as good.
fn is_free(instruction: &str, slot: &str) -> bool {
    matches!(
        (instruction, slot),
        ("create_network", "mint") | ("fund" | "purchase" | "top_up" | "deposit", "source")
    )
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

/// Bytes of the fields behind the discriminator, for an account of this kind; all of them for another.
fn fields_of<T: AccountDeserialize + AnchorSerialize>(data: &[u8]) -> usize {
    match T::try_deserialize(&mut &data[..]) {
        Ok(account) => {
            let mut fields = vec![];
            account.serialize(&mut fields).unwrap();
            8 + fields.len()
        }
        Err(_) => data.len(),
    }
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
                let unpaid = |slot: &Slot| is_unpaid(&instruction.name, case, &slot.name);
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
        let told =
            |accepted: Accepted| (accepted.events, accepted.market_events, accepted.hub_events);
        if told(with.accept(honest.tx(longer))) != told(without.accept(honest.tx(call))) {
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
