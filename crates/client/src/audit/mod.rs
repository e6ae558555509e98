//! Proving from accounts alone that the books of the programs balance.
//!
//! Every account of a program is read at one slot, decoded, and proved to stand where its content says. Then every rule
//! of `docs/invariants.md` that can be seen in accounts is checked ([`Rule`]), and all that does not hold is reported
//! ([`Checks`]), not only the first. What vaults hold beyond what they owe is a surplus, and no finding.

mod checks;
mod deployed;
mod esim;
#[cfg(test)]
mod fixture;
mod published;
mod reading;
mod rewards;
mod roaming;
mod rule;
pub mod vault;

use solana_pubkey::Pubkey;

pub(crate) use checks::as_text;
pub use checks::{Checks, Finding, Part, Relation, Side, Sum, Tally};
pub use deployed::{Deployed, check_built, check_interface, deployed};
pub use esim::MarketAudit;
pub use published::{PublishedAudit, PublishedError, published};
pub use rewards::NetworkAudit;
pub use roaming::HubAudit;
pub use rule::Rule;

use crate::{
    account::ProgramAccount, cluster::Cluster, error::ClientError,
    esim::account::EsimMarketAccount, rewards::account::NodeRewardsAccount,
    roaming::account::RoamingEscrowAccount,
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

/// Audits node-rewards.
///
/// # Errors
///
/// [`ClientError`] when the cluster cannot be read. What is wrong with an account is a finding, and no error.
pub fn node_rewards(cluster: &Cluster) -> Result<Audit<NetworkAudit>, ClientError> {
    let mut reading = reading::read::<NodeRewardsAccount>(cluster)?;
    let mut checks = std::mem::take(&mut reading.checks);
    let networks = rewards::networks(&reading, &mut checks);
    let books: Vec<_> = networks
        .iter()
        .map(|network| rewards::audit(&reading, network))
        .collect();
    for network in &books {
        checks.extend(network.books.checks.clone());
    }
    Ok(audit(&reading, books, checks))
}

/// Audits esim-market.
///
/// # Errors
///
/// As [`node_rewards`].
pub fn esim_market(cluster: &Cluster) -> Result<Audit<MarketAudit>, ClientError> {
    let mut reading = reading::read::<EsimMarketAccount>(cluster)?;
    let mut checks = std::mem::take(&mut reading.checks);
    let markets = esim::markets(&reading, &mut checks);
    let books: Vec<_> = markets
        .iter()
        .map(|market| esim::audit(&reading, market))
        .collect();
    for market in &books {
        checks.extend(market.books.checks.clone());
    }
    Ok(audit(&reading, books, checks))
}

/// Audits roaming-escrow.
///
/// # Errors
///
/// As [`node_rewards`].
pub fn roaming_escrow(cluster: &Cluster) -> Result<Audit<HubAudit>, ClientError> {
    let mut reading = reading::read::<RoamingEscrowAccount>(cluster)?;
    let mut checks = std::mem::take(&mut reading.checks);
    let hubs = roaming::hubs(&reading, &mut checks);
    let books: Vec<_> = hubs
        .iter()
        .map(|hub| roaming::audit(&reading, hub))
        .collect();
    for hub in &books {
        checks.extend(hub.books.checks.clone());
    }
    Ok(audit(&reading, books, checks))
}

fn audit<A: ProgramAccount, B>(
    reading: &reading::Reading<A>,
    books: Vec<B>,
    checks: Checks,
) -> Audit<B> {
    Audit {
        program: A::PROGRAM_NAME,
        program_id: A::PROGRAM,
        slot: reading.slot,
        time: reading.time,
        accounts: reading.counts(),
        books,
        checks,
    }
}

/// Checks that a pause ends within what a guardian can set at a time.
fn check_pause(checks: &mut Checks, rule: Rule, at: &Pubkey, until: i64, latest: i64) {
    checks.fact(
        rule,
        at,
        (until > latest).then(|| format!("paused until {until}")),
        format!("an end by {latest}, in Unix seconds"),
    );
}
