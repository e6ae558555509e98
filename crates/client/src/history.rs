//! The programs' events in the past: of one transaction, or of all that name an address.
//!
//! Each network, market and hub numbers its events from 1, without a gap: a number that is missing shows a transaction
//! that the node does not have.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_signature::Signature;

use crate::{
    account::{AccountError, AnyAccount},
    audit::as_text,
    cluster::{Cluster, Executed},
    error::{ClientError, RpcTrouble},
    esim::account::EsimMarketAccount,
    event::EventError,
    interface::{self, Interface, NamedEvent},
    rewards::account::NodeRewardsAccount,
    roaming::account::RoamingEscrowAccount,
};

/// The events of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionEvents {
    pub signature: Signature,
    pub slot: u64,
    /// Unix seconds of its block, where the node knows.
    pub time: Option<i64>,
    /// In order, each with what could not be read instead.
    pub events: Vec<Result<NamedEvent, EventError>>,
}

/// Numbers of events that no transaction has: `first` to `last`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The network, market or hub that counts them.
    #[serde(serialize_with = "as_text")]
    pub scope: Pubkey,
    pub first: u64,
    pub last: u64,
}

/// What the transactions of an address did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Those with events, oldest first.
    pub transactions: Vec<TransactionEvents>,
    /// Transactions that were looked at, the failed ones included.
    pub looked_at: u64,
    /// Those that failed, and so did nothing.
    pub failed: u64,
    /// Those that the node names but does not have.
    pub missing: Vec<Signature>,
    /// Whether it reaches back to the first transaction that the node names.
    pub is_complete: bool,
    /// Of the address itself, if it counts events; of a program's address, of everything that counts its events.
    pub gaps: Vec<Gap>,
}

/// The events of one transaction.
///
/// # Errors
///
/// [`RpcTrouble::Behind`] while the node does not have the transaction.
pub fn of_transaction(
    cluster: &Cluster,
    signature: &Signature,
) -> Result<TransactionEvents, ClientError> {
    let executed = cluster
        .executed(signature)?
        .ok_or_else(|| RpcTrouble::Behind {
            request: "getTransaction".to_owned(),
            reason: format!("it does not know transaction {signature}"),
        })?;
    Ok(events(*signature, &executed))
}

/// The events of the newest transactions that name an address, at most `limit` of them. `progress` is told how many were
/// looked at, of how many.
///
/// # Errors
///
/// [`ClientError`] when the cluster cannot be read.
pub fn of_address(
    cluster: &Cluster,
    address: &Pubkey,
    limit: usize,
    mut progress: impl FnMut(u64, u64),
) -> Result<History, ClientError> {
    // Before the transactions: what comes later is not missing.
    let own = last_event(cluster, address)?;
    // One more shows whether there are more.
    let mut found = cluster.signatures(address, None, limit.saturating_add(1))?;
    let is_complete = found.len() <= limit;
    found.truncate(limit);
    let total = found.len() as u64;
    let mut history = History {
        transactions: vec![],
        looked_at: 0,
        failed: 0,
        missing: vec![],
        is_complete,
        gaps: vec![],
    };
    for info in found.iter().rev() {
        history.looked_at = history.looked_at.saturating_add(1);
        progress(history.looked_at, total);
        if info.has_failed {
            history.failed = history.failed.saturating_add(1);
            continue;
        }
        match cluster.executed(&info.signature)? {
            None => history.missing.push(info.signature),
            Some(executed) => {
                let events = events(info.signature, &executed);
                if !events.events.is_empty() {
                    history.transactions.push(events);
                }
            }
        }
    }
    let mut seen = sequences(&history.transactions);
    if Interface::of(address).is_some() {
        for (scope, numbers) in &seen {
            // A scope that is read later may have more events by now: those are no gap.
            let last = numbers.last().copied().unwrap_or_default();
            history.gaps.extend(gaps(scope, numbers, last, is_complete));
        }
    } else if let Some(last) = own {
        let numbers = seen.remove(address).unwrap_or_default();
        history.gaps = gaps(address, &numbers, last, is_complete);
    }
    Ok(history)
}

fn events(signature: Signature, executed: &Executed) -> TransactionEvents {
    TransactionEvents {
        signature,
        slot: executed.slot,
        time: executed.time,
        events: executed
            .inner
            .iter()
            .filter_map(|i| interface::event(&i.program, &i.accounts, &i.data))
            .collect(),
    }
}

