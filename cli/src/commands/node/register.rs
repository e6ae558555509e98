use anyhow::{Result, bail};
use node_rewards::state::Node;
use wayfare_client::rewards::{address, instruction};

use crate::cli::NodeRegisterArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::views::rewards as views;

impl NodeRegisterArgs {
    /// Registers one device. Owner and device sign; anyone may pay.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        let device = draft.also_signed_by(self.device.as_ref(), "the device")?;
        let name = &self.network.network;
        let network = self.network.address()?;
        let location = self.place.cell(ctx, name, draft.is_offline())?;
        let kind = self.kind.into();
        if !draft.is_offline() {
            let there: Option<Node> = ctx
                .cluster()?
                .find_state(&address::node(&network, &device))?;
            if let Some(node) = there {
                bail!(
                    "the device {device} is registered in the network {name} already, by the owner {}",
                    node.owner
                );
            }
        }
        draft.describe(
            format!("register a node in the network {name}"),
            vec![
                ("device", device.into()),
                ("owner", draft.signer.into()),
                ("kind", views::kind(kind).into()),
                ("location", views::cell(location).into()),
                ("address", address::node(&network, &device).into()),
            ],
        );
        draft.add(instruction::register_node(
            network,
            draft.payer,
            draft.signer,
            device,
            kind,
            location,
        ));
        draft.finish(None)
    }
}
