use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::args::{OFFLINE, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::node::args::NodeDeviceArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NodeRetireArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    /// The node's owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    /// Payer of the node's rent, where the network cannot be asked
    #[arg(long, value_name = "PUBKEY", requires = "blockhash", help_heading = OFFLINE)]
    pub rent_payer: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl NodeRetireArgs {
    /// What the node earned stays claimable.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        let rent_payer = draft.given_or(self.rent_payer, "--rent-payer", || {
            Ok(self.node.find(ctx)?.rent_payer)
        })?;
        draft.describe(
            format!("retire a node of the network {}", self.node.network.network),
            vec![
                ("device", self.node.device.into()),
                ("rent goes to", rent_payer.into()),
            ],
        );
        let network = self.node.network.address()?;
        draft.add(instruction::retire_node(
            network,
            self.node.device,
            draft.signer,
            rent_payer,
        ));
        draft.finish(None)
    }
}
