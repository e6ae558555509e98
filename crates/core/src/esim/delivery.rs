//! The delivery: a profile encrypted to the buyer, and a commitment to it that holds in a dispute.
//!
//! HPKE (RFC 9180) in base mode, with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. A browser opens it
//! with WebCrypto alone. In one message:
//!
//! ```text
//! plaintext  = order secret (32 random bytes) ‖ profile
//! ciphertext = ephemeral public key (32) ‖ encrypted plaintext ‖ tag (16)     at most 512 bytes, on the chain
//! info       = the order's address (32)                                       so it opens for that order only
//! aad        = empty
//! commitment = sha256(order secret ‖ profile)                                 on the chain
//! ```
//!
//! The seller commits to what it delivers before anybody has read it. The order secret keeps others from trying
//! profiles against the commitment. A buyer who decrypts anything other than the committed profile has the evidence
//! ([`Evidence`]): with the order's delivery key, anybody can decrypt the ciphertext on the chain and see the same.

use super::delivery_key::DeliveryKey;
use super::profile::{Profile, ProfileError};
use super::public_key::{Kem, is_usable_key};
use super::{DELIVERY_KEY_BYTES, MAX_CIPHERTEXT, MIN_CIPHERTEXT, ORDER_SECRET_BYTES};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::{Deserializable, HpkeError, OpModeR, OpModeS, Serializable};
use rand::rngs::{StdRng, SysError, SysRng};
use rand::{CryptoRng, SeedableRng};
use solana_sha256_hasher::hashv;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// The secret at the start of a plaintext.
pub type OrderSecret = Zeroizing<[u8; ORDER_SECRET_BYTES]>;

/// The operating system provided no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system provides no randomness: {0}")]
pub struct NoRandomness(SysError);

/// A delivery, ready for the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The part that only the buyer can read: [`MIN_CIPHERTEXT`] to [`MAX_CIPHERTEXT`] bytes.
    pub ciphertext: Vec<u8>,
    /// The [`commitment`] to its contents.
    pub commitment: [u8; 32],
}

/// Why a profile cannot be encrypted to a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The order's key shares its secrets with everybody, or nobody has its secret.
    #[error(
        "the order's encryption key is not a usable X25519 key: nothing can be delivered to it"
    )]
    Key,
    /// The cipher refused. It has no reason to, with one message of this length.
    #[error("encryption failed: {0}")]
    Cipher(HpkeError),
}

/// A decrypted delivery. It fits its commitment, unless it is in [`Evidence`].
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The bytes delivered: a profile, if the seller was honest.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The order's secret.
    pub secret: OrderSecret,
}

/// Why a delivery cannot be read, or breaks the commitment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Shorter than any delivery.
    #[error(
        "the delivery has {0} bytes, but every delivery has at least {MIN_CIPHERTEXT}: it is cut short"
    )]
    TooShort(usize),
    /// Longer than any delivery.
    #[error("the delivery has {0} bytes, but no delivery has more than {MAX_CIPHERTEXT}")]
    TooLong(usize),
    /// This key cannot decrypt it for this order.
    #[error(
        "the delivery cannot be decrypted: it is damaged, or made for another order or another key"
    )]
    CannotDecrypt,
    /// It can be read, but the seller committed to other bytes.
    #[error(
        "the seller did not deliver what it committed to: \
         the delivery's hash is {}, the commitment {}", hex::encode(.0.delivered), hex::encode(.0.committed)
    )]
    CommitmentMismatch(Box<Evidence>),
}

/// The buyer's evidence in a dispute over a delivery that breaks its commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The delivery.
    pub opened: Opened,
    /// Its hash, computed by [`commitment`].
    pub delivered: [u8; 32],
    /// The commitment on the chain.
    pub committed: [u8; 32],
}

/// A generator of random numbers, seeded by the operating system.
///
/// # Errors
///
/// [`NoRandomness`], early in a machine's boot.
pub fn rng() -> Result<StdRng, NoRandomness> {
    StdRng::try_from_rng(&mut SysRng).map_err(NoRandomness)
}

