//! Where settings come from: a flag, else the Solana CLI's own configuration file, else that file's
//! defaults. The file is shared with the Solana tools, so what they keep in it is kept.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};

use crate::args::GlobalArgs;
use crate::error::Usage;

/// The URLs of the public clusters, and the words that stand for them. As the Solana CLI has them
/// (`normalize_to_url_if_moniker` in solana-clap-utils 4.2).
const CLUSTERS: [(&str, &str, &str); 4] = [
    ("mainnet-beta", "m", "https://api.mainnet-beta.solana.com"),
    ("testnet", "t", "https://api.testnet.solana.com"),
    ("devnet", "d", "https://api.devnet.solana.com"),
    ("localhost", "l", "http://localhost:8899"),
];

const DEFAULT_URL: &str = CLUSTERS[0].2;

/// The Solana CLI's configuration file (`Config` in solana-cli-config 4.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfigFile {
    #[serde(default)]
    pub json_rpc_url: String,
    /// Empty: derived from the RPC URL.
    #[serde(default)]
    pub websocket_url: String,
    /// A keypair file, or another source of signatures.
    #[serde(default)]
    pub keypair_path: String,
    #[serde(default)]
    pub commitment: String,
    /// What only other tools read.
    #[serde(flatten)]
    other: BTreeMap<String, serde_yaml_ng::Value>,
}

impl ConfigFile {
    /// What the Solana CLI writes to a new file.
    pub fn with_defaults() -> Self {
        Self {
            json_rpc_url: DEFAULT_URL.to_owned(),
            keypair_path: default_keypair().unwrap_or_default(),
            commitment: CommitmentLevel::Confirmed.to_string(),
            ..Self::default()
        }
    }

