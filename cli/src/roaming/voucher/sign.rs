use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use wayfare_client::roaming::voucher::Voucher;

use crate::context::Context;
use crate::draft::Draft;
use crate::error::Usage;
use crate::output::{Amount, Fields, Output};
use crate::roaming::args::StatementArg;
use crate::roaming::usage::write_new;
use crate::signers::{Party, SignerSource};

#[derive(Args)]
pub struct VoucherSignArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// All that the period's vouchers are good for so far, in tokens
    #[arg(long, value_name = "AMOUNT")]
    pub cumulative: String,

    /// The home operator's voucher signer [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub signer: Option<SignerSource>,

    /// File to write the voucher to, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// A voucher that was signed.
#[derive(Serialize)]
pub struct Signed {
    agreement: String,
    home: String,
    visited: String,
    period: u32,
    cumulative: Amount,
    /// What it adds to what is redeemed.
    adds: Amount,
    signer: String,
    signature: String,
    file: PathBuf,
}

impl Output for Signed {}

impl Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("voucher of", self.home.clone()),
            ("for", self.visited.clone()),
            ("agreement", self.agreement.clone()),
            ("period", self.period.to_string()),
            ("good for in all", self.cumulative.to_string()),
            ("adds", self.adds.to_string()),
            ("signed by", self.signer.clone()),
            ("file", self.file.display().to_string()),
        ])
        .fmt(f)
    }
}

impl VoucherSignArgs {
    pub fn run(&self, ctx: &Context) -> Result<Signed> {
        let (found, key) = self.statement.find(ctx)?;
        let party = ctx.party(self.signer.as_ref(), "the voucher signer")?;
        let Party::Present(signer) = &*party else {
            bail!(Usage(format!(
                "a voucher is signed here: give the key file of {}, not its public key",
                party.pubkey()
            )));
        };
        let expected = found.operator(key.home).voucher_signer;
        if signer.pubkey() != expected {
            bail!(
                "{} is not the voucher signer of {}: that is {expected}",
                signer.pubkey(),
                found.names.of(key.home)
            );
        }
        let books = found.state.books(key.home);
        if key.period != books.next_period {
            bail!(
                "vouchers are for the period that is stated next, {}: nobody could redeem one for {}",
                books.next_period,
                key.period
            );
        }
        let cumulative = Draft::units(&self.cumulative, "--cumulative", found.state.decimals)?;
        let Some(adds) = cumulative
            .checked_sub(books.vouchers)
            .filter(|adds| *adds > 0)
        else {
            bail!(
                "vouchers over {} are redeemed: the next one must be over more",
                found.amount(books.vouchers)
            );
        };
        if adds > books.balance {
            bail!(
                "it would add {}, but {} has {}: nobody could redeem it before a deposit",
                found.amount(adds),
                found.names.of(key.home),
                found.amount(books.balance)
            );
        }
        let voucher = Voucher {
            agreement: found.at,
            home: key.home,
            period: key.period,
            cumulative,
        };
        let signed = voucher.sign(&**signer)?;
        write_new(&self.out, signed.to_json().as_bytes())?;
        Ok(Signed {
            agreement: found.at.to_string(),
            home: found.names.of(key.home).to_owned(),
            visited: found.names.of(key.home.other()).to_owned(),
            period: key.period,
            cumulative: found.amount(cumulative),
            adds: found.amount(adds),
            signer: signed.signer.to_string(),
            signature: signed.signature.to_string(),
            file: self.out.clone(),
        })
    }
}
