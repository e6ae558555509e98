use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::state::AgreementState;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::output::{Moment, Shown, Span};
use crate::roaming::args::SideArgs;

#[derive(Args)]
pub struct CloseAgreementArgs {
    #[command(flatten)]
    pub side: SideArgs,
}

impl CloseAgreementArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let (mut draft, found, side) = self.side.draft(ctx)?;
        match found.state.state()? {
            AgreementState::Active => {}
            AgreementState::Proposed => {
                bail!("the agreement is not accepted yet: there is nothing to end")
            }
            AgreementState::Closing => bail!(
                "the agreement's end has begun: it takes statements until {}",
                Moment(found.state.closes_at)
            ),
        }
        let notice = found.state.terms.withdrawal_notice;
        draft.describe(
            "start the end of the agreement: it cannot be taken back",
            vec![
                ("agreement", found.at.into()),
                ("with", found.names.of(side.other()).into()),
                ("takes statements for", Shown::of(Span(notice.into()))),
            ],
        );
        draft.add(instruction::close_agreement(
            &found.accounts,
            side,
            draft.signer,
        ));
        draft.finish(Some(&self.side.by.confirm))
    }
}
