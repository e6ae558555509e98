use std::fmt::{self, Display};

use anyhow::{Result, bail};
use serde::Serialize;
use solana_instruction::Instruction;
use wayfare_client::bulk::{Assessment, Job};
use wayfare_client::error::{ClientError, InputError};
use wayfare_client::rewards::claims::{ClaimRewards, claimable};
use wayfare_client::rewards::data_error::DataError;
use wayfare_client::rewards::instruction::NetworkAccounts;
use wayfare_client::rewards::published::{self, Source};

use super::status::OwnerStatus;
use crate::cli::{ClaimArgs, OfflineArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::{Amount, Output, Shown};

/// Where published data are, as a flag names it.
pub fn source(text: &str) -> Result<Source> {
    Ok(text
        .parse()
        .map_err(|error: DataError| Usage(error.to_string()))?)
}

/// What a claim paid.
#[derive(Serialize)]
pub struct Claimed {
    /// `None`: nothing was due, so nothing was sent.
    receipt: Option<Receipt>,
    paid: Amount,
    /// How things stand after it.
    owner: OwnerStatus,
}

impl Output for Claimed {}

impl Display for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.receipt {
            None => writeln!(f, "nothing is due")?,
            Some(Receipt::Finalized {
                signature, slot, ..
            }) => writeln!(
                f,
                "paid {}, finalized in slot {slot}\nsignature {signature}",
                self.paid
            )?,
            Some(receipt) => writeln!(f, "{receipt}")?,
        }
        self.owner.fmt(f)
    }
}

impl ClaimArgs {
    /// Claims for one owner.
    pub fn run(&self, ctx: &Context) -> Result<Claimed> {
        if self.job.resume || self.job.journal.is_some() {
            bail!(Usage("--resume and --journal go with --all-owners".into()));
        }
        let owner = match self.owner {
            Some(owner) => owner,
            None => ctx.party(None, "the owner")?.pubkey(),
        };
        let (at, network) = ctx.network(&self.network.network)?;
        let cluster = ctx.cluster()?;
        let data = published::open_active(cluster, &at, &network, &source(&self.data)?)?;
        let Some(index) = data.index_of(&owner.to_bytes()) else {
            bail!(
                "{owner} has earned nothing by epoch {}: check the owner",
                network.active_epoch
            );
        };
        let accounts = NetworkAccounts::of(at, &network);
        let look = || -> Result<_> {
            let found = claimable(cluster, &accounts, &data, &[index], None)?;
            match found.into_iter().next() {
                Some(found) => Ok(found),
                None => bail!("{owner} has no leaf"),
            }
        };
        let before = look()?;
        let amount = |units| Amount::new(units, network.decimals, &network.mint);
        let status = |found: &_| OwnerStatus::read(ctx, &accounts, network.decimals, found);
        if before.due() == 0 {
            return Ok(Claimed {
                receipt: None,
                paid: amount(0),
                owner: status(&before)?,
            });
        }

        let payer = ctx
            .party(self.send.fee_payer.as_ref(), "the fee payer")?
            .pubkey();
        let job = ClaimRewards {
            network: accounts,
            data: &data,
            owners: vec![index],
            payer,
        };
        let instructions = match job.assess(cluster, &[0], None)?.pop() {
            Some(Assessment::Due { instructions, .. }) => instructions,
            Some(Assessment::Impossible(reason)) => bail!(reason),
            // Somebody else was faster.
            Some(Assessment::Done) | None => vec![],
        };
        if instructions.is_empty() {
            return Ok(Claimed {
                receipt: None,
                paid: amount(0),
                owner: status(&look()?)?,
            });
        }
        let details = vec![
            ("owner", owner.into()),
            ("paid to", before.wallet.into()),
            ("token account", before.destination.into()),
            ("due", Shown::of(amount(before.due()))),
            ("mint", network.mint.into()),
        ];
        let receipt = self.send_claim(ctx, instructions, details)?;
        let after = match receipt {
            Receipt::Finalized { .. } => look()?,
            _ => before.clone(),
        };
        Ok(Claimed {
            receipt: Some(receipt),
            paid: amount(after.claimed.saturating_sub(before.claimed)),
            owner: status(&after)?,
        })
    }

    /// Sends a claim with what it needs first: in one transaction, or where that is more than a packet holds, in two.
    fn send_claim(
        &self,
        ctx: &Context,
        mut instructions: Vec<Instruction>,
        details: Vec<(&'static str, Shown)>,
    ) -> Result<Receipt> {
        let action = format!("claim in the network {}", self.network.network);
        let args = TransactionArgs {
            send: self.send.clone(),
            offline: OfflineArgs::default(),
        };
        let send = |instructions: &[Instruction]| {
            let mut draft = Draft::paid_only(ctx, &args)?;
            draft.describe(action.clone(), details.clone());
            instructions
                .iter()
                .for_each(|instruction| draft.add(instruction.clone()));
            draft.finish(None)
        };
        match send(&instructions) {
            Err(error) if is_too_large(&error) && instructions.len() > 1 => {
                let claim = instructions.split_off(instructions.len().saturating_sub(1));
                let receipt = send(&instructions)?;
                match receipt {
                    Receipt::Finalized { .. } => send(&claim),
                    receipt => Ok(receipt),
                }
            }
            result => result,
        }
    }
}

fn is_too_large(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(ClientError::Input(InputError::TooLarge { .. }))
    )
}
