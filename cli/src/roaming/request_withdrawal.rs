use anyhow::{Result, bail};
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown};
use crate::roaming::args::SideArgs;

#[derive(Args)]
pub struct RequestWithdrawalArgs {
    #[command(flatten)]
    pub side: SideArgs,

    /// Tokens to withdraw
    #[arg(value_name = "AMOUNT", required_unless_present = "cancel")]
    pub amount: Option<String>,

    /// Take the request back
    #[arg(long, conflicts_with = "amount")]
    pub cancel: bool,
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
