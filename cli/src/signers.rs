//! Who signs: key files, a seed phrase, standard input, a Ledger, or somebody who is not here.
//!
//! Sources are written as the Solana tools have them (`SignerSource` in solana-clap-utils 4.2). Key material is
//! never printed or logged, and the libraries' own keys clear their memory when dropped.

use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use bip39::Mnemonic;
use solana_derivation_path::DerivationPath;
use solana_keypair::seed_derivable::keypair_from_seed_and_derivation_path;
use solana_keypair::{Keypair, keypair_from_seed, read_keypair};
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::Signer;

use crate::error::Usage;

/// No key file is longer; a device or a pipe may never end.
const MAX_KEY_FILE: u64 = 64 * 1024;

/// Where a signature comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SignerSource {
    /// A file as `solana-keygen` writes it.
    File(PathBuf),
    /// The same, on standard input.
    Stdin,
    /// A seed phrase, asked for on the terminal. Without a path the key is the seed itself, as of old.
    Prompt(Option<PromptPath>),
    /// A hardware wallet, as a URL.
    Usb(String),
    /// Only the public key: whoever holds its key signs elsewhere.
    Pubkey(Pubkey),
}

/// Which key of a seed phrase, by `?key=ACCOUNT/CHANGE` or `?full-path=m/…`; else `m/44'/501'`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PromptPath(String);

impl FromStr for SignerSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err(
                "it is empty: give a key file, a public key, -, prompt: or usb://ledger".into(),
            );
        }
        match text {
            "-" | "stdin:" | "stdin://" => return Ok(Self::Stdin),
            "ASK" => return Ok(Self::Prompt(None)),
            _ => {}
        }
        if let Some(path) = text.strip_prefix("file:") {
            return Ok(Self::File(path.strip_prefix("//").unwrap_or(path).into()));
        }
        if text.starts_with("usb:") {
            return Ok(Self::Usb(text.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("prompt:") {
            let query = rest.strip_prefix("//").unwrap_or(rest);
            let query = match query {
                "" => "",
                _ => query.strip_prefix('?').ok_or_else(|| {
                    format!("{text:?}: only ?key=… or ?full-path=… may follow prompt:")
                })?,
            };
            derivation_path(query)?;
            return Ok(Self::Prompt(Some(PromptPath(query.to_owned()))));
        }
        Ok(match Pubkey::from_str(text) {
            Ok(key) => Self::Pubkey(key),
            Err(_) => Self::File(text.into()),
        })
    }
}

impl fmt::Display for SignerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
            Self::Prompt(None) => f.write_str("ASK"),
            Self::Prompt(Some(PromptPath(query))) => write!(f, "prompt:{query}"),
            Self::Usb(url) => f.write_str(url),
            Self::Pubkey(key) => key.fmt(f),
        }
    }
}

fn derivation_path(query: &str) -> Result<Option<DerivationPath>, String> {
    let wrong = |error| format!("{query:?} is not a derivation path: {error}");
    match query.split_once('=') {
        None if query.is_empty() => Ok(None),
        Some(("key", path)) => DerivationPath::from_key_str(path).map(Some).map_err(wrong),
        Some(("full-path", path)) => DerivationPath::from_absolute_path_str(path)
            .map(Some)
            .map_err(wrong),
        _ => Err(format!(
            "{query:?} is not a derivation path: use key=ACCOUNT/CHANGE or full-path=m/…"
        )),
    }
}

/// A signature made before, by somebody else: `PUBKEY=SIGNATURE`, as `--sign-only` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presigned {
    pub pubkey: Pubkey,
    pub signature: Signature,
}

impl FromStr for Presigned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (pubkey, signature) = text
            .split_once('=')
            .ok_or("write PUBKEY=SIGNATURE, as --sign-only prints it")?;
        Ok(Self {
            pubkey: pubkey
                .parse()
                .map_err(|_| format!("{pubkey:?} is not a public key"))?,
            signature: signature
                .parse()
                .map_err(|_| format!("{signature:?} is not a signature in base58"))?,
        })
    }
}

/// Somebody whose signature a transaction needs.
pub enum Party {
    /// Signs here.
    Present(Box<dyn Signer>),
    /// Signs elsewhere, or has signed already.
    Absent(Pubkey),
}

