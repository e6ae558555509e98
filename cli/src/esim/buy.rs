use std::fmt::{self, Display};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use esim_market::state::{Order, OrderState};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;
use wayfare_client::esim::orders::state_name;
use wayfare_core::esim::delivery::rng;
use wayfare_core::esim::delivery_key::DeliveryKey;
use wayfare_core::esim::public_key::is_usable_key;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Exit;
use crate::esim::delivery::Delivered;
use crate::esim::find::find_order;
use crate::esim::purchase::{Offer, PlanArgs};
use crate::esim::{delivery, delivery_key};
use crate::output::{Moment, Output};

/// Waiting for a delivery.
#[derive(Args)]
pub struct WaitArgs {
    /// Wait for the delivery, decrypt it and print the activation code
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding", "dry_run"])]
    pub wait: bool,

    /// Write the activation code's QR code to this file too, which must not exist yet
    #[arg(long, value_name = "FILE", requires = "wait")]
    pub png: Option<PathBuf>,
}

#[derive(Args)]
pub struct BuyArgs {
    /// Address of the plan, or its id in the market
    pub plan: String,

    #[command(flatten)]
    pub args: PlanArgs,

    /// Give it away: the public key of the receiver's delivery key. A refund still goes to the payer
    #[arg(long, value_name = "KEY", conflicts_with_all = ["delivery_key", "wait"])]
    pub gift: Option<Pubkey>,

    /// Key file that the delivery is encrypted to, made if it is not there [default: the wallet's own signature is the
    /// key]
    #[arg(long, value_name = "FILE")]
    pub delivery_key: Option<PathBuf>,

    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// Between two looks at an order that is waited for.
const POLL: Duration = Duration::from_secs(2);

/// A purchase, and what was delivered where it was waited for.
#[derive(Serialize)]
pub struct Bought {
    #[serde(flatten)]
    receipt: Receipt,
    order: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<Delivered>,
}

impl Bought {
    /// Bought, and not waited for.
    pub fn new(receipt: Receipt, order: &Pubkey) -> Self {
        Self {
            receipt,
            order: order.to_string(),
            delivered: None,
        }
    }
}

impl Output for Bought {
    fn exit(&self) -> Exit {
        self.delivered.as_ref().map_or(Exit::Done, Delivered::exit)
    }
}

impl Display for Bought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.receipt)?;
        if matches!(self.receipt, Receipt::Finalized { .. }) {
            writeln!(f, "\norder {}", self.order)?;
        }
        match &self.delivered {
            Some(delivered) => write!(f, "\n{delivered}"),
            None => Ok(()),
        }
    }
}

/// Whose key the delivery is encrypted to.
enum Recipient {
    /// Somebody else's: a gift.
    Gift([u8; 32]),
    Own(DeliveryKey),
}

impl BuyArgs {
    pub fn run(&self, ctx: &Context) -> Result<Bought> {
        let buyer = self.args.buyer.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, buyer, "the buyer")?;
        let offer = Offer::find(ctx, &mut draft, &self.plan, &self.args)?;
        let recipient = self.recipient(ctx, &offer)?;
        let public = match &recipient {
            Recipient::Gift(key) => *key,
            Recipient::Own(key) => *key.public(),
        };
        let mut details = offer.details();
        // In a dry run the key is not the one that would be used.
        if !self.transaction.send.dry_run {
            let key = Pubkey::new_from_array(public);
            let whose = match (&recipient, &self.delivery_key) {
                (Recipient::Gift(_), _) => {
                    "a gift: only the holder of its secret can read the delivery"
                }
                (Recipient::Own(_), Some(_)) => "of the key file",
                (Recipient::Own(_), None) => "of the buyer's wallet",
            };
            details.push(("delivery key", format!("{key}, {whose}").into()));
        }
        draft.describe(
            "buy an eSIM plan: the money waits until it is delivered",
            details,
        );
        draft.add(instruction::purchase(&offer.purchase, public));
        let receipt = draft.finish(Some(&self.confirm))?;
        let order = offer.purchase.order();
        let delivered = match (&receipt, recipient) {
            (Receipt::Finalized { .. }, Recipient::Own(key)) if self.wait.wait => {
                // Whatever happens while waiting, it was bought: that must be known.
                ctx.note(format_args!("bought, as order {order}"));
                let state = wait(ctx, &order)?;
                Some(delivery::read(
                    ctx,
                    &order,
                    &state,
                    &key,
                    self.wait.png.as_deref(),
                )?)
            }
            _ => None,
        };
        Ok(Bought {
            delivered,
            ..Bought::new(receipt, &order)
        })
    }

    fn recipient(&self, ctx: &Context, offer: &Offer) -> Result<Recipient> {
        if let Some(key) = self.gift {
            if !is_usable_key(key.as_array()) {
                bail!(
                    "{key} is not a key that can be encrypted to: ask for the output of `wayfare esim delivery-key new`"
                );
            }
            return Ok(Recipient::Gift(key.to_bytes()));
        }
        if self.transaction.send.dry_run {
            // Nothing is bought, so nothing is signed, and no file made.
            return Ok(Recipient::Own(DeliveryKey::generate(&mut rng()?)));
        }
        let Some(file) = &self.delivery_key else {
            let buyer = self.args.buyer.as_ref();
            let party = ctx.party(buyer, "the buyer")?;
            let purchase = &offer.purchase;
            let key = delivery_key::of_wallet(
                &party,
                &purchase.market,
                &purchase.plan,
                purchase.order_id,
            )?;
            return Ok(Recipient::Own(key));
        };
        let exists = file
            .try_exists()
            .with_context(|| format!("cannot look for {}", file.display()))?;
        if exists {
            return Ok(Recipient::Own(delivery_key::read(file)?));
        }
        let key = delivery_key::create(file)?;
        ctx.note(format_args!(
            "made the delivery key {}: without it nobody can read the delivery, so keep it safe",
            file.display()
        ));
        Ok(Recipient::Own(key))
    }
}

/// Waits for the delivery of an order.
fn wait(ctx: &Context, at: &Pubkey) -> Result<Order> {
    let spinner = ctx.spinner("waiting for the delivery");
    let order = loop {
        let order = find_order(ctx, at)?;
        if order.was_delivered() {
            break order;
        }
        if !matches!(order.state(), Ok(OrderState::Paid)) {
            spinner.finish_and_clear();
            bail!(
                "the order {at} is {}: it will not be delivered",
                state_name(&order)
            );
        }
        let now = ctx.cluster()?.unix_time()?;
        if now >= order.deliver_by {
            spinner.finish_and_clear();
            bail!(
                "the seller did not deliver the order {at} by {}: have the money back with `wayfare esim refund {at}`",
                Moment(order.deliver_by)
            );
        }
        spinner.set_message(format!(
            "waiting for the delivery, until {}",
            Moment(order.deliver_by)
        ));
        if ctx.cancel.sleep(POLL) {
            spinner.finish_and_clear();
            bail!(
                "stopped waiting: the order {at} is paid; `wayfare esim show {at}` shows the delivery once it is there"
            );
        }
    };
    spinner.finish_and_clear();
    Ok(order)
}
