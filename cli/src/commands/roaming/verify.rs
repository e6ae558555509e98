use std::fmt::{self, Display};

use anyhow::{Context as _, Result, bail};
use roaming_escrow::state::Side;
use serde::Serialize;
use wayfare_client::roaming::replay::{Difference, history, replay};
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::reconcile::tokens;
use wayfare_core::roaming::settlement::{self, Answer, Decision, Rules};

use super::usage::TwoBooks;
use super::{Found, find_agreement};
use crate::cli::roaming::FirstPeriodArg;
use crate::cli::roaming::statement::VerifyArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::output::{Output, table};

/// What both books say that an agreement must have come to, beside what it has come to.
#[derive(Serialize)]
pub struct Verified {
    agreement: String,
    months: (Month, Month),
    events: usize,
    statements: Statements,
    /// Each in tokens.
    sides: Vec<Compared>,
    differences: Vec<Difference>,
}

/// What became of the statements, by the books.
#[derive(Default, Serialize)]
struct Statements {
    all: usize,
    accepted: usize,
    /// Countered within the tolerance.
    within: usize,
    disputed: usize,
    conceded: usize,
    forgone: usize,
    awarded: usize,
    by_default: usize,
    undecided: usize,
}

#[derive(Serialize)]
struct Compared {
    what: String,
    books: String,
    chain: String,
    same: bool,
}

impl Output for Verified {
    fn exit(&self) -> Exit {
        if self.differences.is_empty() {
            Exit::Done
        } else {
            Exit::Unbalanced
        }
    }
}

impl Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = &self.statements;
        writeln!(
            f,
            "{} to {}: {} statements, {} accepted, {} within the tolerance, {} disputed \
             ({} conceded, {} forgone, {} awarded, {} by default, {} undecided); {} events",
            self.months.0,
            self.months.1,
            of.all,
            of.accepted,
            of.within,
            of.disputed,
            of.conceded,
            of.forgone,
            of.awarded,
            of.by_default,
            of.undecided,
            self.events
        )?;
        let mut sides = table(["", "by the books", "on the chain", ""]);
        for row in &self.sides {
            sides.add_row([
                row.what.clone(),
                row.books.clone(),
                row.chain.clone(),
                if row.same { "same" } else { "DIFFERENT" }.to_owned(),
            ]);
        }
        writeln!(f, "\n{sides}")?;
        if self.differences.is_empty() {
            return writeln!(
                f,
                "\nevery statement, settlement and balance is what the books come to, to the base unit"
            );
        }
        let mut differences = table(["base units of", "by the books", "on the chain"]);
        for difference in &self.differences {
            differences.add_row([&difference.what, &difference.books, &difference.chain]);
        }
        writeln!(f, "\n{differences}")
    }
}

impl VerifyArgs {
    pub fn run(&self, ctx: &Context) -> Result<Verified> {
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let cluster = ctx.cluster()?;
        let pair = &self.books.tadig;
        let my_side = found.side_of(pair.one.code())?;
        if found.side_of(pair.other.code())? == my_side {
            bail!(
                "{} and {} are one operator of the agreement",
                pair.one,
                pair.other
            );
        }
        let next = [Side::First, Side::Second]
            .map(|side| found.state.books(side).next_period)
            .into_iter()
            .max()
            .unwrap_or(0);
        let Some(last) = next.checked_sub(1) else {
            bail!("nothing is stated yet");
        };
        let first_period = FirstPeriodArg {
            first_period: Some(self.first_period),
        };
        let last_month = first_period
            .month(last)
            .with_context(|| format!("period {last} is no month"))?;
        let months = (self.first_period, last_month);

        let TwoBooks { mine, theirs } =
            self.books.import(ctx, found.state.decimals, Some(months))?;
        let (first, second) = match my_side {
            Side::First => (&mine, &theirs),
            Side::Second => (&theirs, &mine),
        };
        let words = settlement::words(first, second, months.0, months.1)
            .context("a total is past 64 bits")?;
        let statements = cluster.statements(&found.at)?;
        let terms = found.state.terms;
        if let Some((at, _)) = statements.iter().find(|(_, statement)| {
            (
                statement.terms.tolerance_bps,
                statement.terms.default_award_bps,
            ) != (terms.tolerance_bps, terms.default_award_bps)
        }) {
            bail!(
                "tolerance or default award changed since the statement {at}: the books alone do not tell when"
            );
        }
        let rules = Rules {
            tolerance_bps: terms.tolerance_bps,
            default_award_bps: terms.default_award_bps,
            fee_bps: found.state.fee_bps,
        };
        let spinner = ctx.spinner("reading the agreement's events");
        let events = history(cluster, &found.at)?;
        spinner.finish_and_clear();
        let mut replayed = replay(&found.at, rules, words, &events)?;
        replayed.check(&found.state, &statements);
        let ledger = &replayed.ledger;
        Ok(Verified {
            agreement: found.at.to_string(),
            months,
            events: events.len(),
            statements: count(ledger),
            sides: compare(&found, ledger, replayed.collected),
            differences: replayed.differences,
        })
    }
}

fn count(ledger: &settlement::Ledger) -> Statements {
    let mut statements = Statements::default();
    for outcome in ledger.statements().values() {
        statements.all += 1;
        match outcome.answer {
            Answer::Accept => statements.accepted += 1,
            Answer::Within => statements.within += 1,
            Answer::Dispute => statements.disputed += 1,
        }
        match outcome.decision {
            Some(Decision::HomeConcedes) => statements.conceded += 1,
            Some(Decision::VisitedConcedes) => statements.forgone += 1,
            Some(Decision::Award(_)) => statements.awarded += 1,
            Some(Decision::Default) => statements.by_default += 1,
            None if outcome.answer == Answer::Dispute => statements.undecided += 1,
            None => {}
        }
    }
    statements
}

fn compare(found: &Found, ledger: &settlement::Ledger, collected: u128) -> Vec<Compared> {
    let decimals = found.state.decimals;
    let row = |what: String, books: u128, chain: u128| Compared {
        what,
        same: books == chain,
        books: tokens(books, decimals),
        chain: tokens(chain, decimals),
    };
    let mut rows = Vec::new();
    for (&side, (balance, arrears)) in Side::ALL
        .iter()
        .zip(ledger.balances().into_iter().zip(ledger.arrears()))
    {
        let (name, books) = (found.names.of(side), found.state.books(side));
        rows.push(row(format!("{name} has"), balance, books.balance.into()));
        rows.push(row(
            format!("{name} is in arrears with"),
            arrears,
            books.arrears.into(),
        ));
    }
    let fees = u128::from(found.state.fees).saturating_add(collected);
    rows.push(row("the hub's fees".to_owned(), ledger.fees(), fees));
    rows
}
