//! Keys that deliveries are encrypted to: in a file, or in what a wallet signs. Their secrets are never printed.

use std::fmt::{self, Display};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::esim::delivery;
use wayfare_core::esim::delivery_key::{DeliveryKey, message};

use crate::error::Usage;
use crate::output::Output;
use crate::signers::Party;

#[derive(Subcommand)]
pub enum DeliveryKeyCommand {
    /// Make a key file, and print its public key. Give it to a buyer as --gift to receive the eSIM
    New(DeliveryKeyArgs),
    /// Print the public key of a key file
    Show(DeliveryKeyArgs),
}

#[derive(Args)]
pub struct DeliveryKeyArgs {
    /// The key file. One that is there is never overwritten
    pub file: PathBuf,
}

/// No key file is longer.
const MAX_KEY_FILE: u64 = 4 * 1024;

/// The public side of a key file.
#[derive(Serialize)]
pub struct PublicKey {
    file: PathBuf,
    public_key: String,
}

impl Output for PublicKey {}

impl Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public_key)
    }
}

impl PublicKey {
    fn new(file: &Path, key: &DeliveryKey) -> Self {
        Self {
            file: file.to_owned(),
            public_key: Pubkey::new_from_array(*key.public()).to_string(),
        }
    }
}

pub fn new(args: &DeliveryKeyArgs) -> Result<PublicKey> {
    Ok(PublicKey::new(&args.file, &create(&args.file)?))
}

pub fn show(args: &DeliveryKeyArgs) -> Result<PublicKey> {
    Ok(PublicKey::new(&args.file, &read(&args.file)?))
}

/// Makes a key and keeps it: the file is whole, on disk and for its owner only before the key is used, and one that is
/// there is never overwritten.
pub fn create(file: &Path) -> Result<DeliveryKey> {
    let key = DeliveryKey::generate(&mut delivery::rng()?);
    let save = || -> Result<()> {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Readable by nobody else from the start.
        let mut partial = tempfile::NamedTempFile::new_in(folder)?;
        partial.write_all(key.to_file().as_bytes())?;
        partial.as_file().sync_all()?;
        partial.persist_noclobber(file)?;
        Ok(())
    };
    save().with_context(|| format!("cannot keep a new delivery key in {}", file.display()))?;
    Ok(key)
}

/// Reads a key file.
pub fn read(file: &Path) -> Result<DeliveryKey> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(MAX_KEY_FILE).read_to_end(&mut bytes))
        .with_context(|| {
            format!(
                "cannot read the delivery key {}: make one with `wayfare esim delivery-key new`, or name another",
                file.display()
            )
        })?;
    DeliveryKey::from_file(&bytes).with_context(|| file.display().to_string())
}

/// The key that a wallet's signature makes for an order of a plan, so that the wallet alone finds it again.
///
/// The text is signed twice: a wallet that signs differently each time would never find the key again.
pub fn of_wallet(
    party: &Party,
    market: &Pubkey,
    plan: &Pubkey,
    order_id: u64,
) -> Result<DeliveryKey> {
    let wallet = party.pubkey();
    let instead = "use a key file instead: --delivery-key FILE, which is made if it is not there";
    let key = match party {
        // A hardware wallet signs texts in a form of its own.
        Party::Present(key) if !key.is_interactive() => key,
        Party::Present(_) => bail!(Usage(format!(
            "{wallet} is a hardware wallet, which does not sign the text that a delivery key is made of: {instead}"
        ))),
        Party::Absent(_) => bail!(Usage(format!(
            "{wallet} is not here to sign the text that a delivery key is made of: {instead}"
        ))),
    };
    let text = message(market.as_array(), plan.as_array(), order_id);
    let sign = || {
        key.try_sign_message(text.as_bytes())
            .with_context(|| format!("{wallet} did not sign the text of the delivery key"))
    };
    let (signature, again) = (sign()?, sign()?);
    if signature != again {
        bail!(Usage(format!(
            "{wallet} signs the same text differently each time, so its delivery key could never be found again: {instead}"
        )));
    }
    if !signature.verify(wallet.as_ref(), text.as_bytes()) {
        bail!("{wallet} gave a signature that is not its own");
    }
    let bytes: &[u8; 64] = signature
        .as_ref()
        .try_into()
        .map_err(|_| anyhow!("{wallet} gave a signature of another length than 64 bytes"))?;
    Ok(DeliveryKey::from_signature(bytes)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use solana_keypair::Keypair;

    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        let key = create(&file).unwrap();
        assert_eq!(read(&file).unwrap().public(), key.public());
        assert!(create(&file).is_err());
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let shown = show(&DeliveryKeyArgs { file: file.clone() }).unwrap();
        let json = serde_json::to_string(&shown).unwrap();
        let secret = fs::read_to_string(&file).unwrap();
        let secret: serde_json::Value = serde_json::from_str(&secret).unwrap();
        assert!(!json.contains(secret["secret"].as_str().unwrap()));
        fs::write(&file, "secret words").unwrap();
        let error = format!("{:#}", read(&file).err().unwrap());
        assert!(!error.contains("secret words"), "{error}");
    }

    #[test]
    fn a_wallet_finds_its_key_again_and_finds_another_for_another_order() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let wallet = Party::Present(Box::new(Keypair::new_from_array([1; 32])));
        let other = Party::Present(Box::new(Keypair::new_from_array([2; 32])));
        let public = |party: &Party, plan, order| {
            *of_wallet(party, &key(3), &key(plan), order)
                .unwrap()
                .public()
        };
        assert_eq!(public(&wallet, 4, 5), public(&wallet, 4, 5));
        assert_ne!(public(&wallet, 4, 5), public(&wallet, 4, 6));
        assert_ne!(public(&wallet, 4, 5), public(&wallet, 6, 5));
        assert_ne!(public(&wallet, 4, 5), public(&other, 4, 5));
        let absent = Party::Absent(key(7));
        let error = of_wallet(&absent, &key(3), &key(4), 5).err().unwrap();
        assert!(error.to_string().contains("--delivery-key"), "{error}");
    }
}
