use anyhow::Result;
use clap::Args;
use node_rewards::state::NetworkTermsChange;
use serde_json::json;
use wayfare_client::rewards::instruction;
use wayfare_core::amount;

use crate::args::Seconds;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::governance::AuthorityArgs;
use crate::output::{Shown, Span};
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::find::find_network;
use crate::rewards::views::TermsView;

#[derive(Args)]
pub struct NetworkUpdateArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    #[command(flatten)]
    pub terms: TermsArgs,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct TermsArgs {
    /// How long an epoch lasts
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Option<Seconds>,

    /// How long an approved epoch can be vetoed before it can be activated
    #[arg(long, value_name = "SPAN")]
    pub challenge_period: Option<Seconds>,

    /// Most that may be granted in one epoch
    #[arg(long, value_name = "AMOUNT")]
    pub emission_cap: Option<String>,

    /// Most that can leave the vault at once
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_capacity: Option<String>,

    /// What the limiter gets back each second
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_refill: Option<String>,

    /// Finest H3 resolution at which nodes publish their location, 0 to 15
    #[arg(long, value_name = "N")]
    pub location_resolution: Option<u8>,
}

impl NetworkUpdateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.network.name;
        let terms = &self.terms;
        let amounts = [
            &terms.emission_cap,
            &terms.limiter_capacity,
            &terms.limiter_refill,
        ];
        // Spans can be changed without knowing the mint.
        let decimals = if amounts.iter().any(|amount| amount.is_some()) {
            draft.decimals(|| Ok(find_network(ctx, name)?.1.decimals))?
        } else {
            0
        };
        let units = |text: &Option<String>, flag| {
            text.as_deref()
                .map(|text| Draft::units(text, flag, decimals))
                .transpose()
        };
        let change = NetworkTermsChange {
            epoch_length: terms.epoch_length.map(|span| span.0),
            challenge_period: terms.challenge_period.map(|span| span.0),
            emission_cap: units(&terms.emission_cap, "--emission-cap")?,
            limiter_capacity: units(&terms.limiter_capacity, "--limiter-capacity")?,
            limiter_refill: units(&terms.limiter_refill, "--limiter-refill")?,
            location_resolution: terms.location_resolution,
        };
        draft.describe(
            format!("update the network {name}"),
            details(&change, decimals),
        );
        draft.describe_before(|| {
            let (_, network) = find_network(ctx, name)?;
            Ok(TermsView::new(&network.terms, network.decimals, &network.mint).fields())
        })?;
        draft.add(instruction::update_network(
            self.network.address()?,
            draft.signer,
            change,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}

/// The fields that change. Without the network, the mint is not known.
fn details(change: &NetworkTermsChange, decimals: u8) -> Vec<(&'static str, Shown)> {
    let span = |seconds: Option<u64>| seconds.map(|seconds| Shown::of(Span(seconds)));
    let tokens = |units: Option<u64>, unit: &str| {
        units.map(|units| {
            let tokens = amount::format(units, decimals);
            let value = json!({ "base_units": units.to_string(), "tokens": tokens });
            Shown::new(tokens + unit, value)
        })
    };
    [
        ("epoch length", span(change.epoch_length)),
        ("challenge period", span(change.challenge_period)),
        ("emission cap", tokens(change.emission_cap, "")),
        ("limiter capacity", tokens(change.limiter_capacity, "")),
        ("limiter refill", tokens(change.limiter_refill, " a second")),
        (
            "location resolution",
            change.location_resolution.map(Shown::of),
        ),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}
