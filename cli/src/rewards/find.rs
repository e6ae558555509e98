use anyhow::{Result, anyhow};
use node_rewards::state::{Epoch, Network};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::rewards::address;

use crate::context::Context;

/// A network by its name.
pub fn find_network(ctx: &Context, name: &str) -> Result<(Pubkey, Network)> {
    match ctx.cluster()?.network(name) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
            "there is no network {name:?} on this cluster: check the name and --url; `wayfare network list` shows all"
        )),
        result => Ok(result?),
    }
}

/// A proposed epoch of a network by its number.
pub fn find_proposed(ctx: &Context, network: &Pubkey, number: u64) -> Result<Epoch> {
    match ctx.cluster()?.state(&address::epoch(network, number)) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
            "epoch {number} is not proposed yet: see `wayfare rewards status`"
        )),
        result => Ok(result?),
    }
}
