//! Where things are: the checkout, its programs, and the cache that checkouts share.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use wayfare_programs::{Listed, PROGRAMS};

/// The file with the list of programs, for errors.
const LIST: &str = "crates/programs/src/lib.rs";

/// The checkout's root folder.
///
/// Found when this runs, not fixed when it is compiled: cargo does not rebuild a target folder that was copied along with
/// its checkout, and this program would go on working on the original.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        // `main` ends with this error before anything else asks; tests are run by cargo, in the checkout.
        find_root().expect("main has found the checkout")
    });
    &ROOT
}

/// The same, where there may be no checkout.
pub fn find_root() -> Result<PathBuf> {
    let start = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => PathBuf::from(package),
        None => env::current_dir().context("cannot tell the current folder")?,
    };
    root_above(&start)
}

/// The nearest folder, this one or one above it, that holds the workspace.
fn root_above(start: &Path) -> Result<PathBuf> {
    start
        .ancestors()
        .find(|folder| {
            folder.join("xtask/Cargo.toml").is_file()
                && read_toml(&folder.join("Cargo.toml"))
                    .is_ok_and(|manifest| manifest.contains_key("workspace"))
        })
        .map(Path::to_owned)
        .with_context(|| {
            format!(
                "{} is not inside a checkout of Wayfare: run `cargo xtask` in one",
                start.display()
            )
        })
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

/// A program of the list, as it stands in the checkout.
pub struct Program {
    /// Its package, its library and the like.
    pub listed: Listed,
    /// Its folder, relative to the checkout's root.
    pub dir: PathBuf,
    /// Its address, from `declare_id!` in its `src/lib.rs`.
    pub id: String,
}

/// All programs, by name. Fails when the list and the folders of `programs/` differ.
pub fn programs() -> Result<Vec<Program>> {
    let folder = root().join("programs");
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        let listed = PROGRAMS
            .iter()
            .any(|program| path.file_name() == Some(OsStr::new(program.name)));
        ensure!(
            listed || !path.join("Cargo.toml").is_file(),
            "{} is not in {LIST}: see docs/adding-a-program.md",
            path.display()
        );
    }
    let mut programs = PROGRAMS
        .iter()
        .map(program)
        .collect::<Result<Vec<_>>>()
        .with_context(|| format!("{LIST} lists a program that cannot be read"))?;
    programs.sort_by_key(|program| program.listed.library);
    Ok(programs)
}

fn program(listed: &Listed) -> Result<Program> {
    let dir = Path::new("programs").join(listed.name);
    let source = root().join(&dir).join("src/lib.rs");
    let text =
        fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let id = declared_id(&text)
        .with_context(|| format!("{} has no line declare_id!(\"…\");", source.display()))?
        .to_owned();
    Ok(Program {
        listed: *listed,
        dir,
        id,
    })
}

/// The address in `declare_id!("…");` at the beginning of a line.
fn declared_id(source: &str) -> Option<&str> {
    let line = source
        .lines()
        .find_map(|line| line.strip_prefix("declare_id!(\""))?;
    line.split_once('"').map(|(id, _)| id)
}

/// The folders of the workspace's packages, relative to its root.
pub fn members() -> Result<Vec<PathBuf>> {
    let manifest = read_toml(&root().join("Cargo.toml"))?;
    let patterns = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("members")?.as_array())
        .context("Cargo.toml has no workspace.members")?;
    let mut members = Vec::new();
    for pattern in patterns {
        let pattern = pattern.as_str().context("a member is no text")?;
        let Some(folder) = pattern.strip_suffix("/*") else {
            members.push(PathBuf::from(pattern));
            continue;
        };
        for entry in
            fs::read_dir(root().join(folder)).with_context(|| format!("cannot read {folder}"))?
        {
            members.push(Path::new(folder).join(entry?.file_name()));
        }
    }
    members.retain(|member| root().join(member).join("Cargo.toml").is_file());
    members.sort();
    Ok(members)
}

/// A TOML file as a table.
pub fn read_toml(path: &Path) -> Result<toml::Table> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse()
        .with_context(|| format!("{} is not valid TOML", path.display()))
}

/// Fails where `Anchor.toml` gives a program another address than its own `declare_id!`, or none, and where it names a
/// program that is not one of these.
pub fn check_anchor_toml(programs: &[Program]) -> Result<()> {
    let path = root().join("Anchor.toml");
    let config = read_toml(&path)?;
    let clusters = config
        .get("programs")
        .and_then(toml::Value::as_table)
        .filter(|clusters| !clusters.is_empty())
        .with_context(|| format!("{} has no [programs.<cluster>]", path.display()))?;
    for (cluster, ids) in clusters {
        for Program { listed, id, .. } in programs {
            let library = listed.library;
            let given = ids.get(library).and_then(toml::Value::as_str);
            ensure!(
                given == Some(id),
                "Anchor.toml gives {library} the address {} under [programs.{cluster}], and its declare_id! says {id}: correct Anchor.toml",
                given.unwrap_or("(none)")
            );
        }
        for name in ids.as_table().into_iter().flat_map(|ids| ids.keys()) {
            ensure!(
                programs
                    .iter()
                    .any(|program| program.listed.library == name),
                "Anchor.toml names {name} under [programs.{cluster}], and {LIST} does not: correct one of them"
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
        assert!(error.contains(programs[0].listed.library), "{error}");

        let gone = programs.remove(0).listed.library;
        let error = check_anchor_toml(&programs).unwrap_err().to_string();
        assert!(error.contains(gone) && error.contains(LIST), "{error}");
    }

    #[test]
    fn the_root_is_the_nearest_workspace_with_this_program() {
        let root = root();
        assert_eq!(root_above(root).unwrap(), root);
        // It has a Cargo.toml and a [workspace] of its own.
        assert_eq!(
            root_above(&root.join("toolchain/builtins/src")).unwrap(),
            root
        );

        let copy = env::temp_dir().join(format!("xtask-root-{}", std::process::id()));
        let inner = copy.join("programs/node-rewards");
        for folder in [copy.join("xtask"), inner.clone()] {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("Cargo.toml"), "[package]\n").unwrap();
        }
        let error = root_above(&inner).unwrap_err().to_string();
        assert!(error.contains("not inside a checkout"), "{error}");
        fs::write(copy.join("Cargo.toml"), "[workspace]\n").unwrap();
        assert_eq!(root_above(&inner).unwrap(), copy);
        fs::remove_dir_all(&copy).unwrap();
    }

    #[test]
    fn a_key_changes_with_its_content_alone() {
        let key = content_key(&["toolchain"]).unwrap();
        assert_eq!(key.len(), 16);
        assert_eq!(key, content_key(&["toolchain"]).unwrap());
        assert_ne!(key, content_key(&["toolchain/builtins"]).unwrap());
    }

    #[test]
    fn members_are_folders_with_a_manifest() {
        let members = members().unwrap();
        for member in ["xtask", "crates/core", "programs/node-rewards"] {
            assert!(members.contains(&PathBuf::from(member)), "{member}");
        }
    }
}
