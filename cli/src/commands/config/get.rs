use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::args::GlobalArgs;
use crate::config::{Setting, Settings};
use crate::output::{Fields, Output};

/// The settings in force.
#[derive(Serialize)]
pub struct SettingsView {
    config: PathBuf,
    url: Setting,
    ws: Setting,
    keypair: Setting,
    commitment: Setting,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self {
            config: settings.config_path,
            url: settings.rpc_url,
            ws: settings.websocket_url,
            keypair: settings.keypair,
            commitment: Setting {
                value: settings.commitment.value.commitment.to_string(),
                source: settings.commitment.source,
            },
        }
    }
}

impl Output for SettingsView {}

impl Display for SettingsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |setting: &Setting| format!("{} ({})", setting.value, setting.source);
        Fields(&[
            ("config file", self.config.display().to_string()),
            ("RPC URL", value(&self.url)),
            ("WebSocket URL", value(&self.ws)),
            ("keypair", value(&self.keypair)),
            ("commitment", value(&self.commitment)),
        ])
        .fmt(f)
    }
}

pub fn run(global: &GlobalArgs) -> Result<SettingsView> {
    Ok(Settings::load(global)?.into())
}
