//! Proving from accounts alone that the books of the programs balance.
//!
//! Every account of a program is read at one slot, decoded, and proved to stand where its content says. Then every rule
//! of `docs/invariants.md` that can be seen in accounts is checked ([`crate::books::Rule`]), and all that does not hold is
//! reported ([`Checks`]), not only the first. What vaults hold beyond what they owe is a surplus, not a finding.

mod deployed;

use solana_pubkey::Pubkey;

pub use deployed::{Deployed, check_built, check_interface, deployed};

use crate::{
    books::{Audited, Checks, read},
    cluster::Cluster,
    error::ClientError,
};

/// What an audit of one program found.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit<B> {
    /// What the documentation calls the program.
    pub program: &'static str,
    pub program_id: Pubkey,
    /// The slot that all accounts are of.
    pub slot: u64,
    /// The cluster's time then, in Unix seconds.
    pub time: i64,
    /// The accounts of each kind that are what they should be.
    pub accounts: Vec<(&'static str, u64)>,
    /// Its networks, markets or hubs, by address.
    pub books: Vec<B>,
    /// Everything that was checked, that of the books included.
    pub checks: Checks,
}

/// Audits a program by its accounts.
///
/// # Errors
///
/// [`ClientError`] when the cluster cannot be read. What is wrong with an account is a finding, not an error.
pub fn audit<A: Audited>(cluster: &Cluster) -> Result<Audit<A::Found>, ClientError> {
    let mut reading = read::<A>(cluster)?;
    let mut checks = std::mem::take(&mut reading.checks);
    let books = A::audit(&reading, &mut checks);
    for found in &books {
        checks.extend(A::checks(found).clone());
    }
    Ok(Audit {
        program: A::PROGRAM_NAME,
        program_id: A::PROGRAM,
        slot: reading.slot,
        time: reading.time,
        accounts: reading.counts(),
        books,
        checks,
    })
}
