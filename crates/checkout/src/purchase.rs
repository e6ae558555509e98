//! Purchases for others to sign.

use std::str::FromStr;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use esim_market::state::Order;
use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_sha256_hasher::hashv;
use wayfare_client::error::ClientError;
use wayfare_client::esim::address;
use wayfare_client::esim::instruction::{self, Purchase};
use wayfare_client::esim::offers::{self, Hindrance, Offer, PayerHindrance};
use wayfare_client::{send, token};
use wayfare_core::amount;
use wayfare_core::esim::public_key::is_usable_key;
use wayfare_core::esim::shop;

use crate::problem::Problem;
use crate::shop::{Shop, no_plan};
use crate::words::moment;

/// What a buyer asks for, under the terms that the buyer was shown.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub plan: Pubkey,
    /// Buys, pays and signs.
    pub account: Pubkey,
    pub order_id: u64,
    /// X25519: whose secret reads the delivery.
    pub key: [u8; 32],
    /// Of the plan's terms.
    pub version: u64,
    /// Of the market's terms.
    pub market_version: u64,
    /// Base units.
    pub max_price: u64,
}

/// A transaction for a wallet, as Solana Pay's transaction requests answer, and the order that it makes.
#[derive(Debug, Serialize)]
pub struct Unsigned {
    /// Base64, in the legacy format.
    pub transaction: String,
    /// What a wallet shows.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// Reads a part of a request; `name` is what it is called there.
pub fn read<T: FromStr>(name: &str, what: &str, text: Option<&str>) -> Result<T, Problem> {
    let text =
        text.ok_or_else(|| Problem::bad_request(format!("{name} is missing: give {what}")))?;
    text.parse()
        .map_err(|_| Problem::bad_request(format!("{name} is not {what}")))
}

/// Reads a wallet's address.
pub fn read_account(text: &str) -> Result<Pubkey, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-account",
            "account is not the address of a wallet: 32 bytes in base58",
        )
    })
}

/// Reads a delivery key that can be encrypted to.
pub fn read_key(text: Option<&str>) -> Result<[u8; 32], Problem> {
    text.and_then(|text| text.parse().ok())
        .map(|key: Pubkey| key.to_bytes())
        .filter(is_usable_key)
        .ok_or_else(bad_key)
}

fn bad_key() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-key",
        "key is not the public key of a delivery key: open the plan's page, which makes one, or take the output of \
         `wayfare esim delivery-key new`",
    )
}

