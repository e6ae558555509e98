use anyhow::Result;
use clap::Args;
use wayfare_client::rewards::{address, instruction};

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::find::{find_network, find_proposed};
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NetworkVetoArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Number of the epoch to refuse [default: the proposed one]
    #[arg(long, value_name = "N")]
    pub epoch: Option<u64>,

    /// The network's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl NetworkVetoArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.guardian.as_ref(),
            "the guardian",
        )?;
        let name = &self.network.name;
        let network = self.network.address()?;
        let mut details = vec![];
        let number = if draft.is_offline() {
            self.epoch.ok_or_else(|| {
                Usage("--sign-only asks the network for nothing: give --epoch too".into())
            })?
        } else {
            let (_, state) = find_network(ctx, name)?;
            let number = self.epoch.unwrap_or(state.active_epoch.saturating_add(1));
            // What is refused is shown before it is.
            let epoch: node_rewards::state::Epoch = find_proposed(ctx, &network, number)?;
            details.push(("root", hex::encode(epoch.root).into()));
            details.push(("proposer", epoch.proposer.into()));
            number
        };
        details.push(("address", address::epoch(&network, number).into()));
        draft.describe(
            format!("veto epoch {number} of the network {name}"),
            details,
        );
        draft.add(instruction::veto_epoch(network, draft.signer, number));
        draft.finish(Some(&self.confirm))
    }
}
