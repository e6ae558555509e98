use anyhow::{Result, bail};
use clap::Args;
use node_rewards::state::{Epoch, Network};
use wayfare_client::rewards::published::{Activation, activation};
use wayfare_client::rewards::{address, instruction};
use wayfare_client::token;
use wayfare_core::amount;

use crate::args::{OFFLINE, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::Moment;
use crate::rewards::args::NetworkArg;
use crate::rewards::find::{find_network, find_proposed};

#[derive(Args)]
pub struct ActivateArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Wait for the end of the challenge period
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding"])]
    pub wait: bool,

    /// Number of the epoch, where the network cannot be asked
    #[arg(long, value_name = "N", requires = "blockhash", help_heading = OFFLINE)]
    pub epoch: Option<u64>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl ActivateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        let name = &self.network.network;
        let address = self.network.address()?;
        let number = if draft.is_offline() {
            self.epoch.ok_or_else(|| {
                Usage("--sign-only asks the network for nothing: give --epoch too".into())
            })?
        } else {
            let (_, network) = find_network(ctx, name)?;
            let number = self.epoch.unwrap_or(network.active_epoch.saturating_add(1));
            let epoch = find_proposed(ctx, &address, number)?;
            self.require_ready(ctx, &network, &epoch)?;
            number
        };
        draft.describe(
            format!("activate epoch {number} of the network {name}"),
            vec![("address", address::epoch(&address, number).into())],
        );
        draft.add(instruction::activate_epoch(
            address,
            address::vault(&address),
            number,
        ));
        draft.finish(None)
    }

    /// Waits for the challenge period if it is to; refuses what the program would refuse, with the next step.
    fn require_ready(&self, ctx: &Context, network: &Network, epoch: &Epoch) -> Result<()> {
        loop {
            let state = state(ctx, network, epoch)?;
            match state {
                Activation::Challenge { ends_at } if self.wait => {
                    ctx.wait_until(ends_at, "challenge period")?;
                }
                state => return explain(&state, network, epoch.number),
            }
        }
    }
}

/// What stands between an epoch and its activation now.
pub fn state(ctx: &Context, network: &Network, epoch: &Epoch) -> Result<Activation> {
    let cluster = ctx.cluster()?;
    let balance = token::token_balance(
        cluster,
        &network.vault,
        &network.mint,
        &network.token_program,
    )?;
    Ok(activation(network, epoch, balance, cluster.unix_time()?))
}

fn explain(state: &Activation, network: &Network, number: u64) -> Result<()> {
    let tokens = |units| amount::format(units, network.decimals);
    match state {
        Activation::Ready => Ok(()),
        Activation::Activated => bail!("epoch {number} is active already, or was"),
        Activation::Vetoed => {
            bail!("epoch {number} was vetoed: publish it again once what was wrong is right")
        }
        Activation::PublishersChanged => {
            bail!("the publishers changed since epoch {number} was proposed: publish it again")
        }
        Activation::Unapproved {
            approvals,
            threshold,
        } => bail!(
            "epoch {number} has {approvals} of {threshold} approvals: another publisher must approve it"
        ),
        Activation::Challenge { ends_at } => bail!(
            "the challenge period of epoch {number} ends at {}: try again then, or add --wait",
            Moment(*ends_at)
        ),
        Activation::Paused { until } => bail!(
            "the network is paused until {}: try again then",
            Moment(*until)
        ),
        Activation::Underfunded { missing } => bail!(
            "the vault lacks {} tokens for epoch {number}: fund it with `wayfare network fund {} {}`",
            tokens(*missing),
            network.scope.name(),
            tokens(*missing)
        ),
    }
}

/// The state in a sentence.
pub fn describe(state: &Activation, network: &Network, number: u64) -> String {
    match explain(state, network, number) {
        Ok(()) => format!("epoch {number} can be activated"),
        Err(reason) => reason.to_string(),
    }
}
