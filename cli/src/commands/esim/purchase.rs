//! What buying and topping up have alike: the plan as it is now, who pays from where, and whether they can.

use anyhow::{Context as _, Result, anyhow, bail};
use esim_market::state::{Market, MarketVault, Order, OrderState, Plan, Quote, Seller};
use rand::Rng as _;
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction::{Purchase, VaultAccounts};
use wayfare_client::esim::offers::{self, Hindrance, PayerHindrance, quote};
use wayfare_client::esim::orders::state_name;
use wayfare_client::token;
use wayfare_core::amount;
use wayfare_core::esim::delivery;

use super::{find_plan, find_vault, require_online};
use crate::cli::esim::PlanArgs;
use crate::context::Context;
use crate::draft::Draft;
use crate::output::{Moment, Shown};
use crate::views::esim::PlanTermsView;

/// A purchase that would be paid, as far as can be seen before anything is signed.
pub struct Offer {
    pub purchase: Purchase,
    plan: Plan,
    vault: MarketVault,
    quote: Quote,
    /// The cluster's time when it was looked at.
    now: i64,
}

impl Offer {
    /// Looks at the plan and at who pays, and refuses what the chain would refuse.
    pub fn find(ctx: &Context, draft: &mut Draft, plan: &str, args: &PlanArgs) -> Result<Self> {
        require_online(draft.is_offline())?;
        let cluster = ctx.cluster()?;
        let market = args.market.market.as_deref();
        let (address, plan) = find_plan(ctx, market, args.seller.as_ref(), plan)?;
        if let Some(version) = args.plan_version
            && version != plan.terms_version
        {
            bail!(
                "the plan is at version {} by now, not {version}: look at its terms again with `wayfare show {address}`",
                plan.terms_version
            );
        }
        if let Some(mint) = args.mint.filter(|mint| *mint != plan.terms.mint) {
            bail!(
                "the plan is priced in the mint {}, not in {mint}: choose another plan",
                plan.terms.mint
            );
        }
        let market: Market = cluster.state(&plan.market)?;
        let seller: Seller = cluster.state(&plan.seller)?;
        let (vault_address, vault) = find_vault(ctx, &plan.market, &plan.terms.mint)?;
        let now = cluster.unix_time()?;
        let quote = quote(&plan, &market, &seller, now).map_err(|hindrance| match hindrance {
            Hindrance::Paused { until } => {
                anyhow!(
                    "the market is paused until {}: try again then",
                    Moment(until)
                )
            }
            hindrance => anyhow!("the plan {} cannot be bought: {hindrance}", plan.id),
        })?;
        let max_price = match &args.max_price {
            Some(text) => amount::parse(text, vault.decimals).context("--max-price")?,
            None => quote.paid,
        };
        if quote.paid > max_price {
            bail!(
                "the price is {}, above --max-price {}",
                amount::format(quote.paid, vault.decimals),
                amount::format(max_price, vault.decimals)
            );
        }

        let buyer = draft.signer;
        let source = args.payer.as_ref().or(args.buyer.as_ref());
        let payer = draft.also_signed_by(source, "the payer")?;
        let order_id = match args.order_id {
            Some(order_id) => order_id,
            None => delivery::rng()?.next_u64(),
        };
        let vault_accounts = VaultAccounts::of(vault_address, &vault);
        let own_account = token::token_account(&payer, &vault.mint, &vault.token_program);
        let purchase = Purchase {
            payer,
            buyer,
            market: plan.market,
            seller: plan.seller,
            plan: address,
            vault: vault_accounts,
            source: args.source.unwrap_or(own_account),
            order_id,
            plan_version: plan.terms_version,
            market_version: market.terms_version,
            max_price,
        };
        let offer = Self {
            purchase,
            plan,
            vault,
            quote,
            now,
        };
        offer.check_funds(ctx, &own_account)?;
        Ok(offer)
    }

    /// Whether who pays can, and can be paid back.
    fn check_funds(&self, ctx: &Context, own_account: &Pubkey) -> Result<()> {
        let Purchase { payer, source, .. } = self.purchase;
        let mint = self.vault.mint;
        let price = amount::format(self.quote.paid, self.vault.decimals);
        let found = offers::payer(ctx.cluster()?, &self.purchase, self.quote.paid)?;
        match found.hindrance {
            None => {}
            Some(PayerHindrance::OrderExists) => bail!(
                "you have an order {} of this plan already: choose another --order-id, or leave it out for a random one",
                self.purchase.order_id
            ),
            Some(PayerHindrance::NoTokenAccount) => bail!(
                "{payer} has no token account {source} for the mint {mint}: bring {price} tokens there first, or name another \
                 with --source"
            ),
            Some(PayerHindrance::NotATokenAccount) => {
                bail!("{source} is not a token account of the mint {mint}")
            }
            Some(PayerHindrance::NotOwned) => bail!(
                "the token account {source} is not {payer}'s: name one of its own with --source"
            ),
            Some(PayerHindrance::Frozen) => bail!(
                "the token account {source} is frozen: ask the mint's freeze authority to thaw it"
            ),
            Some(PayerHindrance::TooFewTokens { held }) => bail!(
                "the token account {source} holds {} tokens, but the price is {price}: bring more first",
                amount::format(held, self.vault.decimals)
            ),
            Some(PayerHindrance::TooFewLamports { held, rent }) => bail!(
                "{payer} has {held} lamports, but the order's rent is {rent}: send SOL there first; the rent comes back"
            ),
        }
        if let Some(reason) = found.cannot_take_refund {
            ctx.note(format_args!(
                "note: a refund goes to the token account {own_account}, which {reason}: it would stay due until that is mended"
            ));
        }
        Ok(())
    }

    /// What is bought, for how much, and when the money is back if nothing comes of it.
    pub fn details(&self) -> Vec<(&'static str, Shown)> {
        let terms = &self.plan.terms;
        let decimals = self.vault.decimals;
        let by = self.now.saturating_add(terms.delivery_window.into());
        let mut details = vec![
            ("order", self.purchase.order().into()),
            (
                "order id",
                Shown::new(
                    self.purchase.order_id.to_string(),
                    self.purchase.order_id.to_string(),
                ),
            ),
            ("plan", self.plan.id.as_str().into()),
            ("plan address", self.purchase.plan.into()),
            ("plan version", Shown::of(self.plan.terms_version)),
            ("seller", self.purchase.seller.into()),
        ];
        details.extend(PlanTermsView::new(terms, decimals).fields());
        details.extend([
            ("mint", terms.mint.into()),
            ("paid from", self.purchase.source.into()),
            (
                "refund certain if undelivered, from about",
                Shown::of(Moment(by)),
            ),
        ]);
        details
    }

    /// A parent order that the plan can top up.
    pub fn check_parent(&self, at: &Pubkey, parent: &Order) -> Result<()> {
        if parent.buyer != self.purchase.buyer {
            bail!("the order {at} is of {}: sign with that key", parent.buyer);
        }
        if parent.seller != self.purchase.seller {
            bail!(
                "the order {at} is of another seller, {}: only that one can top it up",
                parent.seller
            );
        }
        if !matches!(
            parent.state(),
            Ok(OrderState::Delivered | OrderState::Completed)
        ) {
            bail!(
                "the order {at} is {}: only a delivered one can be topped up",
                state_name(parent)
            );
        }
        if parent.terms.top_up != 1 {
            bail!("the plan of the order {at} allows no top-up");
        }
        Ok(())
    }
}
