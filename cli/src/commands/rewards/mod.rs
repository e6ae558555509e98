mod activate;
mod approve;
mod claim;
mod claim_all;
mod compute;
mod data;
mod publish;
mod simulate_metrics;
mod status;
mod verify;

use anyhow::Result;

use crate::cli::RewardsCommand;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;

pub fn run(command: &RewardsCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        RewardsCommand::SimulateMetrics(args) => print.result(args.run(ctx)),
        RewardsCommand::Compute(args) => print.result(args.run(ctx)),
        RewardsCommand::Verify(args) => print.result(args.run(ctx)),
        RewardsCommand::Publish(args) => print.result(args.run(ctx)),
        RewardsCommand::Approve(args) => print.result(args.run(ctx)),
        RewardsCommand::Activate(args) => print.result(args.run(ctx)),
        RewardsCommand::Status(args) => match (&args.owner, &args.data) {
            (Some(owner), Some(data)) => print.result(status::of_owner(args, owner, data, ctx)),
            _ => print.result(status::of_network(args, ctx)),
        },
        RewardsCommand::Claim(args) if args.all_owners => print.result(claim_all::run(args, ctx)),
        RewardsCommand::Claim(args) => print.result(args.run(ctx)),
    }
}
