//! Package lists in the shape of Airalo's partner API, read into plans.
//!
//! The shape is that of `GET /v2/packages`
//! (<https://developers.partners.airalo.com/get-packages-11883036e0>; the fields' meanings:
//! <https://developers.partners.airalo.com/attribute-descriptions-752392m0>), which other sellers' lists follow.
//! Fields that a plan has no use for are left alone:
//!
//! ```json
//! {"data": [{
//!   "slug": "france", "country_code": "FR", "title": "France",
//!   "operators": [{
//!     "title": "Example", "rechargeability": true, "activation_policy": "first-usage",
//!     "countries": [{"country_code": "FR", "title": "France"}],
//!     "packages": [{
//!       "id": "example-7days-1gb", "type": "sim", "title": "1 GB - 7 days",
//!       "price": 4.5, "net_price": 1.4, "amount": 1024, "data": "1 GB", "is_unlimited": false,
//!       "day": 7, "voice": null, "text": null,
//!       "prices": {"net_price": {"USD": 1.4}, "recommended_retail_price": {"USD": 4.5}}
//!     }]
//!   }]
//! }]}
//! ```
//!
//! From its second page on, the API may give `data` as an object of the same entries; that is read too. Prices are in
//! US dollars, so the plan's mint should be worth one. They are read as they are written, digit by digit: no float is
//! involved. A package that cannot become a plan without a guess is left out, and said so.

use super::MAX_VALIDITY_DAYS;
use super::countries::{Code, Countries, UnknownCountry};
use crate::amount::{self, AmountError};
use crate::name::{MAX_NAME_LEN, is_name};
use serde::Deserialize;
use serde_json::value::RawValue;
use solana_sha256_hasher::hashv;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use thiserror::Error;

/// The currency of the prices without one, and of the plans.
const CURRENCY: &str = "USD";

/// Characters that a shortened plan id keeps of the package's id; then come `-` and [`ID_HASH_DIGITS`] digits.
const ID_KEPT: usize = 23;

/// Hexadecimal digits of the SHA-256 of a package's id, in a shortened plan id.
const ID_HASH_DIGITS: usize = 8;

const _: () = assert!(ID_KEPT + 1 + ID_HASH_DIGITS == MAX_NAME_LEN);

/// Deepest nesting of a package that is described.
const MAX_DEPTH: u8 = 16;

/// What a package list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// What can be offered as a plan, in the list's order.
    pub drafts: Vec<PackageDraft>,
    /// What cannot, in the list's order.
    pub unpriced: Vec<Unpriced>,
}

/// A package as a plan to be offered. Prices are base units of the mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageDraft {
    /// The package's own id.
    pub package: String,
    /// The plan's id: the package's, or a shortened one with the beginning of its hash.
    pub plan_id: String,
    /// The title of the package, with its destination before it: `France: 1 GB - 7 days`.
    pub title: String,
    /// The operator that it is of.
    pub operator: String,
    /// What the buyer pays: `price`, or the recommended retail price.
    pub price: u64,
    /// What must remain for the seller: `net_price`, which it pays for the package itself.
    pub floor_price: u64,
    /// Megabytes; 0 is unlimited.
    pub data_mb: u64,
    /// Days.
    pub validity_days: u16,
    /// Where it works.
    pub countries: Countries,
    /// Minutes of calls.
    pub voice_minutes: u32,
    /// Text messages.
    pub sms: u32,
    /// When its days begin.
    pub activation_policy: ActivationPolicy,
    /// Whether it can be topped up.
    pub top_up: bool,
    /// How use is limited that is unlimited by name, in the seller's words.
    pub fair_use: Option<String>,
    /// The package as JSON in one form: no white space, keys in order, strings escaped no more than they must be,
    /// numbers as they were written.
    pub description: String,
    /// SHA-256 of the description.
    pub description_hash: [u8; 32],
}

/// When a package's days begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ActivationPolicy {
    /// When the profile is installed on a phone.
    #[serde(rename = "installation")]
    Installation,
    /// When it first connects to a network.
    #[serde(rename = "first-usage")]
    FirstUse,
}

/// A package that cannot be offered as it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{position} ({}): {reason}", if .package.is_empty() { "no id" } else { .package })]
pub struct Unpriced {
    /// The package's id, if it has one.
    pub package: String,
    /// Where it is in the list, such as `data[3].operators[0].packages[2]`, counted from 0.
    pub position: String,
    /// Why.
    pub reason: Reason,
}

