pub mod accounts;
mod activate;
mod approve;
pub mod args;
pub mod audit;
mod claim;
mod claim_all;
mod compute;
mod data;
mod find;
pub mod network;
pub mod node;
pub mod payout;
mod publish;
mod simulate_metrics;
mod status;
mod verify;
pub mod views;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum RewardsCommand {
    /// Generate metrics from a seed for the registered nodes, for demonstrations and tests
    SimulateMetrics(simulate_metrics::SimulateMetricsArgs),
    /// Turn an epoch's metrics into rewards, and write the data to publish
    Compute(compute::ComputeArgs),
    /// Recompute an epoch's data and compare them with the chain
    Verify(verify::VerifyArgs),
    /// Propose an epoch on chain, and create the claim pages that it needs
    Publish(publish::PublishArgs),
    /// Approve the proposed epoch, after checking its data
    Approve(approve::ApproveArgs),
    /// Put an approved epoch in force, once its challenge period is over
    Activate(activate::ActivateArgs),
    /// Show the active and the proposed epoch, or what one owner can claim
    Status(status::StatusArgs),
    /// Pay an owner what is due; or, with --all-owners, everybody
    Claim(claim::ClaimArgs),
}

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
