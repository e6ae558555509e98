use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::reconcile::{
    Comparison, Reconciliation, reconcile, signed_tokens, tokens,
};
use wayfare_core::roaming::usage::List;

use crate::args::basis_points;
use crate::context::Context;
use crate::esim::views::percent;
use crate::output::{Output, table};
use crate::roaming::usage::{ReportView, TwoBooks, TwoBooksArgs, write_new};

#[derive(Args)]
pub struct ReconcileArgs {
    #[command(flatten)]
    pub books: TwoBooksArgs,

    /// Only from this month on
    #[arg(long, value_name = "MONTH", requires = "until")]
    pub from: Option<Month>,

    /// Only until this month, inclusively
    #[arg(long, value_name = "MONTH", requires = "from")]
    pub until: Option<Month>,

    /// Decimals of the mint: charges are rounded to its base units as statements are
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub decimals: u8,

    /// By how much the books may differ, in basis points of what the visited network says
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub tolerance_bps: u16,

    /// List only what differs
    #[arg(long)]
    pub different: bool,

    /// Write all cells to this file too, as CSV; it must not exist yet
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// Two books side by side.
#[derive(Serialize)]
pub struct Reconciled {
    mine: String,
    theirs: String,
    #[serde(flatten)]
    books: Reconciliation,
    my_report: ReportView,
    their_report: ReportView,
    #[serde(skip)]
    only_different: bool,
}

impl Output for Reconciled {}

/// Which network was used, in words.
fn used(list: List) -> &'static str {
    match list {
        List::Inbound => "mine",
        List::Outbound => "theirs",
    }
}

impl Reconciled {
    fn columns(&self, comparison: &Comparison) -> [String; 5] {
        let decimals = self.books.decimals;
        [
            tokens(comparison.mine, decimals),
            tokens(comparison.theirs, decimals),
            signed_tokens(comparison.difference, decimals),
            comparison.per_cent().unwrap_or_else(|| "all".to_owned()),
            match (comparison.is_same(), comparison.inside) {
                (true, _) => "same",
                (false, true) => "inside",
                (false, false) => "OUTSIDE",
            }
            .to_owned(),
        ]
    }
}

impl Display for Reconciled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "mine: {}; theirs: {}; tolerance {} of what the visited network says",
            self.mine,
            self.theirs,
            percent(self.books.tolerance_bps)
        )?;
        let mut cells = table([
            "month",
            "home",
            "visited",
            "service",
            "mine",
            "theirs",
            "difference",
            "%",
            "tolerance",
        ]);
        for cell in &self.books.cells {
            if self.only_different && cell.comparison.is_same() {
                continue;
            }
            let [mine, theirs, difference, per_cent, inside] = self.columns(&cell.comparison);
            cells.add_row([
                cell.month.to_string(),
                cell.home.to_string(),
                cell.visited.to_string(),
                cell.service.clone(),
                mine,
                theirs,
                difference,
                per_cent,
                inside,
            ]);
        }
        writeln!(f, "\n{cells}")?;
        let header = [
            "month",
            "network used",
            "mine",
            "theirs",
            "difference",
            "%",
            "tolerance",
        ];
        let mut months = table(header);
        for month in &self.books.months {
            let [mine, theirs, difference, per_cent, inside] = self.columns(&month.comparison);
            months.add_row([
                month.month.to_string(),
                used(month.list).to_owned(),
                mine,
                theirs,
                difference,
                per_cent,
                inside,
            ]);
        }
        writeln!(f, "\n{months}")?;
        let mut totals = table([
            "total",
            "cells",
            "different",
            "outside",
            "mine",
            "theirs",
            "difference",
            "%",
            "tolerance",
        ]);
        for total in &self.books.totals {
            let [mine, theirs, difference, per_cent, inside] = self.columns(&total.comparison);
            totals.add_row([
                used(total.list).to_owned(),
                total.cells.to_string(),
                total.different.to_string(),
                total.outside.to_string(),
                mine,
                theirs,
                difference,
                per_cent,
                inside,
            ]);
        }
        writeln!(f, "\n{totals}")?;
        writeln!(f, "\nmy book's rows\n{}", self.my_report)?;
        write!(f, "their book's rows\n{}", self.their_report)
    }
}

impl ReconcileArgs {
    pub fn run(&self, ctx: &Context) -> Result<Reconciled> {
        let pair = &self.books.tadig;
        let TwoBooks { mine, theirs } =
            self.books
                .import(ctx, self.decimals, self.from.zip(self.until))?;
        let books = reconcile(&mine, &theirs, self.tolerance_bps, self.decimals)
            .context("the books cannot be compared")?;
        if let Some(csv) = &self.csv {
            write_new(csv, books.to_csv().as_bytes())?;
            ctx.note(format_args!("wrote {}", csv.display()));
        }
        Ok(Reconciled {
            mine: pair.one.to_string(),
            theirs: pair.other.to_string(),
            books,
            my_report: ReportView(mine.report),
            their_report: ReportView(theirs.report),
            only_different: self.different,
        })
    }
}
