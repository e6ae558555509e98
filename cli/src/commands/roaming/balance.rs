//! Tokens into and out of an agreement's vault.

use anyhow::{Result, bail};
use roaming_escrow::constants::REQUEST_LASTS;
use roaming_escrow::state::{AgreementState, Side};
use solana_pubkey::Pubkey;
use wayfare_client::roaming::instruction;
use wayfare_client::token;

use super::{Found, find_agreement, hub_of, require_online, tadig};
use crate::cli::roaming::{CollectFeesArgs, DepositArgs, RequestWithdrawalArgs, WithdrawArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown};

impl DepositArgs {
    /// Anyone may, for either side.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let depositor = self.depositor.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, depositor, "the depositor")?;
        require_online(draft.is_offline())?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        if found.state.state()? == AgreementState::Proposed {
            bail!("the agreement is not accepted yet: it takes no deposits");
        }
        let side = match &self.side {
            Some(given) => found.side_of(tadig(ctx, given))?,
            None => found.side_of_authority(&draft.signer, None)?,
        };
        let units = Draft::units(&self.amount, "amount", found.state.decimals)?;
        if units == 0 {
            bail!("the amount must be above zero");
        }
        let source = self
            .source
            .unwrap_or_else(|| found.accounts.token_account(&draft.signer));
        let books = found.state.books(side);
        let to_arrears = units.min(books.arrears);
        let mut details = vec![
            ("agreement", found.at.into()),
            ("for", found.names.of(side).into()),
            ("amount", Shown::of(found.amount(units))),
            ("source", source.into()),
        ];
        if to_arrears > 0 {
            details.push((
                "of that to its arrears",
                Shown::of(found.amount(to_arrears)),
            ));
        }
        let balance = books
            .balance
            .saturating_add(units.saturating_sub(to_arrears));
        details.push(("balance", Shown::of(found.amount(balance))));
        draft.describe("deposit collateral", details);
        draft.describe_before(|| Ok(vec![("balance", Shown::of(found.amount(books.balance)))]))?;
        draft.add(instruction::deposit(
            &found.accounts,
            draft.signer,
            source,
            side,
            units,
        ));
        draft.finish(Some(&self.confirm))
    }
}

impl RequestWithdrawalArgs {
    /// `clap` sees to it that there is either an amount or `--cancel`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let (mut draft, found, side) = self.side.draft(ctx)?;
        let books = found.state.books(side);
        let units = match &self.amount {
            Some(amount) => {
                let units = Draft::units(amount, "amount", found.state.decimals)?;
                if units == 0 {
                    bail!("the amount must be above zero: to take a request back, give --cancel");
                }
                if units > books.balance {
                    bail!(
                        "{} has {}: more cannot be announced",
                        found.names.of(side),
                        found.amount(books.balance)
                    );
                }
                let free = found.state.free_balance(side).unwrap_or(0);
                if units > free {
                    ctx.note(format_args!(
                        "note: statements may still take {}: as it stands now, {} would be paid",
                        found.amount(books.exposure),
                        found.amount(free)
                    ));
                }
                let from = ctx
                    .cluster()?
                    .unix_time()?
                    .saturating_add(found.state.terms.withdrawal_notice.into());
                draft.describe(
                    "announce a withdrawal",
                    vec![
                        ("agreement", found.at.into()),
                        ("amount", Shown::of(found.amount(units))),
                        ("possible from", Shown::of(Moment(from))),
                    ],
                );
                units
            }
            None => {
                draft.describe(
                    "take back the request of a withdrawal",
                    vec![("agreement", found.at.into())],
                );
                0
            }
        };
        draft.add(instruction::request_withdrawal(
            &found.accounts,
            side,
            draft.signer,
            units,
        ));
        draft.finish(Some(&self.side.by.confirm))
    }
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
fn withdrawable_at(found: &Found, side: Side) -> Result<i64> {
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
fn withdrawable(found: &Found, side: Side, now: i64) -> Result<u64> {
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
                "statements of the agreement are not settled yet: `wayfare roaming crank` brings them on"
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

/// Makes the wallet's token account where there is none.
fn make_account(ctx: &Context, draft: &mut Draft, found: &Found, wallet: &Pubkey) -> Result<()> {
    let accounts = &found.accounts;
    let at = accounts.token_account(wallet);
    let there = ctx.cluster()?.account(&at)?;
    if there.is_none_or(|account| account.owner != accounts.token_program) {
        ctx.note(format_args!(
            "note: {wallet} has no token account for this mint: it is made, and the fee payer pays its rent"
        ));
        draft.add(token::create_token_account(
            &draft.payer,
            wallet,
            &accounts.mint,
            &accounts.token_program,
        ));
    }
    Ok(())
}

impl CollectFeesArgs {
    /// Anyone can: the money goes to the hub's treasury, whoever asks.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        require_online(draft.is_offline())?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        if found.state.fees == 0 {
            bail!("no fees wait to be collected");
        }
        let treasury = hub_of(ctx, &found)?.terms.treasury;
        draft.describe(
            "collect the hub's fees",
            vec![
                ("agreement", found.at.into()),
                ("amount", Shown::of(found.amount(found.state.fees))),
                ("to", treasury.into()),
            ],
        );
        make_account(ctx, &mut draft, &found, &treasury)?;
        draft.add(instruction::collect_fees(&found.accounts, &treasury));
        draft.finish(None)
    }
}
