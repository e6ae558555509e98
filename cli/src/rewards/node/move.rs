use anyhow::Result;
use clap::Args;
use wayfare_client::rewards::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::node::args::{NodeDeviceArgs, PlaceArgs};
use crate::rewards::views;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NodeMoveArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    #[command(flatten)]
    pub place: PlaceArgs,

    /// The node's owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl NodeMoveArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        let name = &self.node.network.network;
        let location = self.place.cell(ctx, name, draft.is_offline())?;
        draft.describe(
            format!("move a node of the network {name}"),
            vec![
                ("device", self.node.device.into()),
                ("location", views::cell(location).into()),
            ],
        );
        let network = self.node.network.address()?;
        draft.add(instruction::move_node(
            network,
            self.node.device,
            draft.signer,
            location,
        ));
        draft.finish(None)
    }
}
