//! Every account of a chain at one moment.

use std::collections::{BTreeSet, HashMap};

use solana_account::{AccountSharedData, ReadableAccount};
use solana_pubkey::Pubkey;

/// Every account of a chain but the sysvars and the features, which the runtime writes.
pub type Snapshot = HashMap<Pubkey, AccountSharedData>;

/// The accounts of which a byte or a lamport differs, those that are new, and those that are gone.
pub fn changed(before: &Snapshot, after: &Snapshot) -> BTreeSet<Pubkey> {
    let gone_or_changed = before.iter().filter(|(address, was)| {
        !after.get(*address).is_some_and(|is| {
            was.lamports() == is.lamports()
                && was.owner() == is.owner()
                && was.executable() == is.executable()
                // The same bytes in memory need no comparing: programs are long.
                && (std::ptr::eq(was.data(), is.data()) || was.data() == is.data())
        })
    });
    let new = after
        .iter()
        .filter(|(address, _)| !before.contains_key(*address));
    gone_or_changed
        .chain(new)
        .map(|(address, _)| *address)
        .collect()
}
