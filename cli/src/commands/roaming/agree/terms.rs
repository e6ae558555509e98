use anyhow::{Context as _, Result};
use roaming_escrow::state::{AgreementTerms, Side};
use wayfare_client::roaming::error::refused;
use wayfare_core::roaming::tadig::Tadig;

use crate::cli::Seconds;
use crate::cli::roaming::TermsArgs;
use crate::commands::roaming::{tadig, usage};
use crate::context::Context;
use crate::error::Usage;

/// Seconds as the program has them: more than 136 years are none.
fn window(span: Seconds, flag: &str) -> Result<u32> {
    Ok(u32::try_from(span.0).map_err(|_| Usage(format!("{flag}: {} s is too long", span.0)))?)
}

impl TermsArgs {
    /// The terms that are named, over those of `base`. Without `base` all but the tariffs must be named.
    pub fn over(
        &self,
        ctx: &Context,
        base: Option<AgreementTerms>,
        side_of: impl Fn(Tadig) -> Result<Side>,
    ) -> Result<AgreementTerms> {
        let span = |given: Option<Seconds>, flag: &'static str, base: Option<u32>| match given {
            Some(span) => window(span, flag),
            None => base.ok_or_else(|| missing(flag)),
        };
        let share = |given: Option<u16>, flag: &'static str, base: Option<u16>| {
            given.or(base).ok_or_else(|| missing(flag))
        };
        let mut terms = AgreementTerms {
            statement_window: span(
                self.statement_window,
                "--statement-window",
                base.map(|terms| terms.statement_window),
            )?,
            dispute_window: span(
                self.dispute_window,
                "--dispute-window",
                base.map(|terms| terms.dispute_window),
            )?,
            arbitration_window: span(
                self.arbitration_window,
                "--arbitration-window",
                base.map(|terms| terms.arbitration_window),
            )?,
            withdrawal_notice: span(
                self.withdrawal_notice,
                "--withdrawal-notice",
                base.map(|terms| terms.withdrawal_notice),
            )?,
            tolerance_bps: share(
                self.tolerance_bps,
                "--tolerance-bps",
                base.map(|terms| terms.tolerance_bps),
            )?,
            default_award_bps: share(
                self.default_award_bps,
                "--default-award-bps",
                base.map(|terms| terms.default_award_bps),
            )?,
            ..base.unwrap_or_default()
        };
        for tariff in &self.tariffs {
            // A file that is no tariff would be a term that nobody can use.
            let hash = usage::read_tariff(&tariff.file)?.sha256;
            match side_of(tadig(ctx, &tariff.home))? {
                Side::First => terms.first_tariff_hash = hash,
                Side::Second => terms.second_tariff_hash = hash,
            }
        }
        terms
            .validate()
            .map_err(refused)
            .context("the terms are refused")?;
        Ok(terms)
    }
}

fn missing(flag: &str) -> anyhow::Error {
    Usage(format!("the first terms must be whole: give {flag} too")).into()
}
