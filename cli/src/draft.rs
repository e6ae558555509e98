//! One transaction on its way: who signs it, what it does, and how it ends: sent, simulated, signed for somebody else
//! to send, or exported for a multisig.

use std::fmt::{self, Display};
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use serde::{Serialize, Serializer};
use solana_instruction::Instruction;
use solana_message::legacy::Message;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;
use wayfare_client::cluster::{Blockhash, Cluster};
use wayfare_client::error::InputError;
use wayfare_client::send::{self, Budget, Lifetime, Outcome, Presigner, SendOptions, Simulation};
use wayfare_core::amount;

use crate::args::{ComputeUnitPrice, ConfirmArgs, ExportEncoding, SendArgs, TransactionArgs};
use crate::context::Context;
use crate::error::Usage;
use crate::output::{Fields, Output, Shown};
use crate::signers::{Party, Presigned, SignerSource};

/// A transaction that a command puts together and [`Draft::finish`] brings to its end.
pub struct Draft<'a> {
    ctx: &'a Context,
    args: &'a TransactionArgs,
    /// Pays fees and rent.
    pub payer: Pubkey,
    /// Signs in the command's own role.
    pub signer: Pubkey,
    parties: Vec<Rc<Party>>,
    instructions: Vec<Instruction>,
    change: Change,
}

/// What a transaction changes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    pub action: String,
    /// Names and values, in the order in which they are shown.
    #[serde(serialize_with = "as_map")]
    pub details: Vec<(&'static str, Shown)>,
    /// What some of them are now.
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<(&'static str, Shown)>,
}

fn as_map<S: Serializer>(
    details: &[(&'static str, Shown)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(
        details
            .iter()
            .map(|(name, value)| (name.replace(' ', "_"), value)),
    )
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.action)?;
        let details: Vec<(&str, String)> = self
            .details
            .iter()
            .map(|(name, value)| {
                let before = self.before.iter().find(|(before, _)| before == name);
                match before {
                    Some((_, before)) => (*name, format!("{before} -> {value}")),
                    None => (*name, value.to_string()),
                }
            })
            .collect();
        Fields(&details).fmt(f)
    }
}

/// How a transaction ended.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Receipt {
    /// It succeeded and cannot be undone.
    Finalized {
        #[serde(flatten)]
        change: Change,
        signature: String,
        slot: u64,
    },
    /// It would succeed. Nothing was sent.
    DryRun {
        #[serde(flatten)]
        change: Change,
        compute_units: u64,
        fee_lamports: u64,
    },
    /// It was signed by whom it can be here. Nothing was sent.
    Signed {
        #[serde(flatten)]
        change: Change,
        blockhash: String,
        /// `PUBKEY=SIGNATURE` each, for `--signer`.
        signers: Vec<String>,
        absent: Vec<String>,
        /// What was signed, in base64.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The unsigned transaction, for a multisig to import. Nothing was sent.
    Exported {
        #[serde(flatten)]
        change: Change,
        transaction: String,
    },
}

impl Output for Receipt {}

impl Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finalized {
                change,
                signature,
                slot,
            } => {
                write!(f, "{change}finalized in slot {slot}\nsignature {signature}")
            }
            Self::DryRun {
                change,
                compute_units,
                fee_lamports,
            } => {
                write!(
                    f,
                    "{change}dry run: would succeed with {compute_units} compute units, for a fee of {fee_lamports} lamports; nothing was sent"
                )
            }
            // In the words of the Solana CLI, which other tools read.
            Self::Signed {
                blockhash,
                signers,
                absent,
                message,
                ..
            } => {
                writeln!(f, "Blockhash: {blockhash}")?;
                if let Some(message) = message {
                    writeln!(f, "Transaction Message: {message}")?;
                }
                if !signers.is_empty() {
                    writeln!(f, "Signers (Pubkey=Signature):")?;
                    signers
                        .iter()
                        .try_for_each(|signer| writeln!(f, " {signer}"))?;
                }
                if !absent.is_empty() {
                    writeln!(f, "Absent Signers (Pubkey):")?;
                    absent.iter().try_for_each(|key| writeln!(f, " {key}"))?;
                }
                Ok(())
            }
            // Alone, so that it can be piped.
            Self::Exported { transaction, .. } => f.write_str(transaction),
        }
    }
}

