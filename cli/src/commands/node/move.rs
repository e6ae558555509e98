use anyhow::Result;
use wayfare_client::rewards::instruction;

use crate::cli::NodeMoveArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::views::rewards as views;

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