/// A seller's commitment: `sha256(order secret ‖ profile)`.
pub fn commitment(secret: &[u8; ORDER_SECRET_BYTES], profile: &[u8]) -> [u8; 32] {
    hashv(&[secret, profile]).to_bytes()
}

/// Encrypts a profile to the buyer of an order.
///
/// `recipient` is the order's encryption key, and `order` its address. Each call makes a different ciphertext and
/// commitment.
///
/// # Errors
///
/// [`SealError::Key`] for a key that [`is_usable_key`] refuses.
pub fn seal(
    recipient: &[u8; 32],
    order: &[u8; 32],
    profile: &Profile,
    rng: &mut impl CryptoRng,
) -> Result<Sealed, SealError> {
    let mut secret = OrderSecret::default();
    rng.fill_bytes(secret.as_mut_slice());
    let profile = profile.to_bytes();
    let plaintext = Zeroizing::new([secret.as_slice(), &profile].concat());
    Ok(Sealed {
        ciphertext: encrypt(recipient, order, b"", &plaintext, rng)?,
        commitment: commitment(&secret, &profile),
    })
}

/// Decrypts the delivery of an order, and compares it with the seller's commitment.
///
/// `order` is the order's address; `ciphertext` and `commitment` are those of its delivery.
///
/// # Errors
///
/// [`OpenError`]; [`OpenError::CommitmentMismatch`] contains the decrypted delivery all the same.
pub fn open(
    key: &DeliveryKey,
    order: &[u8; 32],
    ciphertext: &[u8],
    commitment: &[u8; 32],
) -> Result<Opened, OpenError> {
    match ciphertext.len() {
        length if length < MIN_CIPHERTEXT => return Err(OpenError::TooShort(length)),
        length if length > MAX_CIPHERTEXT => return Err(OpenError::TooLong(length)),
        _ => {}
    }
    let plaintext = decrypt(key, order, b"", ciphertext).ok_or(OpenError::CannotDecrypt)?;
    let (secret, bytes) = plaintext
        .split_first_chunk::<ORDER_SECRET_BYTES>()
        .ok_or(OpenError::CannotDecrypt)?;
    let opened = Opened {
        bytes: Zeroizing::new(bytes.to_vec()),
        secret: Zeroizing::new(*secret),
    };
    let delivered = self::commitment(secret, bytes);
    if delivered != *commitment {
        return Err(OpenError::CommitmentMismatch(Box::new(Evidence {
            opened,
            delivered,
            committed: *commitment,
        })));
    }
    Ok(opened)
}

impl Opened {
    /// The delivered profile.
    ///
    /// # Errors
    ///
    /// [`ProfileError`]: the bytes delivered and committed to are not a profile.
    pub fn profile(&self) -> Result<Profile, ProfileError> {
        Profile::parse(&self.bytes)
    }
}

/// `SealBase` of RFC 9180 §6.1: the ephemeral key, then the ciphertext with its tag.
fn encrypt(
    recipient: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    if !is_usable_key(recipient) {
        return Err(SealError::Key);
    }
    let recipient =
        <Kem as hpke::Kem>::PublicKey::from_bytes(recipient).map_err(SealError::Cipher)?;
    let (ephemeral, ciphertext) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, Kem>(
        &OpModeS::Base,
        &recipient,
        info,
        plaintext,
        aad,
        rng,
    )
    .map_err(SealError::Cipher)?;
    Ok([ephemeral.to_bytes().as_slice(), &ciphertext].concat())
}

/// `OpenBase` of RFC 9180 §6.1, for the output of [`encrypt`].
fn decrypt(
    key: &DeliveryKey,
    info: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (ephemeral, ciphertext) = ciphertext.split_at_checked(DELIVERY_KEY_BYTES)?;
    let ephemeral = <Kem as hpke::Kem>::EncappedKey::from_bytes(ephemeral).ok()?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, Kem>(
        &OpModeR::Base,
        key.secret(),
        &ephemeral,
        info,
        ciphertext,
        aad,
    )
    .ok()
    .map(Zeroizing::new)
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("delivered", &hex::encode(self.delivered))
            .field("committed", &hex::encode(self.committed))
            .finish_non_exhaustive()
    }
}

