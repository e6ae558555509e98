//! The key that a buyer's delivery is encrypted to.
//!
//! An order carries an X25519 public key; the holder of its secret can read the delivery. The buyer gets it in one of
//! two ways:
//!
//! - **From the wallet** ([`message`], [`DeliveryKey::from_signature`]): the wallet signs a text that names the
//!   order, and the signature is the keying material. Ed25519 signatures are deterministic (RFC 8032 §5.1.6), so
//!   every machine that holds the wallet derives the key again, and nothing needs to be kept.
//! - **From a file** ([`DeliveryKey::generate`], [`DeliveryKey::to_file`]), where a wallet cannot sign texts.
//!
//! The key pair of a signature is `DeriveKeyPair` of RFC 9180 §7.1.3 for DHKEM(X25519, HKDF-SHA256), with the 64
//! bytes of the signature as `ikm`. A browser needs one call of WebCrypto's HKDF (hash SHA-256, 256 bits):
//!
//! ```text
//! suite = "KEM" ‖ 0x0020
//! salt  = ""
//! key   = "HPKE-v1" ‖ suite ‖ "dkp_prk" ‖ signature
//! info  = 0x0020 ‖ "HPKE-v1" ‖ suite ‖ "sk"
//! ```
//!
//! Some signers give a different signature each time: those that share a key among several parties, and some that add
//! randomness against fault attacks. And a wallet that signs texts inside Solana's off-chain message (`\xff` ‖
//! `solana offchain` ‖ …), as hardware wallets do, signs differently from a wallet that signs them bare. So a client
//! has the text signed twice before it pays, and refuses a wallet whose signatures differ; and an order bought with
//! one way of signing can be read only with the same one.

use super::public_key::Kem;
use crate::key::{self, KeyError};
use hpke::{Deserializable, HpkeError, Kem as _, Serializable};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The `kind` of a key file.
const KIND: &str = "wayfare-delivery-key";

/// The text that a wallet signs to make the key of an order.
///
/// It cannot be taken for a transaction, so that no wallet is asked for one thing and signs another. A transaction's
/// message starts with a byte of at least 0x80 (its version), or with the number of signatures it needs and the number
/// of those signers that only read, which must be lower (`MessageHeader` and `sanitize` in `solana-message`): this text
/// would need 87 (`W`), with 97 (`a`) that only read, in a packet that has room for 12. Solana's off-chain messages
/// start with 0xff.
///
/// The order is named by the seeds of its address; the buyer's wallet is the signer.
pub fn message(market: &[u8; 32], plan: &[u8; 32], order_id: u64) -> String {
    format!(
        "Wayfare: the key to one eSIM order\n\
         \n\
         Whoever has this signature can read and use the eSIM that is delivered.\n\
         Sign this only in Wayfare, to buy or to read this order. Nowhere else.\n\
         This is no transaction: it moves no money.\n\
         \n\
         Market: {}\n\
         Plan: {}\n\
         Order: {order_id}\n",
        key::to_base58(market),
        key::to_base58(plan),
    )
}

/// An X25519 key pair. The secret is wiped from memory, and `Debug` does not show it.
pub struct DeliveryKey {
    secret: <Kem as hpke::Kem>::PrivateKey,
    public: [u8; 32],
}

/// The signature is 64 zero bytes: the placeholder of a signature that was never made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the wallet has not signed: its signature is all zeros")]
pub struct NotSigned;

/// Why a file does not hold a delivery key. No message shows the secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyFileError {
    /// Not JSON of this shape.
    #[error("not a delivery key: {0}")]
    Json(String),
    /// Another kind of file.
    #[error("not a delivery key: its kind is \"{0}\", not \"{KIND}\"")]
    Kind(String),
    /// A key is not base58 of 32 bytes.
    #[error("the delivery key's \"{field}\": {source}")]
    Key {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The keys are not a pair.
    #[error("the delivery key is damaged: its public key does not belong to its secret")]
    NotAPair,
}

/// A delivery key as written in its file.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    kind: String,
    public: String,
    secret: String,
}

