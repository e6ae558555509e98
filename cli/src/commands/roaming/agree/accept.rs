use anyhow::{Result, bail};
use roaming_escrow::state::{AgreementState, AgreementTerms};
use wayfare_client::roaming::instruction;

use crate::cli::roaming::AcceptTermsArgs;
use crate::commands::roaming::{find_agreement, hub_of, require_online};
use crate::context::Context;
use crate::draft::Receipt;
use crate::output::Shown;
use crate::views::esim::percent;
use crate::views::roaming::AgreementTermsView;

impl AcceptTermsArgs {
    /// Accepts exactly what is shown: an offer that is replaced meanwhile is not accepted.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let state = &found.state;
        let Some(offered) = state.offered.get() else {
            bail!("no terms are on offer: see `wayfare roaming agree show`");
        };
        let by = state.offered_by()?;
        let authority = found.operator(by.other()).authority;
        if authority != draft.signer {
            bail!(
                "the terms are {}'s offer, so the authority of {} accepts them: that is {authority}, not {}",
                found.names.of(by),
                found.names.of(by.other()),
                draft.signer
            );
        }
        let hub = hub_of(ctx, &found)?;
        let max_fee_bps = self.max_fee_bps.unwrap_or(hub.terms.fee_bps);
        let mut details = vec![
            ("agreement", found.at.into()),
            ("offered by", found.names.of(by).into()),
        ];
        if state.state()? == AgreementState::Proposed {
            details.push((
                "hub's fee",
                Shown::new(percent(hub.terms.fee_bps), hub.terms.fee_bps),
            ));
        }
        let fields = |terms: Option<AgreementTerms>| {
            terms
                .as_ref()
                .and_then(AgreementTermsView::new)
                .map(|view| view.fields())
                .unwrap_or_default()
        };
        details.extend(fields(Some(offered)));
        draft.describe("accept the terms", details);
        draft.describe_before(|| Ok(fields(state.terms.get())))?;
        draft.add(instruction::accept_terms(
            &found.accounts,
            draft.signer,
            offered,
            max_fee_bps,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