/// Why a package cannot be offered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// A field is missing or is not what it should be.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// An id that says nothing.
    #[error("its id has no letter and no digit")]
    Id,
    /// Not the first of its id.
    #[error("the list has this id already, at {0}")]
    Repeated(String),
    /// For those who have an eSIM already.
    #[error("it is a top-up, which cannot be bought by itself")]
    TopUp,
    /// Another type than `sim`.
    #[error("its type is \"{0}\", not \"sim\"")]
    Type(String),
    /// There is no price in dollars.
    #[error("it has no {0} in US dollars")]
    NoPrice(PriceField),
    /// Zero or less.
    #[error("its {field} is {text}: it must be above zero")]
    NotPositive {
        /// Which price.
        field: PriceField,
        /// What it is.
        text: String,
    },
    /// Not an amount of the mint.
    #[error("its {field}: {source}")]
    Amount {
        /// Which price.
        field: PriceField,
        /// What is wrong with it.
        source: AmountError,
    },
    /// The list has it in two places, and they differ.
    #[error("its {field} is {plain}, but {listed} among its prices")]
    TwoPrices {
        /// Which price.
        field: PriceField,
        /// In the package.
        plain: String,
        /// In its `prices`.
        listed: String,
    },
    /// It would be sold at a loss.
    #[error("its net price {net} is above its price {price}")]
    Loss {
        /// The seller's cost.
        net: String,
        /// The buyer's price.
        price: String,
    },
    /// An amount of data, and none at a time.
    #[error("it is unlimited, but has {0} of data")]
    UnlimitedWithAmount(String),
    /// No data at all: a plan of 0 MB would be unlimited.
    #[error("it has no data, and is not unlimited")]
    NoData,
    /// Valid for no time, or for longer than a plan can be.
    #[error("it is valid for {0} days: a plan is for 1 to {MAX_VALIDITY_DAYS}")]
    Validity(u64),
    /// It works nowhere.
    #[error("it has no countries")]
    NoCountries,
    /// Countries that do not exist.
    #[error("no countries: {}", joined(.0))]
    Countries(Vec<UnknownCountry>),
    /// Another policy than the two that are known, or none.
    #[error("its operator's activation policy is {}: it must be \"first-usage\" or \"installation\"",
        .0.as_ref().map_or("missing".to_owned(), |policy| format!("\"{policy}\"")))]
    ActivationPolicy(Option<String>),
}

/// One of a package's two prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceField {
    /// `price`, `recommended_retail_price`.
    Price,
    /// `net_price`.
    NetPrice,
}

/// Why a text is no package list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AiraloError {
    /// Not JSON, or not in this shape.
    #[error("not a package list in the shape of Airalo's partner API: {0}")]
    Shape(String),
    /// There are no packages in it.
    #[error("the package list is empty")]
    Empty,
}

/// The list.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

/// A destination.
#[derive(Deserialize)]
struct Destination<'a> {
    #[serde(default)]
    title: String,
    #[serde(default)]
    country_code: Option<String>,
    #[serde(borrow)]
    operators: Vec<Operator<'a>>,
}

/// An operator of a destination.
#[derive(Deserialize)]
struct Operator<'a> {
    #[serde(default)]
    title: String,
    #[serde(default)]
    rechargeability: bool,
    #[serde(default)]
    activation_policy: Option<String>,
    #[serde(default)]
    countries: Vec<Country>,
    #[serde(borrow)]
    packages: Vec<&'a RawValue>,
}

/// A country of an operator.
#[derive(Deserialize)]
struct Country {
    country_code: String,
}

/// A package.
#[derive(Deserialize)]
struct Package<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(borrow, default)]
    price: Option<&'a RawValue>,
    #[serde(borrow, default)]
    net_price: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prices: Prices<'a>,
    #[serde(default)]
    amount: Option<u64>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    is_unlimited: bool,
    day: u64,
    #[serde(default)]
    voice: Option<u32>,
    #[serde(default)]
    text: Option<u32>,
    #[serde(default)]
    fair_usage_policy: Option<String>,
}

/// A package's prices by currency.
#[derive(Default, Deserialize)]
struct Prices<'a> {
    #[serde(borrow, default)]
    net_price: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    recommended_retail_price: BTreeMap<String, &'a RawValue>,
}

