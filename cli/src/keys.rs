//! Folders of key files that the command line makes and finds again.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use solana_keypair::Keypair;

use crate::signers::read_key_file;

/// Longest file name before `.json`: most file systems hold 255 bytes.
const MAX_NAME: usize = 200;

/// A folder of key files, one for each name. Only its owner may look into it.
pub struct KeyFolder {
    path: PathBuf,
}

impl KeyFolder {
    /// The folder, which need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where the key of a name is: letters, digits, `.`, `-` and `_` stand for themselves and everything else, a
    /// leading point included, for `_`. Names that differ may share a file: who uses names must check.
    pub fn file(&self, name: &str) -> PathBuf {
        let mut file: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "._-".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .take(MAX_NAME)
            .collect();
        if file.is_empty() || file.starts_with('.') {
            file.replace_range(..file.len().min(1), "_");
        }
        self.path.join(file + ".json")
    }

    /// The key in this file, if there is one.
    pub fn find(&self, file: &Path) -> Result<Option<Keypair>> {
        match file.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => read_key_file(file).map(Some),
            Err(error) => Err(error).with_context(|| format!("cannot look for {}", file.display())),
        }
    }

    /// Makes a key and keeps it in this file of the folder.
    pub fn create(&self, file: &Path) -> Result<Keypair> {
        if !self.path.is_dir() {
            fs::create_dir_all(&self.path)
                .and_then(|()| fs::set_permissions(&self.path, Permissions::from_mode(0o700)))
                .with_context(|| format!("cannot create the folder {}", self.path.display()))?;
        }
        create_key_file(file)
    }

    /// Makes sure that the names of the files survive a crash, as their content does.
    pub fn sync(&self) -> Result<()> {
        if self.path.is_dir() {
            fs::File::open(&self.path)
                .and_then(|folder| folder.sync_all())
                .with_context(|| format!("cannot sync {}", self.path.display()))?;
        }
        Ok(())
    }
}

/// Makes a key and keeps it: the file is whole, on disk and for its owner only before the key is used, and one that is
/// there is never overwritten.
pub fn create_key_file(file: &Path) -> Result<Keypair> {
    let key = Keypair::new();
    let save = || -> Result<()> {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Readable by nobody else from the start.
        let mut partial = tempfile::NamedTempFile::new_in(folder)?;
        partial.write_all(serde_json::to_string(&key.to_bytes()[..])?.as_bytes())?;
        partial.as_file().sync_all()?;
        partial.persist_noclobber(file)?;
        Ok(())
    };
    save().with_context(|| format!("cannot keep a new key in {}", file.display()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        let folder = KeyFolder::new(Path::new("keys"));
        for (name, file) in [
            ("998", "keys/998.json"),
            ("LinkNYC - Citybridge", "keys/LinkNYC_-_Citybridge.json"),
            ("../../etc/passwd", "keys/_._.._etc_passwd.json"),
            ("", "keys/_.json"),
            (".", "keys/_.json"),
            ("é/a", "keys/__a.json"),
        ] {
            assert_eq!(folder.file(name), Path::new(file), "{name}");
        }
        assert_eq!(
            folder.file(&"a".repeat(500)).as_os_str().len(),
            "keys/.json".len() + MAX_NAME
        );
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = KeyFolder::new(&temporary.path().join("a/b"));
        let file = folder.file("x");
        assert!(folder.find(&file).unwrap().is_none());
        let key = folder.create(&file).unwrap();
        assert_eq!(folder.find(&file).unwrap().unwrap().pubkey(), key.pubkey());
        assert!(folder.create(&file).is_err());
        assert_eq!(folder.find(&file).unwrap().unwrap().pubkey(), key.pubkey());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        folder.sync().unwrap();
        fs::write(&file, "no key").unwrap();
        assert!(folder.find(&file).is_err());
    }
}
