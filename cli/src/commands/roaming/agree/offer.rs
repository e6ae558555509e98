use anyhow::{Result, bail};
use wayfare_client::roaming::instruction;

use crate::cli::roaming::OfferArgs;
use crate::context::Context;
use crate::draft::Receipt;
use crate::views::roaming::AgreementTermsView;

impl OfferArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let (mut draft, found, side) = self.side.draft(ctx)?;
        let state = &found.state;
        let other = found.names.of(side.other());
        let terms = if self.withdraw {
            if state.offered.get().is_none() || state.offered_by()? != side {
                bail!("{} has no terms on offer", found.names.of(side));
            }
            draft.describe(
                "withdraw the offer of terms",
                vec![("agreement", found.at.into())],
            );
            None
        } else {
            // Before the first acceptance the proposal is what is changed.
            let base = state.terms.get().or_else(|| state.offered.get());
            let terms = self.terms.over(ctx, base, |tadig| found.side_of(tadig))?;
            let mut details = vec![("agreement", found.at.into()), ("to", other.into())];
            details.extend(
                AgreementTermsView::new(&terms)
                    .map(|view| view.fields())
                    .unwrap_or_default(),
            );
            draft.describe("offer other terms", details);
            draft.describe_before(|| {
                Ok(base
                    .and_then(|base| AgreementTermsView::new(&base))
                    .map(|view| view.fields())
                    .unwrap_or_default())
            })?;
            Some(terms)
        };
        draft.add(instruction::offer_terms(
            &found.accounts,
            side,
            draft.signer,
            terms,
        ));
        draft.finish(Some(&self.side.by.confirm))
    }
}
