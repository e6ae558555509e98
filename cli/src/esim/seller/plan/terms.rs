//! A plan's terms, from flags and files.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use esim_market::constants::UNLIMITED_STOCK;
use esim_market::state::{ActivationPolicy, PlanTerms, RefundPolicy, StockChange};
use serde::Deserialize;
use solana_pubkey::Pubkey;
use wayfare_core::esim::countries::Countries;
use wayfare_core::esim::shop;

use crate::args::{Seconds, basis_points};
use crate::context::Context;
use crate::draft::Draft;
use crate::error::Usage;
use crate::esim::find::find_vault;
use crate::esim::seller::find::hash_of;
use crate::output::{Amount, Shown};

/// A plan's terms. Amounts are tokens of the mint, as decimals.
#[derive(Args)]
#[command(next_help_heading = "Terms")]
pub struct TermsArgs {
    /// TOML or JSON file with any of these terms, under the flags' names
    #[arg(long = "from", value_name = "FILE")]
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub terms: Terms,

    /// File with the full description, which is published elsewhere: its SHA-256 becomes part of the terms
    #[arg(long, value_name = "FILE")]
    pub description: Option<PathBuf>,
}

/// Terms of a plan as flags and files give them.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[command(next_help_heading = "Terms")]
pub struct Terms {
    /// Mint that the plan is priced in
    #[arg(long, value_name = "ADDRESS")]
    #[serde(default, deserialize_with = "parsed")]
    pub mint: Option<Pubkey>,

    /// What it costs, in tokens
    #[arg(long, value_name = "AMOUNT")]
    pub price: Option<String>,

    /// What must remain for the seller after discount and fee, in tokens [default: 0]
    #[arg(long, value_name = "AMOUNT")]
    pub floor_price: Option<String>,

    /// Off the price, in basis points [default: 0]
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub discount_bps: Option<u16>,

    /// Data, as in 500MB, 5GB or unlimited
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,

    /// Days that it is valid for
    #[arg(long, value_name = "N")]
    pub days: Option<u16>,

    /// Where it works: names or codes of countries between commas, as in "FR, DE, Italy"
    #[arg(long, value_name = "COUNTRIES")]
    pub countries: Option<String>,

    /// Minutes of calls included [default: 0]
    #[arg(long, value_name = "N")]
    pub voice_minutes: Option<u32>,

    /// Text messages included [default: 0]
    #[arg(long, value_name = "N")]
    pub sms: Option<u32>,

    /// Kilobits per second once the data are used up; 0 cuts off [default: 0]
    #[arg(long, value_name = "N")]
    pub throttle_kbps: Option<u32>,

    /// When its days begin [default: first-use]
    #[arg(long, value_enum)]
    pub valid_from: Option<Activation>,

    /// Until when an unused plan is refunded [default: until-installed]
    #[arg(long, value_enum)]
    pub refundable: Option<Refundable>,

    /// Whether an order can be topped up [default: false]
    #[arg(long, value_name = "true|false")]
    pub top_up: Option<bool>,

    /// Time to deliver, from the payment on
    #[arg(long, value_name = "SPAN")]
    #[serde(default, deserialize_with = "parsed")]
    pub delivery_window: Option<Seconds>,

    /// Time for the buyer to complain, from the delivery on
    #[arg(long, value_name = "SPAN")]
    #[serde(default, deserialize_with = "parsed")]
    pub release_window: Option<Seconds>,

    /// The buyer's share when the arbiter stays silent, in basis points [default: 5000]
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub default_split_bps: Option<u16>,

    /// SHA-256 of the full description, in hexadecimal digits
    #[arg(long, value_name = "HASH", conflicts_with = "description")]
    pub description_hash: Option<String>,
}

/// Reads what has a form as text: TOML and JSON give a string, or a number where that is the form.
pub fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u64),
        Text(String),
    }
    let text = match Given::deserialize(deserializer)? {
        Given::Number(number) => number.to_string(),
        Given::Text(text) => text,
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// When the profile is installed
    Installation,
    /// When it first connects to a network
    FirstUse,
}

impl From<Activation> for ActivationPolicy {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Installation => Self::Installation,
            Activation::FirstUse => Self::FirstUse,
        }
    }
}

/// Until when an unused plan is refunded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
pub enum Refundable {
    /// What is delivered is kept
    #[value(name = "until-delivery")]
    #[serde(rename = "until-delivery")]
    Delivery,
    #[default]
    #[value(name = "until-installed")]
    #[serde(rename = "until-installed")]
    Installed,
    #[value(name = "until-first-use")]
    #[serde(rename = "until-first-use")]
    FirstUse,
}

impl From<Refundable> for RefundPolicy {
    fn from(refundable: Refundable) -> Self {
        match refundable {
            Refundable::Delivery => Self::UntilDelivery,
            Refundable::Installed => Self::UntilInstalled,
            Refundable::FirstUse => Self::UntilActivated,
        }
    }
}

/// How many of a plan can be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock(pub StockChange);

