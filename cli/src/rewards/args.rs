use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::governance::Governed;
use wayfare_client::rewards::address;

use crate::args::name;
use crate::context::Context;
use crate::governance::{Noun, Roles};
use crate::rewards::find::find_network;

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

impl Noun for NetworkNameArgs {
    const NOUN: &'static str = "network";
    const PAUSE: &'static str =
        "Refuse entries (funding, epochs, registrations) for at most 7 days. Exits stay open";

    fn name(&self) -> &str {
        &self.name
    }

    fn governed(&self) -> Result<Governed> {
        Ok(Governed {
            program: address::PROGRAM,
            address: self.address()?,
        })
    }

    fn roles(&self, ctx: &Context) -> Result<Roles> {
        let (_, network) = find_network(ctx, &self.name)?;
        Ok(Roles {
            pending_authority: network.scope.pending_authority,
            guardian: network.scope.guardian,
        })
    }
}

/// The address that a network's name leads to.
pub fn address_of(name: &str) -> Result<Pubkey> {
    Ok(address::network(name).ok_or_else(|| InputError::name("network", name))?)
}
