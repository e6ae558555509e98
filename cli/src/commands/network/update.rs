use anyhow::Result;
use node_rewards::state::NetworkTermsChange;
use serde_json::json;
use wayfare_client::rewards::instruction;
use wayfare_core::amount;

use crate::cli::NetworkUpdateArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Shown, Span};
use crate::views::rewards::TermsView;

impl NetworkUpdateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        let name = &self.network.name;
        let terms = &self.terms;
        let amounts = [
            &terms.emission_cap,
            &terms.limiter_capacity,
            &terms.limiter_refill,
        ];
        // Spans can be changed without knowing the mint.
        let decimals = if amounts.iter().any(|amount| amount.is_some()) {
            draft.decimals(name)?
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
            let (_, network) = ctx.network(name)?;
            Ok(TermsView::new(&network.terms, network.decimals, &network.mint).fields())
        })?;
        draft.add(instruction::update_network(
            self.network.address()?,
            draft.signer,
            change,
        ));
        draft.finish(Some(&self.confirm))
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