impl FromStr for Stock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unlimited" {
            return Ok(Self(StockChange::Unlimited));
        }
        text.parse()
            .ok()
            .filter(|stock| *stock != UNLIMITED_STOCK)
            .map(|stock| Self(StockChange::Set(stock)))
            .ok_or_else(|| {
                format!("{text:?} is not a stock: give a whole number below {UNLIMITED_STOCK}, or unlimited")
            })
    }
}

impl std::fmt::Display for Stock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            StockChange::Unlimited => f.write_str("unlimited"),
            StockChange::Set(stock) => write!(f, "{stock}"),
            StockChange::Add(more) => write!(f, "{more} more"),
        }
    }
}

/// The floor price, where there is one.
pub fn floor(terms: &PlanTerms, decimals: u8) -> Option<(&'static str, Shown)> {
    (terms.floor_price > 0).then(|| {
        let floor = Amount::new(terms.floor_price, decimals, &terms.mint);
        ("floor price", Shown::of(floor))
    })
}

impl TermsArgs {
    /// Whether none is given.
    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.description.is_none() && self.terms == Terms::default()
    }

    /// All terms, and the decimals of their mint: by flag, else by file, else as they are `before`, else the default.
    pub fn complete(
        &self,
        ctx: &Context,
        market: &Pubkey,
        before: Option<&PlanTerms>,
    ) -> Result<(PlanTerms, u8)> {
        let mut given = self.terms.clone();
        if let Some(path) = &self.file {
            given = given.or(read(path)?);
        }
        let hash = match &self.description {
            Some(path) => Some(hash_of(path)?),
            None => given
                .description_hash
                .as_deref()
                .map(parse_hash)
                .transpose()?,
        };
        let mint = required(given.mint, before.map(|b| b.mint), "mint")?;
        let (_, vault) = find_vault(ctx, market, &mint)?;
        if let Some(before) = before.filter(|before| before.mint != mint) {
            // What is not named would keep its number of base units, which mean something else now.
            let is_named =
                given.price.is_some() && (given.floor_price.is_some() || before.floor_price == 0);
            if !is_named {
                bail!(Usage(
                    "with another mint, give --price and --floor-price too".into()
                ));
            }
        }
        Ok((
            given.terms(mint, vault.decimals, hash, before)?,
            vault.decimals,
        ))
    }
}

/// Reads terms from a file: JSON where its name says so, else TOML.
fn read(path: &Path) -> Result<Terms> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    let terms = match is_json {
        true => serde_json::from_str(&text).map_err(anyhow::Error::from),
        false => toml::from_str(&text).map_err(anyhow::Error::from),
    };
    terms.with_context(|| format!("{} holds no terms of a plan", path.display()))
}

fn parse_hash(text: &str) -> Result<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).map_err(|_| {
        anyhow!("{text:?} is no SHA-256: --description-hash has 64 hexadecimal digits")
    })?;
    Ok(hash)
}

fn required<T>(given: Option<T>, before: Option<T>, name: &str) -> Result<T> {
    given
        .or(before)
        .ok_or_else(|| Usage(format!("a plan needs --{name}, or {name} in its file")).into())
}

fn window(given: Option<Seconds>, before: Option<u32>, name: &str) -> Result<u32> {
    let given = given
        .map(|span| u32::try_from(span.0))
        .transpose()
        .with_context(|| format!("--{name}: a window is at most 90 days"))?;
    required(given, before, name)
}

impl Terms {
    /// These, and for what they do not name, those of a file.
    fn or(self, file: Self) -> Self {
        Self {
            mint: self.mint.or(file.mint),
            price: self.price.or(file.price),
            floor_price: self.floor_price.or(file.floor_price),
            discount_bps: self.discount_bps.or(file.discount_bps),
            data: self.data.or(file.data),
            days: self.days.or(file.days),
            countries: self.countries.or(file.countries),
            voice_minutes: self.voice_minutes.or(file.voice_minutes),
            sms: self.sms.or(file.sms),
            throttle_kbps: self.throttle_kbps.or(file.throttle_kbps),
            valid_from: self.valid_from.or(file.valid_from),
            refundable: self.refundable.or(file.refundable),
            top_up: self.top_up.or(file.top_up),
            delivery_window: self.delivery_window.or(file.delivery_window),
            release_window: self.release_window.or(file.release_window),
            default_split_bps: self.default_split_bps.or(file.default_split_bps),
            description_hash: self.description_hash.or(file.description_hash),
        }
    }

