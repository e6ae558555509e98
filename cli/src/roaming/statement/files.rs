use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use roaming_escrow::state::{Side, StatementArgs};
use solana_pubkey::Pubkey;
use wayfare_client::roaming::StatementKey;
use wayfare_core::roaming::statement::Statement as File;

use crate::context::Context;
use crate::error::Usage;
use crate::roaming::find::{Found, find_agreement};
use crate::roaming::usage::read_statement;

/// Statements' files of one direction of one agreement, in order of their periods.
pub struct Files {
    pub found: Found,
    /// Who pays.
    pub home: Side,
    pub statements: Vec<(PathBuf, File)>,
}

impl Files {
    /// Reads them, and holds them against the agreement on the chain.
    pub fn read(ctx: &Context, paths: &[PathBuf]) -> Result<Self> {
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
    pub fn journal(&self, verb: &str) -> String {
        let period = |end: Option<&(PathBuf, File)>| end.map_or(0, |(_, file)| file.period());
        format!(
            "{verb}-{}-{}-{}-{}.journal",
            self.found.names.of(self.home),
            self.found.names.of(self.home.other()),
            period(self.statements.first()),
            period(self.statements.last())
        )
    }

    pub fn read_one(ctx: &Context, path: &Path) -> Result<(Found, StatementKey, File)> {
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
pub fn check_direction(found: &Found, file: &File) -> Result<Side> {
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
pub fn tariff_hash(found: &Found, home: Side) -> [u8; 32] {
    match home {
        Side::First => found.state.terms.first_tariff_hash,
        Side::Second => found.state.terms.second_tariff_hash,
    }
}

/// What goes on the chain of a file.
pub fn args_of(file: &File) -> StatementArgs {
    let commitment = file.commitment();
    StatementArgs {
        root: commitment.root,
        records: commitment.records,
        first_record: commitment.first_record,
        total: commitment.total,
    }
}
