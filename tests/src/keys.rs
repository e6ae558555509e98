//! Who signs: keys made from names, so that a failure repeats, address for address.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The secret of every person who was ever named, by public key.
static RING: LazyLock<Mutex<HashMap<Pubkey, Keypair>>> = LazyLock::new(Mutex::default);

/// The public key of a person. The same name is the same person in every test.
pub fn person(name: &str) -> Pubkey {
    let keypair = Keypair::new_from_array(solana_sha256_hasher::hash(name.as_bytes()).to_bytes());
    let key = keypair.pubkey();
    RING.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, keypair);
    key
}

/// The secret behind a public key, if a person has it. Program-derived addresses have none.
pub fn keypair(key: &Pubkey) -> Option<Keypair> {
    RING.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(key)
        .map(Keypair::insecure_clone)
}
