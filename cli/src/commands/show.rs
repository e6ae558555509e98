use anyhow::Result;
use esim_market::state::MarketVault;
use roaming_escrow::state::Agreement;
use solana_pubkey::Pubkey;
use wayfare_client::account::AnyAccount;
use wayfare_client::esim::{account::EsimMarketAccount as Esim, address};
use wayfare_client::rewards::account::NodeRewardsAccount as Rewards;
use wayfare_client::roaming::account::RoamingEscrowAccount as Roaming;

use crate::cli::ShowArgs;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;
use crate::views::esim::{
    DeliveryView, MarketVaultView, MarketView, OrderView, PlanView, SellerView,
};
use crate::views::rewards::{ClaimPageView, EpochView, NetworkView, NodeView, PayoutView};
use crate::views::roaming::{AgreementView, HubView, Names, OperatorView, StatementView};

/// Decodes an account by its discriminator. Amounts need their mint.
pub fn run(args: &ShowArgs, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    let at = &args.address;
    match cluster.any_state(at)? {
        AnyAccount::NodeRewards(account) => rewards(at, account, ctx, print),
        AnyAccount::EsimMarket(account) => esim(at, account, ctx, print),
        AnyAccount::RoamingEscrow(account) => roaming(at, account, ctx, print),
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
            let decimals = decimals(&order.market, &order.terms.mint)?;
            let now = cluster.unix_time()?;
            print.result(Ok(OrderView::new(at, &order, decimals, now)))
        }
        Esim::Delivery(delivery) => print.result(Ok(DeliveryView::new(at, &delivery))),
    }
}

fn roaming(at: &Pubkey, account: Roaming, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    let names = |agreement: &Agreement| -> Result<Names> {
        let (first, second) = (
            cluster.state(&agreement.first)?,
            cluster.state(&agreement.second)?,
        );
        Ok(Names::new(&first, &second))
    };
    match account {
        Roaming::Hub(hub) => print.result(Ok(HubView::new(at, &hub))),
        Roaming::Operator(operator) => print.result(Ok(OperatorView::new(at, &operator))),
        Roaming::Agreement(agreement) => {
            let names = names(&agreement)?;
            print.result(Ok(AgreementView::new(at, &agreement, &names)))
        }
        Roaming::Statement(statement) => {
            let agreement: Agreement = cluster.state(&statement.agreement)?;
            let names = names(&agreement)?;
            let now = cluster.unix_time()?;
            print.result(Ok(StatementView::new(
                at, &statement, &agreement, &names, now,
            )))
        }
    }
}
