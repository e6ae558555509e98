use anyhow::{Context as _, Result};
use clap::Args;
use roaming_escrow::state::OperatorProfile;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::error::refused;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::error::Usage;
use crate::roaming::args::{OperatorArg, OperatorAuthorityArgs};
use crate::roaming::find::find_operator;
use crate::roaming::operator::place::Place;

#[derive(Args)]
pub struct OperatorUpdateArgs {
    #[command(flatten)]
    pub operator: OperatorArg,
    #[command(flatten)]
    pub profile: ProfileArgs,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct ProfileArgs {
    /// The operator's name, for people
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,

    /// Key that signs the operator's vouchers. It can spend the operator's balances
    #[arg(long, value_name = "PUBKEY")]
    pub voucher_signer: Option<Pubkey>,

    /// Wallet whose associated token accounts get withdrawals
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,
}

impl OperatorUpdateArgs {
    /// The program takes the whole profile: what is not named is read from the chain, or must be given too.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let Place {
            hub,
            tadig,
            operator,
        } = self.operator.place(ctx)?;
        let given = &self.profile;
        let (profile, before) = if draft.is_offline() {
            let (Some(name), Some(voucher_signer), Some(payout)) =
                (&given.name, given.voucher_signer, given.payout)
            else {
                return Err(Usage(
                    "--sign-only asks the network for nothing: give --name, --voucher-signer and --payout".into(),
                )
                .into());
            };
            let profile = OperatorProfile {
                voucher_signer,
                payout,
                display_name: name.clone(),
            };
            (profile, None)
        } else {
            let (_, state) = find_operator(ctx, &hub, tadig)?;
            let before = state.profile();
            let profile = OperatorProfile {
                voucher_signer: given.voucher_signer.unwrap_or(before.voucher_signer),
                payout: given.payout.unwrap_or(before.payout),
                display_name: given
                    .name
                    .clone()
                    .unwrap_or_else(|| before.display_name.clone()),
            };
            (profile, Some(before))
        };
        profile
            .validate()
            .map_err(refused)
            .context("the operator's profile is refused")?;
        let fields = |profile: &OperatorProfile| {
            vec![
                ("name", profile.display_name.as_str().into()),
                ("voucher signer", profile.voucher_signer.into()),
                ("paid to", profile.payout.into()),
            ]
        };
        draft.describe(format!("update {tadig}"), fields(&profile));
        draft.describe_before(|| Ok(before.as_ref().map(fields).unwrap_or_default()))?;
        draft.add(instruction::update_operator(
            hub,
            operator,
            draft.signer,
            profile,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