/// The number of an order that is made without a page to remember one: the same request is the same order, so that asking
/// twice pays once. For another one of the plan, another delivery key is used.
pub fn order_id_of(plan: &Pubkey, account: &Pubkey, key: &[u8; 32]) -> u64 {
    let hash = hashv(&[b"wayfare/action", plan.as_ref(), account.as_ref(), key]);
    let [a, b, c, d, e, f, g, h, ..] = hash.to_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Shop {
    /// Builds a purchase that the chain would take now: it is simulated. What the chain refuses is refused, with the
    /// reason.
    pub fn purchase(&self, request: &Request) -> Result<Unsigned, Problem> {
        let catalogue = self.catalogue()?;
        let Some(offer) = catalogue.offer(&request.plan) else {
            let why = self.why_refused(request)?;
            return Err(why.unwrap_or_else(|| no_plan(request.plan)));
        };
        let is_somebodys = [
            request.account,
            request.plan,
            self.market,
            offer.plan.terms.mint,
        ]
        .iter()
        .any(|address| address.to_bytes() == request.key);
        if is_somebodys {
            return Err(bad_key());
        }
        let purchase = purchase_of(offer, request);
        let instructions = [instruction::purchase(&purchase, request.key)];
        let price = send::price(&self.cluster, self.price, &instructions)?;
        match send::unsigned(&self.cluster, &instructions, &request.account, price) {
            Ok(bytes) => Ok(Unsigned {
                transaction: BASE64_STANDARD.encode(bytes),
                message: self.describe(offer, &request.key),
                order: Some(purchase.order().to_string()),
            }),
            Err(ClientError::Refused(refusal)) if !refusal.is_transient() => {
                let why = self.why_refused(request)?;
                Err(why.unwrap_or_else(|| ClientError::Refused(refusal).into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn describe(&self, offer: &Offer, key: &[u8; 32]) -> String {
        let terms = &offer.plan.terms;
        let key: String = Pubkey::new_from_array(*key).to_string();
        // What is certain comes first, and what the seller wrote last, so that it cannot be taken for a part of that; between
        // isolates (UAX #9), so that it cannot turn around what stands before it.
        format!(
            "{}, {}, for {}, and a deposit of {} SOL that comes back. The money waits until the eSIM is delivered; if it is not \
             within {}, it can be fetched back. Only who has the delivery key {}… can read the eSIM. The seller calls it \
             “\u{2068}{}\u{2069}”.",
            shop::data(terms.data_mb),
            shop::days(terms.validity_days),
            self.price(offer),
            self.deposit(),
            shop::duration(terms.delivery_window.into()),
            key.get(..8).unwrap_or(&key),
            self.title(offer),
        )
    }

    /// What a person can do about a purchase that the chain refuses, by what it looks like now. That it is paid already comes
    /// first: whatever has become of the plan since, nobody who has paid is told to pay for another one.
    fn why_refused(&self, request: &Request) -> Result<Option<Problem>, Problem> {
        let order = address::order(&request.plan, &request.account, request.order_id);
        if self.cluster.find_state::<Order>(&order)?.is_some() {
            return Ok(Some(Problem {
                order: Some(order.to_string()),
                ..Problem::conflict(
                    "order-exists",
                    "this order is paid already: find it under your orders; another one needs another number or key",
                )
            }));
        }
        let catalogue = self.catalogue_now()?;
        let Some(offer) = catalogue.offer(&request.plan) else {
            return Ok(Some(no_plan(request.plan)));
        };
        if let Some(hindrance) = &offer.hindrance {
            return Ok(Some(hindered(hindrance)));
        }
        let price = shop::price(offer.paid, offer.decimals);
        if catalogue.market.terms_version != request.market_version {
            return Ok(Some(Problem::conflict(
                "repriced",
                "the market's terms have changed since you saw them: look at the plan again"
                    .to_owned(),
            )));
        }
        if offer.plan.terms_version != request.version || offer.paid > request.max_price {
            return Ok(Some(Problem::conflict(
                "repriced",
                format!(
                    "the plan has changed since you saw it, and costs {price} tokens now: look at its terms again"
                ),
            )));
        }
        let purchase = purchase_of(offer, request);
        let found = offers::payer(&self.cluster, &purchase, offer.paid)?;
        Ok(found
            .hindrance
            .map(|hindrance| cannot_pay(&hindrance, offer, &price)))
    }
}

fn purchase_of(offer: &Offer, request: &Request) -> Purchase {
    let vault = offer.vault;
    Purchase {
        payer: request.account,
        buyer: request.account,
        market: offer.plan.market,
        seller: offer.plan.seller,
        plan: offer.address,
        vault,
        source: token::token_account(&request.account, &vault.mint, &vault.token_program),
        order_id: request.order_id,
        plan_version: request.version,
        market_version: request.market_version,
        max_price: request.max_price,
    }
}

/// Why nobody can buy a plan now.
pub fn hindered(hindrance: &Hindrance) -> Problem {
    let (code, message) = match hindrance {
        Hindrance::Paused { until } => (
            "paused",
            format!(
                "the market is paused until {}: try again then",
                moment(*until)
            ),
        ),
        Hindrance::SoldOut => (
            "sold-out",
            "the plan is sold out: choose another one".to_owned(),
        ),
        Hindrance::OffSale | Hindrance::SellerNotApproved | Hindrance::Terms { .. } => (
            "off-sale",
            format!("the plan cannot be bought now: {hindrance}; choose another one"),
        ),
    };
    Problem::conflict(code, message)
}

fn cannot_pay(hindrance: &PayerHindrance, offer: &Offer, price: &str) -> Problem {
    let mint = offer.plan.terms.mint;
    let (code, message) = match hindrance {
        PayerHindrance::OrderExists => (
            "order-exists",
            "this order is being paid: find it under your orders".to_owned(),
        ),
        PayerHindrance::NoTokenAccount
        | PayerHindrance::NotATokenAccount
        | PayerHindrance::NotOwned => (
            "no-token-account",
            format!(
                "this wallet has no account for the token {mint}: bring {price} of it there first"
            ),
        ),
        PayerHindrance::Frozen => (
            "refused",
            format!("this wallet's account for the token {mint} is frozen by the token's issuer"),
        ),
        PayerHindrance::TooFewTokens { held } => (
            "no-funds",
            format!(
                "this wallet holds {} of the token {mint}, and the price is {price}: bring more first",
                shop::price(*held, offer.decimals)
            ),
        ),
        PayerHindrance::TooFewLamports { held, rent } => (
            "no-sol",
            format!(
                "this wallet holds {} SOL, and the order needs {} SOL, which come back, and a network fee: bring more first",
                amount::sol(*held),
                amount::sol(*rent)
            ),
        ),
    };
    Problem::conflict(code, message)
}
