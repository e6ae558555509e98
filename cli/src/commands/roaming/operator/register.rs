use anyhow::{Context as _, Result, bail};
use roaming_escrow::state::{Operator, OperatorProfile};
use wayfare_client::roaming::error::refused;
use wayfare_client::roaming::instruction;

use super::Place;
use crate::cli::roaming::OperatorRegisterArgs;
use crate::context::Context;
use crate::draft::Receipt;

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
