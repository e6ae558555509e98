use std::str::FromStr;

use anyhow::{Context as _, Result};
use clap::Args;
use roaming_escrow::state::Side;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::governance::Governed;
use wayfare_client::roaming::{StatementKey, address};
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::record::{FoldedParty, Party};
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::args::{ConfirmArgs, TransactionArgs, name};
use crate::context::Context;
use crate::draft::Draft;
use crate::error::Usage;
use crate::governance::{Noun, Roles};
use crate::roaming::find::find_hub;
use crate::roaming::find::{Found, find_agreement, require_online, tadig};
use crate::signers::SignerSource;

/// Which agreement.
#[derive(Args, Clone, Debug)]
pub struct AgreementArg {
    /// Address of the agreement: `wayfare roaming agree list` shows all
    #[arg(
        short,
        long,
        env = "WAYFARE_AGREEMENT",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub agreement: Pubkey,
}

/// Two operators, each with all the networks that it settles for: `BELMO+FRAF1,DEUD1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub one: Party,
    pub other: Party,
    /// Whether a code was in lower case.
    pub was_lower_case: bool,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (one, other) = text.split_once(',').ok_or_else(|| {
            format!("{text:?} is not a pair: write two operators with a comma between them, as in BELMO,DEUD1")
        })?;
        let fold = |text: &str| Party::fold(text).map_err(|error| error.to_string());
        let FoldedParty {
            party: one,
            was_lower_case: one_lower,
        } = fold(one)?;
        let FoldedParty {
            party: other,
            was_lower_case: other_lower,
        } = fold(other)?;
        one.check_apart(&other).map_err(|error| error.to_string())?;
        Ok(Self {
            one,
            other,
            was_lower_case: one_lower || other_lower,
        })
    }
}

/// A period: its number, or the month that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Number(u32),
    Month(Month),
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        text.parse().map(Self::Month).map_err(|_| {
            format!(
                "{text:?} is not a period: give its number, from 0, or its month, as in 2019-01"
            )
        })
    }
}

/// Which period of an agreement.
#[derive(Args, Clone, Debug)]
pub struct PeriodArg {
    /// The period: its number, from 0, or its month, as in 2019-04
    #[arg(long, value_name = "PERIOD")]
    pub period: Period,

    #[command(flatten)]
    pub first: FirstPeriodArg,
}

impl PeriodArg {
    pub fn number(&self) -> Result<u32> {
        self.first.number(self.period)
    }
}

/// Which month is which period.
#[derive(Args, Clone, Copy, Debug)]
pub struct FirstPeriodArg {
    /// The month that is the agreement's period 0. Needed where a period is given as a month
    #[arg(
        long,
        env = "WAYFARE_FIRST_PERIOD",
        hide_env_values = true,
        value_name = "MONTH"
    )]
    pub first_period: Option<Month>,
}

impl FirstPeriodArg {
    /// The number of a period.
    pub fn number(&self, period: Period) -> Result<u32> {
        match (period, self.first_period) {
            (Period::Number(number), _) => Ok(number),
            (Period::Month(month), Some(first)) => month
                .since(first)
                .with_context(|| format!("{month} is before {first}, the month of period 0")),
            (Period::Month(_), None) => Err(Usage(
                "a period given as a month needs --first-period: the month that is period 0".into(),
            )
            .into()),
        }
    }

    /// What a period is called: its number, and its month where that is known.
    pub fn name(&self, number: u32) -> String {
        match self.month(number) {
            Some(month) => format!("{number} ({month})"),
            None => number.to_string(),
        }
    }

    /// The month of a period.
    pub fn month(&self, number: u32) -> Option<Month> {
        let first = self.first_period?;
        let index = first
            .year()
            .checked_mul(12)?
            .checked_add(first.month())?
            .checked_sub(1)?
            .checked_add(number)?;
        Month::new(index / 12, (index % 12).saturating_add(1))
    }
}

