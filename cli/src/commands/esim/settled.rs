//! What ends an order: what must be said before, and what is seen after.

use std::fmt::{self, Display};

use anyhow::{Result, bail};
use esim_market::state::{Action, Actor, Division, MarketVault, Order};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::address;
use wayfare_client::esim::instruction::SettleAccounts;
use wayfare_client::esim::orders::{self, state_name};
use wayfare_client::token;

use crate::cli::ConfirmArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Output};
use crate::views::esim::{OrderView, deed, role};

/// How a transaction that ends an order ended, and the order after it.
#[derive(Serialize)]
pub struct Settled {
    #[serde(flatten)]
    receipt: Receipt,
    /// As it is once the transaction is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderView>,
}

impl Output for Settled {}

impl Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.receipt)?;
        let Some(order) = &self.order else {
            return Ok(());
        };
        for (who, due) in [
            ("who paid", &order.refund_due),
            ("the seller", &order.release_due),
            ("the market", &order.fee_due),
        ] {
            if !due.is_zero() {
                writeln!(
                    f,
                    "{due} is still due to {who}, whose token account cannot take it now: \
                     `wayfare esim sweep` pays it once it can, whoever runs it"
                )?;
            }
        }
        Ok(())
    }
}

/// Sends the transaction, and looks at the order after it.
pub fn finish(
    ctx: &Context,
    draft: Draft,
    confirm: &ConfirmArgs,
    order: &Pubkey,
) -> Result<Settled> {
    let receipt = draft.finish(Some(confirm))?;
    let order = match receipt {
        Receipt::Finalized { .. } => look(ctx, order)?,
        _ => None,
    };
    Ok(Settled { receipt, order })
}

fn look(ctx: &Context, at: &Pubkey) -> Result<Option<OrderView>> {
    let cluster = ctx.cluster()?;
    let Some(order) = cluster.find_state::<Order>(at)? else {
        return Ok(None);
    };
    let vault: MarketVault = cluster.state(&address::vault(&order.market, &order.terms.mint))?;
    let now = cluster.unix_time()?;
    Ok(Some(OrderView::new(at, &order, vault.decimals, now)))
}

/// Refuses what the program would refuse, with the reason and the time.
pub fn require_possible(
    ctx: &Context,
    order: &Order,
    action: Action,
    signer: &Pubkey,
) -> Result<()> {
    let now = ctx.cluster()?.unix_time()?;
    possible(order, action, signer, now).map_err(anyhow::Error::msg)
}

fn possible(order: &Order, action: Action, signer: &Pubkey, now: i64) -> Result<(), String> {
    let row = action.transition();
    let what = deed(action);
    if !order.is(row.actor, signer) {
        let who = match row.actor {
            Actor::Buyer => order.buyer,
            Actor::Seller => order.seller_authority,
            Actor::Attester => order.attester,
            Actor::Arbiter => order.arbiter,
            Actor::Anyone => *signer,
        };
        return Err(format!(
            "only the order's {}, {who}, may {what}: sign with that key",
            role(row.actor)
        ));
    }
    let steps = orders::steps(order, now);
    match steps.iter().find(|step| step.action == action) {
        Some(step) if step.is_open(now) => Ok(()),
        Some(step) => Err(format!(
            "it is too early to {what}: possible from {} on",
            Moment(step.from.unwrap_or_default())
        )),
        None if !order.state().is_ok_and(|state| row.from.contains(&state)) => Err(format!(
            "the order is {}, so nobody can {what}: `wayfare esim show` says what can be done",
            state_name(order)
        )),
        None => match row.closes.map(|instant| order.at(instant)) {
            Some(until) if now >= until => Err(format!(
                "it is too late to {what}: that was possible until {}",
                Moment(until)
            )),
            _ if order.owes().is_ok_and(|units| units > 0) => Err(format!(
                "the order still owes somebody, so nobody can {what}: pay it out first, with `wayfare esim sweep`"
            )),
            _ => Err(format!("the order allows nobody to {what}")),
        },
    }
}

