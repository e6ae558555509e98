use anyhow::{Result, bail};
use clap::Args;
use esim_market::constants::UNLIMITED_STOCK;
use esim_market::state::{PlanChange, StockChange};
use wayfare_client::esim::catalogue::check_terms;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::esim::find::{find_market, find_vault, require_online};
use crate::esim::seller::args::SellerArg;
use crate::esim::seller::find::find_seller;
use crate::esim::seller::plan::find::find_plan;
use crate::esim::seller::plan::terms::{Stock, TermsArgs, floor};
use crate::esim::views::{PlanTermsView, stock};
use crate::output::Shown;

#[derive(Args)]
pub struct PlanUpdateArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Id of the plan
    pub id: String,

    #[command(flatten)]
    pub terms: TermsArgs,

    /// How many can still be sold, or "unlimited"
    #[arg(long, value_name = "N|unlimited")]
    pub stock: Option<Stock>,

    /// How many more can be sold: not undone by a purchase in between
    #[arg(long, value_name = "N", conflicts_with = "stock")]
    pub add_stock: Option<u32>,

    /// Put it on sale
    #[arg(long, conflicts_with = "off_sale")]
    pub on_sale: bool,

    /// Take it off sale
    #[arg(long)]
    pub off_sale: bool,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl PlanUpdateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.seller.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        require_online(draft.is_offline())?;
        let name = &self.seller.market.market;
        let (market_at, market) = find_market(ctx, name)?;
        let (seller, _) = find_seller(ctx, &market_at, &draft.signer)?;
        let (at, plan) = find_plan(ctx, &seller, &self.id)?;

        let mut details = vec![("plan", self.id.as_str().into()), ("address", at.into())];
        let mut before = vec![];
        let mut change = PlanChange::default();
        if !self.terms.is_empty() {
            let (terms, decimals) = self.terms.complete(ctx, &market_at, Some(&plan.terms))?;
            if terms == plan.terms {
                ctx.note("note: the plan has these terms already, so they stay its version");
            } else {
                check_terms(&terms, &market)?;
                let (_, vault) = find_vault(ctx, &market_at, &plan.terms.mint)?;
                details.push(("mint", terms.mint.into()));
                details.extend(PlanTermsView::new(&terms, decimals).fields());
                details.extend(floor(&terms, decimals));
                before.push(("mint", plan.terms.mint.into()));
                before.extend(PlanTermsView::new(&plan.terms, vault.decimals).fields());
                before.extend(floor(&plan.terms, vault.decimals));
                change.terms = Some(terms);
            }
        }
        change.stock = match (self.stock, self.add_stock) {
            (Some(stock), _) => Some(stock.0),
            (None, more) => more.map(StockChange::Add),
        };
        if let Some(to) = change.stock {
            if matches!(to, StockChange::Add(_)) && plan.stock == UNLIMITED_STOCK {
                bail!("the plan's stock is unlimited: set it with --stock instead");
            }
            let left = to.applied_to(plan.stock)?;
            details.push(("left", Shown::new(stock(left), left)));
            before.push(("left", Shown::new(stock(plan.stock), plan.stock)));
        }
        change.on_sale = match (self.on_sale, self.off_sale) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        if let Some(on_sale) = change.on_sale {
            let shown = |on_sale| Shown::new(if on_sale { "yes" } else { "no" }, on_sale);
            details.push(("on sale", shown(on_sale)));
            before.push(("on sale", shown(plan.on_sale)));
        }
        if change == PlanChange::default() {
            bail!(Usage(
                "nothing would change: name terms, --stock, --add-stock, --on-sale or --off-sale"
                    .into()
            ));
        }
        // What stays is not shown as a change.
        before.retain(|(name, was)| !details.iter().any(|(other, is)| other == name && is == was));
        draft.describe(
            format!("change a plan of the market {name}, for orders to come"),
            details,
        );
        draft.describe_before(|| Ok(before))?;
        draft.add(instruction::update_plan(
            market_at,
            draft.signer,
            at,
            change,
        ));
        draft.finish(Some(&self.confirm))
    }
}
