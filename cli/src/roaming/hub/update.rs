use anyhow::{Context as _, Result};
use clap::Args;
use roaming_escrow::state::HubTermsChange;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::error::refused;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::esim::views::percent;
use crate::governance::AuthorityArgs;
use crate::output::Shown;
use crate::roaming::args::HubNameArgs;
use crate::roaming::find::find_hub;
use crate::roaming::views::HubTermsView;

#[derive(Args)]
pub struct HubUpdateArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,
    #[command(flatten)]
    pub terms: HubTermsArgs,
    #[command(flatten)]
    pub by: AuthorityArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct HubTermsArgs {
    /// Who decides what is disputed when the two operators do not
    #[arg(long, value_name = "PUBKEY")]
    pub arbiter: Option<Pubkey>,

    /// Wallet whose associated token accounts get the fees
    #[arg(long, value_name = "PUBKEY")]
    pub treasury: Option<Pubkey>,

    /// The hub's share of what settlements pay, in basis points: at most 100
    #[arg(long, value_name = "N")]
    pub fee_bps: Option<u16>,
}

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