/// The test vector of RFC 9180 for this suite.
#[cfg(test)]
pub(super) mod vector {
    use rand::{TryCryptoRng, TryRng};
    use serde::Deserialize;
    use std::convert::Infallible;

    /// The fields in use, under the names of the draft's file.
    #[derive(Deserialize)]
    pub struct Vector {
        #[serde(with = "hex")]
        pub info: Vec<u8>,
        #[serde(rename = "ikmR", with = "hex")]
        pub recipient_ikm: [u8; 32],
        #[serde(rename = "skRm", with = "hex")]
        pub recipient_secret: [u8; 32],
        #[serde(rename = "pkRm", with = "hex")]
        pub recipient_public: [u8; 32],
        #[serde(rename = "ikmE", with = "hex")]
        pub ephemeral_ikm: [u8; 32],
        #[serde(rename = "enc", with = "hex")]
        pub ephemeral_public: [u8; 32],
        pub encryptions: Vec<Encryption>,
        pub mode: u8,
        pub kem_id: u16,
        pub kdf_id: u16,
        pub aead_id: u16,
    }

    /// A message under the vector's keys.
    #[derive(Deserialize)]
    pub struct Encryption {
        #[serde(with = "hex")]
        pub aad: Vec<u8>,
        #[serde(rename = "pt", with = "hex")]
        pub plaintext: Vec<u8>,
        #[serde(rename = "ct", with = "hex")]
        pub ciphertext: Vec<u8>,
    }

    impl Vector {
        /// As published.
        pub fn published() -> Self {
            serde_json::from_str(include_str!("hpke-vector.json")).unwrap()
        }
    }