/// Says which part of a division would stay due, since the account that gets it cannot take it.
pub fn warn_of_accounts(
    ctx: &Context,
    order: &Order,
    settle: &SettleAccounts,
    division: &Division,
) -> Result<()> {
    let parts = [
        (division.refund, "who paid", &order.payer, settle.refund_to),
        (
            division.release,
            "the seller",
            &order.payout,
            settle.release_to,
        ),
        (division.fee, "the market", &order.treasury, settle.fee_to),
    ];
    let addresses = parts.map(|(.., to)| to);
    let accounts = ctx.cluster()?.accounts(&addresses, None)?.accounts;
    for ((amount, who, wallet, to), account) in parts.into_iter().zip(accounts) {
        let vault = &settle.vault;
        let reason =
            token::cannot_take(account.as_ref(), wallet, &vault.mint, &vault.token_program);
        if let Some(reason) = reason.filter(|_| amount > 0) {
            ctx.note(format_args!(
                "note: the token account {to} of {who} {reason}: that part stays due until it can take it"
            ));
        }
    }
    Ok(())
}

/// Refuses an order whose token account for refunds cannot take one. One that does not exist can be made.
pub fn refund_account(
    ctx: &Context,
    order: &Order,
    settle: &SettleAccounts,
) -> Result<RefundAccount> {
    let account = ctx.cluster()?.account(&settle.refund_to)?;
    let vault = &settle.vault;
    match token::cannot_take(
        account.as_ref(),
        &order.payer,
        &vault.mint,
        &vault.token_program,
    ) {
        None => Ok(RefundAccount::Ready),
        Some(_) if account.is_none() => Ok(RefundAccount::Missing),
        Some(reason) if order.state().is_ok_and(|state| state.is_terminal()) => bail!(
            "the refund stays due: the token account {} of {} {reason}; try again once it can be paid",
            settle.refund_to,
            order.payer
        ),
        Some(reason) => Ok(RefundAccount::Refuses(reason)),
    }
}

/// Whether the one who paid can be paid.
pub enum RefundAccount {
    Ready,
    Missing,
    /// The order can end, but the money stays due.
    Refuses(&'static str),
}

#[cfg(test)]
mod tests {
    use esim_market::state::OrderState;

    use super::*;

    #[test]
    fn what_is_refused_says_who_and_when() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let mut order: Order = bytemuck::Zeroable::zeroed();
        (order.buyer, order.arbiter) = (key(1), key(2));
        (order.paid, order.deliver_by) = (5, 1_000);
        let possible = |order: &Order, action, signer: u8, now| {
            super::possible(order, action, &key(signer), now)
        };
        let error = possible(&order, Action::Confirm, 9, 0).unwrap_err();
        assert!(
            error.contains(&key(1).to_string()) && error.contains("buyer"),
            "{error}"
        );
        let error = possible(&order, Action::Confirm, 1, 0).unwrap_err();
        assert!(error.contains("the order is paid"), "{error}");
        let error = possible(&order, Action::RefundUndelivered, 9, 999).unwrap_err();
        assert!(
            error.contains("too early") && error.contains("00:16:40"),
            "{error}"
        );
        assert_eq!(
            possible(&order, Action::RefundUndelivered, 9, 1_000),
            Ok(())
        );
        order.set_state(OrderState::Contested);
        order.resolve_by = 2_000;
        assert_eq!(possible(&order, Action::Resolve, 2, 1_999), Ok(()));
        let error = possible(&order, Action::Resolve, 2, 2_000).unwrap_err();
        assert!(error.contains("too late"), "{error}");
        order.set_state(OrderState::Refunded);
        order.refund_due = 5;
        let error = possible(&order, Action::CloseOwn, 1, 3_000).unwrap_err();
        assert!(error.contains("owes"), "{error}");
        order.refund_due = 0;
        assert_eq!(possible(&order, Action::CloseOwn, 1, 3_000), Ok(()));
    }
}
