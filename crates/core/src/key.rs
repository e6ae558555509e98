//! Public keys as text: base58, as every Solana tool writes them.

use thiserror::Error;

/// The text is not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text has characters outside the base58 alphabet, or does not encode 32 bytes.
    #[error("not a base58 public key of 32 bytes")]
    NotAKey,
    /// Thirty-two zero bytes: the default key, which is the system program's address. It is what a
    /// forgotten field looks like, and tokens sent there are lost.
    #[error("the default key, 32 zero bytes, which belongs to nobody")]
    Default,
}

/// A public key in base58.
pub fn to_base58(key: &[u8; 32]) -> String {
    let mut text = [0; five8::BASE58_ENCODED_32_MAX_LEN];
    let length = usize::from(five8::encode_32(key, &mut text));
    text.iter()
        .take(length)
        .copied()
        .map(char::from)
        .collect::<String>()
}

/// Reads a public key from base58.
///
/// # Errors
///
/// [`KeyError`]; the default key is refused too.
pub fn from_base58(text: &[u8]) -> Result<[u8; 32], KeyError> {
    let mut key = [0; 32];
    five8::decode_32(text, &mut key).map_err(|_| KeyError::NotAKey)?;
    if key == [0; 32] {
        return Err(KeyError::Default);
    }
    Ok(key)
}

/// For `#[serde(with = "key::base58")]`: a key as base58 text.
pub(crate) mod base58 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(key: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::to_base58(key))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        super::from_base58(text.as_bytes()).map_err(|e| D::Error::custom(format!("{text}: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_keys() {
        // The associated token program, as in `pda`.
        let text = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
        assert_eq!(
            from_base58(text.as_bytes()),
            Ok(crate::pda::ASSOCIATED_TOKEN_PROGRAM)
        );
        assert_eq!(to_base58(&crate::pda::ASSOCIATED_TOKEN_PROGRAM), text);
        assert_eq!(to_base58(&[0; 32]), "1".repeat(32));
        assert_eq!(from_base58(&[b'1'; 32]), Err(KeyError::Default));
    }

    #[test]
    fn texts_that_are_not_keys() {
        for text in [
            "",
            "1",
            "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA",
            "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL1",
            "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8kn0",
            "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8kn ",
            "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFH",
            "é",
        ] {
            assert_eq!(
                from_base58(text.as_bytes()),
                Err(KeyError::NotAKey),
                "{text}"
            );
        }
        assert_eq!(from_base58(&[b'z'; 1_000]), Err(KeyError::NotAKey));
    }

    proptest! {
        #[test]
        fn there_and_back(key: [u8; 32], zeros in 0usize..32) {
            let mut key = key;
            key[..zeros].fill(0);
            prop_assume!(key != [0; 32]);
            prop_assert_eq!(from_base58(to_base58(&key).as_bytes()), Ok(key));
        }

        #[test]
        fn any_bytes_end_in_a_result(text in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(key) = from_base58(&text) {
                prop_assert_eq!(to_base58(&key).into_bytes(), text);
            }
        }
    }
}
