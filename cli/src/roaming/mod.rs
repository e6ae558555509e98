pub mod accounts;
mod agree;
mod args;
pub mod audit;
mod books;
mod collect_fees;
mod crank;
mod deposit;
mod dispute;
mod find;
mod hub;
mod operator;
mod reconcile;
mod request_withdrawal;
mod settle;
mod settlement;
mod statement;
mod usage;
mod verify;
pub mod views;
mod voucher;
mod withdraw;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::roaming::args::HubNameArgs;

#[derive(Subcommand)]
pub enum RoamingCommand {
    /// Create, configure and guard hubs, where operators settle
    #[command(subcommand)]
    Hub(hub::HubCommand),
    /// Admit operators, change their details, hand them over
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Agree on terms with a roaming partner, change them, and end the agreement
    #[command(subcommand)]
    Agree(agree::AgreeCommand),
    /// Move tokens into an agreement's vault, to one side's balance. What it is behind with is paid first
    Deposit(deposit::DepositArgs),
    /// Announce a withdrawal, or cancel it. During the notice the other side can state and redeem
    RequestWithdrawal(request_withdrawal::RequestWithdrawalArgs),
    /// Pay out what was announced or, once the agreement is wound up, all that is yours
    Withdraw(withdraw::WithdrawArgs),
    /// Pay the hub's fees of an agreement to its treasury. Anyone can
    CollectFees(collect_fees::CollectFeesArgs),
    /// Build statements from usage books, state them, answer them
    #[command(subcommand)]
    Statement(Box<statement::StatementCommand>),
    /// Compare two operators' usage books: what differs, by month, partner pair and service
    Reconcile(Box<reconcile::ReconcileArgs>),
    /// Concede a disputed difference, decide it as the arbiter, or award the agreed default
    #[command(subcommand)]
    Dispute(dispute::DisputeCommand),
    /// Net what both directions of a period owe, and move the difference. Anyone can
    Settle(settle::SettleArgs),
    /// Advance an agreement as far as anyone can: silence past its time, lapsed and undecided statements, settlements
    Crank(crank::CrankArgs),
    /// Sign and redeem vouchers for what is used in a period before it is stated
    #[command(subcommand)]
    Voucher(voucher::VoucherCommand),
    /// Compute from both operators' usage books what an agreement's balances must be, and hold that against the chain
    Verify(Box<verify::VerifyArgs>),
    /// Check that what the vaults hold and what the agreements' books say adds up
    Books(HubNameArgs),
}

pub fn run(command: &RoamingCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use RoamingCommand as Roaming;
    match command {
        Roaming::Hub(command) => hub::run(command, ctx, print),
        Roaming::Operator(command) => operator::run(command, ctx, print),
        Roaming::Agree(command) => agree::run(command, ctx, print),
        Roaming::Deposit(args) => print.result(args.run(ctx)),
        Roaming::RequestWithdrawal(args) => print.result(args.run(ctx)),
        Roaming::Withdraw(args) => print.result(args.run(ctx)),
        Roaming::CollectFees(args) => print.result(args.run(ctx)),
        Roaming::Statement(command) => statement::run(command, ctx, print),
        Roaming::Reconcile(args) => print.result(args.run(ctx)),
        Roaming::Dispute(command) => dispute::run(command, ctx, print),
        Roaming::Settle(args) => print.result(args.run(ctx)),
        Roaming::Crank(args) => print.result(args.run(ctx)),
        Roaming::Voucher(command) => voucher::run(command, ctx, print),
        Roaming::Verify(args) => print.result(args.run(ctx)),
        Roaming::Books(args) => print.result(books::run(args, ctx)),
    }
}
