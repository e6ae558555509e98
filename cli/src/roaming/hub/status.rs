use anyhow::Result;
use clap::Args;
use roaming_escrow::state::OperatorStatus;
use wayfare_client::roaming::{address, instruction};
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::context::Context;
use crate::draft::Receipt;
use crate::governance::AuthorityArgs;
use crate::roaming::args::HubNameArgs;
use crate::roaming::find::{find_operator, tadig};
use crate::roaming::views::operator_status;

#[derive(Args)]
pub struct OperatorStatusArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,

    /// TADIG code of the operator
    #[arg(value_name = "TADIG", value_parser = Tadig::fold)]
    pub operator: Folded,

    #[command(flatten)]
    pub by: AuthorityArgs,
}

impl OperatorStatusArgs {
    pub fn run(&self, ctx: &Context, status: OperatorStatus) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let hub = self.hub.address()?;
        let tadig = tadig(ctx, &self.operator);
        let (action, becomes) = match status {
            OperatorStatus::Suspended => ("suspend", "suspended"),
            OperatorStatus::Active => ("readmit", "active"),
        };
        draft.describe(
            format!("{action} {tadig} at the hub {}", self.hub.name),
            vec![("status", becomes.into())],
        );
        draft.describe_before(|| {
            let (_, operator) = find_operator(ctx, &hub, tadig)?;
            Ok(vec![("status", operator_status(&operator).into())])
        })?;
        draft.add(instruction::set_operator_status(
            hub,
            draft.signer,
            address::operator(&hub, tadig),
            status,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
