//! The funded wallet: its key, and the file that clients sign with.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use solana_keypair::{Keypair, keypair_from_seed, read_keypair_file};
use tempfile::TempDir;

/// A key and its file, in the format of `solana-keygen`.
pub struct Wallet {
    pub key: Keypair,
    pub path: PathBuf,
    /// Removes the folder when dropped.
    _temporary: Option<TempDir>,
}

impl Wallet {
    /// The wallet in this folder, made if it is not there; without a folder, one in a temporary
    /// folder that goes with the returned value.
    pub fn open(dir: Option<&Path>) -> Result<Self> {
        let temporary = match dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("wayfare-localnet-")
                    .tempdir()
                    .context("cannot create a temporary folder for the wallet")?,
            ),
        };
        let dir = match (&temporary, dir) {
            (Some(temporary), _) => temporary.path(),
            (None, dir) => dir.unwrap_or(Path::new(".")),
        };
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let path = std::path::absolute(dir.join("wallet.json"))?;
        let key = if path.exists() {
            read_keypair_file(&path).map_err(|error| {
                anyhow!(
                    "{} is not a key file ({error}): name another folder with --dir",
                    path.display()
                )
            })?
        } else {
            let key = Keypair::new();
            write_key(&path, &key).with_context(|| format!("cannot write {}", path.display()))?;
            key
        };
        Ok(Self {
            key,
            path,
            _temporary: temporary,
        })
    }
}

/// For its owner's eyes only, as `solana-keygen` does: nobody should get used to anything else.
fn write_key(path: &Path, key: &Keypair) -> Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(serde_json::to_string(&key.to_bytes().to_vec())?.as_bytes())?;
    Ok(())
}

/// A key that everybody knows: its account has the same address in every run.
pub fn well_known_key(seed: &[u8; 32]) -> Result<Keypair> {
    keypair_from_seed(seed).map_err(|error| anyhow!("cannot derive a key: {error}"))
}
