use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::state::AgreementState;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::instruction;
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::roaming::args::AgreementArg;
use crate::roaming::find::{find_agreement, require_online, tadig};
use crate::signers::SignerSource;

#[derive(Args)]
pub struct DepositArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// Tokens to deposit
    #[arg(value_name = "AMOUNT")]
    pub amount: String,

    /// TADIG code of the operator whose balance it becomes [default: the one whose authority signs]
    #[arg(long = "for", value_name = "TADIG", value_parser = Tadig::fold)]
    pub side: Option<Folded>,

    /// The payer [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub depositor: Option<SignerSource>,

    /// Token account that pays [default: the depositor's associated token account]
    #[arg(long, value_name = "ADDRESS")]
    pub source: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
