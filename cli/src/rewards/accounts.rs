use anyhow::Result;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::account::NodeRewardsAccount as Rewards;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::rewards::views::{ClaimPageView, EpochView, NetworkView, NodeView, PayoutView};

/// Shows an account in words, where they say more than its fields. Amounts need their mint.
pub fn show(at: &Pubkey, account: Rewards, ctx: &Context, print: &Printer) -> Result<Option<Exit>> {
    let cluster = ctx.cluster()?;
    let exit = match account {
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
    };
    exit.map(Some)
}