impl DeliveryKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let (secret, _) = Kem::gen_keypair_with_rng(rng);
        Self::of(secret)
    }

    /// The key of an order, by its buyer's signature of [`message`]. The caller must check that it is the
    /// wallet's signature of that text, and that the public key is the order's.
    ///
    /// # Errors
    ///
    /// [`NotSigned`]: everybody could derive that key.
    pub fn from_signature(signature: &[u8; 64]) -> Result<Self, NotSigned> {
        if signature == &[0; 64] {
            return Err(NotSigned);
        }
        let (secret, _) = Kem::derive_keypair(signature);
        Ok(Self::of(secret))
    }

    /// Reads a key file that [`Self::to_file`] wrote.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] says what is wrong with the file.
    pub fn from_file(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let file: KeyFile = serde_json::from_slice(bytes).map_err(|e| {
            // The error's own message can repeat the file's contents.
            KeyFileError::Json(format!("line {}, column {}", e.line(), e.column()))
        })?;
        if file.kind != KIND {
            return Err(KeyFileError::Kind(file.kind.clone()));
        }
        let read = |field, text: &str| {
            key::from_base58(text.as_bytes()).map_err(|source| KeyFileError::Key { field, source })
        };
        let public = read("public", &file.public)?;
        let secret = Zeroizing::new(read("secret", &file.secret)?);
        let key = Self::from_secret(&secret).map_err(|_| KeyFileError::NotAPair)?;
        if key.public != public {
            return Err(KeyFileError::NotAPair);
        }
        Ok(key)
    }

    /// The contents of a key file, for its owner's eyes only (mode 0600).
    pub fn to_file(&self) -> Zeroizing<String> {
        let mut secret: [u8; 32] = self.secret.to_bytes().into();
        let file = KeyFile {
            kind: KIND.to_owned(),
            public: key::to_base58(&self.public),
            secret: key::to_base58(&secret),
        };
        secret.zeroize();
        // Never fails: the fields and their names are strings.
        let mut text = serde_json::to_string(&file).unwrap_or_default();
        text.push('\n');
        Zeroizing::new(text)
    }

    /// The public key, which goes into the order.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The secret key, for decryption.
    pub(super) fn secret(&self) -> &<Kem as hpke::Kem>::PrivateKey {
        &self.secret
    }

    /// The pair of a secret key; X25519 fixes five of its bits (RFC 7748 §5).
    pub(super) fn from_secret(secret: &[u8; 32]) -> Result<Self, HpkeError> {
        Ok(Self::of(<Kem as hpke::Kem>::PrivateKey::from_bytes(
            secret,
        )?))
    }

    /// The pair of a secret key.
    fn of(secret: <Kem as hpke::Kem>::PrivateKey) -> Self {
        let public = Kem::sk_to_pk(&secret).to_bytes().into();
        Self { secret, public }
    }
}

