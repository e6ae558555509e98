mod accept;
mod args;
pub mod list;
mod r#move;
mod offer;
mod register;
mod register_csv;
mod retire;
mod roster;
mod show;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::rewards::node::accept::NodeAcceptArgs;
use crate::rewards::node::args::NodeDeviceArgs;
use crate::rewards::node::list::NodeListArgs;
use crate::rewards::node::r#move::NodeMoveArgs;
use crate::rewards::node::offer::NodeOfferArgs;
use crate::rewards::node::register::NodeRegisterArgs;
use crate::rewards::node::retire::NodeRetireArgs;

#[derive(Subcommand)]
pub enum NodeCommand {
    /// Register a device as a node; or, with --from-csv, one for each row of a file
    Register(NodeRegisterArgs),
    /// List a network's nodes
    List(NodeListArgs),
    /// Show a node
    Show(NodeDeviceArgs),
    /// Publish another location for a node
    Move(NodeMoveArgs),
    /// Offer a node to another owner, or withdraw the offer
    Offer(NodeOfferArgs),
    /// Take over a node that is on offer to you
    Accept(NodeAcceptArgs),
    /// Take a node off the network. The rent goes back to who paid it
    Retire(NodeRetireArgs),
}

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