impl Party {
    /// Opens the source. `role` says in messages whose key it is.
    pub fn load(source: &SignerSource, role: &str) -> Result<Self> {
        let key: Box<dyn Signer> = match source {
            SignerSource::Pubkey(key) => return Ok(Self::Absent(*key)),
            SignerSource::File(path) => {
                Box::new(read_key_file(path).with_context(|| format!("cannot sign as {role}"))?)
            }
            SignerSource::Stdin => {
                let mut input = io::stdin().lock().take(MAX_KEY_FILE);
                Box::new(read_keypair(&mut input).map_err(|_| {
                    anyhow!("cannot sign as {role}: standard input is not a key file as `solana-keygen` writes it")
                })?)
            }
            SignerSource::Prompt(path) => Box::new(ask_for_key(path.as_ref(), role)?),
            SignerSource::Usb(url) => ledger(url, role)?,
        };
        Ok(Self::Present(key))
    }

    pub fn pubkey(&self) -> Pubkey {
        match self {
            Self::Present(key) => key.pubkey(),
            Self::Absent(key) => *key,
        }
    }
}

/// Reads a key file as `solana-keygen` writes it: a JSON array of 64 numbers.
pub fn read_key_file(path: &Path) -> Result<Keypair> {
    let file = File::open(path).with_context(|| {
        format!(
            "cannot open the key file {}: create one with `wayfare keygen {0}`, or name another",
            path.display()
        )
    })?;
    // What the file holds may be a secret in another format: no part of it may reach the message.
    read_keypair(&mut file.take(MAX_KEY_FILE)).map_err(|_| {
        anyhow!(
            "{} is not a key file: it must hold the JSON array of 64 numbers that `solana-keygen` writes",
            path.display()
        )
    })
}

fn ask_for_key(path: Option<&PromptPath>, role: &str) -> Result<Keypair> {
    if !io::stdin().is_terminal() {
        bail!(Usage(format!(
            "cannot ask for the seed phrase of {role}: standard input is not a terminal"
        )));
    }
    let phrase = rpassword::prompt_password(format!("[{role}] seed phrase: "))?;
    let words: Vec<&str> = phrase.split_whitespace().collect();
    let mnemonic = Mnemonic::parse(words.join(" ")).map_err(|_| {
        anyhow!("that is not a BIP-39 seed phrase: check its words and their order")
    })?;
    let passphrase =
        rpassword::prompt_password(format!("[{role}] passphrase, or Enter for none: "))?;
    key_of_seed(&mnemonic.to_seed(passphrase), path)
}

fn key_of_seed(seed: &[u8], path: Option<&PromptPath>) -> Result<Keypair> {
    match path {
        None => keypair_from_seed(seed),
        Some(PromptPath(query)) => keypair_from_seed_and_derivation_path(
            seed,
            derivation_path(query).map_err(|error| anyhow!(error))?,
        ),
    }
    .map_err(|error| anyhow!("cannot derive a key: {error}"))
}

/// Opens a hardware wallet. `?key=ACCOUNT/CHANGE` chooses one of its keys.
#[cfg(feature = "ledger")]
fn ledger(url: &str, role: &str) -> Result<Box<dyn Signer>> {
    use solana_remote_wallet::locator::Locator;
    use solana_remote_wallet::remote_keypair::generate_remote_keypair;
    use solana_remote_wallet::remote_wallet::maybe_wallet_manager;

    let locator = Locator::new_from_path(url).map_err(|error| Usage(format!("{url}: {error}")))?;
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let path = derivation_path(query).map_err(Usage)?.unwrap_or_default();
    // The library that looks for the wallets panics where there is no USB.
    rusb::Context::new().with_context(|| {
        format!("cannot sign as {role} with {url}: this machine's USB cannot be used")
    })?;
    let wallets = maybe_wallet_manager()
        .context("cannot look for hardware wallets")?
        .with_context(|| {
            format!("cannot sign as {role}: there is no hardware wallet; connect and unlock it, and open its Solana app")
        })?;
    let key = generate_remote_keypair(locator, path, &wallets, false, role)
        .with_context(|| format!("cannot sign as {role} with {url}"))?;
    Ok(Box::new(key))
}

