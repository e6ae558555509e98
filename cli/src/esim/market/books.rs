use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;
use wayfare_client::books::Finding;
use wayfare_client::esim::books;
use wayfare_core::amount;

use crate::context::Context;
use crate::error::Exit;
use crate::esim::find::find_market;
use crate::esim::market::args::MarketNameArgs;
use crate::output::{Amount, Fields, Output, table};
use crate::views::findings::Findings;

/// A market's books at one moment.
#[derive(Serialize)]
pub struct MarketBooks {
    market: String,
    slot: u64,
    sequence: u64,
    sellers: u64,
    plans: u64,
    orders: u64,
    vaults: Vec<VaultView>,
    differences: Vec<Finding>,
}

#[derive(Serialize)]
struct VaultView {
    vault: String,
    mint: String,
    accepted: bool,
    balance: Amount,
    held: Amount,
    /// What open orders have paid, and what ended ones still owe: base units and tokens.
    open: String,
    due: String,
    surplus: Amount,
}

impl Output for MarketBooks {
    fn exit(&self) -> Exit {
        if self.differences.is_empty() {
            Exit::Done
        } else {
            Exit::Unbalanced
        }
    }
}

impl Display for MarketBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("market", self.market.clone()),
            ("slot", self.slot.to_string()),
            ("sellers", self.sellers.to_string()),
            ("plans", self.plans.to_string()),
            ("orders", self.orders.to_string()),
            ("differences", self.differences.len().to_string()),
        ])
        .fmt(f)?;
        if !self.vaults.is_empty() {
            let mut vaults = table([
                "mint", "balance", "held", "open", "due", "surplus", "accepted",
            ]);
            for vault in &self.vaults {
                vaults.add_row([
                    vault.mint.clone(),
                    vault.balance.to_string(),
                    vault.held.to_string(),
                    vault.open.clone(),
                    vault.due.clone(),
                    vault.surplus.to_string(),
                    if vault.accepted { "yes" } else { "no" }.to_owned(),
                ]);
            }
            writeln!(f, "{vaults}")?;
        }
        Findings(&self.differences).fmt(f)
    }
}

pub fn run(args: &MarketNameArgs, ctx: &Context) -> Result<MarketBooks> {
    let (address, _) = find_market(ctx, &args.name)?;
    let books = books::read(ctx.cluster()?, &address)?;
    let vaults = books
        .vaults
        .iter()
        .map(|vault| {
            let units = |units| Amount::new(units, vault.decimals, &vault.mint);
            // Sums of amounts that the vault holds: only broken books go past 64 bits.
            let tokens = |sum: u128| match u64::try_from(sum) {
                Ok(units) => amount::format(units, vault.decimals),
                Err(_) => format!("{sum} base units"),
            };
            VaultView {
                vault: vault.vault.to_string(),
                mint: vault.mint.to_string(),
                accepted: vault.accepted,
                balance: units(vault.balance),
                held: units(vault.held),
                open: tokens(vault.open),
                due: tokens(vault.due),
                surplus: units(vault.surplus),
            }
        })
        .collect();
    Ok(MarketBooks {
        market: args.name.clone(),
        slot: books.slot,
        sequence: books.sequence,
        sellers: books.sellers,
        plans: books.plans,
        orders: books.orders.iter().sum(),
        vaults,
        differences: books.checks.findings,
    })
}
