mod act;
mod answer;
mod build;
mod close;
mod list;
mod proof;
mod submit;

use anyhow::{Context as _, Result, bail};
use roaming_escrow::state::{Side, StatementArgs};
use solana_pubkey::Pubkey;
use std::path::{Path, PathBuf};
use wayfare_client::roaming::StatementKey;
use wayfare_core::roaming::statement::Statement as File;

use super::usage::read_statement;
use super::{Found, find_agreement};
use crate::cli::roaming::StatementArg;
use crate::cli::roaming::statement::{ProofCommand, StatementCommand};
use crate::commands::Printer;
use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::views::roaming::StatementView;

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
        Statement::Show(args) => print.result(show(args, ctx)),
        Statement::List(args) => print.result(args.run(ctx)),
        Statement::Close(args) => print.result(args.run(ctx)),
    }
}

fn show(args: &StatementArg, ctx: &Context) -> Result<StatementView> {
    let (found, key) = args.find(ctx)?;
    let (at, statement) = found.statement(ctx, key)?;
    let now = ctx.cluster()?.unix_time()?;
    Ok(StatementView::new(
        &at,
        &statement,
        &found.state,
        &found.names,
        now,
    ))
}

/// Statements' files of one direction of one agreement, in order of their periods.
struct Files {
    found: Found,
    /// Who pays.
    home: Side,
    statements: Vec<(PathBuf, File)>,
}

impl Files {
    /// Reads them, and holds them against the agreement on the chain.
    fn read(ctx: &Context, paths: &[PathBuf]) -> Result<Self> {
        let mut statements = paths
            .iter()
            .map(|path| Ok((path.clone(), read_statement(path)?)))
            .collect::<Result<Vec<_>>>()?;
        statements.sort_by_key(|(_, statement)| statement.period());
        let Some((first_path, first)) = statements.first() else {
            bail!(Usage("give a statement's file".into()));
        };
        let direction = first.direction().clone();
        for pair in statements.windows(2) {
            let [(_, one), (path, other)] = pair else {
                continue;
            };
            if *other.direction() != direction {
                bail!(
                    "{} and {} are not of one direction of one agreement",
                    first_path.display(),
                    path.display()
                );
            }
            if one.period() == other.period() {
                bail!(
                    "{} is there twice, the second time in {}",
                    one.month(),
                    path.display()
                );
            }
        }
        let found = find_agreement(ctx, &Pubkey::new_from_array(direction.agreement))?;
        let home =
            check_direction(&found, first).with_context(|| first_path.display().to_string())?;
        Ok(Self {
            found,
            home,
            statements,
        })
    }

    /// The default name of a job's journal: one for each direction and range of periods.
    fn journal(&self, verb: &str) -> String {
        let period = |end: Option<&(PathBuf, File)>| end.map_or(0, |(_, file)| file.period());
        format!(
            "{verb}-{}-{}-{}-{}.journal",
            self.found.names.of(self.home),
            self.found.names.of(self.home.other()),
            period(self.statements.first()),
            period(self.statements.last())
        )
    }

    fn read_one(ctx: &Context, path: &Path) -> Result<(Found, StatementKey, File)> {
        let files = Self::read(ctx, &[path.to_owned()])?;
        let home = files.home;
        let Some((_, statement)) = files.statements.into_iter().next() else {
            bail!(Usage("give a statement's file".into()));
        };
        let period = statement.period();
        Ok((files.found, StatementKey { home, period }, statement))
    }
}

/// Holds what a file says of its agreement against the chain. Gives the side that pays.
fn check_direction(found: &Found, file: &File) -> Result<Side> {
    let direction = file.direction();
    let home = found.side_of(direction.home.code())?;
    if found.side_of(direction.visited.code())? == home {
        bail!("the file's two networks are one operator of the agreement");
    }
    if direction.mint != found.state.mint.to_bytes() || direction.decimals != found.state.decimals {
        bail!(
            "the file is for the mint {} with {} decimals, but the agreement settles in {} with {}",
            Pubkey::new_from_array(direction.mint),
            direction.decimals,
            found.state.mint,
            found.state.decimals
        );
    }
    Ok(home)
}

/// The hash of the tariff that the agreement names for what `home` pays.
fn tariff_hash(found: &Found, home: Side) -> [u8; 32] {
    match home {
        Side::First => found.state.terms.first_tariff_hash,
        Side::Second => found.state.terms.second_tariff_hash,
    }
}

/// What goes on the chain of a file.
fn args_of(file: &File) -> StatementArgs {
    let commitment = file.commitment();
    StatementArgs {
        root: commitment.root,
        records: commitment.records,
        first_record: commitment.first_record,
        total: commitment.total,
    }
}
