//! Every account of a program, and what its books need besides, at one slot.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    panic::resume_unwind,
    thread,
};

use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar::clock;

use super::{checks::Checks, rule::Rule};
use crate::{
    account::{AccountError, AccountKind, ProgramAccount, check_address, decode},
    cluster::{Accounts, Cluster, ProgramAccounts, clock_time},
    error::{ClientError, RpcTrouble},
};

/// How often the accounts are read again because they were not of one moment.
const TRIES: u32 = 20;

/// The accounts of a program that can be audited.
pub trait Audited: ProgramAccount {
    /// What an audit tells of one network, market or hub.
    type Found;

    /// Accounts of other programs that this account's books need: a vault's tokens, a mint.
    fn needs(&self) -> Vec<Pubkey>;

    /// Holds everything that was read against the program's rules: its networks, markets or hubs, by address. What belongs
    /// to none of them is a finding in `checks`.
    fn audit(reading: &Reading<Self>, checks: &mut Checks) -> Vec<Self::Found>;

    /// Everything that was checked of one of them.
    fn checks(found: &Self::Found) -> &Checks;
}

/// What an audit works on.
pub struct Reading<A> {
    /// The slot that all of it is of.
    pub slot: u64,
    /// The cluster's time then, in Unix seconds.
    pub time: i64,
    /// By address. What does not decode, or stands elsewhere than its content says, is a finding, and not among them.
    pub accounts: BTreeMap<Pubkey, A>,
    /// Accounts of other programs; those that do not exist are not among them.
    pub others: HashMap<Pubkey, Account>,
    /// What decoding found.
    pub checks: Checks,
}

impl<A: ProgramAccount> Reading<A> {
    /// The accounts of each kind, by its name, in the order of the documentation.
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        A::Kind::ALL
            .iter()
            .map(|kind| {
                let of_kind = self.accounts.values().filter(|a| a.kind() == *kind);
                (kind.name(), of_kind.count() as u64)
            })
            .collect()
    }
}

/// Reads every account of a program and what its books need.
///
/// All of it is of one slot: either every answer is, or nothing of the program changed from the first answer to the
/// last, which the accounts that count events show.
///
/// # Errors
///
/// [`RpcTrouble::Behind`] when the accounts kept changing; [`RpcTrouble::BadAnswer`] when the node does not say which
/// slot it answers for.
pub(crate) fn read<A: Audited>(cluster: &Cluster) -> Result<Reading<A>, ClientError> {
    let mut known = vec![clock::ID];
    for _ in 0..TRIES {
        // At the same time, so that the slots are likely to agree.
        let (program, others) = thread::scope(|scope| {
            let program = scope.spawn(|| cluster.program_accounts(&A::PROGRAM, vec![]));
            let others = cluster.accounts(&known, None);
            (program.join().unwrap_or_else(|p| resume_unwind(p)), others)
        });
        let (program, mut others) = (program?, others?);
        let first_slot = slot_of(&program)?;
        let needed = needs::<A>(&program);
        let is_complete = needed.iter().all(|address| known.contains(address));
        let agrees =
            |others: &Accounts| others.slot == first_slot && others.last_slot == first_slot;
        if !is_complete || !agrees(&others) {
            known = needed;
            others = cluster.accounts(&known, Some(first_slot))?;
        }
        let slot = if agrees(&others) {
            Some(first_slot)
        } else {
            unchanged_until::<A>(cluster, &program, &others)?
        };
        if let Some(slot) = slot {
            return reading(slot, program, &known, others);
        }
    }
    Err(RpcTrouble::Behind {
        request: "getProgramAccounts".to_owned(),
        reason: format!(
            "the accounts of {} changed during each of {TRIES} readings",
            A::PROGRAM_NAME
        ),
    }
    .into())
}

fn slot_of(program: &ProgramAccounts) -> Result<u64, RpcTrouble> {
    program.slot.ok_or_else(|| RpcTrouble::BadAnswer {
        request: "getProgramAccounts".to_owned(),
        reason: "accounts without their slot: this node is too old for an audit".to_owned(),
    })
}