/// The id alone, which a message names even if the rest cannot be read.
#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Reads a package list for a mint with the given decimals.
///
/// # Errors
///
/// [`AiraloError`] if the list itself cannot be read; what is wrong with one package is said of it alone.
pub fn read(text: &str, decimals: u8) -> Result<Packages, AiraloError> {
    let shape = |e: serde_json::Error| AiraloError::Shape(e.to_string());
    let page: Page = serde_json::from_str(text).map_err(shape)?;
    let destinations: Vec<(String, Destination)> = if page.data.get().starts_with('{') {
        let data: BTreeMap<String, Destination> =
            serde_json::from_str(page.data.get()).map_err(shape)?;
        let named = |(key, value)| (format!("data[{key:?}]"), value);
        data.into_iter().map(named).collect()
    } else {
        let data: Vec<Destination> = serde_json::from_str(page.data.get()).map_err(shape)?;
        let named = |(at, value)| (format!("data[{at}]"), value);
        data.into_iter().enumerate().map(named).collect()
    };

    let mut packages = Packages::default();
    let mut seen = HashMap::new();
    let mut plans = HashMap::new();
    for (place, destination) in &destinations {
        for (at, operator) in destination.operators.iter().enumerate() {
            for (n, package) in operator.packages.iter().enumerate() {
                let position = format!("{place}.operators[{at}].packages[{n}]");
                let id = serde_json::from_str(package.get()).map_or(String::new(), |n: Named| n.id);
                let read = match seen.get(&id) {
                    Some(first) => Err(Reason::Repeated(String::clone(first))),
                    None => draft(&id, package, operator, destination, decimals),
                }
                .and_then(|draft| match plans.entry(draft.plan_id.clone()) {
                    // Two ids that are shortened to one.
                    Entry::Occupied(first) => Err(Reason::Repeated(String::clone(first.get()))),
                    Entry::Vacant(place) => {
                        place.insert(position.clone());
                        Ok(draft)
                    }
                });
                match read {
                    Ok(draft) => packages.drafts.push(draft),
                    Err(reason) => packages.unpriced.push(Unpriced {
                        package: id.clone(),
                        position: position.clone(),
                        reason,
                    }),
                }
                if !id.is_empty() {
                    seen.entry(id).or_insert(position);
                }
            }
        }
    }
    if packages == Packages::default() {
        return Err(AiraloError::Empty);
    }
    Ok(packages)
}

/// The plan that a package makes.
fn draft(
    id: &str,
    raw: &RawValue,
    operator: &Operator,
    destination: &Destination,
    decimals: u8,
) -> Result<PackageDraft, Reason> {
    let package: Package =
        serde_json::from_str(raw.get()).map_err(|e| Reason::Malformed(e.to_string()))?;
    match package.kind.as_str() {
        "sim" => {}
        "topup" => return Err(Reason::TopUp),
        _ => return Err(Reason::Type(package.kind)),
    }
    let price = price(
        PriceField::Price,
        package.price,
        &package.prices.recommended_retail_price,
        decimals,
    )?;
    let net = self::price(
        PriceField::NetPrice,
        package.net_price,
        &package.prices.net_price,
        decimals,
    )?;
    if net > price {
        return Err(Reason::Loss {
            net: amount::format(net, decimals),
            price: amount::format(price, decimals),
        });
    }
    let validity_days = u16::try_from(package.day)
        .ok()
        .filter(|days| (1..=MAX_VALIDITY_DAYS).contains(days))
        .ok_or(Reason::Validity(package.day))?;
    let description = canonical(raw.get(), MAX_DEPTH)?;
    Ok(PackageDraft {
        package: id.to_owned(),
        plan_id: plan_id(id).ok_or(Reason::Id)?,
        title: [destination.title.as_str(), &package.title]
            .into_iter()
            .filter(|title| !title.is_empty())
            .collect::<Vec<_>>()
            .join(": "),
        operator: operator.title.clone(),
        price,
        floor_price: net,
        data_mb: data_mb(&package)?,
        validity_days,
        countries: countries(operator, destination)?,
        voice_minutes: package.voice.unwrap_or(0),
        sms: package.text.unwrap_or(0),
        activation_policy: match operator.activation_policy.as_deref() {
            Some("installation") => ActivationPolicy::Installation,
            Some("first-usage") => ActivationPolicy::FirstUse,
            other => return Err(Reason::ActivationPolicy(other.map(ToOwned::to_owned))),
        },
        top_up: operator.rechargeability,
        fair_use: package.fair_usage_policy,
        description_hash: hashv(&[description.as_bytes()]).to_bytes(),
        description,
    })
}

/// A price in base units: the package's own and the listed one, which must be the same where both are there.
fn price(
    field: PriceField,
    plain: Option<&RawValue>,
    listed: &BTreeMap<String, &RawValue>,
    decimals: u8,
) -> Result<u64, Reason> {
    let read = |raw: &RawValue| {
        // A number, or a number as text.
        let text = raw.get().trim_matches('"').to_owned();
        if text.starts_with('-') {
            return Err(Reason::NotPositive { field, text });
        }
        match amount::parse(&text, decimals) {
            Ok(0) => Err(Reason::NotPositive { field, text }),
            Ok(units) => Ok((units, text)),
            Err(source) => Err(Reason::Amount { field, source }),
        }
    };
    let plain = plain.map(read).transpose()?;
    let listed = listed.get(CURRENCY).map(|raw| read(raw)).transpose()?;
    match (plain, listed) {
        (Some((plain, plain_text)), Some((listed, listed_text))) if plain != listed => {
            Err(Reason::TwoPrices {
                field,
                plain: plain_text,
                listed: listed_text,
            })
        }
        (Some((units, _)), _) | (None, Some((units, _))) => Ok(units),
        (None, None) => Err(Reason::NoPrice(field)),
    }
}