#[derive(Args, Clone, Debug)]
pub struct HubNameArgs {
    /// Name of the hub
    #[arg(value_parser = name)]
    pub name: String,
}

impl HubNameArgs {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.name)
    }
}

impl Noun for HubNameArgs {
    const NOUN: &'static str = "hub";
    const PAUSE: &'static str = "Refuse entries (operators, agreements, deposits) for at most 7 days. What exists continues";

    fn name(&self) -> &str {
        &self.name
    }

    fn governed(&self) -> Result<Governed> {
        Ok(Governed {
            program: address::PROGRAM,
            address: self.address()?,
        })
    }

    fn roles(&self, ctx: &Context) -> Result<Roles> {
        let (_, hub) = find_hub(ctx, &self.name)?;
        Ok(Roles {
            pending_authority: hub.scope.pending_authority,
            guardian: hub.scope.guardian,
        })
    }
}

/// Which hub.
#[derive(Args, Clone, Debug)]
pub struct HubArg {
    /// Name of the hub
    #[arg(
        long,
        env = "WAYFARE_HUB",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = name
    )]
    pub hub: String,
}

impl HubArg {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.hub)
    }
}

/// Which operator.
#[derive(Args, Clone, Debug)]
pub struct OperatorArg {
    #[command(flatten)]
    pub hub: HubArg,

    /// TADIG code of the operator
    #[arg(value_name = "TADIG", value_parser = Tadig::fold)]
    pub operator: Folded,
}

/// What every change by an operator's authority has.
#[derive(Args)]
pub struct OperatorAuthorityArgs {
    /// The operator's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl OperatorAuthorityArgs {
    /// Begins a transaction of an operator's authority.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the operator's authority",
        )
    }
}

/// Who acts for a side of an agreement.
#[derive(Args)]
pub struct SideArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// TADIG code of the operator that acts, where the key is the authority of both
    #[arg(long, value_name = "TADIG", value_parser = Tadig::fold)]
    pub operator: Option<Folded>,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

impl SideArgs {
    /// Begins a transaction of a side's authority. It needs the network.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<(Draft<'a>, Found, Side)> {
        let draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let operator = self.operator.as_ref().map(|given| tadig(ctx, given));
        let side = found.side_of_authority(&draft.signer, operator)?;
        Ok((draft, found, side))
    }
}

/// Which statement.
#[derive(Args, Clone, Debug)]
pub struct StatementArg {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// TADIG code of the home network, whose subscribers roamed and which pays
    #[arg(long, value_name = "TADIG", value_parser = Tadig::fold)]
    pub home: Folded,

    #[command(flatten)]
    pub period: PeriodArg,
}

impl StatementArg {
    /// The agreement, and which of its statements.
    pub fn find(&self, ctx: &Context) -> Result<(Found, StatementKey)> {
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let home = found.side_of(tadig(ctx, &self.home))?;
        let period = self.period.number()?;
        Ok((found, StatementKey { home, period }))
    }
}

pub fn address_of(name: &str) -> Result<Pubkey> {
    Ok(address::hub(name).ok_or_else(|| InputError::name("hub", name))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_periods() {
        let pair: Pair = "belmo+FRAF1,DEUD1".parse().unwrap();
        assert_eq!(pair.one.to_string(), "BELMO+FRAF1");
        assert_eq!(pair.other.code().as_str(), "DEUD1");
        assert!(pair.was_lower_case);
        for (text, part) in [
            ("BELMO", "comma"),
            ("BELMO,BELMO", "itself"),
            ("BELMO,DEUD", "TADIG"),
            ("BELMO,DEUD1,FRAF1", "TADIG"),
        ] {
            let error = text.parse::<Pair>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert_eq!("12".parse(), Ok(Period::Number(12)));
        let month = Month::new(2019, 4).unwrap();
        assert_eq!("2019-04".parse(), Ok(Period::Month(month)));
        assert!("2019-13".parse::<Period>().is_err());
        assert!("-1".parse::<Period>().is_err());
    }
}
