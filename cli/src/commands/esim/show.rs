use std::fmt::{self, Display};

use anyhow::Result;
use esim_market::state::Order;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::esim::delivery_key::DeliveryKey;

use super::delivery::{self, Delivered};
use super::{delivery_key, find_order, find_vault};
use crate::cli::esim::OrderShowArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::output::Output;
use crate::views::esim::OrderView;

/// Top-ups of top-ups that are followed to the first order.
const MAX_TOP_UPS: usize = 32;

/// An order, and its delivery where it could be decrypted.
#[derive(Serialize)]
pub struct OrderShown {
    #[serde(flatten)]
    order: OrderView,
    delivered: Option<Delivered>,
}

impl Output for OrderShown {
    fn exit(&self) -> Exit {
        self.delivered.as_ref().map_or(Exit::Done, Delivered::exit)
    }
}

impl Display for OrderShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.order.fmt(f)?;
        match &self.delivered {
            Some(delivered) => write!(f, "\n{delivered}"),
            None => Ok(()),
        }
    }
}

impl OrderShowArgs {
    /// Only the delivery needs a key, and who has none still sees the rest.
    pub fn run(&self, ctx: &Context) -> Result<OrderShown> {
        let order = find_order(ctx, &self.order)?;
        let (_, vault) = find_vault(ctx, &order.market, &order.terms.mint)?;
        let now = ctx.cluster()?.unix_time()?;
        let view = OrderView::new(&self.order, &order, vault.decimals, now);
        let delivered = if order.was_delivered() {
            self.key(ctx, &order)?
                .map(|key| delivery::read(ctx, &self.order, &order, &key, self.png.as_deref()))
                .transpose()?
        } else {
            None
        };
        if self.png.is_some() && delivered.is_none() {
            ctx.note("note: there is no activation code to write a QR code of");
        }
        Ok(OrderShown {
            order: view,
            delivered,
        })
    }

    fn key(&self, ctx: &Context, order: &Order) -> Result<Option<DeliveryKey>> {
        if let Some(file) = &self.delivery_key {
            return Ok(Some(delivery_key::read(file)?));
        }
        let with_file = "give the key file that can decrypt it with --delivery-key";
        let party = match ctx.party(None, "the buyer") {
            Ok(party) if party.pubkey() == order.buyer => party,
            _ => {
                ctx.note(format_args!(
                    "note: only the buyer's wallet, {}, can decrypt the delivery; or {with_file}",
                    order.buyer
                ));
                return Ok(None);
            }
        };
        // A top-up has the key of the order that it tops up, and so on up to the first.
        let mut of = *order;
        for _ in 0..MAX_TOP_UPS {
            match delivery_key::of_wallet(&party, &of.market, &of.plan, of.order_id) {
                Ok(key) if *key.public() == order.encryption_key => return Ok(Some(key)),
                Ok(_) => {}
                Err(error) => {
                    ctx.note(format_args!("note: the delivery is not decrypted: {error}"));
                    return Ok(None);
                }
            }
            if of.parent == Pubkey::default() {
                break;
            }
            match ctx.cluster()?.find_state(&of.parent)? {
                Some(parent) => of = parent,
                None => break,
            }
        }
        ctx.note(format_args!(
            "note: the delivery is encrypted to {}, which is no key of this wallet (it is a gift, has a key file, or tops \
             up an order that was closed): {with_file}",
            Pubkey::new_from_array(order.encryption_key)
        ));
        Ok(None)
    }
}
