//! Where accounts are: every address that the instructions of roaming-escrow need.
//!
//! The program derives its own accounts' addresses beside each state struct; these functions call those, so that a
//! seed is written down once.

use roaming_escrow::state::{Agreement, Hub, Operator, Side, Statement};
use solana_pubkey::Pubkey;
use wayfare_core::{name::MAX_NAME_LEN, roaming::tadig::Tadig};

/// The program itself.
pub const PROGRAM: Pubkey = roaming_escrow::ID;

/// The hub with a name. Any text gives an address; [`wayfare_core::name::is_name`] says whether a hub can have it. A name
/// longer than a seed of 32 bytes gives `None`.
pub fn hub(name: &str) -> Option<Pubkey> {
    (name.len() <= MAX_NAME_LEN).then(|| Hub::find_address(name).0)
}

/// An operator of a hub, by the code that it is registered under.
pub fn operator(hub: &Pubkey, tadig: Tadig) -> Pubkey {
    Operator::find_address(hub, tadig.as_bytes()).0
}

/// The agreement of two operators, in whichever order, for a mint.
pub fn agreement(hub: &Pubkey, one: &Pubkey, other: &Pubkey, mint: &Pubkey) -> Pubkey {
    Agreement::find_address(hub, one, other, mint).0
}

/// The token account of an agreement.
pub fn vault(agreement: &Pubkey) -> Pubkey {
    Agreement::find_vault_address(agreement).0
}

/// The statement of a period that the side `home` pays.
pub fn statement(agreement: &Pubkey, home: Side, period: u32) -> Pubkey {
    Statement::find_address(agreement, home, period).0
}

/// Whose signature proves that an event comes from the program.
pub fn event_authority() -> Pubkey {
    roaming_escrow::EVENT_AUTHORITY_AND_BUMP.0
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
        assert!(hub(&"a".repeat(32)).is_some());
        assert_eq!(hub(&"a".repeat(33)), None);
    }

    #[test]
    fn an_agreement_has_one_address_for_a_pair() {
        let [hub, one, other, mint] = [1, 2, 3, 4].map(|byte| Pubkey::new_from_array([byte; 32]));
        assert_eq!(
            agreement(&hub, &one, &other, &mint),
            agreement(&hub, &other, &one, &mint)
        );
    }
}
