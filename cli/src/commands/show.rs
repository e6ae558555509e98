use std::fmt::{self, Display};

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::interface::{self, NamedAccount, Value};
use wayfare_client::programs::{AnyAccount, decode_any};

use crate::context::Context;
use crate::error::Exit;
use crate::output::{Output, Printer};
use crate::views::values::write_fields;

#[derive(Args)]
pub struct ShowArgs {
    /// Address of an account of one of the programs
    pub address: Pubkey,
}

/// An account's fields, as the program's interface names them.
#[derive(Serialize)]
struct AccountView {
    address: String,
    program: &'static str,
    account: String,
    #[serde(flatten)]
    fields: Value,
}

impl Output for AccountView {}

impl Display for AccountView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} {}", self.program, self.account, self.address)?;
        match &self.fields {
            Value::Fields(fields) => write_fields(f, fields, 2),
            _ => Ok(()),
        }
    }
}

/// Shows an account in its program's words, or else by its fields.
macro_rules! shown {
    ($($variant:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*) => {
        fn in_words(
            at: &Pubkey,
            account: AnyAccount,
            ctx: &Context,
            print: &Printer,
        ) -> Result<Option<Exit>> {
            match account {
                $(AnyAccount::$variant(account) => {
                    crate::$room::accounts::show(at, account, ctx, print)
                })*
            }
        }
    };
}
wayfare_programs::for_each_program!(shown);

impl ShowArgs {
    pub fn run(&self, ctx: &Context, print: &Printer) -> Result<Exit> {
        let at = &self.address;
        let account = ctx
            .cluster()?
            .account(at)?
            .ok_or(AccountError::Missing(*at))
            .map_err(ClientError::from)?;
        let decoded = decode_any(at, &account.owner, &account.data).map_err(ClientError::from)?;
        if let Some(exit) = in_words(at, decoded, ctx, print)? {
            return Ok(exit);
        }
        let named = interface::account(&account.owner, &account.data);
        let NamedAccount {
            program,
            name,
            fields,
        } = named.with_context(|| format!("{at} cannot be read by its program's interface"))?;
        print.result(Ok(AccountView {
            address: at.to_string(),
            program,
            account: name,
            fields: Value::Fields(fields),
        }))
    }
}
