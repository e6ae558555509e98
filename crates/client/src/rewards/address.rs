//! Where accounts are: every address that the instructions of node-rewards need.
//!
//! The program derives its own accounts' addresses beside each state struct; these functions call those, so that a
//! seed is written down once.

use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};
use solana_pubkey::Pubkey;
use wayfare_core::name::MAX_NAME_LEN;

/// The program itself.
pub const PROGRAM: Pubkey = node_rewards::ID;

/// The network with a name. Any text gives an address; [`is_name`](wayfare_core::name::is_name) says whether a
/// network can have it.
/// A name longer than a seed of 32 bytes gives `None`.
pub fn network(name: &str) -> Option<Pubkey> {
    (name.len() <= MAX_NAME_LEN).then(|| Network::find_address(name).0)
}

/// The token account from which a network pays.
pub fn vault(network: &Pubkey) -> Pubkey {
    Network::find_vault_address(network).0
}

/// An epoch of a network; the first is 1.
pub fn epoch(network: &Pubkey, number: u64) -> Pubkey {
    Epoch::find_address(network, number).0
}

/// A page of claim counters, by its number.
pub fn claim_page(network: &Pubkey, page: u32) -> Pubkey {
    ClaimPage::find_address(network, page).0
}

/// Where the account would be that redirects an owner's claims. A claim names it even when there is none.
pub fn payout(network: &Pubkey, owner: &Pubkey) -> Pubkey {
    Payout::find_address(network, owner).0
}

/// The node of a device.
pub fn node(network: &Pubkey, device: &Pubkey) -> Pubkey {
    Node::find_address(network, device).0
}

/// Whose signature proves that an event comes from the program.
pub fn event_authority() -> Pubkey {
    node_rewards::EVENT_AUTHORITY_AND_BUMP.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_authority_is_the_programs() {
        let seed = node_rewards::events::EVENT_AUTHORITY_SEED;
        let (derived, _) = Pubkey::find_program_address(&[seed], &PROGRAM);
        assert_eq!(event_authority(), derived);
    }

    #[test]
    fn a_name_longer_than_a_seed_has_no_address() {
        assert!(network(&"a".repeat(32)).is_some());
        assert_eq!(network(&"a".repeat(33)), None);
    }
}