    /// Reads a file; `None` if there is none.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        serde_yaml_ng::from_str(&text)
            .with_context(|| {
                format!(
                    "{} is not a configuration of the Solana CLI: correct it, or name another with --config",
                    path.display()
                )
            })
            .map(Some)
    }

    /// Replaces the file as a whole, so that a crash leaves the old one or the new one.
    pub fn write(&self, path: &Path) -> Result<()> {
        let save = || -> Result<()> {
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(b"---\n")?;
            file.write_all(serde_yaml_ng::to_string(self)?.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        save().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Where a setting's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Flag,
    File,
    Default,
    /// Derived from the RPC URL.
    Computed,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::File => "file",
            Self::Default => "default",
            Self::Computed => "computed",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting<T = String> {
    pub value: T,
    pub source: Source,
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    pub config_path: PathBuf,
    pub rpc_url: Setting,
    pub websocket_url: Setting,
    pub keypair: Setting,
    pub commitment: Setting<CommitmentConfig>,
}

impl Settings {
    /// Settles every field. A file named by `--config` must be there; the usual one need not.
    pub fn load(args: &GlobalArgs) -> Result<Self> {
        let config_path = config_path(args)?;
        let file = ConfigFile::read(&config_path)?;
        if file.is_none() && args.config.is_some() {
            bail!(Usage(format!(
                "there is no configuration file {}: create it with `wayfare config set`, or leave --config out",
                config_path.display()
            )));
        }
        Self::settle(args, file.unwrap_or_default(), config_path)
    }

    fn settle(args: &GlobalArgs, file: ConfigFile, config_path: PathBuf) -> Result<Self> {
        let rpc_url = first([
            (Source::Flag, args.url.clone()),
            (Source::File, Some(file.json_rpc_url)),
            (Source::Default, Some(DEFAULT_URL.to_owned())),
        ]);
        let rpc_url = Setting {
            value: cluster_url(&rpc_url.value)?,
            source: rpc_url.source,
        };
        // The file's WebSocket URL belongs to the file's cluster, not to one that a flag names.
        let of_file = (rpc_url.source == Source::File).then_some(file.websocket_url);
        let websocket_url = first([
            (Source::Flag, args.ws.clone()),
            (Source::File, of_file),
            (Source::Computed, websocket_url(&rpc_url.value)),
        ]);
        let keypair = first([
            (Source::Flag, args.keypair.clone()),
            (Source::File, Some(file.keypair_path)),
            (Source::Default, default_keypair()),
        ]);
        let commitment = match (args.commitment, file.commitment.as_str()) {
            (Some(level), _) => Setting {
                value: level.into(),
                source: Source::Flag,
            },
            (None, "") => Setting {
                value: CommitmentConfig::confirmed(),
                source: Source::Default,
            },
            (None, text) => Setting {
                value: text.parse().with_context(|| {
                    format!(
                        "{}: {text:?} is not a commitment: use processed, confirmed or finalized",
                        config_path.display()
                    )
                })?,
                source: Source::File,
            },
        };
        Ok(Self {
            config_path,
            rpc_url,
            websocket_url,
            keypair,
            commitment,
        })
    }
}

/// The first value that is there and not empty, as the Solana CLI settles them.
fn first<const N: usize>(candidates: [(Source, Option<String>); N]) -> Setting {
    candidates
        .into_iter()
        .find_map(|(source, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(Setting { value, source })
        })
        .unwrap_or(Setting {
            value: String::new(),
            source: Source::Default,
        })
}

/// `--config`, or where the Solana CLI keeps its file.
pub fn config_path(args: &GlobalArgs) -> Result<PathBuf> {
    match &args.config {
        Some(path) => Ok(path.clone()),
        None => Ok(home()
            .context("cannot tell your home folder: name the configuration file with --config")?
            .join(".config/solana/cli/config.yml")),
    }
}

fn default_keypair() -> Option<String> {
    let path = home()?.join(".config/solana/id.json");
    path.to_str().map(str::to_owned)
}

fn home() -> Option<PathBuf> {
    env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// The URL that a moniker, its first letter or a URL stands for.
pub fn cluster_url(text: &str) -> Result<String> {
    for (moniker, letter, url) in CLUSTERS {
        if text == moniker || text == letter {
            return Ok(url.to_owned());
        }
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("http" | "https")) {
        bail!(Usage(format!(
            "{text:?} is not a cluster: give an http(s) URL, or localhost, devnet, testnet or mainnet-beta (or the first letter)"
        )));
    }
    Ok(text.to_owned())
}

/// The WebSocket URL that goes with an RPC URL: `ws` for `http`, and one port up if a port is given
/// (`Config::compute_websocket_url` in solana-cli-config 4.2).
fn websocket_url(rpc_url: &str) -> Option<String> {
    let mut url = url::Url::parse(rpc_url).ok()?;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).ok()?;
    if let Some(port) = url.port() {
        url.set_port(Some(port.checked_add(1)?)).ok()?;
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Commitment;

    fn settle(args: &GlobalArgs, yaml: &str) -> Settings {
        let file = serde_yaml_ng::from_str(yaml).unwrap();
        Settings::settle(args, file, PathBuf::from("config.yml")).unwrap()
    }

    #[test]
    fn a_flag_comes_before_the_file_and_the_file_before_the_default() {
        let yaml =
            "json_rpc_url: http://example.com:8899\nkeypair_path: /a.json\ncommitment: finalized\n";
        let settings = settle(&GlobalArgs::default(), yaml);
        assert_eq!(settings.rpc_url.value, "http://example.com:8899");
        assert_eq!(settings.rpc_url.source, Source::File);
        assert_eq!(settings.websocket_url.value, "ws://example.com:8900/");
        assert_eq!(settings.keypair.value, "/a.json");
        assert_eq!(settings.commitment.value, CommitmentConfig::finalized());

        let args = GlobalArgs {
            url: Some("d".into()),
            ws: Some("ws://x".into()),
            keypair: Some("b.json".into()),
            commitment: Some(Commitment::Processed),
            ..GlobalArgs::default()
        };
        let settings = settle(&args, yaml);
        assert_eq!(settings.rpc_url.value, "https://api.devnet.solana.com");
        assert_eq!(settings.websocket_url.value, "ws://x");
        assert_eq!(settings.keypair.value, "b.json");
        assert_eq!(settings.commitment.value, CommitmentConfig::processed());
        assert_eq!(settings.commitment.source, Source::Flag);

        let settings = settle(&GlobalArgs::default(), "json_rpc_url: ''\n");
        assert_eq!(
            settings.rpc_url.value,
            "https://api.mainnet-beta.solana.com"
        );
        assert_eq!(settings.rpc_url.source, Source::Default);
        assert_eq!(settings.commitment.source, Source::Default);
    }

    #[test]
    fn the_files_websocket_is_not_used_for_another_cluster() {
        let yaml = "json_rpc_url: http://a.example\nwebsocket_url: ws://a.example/ws\n";
        let settings = settle(&GlobalArgs::default(), yaml);
        assert_eq!(settings.websocket_url.value, "ws://a.example/ws");
        let args = GlobalArgs {
            url: Some("https://b.example".into()),
            ..GlobalArgs::default()
        };
        assert_eq!(settle(&args, yaml).websocket_url.value, "wss://b.example/");
    }

    #[test]
    fn monikers_and_first_letters() {
        for (text, url) in [
            ("mainnet-beta", "https://api.mainnet-beta.solana.com"),
            ("m", "https://api.mainnet-beta.solana.com"),
            ("t", "https://api.testnet.solana.com"),
            ("devnet", "https://api.devnet.solana.com"),
            ("l", "http://localhost:8899"),
            ("localhost", "http://localhost:8899"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ] {
            assert_eq!(cluster_url(text).unwrap(), url);
        }
        for text in ["", "x", "mainnet", "ftp://a", "127.0.0.1:8899"] {
            assert!(cluster_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_other_tools_keep_in_the_file_is_kept() {
        let yaml = "json_rpc_url: http://a\naddress_labels:\n  '11111111111111111111111111111111': System Program\nnewer: 1\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/config.yml");
        assert_eq!(ConfigFile::read(&path).unwrap(), None);
        let mut file: ConfigFile = serde_yaml_ng::from_str(yaml).unwrap();
        file.keypair_path = "k.json".into();
        file.write(&path).unwrap();
        let again = ConfigFile::read(&path).unwrap().unwrap();
        assert_eq!(again, file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("---\n")
                && text.contains("System Program")
                && text.contains("newer: 1")
        );
    }

    #[test]
    fn a_file_that_is_no_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yml");
        fs::write(&path, "- a\n- b\n").unwrap();
        assert!(
            format!("{:#}", ConfigFile::read(&path).unwrap_err())
                .contains("is not a configuration")
        );
        let args = GlobalArgs {
            config: Some(folder.path().join("none.yml")),
            ..GlobalArgs::default()
        };
        assert!(Settings::load(&args).is_err());
    }
}
