use anyhow::Result;
use wayfare_client::account::NodeRewardsAccount as Account;

use crate::cli::ShowArgs;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;
use crate::views::{ClaimPageView, EpochView, NetworkView, NodeView, PayoutView};

/// Decodes an account by its discriminator. Amounts need the network's mint.
pub fn run(args: &ShowArgs, ctx: &Context, print: &Printer) -> Result<Exit> {
    let cluster = ctx.cluster()?;
    let at = &args.address;
    match cluster.any_state(at)? {
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