    /// Gives the bytes that the vector was made with, once.
    pub struct Given<'a>(pub &'a [u8]);

    impl TryRng for Given<'_> {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            not_drawn()
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            not_drawn()
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            let (given, rest) = self.0.split_at(bytes.len());
            bytes.copy_from_slice(given);
            self.0 = rest;
            Ok(())
        }
    }

    impl TryCryptoRng for Given<'_> {}

    fn not_drawn() -> ! {
        panic!("keys are drawn as bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::super::lpa::LpaError;
    use super::super::{CIPHERTEXT_OVERHEAD, MAX_PROFILE_BYTES};
    use super::vector::{Given, Vector};
    use super::*;
    use proptest::prelude::*;

    const LPA: &[u8] = b"LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815";

    fn seeded(seed: u64) -> StdRng {
        StdRng::seed_from_u64(seed)
    }

    fn profile(bytes: &[u8]) -> Profile {
        Profile::parse(bytes).unwrap()
    }

    /// A profile that takes this many bytes.
    fn profile_of(length: usize) -> Profile {
        let profile = if length <= 255 {
            profile(format!("LPA:1$a.bc${}", "X".repeat(length - 11)).as_bytes())
        } else {
            let code = format!("LPA:1$a.bc${}", "X".repeat(200));
            let rest = format!(r#"{{"lpa":"{code}","notes":""}}"#).len();
            let notes = "n".repeat(length - rest);
            profile(format!(r#"{{"lpa":"{code}","notes":"{notes}"}}"#).as_bytes())
        };
        assert_eq!(profile.to_bytes().len(), length);
        profile
    }

    /// The delivery of a seller who hashes or encrypts other bytes.
    fn sealed_bytes(recipient: &[u8; 32], order: &[u8; 32], plaintext: &[u8]) -> Vec<u8> {
        encrypt(recipient, order, b"", plaintext, &mut seeded(7)).unwrap()
    }

    #[test]
    fn the_vector_of_rfc_9180() {
        let vector = Vector::published();
        let suite = (vector.mode, vector.kem_id, vector.kdf_id, vector.aead_id);
        assert_eq!(suite, (0, 0x0020, 0x0001, 0x0002));
        let [message] = vector.encryptions.as_slice() else {
            panic!("one message, as a delivery has")
        };
        let ciphertext = [&vector.ephemeral_public[..], &message.ciphertext].concat();

        let key = DeliveryKey::from_secret(&vector.recipient_secret).unwrap();
        let opened = decrypt(&key, &vector.info, &message.aad, &ciphertext).unwrap();
        assert_eq!(opened.as_slice(), message.plaintext);
        assert_eq!(message.plaintext, b"Beauty is truth, truth beauty");

        let sealed = encrypt(
            &vector.recipient_public,
            &vector.info,
            &message.aad,
            &message.plaintext,
            &mut Given(&vector.ephemeral_ikm),
        )
        .unwrap();
        assert_eq!(hex::encode(sealed), hex::encode(ciphertext));
    }

    #[test]
    fn the_layout() {
        let key = DeliveryKey::generate(&mut seeded(1));
        let vector = Vector::published();
        let drawn = [[0x5a; 32], vector.ephemeral_ikm].concat();
        let profile = profile(LPA);
        let sealed = seal(key.public(), &[9; 32], &profile, &mut Given(&drawn)).unwrap();
        assert_eq!(sealed.ciphertext.len(), LPA.len() + CIPHERTEXT_OVERHEAD);
        assert_eq!(sealed.ciphertext[..32], vector.ephemeral_public);
        let expected = hashv(&[&[[0x5a; 32].as_slice(), LPA].concat()]).to_bytes();
        assert_eq!(sealed.commitment, expected);

        let opened = open(&key, &[9; 32], &sealed.ciphertext, &sealed.commitment).unwrap();
        assert_eq!(opened.bytes.as_slice(), LPA);
        assert_eq!(*opened.secret, [0x5a; 32]);
        assert_eq!(opened.profile(), Ok(profile));
        assert_eq!(format!("{opened:?}"), "Opened { .. }");
    }

    #[test]
    fn lengths() {
        let key = DeliveryKey::generate(&mut seeded(1));
        let sealed = seal(
            key.public(),
            &[1; 32],
            &profile_of(MAX_PROFILE_BYTES),
            &mut seeded(2),
        )
        .unwrap();
        assert_eq!(sealed.ciphertext.len(), MAX_CIPHERTEXT);
        assert!(open(&key, &[1; 32], &sealed.ciphertext, &sealed.commitment).is_ok());
        for length in 0..MIN_CIPHERTEXT {
            assert_eq!(
                open(
                    &key,
                    &[1; 32],
                    &sealed.ciphertext[..length],
                    &sealed.commitment
                ),
                Err(OpenError::TooShort(length))
            );
        }
        for length in MIN_CIPHERTEXT..MAX_CIPHERTEXT {
            assert_eq!(
                open(
                    &key,
                    &[1; 32],
                    &sealed.ciphertext[..length],
                    &sealed.commitment
                ),
                Err(OpenError::CannotDecrypt)
            );
        }
        let longer = [sealed.ciphertext.as_slice(), &[0]].concat();
        assert_eq!(
            open(&key, &[1; 32], &longer, &sealed.commitment),
            Err(OpenError::TooLong(MAX_CIPHERTEXT + 1))
        );
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let key = DeliveryKey::generate(&mut seeded(1));
        let sealed = seal(key.public(), &[1; 32], &profile(LPA), &mut seeded(2)).unwrap();
        for at in 0..sealed.ciphertext.len() {
            for change in [1, 0x80, 0xff] {
                let mut changed = sealed.ciphertext.clone();
                changed[at] ^= change;
                assert_eq!(
                    open(&key, &[1; 32], &changed, &sealed.commitment),
                    Err(OpenError::CannotDecrypt),
                    "byte {at} by {change}"
                );
            }
        }
        // An ephemeral key that shares zeros with everybody.
        let mut changed = sealed.ciphertext;
        changed[..32].fill(0);
        assert_eq!(
            open(&key, &[1; 32], &changed, &sealed.commitment),
            Err(OpenError::CannotDecrypt)
        );
    }

    #[test]
    fn another_order_or_key_does_not_open_it() {
        let key = DeliveryKey::generate(&mut seeded(1));
        let sealed = seal(key.public(), &[1; 32], &profile(LPA), &mut seeded(2)).unwrap();
        let other = DeliveryKey::generate(&mut seeded(3));
        for (key, order) in [(&key, [2; 32]), (&other, [1; 32])] {
            assert_eq!(
                open(key, &order, &sealed.ciphertext, &sealed.commitment),
                Err(OpenError::CannotDecrypt)
            );
        }
    }

    #[test]
    fn a_broken_commitment_is_evidence() {
        let key = DeliveryKey::generate(&mut seeded(1));
        let honest = seal(key.public(), &[1; 32], &profile(LPA), &mut seeded(2)).unwrap();
        let mut wrong = honest.commitment;
        wrong[31] ^= 1;
        let Err(OpenError::CommitmentMismatch(evidence)) =
            open(&key, &[1; 32], &honest.ciphertext, &wrong)
        else {
            panic!("the commitment is another one")
        };
        assert_eq!(evidence.opened.bytes.as_slice(), LPA);
        assert_eq!(evidence.delivered, honest.commitment);
        assert_eq!(evidence.committed, wrong);
        assert_eq!(
            commitment(&evidence.opened.secret, &evidence.opened.bytes),
            evidence.delivered
        );
        let words = OpenError::CommitmentMismatch(evidence.clone()).to_string();
        assert!(
            words.contains(&hex::encode(wrong)) && words.contains(&hex::encode(evidence.delivered))
        );
        assert!(!format!("{evidence:?}").contains("LPA"));
    }

    #[test]
    fn deliveries_of_a_dishonest_seller() {
        let key = DeliveryKey::generate(&mut seeded(1));
        // Committed to, but not a profile.
        let plaintext = [[3; 32].as_slice(), b"sorry"].concat();
        let ciphertext = sealed_bytes(key.public(), &[1; 32], &plaintext);
        let opened = open(&key, &[1; 32], &ciphertext, &commitment(&[3; 32], b"sorry")).unwrap();
        assert_eq!(
            opened.profile(),
            Err(ProfileError::ActivationCode(LpaError::Prefix))
        );
        // With additional authenticated data, which no delivery has.
        let ciphertext = encrypt(key.public(), &[1; 32], b"x", &plaintext, &mut seeded(7)).unwrap();
        assert_eq!(
            open(&key, &[1; 32], &ciphertext, &[0; 32]),
            Err(OpenError::CannotDecrypt)
        );
    }

    #[test]
    fn unusable_keys() {
        let mut one = [0; 32];
        one[0] = 1;
        let mut two_from_above = [0xff; 32];
        two_from_above[0] = 0xef;
        two_from_above[31] = 0x7f;
        for key in [[0; 32], one, two_from_above, [0xff; 32]] {
            assert_eq!(
                seal(&key, &[1; 32], &profile(LPA), &mut seeded(2)),
                Err(SealError::Key)
            );
        }
    }

    #[test]
    fn the_systems_randomness_differs_each_time() {
        let key = DeliveryKey::generate(&mut rng().unwrap());
        let seal = || seal(key.public(), &[1; 32], &profile(LPA), &mut rng().unwrap()).unwrap();
        let (first, second) = (seal(), seal());
        assert_ne!(first.commitment, second.commitment);
        assert_ne!(first.ciphertext[..32], second.ciphertext[..32]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn there_and_back(length in 13usize..=MAX_PROFILE_BYTES, order: [u8; 32], seed: u64) {
            let mut rng = seeded(seed);
            let key = DeliveryKey::generate(&mut rng);
            let profile = profile_of(length);
            let sealed = seal(key.public(), &order, &profile, &mut rng).unwrap();
            let opened = open(&key, &order, &sealed.ciphertext, &sealed.commitment).unwrap();
            prop_assert!(opened.profile() == Ok(profile));
        }

        #[test]
        fn any_bytes_end_in_a_result(
            ciphertext in proptest::collection::vec(any::<u8>(), 0..600), order: [u8; 32], committed: [u8; 32]
        ) {
            let key = DeliveryKey::generate(&mut seeded(1));
            prop_assert!(open(&key, &order, &ciphertext, &committed).is_err());
        }
    }
}
