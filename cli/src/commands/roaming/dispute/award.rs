use anyhow::{Context as _, Result, bail};
use wayfare_client::roaming::instruction;
use wayfare_core::amount;
use wayfare_program::numbers::part_of;

use super::{details, disputed};
use crate::cli::roaming::AwardArgs;
use crate::commands::roaming::{hub_of, require_online};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::Moment;

/// Base units of a difference: an amount of tokens, or a share as in `25%`, rounded down.
fn units(text: &str, difference: u64, decimals: u8) -> Result<u64> {
    let Some(share) = text.strip_suffix('%') else {
        return amount::parse(text, decimals).context("the award");
    };
    // Hundredths of a per cent are basis points.
    let bps = amount::parse(share.trim(), 2)
        .ok()
        .and_then(|bps| u16::try_from(bps).ok())
        .filter(|bps| *bps <= 10_000)
        .ok_or_else(|| {
            Usage(format!(
                "{text:?} is no share: give 0% to 100%, with two digits at most"
            ))
        })?;
    part_of(difference, bps).context("the award does not fit in 64 bits")
}

impl AwardArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let arbiter = self.arbiter.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, arbiter, "the arbiter")?;
        require_online(draft.is_offline())?;
        let (found, key) = self.statement.find(ctx)?;
        let hub = hub_of(ctx, &found)?;
        if hub.terms.arbiter != draft.signer {
            bail!(
                "{} is not the hub's arbiter: that is {}",
                draft.signer,
                hub.terms.arbiter
            );
        }
        let mut statement = disputed(ctx, &found, key)?;
        if self.wait {
            ctx.wait_until(statement.dispute_by, "waiting for the arbiter's time")?;
            statement = disputed(ctx, &found, key)?;
        }
        let now = ctx.cluster()?.unix_time()?;
        if now < statement.dispute_by {
            bail!(
                "until {} the two operators may still agree: add --wait",
                Moment(statement.dispute_by)
            );
        }
        if now >= statement.award_by {
            bail!(
                "the arbiter's time was over at {}: the agreed default counts, see `wayfare roaming dispute default`",
                Moment(statement.award_by)
            );
        }
        let difference = statement.disputed()?;
        let award = units(&self.amount, difference, found.state.decimals)?;
        if award > difference {
            bail!(
                "the award must be at most the disputed difference, {}",
                found.amount(difference)
            );
        }
        draft.describe(
            "award a disputed difference",
            details(&found, key, &statement, award)?,
        );
        draft.add(instruction::award(
            &found.statement_accounts(key),
            draft.signer,
            award,
        ));
        draft.finish(Some(&self.confirm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn awards_are_amounts_or_shares() {
        for (text, expected) in [
            ("1.5", 1_500_000),
            ("0", 0),
            ("25%", 250),
            ("33.33 %", 333),
            ("100%", 1_001),
            ("0%", 0),
        ] {
            assert_eq!(units(text, 1_001, 6).unwrap(), expected, "{text}");
        }
        for text in ["101%", "1.005%", "-1%", "%", "x", "1.0000001"] {
            assert!(units(text, 1_001, 6).is_err(), "{text}");
        }
    }
}
