//! Purchases for others to sign.

use std::str::FromStr;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use rand::Rng;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::error::ClientError;
use wayfare_client::esim::instruction::{self, Purchase};
use wayfare_client::esim::offers::{self, Hindrance, Offer, PayerHindrance};
use wayfare_client::{send, token};
use wayfare_core::amount;
use wayfare_core::esim::public_key::is_usable_key;
use wayfare_core::esim::{delivery, shop};

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
    pub version: u64,
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
        .ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad-key",
                "key is not a delivery key: open the plan's page, which makes one, or take the output of \
                 `wayfare esim delivery-key new`",
            )
        })
}

/// A number for an order that nobody has to remember.
pub fn random_order_id() -> Result<u64, Problem> {
    let mut rng = delivery::rng().map_err(|error| {
        Problem::unavailable(error.to_string(), std::time::Duration::from_secs(1))
    })?;
    Ok(rng.next_u64())
}

impl Shop {
    /// Builds a purchase that the chain would take now: it is simulated. What the chain refuses is refused, with the
    /// reason.
    pub fn purchase(&self, request: &Request) -> Result<Unsigned, Problem> {
        let catalogue = self.catalogue()?;
        let offer = catalogue
            .offer(&request.plan)
            .ok_or_else(|| no_plan(request.plan))?;
        let purchase = purchase_of(offer, request);
        let instructions = [instruction::purchase(&purchase, request.key)];
        let price = send::price(&self.cluster, self.price, &instructions)?;
        match send::unsigned(&self.cluster, &instructions, &request.account, price) {
            Ok(bytes) => Ok(Unsigned {
                transaction: BASE64_STANDARD.encode(bytes),
                message: self.describe(offer),
                order: Some(purchase.order().to_string()),
            }),
            Err(ClientError::Refused(refusal)) if !refusal.is_transient() => {
                let why = self.why_refused(request)?;
                Err(why.unwrap_or_else(|| ClientError::Refused(refusal).into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn describe(&self, offer: &Offer) -> String {
        let terms = &offer.plan.terms;
        format!(
            "{}: {}, {}, for {} tokens. The money waits until the eSIM is delivered, and comes back if it is not within {}.",
            self.title(offer),
            shop::data(terms.data_mb),
            shop::days(terms.validity_days),
            amount::format(offer.paid, offer.decimals),
            shop::duration(terms.delivery_window.into()),
        )
    }

    /// What a person can do about a purchase that the chain refuses, by what it looks like now.
    fn why_refused(&self, request: &Request) -> Result<Option<Problem>, Problem> {
        let catalogue = self.read_catalogue(None)?;
        let Some(offer) = catalogue.offer(&request.plan) else {
            return Ok(Some(no_plan(request.plan)));
        };
        if let Some(hindrance) = &offer.hindrance {
            return Ok(Some(hindered(hindrance)));
        }
        let price = amount::format(offer.paid, offer.decimals);
        if offer.plan.version != request.version || offer.paid > request.max_price {
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
            "this order is paid already: find it under your orders".to_owned(),
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
                amount::format(*held, offer.decimals)
            ),
        ),
        PayerHindrance::TooFewLamports { held, rent } => (
            "no-sol",
            format!(
                "this wallet holds {} SOL, and the order needs {} SOL, which come back, and a network fee: bring more first",
                amount::format(*held, 9),
                amount::format(*rent, 9)
            ),
        ),
    };
    Problem::conflict(code, message)
}
