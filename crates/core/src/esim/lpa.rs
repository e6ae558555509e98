//! Activation codes, which a phone scans or is given to fetch a profile.
//!
//! The format of GSMA SGP.22 §4.1, with `LPA:` before it in a QR code:
//!
//! ```text
//! LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1
//!     │ │                │                       │                 └ 1 if a confirmation code is required, or nothing
//!     │ │                │                       └ object identifier of the SM-DP+, or nothing
//!     │ │                └ matching id: the profile
//!     │ └ address of the SM-DP+, the server that has the profile
//!     └ version of the format
//! ```
//!
//! The holder of an activation code has the profile. The code is wiped from memory after use, and neither `Debug` nor
//! an error shows it.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The start of every activation code.
const PREFIX: &str = "LPA:1$";

/// Most characters of an activation code (SGP.22 §4.1).
pub const MAX_CHARS: usize = 255;

/// Most characters of a host name, and of a part of it between points (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

/// A well-formed activation code.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ActivationCode {
    smdp_address: String,
    matching_id: String,
    smdp_oid: Option<String>,
    confirmation_code_required: bool,
}

/// Why a text is not an activation code. Places are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LpaError {
    /// It does not start like one.
    #[error(
        "an activation code starts with \"LPA:1$\"; an SM-DP+ address alone is not one: it needs a matching id"
    )]
    Prefix,
    /// More characters than a phone has to read.
    #[error("an activation code has at most {MAX_CHARS} characters, but this one has {0}")]
    TooLong(usize),
    /// There is no `$` after the address.
    #[error("the matching id is missing: LPA:1$address$matching id")]
    NoMatchingId,
    /// A fifth part, or an empty one at the end.
    #[error(
        "too many \"$\": after the matching id come at most an OID and a 1, and the end must not be empty"
    )]
    TooManyParts,
    /// The address is not a host name.
    #[error("the SM-DP+ address is not a full host name such as smdp.example.com: {0}")]
    Address(&'static str),
    /// A character that no matching id has.
    #[error(
        "character {place} of the matching id is {}: it has only A to Z, 0 to 9 and -, in capitals",
        Shown(*.character)
    )]
    MatchingId {
        /// Its place in the matching id.
        place: usize,
        /// The character.
        character: char,
    },
    /// The object identifier is not numbers separated by points.
    #[error("the OID is not numbers separated by points, such as 1.3.6.1.4.1.31746")]
    Oid,
    /// Anything other than `1`.
    #[error(
        "the last part says that a confirmation code is required: it must be 1, or be left out with its \"$\""
    )]
    Flag,
}

/// A character in a message; invisible ones are shown by number.
struct Shown(char);

impl ActivationCode {
    /// An activation code made of its parts, without an OID.
    ///
    /// # Errors
    ///
    /// [`LpaError`] says which part is wrong.
    pub fn new(
        smdp_address: &str,
        matching_id: &str,
        confirmation_code_required: bool,
    ) -> Result<Self, LpaError> {
        Self {
            smdp_address: smdp_address.to_owned(),
            matching_id: matching_id.to_owned(),
            smdp_oid: None,
            confirmation_code_required,
        }
        .checked()
    }

    /// Returns itself if each part is well-formed and the whole is not too long.
    fn checked(self) -> Result<Self, LpaError> {
        check_host(&self.smdp_address).map_err(LpaError::Address)?;
        let wrong = (1..)
            .zip(self.matching_id.chars())
            .find(|(_, c)| !matches!(c, 'A'..='Z' | '0'..='9' | '-'));
        if let Some((place, character)) = wrong {
            return Err(LpaError::MatchingId { place, character });
        }
        if self.smdp_oid.as_ref().is_some_and(|oid| !is_oid(oid)) {
            return Err(LpaError::Oid);
        }
        match Zeroizing::new(self.to_string()).len() {
            length if length > MAX_CHARS => Err(LpaError::TooLong(length)),
            _ => Ok(self),
        }
    }

    /// The host name of the server that has the profile, as given.
    pub fn smdp_address(&self) -> &str {
        &self.smdp_address
    }

    /// The profile's id on the server. Can be empty, for a profile that waits for a certain device.
    pub fn matching_id(&self) -> &str {
        &self.matching_id
    }

    /// The server's object identifier.
    pub fn smdp_oid(&self) -> Option<&str> {
        self.smdp_oid.as_deref()
    }

    /// Whether the phone will ask for a confirmation code.
    pub fn confirmation_code_required(&self) -> bool {
        self.confirmation_code_required
    }
}

impl FromStr for ActivationCode {
    type Err = LpaError;

