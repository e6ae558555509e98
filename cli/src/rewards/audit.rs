//! What `wayfare audit` says of a network.

use std::fmt::{self, Display};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use wayfare_client::audit::Audit;
use wayfare_client::rewards::audit::NetworkAudit;
use wayfare_client::rewards::published_audit::{self, PublishedAudit};

use crate::output::{Amount, Fields};
use crate::rewards::views::NetworkView;
use crate::views::{or_none, paused};

#[derive(Serialize)]
pub struct Books {
    #[serde(flatten)]
    network: NetworkView,
    vault_balance: Amount,
    outstanding: Amount,
    surplus: Amount,
    donated: Amount,
    missing_pages: Vec<u32>,
}

impl Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = &self.network;
        Fields(&[
            ("network", format!("{} {}", network.name, network.address)),
            ("authority", network.authority.clone()),
            ("pending authority", or_none(&network.pending_authority)),
            ("guardian", network.guardian.clone()),
            ("publishers", network.publishers.to_string()),
            ("paused", paused(network.paused_until)),
            ("mint", network.mint.clone()),
            ("vault", self.vault_balance.to_string()),
            ("outstanding", self.outstanding.to_string()),
            ("surplus", self.surplus.to_string()),
            ("donated", self.donated.to_string()),
            ("missing pages", self.missing_pages.len().to_string()),
        ])
        .fmt(f)?;
        writeln!(f)
    }
}

impl From<&NetworkAudit> for Books {
    fn from(audit: &NetworkAudit) -> Self {
        let books = &audit.books;
        let amount = |units| Amount::new(units, books.decimals, &books.mint);
        Self {
            network: NetworkView::new(&books.network, &audit.state),
            vault_balance: amount(books.vault_balance),
            outstanding: amount(books.outstanding),
            surplus: amount(books.surplus),
            donated: amount(books.donated),
            missing_pages: books.missing_pages.clone(),
        }
    }
}

/// Holds an epoch's published data against the chain.
pub fn published(
    audit: &Audit<NetworkAudit>,
    data: &Path,
    previous: Option<&Path>,
) -> Result<Option<PublishedAudit>> {
    Ok(Some(published_audit::published(audit, data, previous)?))
}
