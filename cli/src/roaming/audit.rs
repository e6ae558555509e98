//! What `wayfare audit` says of a hub.

use std::fmt::{self, Display};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use wayfare_client::audit::Audit;
use wayfare_client::rewards::published_audit::PublishedAudit;
use wayfare_client::roaming::audit::HubAudit;

use crate::output::{Amount, Fields, table};
use crate::roaming::views::HubView;
use crate::views::{or_none, paused};

#[derive(Serialize)]
pub struct Books {
    #[serde(flatten)]
    hub: HubView,
    agreements: Vec<AgreementBooks>,
}

#[derive(Serialize)]
pub struct AgreementBooks {
    agreement: String,
    vault: Amount,
    first_balance: Amount,
    second_balance: Amount,
    first_arrears: Amount,
    second_arrears: Amount,
    fees: Amount,
    surplus: Amount,
}

impl Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hub = &self.hub;
        Fields(&[
            ("hub", format!("{} {}", hub.name, hub.address)),
            ("authority", hub.authority.clone()),
            ("pending authority", or_none(&hub.pending_authority)),
            ("arbiter", hub.terms.arbiter.clone()),
            ("guardian", hub.guardian.clone()),
            ("treasury", hub.terms.treasury.clone()),
            ("paused", paused(hub.paused_until)),
        ])
        .fmt(f)?;
        if !self.agreements.is_empty() {
            let mut agreements = table([
                "agreement",
                "vault",
                "first",
                "second",
                "first's arrears",
                "second's arrears",
                "fees",
                "surplus",
            ]);
            for agreement in &self.agreements {
                agreements.add_row([
                    agreement.agreement.clone(),
                    agreement.vault.to_string(),
                    agreement.first_balance.to_string(),
                    agreement.second_balance.to_string(),
                    agreement.first_arrears.to_string(),
                    agreement.second_arrears.to_string(),
                    agreement.fees.to_string(),
                    agreement.surplus.to_string(),
                ]);
            }
            writeln!(f, "{agreements}")?;
        }
        writeln!(f)
    }
}

impl From<&HubAudit> for Books {
    fn from(audit: &HubAudit) -> Self {
        let agreements = audit.books.agreements.iter().map(|agreement| {
            let amount = |units| Amount::new(units, agreement.decimals, &agreement.mint);
            let [first_balance, second_balance] = agreement.balances.map(amount);
            let [first_arrears, second_arrears] = agreement.arrears.map(amount);
            AgreementBooks {
                agreement: agreement.agreement.to_string(),
                vault: amount(agreement.vault),
                first_balance,
                second_balance,
                first_arrears,
                second_arrears,
                fees: amount(agreement.fees),
                surplus: amount(agreement.surplus),
            }
        });
        Self {
            hub: HubView::new(&audit.books.hub, &audit.state),
            agreements: agreements.collect(),
        }
    }
}

/// The program's books are on the chain alone.
pub fn published(
    _: &Audit<HubAudit>,
    _: &Path,
    _: Option<&Path>,
) -> Result<Option<PublishedAudit>> {
    Ok(None)
}
