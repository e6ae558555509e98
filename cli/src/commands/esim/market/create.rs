use anyhow::{Context as _, Result, bail};
use esim_market::instructions::CreateMarketArgs;
use esim_market::state::{Market, MarketTerms};
use wayfare_client::error::InputError;
use wayfare_client::esim::instruction;
use wayfare_program::stored::Stored as _;

use super::update::window;
use crate::cli::esim::MarketCreateArgs;
use crate::context::Context;
use crate::draft::Receipt;
use crate::views::esim::MarketTermsView;

impl MarketCreateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.market.name;
        let address = self.market.address()?;
        if !draft.is_offline() && ctx.cluster()?.find_state::<Market>(&address)?.is_some() {
            bail!(
                "there is a market {name} already: change it with `wayfare esim market update`, or choose another name"
            );
        }
        let terms = MarketTerms {
            arbiter: self.arbiter,
            treasury: self.treasury,
            max_delivery_window: window(self.max_delivery_window, "--max-delivery-window")?,
            min_release_window: window(self.min_release_window, "--min-release-window")?,
            max_release_window: window(self.max_release_window, "--max-release-window")?,
            answer_window: window(self.answer_window, "--answer-window")?,
            arbiter_window: window(self.arbiter_window, "--arbiter-window")?,
            retention: window(self.retention, "--retention")?,
            fee_bps: self.fee_bps,
        };
        let mut details = vec![
            ("address", address.into()),
            ("authority", draft.signer.into()),
            ("guardian", self.guardian.into()),
        ];
        details.extend(MarketTermsView::from(&terms.to_stored()).fields());
        draft.describe(format!("create the market {name}"), details);
        let args = CreateMarketArgs {
            name: name.clone(),
            terms,
            guardian: self.guardian,
        };
        let create = instruction::create_market(draft.payer, draft.signer, args)
            .ok_or_else(|| InputError::MarketName(name.clone()))
            .context("cannot create the market")?;
        draft.add(create);
        draft.finish(Some(&self.by.confirm))
    }
}