#[cfg(not(feature = "ledger"))]
fn ledger(url: &str, role: &str) -> Result<Box<dyn Signer>> {
    bail!(Usage(format!(
        "cannot sign as {role} with {url}: this build has no hardware wallets; build it with \
         `cargo install --path cli --features ledger`, or give the wallet's public key and collect its signature with \
         --sign-only"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";

    #[test]
    fn sources_are_told_apart() {
        let file = |path: &str| SignerSource::File(path.into());
        let prompt = |query: &str| SignerSource::Prompt(Some(PromptPath(query.into())));
        for (text, source) in [
            ("-", SignerSource::Stdin),
            ("stdin:", SignerSource::Stdin),
            ("ASK", SignerSource::Prompt(None)),
            ("prompt:", prompt("")),
            ("prompt://", prompt("")),
            ("prompt:?key=0/1", prompt("key=0/1")),
            (
                "prompt://?full-path=m/44/501/0/0",
                prompt("full-path=m/44/501/0/0"),
            ),
            (
                "usb://ledger?key=0",
                SignerSource::Usb("usb://ledger?key=0".into()),
            ),
            ("file:a.json", file("a.json")),
            ("file:///a.json", file("/a.json")),
            ("~/id.json", file("~/id.json")),
            (KEY, SignerSource::Pubkey(KEY.parse().unwrap())),
            (&KEY[..40], file(&KEY[..40])),
        ] {
            assert_eq!(text.parse(), Ok(source), "{text}");
        }
        for text in [
            "",
            "prompt:x",
            "prompt:?key=a",
            "prompt:?path=0",
            "prompt:?full-path=0/1",
        ] {
            assert!(text.parse::<SignerSource>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_file_is_read_and_what_is_none_is_refused_without_a_word_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        let key = Keypair::new();
        std::fs::write(&path, format!("{:?}\n", key.to_bytes())).unwrap();
        assert_eq!(read_key_file(&path).unwrap().pubkey(), key.pubkey());

        let mut other = key.to_bytes();
        other[63] ^= 1;
        for text in [
            String::new(),
            "[".into(),
            "secret words of a phrase".into(),
            "[1,2,3]".into(),
            format!("{:?}", vec![256; 64]),
            format!("{other:?}"),
            "[".repeat(1 << 20),
        ] {
            std::fs::write(&path, &text).unwrap();
            let error = format!("{:#}", read_key_file(&path).unwrap_err());
            assert!(
                error.contains("is not a key file") && !error.contains("secret"),
                "{error}"
            );
        }
        let error = format!(
            "{:#}",
            read_key_file(&folder.path().join("none")).unwrap_err()
        );
        assert!(error.contains("wayfare keygen"), "{error}");
        assert!(read_key_file(folder.path()).is_err());
    }

    #[test]
    fn a_seed_phrase_gives_the_keys_that_the_solana_tools_derive() {
        // The phrase and its keys: `solana-keygen pubkey` with `ASK`, `prompt:` and `prompt:?key=0/0`. The last is
        // also what Phantom and Solflare show.
        let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        let seed = Mnemonic::parse(phrase).unwrap().to_seed("");
        let key = |path: Option<&str>| {
            let path = path.map(|query| PromptPath(query.into()));
            key_of_seed(&seed, path.as_ref())
                .unwrap()
                .pubkey()
                .to_string()
        };
        assert_eq!(
            key(Some("key=0/0")),
            "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk"
        );
        assert_eq!(key(Some("full-path=m/44/501/0/0")), key(Some("key=0/0")));
        assert_ne!(key(None), key(Some("")));
    }

    #[test]
    fn presigned() {
        let signature = Keypair::new().sign_message(b"m");
        let presigned: Presigned = format!("{KEY}={signature}").parse().unwrap();
        assert_eq!(presigned.signature, signature);
        for text in [
            "",
            KEY,
            "x=y",
            &format!("{KEY}=x"),
            &format!("={signature}"),
        ] {
            assert!(text.parse::<Presigned>().is_err(), "{text}");
        }
    }
}
