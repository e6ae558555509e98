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
use crate::roaming::agree::AgreeCommand;
use crate::roaming::args::HubNameArgs;
use crate::roaming::collect_fees::CollectFeesArgs;
use crate::roaming::crank::CrankArgs;
use crate::roaming::deposit::DepositArgs;
use crate::roaming::dispute::DisputeCommand;
use crate::roaming::hub::HubCommand;
use crate::roaming::operator::OperatorCommand;
use crate::roaming::reconcile::ReconcileArgs;
use crate::roaming::request_withdrawal::RequestWithdrawalArgs;
use crate::roaming::settle::SettleArgs;
use crate::roaming::statement::StatementCommand;
use crate::roaming::verify::VerifyArgs;
use crate::roaming::voucher::VoucherCommand;
use crate::roaming::withdraw::WithdrawArgs;

#[derive(Subcommand)]
pub enum RoamingCommand {
    /// Create, configure and guard hubs, where operators settle
    #[command(subcommand)]
    Hub(HubCommand),
    /// Admit operators, change what they say about themselves, hand them over
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Agree on terms with a roaming partner, change them, and end that
    #[command(subcommand)]
    Agree(AgreeCommand),
    /// Move tokens into an agreement's vault, to one side's balance. What it is behind with is paid first
    Deposit(DepositArgs),
    /// Announce a withdrawal, or take that back. The other side has the notice to state and to redeem
    RequestWithdrawal(RequestWithdrawalArgs),
    /// Pay out what was announced, or, when the agreement is wound up, all that is one's own
    Withdraw(WithdrawArgs),
    /// Pay the hub's fees of an agreement to its treasury. Anyone can
    CollectFees(CollectFeesArgs),
    /// Build statements from usage books, state them, answer them
    #[command(subcommand)]
    Statement(Box<StatementCommand>),
    /// Compare two operators' usage books: what differs, by month, partner pair and service
    Reconcile(Box<ReconcileArgs>),
    /// Give in about a disputed difference, decide it as the arbiter, or bring the agreed default about
    #[command(subcommand)]
    Dispute(DisputeCommand),
    /// Net what both directions of a period owe, and move the difference. Anyone can
    Settle(SettleArgs),
    /// Bring an agreement on as far as anyone can: silence past its time, lapsed and undecided statements, settlements
    Crank(CrankArgs),
    /// Sign and redeem vouchers for what is used in a period before it is stated
    #[command(subcommand)]
    Voucher(VoucherCommand),
    /// Compute from both operators' usage books what an agreement's balances must be, and hold that against the chain
    Verify(Box<VerifyArgs>),
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
