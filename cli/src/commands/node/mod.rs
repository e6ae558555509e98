mod accept;
mod list;
mod r#move;
mod offer;
mod register;
mod register_csv;
mod retire;
mod roster;
mod show;

pub use list::write_registry;

use anyhow::{Context as _, Result, bail};
use node_rewards::state::Node;
use solana_pubkey::Pubkey;
use wayfare_core::h3;

use crate::cli::{Cell, NetworkArg, NodeCommand, NodeDeviceArgs, PlaceArgs};
use crate::commands::Printer;
use crate::context::Context;
use crate::error::{Exit, Usage};

pub fn run(command: &NodeCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        NodeCommand::Register(args) => match &args.bulk.from_csv {
            Some(file) => print.result(register_csv::run(args, file, ctx)),
            None => print.result(args.run(ctx)),
        },
        NodeCommand::List(args) => print.result(args.run(ctx)),
        NodeCommand::Show(args) => print.result(show::run(args, ctx)),
        NodeCommand::Move(args) => print.result(args.run(ctx)),
        NodeCommand::Offer(args) => print.result(args.run(ctx)),
        NodeCommand::Accept(args) => print.result(args.run(ctx)),
        NodeCommand::Retire(args) => print.result(args.run(ctx)),
    }
}

impl NetworkArg {
    pub fn address(&self) -> Result<Pubkey> {
        super::network::address_of(&self.network)
    }
}

impl NodeDeviceArgs {
    /// The node of the device.
    pub fn find(&self, ctx: &Context) -> Result<Node> {
        let (network, _) = ctx.network(&self.network.network)?;
        let at = wayfare_client::rewards::address::node(&network, &self.device);
        match ctx.cluster()?.find_state(&at)? {
            Some(node) => Ok(node),
            None => bail!(
                "the device {} is not registered in the network {}: `wayfare node list` shows all",
                self.device,
                self.network.network
            ),
        }
    }
}

impl PlaceArgs {
    /// The cell to publish: as given, or around a place at the network's resolution. The place itself stays here.
    pub fn cell(&self, ctx: &Context, network: &str, is_offline: bool) -> Result<u64> {
        match (self.location, self.at) {
            (Some(Cell(cell)), _) => Ok(cell),
            (None, Some(_)) if is_offline => {
                bail!(Usage("--sign-only asks the network for nothing, so its resolution is not known: give --location instead of --at".into()))
            }
            (None, Some(at)) => {
                let (_, network) = ctx.network(network)?;
                h3::cell_at(at.latitude, at.longitude, network.terms.location_resolution)
                    .context("--at")
            }
            (None, None) => bail!(Usage(
                "say where the node is: --at LAT,LNG or --location CELL".into()
            )),
        }
    }
}
