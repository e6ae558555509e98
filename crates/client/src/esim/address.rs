//! Where accounts are: every address that the instructions of esim-market need.
//!
//! The program derives its own accounts' addresses beside each state struct; these functions call those, so that a
//! seed is written down once.

use esim_market::state::{Delivery, Market, MarketVault, Order, Plan, Seller};
use solana_pubkey::Pubkey;
use wayfare_core::name::MAX_NAME_LEN;

/// The program itself.
pub const PROGRAM: Pubkey = esim_market::ID;

/// The market with a name. Any text gives an address, whether or not a market can have it; one longer than a seed of 32
/// bytes gives `None`.
pub fn market(name: &str) -> Option<Pubkey> {
    (name.len() <= MAX_NAME_LEN).then(|| Market::find_address(name).0)
}

/// What holds a market's money in a mint.
pub fn vault(market: &Pubkey, mint: &Pubkey) -> Pubkey {
    MarketVault::find_address(market, mint).0
}

/// The token account of a vault.
pub fn vault_tokens(vault: &Pubkey) -> Pubkey {
    MarketVault::find_tokens_address(vault).0
}

/// A seller of a market, by the key that acts for it.
pub fn seller(market: &Pubkey, authority: &Pubkey) -> Pubkey {
    Seller::find_address(market, authority).0
}

/// A seller's plan. An id longer than a seed of 32 bytes gives `None`.
pub fn plan(seller: &Pubkey, id: &str) -> Option<Pubkey> {
    (id.len() <= MAX_NAME_LEN).then(|| Plan::find_address(seller, id).0)
}

/// A buyer's order of a plan, by the number that the buyer gave it.
pub fn order(plan: &Pubkey, buyer: &Pubkey, order_id: u64) -> Pubkey {
    Order::find_address(plan, buyer, order_id).0
}

/// Where an order's delivery is, once there is one.
pub fn delivery(order: &Pubkey) -> Pubkey {
    Delivery::find_address(order).0
}

/// Whose signature proves that an event comes from the program.
pub fn event_authority() -> Pubkey {
    esim_market::EVENT_AUTHORITY_AND_BUMP.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_authority_is_the_programs() {
        let (derived, _) = Pubkey::find_program_address(&[b"__event_authority"], &PROGRAM);
        assert_eq!(event_authority(), derived);
    }

    #[test]
    fn a_name_longer_than_a_seed_has_no_address() {
        let seller = Pubkey::new_from_array([1; 32]);
        assert!(market(&"a".repeat(32)).is_some() && plan(&seller, &"a".repeat(32)).is_some());
        assert_eq!(market(&"a".repeat(33)), None);
        assert_eq!(plan(&seller, &"a".repeat(33)), None);
    }
}
