use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::rewards::address;

use crate::args::name;

/// Which network.
#[derive(Args, Clone, Debug)]
pub struct NetworkArg {
    /// Name of the network
    #[arg(
        short,
        long,
        env = "WAYFARE_NETWORK",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = name
    )]
    pub network: String,
}

impl NetworkArg {
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.network)
    }
}

#[derive(Args)]
pub struct NetworkNameArgs {
    /// Name of the network
    #[arg(value_parser = name)]
    pub name: String,
}

impl NetworkNameArgs {
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.name)
    }
}

/// The address that a network's name leads to.
pub fn address_of(name: &str) -> Result<Pubkey> {
    Ok(address::network(name).ok_or_else(|| InputError::NetworkName(name.to_owned()))?)
}
