mod act;
mod answer;
mod build;
mod close;
mod counter;
mod files;
mod list;
mod proof;
mod restate;
mod show;
mod submit;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::roaming::args::StatementArg;
use crate::roaming::statement::act::StatementActArgs;
use crate::roaming::statement::answer::AnswerArgs;
use crate::roaming::statement::build::BuildArgs;
use crate::roaming::statement::close::StatementCloseArgs;
use crate::roaming::statement::counter::CounterArgs;
use crate::roaming::statement::list::StatementListArgs;
use crate::roaming::statement::proof::ProofCommand;
use crate::roaming::statement::restate::RestateArgs;
use crate::roaming::statement::submit::SubmitArgs;

#[derive(Subcommand)]
pub enum StatementCommand {
    /// Make statements of a usage book: records with prices in base units, their tree, a file for each month
    Build(BuildArgs),
    /// Prove one record of a statement's file, or check such a proof against the chain
    #[command(subcommand)]
    Proof(ProofCommand),
    /// State what was used, as the visited network: one month or many, from their files
    Submit(SubmitArgs),
    /// Make a returned statement anew, as the visited network
    Restate(RestateArgs),
    /// Answer statements from the own book, as the home network: accepts what asks for no more, counters the rest
    Answer(AnswerArgs),
    /// Agree with a statement, as the home network
    Accept(StatementActArgs),
    /// Counter a statement with the total of an own one, as the home network. Within the tolerance it counts as accepted
    Counter(CounterArgs),
    /// Return a statement that cannot be used, as the home network: at most 3 times
    Return(StatementActArgs),
    /// Show a statement, and what can be done with it until when
    Show(StatementArg),
    /// List the statements of an agreement
    List(StatementListArgs),
    /// Close a settled statement of an agreement that is wound up, as who paid its rent
    Close(StatementCloseArgs),
}

pub fn run(command: &StatementCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use StatementCommand as Statement;
    match command {
        Statement::Build(args) => print.result(args.run(ctx)),
        Statement::Proof(ProofCommand::Make(args)) => print.result(args.run()),
        Statement::Proof(ProofCommand::Check(args)) => print.result(args.run(ctx)),
        Statement::Submit(args) => print.result(args.run(ctx)),
        Statement::Restate(args) => print.result(args.run(ctx)),
        Statement::Answer(args) => print.result(args.run(ctx)),
        Statement::Accept(args) => print.result(act::accept(args, ctx)),
        Statement::Counter(args) => print.result(args.run(ctx)),
        Statement::Return(args) => print.result(act::give_back(args, ctx)),
        Statement::Show(args) => print.result(show::run(args, ctx)),
        Statement::List(args) => print.result(args.run(ctx)),
        Statement::Close(args) => print.result(args.run(ctx)),
    }
}
