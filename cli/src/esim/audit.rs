//! What `wayfare audit` says of a market.

use std::fmt::{self, Display};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use wayfare_client::audit::Audit;
use wayfare_client::esim::audit::MarketAudit;
use wayfare_client::rewards::published_audit::PublishedAudit;

use crate::esim::views::MarketView;
use crate::output::{Amount, Fields, table};
use crate::views::{or_none, paused};

#[derive(Serialize)]
pub struct Books {
    #[serde(flatten)]
    market: MarketView,
    vaults: Vec<VaultBooks>,
}

#[derive(Serialize)]
pub struct VaultBooks {
    vault: String,
    balance: Amount,
    held: Amount,
    surplus: Amount,
}

impl Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let market = &self.market;
        Fields(&[
            ("market", format!("{} {}", market.name, market.address)),
            ("authority", market.authority.clone()),
            ("pending authority", or_none(&market.pending_authority)),
            ("arbiter", market.terms.arbiter.clone()),
            ("guardian", market.guardian.clone()),
            ("treasury", market.terms.treasury.clone()),
            ("paused", paused(market.paused_until)),
        ])
        .fmt(f)?;
        if !self.vaults.is_empty() {
            let mut vaults = table(["vault", "balance", "held", "surplus"]);
            for vault in &self.vaults {
                vaults.add_row([
                    vault.vault.clone(),
                    vault.balance.to_string(),
                    vault.held.to_string(),
                    vault.surplus.to_string(),
                ]);
            }
            writeln!(f, "{vaults}")?;
        }
        writeln!(f)
    }
}

impl From<&MarketAudit> for Books {
    fn from(audit: &MarketAudit) -> Self {
        let vaults = audit.books.vaults.iter().map(|vault| {
            let amount = |units| Amount::new(units, vault.decimals, &vault.mint);
            VaultBooks {
                vault: vault.vault.to_string(),
                balance: amount(vault.balance),
                held: amount(vault.held),
                surplus: amount(vault.surplus),
            }
        });
        Self {
            market: MarketView::new(&audit.books.market, &audit.state),
            vaults: vaults.collect(),
        }
    }
}

/// The program's books are on the chain alone.
pub fn published(
    _: &Audit<MarketAudit>,
    _: &Path,
    _: Option<&Path>,
) -> Result<Option<PublishedAudit>> {
    Ok(None)
}