impl fmt::Debug for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryKey")
            .field("public", &key::to_base58(&self.public))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::delivery::vector::Vector;
    use super::super::public_key::is_usable_key;
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn key_pairs_are_derived_as_in_rfc_9180() {
        let vector = Vector::published();
        // The vector's keying material has 32 bytes, a signature 64: `DeriveKeyPair` takes any number.
        let (secret, public) = Kem::derive_keypair(&vector.recipient_ikm);
        let secret: [u8; 32] = secret.to_bytes().into();
        let public: [u8; 32] = public.to_bytes().into();
        // The vector has the secret before X25519 fixes five of its bits.
        let mut clamped = vector.recipient_secret;
        clamped[0] &= 0xf8;
        clamped[31] = clamped[31] & 0x7f | 0x40;
        assert_eq!(secret, clamped);
        assert_eq!(public, vector.recipient_public);
        let key = DeliveryKey::from_secret(&vector.recipient_secret).unwrap();
        assert_eq!(key.public(), &vector.recipient_public);
    }

    #[test]
    fn a_signature_is_expanded_as_the_recipe_for_browsers_says() {
        // HKDF by its definition (RFC 5869), HMAC by its own (RFC 2104), using only SHA-256.
        use solana_sha256_hasher::hashv;
        let hmac = |key: &[u8; 32], parts: &[&[u8]]| {
            let pad = |with: u8| {
                let mut block = [with; 64];
                for (byte, key) in block.iter_mut().zip(key) {
                    *byte ^= key;
                }
                block
            };
            let (inner, outer) = (pad(0x36), pad(0x5c));
            let inner = hashv(&[&[inner.as_slice()], parts].concat());
            hashv(&[&outer, inner.as_ref()]).to_bytes()
        };
        let signature: [u8; 64] = std::array::from_fn(|at| at as u8);
        let extracted = hmac(
            &[0; 32],
            &[b"HPKE-v1", b"KEM\x00\x20", b"dkp_prk", &signature],
        );
        let info: [&[u8]; 5] = [b"\x00\x20", b"HPKE-v1", b"KEM\x00\x20", b"sk", &[1]];
        let expanded = hmac(&extracted, &info);
        let expected = DeliveryKey::from_secret(&expanded).unwrap();
        let key = DeliveryKey::from_signature(&signature).unwrap();
        assert_eq!(key.public(), expected.public());
        // Pinned: an order bought today is read years later.
        assert_eq!(
            key::to_base58(key.public()),
            "G61mwhQM5JmenqEEnNKjvQa9EPNWp9qzaKpfmSBMvR9e"
        );
    }

    #[test]
    fn the_message_is_pinned_and_not_a_transaction() {
        let text = message(&[1; 32], &[2; 32], u64::MAX);
        assert_eq!(
            text,
            "Wayfare: the key to one eSIM order\n\n\
             Whoever has this signature can read and use the eSIM that is delivered.\n\
             Sign this only in Wayfare, to buy or to read this order. Nowhere else.\n\
             This is no transaction: it moves no money.\n\n\
             Market: 4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi\n\
             Plan: 8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR\n\
             Order: 18446744073709551615\n"
        );
        assert!(
            text.bytes()
                .all(|b| b == b'\n' || (0x20..0x7f).contains(&b))
        );
        let [required, read_only, ..] = text.as_bytes() else {
            panic!()
        };
        assert!(
            *required < 0x80,
            "not a versioned message, nor an off-chain one"
        );
        assert!(read_only >= required, "not the header of a message");
        assert!(usize::from(*required) * 64 > 1_232, "more than a packet");
    }

    #[test]
    fn a_signature_that_was_never_made() {
        assert_eq!(DeliveryKey::from_signature(&[0; 64]).err(), Some(NotSigned));
    }

    #[test]
    fn files_that_are_not_key_files() {
        let key = DeliveryKey::generate(&mut StdRng::seed_from_u64(1));
        let text = key.to_file();
        let debug = format!("{key:?}");
        assert_eq!(
            debug,
            format!(
                "DeliveryKey {{ public: {:?}, .. }}",
                key::to_base58(key.public())
            )
        );
        let other = DeliveryKey::generate(&mut StdRng::seed_from_u64(2));
        let public = key::to_base58(key.public());
        let other_public = key::to_base58(other.public());
        for (from, to, error) in [
            (
                "wayfare-delivery-key",
                "keypair",
                "not a delivery key: its kind is \"keypair\", not \"wayfare-delivery-key\"",
            ),
            (
                &public,
                &other_public,
                "the delivery key is damaged: its public key does not belong to its secret",
            ),
            (
                &public,
                "x",
                "the delivery key's \"public\": not a base58 public key of 32 bytes",
            ),
        ] {
            let changed = text.replace(from, to);
            let found = DeliveryKey::from_file(changed.as_bytes()).unwrap_err();
            assert_eq!(found.to_string(), error, "{changed}");
        }
        for (from, to) in [
            ("\"secret\"", "\"private\""),
            ("\"secret\":", "\"mine\":1,\"secret\":"),
            ("}", ""),
            ("}", "}}"),
        ] {
            let changed = text.replace(from, to);
            let found = DeliveryKey::from_file(changed.as_bytes()).unwrap_err();
            assert!(matches!(found, KeyFileError::Json(_)), "{changed}");
            assert!(found.to_string().starts_with("not a delivery key: line "));
        }
        // A Solana keypair, which many people have at hand.
        assert!(DeliveryKey::from_file(b"[1,2,3]").is_err());
    }

    proptest! {
        #[test]
        fn key_files_are_read_back(seed: u64) {
            let key = DeliveryKey::generate(&mut StdRng::seed_from_u64(seed));
            let again = DeliveryKey::from_file(key.to_file().as_bytes()).unwrap();
            prop_assert_eq!(again.public(), key.public());
            prop_assert_eq!(again.to_file(), key.to_file());
            prop_assert!(is_usable_key(key.public()));
        }

        #[test]
        fn each_signature_has_its_own_key(
            bytes in proptest::collection::vec(any::<u8>(), 64), place in 0usize..64, bit in 0u8..8
        ) {
            let signature: [u8; 64] = bytes.try_into().unwrap();
            let mut other = signature;
            other[place] ^= 1 << bit;
            prop_assume!(signature != [0; 64] && other != [0; 64]);
            let key = DeliveryKey::from_signature(&signature).unwrap();
            let again = DeliveryKey::from_signature(&signature).unwrap();
            let other = DeliveryKey::from_signature(&other).unwrap();
            prop_assert_eq!(key.public(), again.public());
            prop_assert_ne!(key.public(), other.public());
            prop_assert!(is_usable_key(key.public()));
        }
    }
}
