use anyhow::{Context as _, Result, bail};
use clap::Args;
use esim_market::instructions::CreatePlanArgs;
use esim_market::state::{Plan, StockChange};
use wayfare_client::esim::catalogue::check_terms;
use wayfare_client::esim::{address, instruction};

use crate::args::{ConfirmArgs, TransactionArgs, name};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::find::{find_market, require_online};
use crate::esim::seller::args::SellerArg;
use crate::esim::seller::find::find_seller;
use crate::esim::seller::plan::terms;
use crate::esim::seller::plan::terms::{Stock, TermsArgs};
use crate::esim::views::PlanTermsView;
use crate::output::Shown;

#[derive(Args)]
pub struct PlanCreateArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Id of the plan: 1 to 32 of a-z, 0-9 and -, without a - at either end
    #[arg(value_parser = name)]
    pub id: String,

    #[command(flatten)]
    pub terms: TermsArgs,

    /// How many can be sold, or "unlimited"
    #[arg(long, value_name = "N|unlimited", default_value_t = Stock(StockChange::Unlimited))]
    pub stock: Stock,

    /// Create it off sale
    #[arg(long)]
    pub off_sale: bool,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl PlanCreateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.seller.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        require_online(draft.is_offline())?;
        let (market_at, market) = find_market(ctx, &self.seller.market.market)?;
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
        let market = &self.seller.market.market;
        draft.describe(format!("offer a plan in the market {market}"), details);
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
