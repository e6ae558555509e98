mod agree;
mod balance;
mod books;
mod dispute;
mod hub;
mod operator;
mod reconcile;
mod settlement;
mod statement;
mod usage;
mod verify;
mod voucher;

use anyhow::{Context as _, Result, anyhow, bail};
use roaming_escrow::state::{Agreement, Hub, Operator, Side, Statement};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::roaming::instruction::{AgreementAccounts, StatementAccounts};
use wayfare_client::roaming::{StatementKey, address};
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::cli::roaming::{FirstPeriodArg, Period, PeriodArg, RoamingCommand, StatementArg};
use crate::commands::Printer;
use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::output::Amount;
use crate::views::roaming::{Names, code};

pub fn run(command: &RoamingCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use RoamingCommand as Roaming;
    match command {
        Roaming::Hub(command) => hub::run(command, ctx, print),
        Roaming::Operator(command) => operator::run(command, ctx, print),
        Roaming::Agree(command) => agree::run(command, ctx, print),
        Roaming::Deposit(args) => print.result(args.run(ctx)),
        Roaming::RequestWithdrawal(args) => print.result(args.run(ctx)),
        Roaming::Withdraw(args) => print.result(args.run(ctx)),
        Roaming::CollectFees(args) => print.result(args.run(ctx)),
        Roaming::Statement(command) => statement::run(command, ctx, print),
        Roaming::Reconcile(args) => print.result(args.run(ctx)),
        Roaming::Dispute(command) => dispute::run(command, ctx, print),
        Roaming::Settle(args) => print.result(args.run(ctx)),
        Roaming::Crank(args) => print.result(args.run(ctx)),
        Roaming::Voucher(command) => voucher::run(command, ctx, print),
        Roaming::Verify(args) => print.result(args.run(ctx)),
        Roaming::Books(args) => print.result(books::run(args, ctx)),
    }
}

/// A hub by its name.
pub fn find_hub(ctx: &Context, name: &str) -> Result<(Pubkey, Hub)> {
    match ctx.cluster()?.hub(name) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
            "there is no hub {name:?} on this cluster: check the name and --url; `wayfare roaming hub list` shows all"
        )),
        result => Ok(result?),
    }
}

/// An operator of a hub, by its code.
pub fn find_operator(ctx: &Context, hub: &Pubkey, tadig: Tadig) -> Result<(Pubkey, Operator)> {
    let at = address::operator(hub, tadig);
    match ctx.cluster()?.state(&at) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
            "the hub has no operator {tadig}: `wayfare roaming hub operators` shows all"
        )),
        result => Ok((at, result?)),
    }
}

/// A code as it was given; says so when it was in lower case.
pub fn tadig(ctx: &Context, given: &Folded) -> Tadig {
    if given.was_lower_case {
        note_lower_case(ctx, given.code);
    }
    given.code
}

/// Says that lower case was read as upper case.
pub fn note_lower_case(ctx: &Context, code: impl std::fmt::Display) {
    ctx.note(format_args!(
        "note: TADIG codes are in upper case: read as {code}"
    ));
}

/// Refuses `--sign-only` for what depends on the agreement's accounts.
pub fn require_online(is_offline: bool) -> Result<()> {
    if is_offline {
        bail!(Usage(
            "--sign-only asks the network for nothing, but this needs the agreement's accounts: sign with a key that is \
             here, or use --export-encoding"
                .into()
        ));
    }
    Ok(())
}

/// An agreement with what belongs to it.
pub struct Found {
    pub at: Pubkey,
    pub state: Agreement,
    pub first: Operator,
    pub second: Operator,
    pub names: Names,
    pub accounts: AgreementAccounts,
}

/// An agreement by its address.
pub fn find_agreement(ctx: &Context, at: &Pubkey) -> Result<Found> {
    let cluster = ctx.cluster()?;
    let state: Agreement = match cluster.state(at) {
        Err(ClientError::Account(AccountError::Missing(_))) => bail!(
            "there is no agreement {at} on this cluster: check the address and --url; `wayfare roaming agree list` shows all"
        ),
        result => result?,
    };
    let first = cluster.state(&state.first)?;
    let second = cluster.state(&state.second)?;
    Ok(Found {
        at: *at,
        names: Names::new(&first, &second),
        accounts: AgreementAccounts::of(*at, &state),
        state,
        first,
        second,
    })
}

impl Found {
    pub fn operator(&self, side: Side) -> &Operator {
        match side {
            Side::First => &self.first,
            Side::Second => &self.second,
        }
    }

    pub fn amount(&self, units: u64) -> Amount {
        Amount::new(units, self.state.decimals, &self.state.mint)
    }

    /// The side of an operator, by its code.
    pub fn side_of(&self, tadig: Tadig) -> Result<Side> {
        Side::ALL
            .iter()
            .copied()
            .find(|side| self.operator(*side).tadig == *tadig.as_bytes())
            .ok_or_else(|| {
                anyhow!(
                    "{tadig} is none of the agreement's operators: they are {} and {}",
                    self.names.of(Side::First),
                    self.names.of(Side::Second)
                )
            })
    }

    /// The side that a key acts for: that of the operator whose authority it is. `given` says it where it is both's.
    pub fn side_of_authority(&self, key: &Pubkey, given: Option<Tadig>) -> Result<Side> {
        let may = |side: Side| self.operator(side).authority == *key;
        if let Some(tadig) = given {
            let side = self.side_of(tadig)?;
            if !may(side) {
                bail!(
                    "{key} is not the authority of {tadig}: that is {}",
                    self.operator(side).authority
                );
            }
            return Ok(side);
        }
        match [Side::First, Side::Second].map(may) {
            [true, false] => Ok(Side::First),
            [false, true] => Ok(Side::Second),
            [true, true] => Err(Usage(format!(
                "{key} is the authority of both operators: say which one acts with --operator"
            ))
            .into()),
            [false, false] => Err(anyhow!(
                "{key} is the authority of neither operator: that of {} is {}, that of {} is {}",
                self.names.of(Side::First),
                self.first.authority,
                self.names.of(Side::Second),
                self.second.authority
            )),
        }
    }

    /// Where a statement is, and what changes it.
    pub fn statement_accounts(&self, key: StatementKey) -> StatementAccounts {
        StatementAccounts {
            agreement: self.accounts,
            home: key.home,
            period: key.period,
        }
    }

    /// A statement that must be there.
    pub fn statement(&self, ctx: &Context, key: StatementKey) -> Result<(Pubkey, Statement)> {
        let at = address::statement(&self.at, key.home, key.period);
        match ctx.cluster()?.state(&at) {
            Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
                "period {} that {} pays is not stated, or its statement was closed: `wayfare roaming statement list` shows all",
                key.period,
                self.names.of(key.home)
            )),
            result => Ok((at, result?)),
        }
    }
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

impl PeriodArg {
    pub fn number(&self) -> Result<u32> {
        self.first.number(self.period)
    }
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

/// A hub by the address of one of its accounts: its name for messages.
pub fn hub_of(ctx: &Context, found: &Found) -> Result<Hub> {
    Ok(ctx.cluster()?.state(&found.state.hub)?)
}

/// An operator's code for tables.
pub fn code_of(operators: &std::collections::HashMap<Pubkey, Operator>, at: &Pubkey) -> String {
    operators
        .get(at)
        .map_or_else(|| at.to_string(), |operator| code(&operator.tadig))
}
