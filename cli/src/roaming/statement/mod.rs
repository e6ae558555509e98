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

#[derive(Subcommand)]
pub enum StatementCommand {
    /// Make statements of a usage book: records with prices in base units, their tree, a file for each month
    Build(build::BuildArgs),
    /// Prove one record of a statement's file, or check such a proof against the chain
    #[command(subcommand)]
    Proof(proof::ProofCommand),
    /// State what was used, as the visited network: one month or many, from their files
    Submit(submit::SubmitArgs),
    /// Restate a returned statement, as the visited network
    Restate(restate::RestateArgs),
    /// Answer statements from your own book, as the home network: accepts those that ask for no more than it says, and counters the rest
    Answer(answer::AnswerArgs),
    /// Agree with a statement, as the home network
    Accept(act::StatementActArgs),
    /// Counter a statement with the total of your own, as the home network. Within the tolerance it counts as accepted
    Counter(counter::CounterArgs),
    /// Return a statement that cannot be used, as the home network: at most 3 times
    Return(act::StatementActArgs),
    /// Show a statement, and what can be done with it until when
    Show(StatementArg),
    /// List the statements of an agreement
    List(list::StatementListArgs),
    /// Close a settled statement of an agreement that is wound up, as the payer of its rent
    Close(close::StatementCloseArgs),
}

pub fn run(command: &StatementCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use StatementCommand as Statement;
    match command {
        Statement::Build(args) => print.result(args.run(ctx)),
        Statement::Proof(proof::ProofCommand::Make(args)) => print.result(args.run()),
        Statement::Proof(proof::ProofCommand::Check(args)) => print.result(args.run(ctx)),
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
