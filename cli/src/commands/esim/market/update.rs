use anyhow::Result;
use esim_market::state::MarketTermsChange;
use wayfare_client::esim::instruction;

use crate::cli::Seconds;
use crate::cli::esim::MarketUpdateArgs;
use crate::commands::esim::find_market;
use crate::context::Context;
use crate::draft::Receipt;
use crate::error::Usage;
use crate::output::{Shown, Span};
use crate::views::esim::{MarketTermsView, percent};

/// Seconds as the program has them: more than 136 years are none.
pub fn window(span: Seconds, flag: &str) -> Result<u32> {
    Ok(u32::try_from(span.0).map_err(|_| Usage(format!("{flag}: {} s is too long", span.0)))?)
}

impl MarketUpdateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.market.name;
        let terms = &self.terms;
        let span = |span: Option<Seconds>, flag| span.map(|span| window(span, flag)).transpose();
        let change = MarketTermsChange {
            arbiter: terms.arbiter,
            treasury: terms.treasury,
            fee_bps: terms.fee_bps,
            max_delivery_window: span(terms.max_delivery_window, "--max-delivery-window")?,
            min_release_window: span(terms.min_release_window, "--min-release-window")?,
            max_release_window: span(terms.max_release_window, "--max-release-window")?,
            answer_window: span(terms.answer_window, "--answer-window")?,
            arbiter_window: span(terms.arbiter_window, "--arbiter-window")?,
            retention: span(terms.retention, "--retention")?,
        };
        draft.describe(format!("update the market {name}"), details(&change));
        draft.describe_before(|| {
            let (_, market) = find_market(ctx, name)?;
            Ok(MarketTermsView::from(&market.terms).fields())
        })?;
        draft.add(instruction::update_market(
            self.market.address()?,
            draft.signer,
            change,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}

/// The fields that change.
fn details(change: &MarketTermsChange) -> Vec<(&'static str, Shown)> {
    let span = |seconds: Option<u32>| seconds.map(|seconds| Shown::of(Span(seconds.into())));
    [
        ("arbiter", change.arbiter.map(Shown::from)),
        ("treasury", change.treasury.map(Shown::from)),
        (
            "fee",
            change.fee_bps.map(|bps| Shown::new(percent(bps), bps)),
        ),
        ("max delivery window", span(change.max_delivery_window)),
        ("min release window", span(change.min_release_window)),
        ("max release window", span(change.max_release_window)),
        ("answer window", span(change.answer_window)),
        ("arbiter window", span(change.arbiter_window)),
        ("retention", span(change.retention)),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value?)))
    .collect()
}