    /// Reads an activation code. [`fmt::Display`] gives back the same text.
    ///
    /// # Errors
    ///
    /// [`LpaError`] says which part is wrong.
    fn from_str(text: &str) -> Result<Self, LpaError> {
        let parts = text.strip_prefix(PREFIX).ok_or(LpaError::Prefix)?;
        let mut parts = parts.split('$');
        let address = parts.next().unwrap_or_default();
        let matching_id = parts.next().ok_or(LpaError::NoMatchingId)?;
        let (oid, flag) = (parts.next(), parts.next());
        if parts.next().is_some() || flag == Some("") || (oid == Some("") && flag.is_none()) {
            return Err(LpaError::TooManyParts);
        }
        if flag.is_some_and(|flag| flag != "1") {
            return Err(LpaError::Flag);
        }
        Self {
            smdp_address: address.to_owned(),
            matching_id: matching_id.to_owned(),
            smdp_oid: oid.filter(|oid| !oid.is_empty()).map(ToOwned::to_owned),
            confirmation_code_required: flag.is_some(),
        }
        .checked()
    }
}

impl fmt::Display for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}${}", self.smdp_address, self.matching_id)?;
        match (&self.smdp_oid, self.confirmation_code_required) {
            (None, false) => Ok(()),
            (Some(oid), false) => write!(f, "${oid}"),
            (oid, true) => write!(f, "${}$1", oid.as_deref().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivationCode").finish_non_exhaustive()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ' ' => f.write_str("a space"),
            c if c.is_ascii_graphic() => write!(f, "\"{c}\""),
            c => write!(f, "U+{:04X}", u32::from(c)),
        }
    }
}

/// Whether this is a full host name (RFC 1123 §2.1); if not, why.
fn check_host(host: &str) -> Result<(), &'static str> {
    if host.is_empty() {
        return Err("it is empty");
    }
    if host.len() > MAX_HOST {
        return Err("it has more than 253 characters");
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if !host.bytes().all(allowed) {
        return Err("a host name has letters, digits, - and points only");
    }
    if host.split('.').any(str::is_empty) {
        return Err("it has nothing before, between or after its points");
    }
    if host.split('.').any(|label| label.len() > MAX_LABEL) {
        return Err("it has more than 63 characters between two points");
    }
    if host
        .split('.')
        .any(|label| label.starts_with('-') || label.ends_with('-'))
    {
        return Err("a part of it starts or ends with -");
    }
    match host.rsplit_once('.') {
        None => Err("it has no point"),
        Some((_, last)) if last.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err("an IP address is not a host name")
        }
        Some(_) => Ok(()),
    }
}

