use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::node::args::NodeDeviceArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NodeOfferArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    /// The new owner
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub new_owner: Option<Pubkey>,

    /// Withdraw the offer
    #[arg(long, conflicts_with = "new_owner")]
    pub withdraw: bool,

    /// The node's owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl NodeOfferArgs {
    /// `clap` sees to it that there is either a new owner or `--withdraw`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        let name = &self.node.network.network;
        let device = self.node.device;
        let mut details = vec![("device", device.into())];
        match self.new_owner {
            Some(owner) => {
                details.push(("new owner", owner.into()));
                draft.describe(format!("offer a node of the network {name}"), details);
            }
            None => draft.describe(
                format!("withdraw the offer of a node of the network {name}"),
                details,
            ),
        }
        let network = self.node.network.address()?;
        draft.add(instruction::offer_node(
            network,
            device,
            draft.signer,
            self.new_owner,
        ));
        draft.finish(None)
    }
}