/// What is read besides, each address once, the clock first.
fn needs<A: Audited>(program: &ProgramAccounts) -> Vec<Pubkey> {
    let needed: BTreeSet<Pubkey> = decoded::<A>(program)
        .flat_map(|(_, account)| account.needs())
        .collect();
    std::iter::once(clock::ID).chain(needed).collect()
}

fn decoded<A: ProgramAccount>(program: &ProgramAccounts) -> impl Iterator<Item = (&Pubkey, A)> {
    let accounts = program.accounts.iter();
    accounts.filter_map(|(at, account)| Some((at, decode(at, &account.owner, &account.data).ok()?)))
}

/// The slot until which everything of the program is as it was read before the others, if it is.
fn unchanged_until<A: Audited>(
    cluster: &Cluster,
    program: &ProgramAccounts,
    others: &Accounts,
) -> Result<Option<u64>, ClientError> {
    let counters: Vec<Pubkey> = decoded::<A>(program)
        .filter(|(_, account)| account.sequence().is_some())
        .map(|(at, _)| *at)
        .collect();
    // Without one, nothing has books either.
    if counters.is_empty() {
        return Ok(Some(others.last_slot));
    }
    let now = cluster.accounts(&counters, Some(others.last_slot))?;
    let before: HashMap<&Pubkey, &Account> =
        program.accounts.iter().map(|(at, a)| (at, a)).collect();
    let is_same = counters
        .iter()
        .zip(&now.accounts)
        .all(|(at, account)| before.get(at).copied() == account.as_ref());
    Ok(is_same.then_some(others.last_slot))
}

fn reading<A: Audited>(
    slot: u64,
    program: ProgramAccounts,
    known: &[Pubkey],
    others: Accounts,
) -> Result<Reading<A>, ClientError> {
    let others: HashMap<Pubkey, Account> = known
        .iter()
        .zip(others.accounts)
        .filter_map(|(at, account)| Some((*at, account?)))
        .collect();
    let clock = others
        .get(&clock::ID)
        .ok_or(AccountError::Missing(clock::ID))?;
    let time = clock_time(clock)?;
    let mut checks = Checks::default();
    let mut accounts = BTreeMap::new();
    for (at, account) in program.accounts {
        if let Some(decoded) = decode_in_place(&mut checks, &at, &account)
            && accounts.insert(at, decoded).is_some()
        {
            return Err(RpcTrouble::BadAnswer {
                request: "getProgramAccounts".to_owned(),
                reason: format!("account {at} twice"),
            }
            .into());
        }
    }
    Ok(Reading {
        slot,
        time,
        accounts,
        others,
        checks,
    })
}

/// The account, if it decodes and stands where its content says.
fn decode_in_place<A: ProgramAccount>(
    checks: &mut Checks,
    at: &Pubkey,
    account: &Account,
) -> Option<A> {
    let (decodes, in_place, decoded) = match decode::<A>(at, &account.owner, &account.data) {
        Err(error) => (Some(error.to_string()), None, None),
        Ok(decoded) => match check_address(at, &decoded) {
            Ok(()) => (None, Some(None), Some(decoded)),
            Err(error) => (None, Some(Some(error)), None),
        },
    };
    let owner = A::PROGRAM_NAME;
    checks.fact(
        Rule::AccountDecodes,
        at,
        decodes,
        format!("an account as {owner} writes it"),
    );
    if let Some(error) = in_place {
        let (fault, expected) = match error {
            Some(AccountError::Misplaced {
                kind,
                derived,
                bump,
                ..
            }) => (
                Some(format!(
                    "a {kind} at this address, with another bump or content"
                )),
                format!("{derived} with bump {bump}, as its content leads to"),
            ),
            Some(error) => (
                Some(error.to_string()),
                "one place for what it holds".to_owned(),
            ),
            None => (None, String::new()),
        };
        checks.fact(Rule::AccountInPlace, at, fault, expected);
    }
    decoded
}
