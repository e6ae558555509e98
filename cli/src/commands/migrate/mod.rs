//! Brings a cluster to what the migrations declare. Run twice, it changes nothing the second time.

mod files;
mod plan;

use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use files::NetworkWanted;
use plan::{Action, Difference, Plan};
use serde::Serialize;
use solana_pubkey::Pubkey;

use crate::args::{ConfirmArgs, ExportEncoding, OFFLINE, OfflineArgs, SendArgs, TransactionArgs};
use crate::commands::migrate::files::Variable;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::mint;
use crate::output::Output;
use crate::rewards::args::address_of;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct MigrateArgs {
    /// Folder with the migrations, NNNN_name.toml each
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub dir: PathBuf,

    /// Value of a variable that the migrations name as ${NAME}
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<Variable>,

    /// Authority of the networks [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    /// Print each network's unsigned transaction for a multisig to import (Squads takes base58), and send nothing
    #[arg(long, value_name = "ENCODING", help_heading = OFFLINE)]
    pub export_encoding: Option<ExportEncoding>,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// What the migrations changed, or would change.
#[derive(Serialize)]
pub struct Migrated {
    dry_run: bool,
    networks: Vec<MigratedNetwork>,
}

#[derive(Serialize)]
struct MigratedNetwork {
    network: String,
    differences: Vec<Difference>,
    signature: Option<String>,
    /// For a multisig to import.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<String>,
}

impl Output for Migrated {}

impl Display for Migrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for network in &self.networks {
            let name = &network.network;
            match (&network.signature, network.differences.is_empty()) {
                (_, true) => writeln!(f, "network {name}: as declared")?,
                (Some(signature), _) => {
                    writeln!(f, "network {name}: changed, signature {signature}")?;
                }
                (None, _) => writeln!(f, "network {name}: would change; nothing was sent")?,
            }
            for difference in &network.differences {
                writeln!(f, "  {difference}")?;
            }
            if let Some(transaction) = &network.transaction {
                writeln!(f, "{transaction}")?;
            }
        }
        Ok(())
    }
}

impl MigrateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Migrated> {
        let wanted = files::read(&self.dir, &self.vars)?;
        let mut plans = vec![];
        for (name, wanted) in &wanted.network {
            plans.push(plan(ctx, name, wanted)?);
        }

        let due: Vec<_> = plans
            .iter()
            .filter(|(plan, _)| plan.action != Action::Nothing)
            .collect();
        if !due.is_empty() && !self.send.dry_run && self.export_encoding.is_none() {
            let what: Vec<_> = due.iter().map(|(plan, _)| plan.to_string()).collect();
            ctx.confirm(&self.confirm, what.join("\n"), "Change it?")?;
        }

        let mut networks = vec![];
        for (plan, token_program) in plans {
            let receipt = match plan.action {
                Action::Nothing => None,
                _ => Some(self.apply(ctx, &plan, token_program)?),
            };
            let (signature, transaction) = match receipt {
                Some(Receipt::Finalized { signature, .. }) => (Some(signature), None),
                Some(Receipt::Exported { transaction, .. }) => (None, Some(transaction)),
                _ => (None, None),
            };
            networks.push(MigratedNetwork {
                network: plan.network,
                differences: plan.differences,
                signature,
                transaction,
            });
        }
        Ok(Migrated {
            dry_run: self.send.dry_run,
            networks,
        })
    }

    /// Takes a network's differences away in one transaction; or simulates or exports that.
    fn apply(&self, ctx: &Context, plan: &Plan, token_program: Pubkey) -> Result<Receipt> {
        let args = TransactionArgs {
            send: self.send.clone(),
            offline: OfflineArgs {
                export_encoding: self.export_encoding,
                ..OfflineArgs::default()
            },
        };
        let mut draft = Draft::new(ctx, &args, self.authority.as_ref(), "the authority")?;
        let network = address_of(&plan.network)?;
        draft.describe(
            format!("bring the network {} to what is declared", plan.network),
            vec![],
        );
        for instruction in plan.instructions(network, draft.payer, draft.signer, token_program) {
            draft.add(instruction);
        }
        draft
            .finish(None)
            .with_context(|| format!("network {}", plan.network))
    }
}

/// What is to be done for a network, and the token program of its mint.
fn plan(ctx: &Context, name: &str, wanted: &NetworkWanted) -> Result<(Plan, Pubkey)> {
    let network: Option<node_rewards::state::Network> =
        ctx.cluster()?.find_state(&address_of(name)?)?;
    let (decimals, token_program) = match (&network, wanted.mint) {
        (Some(network), _) => (network.decimals, network.token_program),
        (None, Some(mint)) => {
            let mint = mint::read(ctx.cluster()?, &mint)?;
            (mint.decimals, mint.token_program)
        }
        (None, None) => {
            bail!("network {name}: it does not exist yet, and no migration says its mint")
        }
    };
    Ok((
        Plan::new(name, wanted, network.as_ref(), decimals)?,
        token_program,
    ))
}
