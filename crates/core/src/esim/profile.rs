//! A profile, as the seller holds it and the buyer receives it.
//!
//! It is given as an activation code alone, or as a JSON object:
//!
//! ```json
//! {"lpa": "LPA:1$smdp.example.com$04386-AGYFT", "iccid": "8944500102198304826", "apn": "internet"}
//! ```
//!
//! | field | holds |
//! |---|---|
//! | `lpa` | the [activation code](super::lpa), or instead: |
//! | `smdp_address`, `matching_id` | its two parts |
//! | `confirmation_code` | the code that the phone asks for, if the activation code requires one |
//! | `iccid` | the [profile's number](super::ids::Iccid) |
//! | `eid` | the only [chip](super::ids::Eid) that the profile is for, if there is one |
//! | `apn` | the access point name to be set by hand |
//! | `notes` | a line for the buyer |
//!
//! The delivery is as short as possible: the activation code if there is nothing else, or the object on one
//! line. All of it is secret between seller and buyer: it is wiped from memory, and `Debug` does not show it.

use super::MAX_PROFILE_BYTES;
use super::ids::{CheckDigit, Eid, EidError, Iccid, IccidError};
use super::lpa::{ActivationCode, LpaError};
use serde::{Deserialize, Serialize};
use solana_sha256_hasher::hashv;
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Most bytes of an access point name (3GPP TS 23.003 §9.1).
const MAX_APN_BYTES: usize = 100;

/// A profile that can be delivered.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Profile {
    activation_code: ActivationCode,
    confirmation_code: Option<String>,
    iccid: Option<Iccid>,
    eid: Option<Eid>,
    apn: Option<String>,
    notes: Option<String>,
}

/// Why something is not a profile. No message shows its codes or numbers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// Neither an activation code nor text that could be JSON.
    #[error("not text in UTF-8")]
    NotText,
    /// The object cannot be read, or has an unknown field.
    #[error("the JSON object cannot be read: {0}")]
    Json(String),
    /// There is no activation code.
    #[error("give \"lpa\", or both \"smdp_address\" and \"matching_id\"")]
    NoActivationCode,
    /// There are two.
    #[error("give \"lpa\" or \"smdp_address\" and \"matching_id\", not both")]
    TwoActivationCodes,
    /// The activation code is wrong.
    #[error(transparent)]
    ActivationCode(#[from] LpaError),
    /// The activation code names no profile.
    #[error("the activation code has no matching id, which tells one profile from another")]
    NoMatchingId,
    /// The phone will ask for a code that the buyer would not have.
    #[error(
        "the activation code requires a confirmation code: give \"confirmation_code\" in a JSON object or a column"
    )]
    NoConfirmationCode,
    /// The EID is wrong.
    #[error(transparent)]
    Eid(#[from] EidError),
    /// The ICCID is wrong.
    #[error(transparent)]
    Iccid(#[from] IccidError),
    /// A text is empty or cannot be shown on one line.
    #[error("\"{field}\" {reason}")]
    Text {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The plan is for pools of profiles.
    #[error("\"plan\" is allowed only in a pool of profiles")]
    Plan,
    /// Too long to be delivered.
    #[error(
        "the profile takes {0} bytes, but at most {MAX_PROFILE_BYTES} can be delivered: shorten the notes"
    )]
    TooLong(usize),
}

/// The fields of a profile in JSON and CSV, before they are checked.
#[derive(Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    lpa: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    smdp_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matching_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iccid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<String>,
}

impl Fields {
    /// Their names, as in columns.
    pub(super) const NAMES: [&'static str; 9] = [
        "lpa",
        "smdp_address",
        "matching_id",
        "confirmation_code",
        "iccid",
        "eid",
        "apn",
        "notes",
        "plan",
    ];

    /// The fields of an activation code alone.
    pub(super) fn of_code(lpa: String) -> Self {
        let mut fields = Self::default();
        fields.lpa = Some(lpa);
        fields
    }
}

