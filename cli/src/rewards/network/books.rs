use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;
use wayfare_client::books::Finding;
use wayfare_client::rewards::books;

use crate::context::Context;
use crate::error::Exit;
use crate::output::{Amount, Fields, Output};
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::find::find_network;
use crate::views::findings::Findings;

/// A network's books at one moment.
#[derive(Serialize)]
pub struct BooksView {
    network: String,
    slot: u64,
    funded_total: Amount,
    lifetime_total: Amount,
    claimed_total: Amount,
    outstanding: Amount,
    vault_balance: Amount,
    surplus: Amount,
    donated: Amount,
    pages: u32,
    missing_pages: Vec<u32>,
    differences: Vec<Finding>,
}

impl Output for BooksView {
    fn exit(&self) -> Exit {
        if self.differences.is_empty() {
            Exit::Done
        } else {
            Exit::Unbalanced
        }
    }
}

impl Display for BooksView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("network", self.network.clone()),
            ("slot", self.slot.to_string()),
            ("funded", self.funded_total.to_string()),
            ("granted", self.lifetime_total.to_string()),
            ("claimed", self.claimed_total.to_string()),
            ("outstanding", self.outstanding.to_string()),
            ("vault", self.vault_balance.to_string()),
            ("surplus", self.surplus.to_string()),
            ("donated", self.donated.to_string()),
            (
                "claim pages",
                format!("{}, {} missing", self.pages, self.missing_pages.len()),
            ),
            ("differences", self.differences.len().to_string()),
        ])
        .fmt(f)?;
        Findings(&self.differences).fmt(f)
    }
}

pub fn run(args: &NetworkNameArgs, ctx: &Context) -> Result<BooksView> {
    let (address, _) = find_network(ctx, &args.name)?;
    let books = books::read(ctx.cluster()?, &address)?;
    let amount = |units| Amount::new(units, books.decimals, &books.mint);
    Ok(BooksView {
        network: args.name.clone(),
        slot: books.slot,
        funded_total: amount(books.funded_total),
        lifetime_total: amount(books.lifetime_total),
        claimed_total: amount(books.claimed_total),
        outstanding: amount(books.outstanding),
        vault_balance: amount(books.vault_balance),
        surplus: amount(books.surplus),
        donated: amount(books.donated),
        pages: books.pages,
        missing_pages: books.missing_pages,
        differences: books.checks.findings,
    })
}