impl<'a> Draft<'a> {
    /// Begins a transaction that `source` signs in a role, such as "the authority".
    pub fn new(
        ctx: &'a Context,
        args: &'a TransactionArgs,
        source: Option<&SignerSource>,
        role: &str,
    ) -> Result<Self> {
        let party = ctx.party(source, role)?;
        let signer = party.pubkey();
        // A multisig's vault pays for what it executes.
        let payer = match (&args.send.fee_payer, args.offline.export_encoding) {
            (None, Some(_)) => Rc::clone(&party),
            (source, _) => ctx.party(source.as_ref(), "the fee payer")?,
        };
        Ok(Self {
            ctx,
            args,
            payer: payer.pubkey(),
            signer,
            parties: vec![payer, party],
            instructions: vec![],
            change: Change::default(),
        })
    }

    /// Begins a transaction that needs nobody's signature but the fee payer's.
    pub fn paid_only(ctx: &'a Context, args: &'a TransactionArgs) -> Result<Self> {
        Self::new(ctx, args, args.send.fee_payer.as_ref(), "the fee payer")
    }

    /// Whether nothing can be asked of the network.
    pub fn is_offline(&self) -> bool {
        self.args.offline.sign_only
    }

    /// Somebody else who signs.
    pub fn also_signed_by(&mut self, source: Option<&SignerSource>, role: &str) -> Result<Pubkey> {
        let party = self.ctx.party(source, role)?;
        let key = party.pubkey();
        self.parties.push(party);
        Ok(key)
    }

    /// What a value is: as its flag gives it where the network cannot be asked, else as `find` finds it there.
    pub fn given_or<T: PartialEq + Display + Copy>(
        &self,
        given: Option<T>,
        flag: &str,
        find: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if self.is_offline() {
            let given = given.ok_or_else(|| {
                Usage(format!(
                    "--sign-only asks the network for nothing: give {flag} too"
                ))
            })?;
            return Ok(given);
        }
        let found = find()?;
        match given {
            Some(given) if given != found => {
                bail!("{flag} says {given}, but the chain has {found}")
            }
            _ => Ok(found),
        }
    }

    /// Decimals of a mint: by --mint-decimals where the network cannot be asked, else as `find` finds them.
    pub fn decimals(&self, find: impl FnOnce() -> Result<u8>) -> Result<u8> {
        let given = self.args.offline.mint_decimals;
        self.given_or(given, "--mint-decimals", find)
    }

    /// Base units of an amount given as a flag.
    pub fn units(text: &str, flag: &str, decimals: u8) -> Result<u64> {
        amount::parse(text, decimals).with_context(|| flag.to_owned())
    }

    pub fn add(&mut self, instruction: Instruction) {
        self.instructions.push(instruction);
    }

