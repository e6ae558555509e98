use anyhow::Result;
use esim_market::state::MarketVault;
use solana_pubkey::Pubkey;
use wayfare_client::account::AnyAccount;
use wayfare_client::esim::{account::EsimMarketAccount as Esim, address};
use wayfare_client::rewards::account::NodeRewardsAccount as Rewards;

use crate::cli::ShowArgs;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;
use crate::views::esim::{
    DeliveryView, MarketVaultView, MarketView, OrderView, PlanView, SellerView,
};
use crate::views::rewards::{ClaimPageView, EpochView, NetworkView, NodeView, PayoutView};

/// Decodes an account by its discriminator. Amounts need their mint.
pub fn run(args: &ShowArgs, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    let at = &args.address;
    match cluster.any_state(at)? {
        AnyAccount::NodeRewards(account) => rewards(at, account, ctx, print),
        AnyAccount::EsimMarket(account) => esim(at, account, ctx, print),
    }
}

fn rewards(at: &Pubkey, account: Rewards, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    match account {
        Rewards::Network(network) => print.result(Ok(NetworkView::new(at, &network))),
        Rewards::Epoch(epoch) => {
            let network = cluster.state(&epoch.network)?;
            print.result(Ok(EpochView::new(at, &epoch, &network)))
        }
        Rewards::Payout(payout) => print.result(Ok(PayoutView::new(at, &payout))),
        Rewards::Node(node) => print.result(Ok(NodeView::new(at, &node))),
        Rewards::ClaimPage(page) => {
            let network = cluster.state(&page.network)?;
            print.result(Ok(ClaimPageView::new(at, &page, &network)))
        }
    }
}

fn esim(at: &Pubkey, account: Esim, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    let decimals = |market: &Pubkey, mint: &Pubkey| -> Result<u8> {
        let vault: MarketVault = cluster.state(&address::vault(market, mint))?;
        Ok(vault.decimals)
    };
    match account {
        Esim::Market(market) => print.result(Ok(MarketView::new(at, &market))),
        Esim::MarketVault(vault) => print.result(Ok(MarketVaultView::new(at, &vault))),
        Esim::Seller(seller) => print.result(Ok(SellerView::new(at, &seller))),
        Esim::Plan(plan) => {
            let decimals = decimals(&plan.market, &plan.terms.mint)?;
            print.result(Ok(PlanView::new(at, &plan, decimals)))
        }
        Esim::Order(order) => {
            let decimals = decimals(&order.market, &order.mint)?;
            let now = cluster.unix_time()?;
            print.result(Ok(OrderView::new(at, &order, decimals, now)))
        }
        Esim::Delivery(delivery) => print.result(Ok(DeliveryView::new(at, &delivery))),
    }
}