/// Whether this is an object identifier: two or more numbers without leading zeros, separated by points.
fn is_oid(text: &str) -> bool {
    let is_number = |number: &str| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && (number == "0" || !number.starts_with('0'))
    };
    text.contains('.') && text.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<ActivationCode, LpaError> {
        text.parse()
    }

    #[test]
    fn hosts_of_the_greatest_length() {
        let host = |length: usize| {
            let mut host = "a.".repeat(length);
            host.truncate(length - 1);
            host + "b"
        };
        for (length, fits) in [(252, true), (253, true), (254, false), (255, false)] {
            assert_eq!(host(length).len(), length);
            assert_eq!(check_host(&host(length)).is_ok(), fits, "{length}");
        }
    }

    #[test]
    fn the_examples_of_sgp_22() {
        // §4.1.1 of version 2.2.2, each with the prefix of a QR code.
        let id = "04386-AGYFT-A74Y8-3F815";
        let oid = "1.3.6.1.4.1.31746";
        for (text, matching_id, smdp_oid, required) in [
            (
                "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815",
                id,
                None,
                false,
            ),
            (
                "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815$$1",
                id,
                None,
                true,
            ),
            (
                "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
                id,
                Some(oid),
                true,
            ),
            (
                "LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746",
                id,
                Some(oid),
                false,
            ),
            (
                "LPA:1$SMDP.EXAMPLE.COM$$1.3.6.1.4.1.31746",
                "",
                Some(oid),
                false,
            ),
        ] {
            let code = parse(text).unwrap();
            assert_eq!(code.smdp_address(), "SMDP.EXAMPLE.COM");
            assert_eq!(code.matching_id(), matching_id);
            assert_eq!(code.smdp_oid(), smdp_oid);
            assert_eq!(code.confirmation_code_required(), required);
            assert_eq!(code.to_string(), text);
            assert_eq!(format!("{code:?}"), "ActivationCode { .. }");
        }
    }

    #[test]
    fn errors_name_the_place() {
        use LpaError::*;
        for text in [
            "",
            "LPA",
            "LPA:",
            "LPA:1",
            "1$a.bc$X",
            "lpa:1$a.bc$X",
            "LPA:2$a.bc$X",
            " LPA:1$a.bc$X",
            "smdp.example.com",
            "https://a.bc",
        ] {
            assert_eq!(parse(text), Err(Prefix), "{text}");
        }
        for (text, expected) in [
            ("LPA:1$a.bc", NoMatchingId),
            ("LPA:1$", NoMatchingId),
            ("LPA:1$a.bc$X$", TooManyParts),
            ("LPA:1$a.bc$X$$", TooManyParts),
            ("LPA:1$a.bc$X$1.2$", TooManyParts),
            ("LPA:1$a.bc$X$1.2$1$", TooManyParts),
            ("LPA:1$a.bc$X$1.2$1$1", TooManyParts),
            ("LPA:1$a.bc$X$1", Oid),
            ("LPA:1$a.bc$X$1.", Oid),
            ("LPA:1$a.bc$X$.1", Oid),
            ("LPA:1$a.bc$X$1..2", Oid),
            ("LPA:1$a.bc$X$1.02", Oid),
            ("LPA:1$a.bc$X$1.a", Oid),
            ("LPA:1$a.bc$X$$0", Flag),
            ("LPA:1$a.bc$X$$11", Flag),
            ("LPA:1$a.bc$X$$true", Flag),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
        for (id, place, character) in [
            ("ab", 1, 'a'),
            ("AB_C", 3, '_'),
            ("A B", 2, ' '),
            ("AB\n", 3, '\n'),
            ("ABÉ", 3, 'É'),
            (".", 1, '.'),
        ] {
            let error = parse(&format!("LPA:1$a.bc${id}")).unwrap_err();
            assert_eq!(error, MatchingId { place, character });
        }
        assert_eq!(
            parse("LPA:1$a.bc$Ab").unwrap_err().to_string(),
            "character 2 of the matching id is \"b\": it has only A to Z, 0 to 9 and -, in capitals"
        );
        assert!(
            parse("LPA:1$a.bc$A\u{a0}")
                .unwrap_err()
                .to_string()
                .starts_with("character 2 of the matching id is U+00A0:")
        );
    }

    #[test]
    fn made_of_its_parts() {
        for (required, text) in [(false, "LPA:1$a.bc$X-1"), (true, "LPA:1$a.bc$X-1$$1")] {
            let code = ActivationCode::new("a.bc", "X-1", required).unwrap();
            assert_eq!(code.to_string(), text);
            assert_eq!(parse(text), Ok(code));
        }
        // No part can smuggle another one in.
        for (address, id) in [("a.bc$Y", "X"), ("a.bc", "X$1.2"), ("a.bc", "X$$1")] {
            assert!(ActivationCode::new(address, id, false).is_err());
        }
    }

    #[test]
    fn addresses() {
        let long = format!("{}.com", "a".repeat(63));
        for host in ["a.b", "rsp.truphone.com", "A-1.EXAMPLE.org", "1.x", &long] {
            assert!(parse(&format!("LPA:1${host}$X")).is_ok(), "{host}");
        }
        let too_long = format!("{}.com", "a".repeat(64));
        for host in [
            "",
            "localhost",
            ".a.bc",
            "a.bc.",
            "a..bc",
            "-a.bc",
            "a-.bc",
            "a_b.com",
            "a.bc:443",
            "https://a.bc",
            "a.bc/x",
            "192.168.0.1",
            "smdp .com",
            "bücher.de",
            &too_long,
        ] {
            let error = parse(&format!("LPA:1${host}$X")).unwrap_err();
            assert!(matches!(error, LpaError::Address(_)), "{host}: {error}");
        }
    }

    #[test]
    fn the_longest() {
        let text = format!("LPA:1$a.bc${}", "X".repeat(255 - 11));
        assert_eq!(parse(&text).unwrap().to_string(), text);
        assert_eq!(parse(&(text + "X")), Err(LpaError::TooLong(256)));
        let host = "a.".repeat(124) + "bc";
        assert_eq!(
            parse(&format!("LPA:1${host}$X")),
            Err(LpaError::TooLong(258))
        );
        assert!(check_host(&host).is_ok());
        assert!(check_host(&("a.".repeat(127) + "bc")).is_err());
    }

    proptest! {
        #[test]
        fn there_and_back(
            host in "[a-zA-Z0-9]{1,20}(\\.[a-z][a-z0-9-]{0,18}[a-z0-9]){1,3}",
            id in "[A-Z0-9-]{0,60}",
            oid in proptest::option::of("[1-2](\\.(0|[1-9][0-9]{0,5})){1,8}"),
            required: bool
        ) {
            let tail = match (&oid, required) {
                (None, false) => String::new(),
                (Some(oid), false) => format!("${oid}"),
                (None, true) => "$$1".to_owned(),
                (Some(oid), true) => format!("${oid}$1"),
            };
            let text = format!("LPA:1${host}${id}{tail}");
            let code = parse(&text).unwrap();
            prop_assert_eq!(code.to_string(), text);
            prop_assert_eq!(code.smdp_address(), host);
            prop_assert_eq!(code.matching_id(), id);
            prop_assert_eq!(code.smdp_oid(), oid.as_deref());
            prop_assert_eq!(code.confirmation_code_required(), required);
        }

        #[test]
        fn codes_are_written_as_they_were_read(text in "(LPA:1\\$)?[a-zA-Z0-9.$ -]{0,40}") {
            if let Ok(code) = parse(&text) {
                prop_assert_eq!(code.to_string(), text);
            }
        }

        #[test]
        fn any_text_ends_in_a_result(text in ".{0,300}") {
            let _ = parse(&text);
            let _ = parse(&format!("LPA:1${text}"));
        }
    }
}