    /// Says what the transaction does.
    pub fn describe(&mut self, action: impl Into<String>, details: Vec<(&'static str, Shown)>) {
        self.change = Change {
            action: action.into(),
            details,
            before: vec![],
        };
    }

    /// Says what the values are now, as far as the network can be asked.
    pub fn describe_before(
        &mut self,
        before: impl FnOnce() -> Result<Vec<(&'static str, Shown)>>,
    ) -> Result<()> {
        if !self.is_offline() {
            self.change.before = before()?;
        }
        Ok(())
    }

    /// Brings the transaction to its end. With `confirm`, a person is asked first.
    pub fn finish(self, confirm: Option<&ConfirmArgs>) -> Result<Receipt> {
        let offline = &self.args.offline;
        if let Some(encoding) = offline.export_encoding {
            return self.export(encoding);
        }
        if offline.sign_only {
            return self.sign_only();
        }
        let cluster = self.ctx.cluster()?;
        let options = send_options(&self.args.send);
        let lifetime = self.lifetime(cluster)?;
        let (message, price, limit) = match offline.blockhash {
            // Others may have signed it elsewhere: nothing of it may depend on what is found here.
            Some(_) => {
                let message = self.fixed_message(&lifetime)?;
                send::simulate(cluster, &message)?;
                (message, self.fixed_price()?, Some(self.default_limit()))
            }
            None => {
                let price = send::price(cluster, options.price, &self.instructions)?;
                let message =
                    send::prepare(cluster, &self.instructions, &self.payer, &lifetime, price)?;
                (message, price, None)
            }
        };
        if self.args.send.dry_run {
            let simulation = send::simulate(cluster, &message)?;
            let limit = limit.unwrap_or(simulation.compute_unit_limit());
            return Ok(self.dry_run(&message, &simulation, price, limit));
        }
        let presigned = self.presigned(&message)?;
        let signers = self.signers(&presigned, &message)?;
        if let Some(confirm) = confirm {
            self.ctx.confirm(confirm, &self.change, "Send it?")?;
        }
        let signed = send::sign(message, lifetime, &signers)?;
        // From here on it may happen: whoever stops waiting must be able to look it up.
        self.ctx.stop_on_ctrl_c()?;
        self.ctx.note(format_args!("sending {}", signed.signature));
        let spinner = self.ctx.spinner("waiting until it is finalized");
        let sent = send::settle(cluster, &signed, &options);
        spinner.finish_and_clear();
        let slot = match &sent.outcome {
            Outcome::Finalized { slot } | Outcome::Confirmed { slot } => Some(*slot),
            _ => None,
        };
        let signature = sent.into_result()?;
        Ok(Receipt::Finalized {
            change: self.change,
            signature: signature.to_string(),
            slot: slot.unwrap_or_default(),
        })
    }

    fn lifetime(&self, cluster: &Cluster) -> Result<Lifetime> {
        let offline = &self.args.offline;
        let latest = || -> Result<Blockhash> { Ok(cluster.blockhash()?) };
        let Some(hash) = offline.blockhash else {
            return Ok(Lifetime::Blockhash(latest()?));
        };
        let Some((account, authority)) = self.nonce()? else {
            // Older than the latest, so it does not live longer.
            return Ok(Lifetime::Blockhash(Blockhash { hash, ..latest()? }));
        };
        let lifetime = send::nonce_lifetime(cluster, account, authority)?;
        match lifetime {
            Lifetime::Nonce { value, .. } if value != hash => bail!(
                wayfare_client::error::ClientError::from(InputError::NonceValue {
                    account,
                    found: value,
                    given: hash
                })
            ),
            lifetime => Ok(lifetime),
        }
    }

    /// The nonce account and its authority, who signs too.
    fn nonce(&self) -> Result<Option<(Pubkey, Pubkey)>> {
        let offline = &self.args.offline;
        let Some(account) = offline.nonce else {
            return Ok(None);
        };
        let authority = self
            .ctx
            .party(offline.nonce_authority.as_ref(), "the nonce authority")?;
        Ok(Some((account, authority.pubkey())))
    }

    /// The lifetime of a message that is signed without the network.
    fn offline_lifetime(&self) -> Result<Lifetime> {
        let offline = &self.args.offline;
        let hash = offline
            .blockhash
            .ok_or_else(|| Usage("--sign-only needs --blockhash".into()))?;
        Ok(match self.nonce()? {
            Some((account, authority)) => Lifetime::Nonce {
                account,
                authority,
                value: hash,
            },
            // Nothing is waited for here, so it does not matter how long it lives.
            None => Lifetime::Blockhash(Blockhash {
                hash,
                last_valid_block_height: 0,
            }),
        })
    }

    fn fixed_price(&self) -> Result<u64> {
        match self.args.send.price.with_compute_unit_price {
            None => Ok(0),
            Some(ComputeUnitPrice::Fixed(price)) => Ok(price),
            Some(ComputeUnitPrice::Auto) => bail!(Usage(
                "with --blockhash every signer must sign the same message: give --with-compute-unit-price as a number".into()
            )),
        }
    }

    /// A message that comes out the same for everybody who gives the same arguments: with the runtime's own compute
    /// limit, 200,000 units an instruction.
    fn fixed_message(&self, lifetime: &Lifetime) -> Result<Message> {
        let budget = Budget {
            limit: None,
            price: Some(self.fixed_price()?),
        };
        Ok(send::message(
            &self.instructions,
            &self.payer,
            lifetime,
            budget,
        )?)
    }

    /// The signatures made elsewhere, which must be of exactly this message.
    fn presigned(&self, message: &Message) -> Result<Vec<Presigner>> {
        let bytes = message.serialize();
        let signers = &self.args.offline.signers;
        for Presigned { pubkey, signature } in signers {
            if !signature.verify(pubkey.as_ref(), &bytes) {
                bail!(Usage(format!(
                    "the signature that --signer gives for {pubkey} is of another transaction: collect it with the same arguments and the same --blockhash"
                )));
            }
        }
        Ok(signers
            .iter()
            .map(|signer| Presigner::new(&signer.pubkey, &signer.signature))
            .collect())
    }

    /// Everybody who signs here or has signed already, each once.
    fn signers<'s>(
        &'s self,
        presigned: &'s [Presigner],
        message: &Message,
    ) -> Result<Vec<&'s dyn Signer>> {
        let signers = self.available(presigned, message);
        for key in message.signer_keys() {
            if !signers.iter().any(|signer| signer.pubkey() == *key) {
                bail!(Usage(format!(
                    "{key} must sign too: give its key file instead of its public key, or its signature with --signer \
                     (collect it with --sign-only, or export the transaction with --export-encoding)"
                )));
            }
        }
        Ok(signers)
    }

