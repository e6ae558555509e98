//! Accounts of other programs that an audit reads, and what it says.

use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar;

use super::{checks::Checks, rule::Rule};
use crate::fake_chain::FakeChain;

pub const TOKEN: Pubkey = anchor_spl::token::ID;

/// The cluster's time, in Unix seconds.
pub const NOW: i64 = 1_800_000_000;

/// A chain that has nothing but a clock.
pub fn chain() -> FakeChain {
    let chain = FakeChain::default();
    let mut clock = vec![0; 40];
    clock[32..].copy_from_slice(&NOW.to_le_bytes());
    chain.put(sysvar::clock::ID, sysvar::ID, clock);
    chain
}

/// A token account of SPL Token.
pub fn token_account(mint: &Pubkey, owner: &Pubkey, amount: u64) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    data
}

/// A mint of SPL Token.
pub fn mint(decimals: u8) -> Vec<u8> {
    let mut data = vec![0; 82];
    data[44] = decimals;
    data[45] = 1;
    data
}

/// The rules that do not hold, and of which accounts.
pub fn findings(checks: &Checks) -> Vec<(Rule, Pubkey)> {
    let findings = checks.findings.iter();
    findings
        .map(|finding| (finding.rule, finding.account))
        .collect()
}
