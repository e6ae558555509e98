use anyhow::{Result, bail};

use crate::args::GlobalArgs;
use crate::commands::config::get::SettingsView;
use crate::config::{ConfigFile, Settings, cluster_url, config_path};
use crate::error::Usage;
use crate::signers::SignerSource;

/// Writes the settings that flags give, and shows what is in force afterwards.
pub fn run(global: &GlobalArgs) -> Result<SettingsView> {
    if global.url.is_none()
        && global.ws.is_none()
        && global.keypair.is_none()
        && global.commitment.is_none()
    {
        bail!(Usage(
            "name what to set: --url, --ws, --keypair or --commitment".into()
        ));
    }
    let path = config_path(global)?;
    let mut file = ConfigFile::read(&path)?.unwrap_or_else(ConfigFile::with_defaults);
    if let Some(url) = &global.url {
        file.json_rpc_url = cluster_url(url)?;
        // Derived again, as the Solana CLI does: the old one is of the old cluster.
        file.websocket_url.clear();
    }
    if let Some(url) = &global.ws {
        file.websocket_url.clone_from(url);
    }
    if let Some(keypair) = &global.keypair {
        keypair.parse::<SignerSource>().map_err(Usage)?;
        file.keypair_path.clone_from(keypair);
    }
    if let Some(level) = global.commitment {
        file.commitment = solana_commitment_config::CommitmentConfig::from(level)
            .commitment
            .to_string();
    }
    file.write(&path)?;
    let global = GlobalArgs {
        config: Some(path),
        ..GlobalArgs::default()
    };
    Ok(Settings::load(&global)?.into())
}
