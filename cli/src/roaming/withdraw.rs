use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::constants::REQUEST_LASTS;
use roaming_escrow::state::{AgreementState, Side};
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::output::{Moment, Shown};
use crate::roaming::args::SideArgs;
use crate::roaming::find::{Found, find_agreement, make_account};

#[derive(Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    pub side: SideArgs,

    /// Wait until the notice is over
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding", "dry_run"])]
    pub wait: bool,
}

impl WithdrawArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let (mut draft, mut found, side) = self.side.draft(ctx)?;
        if self.wait {
            let until = withdrawable_at(&found, side)?;
            ctx.wait_until(until, "waiting for the notice")?;
            found = find_agreement(ctx, &found.at)?;
        }
        let units = withdrawable(&found, side, ctx.cluster()?.unix_time()?)?;
        let payout = found.operator(side).payout;
        let to = found.accounts.token_account(&payout);
        draft.describe(
            "withdraw from an agreement",
            vec![
                ("agreement", found.at.into()),
                ("amount", Shown::of(found.amount(units))),
                ("to", payout.into()),
                ("token account", to.into()),
            ],
        );
        make_account(ctx, &mut draft, &found, &payout)?;
        draft.add(instruction::withdraw(
            &found.accounts,
            side,
            draft.signer,
            &payout,
        ));
        draft.finish(Some(&self.side.by.confirm))
    }
}

/// When the side's withdrawal becomes possible, in Unix seconds.
pub fn withdrawable_at(found: &Found, side: Side) -> Result<i64> {
    let state = &found.state;
    let requested = state.books(side).withdrawable_at;
    match state.state()? {
        AgreementState::Closing if requested == 0 => Ok(state.closes_at),
        AgreementState::Closing => Ok(requested.min(state.closes_at)),
        _ if requested == 0 => bail!(
            "{} announced no withdrawal: do so with `wayfare roaming request-withdrawal`",
            found.names.of(side)
        ),
        _ => Ok(requested),
    }
}

/// What the side can withdraw at a time, or what stands in its way.
pub fn withdrawable(found: &Found, side: Side, now: i64) -> Result<u64> {
    let state = &found.state;
    let books = state.books(side);
    if books.arrears > 0 {
        bail!(
            "{} is in arrears with {}: deposit that first",
            found.names.of(side),
            found.amount(books.arrears)
        );
    }
    let free = state.free_balance(side)?;
    let units = if state.is_wound_up(now)? {
        free
    } else {
        let from = withdrawable_at(found, side)?;
        if now < from {
            bail!(
                "the withdrawal is possible from {} on: add --wait",
                Moment(from)
            );
        }
        if books.withdrawable_at == 0 {
            bail!(
                "statements of the agreement are not settled yet: `wayfare roaming crank` advances them"
            );
        }
        if now >= books.withdrawable_at.saturating_add(REQUEST_LASTS.into()) {
            bail!("the request is over: announce the withdrawal again");
        }
        books.requested.min(free)
    };
    if units == 0 {
        bail!(
            "nothing is free to withdraw: {} has {}, and statements may still take {}",
            found.names.of(side),
            found.amount(books.balance),
            found.amount(books.exposure)
        );
    }
    Ok(units)
}
