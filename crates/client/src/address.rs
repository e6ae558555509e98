//! Where accounts are: every address that the instructions of node-rewards need.
//!
//! The program derives its own accounts' addresses beside each state struct; these functions call those, so that a
//! seed is written down once.

use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;

/// The program itself.
pub const PROGRAM: Pubkey = node_rewards::ID;

/// The network with a name. Any text gives an address; [`Network::check_name`] says whether a network can have it.
/// A name longer than a seed of 32 bytes gives `None`.
pub fn network(name: &str) -> Option<Pubkey> {
    (name.len() <= node_rewards::constants::MAX_NAME_LEN).then(|| Network::find_address(name).0)
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

/// A wallet's associated token account.
pub fn token_account(wallet: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    get_associated_token_address_with_program_id(wallet, mint, token_program)
}

/// A wallet's associated token account with the bump of its address, which a claim passes on.
pub fn token_account_and_bump(
    wallet: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> (Pubkey, u8) {
    Pubkey::find_program_address(
        &[wallet.as_ref(), token_program.as_ref(), mint.as_ref()],
        &spl_associated_token_account_interface::program::ID,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_accounts_agree() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let (address, bump) = token_account_and_bump(&key(1), &key(2), &key(3));
        assert_eq!(address, token_account(&key(1), &key(2), &key(3)));
        assert_eq!(
            address.to_bytes(),
            wayfare_core::pda::pda_hash(
                [&[1; 32], &[3; 32], &[2; 32]],
                bump,
                &wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM
            )
        );
    }

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
