use anyhow::Result;
use clap::Args;
use wayfare_client::rewards::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::node::args::NodeDeviceArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NodeAcceptArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    /// The new owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub new_owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl NodeAcceptArgs {
    /// What the node earned before stays with the owner before.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.new_owner.as_ref(),
            "the new owner",
        )?;
        draft.describe(
            format!(
                "take over a node of the network {}",
                self.node.network.network
            ),
            vec![
                ("device", self.node.device.into()),
                ("new owner", draft.signer.into()),
            ],
        );
        let network = self.node.network.address()?;
        draft.add(instruction::accept_node(
            network,
            self.node.device,
            draft.signer,
        ));
        draft.finish(None)
    }
}