    fn available<'s>(
        &'s self,
        presigned: &'s [Presigner],
        message: &Message,
    ) -> Vec<&'s dyn Signer> {
        let mut signers: Vec<&dyn Signer> = presigned
            .iter()
            .map(|signer| signer as &dyn Signer)
            .collect();
        let needed = message.signer_keys();
        for party in &self.parties {
            if let Party::Present(key) = &**party {
                let public = key.pubkey();
                if needed.contains(&&public)
                    && !signers.iter().any(|signer| signer.pubkey() == public)
                {
                    signers.push(&**key);
                }
            }
        }
        signers
    }

    /// What the runtime lets a transaction without a limit compute (`DEFAULT_INSTRUCTION_COMPUTE_UNIT_LIMIT` and
    /// `MAX_COMPUTE_UNIT_LIMIT` in solana-compute-budget 4.2).
    fn default_limit(&self) -> u32 {
        let instructions = u32::try_from(self.instructions.len()).unwrap_or(u32::MAX);
        instructions
            .saturating_mul(200_000)
            .min(send::MAX_COMPUTE_UNITS)
    }

    fn dry_run(
        self,
        message: &Message,
        simulation: &Simulation,
        price: u64,
        limit: u32,
    ) -> Receipt {
        if self.ctx.verbose {
            for line in &simulation.logs {
                self.ctx.note(line);
            }
        }
        // Micro-lamports, rounded up, as the runtime does.
        let priority = u128::from(price)
            .saturating_mul(limit.into())
            .div_ceil(1_000_000);
        let signatures = u64::from(message.header.num_required_signatures);
        Receipt::DryRun {
            change: self.change,
            compute_units: simulation.compute_units,
            fee_lamports: u64::try_from(priority)
                .unwrap_or(u64::MAX)
                .saturating_add(signatures.saturating_mul(LAMPORTS_PER_SIGNATURE)),
        }
    }

    fn sign_only(mut self) -> Result<Receipt> {
        let lifetime = self.offline_lifetime()?;
        if self.args.offline.nonce.is_some() {
            let source = self.args.offline.nonce_authority.as_ref();
            let party = self.ctx.party(source, "the nonce authority")?;
            self.parties.push(party);
        }
        let message = self.fixed_message(&lifetime)?;
        let presigned = self.presigned(&message)?;
        let signers = self.available(&presigned, &message);
        // The person sees what is signed; the signatures alone go to standard output.
        self.ctx.note(&self.change);
        let signed = send::sign_partly(message, &signers)?;
        let dump = self.args.offline.dump_transaction_message;
        Ok(Receipt::Signed {
            blockhash: signed.message.recent_blockhash.to_string(),
            signers: signed
                .signatures
                .iter()
                .map(|(key, signature)| format!("{key}={signature}"))
                .collect(),
            absent: signed.missing.iter().map(ToString::to_string).collect(),
            message: dump.then(|| signed.message_base64()),
            change: self.change,
        })
    }

    /// The unsigned transaction, without a compute budget: the multisig executes the instructions in a transaction of
    /// its own.
    fn export(self, encoding: ExportEncoding) -> Result<Receipt> {
        let lifetime = match self.args.offline.blockhash {
            Some(_) => self.offline_lifetime()?,
            None => Lifetime::Blockhash(self.ctx.cluster()?.blockhash()?),
        };
        let message = send::message(
            &self.instructions,
            &self.payer,
            &lifetime,
            Budget::default(),
        )?;
        self.ctx.note(&self.change);
        if self.args.offline.blockhash.is_none()
            && let Err(error) = send::simulate(self.ctx.cluster()?, &message)
        {
            // By the time the members have approved, it may succeed.
            self.ctx
                .note(format_args!("note: it would not succeed now: {error}"));
        }
        let bytes = wincode::serialize(&Transaction::new_unsigned(message))
            .context("cannot encode the transaction")?;
        Ok(Receipt::Exported {
            change: self.change,
            transaction: match encoding {
                ExportEncoding::Base58 => bs58::encode(bytes).into_string(),
                ExportEncoding::Base64 => {
                    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)
                }
            },
        })
    }
}

/// What a signature costs (`DEFAULT_TARGET_LAMPORTS_PER_SIGNATURE` ÷ 2 in solana-fee-calculator; every cluster's).
const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// How transactions are sent, by their flags.
pub fn send_options(args: &SendArgs) -> SendOptions {
    SendOptions {
        price: args.price.offer(),
        ..SendOptions::default()
    }
}
