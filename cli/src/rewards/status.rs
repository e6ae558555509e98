use std::fmt::{self, Display};

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::claims::{Claimable, claimable, payable_in};
use wayfare_client::rewards::instruction::NetworkAccounts;
use wayfare_client::rewards::published::Activation;
use wayfare_client::rewards::{address, published};

use crate::context::Context;
use crate::output::{Amount, Fields, Moment, Output, Span};
use crate::rewards::args::NetworkArg;
use crate::rewards::find::find_network;
use crate::rewards::views::EpochView;
use crate::rewards::{activate, data};

#[derive(Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Show what this owner can claim
    #[arg(long, value_name = "PUBKEY", requires = "data")]
    pub owner: Option<Pubkey>,

    /// Folder or URL of the active epoch's data
    #[arg(long, value_name = "DIR|URL", requires = "owner")]
    pub data: Option<String>,
}

/// Where a network's epochs are.
#[derive(Serialize)]
pub struct RewardsStatus {
    network: String,
    lifetime_total: Amount,
    claimed_total: Amount,
    active: Option<EpochView>,
    epoch_ends_at: Moment,
    proposed: Option<EpochView>,
    activation: Option<Activation>,
    #[serde(skip)]
    next: String,
}

impl Output for RewardsStatus {}

impl Display for RewardsStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("network", self.network.clone()),
            ("granted", self.lifetime_total.to_string()),
            ("claimed", self.claimed_total.to_string()),
            ("next epoch ends at", self.epoch_ends_at.to_string()),
        ])
        .fmt(f)?;
        for epoch in [&self.active, &self.proposed].into_iter().flatten() {
            write!(f, "\n{epoch}")?;
        }
        writeln!(f, "\n{}", self.next)
    }
}

pub fn of_network(args: &StatusArgs, ctx: &Context) -> Result<RewardsStatus> {
    let (at, network) = find_network(ctx, &args.network.network)?;
    let amount = |units| Amount::new(units, network.decimals, &network.mint);
    let view = |number| -> Result<_> {
        Ok(data::find_epoch(ctx, &at, number)?.map(|epoch| {
            (
                EpochView::new(&address::epoch(&at, number), &epoch, &network),
                epoch,
            )
        }))
    };
    let active = view(network.active_epoch)?.map(|(view, _)| view);
    let number = network.active_epoch.saturating_add(1);
    let (proposed, activation, next) = match view(number)? {
        Some((view, epoch)) => {
            let state = activate::state(ctx, &network, &epoch)?;
            let next = activate::describe(&state, &network, number);
            (Some(view), Some(state), next)
        }
        None => {
            let ends_at = Moment(network.epoch_ends_at);
            let next = if ctx.cluster()?.unix_time()? < network.epoch_ends_at {
                format!("epoch {number} is not over yet: it can be proposed from {ends_at} on")
            } else {
                format!("epoch {number} is over since {ends_at}: it can be proposed")
            };
            (None, None, next)
        }
    };
    Ok(RewardsStatus {
        network: args.network.network.clone(),
        lifetime_total: amount(network.lifetime_total),
        claimed_total: amount(network.claimed_total),
        active,
        epoch_ends_at: Moment(network.epoch_ends_at),
        proposed,
        activation,
        next,
    })
}

/// What an owner can claim.
#[derive(Debug, Serialize)]
pub struct OwnerStatus {
    owner: String,
    index: u32,
    wallet: String,
    destination: String,
    destination_exists: bool,
    lifetime: Amount,
    claimed: Amount,
    due: Amount,
    /// How long the outflow limiter lets the owner wait; `None` for ever.
    payable_in: Option<Span>,
}

impl Output for OwnerStatus {}

impl Display for OwnerStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let due = match self.payable_in {
            _ if self.claimed == self.lifetime => self.due.to_string(),
            Some(Span(0)) => format!("{}, payable now", self.due),
            Some(span) => format!("{}, payable in {span}", self.due),
            None => format!("{}, which the outflow limiter never pays", self.due),
        };
        Fields(&[
            ("owner", self.owner.clone()),
            ("index", self.index.to_string()),
            ("paid to", self.wallet.clone()),
            ("token account", self.destination.clone()),
            ("earned in all", self.lifetime.to_string()),
            ("claimed", self.claimed.to_string()),
            ("due", due),
        ])
        .fmt(f)
    }
}

impl OwnerStatus {
    /// Takes no key: anybody may look.
    pub fn read(
        ctx: &Context,
        network: &NetworkAccounts,
        decimals: u8,
        found: &Claimable,
    ) -> Result<Self> {
        let amount = |units| Amount::new(units, decimals, &network.mint);
        let wait = payable_in(ctx.cluster()?, &network.network, found.due())?;
        Ok(Self {
            owner: found.owner.to_string(),
            index: found.index,
            wallet: found.wallet.to_string(),
            destination: found.destination.to_string(),
            destination_exists: found.has_destination,
            lifetime: amount(found.lifetime),
            claimed: amount(found.claimed),
            due: amount(found.due()),
            payable_in: wait.map(|wait| Span(wait.as_secs())),
        })
    }
}

pub fn of_owner(
    args: &StatusArgs,
    owner: &Pubkey,
    source: &str,
    ctx: &Context,
) -> Result<OwnerStatus> {
    let (at, network) = find_network(ctx, &args.network.network)?;
    let cluster = ctx.cluster()?;
    let epoch = published::open_active(cluster, &at, &network, &data::source(source)?)?;
    let Some(index) = epoch.index_of(&owner.to_bytes()) else {
        bail!(
            "{owner} has earned nothing by epoch {}: check the owner",
            network.active_epoch
        );
    };
    let accounts = NetworkAccounts::of(at, &network);
    let found = claimable(cluster, &accounts, &epoch, &[index], None)?;
    match found.first() {
        Some(found) => OwnerStatus::read(ctx, &accounts, network.decimals, found),
        None => bail!("{owner} has no leaf"),
    }
}
