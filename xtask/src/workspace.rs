//! Where things are: the checkout, its programs, and the cache that checkouts share.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

/// The checkout's root folder.
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// What is expensive to make and outlives a checkout: the SBF toolchain and the local network.
/// `$WAYFARE_CACHE`, or `~/.cache/wayfare`.
pub fn cache() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("WAYFARE_CACHE").filter(|dir| !dir.is_empty()) {
        return Ok(std::path::absolute(dir)?);
    }
    match env::var_os("HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(Path::new(&home).join(".cache/wayfare")),
        None => bail!(
            "neither WAYFARE_CACHE nor HOME is set: set WAYFARE_CACHE to a folder for the toolchain"
        ),
    }
}

/// A short name for the content of files and folders, which changes when any byte or name does.
/// Folders are read whole, in name order, but for Markdown, which builds nothing. Paths are relative
/// to the checkout's root.
pub fn content_key(paths: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect_files(&root().join(path), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root()).unwrap_or(&file);
        hash.update(Sha256::digest(name.as_os_str().as_encoded_bytes()));
        hash.update(Sha256::digest(&bytes));
    }
    Ok(hash.finalize()[..8]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}

fn collect_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        if path.extension() != Some(OsStr::new("md")) {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        collect_files(&entry?.path(), files)?;
    }
    Ok(())
}

/// The oldest Rust that builds the workspace, as `1.95`.
pub fn rust_version() -> Result<String> {
    let path = root().join("Cargo.toml");
    let manifest = read_toml(&path)?;
    let version = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("rust-version")?.as_str());
    version
        .map(String::from)
        .with_context(|| format!("{} has no workspace.package.rust-version", path.display()))
}

/// One of `programs/*`.
pub struct Program {
    /// Its package, as in `cargo build -p node-rewards`.
    pub package: String,
    /// Its library, and so the stem of its `.so` and of its IDL: `node_rewards`.
    pub library: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Its address, from `declare_id!` in its `src/lib.rs`.
    pub id: String,
}

impl Program {
    /// Its folder, relative to the checkout's root.
    pub fn relative_dir(&self) -> &Path {
        self.dir.strip_prefix(root()).unwrap_or(&self.dir)
    }
}

/// All programs, by name.
pub fn programs() -> Result<Vec<Program>> {
    let dir = root().join("programs");
    let mut programs = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let dir = entry?.path();
        if dir.join("Cargo.toml").is_file() {
            programs.push(program(dir)?);
        }
    }
    programs.sort_by(|a, b| a.library.cmp(&b.library));
    Ok(programs)
}

fn program(dir: PathBuf) -> Result<Program> {
    let manifest = dir.join("Cargo.toml");
    let package = read_toml(&manifest)?
        .get("package")
        .and_then(|package| package.get("name")?.as_str().map(String::from))
        .with_context(|| format!("{} names no package", manifest.display()))?;
    let source = dir.join("src/lib.rs");
    let text =
        fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let id = declared_id(&text)
        .with_context(|| format!("{} has no line declare_id!(\"…\");", source.display()))?;
    Ok(Program {
        library: package.replace('-', "_"),
        package,
        dir,
        id: id.to_owned(),
    })
}

/// The address in `declare_id!("…");` at the beginning of a line.
fn declared_id(source: &str) -> Option<&str> {
    let line = source
        .lines()
        .find_map(|line| line.strip_prefix("declare_id!(\""))?;
    line.split_once('"').map(|(id, _)| id)
}

/// A TOML file as a table.
pub fn read_toml(path: &Path) -> Result<toml::Table> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse()
        .with_context(|| format!("{} is not valid TOML", path.display()))
}

/// Fails where `Anchor.toml` gives a program another address than its own `declare_id!`, or none.
pub fn check_anchor_toml(programs: &[Program]) -> Result<()> {
    let path = root().join("Anchor.toml");
    let config = read_toml(&path)?;
    let clusters = config
        .get("programs")
        .and_then(toml::Value::as_table)
        .filter(|clusters| !clusters.is_empty())
        .with_context(|| format!("{} has no [programs.<cluster>]", path.display()))?;
    for (cluster, ids) in clusters {
        for Program { library, id, .. } in programs {
            let listed = ids.get(library).and_then(toml::Value::as_str);
            ensure!(
                listed == Some(id),
                "Anchor.toml gives {library} the address {} under [programs.{cluster}], and its declare_id! says {id}: correct Anchor.toml",
                listed.unwrap_or("(none)")
            );
        }
    }
    Ok(())
}

/// Writes a file at once or not at all, and leaves it alone when it already holds these bytes.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let part = path.with_extension("part");
    fs::write(&part, bytes)
        .and_then(|()| fs::rename(&part, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_id_is_found_at_the_beginning_of_a_line() {
        let source = "// declare_id!(\"Commented\");\nuse x;\ndeclare_id!(\"Real\");\n";
        assert_eq!(declared_id(source), Some("Real"));
        assert_eq!(declared_id("    declare_id!(\"Inner\");"), None);
    }

    #[test]
    fn anchor_toml_names_every_program() {
        let mut programs = programs().unwrap();
        assert!(!programs.is_empty());
        check_anchor_toml(&programs).unwrap();
        programs[0].id = "11111111111111111111111111111111".into();
        let error = check_anchor_toml(&programs).unwrap_err().to_string();
        assert!(error.contains(&programs[0].library), "{error}");
    }

    #[test]
    fn a_key_changes_with_its_content_alone() {
        let key = content_key(&["toolchain"]).unwrap();
        assert_eq!(key.len(), 16);
        assert_eq!(key, content_key(&["toolchain"]).unwrap());
        assert_ne!(key, content_key(&["toolchain/builtins"]).unwrap());
    }
}