/// The number of the last event that an account counts; `None` when it counts none.
fn last_event(cluster: &Cluster, address: &Pubkey) -> Result<Option<u64>, ClientError> {
    let account = match cluster.any_state(address) {
        Ok(account) => account,
        // A wallet, a program, or nothing at all can have transactions too.
        Err(ClientError::Account(AccountError::Missing(_) | AccountError::ForeignOwner { .. })) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    Ok(match account {
        AnyAccount::NodeRewards(NodeRewardsAccount::Network(network)) => Some(network.sequence),
        AnyAccount::EsimMarket(EsimMarketAccount::Market(market)) => Some(market.sequence),
        AnyAccount::RoamingEscrow(RoamingEscrowAccount::Hub(hub)) => Some(hub.scope.sequence),
        _ => None,
    })
}

/// The numbers of the events that can be read, by what counts them.
fn sequences(transactions: &[TransactionEvents]) -> BTreeMap<Pubkey, BTreeSet<u64>> {
    let mut seen: BTreeMap<Pubkey, BTreeSet<u64>> = BTreeMap::new();
    let events = transactions.iter().flat_map(|t| &t.events);
    for event in events.filter_map(|event| event.as_ref().ok()) {
        if let (Some(scope), Some(number)) = (event.scope(), event.sequence()) {
            seen.entry(scope).or_default().insert(number);
        }
    }
    seen
}

/// What is missing up to the event `last`: from the first one on, or from the oldest that was seen.
fn gaps(scope: &Pubkey, numbers: &BTreeSet<u64>, last: u64, from_first: bool) -> Vec<Gap> {
    // The last number before those that are looked at.
    let mut before = match numbers.first() {
        Some(oldest) if !from_first => oldest.saturating_sub(1),
        _ => 0,
    };
    let mut gaps = vec![];
    let mut up_to = |number: u64, before: u64| {
        let first = before.saturating_add(1);
        if first < number {
            gaps.push(Gap {
                scope: *scope,
                first,
                last: number.saturating_sub(1),
            });
        }
    };
    for number in numbers {
        up_to(*number, before);
        before = *number;
    }
    if (from_first || !numbers.is_empty()) && before < last {
        up_to(last.saturating_add(1), before);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::Value;

    const SCOPE: Pubkey = Pubkey::new_from_array([1; 32]);

    fn found(numbers: &[u64], last: u64, from_first: bool) -> Vec<(u64, u64)> {
        let numbers = numbers.iter().copied().collect();
        let gaps = gaps(&SCOPE, &numbers, last, from_first);
        assert!(gaps.iter().all(|gap| gap.scope == SCOPE));
        gaps.iter().map(|gap| (gap.first, gap.last)).collect()
    }

    #[test]
    fn missing_numbers() {
        assert_eq!(found(&[1, 2, 3], 3, true), []);
        assert_eq!(found(&[3, 1, 2], 3, true), []);
        assert_eq!(found(&[2, 5], 7, true), [(1, 1), (3, 4), (6, 7)]);
        assert_eq!(found(&[2, 5], 5, false), [(3, 4)]);
        assert_eq!(found(&[2, 3], 4, false), [(4, 4)]);
        assert_eq!(found(&[], 2, true), [(1, 2)]);
        assert_eq!(found(&[], 2, false), []);
        assert_eq!(found(&[], 0, true), []);
        // An event after the account was read.
        assert_eq!(found(&[1, 2, 3], 2, true), []);
        assert_eq!(found(&[u64::MAX], u64::MAX, false), []);
    }

    #[test]
    fn numbers_by_what_counts_them() {
        let event = |scope: u8, number| {
            Ok(NamedEvent {
                program: "node-rewards",
                name: "Funded".to_owned(),
                fields: vec![
                    (
                        "network".to_owned(),
                        Value::Key(Pubkey::new_from_array([scope; 32])),
                    ),
                    ("sequence".to_owned(), Value::Number(number)),
                ],
            })
        };
        let transaction = |events| TransactionEvents {
            signature: Signature::default(),
            slot: 1,
            time: None,
            events,
        };
        let seen = sequences(&[
            transaction(vec![event(1, 4), Err(EventError::Malformed("Funded"))]),
            transaction(vec![event(2, 1), event(1, 5)]),
        ]);
        let numbers = |scope: u8| {
            let scope = Pubkey::new_from_array([scope; 32]);
            seen[&scope].iter().copied().collect::<Vec<_>>()
        };
        assert_eq!((numbers(1), numbers(2)), (vec![4, 5], vec![1]));
    }
}
