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
use crate::rewards::node::args::NodeDeviceArgs;

#[derive(Subcommand)]
pub enum NodeCommand {
    /// Register a device as a node; or, with --from-csv, one for each row of a file
    Register(register::NodeRegisterArgs),
    /// List a network's nodes
    List(list::NodeListArgs),
    /// Show a node
    Show(NodeDeviceArgs),
    /// Publish another location for a node
    Move(r#move::NodeMoveArgs),
    /// Offer a node to another owner, or withdraw the offer
    Offer(offer::NodeOfferArgs),
    /// Take over a node that is on offer to you
    Accept(accept::NodeAcceptArgs),
    /// Take a node off the network. The rent goes back to its payer
    Retire(retire::NodeRetireArgs),
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
