use anyhow::{Context as _, Result, bail};
use clap::Args;
use roaming_escrow::state::{Operator, OperatorProfile};
use solana_pubkey::Pubkey;
use wayfare_client::roaming::error::refused;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::governance::AuthorityArgs;
use crate::roaming::args::OperatorArg;
use crate::roaming::operator::place::Place;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct OperatorRegisterArgs {
    #[command(flatten)]
    pub operator: OperatorArg,

    /// The operator's own authority, who signs too: agrees, states, answers and withdraws
    #[arg(long, value_name = "KEYPAIR")]
    pub operator_authority: SignerSource,

    /// The operator's name, for people
    #[arg(long, value_name = "TEXT")]
    pub name: String,

    /// Key that signs the operator's vouchers. It can spend the operator's balances [default: the operator's authority]
    #[arg(long, value_name = "PUBKEY")]
    pub voucher_signer: Option<Pubkey>,

    /// Wallet whose associated token accounts get withdrawals [default: the operator's authority]
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

impl OperatorRegisterArgs {
    /// The hub's authority and the operator's both sign.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let authority =
            draft.also_signed_by(Some(&self.operator_authority), "the operator's authority")?;
        let Place {
            hub,
            tadig,
            operator,
        } = self.operator.place(ctx)?;
        let profile = OperatorProfile {
            voucher_signer: self.voucher_signer.unwrap_or(authority),
            payout: self.payout.unwrap_or(authority),
            display_name: self.name.clone(),
        };
        profile
            .validate()
            .map_err(refused)
            .context("the operator's profile is refused")?;
        if !draft.is_offline()
            && let Some(there) = ctx.cluster()?.find_state::<Operator>(&operator)?
        {
            bail!(
                "the hub has an operator {tadig} already, {:?} under the authority {}",
                there.display_name,
                there.authority
            );
        }
        draft.describe(
            format!("admit {tadig} to the hub {}", self.operator.hub.hub),
            vec![
                ("operator", operator.into()),
                ("name", profile.display_name.as_str().into()),
                ("operator's authority", authority.into()),
                ("voucher signer", profile.voucher_signer.into()),
                ("paid to", profile.payout.into()),
            ],
        );
        draft.add(instruction::register_operator(
            hub,
            draft.payer,
            draft.signer,
            authority,
            tadig,
            profile,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
