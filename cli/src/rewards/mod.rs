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
use crate::rewards::activate::ActivateArgs;
use crate::rewards::approve::ApproveArgs;
use crate::rewards::claim::ClaimArgs;
use crate::rewards::compute::ComputeArgs;
use crate::rewards::publish::PublishArgs;
use crate::rewards::simulate_metrics::SimulateMetricsArgs;
use crate::rewards::status::StatusArgs;
use crate::rewards::verify::VerifyArgs;

#[derive(Subcommand)]
pub enum RewardsCommand {
    /// Generate metrics from a seed for the registered nodes, for demonstrations and tests
    SimulateMetrics(SimulateMetricsArgs),
    /// Turn an epoch's metrics into rewards, and write the data to publish
    Compute(ComputeArgs),
    /// Recompute an epoch's data and compare them with the chain
    Verify(VerifyArgs),
    /// Propose an epoch on chain, and create the claim pages that it needs
    Publish(PublishArgs),
    /// Approve the proposed epoch, after checking its data
    Approve(ApproveArgs),
    /// Put an approved epoch in force, once its challenge period is over
    Activate(ActivateArgs),
    /// Show the active and the proposed epoch, or what one owner can claim
    Status(StatusArgs),
    /// Pay an owner what is due; or, with --all-owners, everybody
    Claim(ClaimArgs),
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