impl Profile {
    /// Reads a profile: an activation code, or a JSON object. White space around it is ignored.
    ///
    /// # Errors
    ///
    /// [`ProfileError`] says what is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, ProfileError> {
        let text = std::str::from_utf8(text)
            .map_err(|_| ProfileError::NotText)?
            .trim();
        let fields = if text.starts_with('{') {
            serde_json::from_str(text).map_err(|e| ProfileError::Json(e.to_string()))?
        } else {
            Fields::of_code(text.to_owned())
        };
        if fields.plan.is_some() {
            return Err(ProfileError::Plan);
        }
        Self::from_fields(&fields)
    }

    /// Checks the fields of a profile.
    pub(super) fn from_fields(fields: &Fields) -> Result<Self, ProfileError> {
        let activation_code: ActivationCode =
            match (&fields.lpa, &fields.smdp_address, &fields.matching_id) {
                (Some(lpa), None, None) => lpa.parse()?,
                (None, Some(address), Some(id)) => {
                    ActivationCode::new(address, id, fields.confirmation_code.is_some())?
                }
                (Some(_), ..) => return Err(ProfileError::TwoActivationCodes),
                (None, ..) => return Err(ProfileError::NoActivationCode),
            };
        if activation_code.matching_id().is_empty() {
            return Err(ProfileError::NoMatchingId);
        }
        if activation_code.confirmation_code_required() && fields.confirmation_code.is_none() {
            return Err(ProfileError::NoConfirmationCode);
        }
        let profile = Self {
            activation_code,
            confirmation_code: line("confirmation_code", &fields.confirmation_code)?,
            iccid: fields.iccid.as_ref().map(|t| t.parse()).transpose()?,
            eid: fields.eid.as_ref().map(|t| t.parse()).transpose()?,
            apn: line("apn", &fields.apn)?,
            notes: line("notes", &fields.notes)?,
        };
        if profile
            .apn
            .as_ref()
            .is_some_and(|apn| apn.len() > MAX_APN_BYTES || apn.contains(char::is_whitespace))
        {
            return Err(ProfileError::Text {
                field: "apn",
                reason: "has at most 100 characters and no spaces",
            });
        }
        match profile.to_bytes().len() {
            length if length > MAX_PROFILE_BYTES => Err(ProfileError::TooLong(length)),
            _ => Ok(profile),
        }
    }

    /// The bytes to be delivered: one form for each profile, which [`Self::parse`] reads back.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut fields = Fields::of_code(self.activation_code.to_string());
        fields.confirmation_code = self.confirmation_code.clone();
        fields.iccid = self.iccid.as_ref().map(|iccid| iccid.as_str().to_owned());
        fields.eid = self.eid.as_ref().map(|eid| eid.as_str().to_owned());
        fields.apn = self.apn.clone();
        fields.notes = self.notes.clone();
        let is_code_alone = self.confirmation_code.is_none()
            && self.iccid.is_none()
            && self.eid.is_none()
            && self.apn.is_none()
            && self.notes.is_none();
        let bytes = match &fields.lpa {
            Some(lpa) if is_code_alone => lpa.clone().into_bytes(),
            // Never fails: the fields and their names are strings.
            _ => serde_json::to_vec(&fields).unwrap_or_default(),
        };
        Zeroizing::new(bytes)
    }

    /// Tells whether two profiles are the same, whatever else is known of each: SHA-256 of
    /// `LPA:1$address$matching id` with the address in lower case.
    ///
    /// For the seller's own books. Matching ids can be guessed from it, so it goes nowhere else.
    pub fn fingerprint(&self) -> [u8; 32] {
        let address = self.activation_code.smdp_address().to_ascii_lowercase();
        hashv(&[
            b"LPA:1$",
            address.as_bytes(),
            b"$",
            self.activation_code.matching_id().as_bytes(),
        ])
        .to_bytes()
    }

    /// The code that the phone scans.
    pub fn activation_code(&self) -> &ActivationCode {
        &self.activation_code
    }

    /// The code that the phone asks for.
    pub fn confirmation_code(&self) -> Option<&str> {
        self.confirmation_code.as_deref()
    }

    /// The profile's number.
    pub fn iccid(&self) -> Option<&Iccid> {
        self.iccid.as_ref()
    }

    /// Whether it has an ICCID with a check digit that does not fit: worth a warning.
    pub fn has_doubtful_iccid(&self) -> bool {
        self.iccid
            .as_ref()
            .is_some_and(|iccid| iccid.check_digit() == CheckDigit::DoesNotFit)
    }

    /// The chip that it is for.
    pub fn eid(&self) -> Option<&Eid> {
        self.eid.as_ref()
    }

    /// The access point name to be set by hand.
    pub fn apn(&self) -> Option<&str> {
        self.apn.as_deref()
    }

    /// The seller's line for the buyer.
    pub fn notes(&self) -> Option<&str> {
        self.notes.as_deref()
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}

