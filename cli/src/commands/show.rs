use anyhow::{Result, bail};
use wayfare_client::account::AnyAccount;
use wayfare_client::rewards::account::NodeRewardsAccount as Account;

use crate::cli::ShowArgs;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;
use crate::views::{ClaimPageView, EpochView, NetworkView, NodeView, PayoutView};

/// Decodes an account by its discriminator. Amounts need the network's mint.
pub fn run(args: &ShowArgs, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    let at = &args.address;
    let account = match cluster.any_state(at)? {
        AnyAccount::NodeRewards(account) => account,
        AnyAccount::EsimMarket(account) => bail!("{at} is of esim-market: {:?}", account),
    };
    match account {
        Account::Network(network) => print.result(Ok(NetworkView::new(at, &network))),
        Account::Epoch(epoch) => {
            let network = cluster.state(&epoch.network)?;
            print.result(Ok(EpochView::new(at, &epoch, &network)))
        }
        Account::Payout(payout) => print.result(Ok(PayoutView::new(at, &payout))),
        Account::Node(node) => print.result(Ok(NodeView::new(at, &node))),
        Account::ClaimPage(page) => {
            let network = cluster.state(&page.network)?;
            print.result(Ok(ClaimPageView::new(at, &page, &network)))
        }
    }
}
