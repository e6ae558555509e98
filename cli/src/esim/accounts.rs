use anyhow::Result;
use esim_market::state::MarketVault;
use solana_pubkey::Pubkey;
use wayfare_client::esim::account::EsimMarketAccount as Esim;
use wayfare_client::esim::address;

use crate::context::Context;
use crate::error::Exit;
use crate::esim::views::{MarketView, OrderView, PlanView, SellerView};
use crate::output::Printer;

/// Shows an account in words, where they say more than its fields. Amounts need their mint.
pub fn show(at: &Pubkey, account: Esim, ctx: &Context, print: &Printer) -> Result<Option<Exit>> {
    let cluster = ctx.cluster()?;
    let decimals = |market: &Pubkey, mint: &Pubkey| -> Result<u8> {
        let vault: MarketVault = cluster.state(&address::vault(market, mint))?;
        Ok(vault.decimals)
    };
    let exit = match account {
        Esim::Market(market) => print.result(Ok(MarketView::new(at, &market))),
        Esim::Seller(seller) => print.result(Ok(SellerView::new(at, &seller))),
        Esim::Plan(plan) => {
            let decimals = decimals(&plan.market, &plan.terms.mint)?;
            print.result(Ok(PlanView::new(at, &plan, decimals)))
        }
        Esim::Order(order) => {
            let decimals = decimals(&order.market, &order.terms.mint)?;
            let now = cluster.unix_time()?;
            print.result(Ok(OrderView::new(at, &order, decimals, now)))
        }
        Esim::MarketVault(_) | Esim::Delivery(_) => return Ok(None),
    };
    exit.map(Some)
}
