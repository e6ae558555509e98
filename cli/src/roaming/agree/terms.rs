use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Result};
use clap::Args;
use roaming_escrow::state::{AgreementTerms, Side};
use wayfare_client::roaming::error::refused;
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::args::{Seconds, basis_points};
use crate::context::Context;
use crate::error::Usage;
use crate::roaming::find::tadig;
use crate::roaming::usage;

/// Spans and shares of terms.
#[derive(Args, Default)]
pub struct TermsArgs {
    /// Tariff for an operator's subscribers on the other's network: its hash becomes a term. May be given for both
    #[arg(long = "tariff", value_name = "TADIG=FILE")]
    pub tariffs: Vec<TariffOf>,

    /// Time to answer a statement, and to restate a returned one. Silence past it is agreement
    #[arg(long, value_name = "SPAN")]
    pub statement_window: Option<Seconds>,

    /// Time for the two operators to agree on a disputed difference
    #[arg(long, value_name = "SPAN")]
    pub dispute_window: Option<Seconds>,

    /// Time for the arbiter to award it after that
    #[arg(long, value_name = "SPAN")]
    pub arbitration_window: Option<Seconds>,

    /// Time between the request of a withdrawal and the withdrawal, and between the start of the agreement's end and its end
    #[arg(long, value_name = "SPAN")]
    pub withdrawal_notice: Option<Seconds>,

    /// By how much the books may differ, in basis points of a statement's total
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub tolerance_bps: Option<u16>,

    /// The visited network's part of a difference that the arbiter does not decide in time, in basis points
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub default_award_bps: Option<u16>,
}

/// Whose tariff a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffOf {
    pub home: Folded,
    pub file: PathBuf,
}

impl FromStr for TariffOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (home, file) = text
            .split_once('=')
            .ok_or("write TADIG=FILE: whose subscribers pay by it, and the file")?;
        Ok(Self {
            home: Tadig::fold(home).map_err(|error| error.to_string())?,
            file: file.into(),
        })
    }
}

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
            // A file that is not a tariff would be a term that nobody can use.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tariff_is_named_with_its_file() {
        let tariff: TariffOf = "DEUD1=a=b.toml".parse().unwrap();
        assert_eq!(tariff.file, PathBuf::from("a=b.toml"));
        assert!("DEUD1".parse::<TariffOf>().is_err());
    }
}