/// A text that can be shown on one line. Control characters are refused: in a terminal they could hide or change
/// the text around them.
fn line(field: &'static str, text: &Option<String>) -> Result<Option<String>, ProfileError> {
    let wrong = |reason| Err(ProfileError::Text { field, reason });
    match text {
        Some(text) if text.trim().is_empty() => wrong("is empty: leave it out"),
        Some(text) if text.chars().any(char::is_control) => {
            wrong("has a line break or another control character")
        }
        text => Ok(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LPA: &str = "LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815";
    const EID: &str = "89049032123451234512345678901235";
    const ICCID: &str = "8944500102198304826";

    fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::parse(text.as_bytes())
    }

    fn bytes(profile: &Profile) -> String {
        String::from_utf8(profile.to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn an_activation_code_alone() {
        for text in [
            LPA.to_owned(),
            format!("\n {LPA}\r\n"),
            format!(r#"{{"lpa": "{LPA}"}}"#),
            format!(r#"{{"lpa": "{LPA}", "iccid": null}}"#),
            r#"{"smdp_address": "smdp.example.com", "matching_id": "04386-AGYFT-A74Y8-3F815"}"#
                .to_owned(),
        ] {
            let profile = parse(&text).unwrap();
            assert_eq!(bytes(&profile), LPA, "{text}");
            assert_eq!(profile.activation_code().to_string(), LPA);
            assert!(!profile.has_doubtful_iccid());
        }
    }

    #[test]
    fn every_field_of_a_profile() {
        let text = format!(
            r#"{{ "notes": "Zürich, \"5 GB\"", "apn": "internet.example", "eid": "{EID}",
                "iccid": "{ICCID}", "confirmation_code": "4711", "lpa": "{LPA}$$1" }}"#
        );
        let profile = parse(&text).unwrap();
        assert_eq!(
            bytes(&profile),
            format!(
                r#"{{"lpa":"{LPA}$$1","confirmation_code":"4711","iccid":"{ICCID}","eid":"{EID}","apn":"internet.example","notes":"Zürich, \"5 GB\""}}"#
            )
        );
        assert_eq!(profile.confirmation_code(), Some("4711"));
        assert_eq!(profile.iccid().unwrap().as_str(), ICCID);
        assert_eq!(profile.eid().unwrap().as_str(), EID);
        assert_eq!(profile.apn(), Some("internet.example"));
        assert_eq!(profile.notes(), Some("Zürich, \"5 GB\""));
        assert_eq!(Profile::parse(&profile.to_bytes()), Ok(profile.clone()));
        assert_eq!(format!("{profile:?}"), "Profile { .. }");

        let parts = r#"{"smdp_address": "a.bc", "matching_id": "X", "confirmation_code": "1"}"#;
        assert_eq!(
            parse(parts).unwrap().activation_code().to_string(),
            "LPA:1$a.bc$X$$1"
        );
        let doubtful = format!(r#"{{"lpa": "{LPA}", "iccid": "8944500102198304827"}}"#);
        assert!(parse(&doubtful).unwrap().has_doubtful_iccid());
    }

    #[test]
    fn errors_say_what_is_wrong() {
        use ProfileError::*;
        let text = |field, reason| Text { field, reason };
        for (fields, expected) in [
            (r#""iccid": "8944500102198304826""#, NoActivationCode),
            (r#""smdp_address": "a.bc""#, NoActivationCode),
            (r#""matching_id": "X""#, NoActivationCode),
            (
                r#""lpa": "LPA:1$a.bc$X", "matching_id": "X""#,
                TwoActivationCodes,
            ),
            (
                r#""lpa": "LPA:1$a.bc$X", "smdp_address": "a.bc", "matching_id": "X""#,
                TwoActivationCodes,
            ),
            // Airalo's orders have the address under this name.
            (
                r#""lpa": "lpa.airalo.com""#,
                ActivationCode(LpaError::Prefix),
            ),
            (r#""smdp_address": "a.bc", "matching_id": """#, NoMatchingId),
            (
                r#""smdp_address": "a.bc", "matching_id": "X$1.2""#,
                ActivationCode(LpaError::MatchingId {
                    place: 2,
                    character: '$',
                }),
            ),
            (r#""lpa": "LPA:1$a.bc$$1.2""#, NoMatchingId),
            (r#""lpa": "LPA:1$a.bc$X$$1""#, NoConfirmationCode),
            (
                r#""lpa": "LPA:1$a.bc$X", "eid": "89049032123451234512345678901236""#,
                Eid(EidError::CheckDigits),
            ),
            (
                r#""lpa": "LPA:1$a.bc$X", "iccid": "89""#,
                Iccid(IccidError::NotDigits),
            ),
            (
                r#""lpa": "LPA:1$a.bc$X", "notes": "  ""#,
                text("notes", "is empty: leave it out"),
            ),
            (
                "\"lpa\": \"LPA:1$a.bc$X\", \"notes\": \"a\\u001b[2Jb\"",
                text("notes", "has a line break or another control character"),
            ),
            (
                "\"lpa\": \"LPA:1$a.bc$X\", \"apn\": \"a\\nb\"",
                text("apn", "has a line break or another control character"),
            ),
            (
                r#""lpa": "LPA:1$a.bc$X", "apn": "a b""#,
                text("apn", "has at most 100 characters and no spaces"),
            ),
            (r#""lpa": "LPA:1$a.bc$X", "plan": "x""#, Plan),
        ] {
            assert_eq!(parse(&format!("{{{fields}}}")), Err(expected), "{fields}");
        }
        for text in [
            "{",
            "{}x",
            r#"{"lpa": 1}"#,
            r#"{"LPA": "x"}"#,
            r#"{"msisdn": "1"}"#,
        ] {
            assert!(matches!(parse(text), Err(Json(_))), "{text}");
        }
        assert_eq!(parse(""), Err(ActivationCode(LpaError::Prefix)));
        assert_eq!(Profile::parse(&[0xff, 0xfe]), Err(NotText));
    }

    #[test]
    fn an_access_point_name_of_the_greatest_length() {
        let with = |length: usize| {
            let apn = "a".repeat(length);
            parse(&format!(r#"{{"lpa": "{LPA}", "apn": "{apn}"}}"#))
        };
        assert_eq!(with(100).unwrap().apn().map(str::len), Some(100));
        assert!(with(101).is_err());
    }

    #[test]
    fn the_longest_that_can_be_delivered() {
        let with_notes = |length: usize| {
            parse(&format!(
                r#"{{"lpa":"{LPA}","notes":"{}"}}"#,
                "n".repeat(length)
            ))
        };
        let room = MAX_PROFILE_BYTES - with_notes(1).unwrap().to_bytes().len() + 1;
        assert_eq!(
            with_notes(room).unwrap().to_bytes().len(),
            MAX_PROFILE_BYTES
        );
        assert_eq!(
            with_notes(room + 1),
            Err(ProfileError::TooLong(MAX_PROFILE_BYTES + 1))
        );
        // The longest activation code alone always fits.
        let longest = format!("LPA:1$a.bc${}", "X".repeat(244));
        assert_eq!(parse(&longest).unwrap().to_bytes().len(), 255);
    }

    #[test]
    fn the_fingerprint_is_of_the_profile_only() {
        let same = [
            "LPA:1$smdp.example.com$X1".to_owned(),
            "LPA:1$SMDP.Example.com$X1".to_owned(),
            "LPA:1$smdp.example.com$X1$1.2.3".to_owned(),
            format!(r#"{{"lpa": "LPA:1$smdp.example.com$X1", "iccid": "{ICCID}"}}"#),
        ];
        let expected = hashv(&[b"LPA:1$smdp.example.com$X1"]).to_bytes();
        for text in same {
            assert_eq!(parse(&text).unwrap().fingerprint(), expected, "{text}");
        }
        for other in ["LPA:1$smdp.example.com$X2", "LPA:1$smdp.example.org$X1"] {
            assert_ne!(parse(other).unwrap().fingerprint(), expected);
        }
    }

    proptest! {
        #[test]
        fn there_and_back(
            id in "[A-Z0-9-]{1,40}", code in proptest::option::of("[!-~]{1,20}"),
            apn in proptest::option::of("[a-z.]{1,30}"), notes in proptest::option::of("[ -~éü€]{1,60}[a-z]")
        ) {
            let mut object = serde_json::Map::new();
            object.insert("lpa".into(), format!("LPA:1$a.bc${id}").into());
            for (name, value) in [("confirmation_code", code), ("apn", apn), ("notes", notes)] {
                if let Some(value) = value {
                    object.insert(name.into(), value.into());
                }
            }
            let profile = parse(&serde_json::to_string_pretty(&object).unwrap()).unwrap();
            let bytes = profile.to_bytes();
            let again = Profile::parse(&bytes).unwrap();
            prop_assert!(again == profile);
            prop_assert_eq!(again.to_bytes(), bytes);
        }

        #[test]
        fn any_bytes_end_in_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(profile) = Profile::parse(&bytes) {
                prop_assert!(profile.to_bytes().len() <= MAX_PROFILE_BYTES);
            }
        }
    }
}
