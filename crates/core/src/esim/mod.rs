//! The eSIM market: the rules that its program and its clients share.
//!
//! Without features: the countries that a plan covers ([`countries`]), the keys that a delivery can be encrypted to
//! ([`public_key`]), and the limits of the data stored on the chain.
//!
//! With feature `host`, the tools of both sides of a sale: activation codes and numbers of eSIMs ([`lpa`], [`ids`]),
//! profiles and pools of them ([`profile`], [`pool`]), their delivery ([`delivery`], [`delivery_key`]), plans from
//! package lists ([`airalo`]), and texts for a shop ([`shop`]).

#[cfg(feature = "host")]
pub mod airalo;
pub mod countries;
#[cfg(feature = "host")]
pub mod delivery;
#[cfg(feature = "host")]
pub mod delivery_key;
#[cfg(feature = "host")]
pub mod ids;
#[cfg(feature = "host")]
pub mod lpa;
#[cfg(feature = "host")]
pub mod pool;
#[cfg(feature = "host")]
pub mod profile;
pub mod public_key;
#[cfg(feature = "host")]
pub mod shop;

/// Bytes of the buyer's public key, and of the sender's ephemeral one that a ciphertext starts with
/// (`Npk` and `Nenc` of DHKEM(X25519, HKDF-SHA256), RFC 9180 §7.1).
pub const DELIVERY_KEY_BYTES: usize = 32;

/// Bytes of the random secret at the start of each delivered plaintext, so that the commitment reveals
/// nothing about a profile that somebody could guess.
pub const ORDER_SECRET_BYTES: usize = 32;

/// Bytes of the tag at the end of a ciphertext (`Nt` of AES-256-GCM, RFC 9180 §7.3).
pub const TAG_BYTES: usize = 16;

/// The parts of a ciphertext besides the profile: ephemeral key, order secret and tag, in bytes.
pub const CIPHERTEXT_OVERHEAD: usize = DELIVERY_KEY_BYTES + ORDER_SECRET_BYTES + TAG_BYTES;

/// Shortest ciphertext, in bytes: of a profile of one byte.
pub const MIN_CIPHERTEXT: usize = CIPHERTEXT_OVERHEAD + 1;

/// Longest ciphertext, in bytes. With the accounts and signatures of its transaction it stays within
/// the 1,232 bytes of a packet.
pub const MAX_CIPHERTEXT: usize = 512;

/// Longest profile, in bytes.
pub const MAX_PROFILE_BYTES: usize = MAX_CIPHERTEXT - CIPHERTEXT_OVERHEAD;

/// Longest validity of a plan, in days: a year.
pub const MAX_VALIDITY_DAYS: u16 = 366;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!((MIN_CIPHERTEXT, MAX_PROFILE_BYTES), (81, 432));
    }
}