/// A package's megabytes, 0 for unlimited.
///
/// The API says of `amount` that it is to be ignored for unlimited packages. It is, if `data` is a word as well:
/// otherwise the flag stands against both, and a plan that promises too much is the seller's loss.
fn data_mb(package: &Package) -> Result<u64, Reason> {
    let amount = package.amount.unwrap_or(0);
    if !package.is_unlimited {
        return match amount {
            0 => Err(Reason::NoData),
            _ => Ok(amount),
        };
    }
    match &package.data {
        Some(data) if data.contains(|c: char| c.is_ascii_digit()) => {
            Err(Reason::UnlimitedWithAmount(data.clone()))
        }
        None if amount != 0 => Err(Reason::UnlimitedWithAmount(format!("{amount} MB"))),
        _ => Ok(0),
    }
}

/// The operator's countries; the destination's, where it has none of its own.
fn countries(operator: &Operator, destination: &Destination) -> Result<Countries, Reason> {
    let own = operator.countries.iter().map(|c| &c.country_code);
    let codes: Vec<&String> = if operator.countries.is_empty() {
        let code = destination.country_code.iter();
        code.filter(|code| !code.is_empty()).collect()
    } else {
        own.collect()
    };
    let mut countries = Countries::NONE;
    let mut unknown = Vec::new();
    for code in codes {
        match Code::find(code) {
            // A name stands here by mistake.
            Ok(found) if code.len() == found.letters().len() => {
                countries.insert(found);
            }
            Ok(found) => unknown.push(UnknownCountry {
                text: code.clone(),
                suggestions: vec![found],
            }),
            Err(error) => unknown.push(error),
        }
    }
    if !unknown.is_empty() {
        return Err(Reason::Countries(unknown));
    }
    if countries.is_empty() {
        return Err(Reason::NoCountries);
    }
    Ok(countries)
}

/// The plan id of a package's id: the same, if it can be one. Otherwise its first 23 characters that a plan id may
/// have, `-`, and the first 8 hexadecimal digits of its SHA-256, so that two ids do not become one. `None` for an id
/// without letters and digits.
fn plan_id(id: &str) -> Option<String> {
    if is_name(id.as_bytes()) {
        return Some(id.to_owned());
    }
    let lower: String = id
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => c,
            _ => '-',
        })
        .collect();
    let kept: String = lower.trim_matches('-').chars().take(ID_KEPT).collect();
    let hash = hex::encode(hashv(&[id.as_bytes()]));
    let short = format!("{kept}-{}", hash.get(..ID_HASH_DIGITS)?);
    (!kept.is_empty() && is_name(short.as_bytes())).then_some(short)
}

/// JSON in one form: see [`PackageDraft::description`].
fn canonical(text: &str, depth: u8) -> Result<String, Reason> {
    let malformed = |e: serde_json::Error| Reason::Malformed(e.to_string());
    let text = text.trim();
    let Some(inner) = depth.checked_sub(1) else {
        return Err(Reason::Malformed("it is nested too deeply".to_owned()));
    };
    if text.starts_with('{') {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(malformed)?;
        let fields = fields.into_iter().map(|(name, value)| {
            let name = serde_json::to_string(&name).map_err(malformed)?;
            Ok(format!("{name}:{}", canonical(value.get(), inner)?))
        });
        Ok(format!(
            "{{{}}}",
            fields.collect::<Result<Vec<_>, _>>()?.join(",")
        ))
    } else if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(malformed)?;
        let elements = elements.into_iter().map(|e| canonical(e.get(), inner));
        Ok(format!(
            "[{}]",
            elements.collect::<Result<Vec<_>, _>>()?.join(",")
        ))
    } else if text.starts_with('"') {
        let string: String = serde_json::from_str(text).map_err(malformed)?;
        serde_json::to_string(&string).map_err(malformed)
    } else {
        Ok(text.to_owned())
    }
}

/// Unknown countries in a message.
fn joined(unknown: &[UnknownCountry]) -> String {
    let each: Vec<_> = unknown.iter().map(ToString::to_string).collect();
    each.join("; ")
}

