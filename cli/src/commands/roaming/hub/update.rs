use anyhow::{Context as _, Result};
use roaming_escrow::state::HubTermsChange;
use wayfare_client::roaming::error::refused;
use wayfare_client::roaming::instruction;

use crate::cli::roaming::HubUpdateArgs;
use crate::commands::roaming::find_hub;
use crate::context::Context;
use crate::draft::Receipt;
use crate::output::Shown;
use crate::views::esim::percent;
use crate::views::roaming::HubTermsView;

impl HubUpdateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.hub.name;
        let change = HubTermsChange {
            arbiter: self.terms.arbiter,
            treasury: self.terms.treasury,
            fee_bps: self.terms.fee_bps,
        };
        draft.describe(format!("update the hub {name}"), details(&change));
        draft.describe_before(|| {
            let (_, hub) = find_hub(ctx, name)?;
            change
                .applied_to(hub.terms().map_err(refused)?)
                .validate()
                .map_err(refused)
                .context("the hub's terms are refused")?;
            Ok(HubTermsView::from(&hub.terms).fields())
        })?;
        draft.add(instruction::update_hub(
            self.hub.address()?,
            draft.signer,
            change,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}

/// The fields that change.
fn details(change: &HubTermsChange) -> Vec<(&'static str, Shown)> {
    [
        ("arbiter", change.arbiter.map(Shown::from)),
        ("treasury", change.treasury.map(Shown::from)),
        (
            "fee",
            change.fee_bps.map(|bps| Shown::new(percent(bps), bps)),
        ),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}
