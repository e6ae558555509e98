//! Vouchers: what a home network's signer promises for a period before it is stated, and the instruction by which the
//! runtime checks the signature.

use roaming_escrow::state::Side;
use serde::{Deserialize, Serialize};
use solana_ed25519_program::new_ed25519_instruction_with_signature;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::Signer;
use wayfare_core::roaming::voucher::{self, VOUCHER_BYTES};

use super::address::PROGRAM;
use crate::error::InputError;

/// What a voucher is about. `cumulative` are base units, and all that the period's vouchers are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub agreement: Pubkey,
    /// Who pays.
    pub home: Side,
    /// 0 is the first.
    pub period: u32,
    pub cumulative: u64,
}

/// A voucher with its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedVoucher {
    pub voucher: Voucher,
    /// The home operator's voucher signer.
    pub signer: Pubkey,
    pub signature: Signature,
}

/// The `format` of a voucher's file.
const FORMAT: &str = "wayfare-voucher";
/// Its `version`.
const VERSION: u32 = 1;

/// A voucher's file: JSON, keys and signature in base58, the amount as text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    agreement: String,
    /// `first` or `second`.
    home: String,
    period: u32,
    cumulative: String,
    signer: String,
    signature: String,
}

impl Voucher {
    /// What is signed.
    pub fn message(&self) -> [u8; VOUCHER_BYTES] {
        voucher::message(
            PROGRAM.as_array(),
            self.agreement.as_array(),
            self.home.byte(),
            self.period,
            self.cumulative,
        )
    }

    /// Signs it.
    ///
    /// # Errors
    ///
    /// [`InputError::Signing`] when the key's holder does not.
    pub fn sign(self, signer: &dyn Signer) -> Result<SignedVoucher, InputError> {
        let key = signer.pubkey();
        let signature =
            signer
                .try_sign_message(&self.message())
                .map_err(|error| InputError::Signing {
                    signer: key,
                    reason: error.to_string(),
                })?;
        Ok(SignedVoucher {
            voucher: self,
            signer: key,
            signature,
        })
    }
}

impl SignedVoucher {
    /// Whether the signature is the signer's, over this voucher.
    pub fn is_genuine(&self) -> bool {
        self.signature
            .verify(self.signer.as_ref(), &self.voucher.message())
    }

    /// The verification that must stand just before the redemption: the layout of `solana-ed25519-program`, which is the one
    /// that the program takes.
    pub fn verification(&self) -> Instruction {
        new_ed25519_instruction_with_signature(
            &self.voucher.message(),
            self.signature.as_array(),
            self.signer.as_array(),
        )
    }

    /// The file, for whom the voucher is given to.
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            agreement: self.voucher.agreement.to_string(),
            home: match self.voucher.home {
                Side::First => "first",
                Side::Second => "second",
            }
            .to_owned(),
            period: self.voucher.period,
            cumulative: self.voucher.cumulative.to_string(),
            signer: self.signer.to_string(),
            signature: self.signature.to_string(),
        };
        // Writing to memory cannot fail, and the file has neither maps nor floats.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Reads a file, and checks the signature.
    ///
    /// # Errors
    ///
    /// [`InputError::Other`] says what is wrong with it.
    pub fn parse(json: &[u8]) -> Result<Self, InputError> {
        let other = |text: String| InputError::Other(text);
        let file: File = serde_json::from_slice(json)
            .map_err(|error| other(format!("the file is no voucher: {error}")))?;
        if file.format != FORMAT || file.version != VERSION {
            return Err(other(format!(
                "the file is no voucher of version {VERSION}: its format is {:?}, its version {}",
                file.format, file.version
            )));
        }
        let wrong = |field: &str| other(format!("the voucher's {field} is none"));
        let signed = Self {
            voucher: Voucher {
                agreement: file.agreement.parse().map_err(|_| wrong("agreement"))?,
                home: match file.home.as_str() {
                    "first" => Side::First,
                    "second" => Side::Second,
                    _ => return Err(wrong("home network")),
                },
                period: file.period,
                cumulative: file
                    .cumulative
                    .parse()
                    .map_err(|_| wrong("cumulative amount"))?,
            },
            signer: file.signer.parse().map_err(|_| wrong("signer"))?,
            signature: file.signature.parse().map_err(|_| wrong("signature"))?,
        };
        if signed.is_genuine() {
            Ok(signed)
        } else {
            Err(other(format!(
                "the voucher is not signed by {}: do not count on it",
                signed.signer
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;

    fn signed() -> SignedVoucher {
        let voucher = Voucher {
            agreement: Pubkey::new_from_array([7; 32]),
            home: Side::Second,
            period: 3,
            cumulative: u64::MAX,
        };
        voucher.sign(&Keypair::new()).unwrap()
    }

    /// The program's own reader takes it, and finds key and message.
    #[test]
    fn the_verification_is_the_one_that_the_program_reads() {
        let signed = signed();
        let instruction = signed.verification();
        assert_eq!(instruction.program_id, solana_sdk_ids::ed25519_program::ID);
        let verified = wayfare_program::ed25519::parse(&instruction.data).unwrap();
        assert_eq!(verified.key, signed.signer.as_array());
        assert_eq!(verified.message, signed.voucher.message());
    }

    #[test]
    fn a_file_there_and_back_and_forged() {
        let signed = signed();
        let json = signed.to_json();
        assert_eq!(SignedVoucher::parse(json.as_bytes()).unwrap(), signed);
        for (from, to) in [
            ("\"second\"", "\"first\""),
            ("\"second\"", "\"third\""),
            ("\"period\": 3", "\"period\": 4"),
            ("18446744073709551615", "18446744073709551614"),
            ("18446744073709551615", "18446744073709551616"),
            ("\"version\": 1", "\"version\": 2"),
            ("wayfare-voucher", "wayfare-statement"),
            ("\"period\"", "\"extra\": 1, \"period\""),
        ] {
            assert!(json.contains(from), "{from}");
            let changed = json.replacen(from, to, 1);
            assert!(SignedVoucher::parse(changed.as_bytes()).is_err(), "{to}");
        }
    }
}
