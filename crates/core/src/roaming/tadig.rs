//! TADIG codes: the five characters by which GSMA's documents name an operator's network (TD.13, TS.25).

/// Length of a TADIG code, in bytes.
pub const TADIG_LEN: usize = 5;

/// Whether these bytes are a TADIG code: each of `A`–`Z` or `0`–`9`. Lower case is not; [`Tadig::fold`] converts it.
pub fn is_valid(code: &[u8; TADIG_LEN]) -> bool {
    code.iter()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A valid TADIG code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tadig([u8; TADIG_LEN]);

impl Tadig {
    /// The code of these bytes. `None` if they are not a code, lower case included.
    pub fn new(code: [u8; TADIG_LEN]) -> Option<Self> {
        is_valid(&code).then_some(Self(code))
    }

    /// The bytes: a seed of the operator's address.
    pub fn as_bytes(&self) -> &[u8; TADIG_LEN] {
        &self.0
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // Never fails: the bytes are ASCII.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl core::fmt::Display for Tadig {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

impl core::fmt::Debug for Tadig {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "host")]
pub use text::{Folded, TadigError};

#[cfg(feature = "host")]
mod text {
    use super::{TADIG_LEN, Tadig};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
    use std::str::FromStr;
    use thiserror::Error;

    /// Why a text is not a TADIG code.
    #[derive(Clone, Debug, PartialEq, Eq, Error)]
    #[error("{0:?} is not a TADIG code: write five characters of A to Z and 0 to 9")]
    pub struct TadigError(
        /// The text given.
        pub String,
    );

    /// A code as it was written.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Folded {
        /// The code, in upper case.
        pub code: Tadig,
        /// Whether any of it was in lower case, which the reader must report.
        pub was_lower_case: bool,
    }

    impl Tadig {
        /// Reads a code, in upper or lower case.
        ///
        /// # Errors
        ///
        /// [`TadigError`]. Spaces are refused.
        pub fn fold(text: &str) -> Result<Folded, TadigError> {
            let refused = || TadigError(text.to_owned());
            let given: [u8; TADIG_LEN] = text.as_bytes().try_into().map_err(|_| refused())?;
            let folded = given.map(|byte| byte.to_ascii_uppercase());
            Ok(Folded {
                code: Self::new(folded).ok_or_else(refused)?,
                was_lower_case: folded != given,
            })
        }
    }

    /// Upper case only: [`Tadig::fold`] accepts lower case too.
    impl FromStr for Tadig {
        type Err = TadigError;

        fn from_str(text: &str) -> Result<Self, TadigError> {
            match Self::fold(text) {
                Ok(Folded {
                    code,
                    was_lower_case: false,
                }) => Ok(code),
                _ => Err(TadigError(text.to_owned())),
            }
        }
    }

    impl Serialize for Tadig {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }

    impl<'de> Deserialize<'de> for Tadig {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for code in [b"DEUD1", b"AAZOR", b"00000", b"ZZZZZ"] {
            assert!(is_valid(code));
            assert_eq!(Tadig::new(*code).unwrap().as_bytes(), code);
        }
        for code in [
            b"deud1", b"DEUd1", b"DEU-1", b"DEU 1", b"DEUD\0", b"@EUD1", b"DEUD:",
        ] {
            assert!(!is_valid(code));
            assert_eq!(Tadig::new(*code), None);
        }
    }

    #[test]
    fn every_byte_is_judged() {
        for byte in 0..=u8::MAX {
            for at in 0..TADIG_LEN {
                let mut code = *b"DEUD1";
                code[at] = byte;
                let allowed = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".contains(&byte);
                assert_eq!(is_valid(&code), allowed, "{byte} at {at}");
            }
        }
    }

    #[cfg(feature = "host")]
    #[test]
    fn lower_case_is_folded_and_reported() {
        let code = Tadig::new(*b"DEUD1").unwrap();
        for (text, was_lower_case) in [("DEUD1", false), ("deud1", true), ("DEUd1", true)] {
            assert_eq!(
                Tadig::fold(text),
                Ok(Folded {
                    code,
                    was_lower_case
                })
            );
        }
        assert_eq!("DEUD1".parse(), Ok(code));
        assert_eq!(
            "deud1".parse::<Tadig>(),
            Err(TadigError("deud1".to_owned()))
        );
        for text in ["", "DEUD", "DEUD12", " EUD1", "DEUÐ", "DEU.1"] {
            assert_eq!(
                Tadig::fold(text).unwrap_err().to_string(),
                format!(
                    "\"{text}\" is not a TADIG code: write five characters of A to Z and 0 to 9"
                )
            );
        }
        assert_eq!(format!("{code} {code:>7} {code:?}"), "DEUD1   DEUD1 DEUD1");
    }
}
