use anyhow::{Result, bail};
use wayfare_client::account::NodeRewardsAccount as Account;
use wayfare_client::address;

use crate::cli::ShowArgs;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;
use crate::views::{ClaimPageView, EpochView, NetworkView, NodeView, PayoutView};

/// Decodes an account by its discriminator. A claim page does not say whose it is: its address does.
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
            for (network_address, network) in cluster.networks()? {
                if address::claim_page(&network_address, page.page) == *at {
                    let view = ClaimPageView::new(at, &page, &network_address, &network);
                    return print.result(Ok(view));
                }
            }
            bail!("{at} is a claim page of no network on this cluster: do not trust this RPC node")
        }
    }
}