impl fmt::Display for PriceField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Price => "price",
            Self::NetPrice => "net price",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const SAMPLE: &str = include_str!("../../../../data/airalo-packages-sample.json");

    /// A package that can be offered.
    fn package() -> Value {
        json!({
            "id": "example-7days-1gb", "type": "sim", "title": "1 GB - 7 days", "price": 4.5, "net_price": 1.4,
            "amount": 1024, "data": "1 GB", "is_unlimited": false, "day": 7, "voice": null, "text": null,
            "prices": {"net_price": {"USD": 1.4}, "recommended_retail_price": {"USD": 4.5}}
        })
    }

    /// An operator of packages.
    fn operator(packages: &[Value]) -> Value {
        json!({
            "title": "Example", "rechargeability": true, "activation_policy": "first-usage",
            "countries": [{"country_code": "FR", "title": "France"}], "packages": packages
        })
    }

    /// A list of one operator.
    fn list(operator: Value) -> String {
        json!({"data": [{"title": "France", "country_code": "FR", "operators": [operator]}]})
            .to_string()
    }

    /// The example package with some fields changed; those that are null are left out.
    fn changed(fields: Value) -> Value {
        let mut package = package();
        for (name, value) in fields.as_object().unwrap() {
            let package = package.as_object_mut().unwrap();
            match value {
                Value::Null => package.remove(name),
                value => package.insert(name.clone(), value.clone()),
            };
        }
        package
    }

    fn one(text: &str) -> Result<PackageDraft, Reason> {
        let mut packages = read(text, 6).unwrap();
        assert_eq!(packages.drafts.len() + packages.unpriced.len(), 1, "{text}");
        match packages.drafts.pop() {
            Some(draft) => Ok(draft),
            None => Err(packages.unpriced.remove(0).reason),
        }
    }

    fn of_package(package: Value) -> Result<PackageDraft, Reason> {
        one(&list(operator(&[package])))
    }

    #[test]
    fn a_package_becomes_a_plan() {
        let draft = of_package(package()).unwrap();
        let description = concat!(
            r#"{"amount":1024,"data":"1 GB","day":7,"id":"example-7days-1gb","is_unlimited":false,"#,
            r#""net_price":1.4,"price":4.5,"prices":{"net_price":{"USD":1.4},"#,
            r#""recommended_retail_price":{"USD":4.5}},"text":null,"title":"1 GB - 7 days","type":"sim","voice":null}"#
        );
        assert_eq!(
            draft,
            PackageDraft {
                package: "example-7days-1gb".into(),
                plan_id: "example-7days-1gb".into(),
                title: "France: 1 GB - 7 days".into(),
                operator: "Example".into(),
                price: 4_500_000,
                floor_price: 1_400_000,
                data_mb: 1_024,
                validity_days: 7,
                countries: "FR".parse().unwrap(),
                voice_minutes: 0,
                sms: 0,
                activation_policy: ActivationPolicy::FirstUse,
                top_up: true,
                fair_use: None,
                description: description.into(),
                description_hash: hashv(&[description.as_bytes()]).to_bytes(),
            }
        );
    }

    #[test]
    fn the_sample() {
        let packages = read(SAMPLE, 6).unwrap();
        assert_eq!(packages.drafts.len(), 42);
        let mut countries = Countries::NONE;
        for code in packages
            .drafts
            .iter()
            .flat_map(|d| d.countries.iter().collect::<Vec<_>>())
        {
            countries.insert(code);
        }
        assert!(countries.len() >= 60, "{}", countries.len());
        let operators: std::collections::BTreeSet<_> =
            packages.drafts.iter().map(|d| &d.operator).collect();
        assert!(operators.len() >= 3);
        assert!(
            packages
                .drafts
                .iter()
                .any(|d| d.data_mb == 0 && d.fair_use.is_some())
        );
        assert!(packages.drafts.iter().any(|d| d.countries.len() > 30));
        assert!(packages.drafts.iter().any(|d| d.plan_id != d.package));
        assert!(
            packages
                .drafts
                .iter()
                .any(|d| d.voice_minutes > 0 && d.sms > 0)
        );
        assert!(packages.drafts.iter().any(|d| !d.top_up));
        let reasons: Vec<_> = packages.unpriced.iter().map(ToString::to_string).collect();
        assert_eq!(
            reasons,
            [
                "data[3].operators[0].packages[1] (tramontana-es-top-up-30days-3gb): \
                 it is a top-up, which cannot be bought by itself",
                "data[7].operators[0].packages[1] (meridian-tr-30days-10gb): \
                 its net price 20.4 is above its price 19",
                "data[9].operators[0].packages[1] (andina-br-365days-50gb): \
                 it is valid for 400 days: a plan is for 1 to 366",
                "data[11].operators[0].packages[1] (sakura-link-th-3days-unlimited): \
                 it is unlimited, but has 5 GB of data",
                "data[12].operators[0].packages[1] (sakura-link-kr-30days-20gb): its net price: \
                 \"17.9999999\" has 7 digits after the point, but the mint has 6 decimals",
                "data[15].operators[0].packages[0] (baobab-ke-30days-60mins-60sms): \
                 it has no data, and is not unlimited",
                "data[17].operators[2].packages[0] (tramontana-channel-7days-3gb): \
                 no countries: \"UK\", did you mean GB (United Kingdom)?",
                "data[18].operators[1].packages[0] (sakura-link-asia-pay-later-30days-1gb): its operator's \
                 activation policy is \"on-arrival\": it must be \"first-usage\" or \"installation\"",
                "data[21].operators[1].packages[0] (meridian-gulf-local-15days-3gb): it has no countries",
                "data[23].operators[0].packages[0] (meridian-nz-30days-5gb): it has no price in US dollars",
            ]
        );
    }

    #[test]
    fn prices_are_read_digit_by_digit() {
        let of = |price: &str, net: &str, decimals| {
            let package = changed(json!({"price": null, "net_price": null, "prices": null}));
            let text = list(operator(&[package])).replace(
                r#""type":"sim""#,
                &format!(r#""type":"sim","price":{price},"net_price":{net}"#),
            );
            let mut packages = read(&text, decimals).unwrap();
            packages
                .drafts
                .pop()
                .map(|d| (d.price, d.floor_price))
                .ok_or_else(|| packages.unpriced.remove(0).reason)
        };
        // 2⁵³ + 1 base units, and a number that a float has as 4.1000000000000005.
        assert_eq!(
            of("9007199254.740993", "4.1", 6),
            Ok((9_007_199_254_740_993, 4_100_000))
        );
        assert_eq!(of("4.10", "\"4.1\"", 2), Ok((410, 410)));
        assert_eq!(of("4.0", "4", 1), Ok((40, 40)));
        use PriceField::{NetPrice, Price};
        use Reason::*;
        for (price, net, field) in [
            ("0", "1", Price),
            ("0.000", "1", Price),
            ("-4.5", "1", Price),
            ("4", "0", NetPrice),
            ("4", "-0.1", NetPrice),
        ] {
            let text = if field == Price { price } else { net }.to_owned();
            assert_eq!(of(price, net, 6), Err(NotPositive { field, text }));
        }
        for (price, net, field) in [
            ("4.1234567", "1", Price),
            ("1e3", "1", Price),
            ("\"four\"", "1", Price),
            ("true", "1", Price),
            ("{}", "1", Price),
            ("99999999999999", "1", Price),
            ("4", "\"1,5\"", NetPrice),
        ] {
            assert!(
                matches!(of(price, net, 6), Err(Amount { field: found, .. }) if found == field),
                "{price} {net}"
            );
        }
        assert_eq!(of("null", "1", 6), Err(NoPrice(Price)));
        assert_eq!(of("4", "null", 6), Err(NoPrice(NetPrice)));
        assert_eq!(of("4", "4", 6), Ok((4_000_000, 4_000_000)));
        assert_eq!(
            of("4", "4.000001", 6),
            Err(Loss {
                net: "4.000001".into(),
                price: "4".into()
            })
        );
    }

    #[test]
    fn prices_by_currency() {
        let only_listed = changed(json!({"price": null, "net_price": null}));
        let draft = of_package(only_listed).unwrap();
        assert_eq!((draft.price, draft.floor_price), (4_500_000, 1_400_000));
        let only_plain = changed(json!({"prices": null}));
        assert_eq!(of_package(only_plain).unwrap().price, 4_500_000);
        let euros = changed(json!({
            "price": null, "prices": {"recommended_retail_price": {"EUR": 4.5}, "net_price": {"USD": 1.4}}
        }));
        assert_eq!(of_package(euros), Err(Reason::NoPrice(PriceField::Price)));
        for (prices, field, plain, listed) in [
            (
                json!({"recommended_retail_price": {"USD": 5}}),
                PriceField::Price,
                "4.5",
                "5",
            ),
            (
                json!({"net_price": {"USD": "1.40001"}}),
                PriceField::NetPrice,
                "1.4",
                "1.40001",
            ),
        ] {
            assert_eq!(
                of_package(changed(json!({"prices": prices}))),
                Err(Reason::TwoPrices {
                    field,
                    plain: plain.into(),
                    listed: listed.into()
                })
            );
        }
        let same = json!({"recommended_retail_price": {"USD": "4.50"}, "net_price": {}});
        assert!(of_package(changed(json!({"prices": same}))).is_ok());
    }

    #[test]
    fn what_cannot_be_offered_says_why() {
        use Reason::*;
        for (fields, reason) in [
            (json!({"type": "topup"}), TopUp),
            (json!({"type": "voucher"}), Type("voucher".into())),
            (json!({"day": 0}), Validity(0)),
            (json!({"day": 367}), Validity(367)),
            (json!({"day": 65_537}), Validity(65_537)),
            (json!({"amount": 0}), NoData),
            (json!({"amount": null}), NoData),
            (
                json!({"is_unlimited": true}),
                UnlimitedWithAmount("1 GB".into()),
            ),
            (
                json!({"is_unlimited": true, "data": null}),
                UnlimitedWithAmount("1024 MB".into()),
            ),
            (json!({"id": "---"}), Id),
            (json!({"id": "é"}), Id),
            (json!({"id": ""}), Id),
        ] {
            assert_eq!(of_package(changed(fields.clone())), Err(reason), "{fields}");
        }
        for fields in [
            json!({"type": null}),
            json!({"day": null}),
            json!({"day": -1}),
            json!({"day": 7.5}),
            json!({"amount": -1}),
            json!({"voice": "many"}),
            json!({"is_unlimited": 1}),
            json!({"prices": 1}),
        ] {
            let found = of_package(changed(fields.clone()));
            assert!(matches!(found, Err(Malformed(_))), "{fields}: {found:?}");
        }
        for raw in [json!(1), json!("x"), json!([])] {
            assert!(matches!(of_package(raw), Err(Malformed(_))));
        }
        for days in [1, 366] {
            assert_eq!(
                of_package(changed(json!({"day": days})))
                    .unwrap()
                    .validity_days,
                days
            );
        }
        // The API says to ignore the amount of what is unlimited.
        for fields in [
            json!({"is_unlimited": true, "data": "Unlimited"}),
            json!({"is_unlimited": true, "data": "Illimité", "amount": 0}),
            json!({"is_unlimited": true, "data": null, "amount": 0}),
        ] {
            assert_eq!(of_package(changed(fields)).unwrap().data_mb, 0);
        }
    }

    #[test]
    fn operators() {
        let with = |name: &str, value: Value| {
            let mut operator = operator(&[package()]);
            operator[name] = value;
            one(&list(operator))
        };
        let policy = |text: &str| Reason::ActivationPolicy(Some(text.into()));
        assert_eq!(
            with("activation_policy", json!("installation"))
                .unwrap()
                .activation_policy,
            ActivationPolicy::Installation
        );
        assert_eq!(
            with("activation_policy", json!("First-usage")),
            Err(policy("First-usage"))
        );
        assert_eq!(
            with("activation_policy", Value::Null),
            Err(Reason::ActivationPolicy(None))
        );
        assert!(!with("rechargeability", json!(false)).unwrap().top_up);

        let codes = |codes: &[&str]| {
            let countries: Vec<_> = codes
                .iter()
                .map(|code| json!({"country_code": code}))
                .collect();
            with("countries", json!(countries)).map(|draft| draft.countries.to_string())
        };
        assert_eq!(codes(&["FR", "de", "FR", "XK"]), Ok("DE, FR, XK".into()));
        assert_eq!(codes(&[]), Ok("FR".into()), "the destination's");
        for (given, wrong) in [
            (&["FR", "UK", "ZZ"][..], &["UK", "ZZ"][..]),
            (&["France"], &["France"]),
            (&[""], &[""]),
        ] {
            let Err(Reason::Countries(unknown)) = codes(given) else {
                panic!("{given:?}")
            };
            let texts: Vec<_> = unknown.iter().map(|u| u.text.as_str()).collect();
            assert_eq!(texts, wrong);
        }
        for code in [json!(""), Value::Null] {
            let text = json!({"data": [{"country_code": code, "operators": [{
                "activation_policy": "installation", "packages": [package()]
            }]}]});
            assert_eq!(one(&text.to_string()), Err(Reason::NoCountries));
        }
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        let second = changed(json!({"id": "second"}));
        let broken = changed(json!({"id": "broken", "type": 1}));
        let list = list(operator(&[
            package(),
            broken.clone(),
            package(),
            second,
            broken,
        ]));
        let packages = read(&list, 6).unwrap();
        let ids: Vec<_> = packages.drafts.iter().map(|d| d.plan_id.as_str()).collect();
        assert_eq!(ids, ["example-7days-1gb", "second"]);
        let wrong: Vec<_> = packages
            .unpriced
            .iter()
            .map(|u| (u.package.as_str(), u.position.as_str()))
            .collect();
        let position = |n| {
            [
                "data[0].operators[0].packages[1]",
                "data[0].operators[0].packages[2]",
                "data[0].operators[0].packages[4]",
            ][n]
        };
        assert_eq!(
            wrong,
            [
                ("broken", position(0)),
                ("example-7days-1gb", position(1)),
                ("broken", position(2))
            ]
        );
        assert_eq!(
            packages.unpriced[1].reason,
            Reason::Repeated("data[0].operators[0].packages[0]".into())
        );

        // As the second page has it.
        let page = json!({"data": {"7": {"operators": [operator(&[package()])]}}}).to_string();
        assert_eq!(read(&page, 6).unwrap().drafts[0].title, "1 GB - 7 days");
        let page = json!({"data": {"7": {"operators": [operator(&[json!({})])]}}}).to_string();
        assert_eq!(
            read(&page, 6).unwrap().unpriced[0].to_string(),
            "data[\"7\"].operators[0].packages[0] (no id): it cannot be read: missing field `type` at line 1 column 2"
        );
    }

    #[test]
    fn what_is_no_list() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"data": 1}"#,
            r#"{"data": [1]}"#,
            r#"{"data": [{"operators": [{}]}]}"#,
            r#"{"data": [{}]}"#,
            r#"{"message": "Unauthenticated."}"#,
        ] {
            assert!(
                matches!(read(text, 6), Err(AiraloError::Shape(_))),
                "{text}"
            );
        }
        for text in [
            r#"{"data": []}"#,
            r#"{"data": {}}"#,
            r#"{"data": [{"operators": []}]}"#,
        ] {
            assert_eq!(read(text, 6), Err(AiraloError::Empty));
        }
    }

    #[test]
    fn plan_ids() {
        let long = "meridian-world-data-voice-text-365days-20gb";
        let hash = hex::encode(hashv(&[long.as_bytes()]));
        let short = format!("meridian-world-data-voi-{}", &hash[..8]);
        assert_eq!((short.len(), plan_id(long)), (32, Some(short)));
        for same in ["a", "elan-7days-1gb", &"x".repeat(32)] {
            assert_eq!(plan_id(same).as_deref(), Some(same));
        }
        // What is changed has a hash of what it was: none of these is another's.
        let changed = ["Elan", "elan_1", "elan 1", "-elan-1", "elan.1", "ÉLAN-1"];
        let ids: std::collections::BTreeSet<_> = changed.map(|id| plan_id(id).unwrap()).into();
        assert_eq!(ids.len(), changed.len());
        assert!(ids.iter().all(|id| is_name(id.as_bytes())));
        assert_eq!(plan_id("_"), None);
    }

    #[test]
    fn descriptions_have_one_form() {
        let canonical = |text: &str| canonical(text, MAX_DEPTH);
        let expected = r#"{"a":[1.50,true,null,"é\n"],"b":{"x":-0.0}}"#;
        for text in [
            r#"{"b":{"x":-0.0},"a":[1.50,true,null,"é\n"]}"#,
            "\n{ \"a\" : [ 1.50 , true,null , \"\\u00e9\\n\" ],\t\"b\": { \"x\" :-0.0 } }",
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected));
        }
        assert_ne!(canonical(r#"{"a":1.5}"#), canonical(r#"{"a":1.50}"#));
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(canonical(&nested(16)).is_ok());
        assert!(canonical(&nested(17)).is_err());
        assert!(
            of_package(changed(
                json!({"x": [[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]})
            ))
            .is_err()
        );
        // Far beyond what a recursion could take.
        let deep = list(operator(&[package()]))
            .replace(r#""day":7"#, &format!(r#""day":7,"x":{}"#, nested(100_000)));
        assert!(read(&deep, 6).is_err() || one(&deep).is_err());
    }

    proptest! {
        #[test]
        fn every_price_of_a_mint_is_read_exactly(net in 1u64..=u64::MAX, more: u64, decimals in 0u8..=19) {
            let price = net.saturating_add(more);
            let package = changed(json!({
                "price": amount::format(price, decimals), "net_price": amount::format(net, decimals), "prices": null
            }));
            let packages = read(&list(operator(&[package])), decimals).unwrap();
            prop_assert_eq!((packages.drafts[0].price, packages.drafts[0].floor_price), (price, net));
        }

        #[test]
        fn any_id_makes_a_plan_id_or_none(id in ".{0,60}") {
            if let Some(plan) = plan_id(&id) {
                prop_assert!(is_name(plan.as_bytes()), "{}", plan);
                prop_assert_eq!(plan_id(&id), Some(plan));
            }
        }

        #[test]
        fn a_damaged_list_ends_in_a_result(at in 0usize..54_000, byte in 0x20u8..0x7f, length in 0usize..30) {
            let mut bytes = SAMPLE.as_bytes().to_vec();
            bytes.splice(at..at + length, [byte]);
            if let Ok(text) = String::from_utf8(bytes)
                && let Ok(packages) = read(&text, 6)
            {
                prop_assert!(packages.drafts.len() + packages.unpriced.len() <= 52);
            }
        }
    }
}
