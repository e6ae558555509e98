use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;
use wayfare_client::rewards::claims::ClaimRewards;
use wayfare_client::rewards::instruction::NetworkAccounts;
use wayfare_client::rewards::published;

use crate::context::Context;
use crate::error::Exit;
use crate::job;
use crate::job::{JobReport, Kind};
use crate::output::{Amount, Output};
use crate::rewards::claim::ClaimArgs;
use crate::rewards::data::source;
use crate::rewards::find::find_network;

/// What a crank paid.
#[derive(Serialize)]
pub struct Cranked {
    network: String,
    epoch: u64,
    owners: JobReport,
    lifetime_total: Amount,
    claimed_total: Amount,
    /// What left the vault meanwhile, by this crank or others.
    paid: Amount,
}

impl Output for Cranked {
    fn exit(&self) -> Exit {
        self.owners.exit()
    }
}

impl Display for Cranked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "network {}, epoch {}: claims for all owners",
            self.network, self.epoch
        )?;
        self.owners.fmt(f)?;
        writeln!(
            f,
            "paid {}; {} of {} are claimed",
            self.paid, self.claimed_total, self.lifetime_total
        )
    }
}

/// Claims for every owner. Who pays the fees gets nothing for it.
pub fn run(args: &ClaimArgs, ctx: &Context) -> Result<Cranked> {
    let payer = ctx.party(args.send.fee_payer.as_ref(), "the fee payer")?;
    let (at, before) = find_network(ctx, &args.network.network)?;
    let cluster = ctx.cluster()?;
    let spinner = ctx.spinner("reading the data");
    let data = published::open_active(cluster, &at, &before, &source(&args.data)?)?;
    spinner.finish_and_clear();
    let job = ClaimRewards {
        network: NetworkAccounts::of(at, &before),
        data: &data,
        owners: (0..before.leaf_count).collect(),
        payer: payer.pubkey(),
    };
    let kind = Kind {
        message: "claiming",
        journal: format!(
            "{}-claims-{}.journal",
            args.network.network, before.active_epoch
        ),
        binding: job.binding(cluster.genesis_hash()?),
    };
    let owners = job::run(ctx, &kind, &job, &payer, &args.job, &args.send)?;
    let (_, after) = find_network(ctx, &args.network.network)?;
    let amount = |units| Amount::new(units, after.decimals, &after.mint);
    Ok(Cranked {
        network: args.network.network.clone(),
        epoch: before.active_epoch,
        owners,
        lifetime_total: amount(after.lifetime_total),
        claimed_total: amount(after.claimed_total),
        paid: amount(after.claimed_total.saturating_sub(before.claimed_total)),
    })
}
