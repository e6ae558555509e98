use anyhow::{Context as _, Result, bail};
use esim_market::instructions::CreatePlanArgs;
use esim_market::state::Plan;
use wayfare_client::esim::catalogue::check_terms;
use wayfare_client::esim::{address, instruction};

use super::super::find_seller;
use super::terms;
use crate::cli::esim::seller::PlanCreateArgs;
use crate::commands::esim::{find_market, require_online};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::Shown;
use crate::views::esim::PlanTermsView;

impl PlanCreateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.seller.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        require_online(draft.is_offline())?;
        if !wayfare_core::name::is_name(self.id.as_bytes()) {
            bail!(Usage(format!(
                "{:?} is no plan's id: 1 to 32 characters of a-z, 0-9 and, not at an end, -",
                self.id
            )));
        }
        let name = &self.seller.market.market;
        let (market_at, market) = find_market(ctx, name)?;
        let (seller, _) = find_seller(ctx, &market_at, &draft.signer)?;
        let plan = address::plan(&seller, &self.id).context("the plan's id is too long")?;
        if ctx.cluster()?.find_state::<Plan>(&plan)?.is_some() {
            bail!(
                "this seller has a plan {} already: change it with `wayfare esim seller plan update`",
                self.id
            );
        }
        let (terms, decimals) = self.terms.complete(ctx, &market_at, None)?;
        check_terms(&terms, &market)?;
        let mut details = vec![
            ("plan", self.id.as_str().into()),
            ("address", plan.into()),
            ("mint", terms.mint.into()),
        ];
        details.extend(PlanTermsView::new(&terms, decimals).fields());
        details.extend(terms::floor(&terms, decimals));
        details.extend([
            (
                "stock",
                Shown::new(self.stock.to_string(), self.stock.to_string()),
            ),
            (
                "on sale",
                Shown::new(if self.off_sale { "no" } else { "yes" }, !self.off_sale),
            ),
        ]);
        draft.describe(format!("offer a plan in the market {name}"), details);
        let args = CreatePlanArgs {
            id: self.id.clone(),
            terms,
            stock: self.stock.0,
            on_sale: !self.off_sale,
        };
        let create = instruction::create_plan(market_at, draft.payer, draft.signer, args)
            .context("the plan's id is too long")?;
        draft.add(create);
        draft.finish(Some(&self.confirm))
    }
}
