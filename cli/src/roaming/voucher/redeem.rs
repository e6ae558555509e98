use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use wayfare_client::roaming::instruction;
use wayfare_client::roaming::voucher::SignedVoucher;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::roaming::find::{find_agreement, require_online};
use crate::roaming::usage::read_small;

#[derive(Args)]
pub struct VoucherRedeemArgs {
    /// The voucher's file
    pub file: PathBuf,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl VoucherRedeemArgs {
    /// Anyone can: the money goes to the visited network.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        require_online(draft.is_offline())?;
        let signed = SignedVoucher::parse(&read_small(&self.file)?)
            .with_context(|| self.file.display().to_string())?;
        let voucher = signed.voucher;
        let found = find_agreement(ctx, &voucher.agreement)?;
        let home = found.names.of(voucher.home);
        let expected = found.operator(voucher.home).voucher_signer;
        if signed.signer != expected {
            bail!(
                "the voucher is signed by {}, but the voucher signer of {home} is {expected}",
                signed.signer
            );
        }
        let books = found.state.books(voucher.home);
        if voucher.period != books.next_period || books.is_returned() {
            bail!(
                "the voucher is for period {}, but only those for the period that is stated next, {}, are good: its \
                 statement says what was used",
                voucher.period,
                books.next_period
            );
        }
        let Some(adds) = voucher
            .cumulative
            .checked_sub(books.vouchers)
            .filter(|adds| *adds > 0)
        else {
            bail!(
                "vouchers over {} are redeemed, and this one is over {}: it adds nothing",
                found.amount(books.vouchers),
                found.amount(voucher.cumulative)
            );
        };
        if adds > books.balance {
            bail!(
                "it adds {}, but {home} has {}",
                found.amount(adds),
                found.amount(books.balance)
            );
        }
        draft.describe(
            "redeem a voucher",
            vec![
                ("agreement", found.at.into()),
                ("period", Shown::of(voucher.period)),
                ("from", home.into()),
                ("to", found.names.of(voucher.home.other()).into()),
                (
                    "good for in all",
                    Shown::of(found.amount(voucher.cumulative)),
                ),
                ("moves now", Shown::of(found.amount(adds))),
            ],
        );
        for instruction in instruction::redeem_voucher(&found.accounts, &signed) {
            draft.add(instruction);
        }
        draft.finish(None)
    }
}