    fn terms(
        &self,
        mint: Pubkey,
        decimals: u8,
        description_hash: Option<[u8; 32]>,
        before: Option<&PlanTerms>,
    ) -> Result<PlanTerms> {
        let units = |text: &Option<String>, flag| {
            text.as_deref()
                .map(|text| Draft::units(text, flag, decimals))
                .transpose()
        };
        let price = units(&self.price, "--price")?;
        let floor_price = units(&self.floor_price, "--floor-price")?;
        let data_mb = self
            .data
            .as_deref()
            .map(|text| shop::parse_data(text).context("--data"))
            .transpose()?;
        let countries = self
            .countries
            .as_deref()
            .map(|text| text.parse::<Countries>().context("--countries"))
            .transpose()?;
        let or =
            |given: Option<u32>, of: fn(&PlanTerms) -> u32| given.or(before.map(of)).unwrap_or(0);
        Ok(PlanTerms {
            mint,
            price: required(price, before.map(|b| b.price), "price")?,
            floor_price: floor_price.or(before.map(|b| b.floor_price)).unwrap_or(0),
            discount_bps: self
                .discount_bps
                .or(before.map(|b| b.discount_bps))
                .unwrap_or(0),
            data_mb: required(data_mb, before.map(|b| b.data_mb), "data")?,
            validity_days: required(self.days, before.map(|b| b.validity_days), "days")?,
            countries: required(
                countries.map(|c| c.0),
                before.map(|b| b.countries),
                "countries",
            )?,
            voice_minutes: or(self.voice_minutes, |b| b.voice_minutes),
            sms: or(self.sms, |b| b.sms),
            throttle_kbps: or(self.throttle_kbps, |b| b.throttle_kbps),
            activation_policy: self
                .valid_from
                .map(Into::into)
                .or(before.map(|b| b.activation_policy))
                .unwrap_or_else(|| Activation::FirstUse.into()),
            refund_policy: self
                .refundable
                .map(Into::into)
                .or(before.map(|b| b.refund_policy))
                .unwrap_or_else(|| Refundable::default().into()),
            top_up: self.top_up.or(before.map(|b| b.top_up)).unwrap_or(false),
            delivery_window: window(
                self.delivery_window,
                before.map(|b| b.delivery_window),
                "delivery-window",
            )?,
            release_window: window(
                self.release_window,
                before.map(|b| b.release_window),
                "release-window",
            )?,
            default_split_bps: self
                .default_split_bps
                .or(before.map(|b| b.default_split_bps))
                .unwrap_or(5_000),
            description_hash: description_hash
                .or(before.map(|b| b.description_hash))
                .unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINT: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";

    fn file(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn toml() -> String {
        format!(
            "mint = \"{MINT}\"\nprice = \"4.50\"\ndata = \"1GB\"\ndays = 7\ncountries = \"FR, Germany\"\n\
             delivery-window = 600\nrelease-window = \"1d\"\nrefundable = \"until-first-use\"\ntop-up = true\n"
        )
    }

    #[test]
    fn files_in_both_forms_say_the_same_and_flags_count_before_them() {
        let (_folder, path) = file("plan.toml", &toml());
        let of_toml = read(&path).unwrap();
        let json = serde_json::json!({
            "mint": MINT, "price": "4.50", "data": "1GB", "days": 7, "countries": "FR, Germany",
            "delivery-window": "10m", "release-window": 86400, "refundable": "until-first-use", "top-up": true,
        });
        let (_folder, path) = file("plan.json", &json.to_string());
        assert_eq!(read(&path).unwrap(), of_toml);

        let mint: Pubkey = MINT.parse().unwrap();
        let terms = of_toml.terms(mint, 6, Some([7; 32]), None).unwrap();
        assert_eq!(
            (terms.price, terms.data_mb, terms.validity_days),
            (4_500_000, 1_024, 7)
        );
        assert_eq!((terms.delivery_window, terms.release_window), (600, 86_400));
        assert_eq!(Countries(terms.countries).to_string(), "DE, FR");
        assert_eq!(
            (terms.default_split_bps, terms.description_hash),
            (5_000, [7; 32])
        );

        let flags = Terms {
            price: Some("3".into()),
            top_up: Some(false),
            ..Terms::default()
        };
        let changed = flags
            .clone()
            .or(of_toml)
            .terms(mint, 6, Some([7; 32]), None)
            .unwrap();
        assert_eq!((changed.price, changed.top_up), (3_000_000, false));
        // What an update does not name stays.
        assert_eq!(flags.terms(mint, 6, None, Some(&terms)).unwrap(), changed);
    }

    #[test]
    fn what_is_wrong_with_terms_is_said() {
        for (text, expected) in [
            (toml() + "colour = \"blue\"\n", "colour"),
            (toml() + "sms = -1\n", "sms"),
            (toml().replace("ATok", "0"), "mint"),
            (toml().replace("until-first-use", "never"), "until-delivery"),
        ] {
            let (_folder, path) = file("plan.toml", &text);
            let error = format!("{:#}", read(&path).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
        let mint: Pubkey = MINT.parse().unwrap();
        for (text, expected) in [
            (toml().replace("4.50", "4.5000001"), "--price"),
            (
                toml().replace("FR, Germany", "FR, UK, Atlantis"),
                "Atlantis",
            ),
            (toml().replace("1GB", "1 TB"), "--data"),
            (toml().replace("days = 7\n", ""), "a plan needs --days"),
            (
                toml().replace("release-window = \"1d\"\n", ""),
                "--release-window",
            ),
        ] {
            let (_folder, path) = file("plan.toml", &text);
            let error = read(&path).unwrap().terms(mint, 6, None, None).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
        assert!(parse_hash(&"0".repeat(63)).is_err() && parse_hash(&"ab".repeat(32)).is_ok());
    }
}
