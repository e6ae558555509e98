//! One transaction: built, simulated, priced, signed once, and sent until it is settled.
//!
//! The steps can be taken one by one ([`message`], [`sign`], [`settle`]), offline too, or all at once ([`send`]). A
//! message is signed at most once: what is sent again is always the same bytes, so that a payment cannot be made twice.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::legacy::Message;
use solana_nonce::{
    state::{Data as NonceData, State as NonceState},
    versions::Versions as NonceVersions,
};
use solana_pubkey::Pubkey;
use solana_rpc_client_api::request::RpcRequest;
use solana_sanitize::Sanitize;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::TransactionStatus;

pub use solana_presigner::Presigner;

use crate::{
    cluster::{self, Blockhash, Cluster},
    error::{ClientError, InputError, Refusal},
};

/// Most bytes of a transaction: what a packet holds (`PACKET_DATA_SIZE` in `solana-packet`).
pub const PACKET_BYTES: usize = 1_232;

/// Most compute units of a transaction (`MAX_COMPUTE_UNIT_LIMIT` in `solana-compute-budget`).
pub const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// What a transaction offers for its place in a block, in micro-lamports a compute unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    Fixed(u64),
    /// What three of four recent blocks took for transactions that write the same accounts, but no more than `cap`.
    Auto {
        cap: u64,
    },
}

impl Default for Price {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

/// How a transaction is sent.
#[derive(Clone, Copy, Debug)]
pub struct SendOptions {
    pub price: Price,
    /// What counts as done.
    pub commitment: CommitmentConfig,
    /// Pause between two looks at what became of it.
    pub poll_interval: Duration,
    /// Pause between two times that the same bytes are sent.
    pub resend_interval: Duration,
    /// Most time that a transaction with a durable nonce, which never expires by itself, is waited for.
    pub nonce_patience: Duration,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self {
            price: Price::default(),
            commitment: CommitmentConfig::finalized(),
            poll_interval: Duration::from_millis(400),
            resend_interval: Duration::from_secs(2),
            nonce_patience: Duration::from_secs(120),
        }
    }
}

/// What bounds the time in which a transaction can land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    Blockhash(Blockhash),
    /// Until the nonce is used, by this transaction or another.
    Nonce {
        account: Pubkey,
        authority: Pubkey,
        value: Hash,
    },
}

impl Lifetime {
    fn hash(&self) -> Hash {
        match self {
            Self::Blockhash(blockhash) => blockhash.hash,
            Self::Nonce { value, .. } => *value,
        }
    }
}

/// What a transaction may compute and what it offers for that. `None` leaves the instruction out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Compute units.
    pub limit: Option<u32>,
    /// Micro-lamports a compute unit; 0 is left out too.
    pub price: Option<u64>,
}

/// A transaction that everybody has signed. Sending it any number of times has the effect of sending it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The fee payer's: the transaction's name.
    pub signature: Signature,
    /// As they go over the wire.
    pub bytes: Vec<u8>,
    pub message: Message,
    pub lifetime: Lifetime,
}

/// A transaction that was sent, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub signature: Signature,
    pub outcome: Outcome,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded, in this slot, and a supermajority has confirmed the block.
    Confirmed { slot: u64 },
    /// It succeeded, in this slot, and cannot be undone.
    Finalized { slot: u64 },
    /// It was executed and refused: its fee is spent, and nothing else changed.
    Failed(Box<Refusal>),
    /// It can never land any more: the same can be signed again.
    Expired,
    /// It may still land. The same must not be signed again before its signature is looked up.
    Unknown { reason: String },
}

impl Sent {
    /// The outcome as a result: an error for everything but success.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] when it failed; [`ClientError::Expired`]; [`ClientError::Unknown`] when it may still land.
    pub fn into_result(self) -> Result<Signature, ClientError> {
        match self.outcome {
            Outcome::Confirmed { .. } | Outcome::Finalized { .. } => Ok(self.signature),
            Outcome::Failed(refusal) => Err(ClientError::Refused(refusal)),
            Outcome::Expired => Err(ClientError::Expired {
                signature: self.signature,
            }),
            Outcome::Unknown { reason } => Err(ClientError::Unknown {
                signature: self.signature,
                reason,
            }),
        }
    }
}

/// Makes the message that everybody signs. With a nonce, advancing it comes first.
///
/// # Errors
///
/// [`InputError::TooLarge`] when the transaction would not fit a packet.
pub fn message(
    instructions: &[Instruction],
    payer: &Pubkey,
    lifetime: &Lifetime,
    budget: Budget,
) -> Result<Message, ClientError> {
    let message = unchecked_message(instructions, payer, lifetime, budget);
    let bytes = transaction_bytes(&message)?;
    if bytes > PACKET_BYTES {
        return Err(InputError::TooLarge {
            bytes,
            limit: PACKET_BYTES,
        }
        .into());
    }
    Ok(message)
}

/// Bounds what a transaction may compute, in compute units.
pub fn compute_unit_limit(units: u32) -> Instruction {
    ComputeBudgetInstruction::set_compute_unit_limit(units)
}

/// What a transaction offers for its place in a block, in micro-lamports for each compute unit of its limit.
pub fn compute_unit_price(micro_lamports: u64) -> Instruction {
    ComputeBudgetInstruction::set_compute_unit_price(micro_lamports)
}

fn unchecked_message(
    instructions: &[Instruction],
    payer: &Pubkey,
    lifetime: &Lifetime,
    budget: Budget,
) -> Message {
    let mut all = Vec::with_capacity(instructions.len().saturating_add(3));
    all.extend(budget.limit.map(compute_unit_limit));
    all.extend(
        budget
            .price
            .filter(|price| *price > 0)
            .map(compute_unit_price),
    );
    all.extend_from_slice(instructions);
    let mut message = match lifetime {
        Lifetime::Blockhash(_) => Message::new(&all, Some(payer)),
        Lifetime::Nonce {
            account, authority, ..
        } => Message::new_with_nonce(all, Some(payer), account, authority),
    };
    message.recent_blockhash = lifetime.hash();
    message
}

/// Bytes of the transaction with this message, all signatures included.
///
/// # Errors
///
/// [`InputError::Other`] when it is beyond what the format can say.
pub fn transaction_bytes(message: &Message) -> Result<usize, ClientError> {
    Ok(serialize(&Transaction::new_unsigned(message.clone()))?.len())
}

fn serialize(transaction: &Transaction) -> Result<Vec<u8>, ClientError> {
    wincode::serialize(transaction)
        .map_err(|e| InputError::Other(format!("the transaction cannot be encoded: {e}")).into())
}

/// What a simulation of a message used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    pub compute_units: u64,
    pub logs: Vec<String>,
    /// The recent one that the node put in the place of the message's; `None` where it left the message as it was.
    pub blockhash: Option<Blockhash>,
}

impl Simulation {
    /// A limit that leaves room for what may differ by the time the transaction is executed: a tenth, and 5,000 units.
    pub fn compute_unit_limit(&self) -> u32 {
        let with_margin = self
            .compute_units
            .saturating_add(self.compute_units / 10)
            .saturating_add(5_000);
        u32::try_from(with_margin).map_or(MAX_COMPUTE_UNITS, |units| units.min(MAX_COMPUTE_UNITS))
    }
}

/// Runs a message on the node without sending it. Nobody needs to have signed it.
///
/// # Errors
///
/// [`ClientError::Refused`], with the program's error, when it would fail.
pub fn simulate(cluster: &Cluster, message: &Message) -> Result<Simulation, ClientError> {
    let bytes = serialize(&Transaction::new_unsigned(message.clone()))?;
    // With a nonce the node could not replace the blockhash; with a blockhash it need not be a recent one here.
    simulate_bytes(cluster, &bytes, message, !uses_nonce(message))
}

fn simulate_bytes(
    cluster: &Cluster,
    bytes: &[u8],
    message: &Message,
    replace_blockhash: bool,
) -> Result<Simulation, ClientError> {
    let result = cluster.simulate(bytes, replace_blockhash)?;
    let logs = result.logs.unwrap_or_default();
    match result.err {
        Some(error) => Err(Refusal::new(error.into(), Some(message), logs).into()),
        None => Ok(Simulation {
            compute_units: result
                .units_consumed
                .unwrap_or(u64::from(MAX_COMPUTE_UNITS)),
            logs,
            blockhash: result
                .replacement_blockhash
                .map(|replacement| {
                    cluster::read_blockhash(RpcRequest::SimulateTransaction, &replacement)
                })
                .transpose()?,
        }),
    }
}

fn uses_nonce(message: &Message) -> bool {
    solana_transaction::uses_durable_nonce(&Transaction::new_unsigned(message.clone())).is_some()
}

/// The price to offer now for instructions like these.
pub fn price(
    cluster: &Cluster,
    price: Price,
    instructions: &[Instruction],
) -> Result<u64, ClientError> {
    let cap = match price {
        Price::Fixed(price) => return Ok(price),
        Price::Auto { cap } => cap,
    };
    let mut writable: Vec<Pubkey> = instructions
        .iter()
        .flat_map(|instruction| &instruction.accounts)
        .filter(|meta| meta.is_writable)
        .map(|meta| meta.pubkey)
        .collect();
    writable.sort_unstable();
    writable.dedup();
    let mut prices = cluster.recent_prices(&writable)?;
    prices.sort_unstable();
    let at = prices.len().saturating_mul(3) / 4;
    Ok(prices.get(at).copied().unwrap_or(0).min(cap))
}

/// Simulates instructions, and makes the message with the compute limit that the simulation leads to.
///
/// # Errors
///
/// [`ClientError::Refused`] when the simulation fails, [`InputError::TooLarge`] when it does not fit a packet.
pub fn prepare(
    cluster: &Cluster,
    instructions: &[Instruction],
    payer: &Pubkey,
    lifetime: &Lifetime,
    price: u64,
) -> Result<Message, ClientError> {
    let (_, budget) = tried(cluster, instructions, payer, lifetime, price)?;
    message(instructions, payer, lifetime, budget)
}

/// Simulates instructions with all that a transaction may compute. The budget has the limit that they lead to.
fn tried(
    cluster: &Cluster,
    instructions: &[Instruction],
    payer: &Pubkey,
    lifetime: &Lifetime,
    price: u64,
) -> Result<(Simulation, Budget), ClientError> {
    let budget = |limit| Budget {
        limit: Some(limit),
        price: Some(price),
    };
    let trial = message(instructions, payer, lifetime, budget(MAX_COMPUTE_UNITS))?;
    let simulation = simulate(cluster, &trial)?;
    let limit = simulation.compute_unit_limit();
    Ok((simulation, budget(limit)))
}

/// A transaction for its payer, `payer`, to sign elsewhere. It is simulated, its compute limit is set from
/// that, and it is good for as long as the blockhash of the simulation.
///
/// # Errors
///
/// Those of [`prepare`].
pub fn unsigned(
    cluster: &Cluster,
    instructions: &[Instruction],
    payer: &Pubkey,
    price: u64,
) -> Result<Vec<u8>, ClientError> {
    let any = Lifetime::Blockhash(Blockhash {
        hash: Hash::default(),
        last_valid_block_height: 0,
    });
    let (simulation, budget) = tried(cluster, instructions, payer, &any, price)?;
    let blockhash = match simulation.blockhash {
        Some(blockhash) => blockhash,
        None => cluster.blockhash()?,
    };
    let lifetime = Lifetime::Blockhash(blockhash);
    let message = message(instructions, payer, &lifetime, budget)?;
    serialize(&Transaction::new_unsigned(message))
}

/// Passes on a transaction that somebody else signed, once, unless it has landed. Doing so again has the effect of
/// doing it once. What it says is for the caller to check; that its signatures are good is checked here.
///
/// # Errors
///
/// [`InputError::BadSignature`]; [`ClientError::Refused`] when it failed or would fail; [`ClientError::Unknown`] when the
/// node does not know that it landed, and does not take its blockhash any more.
pub fn relay(cluster: &Cluster, transaction: &Transaction) -> Result<Signature, ClientError> {
    let signed = transaction.message_data();
    let signers = &transaction.message.account_keys;
    let mut signatures = transaction.signatures.iter().zip(signers);
    if !signatures.all(|(signature, signer)| signature.verify(signer.as_ref(), &signed)) {
        return Err(InputError::BadSignature.into());
    }
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    let message = &transaction.message;
    let status = cluster.statuses(std::slice::from_ref(&signature))?;
    if let Some(status) = status.into_iter().next().flatten() {
        return match status.err {
            None => Ok(signature),
            Some(error) => {
                // Only for the explanation: without the logs it is less exact.
                let logs = cluster.logs(&signature).unwrap_or_default();
                Err(Refusal::new(error, Some(message), logs).into())
            }
        };
    }
    let bytes = serialize(transaction)?;
    match simulate_bytes(cluster, &bytes, message, false) {
        Ok(_) => {}
        Err(ClientError::Refused(refusal)) => match refusal.error {
            // It landed meanwhile.
            TransactionError::AlreadyProcessed => return Ok(signature),
            TransactionError::BlockhashNotFound => {
                return Err(ClientError::Unknown {
                    signature,
                    reason: "its blockhash is not taken any more".to_owned(),
                });
            }
            // What it has done already may be what is in its way.
            _ => {
                let status = cluster.statuses(std::slice::from_ref(&signature))?;
                let status = status.into_iter().next().flatten();
                return match status.filter(|status| status.err.is_none()) {
                    Some(_) => Ok(signature),
                    None => Err(ClientError::Refused(refusal)),
                };
            }
        },
        Err(error) => return Err(error),
    }
    cluster.submit(&bytes, &signature)?;
    Ok(signature)
}

/// Reads a transaction in the format of the wire, legacy and whole.
///
/// # Errors
///
/// [`InputError::NotATransaction`].
pub fn read_transaction(bytes: &[u8]) -> Result<Transaction, ClientError> {
    let read = || -> Option<Transaction> {
        if bytes.len() > PACKET_BYTES {
            return None;
        }
        let transaction: Transaction = wincode::deserialize_exact(bytes).ok()?;
        transaction.sanitize().ok()?;
        Some(transaction)
    };
    read().ok_or_else(|| InputError::NotATransaction.into())
}

/// A message with the signatures that are there so far: what goes from one signer to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartlySigned {
    pub message: Message,
    /// Who has signed, in the message's order of signers.
    pub signatures: Vec<(Pubkey, Signature)>,
    /// Who has yet to sign.
    pub missing: Vec<Pubkey>,
}

impl PartlySigned {
    /// What is signed, byte for byte, in base64.
    pub fn message_base64(&self) -> String {
        BASE64_STANDARD.encode(self.message.serialize())
    }

    /// The same in base58, as multisig tools import it.
    pub fn message_base58(&self) -> String {
        bs58::encode(self.message.serialize()).into_string()
    }

    /// The transaction, if everybody has signed.
    ///
    /// # Errors
    ///
    /// [`InputError::MissingSigner`] names the first who has not.
    pub fn complete(self, lifetime: Lifetime) -> Result<Signed, ClientError> {
        if let Some(missing) = self.missing.first() {
            return Err(InputError::MissingSigner(*missing).into());
        }
        let mut transaction = Transaction::new_unsigned(self.message);
        transaction.signatures = self.signatures.iter().map(|(_, s)| *s).collect();
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        Ok(Signed {
            signature,
            bytes: serialize(&transaction)?,
            message: transaction.message,
            lifetime,
        })
    }
}

/// Signs a message with the signers at hand: keys, hardware wallets, or signatures made elsewhere ([`Presigner`]).
///
/// # Errors
///
/// [`InputError::UnexpectedSigner`] for one that the message does not need, and [`InputError::Signing`] when one cannot:
/// a signature made elsewhere must be of exactly this message.
pub fn sign_partly(message: Message, signers: &[&dyn Signer]) -> Result<PartlySigned, ClientError> {
    let needed: Vec<Pubkey> = message.signer_keys().into_iter().copied().collect();
    let bytes = message.serialize();
    for signer in signers {
        let key = signer.pubkey();
        if !needed.contains(&key) {
            return Err(InputError::UnexpectedSigner(key).into());
        }
    }
    let mut signatures = Vec::with_capacity(needed.len());
    let mut missing = Vec::new();
    for key in needed {
        let Some(signer) = signers.iter().find(|signer| signer.pubkey() == key) else {
            missing.push(key);
            continue;
        };
        let signature = signer
            .try_sign_message(&bytes)
            .map_err(|e| InputError::Signing {
                signer: key,
                reason: e.to_string(),
            })?;
        signatures.push((key, signature));
    }
    Ok(PartlySigned {
        message,
        signatures,
        missing,
    })
}

/// Signs a message with everybody that it needs.
///
/// # Errors
///
/// Those of [`sign_partly`], and [`InputError::MissingSigner`].
pub fn sign(
    message: Message,
    lifetime: Lifetime,
    signers: &[&dyn Signer],
) -> Result<Signed, ClientError> {
    sign_partly(message, signers)?.complete(lifetime)
}

/// What a nonce account holds, and at which slot; `None` when it is not an initialised nonce account.
fn read_nonce(
    cluster: &Cluster,
    account: &Pubkey,
    min_slot: Option<u64>,
    commitment: CommitmentConfig,
) -> Result<(u64, Option<NonceData>), ClientError> {
    let answer = cluster.accounts_at(std::slice::from_ref(account), min_slot, commitment)?;
    let stored = answer.accounts.into_iter().next().flatten();
    let stored = stored.filter(|a| a.owner == solana_sdk_ids::system_program::ID);
    let data = stored.and_then(|stored| match wincode::deserialize(&stored.data) {
        Ok(NonceVersions::Current(state)) => match *state {
            NonceState::Initialized(data) => Some(data),
            NonceState::Uninitialized => None,
        },
        // Those of the legacy version are void until they are upgraded.
        Ok(NonceVersions::Legacy(_)) | Err(_) => None,
    });
    Ok((answer.slot, data))
}

/// The value that a nonce account holds now, for a transaction that lives until the nonce is used.
///
/// # Errors
///
/// [`InputError::NotANonce`] and [`InputError::NonceAuthority`].
pub fn nonce_lifetime(
    cluster: &Cluster,
    account: Pubkey,
    authority: Pubkey,
) -> Result<Lifetime, ClientError> {
    let (_, data) = read_nonce(cluster, &account, None, cluster.commitment())?;
    let data = data.ok_or(InputError::NotANonce(account))?;
    if data.authority != authority {
        return Err(InputError::NonceAuthority {
            account,
            found: data.authority,
            given: authority,
        }
        .into());
    }
    Ok(Lifetime::Nonce {
        account,
        authority,
        value: data.blockhash(),
    })
}

/// Sends a signed transaction, the same bytes again and again, until it is settled.
///
/// The outcome always comes with the signature, and trouble on the way ends in [`Outcome::Unknown`], because a node
/// that does not answer may have passed the transaction on all the same.
pub fn settle(cluster: &Cluster, signed: &Signed, options: &SendOptions) -> Sent {
    let outcome = settle_outcome(cluster, signed, options);
    Sent {
        signature: signed.signature,
        outcome,
    }
}

fn settle_outcome(cluster: &Cluster, signed: &Signed, options: &SendOptions) -> Outcome {
    let start = Instant::now();
    let mut sent_at: Option<Instant> = None;
    loop {
        if sent_at.is_none_or(|at| at.elapsed() >= options.resend_interval) {
            sent_at = Some(Instant::now());
            if let Err(ClientError::Refused(refusal)) =
                cluster.submit(&signed.bytes, &signed.signature)
                && is_unsendable(&refusal)
            {
                return Outcome::Failed(refusal);
            }
            // Any other error: the node may have taken it. Its status will tell.
        }
        let step = look_up(cluster, signed, options.commitment);
        match step {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => {}
            Err(error) => {
                return Outcome::Unknown {
                    reason: error.to_string(),
                };
            }
        }
        let is_nonce = matches!(signed.lifetime, Lifetime::Nonce { .. });
        if is_nonce && start.elapsed() >= options.nonce_patience {
            return Outcome::Unknown {
                reason: "its nonce is still unused, so it can land at any time".to_owned(),
            };
        }
        if cluster.cancel().sleep(options.poll_interval) {
            return Outcome::Unknown {
                reason: "stopped on request".to_owned(),
            };
        }
    }
}

/// Refusals of a node that say that the transaction can never land, anywhere.
fn is_unsendable(refusal: &Refusal) -> bool {
    matches!(
        refusal.error,
        TransactionError::SignatureFailure | TransactionError::SanitizeFailure
    )
}

/// What became of a transaction; `None` while that is open.
///
/// [`Outcome::Expired`] takes three facts: the finalised chain is past the transaction's last block (or its nonce is
/// used), and after that was seen, a search of the whole history finds nothing.
///
/// # Errors
///
/// [`ClientError`] when the node cannot be asked.
pub fn look_up(
    cluster: &Cluster,
    signed: &Signed,
    commitment: CommitmentConfig,
) -> Result<Option<Outcome>, ClientError> {
    let signature = std::slice::from_ref(&signed.signature);
    let status = cluster.statuses(signature)?.into_iter().next().flatten();
    if let Some(status) = status {
        return Ok(outcome_of(cluster, signed, &status, commitment));
    }
    let Some(slot) = past_since(cluster, &signed.lifetime)? else {
        return Ok(None);
    };
    let status = cluster
        .history(signature, slot)?
        .into_iter()
        .next()
        .flatten();
    Ok(match status {
        Some(status) => outcome_of(cluster, signed, &status, commitment),
        None => Some(Outcome::Expired),
    })
}

/// A slot by which a transaction with this lifetime has landed, or never will; `None` while it still can.
fn past_since(cluster: &Cluster, lifetime: &Lifetime) -> Result<Option<u64>, ClientError> {
    let finalized = cluster.finalized()?;
    let (account, authority, value) = match lifetime {
        Lifetime::Blockhash(blockhash) => {
            let is_past = finalized.block_height > blockhash.last_valid_block_height;
            return Ok(is_past.then_some(finalized.slot));
        }
        Lifetime::Nonce {
            account,
            authority,
            value,
        } => (account, authority, value),
    };
    // Finalized, whatever the cluster's own commitment: a nonce that only a confirmed block has used may have been used by
    // this very transaction, which the history does not know yet. Called expired, it would be signed again.
    let commitment = CommitmentConfig::finalized();
    let (slot, nonce) = read_nonce(cluster, account, Some(finalized.slot), commitment)?;
    // Closed, used, or handed to another authority: this transaction cannot advance it.
    let is_past =
        nonce.is_none_or(|nonce| nonce.authority != *authority || nonce.blockhash() != *value);
    Ok(is_past.then_some(slot))
}

/// What a status says, once it has the commitment asked for. A failure needs it too: a block may be dropped.
fn outcome_of(
    cluster: &Cluster,
    signed: &Signed,
    status: &TransactionStatus,
    commitment: CommitmentConfig,
) -> Option<Outcome> {
    if !status.satisfies_commitment(commitment) {
        return None;
    }
    Some(match &status.err {
        Some(error) => {
            // Only for the explanation: without the logs it is less exact.
            let logs = cluster.logs(&signed.signature).unwrap_or_default();
            let mut refusal = Refusal::new(error.clone(), Some(&signed.message), logs);
            refusal.signature = Some(signed.signature);
            Outcome::Failed(Box::new(refusal))
        }
        None if status.satisfies_commitment(CommitmentConfig::finalized()) => {
            Outcome::Finalized { slot: status.slot }
        }
        None => Outcome::Confirmed { slot: status.slot },
    })
}

/// Builds, simulates, signs and sends instructions as one transaction. `payer` pays the fee and must be among the
/// signers.
///
/// # Errors
///
/// [`ClientError`] for everything before the first byte is sent: nothing happened then. From there on, an outcome.
pub fn send(
    cluster: &Cluster,
    instructions: &[Instruction],
    payer: &Pubkey,
    signers: &[&dyn Signer],
    options: &SendOptions,
) -> Result<Sent, ClientError> {
    let price = price(cluster, options.price, instructions)?;
    let lifetime = Lifetime::Blockhash(cluster.blockhash()?);
    let message = prepare(cluster, instructions, payer, &lifetime, price)?;
    let signed = sign(message, lifetime, signers)?;
    Ok(settle(cluster, &signed, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::RpcTrouble, fake_chain::*};
    use solana_keypair::Keypair;
    use solana_rpc_client_api::request::RpcRequest;

    fn options() -> SendOptions {
        SendOptions {
            poll_interval: Duration::from_millis(1),
            resend_interval: Duration::from_millis(2),
            ..SendOptions::default()
        }
    }

    fn send_one(chain: &FakeChain, schedule: Schedule) -> Result<Sent, ClientError> {
        let cluster = chain.cluster(schedule);
        let payer = payer();
        send(&cluster, &[bump(3)], &payer.pubkey(), &[&payer], &options())
    }

    #[test]
    fn sent_once_and_finalized() {
        let chain = FakeChain::default();
        let sent = send_one(&chain, no_faults()).unwrap();
        assert!(matches!(sent.outcome, Outcome::Finalized { .. }));
        assert_eq!(chain.counters()[&3], 1);
        assert_eq!(sent.clone().into_result().unwrap(), sent.signature);
    }

    #[test]
    fn whatever_goes_wrong_one_transaction_is_signed_and_its_outcome_is_the_chains() {
        for seed in 0..150 {
            let chain = FakeChain::default();
            let result = send_one(&chain, random_faults(seed, 2 + seed % 5));
            let signed = chain.0.lock().unwrap().seen.len();
            let executed = chain.counters().get(&3).copied().unwrap_or(0);
            match result {
                Err(error) => {
                    assert!(error.is_retryable(), "seed {seed}: {error}");
                    assert_eq!((signed, executed), (0, 0), "seed {seed}");
                }
                Ok(sent) => {
                    assert!(signed <= 1, "seed {seed}");
                    match sent.outcome {
                        Outcome::Finalized { .. } => assert_eq!(executed, 1, "seed {seed}"),
                        Outcome::Expired => assert_eq!(executed, 0, "seed {seed}"),
                        Outcome::Unknown { .. } => {}
                        other => panic!("seed {seed}: {other:?}"),
                    }
                }
            }
        }
    }

    /// Signs what [`unsigned`] made, as a wallet does.
    fn signed_elsewhere(cluster: &Cluster) -> Transaction {
        let payer = payer();
        let bytes = unsigned(cluster, &[bump(3)], &payer.pubkey(), 7).unwrap();
        let mut transaction = read_transaction(&bytes).unwrap();
        assert_eq!(transaction.signatures, [Signature::default()]);
        // The limit, the price, and what it is for.
        assert_eq!(transaction.message.instructions.len(), 3);
        transaction.signatures[0] = payer.sign_message(&transaction.message_data());
        transaction
    }

    #[test]
    fn signed_elsewhere_and_relayed_twice_is_executed_once() {
        let chain = FakeChain::default();
        let cluster = chain.cluster(no_faults());
        let transaction = signed_elsewhere(&cluster);
        for _ in 0..2 {
            let signature = relay(&cluster, &transaction).unwrap();
            assert_eq!(signature, transaction.signatures[0]);
        }
        assert_eq!(chain.counters()[&3], 1);
    }

    #[test]
    fn whatever_goes_wrong_a_relayed_transaction_is_executed_once_at_the_most() {
        for seed in 0..200 {
            let chain = FakeChain::default();
            let transaction = signed_elsewhere(&chain.cluster(no_faults()));
            let cluster = chain.impatient_cluster(random_faults(seed, 2 + seed % 5));
            // A page posts the same again and again.
            for _ in 0..80 {
                if let Err(error) = relay(&cluster, &transaction) {
                    assert!(error.is_retryable(), "seed {seed}: {error}");
                }
            }
            let executed = chain.counters().get(&3).copied().unwrap_or(0);
            assert!(executed <= 1, "seed {seed}");
        }
    }

    #[test]
    fn a_relayed_transaction_that_is_late_is_refused_or_forged() {
        let chain = FakeChain::default();
        let cluster = chain.cluster(no_faults());
        let transaction = signed_elsewhere(&cluster);
        for change in [
            (|t: &mut Transaction| t.signatures[0] = Signature::default()) as fn(&mut Transaction),
            |t| t.message.instructions[2].data[0] ^= 1,
            |t| t.message.recent_blockhash = Hash::default(),
        ] {
            let mut forged = transaction.clone();
            change(&mut forged);
            assert!(matches!(
                relay(&cluster, &forged),
                Err(ClientError::Input(InputError::BadSignature))
            ));
        }
        chain.0.lock().unwrap().refused.insert(3, 9);
        let refused = relay(&cluster, &transaction).unwrap_err();
        assert!(matches!(refused, ClientError::Refused(_)), "{refused}");
        let mut state = chain.0.lock().unwrap();
        state.refused.clear();
        state.height += 100;
        drop(state);
        let late = relay(&cluster, &transaction).unwrap_err();
        assert!(matches!(late, ClientError::Unknown { .. }), "{late}");
        assert_eq!(chain.counters().get(&3), None);
    }

    #[test]
    fn what_is_no_transaction() {
        let chain = FakeChain::default();
        let transaction = signed_elsewhere(&chain.cluster(no_faults()));
        let bytes = serialize(&transaction).unwrap();
        assert_eq!(read_transaction(&bytes).unwrap(), transaction);
        for length in 0..bytes.len() {
            assert!(read_transaction(&bytes[..length]).is_err(), "{length}");
        }
        assert!(read_transaction(&[&bytes[..], &[0]].concat()).is_err());
        assert!(read_transaction(&[0; PACKET_BYTES + 1]).is_err());
        // A version's first bit; more signatures than signers.
        for at in [0, 65] {
            let mut changed = bytes.clone();
            changed[at] |= 0x80;
            assert!(read_transaction(&changed).is_err(), "{at}");
        }
    }

    #[test]
    fn executed_then_timed_out_is_found() {
        let chain = FakeChain::default();
        let schedule: Schedule = Box::new(|_, request| {
            (request == RpcRequest::SendTransaction).then_some(Fault::ExecutedThenTimeout)
        });
        let sent = send_one(&chain, schedule).unwrap();
        assert!(matches!(sent.outcome, Outcome::Finalized { .. }));
        assert_eq!(chain.counters()[&3], 1);
    }

    #[test]
    fn accepted_then_dropped_expires_and_is_not_signed_again() {
        let chain = FakeChain::default();
        let schedule: Schedule = Box::new(|_, request| {
            (request == RpcRequest::SendTransaction).then_some(Fault::Dropped)
        });
        let sent = send_one(&chain, schedule).unwrap();
        assert_eq!(sent.outcome, Outcome::Expired);
        assert_eq!(chain.0.lock().unwrap().seen.len(), 1);
        assert!(sent.into_result().unwrap_err().is_retryable());
    }

    #[test]
    fn a_node_that_does_not_see_it_does_not_make_it_expire() {
        let chain = FakeChain::default();
        let schedule: Schedule = Box::new(|_, request| {
            (request == RpcRequest::GetSignatureStatuses).then_some(Fault::NotSeenYet)
        });
        let sent = send_one(&chain, schedule).unwrap();
        assert!(
            matches!(sent.outcome, Outcome::Finalized { .. }),
            "{sent:?}"
        );
    }

    #[test]
    fn a_node_that_lags_does_not_make_it_expire() {
        let chain = FakeChain::default();
        // Until well after its last block, whoever is asked about it lags.
        let schedule: Schedule = Box::new(|call, request| {
            let hits = call < 56 && request == RpcRequest::GetSignatureStatuses;
            hits.then_some(Fault::Lagging)
        });
        let sent = send_one(&chain, schedule).unwrap();
        assert!(
            matches!(sent.outcome, Outcome::Finalized { .. }),
            "{sent:?}"
        );
    }

    #[test]
    fn a_node_that_goes_silent_leaves_it_unknown_with_its_signature() {
        let chain = FakeChain::default();
        let mut is_sent = false;
        let schedule: Schedule = Box::new(move |_, request| {
            is_sent |= request == RpcRequest::SendTransaction;
            is_sent.then_some(Fault::Timeout)
        });
        let sent = send_one(&chain, schedule).unwrap();
        assert!(matches!(sent.outcome, Outcome::Unknown { .. }), "{sent:?}");
        let error = sent.clone().into_result().unwrap_err();
        assert!(error.to_string().contains(&sent.signature.to_string()));
    }

    #[test]
    fn what_the_simulation_refuses_is_never_signed() {
        let chain = FakeChain::default();
        chain.0.lock().unwrap().refused.insert(3, 17);
        let Err(ClientError::Refused(refusal)) = send_one(&chain, no_faults()) else {
            panic!("it must be refused");
        };
        assert_eq!(refusal.program_error.as_ref().unwrap().number, 17);
        assert_eq!(refusal.signature, None);
        assert!(chain.0.lock().unwrap().seen.is_empty());
    }

    #[test]
    fn what_the_chain_refuses_has_failed() {
        let chain = FakeChain::default();
        chain.0.lock().unwrap().refused_late.insert(3, 17);
        let sent = send_one(&chain, no_faults()).unwrap();
        let Outcome::Failed(refusal) = sent.outcome else {
            panic!("it must fail");
        };
        assert_eq!(refusal.signature, Some(sent.signature));
        assert!(chain.counters().is_empty());
    }

    #[test]
    fn a_node_that_answers_nothing_at_all() {
        let chain = FakeChain::default();
        for (fault, expected) in [
            (Fault::TooManyRequests, "429"),
            (Fault::Unavailable, "503"),
            (Fault::Timeout, "no answer"),
            (Fault::Truncated, "cut off"),
            (Fault::Behind, "behind"),
        ] {
            let error = send_one(&chain, Box::new(move |_, _| Some(fault))).unwrap_err();
            assert!(error.is_retryable());
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    fn blockhash() -> Lifetime {
        Lifetime::Blockhash(Blockhash {
            hash: Hash::new_from_array([1; 32]),
            last_valid_block_height: 10,
        })
    }

    #[test]
    fn a_transaction_is_held_to_the_packet() {
        let payer = payer();
        let fits = |count| {
            message(
                &vec![bump(1); count],
                &payer.pubkey(),
                &blockhash(),
                Budget::default(),
            )
        };
        let count = (1..200).find(|count| fits(*count).is_err()).unwrap();
        let largest = fits(count - 1).unwrap();
        let bytes = transaction_bytes(&largest).unwrap();
        assert!(bytes <= PACKET_BYTES && bytes > PACKET_BYTES - 16);
        assert!(matches!(
            fits(count),
            Err(ClientError::Input(InputError::TooLarge { bytes, .. })) if bytes > PACKET_BYTES
        ));
    }

    #[test]
    fn signatures_made_apart_come_together() {
        let (payer, other, stranger) = (payer(), Keypair::new(), Keypair::new());
        let mut instruction = bump(1);
        instruction
            .accounts
            .push(solana_instruction::AccountMeta::new_readonly(
                other.pubkey(),
                true,
            ));
        let message = message(
            &[instruction],
            &payer.pubkey(),
            &blockhash(),
            Budget::default(),
        )
        .unwrap();

        let here = sign_partly(message.clone(), &[&payer]).unwrap();
        assert_eq!(here.missing, [other.pubkey()]);
        assert_eq!(here.signatures[0].0, payer.pubkey());
        assert!(matches!(
            here.clone().complete(blockhash()),
            Err(ClientError::Input(InputError::MissingSigner(key))) if key == other.pubkey()
        ));
        // On the other machine, from the exported message.
        let exported = BASE64_STANDARD.decode(here.message_base64()).unwrap();
        assert_eq!(exported, message.serialize());
        let there = Presigner::new(&other.pubkey(), &other.sign_message(&exported));
        let apart = sign(message.clone(), blockhash(), &[&payer, &there]).unwrap();
        let together = sign(message.clone(), blockhash(), &[&payer, &other]).unwrap();
        assert_eq!(apart, together);

        // A signature of something else, and one of somebody else.
        let wrong = Presigner::new(&other.pubkey(), &other.sign_message(b"something else"));
        assert!(matches!(
            sign(message.clone(), blockhash(), &[&payer, &wrong]),
            Err(ClientError::Input(InputError::Signing { signer, .. })) if signer == other.pubkey()
        ));
        assert!(matches!(
            sign(message, blockhash(), &[&payer, &other, &stranger]),
            Err(ClientError::Input(InputError::UnexpectedSigner(key))) if key == stranger.pubkey()
        ));
    }

    #[test]
    fn a_nonce_is_advanced_first() {
        let payer = payer();
        let lifetime = Lifetime::Nonce {
            account: Pubkey::new_from_array([1; 32]),
            authority: payer.pubkey(),
            value: Hash::new_from_array([2; 32]),
        };
        let budget = Budget {
            limit: Some(7),
            price: Some(9),
        };
        let message = message(&[bump(1)], &payer.pubkey(), &lifetime, budget).unwrap();
        assert!(uses_nonce(&message));
        assert_eq!(message.instructions.len(), 4);
        assert_eq!(message.recent_blockhash, Hash::new_from_array([2; 32]));
    }

    #[test]
    fn a_nonce_account_is_read_and_checked() {
        let (account, authority) = (
            Pubkey::new_from_array([1; 32]),
            Pubkey::new_from_array([2; 32]),
        );
        let system = solana_sdk_ids::system_program::ID;
        let nonce =
            solana_nonce::state::DurableNonce::from_blockhash(&Hash::new_from_array([3; 32]));
        let state = NonceState::new_initialized(&authority, nonce, 5_000);
        let chain = FakeChain::default();
        let cluster = chain.cluster(no_faults());
        let put = |owner, versions: &NonceVersions| {
            chain.put(account, owner, wincode::serialize(versions).unwrap());
        };

        assert!(matches!(
            nonce_lifetime(&cluster, account, authority),
            Err(ClientError::Input(InputError::NotANonce(_)))
        ));
        for (owner, versions) in [
            (authority, NonceVersions::new(state.clone())),
            (system, NonceVersions::new(NonceState::Uninitialized)),
            (system, NonceVersions::Legacy(Box::new(state.clone()))),
        ] {
            put(owner, &versions);
            assert!(nonce_lifetime(&cluster, account, authority).is_err());
        }
        put(system, &NonceVersions::new(state));
        let lifetime = nonce_lifetime(&cluster, account, authority).unwrap();
        assert_eq!(lifetime.hash(), *nonce.as_hash());
        assert!(matches!(
            nonce_lifetime(&cluster, account, account),
            Err(ClientError::Input(InputError::NonceAuthority { found, .. })) if found == authority
        ));

        // It can land until the nonce is used.
        assert_eq!(past_since(&cluster, &lifetime).unwrap(), None);
        let other =
            solana_nonce::state::DurableNonce::from_blockhash(&Hash::new_from_array([4; 32]));
        put(
            system,
            &NonceVersions::new(NonceState::new_initialized(&authority, other, 5_000)),
        );
        assert!(past_since(&cluster, &lifetime).unwrap().is_some());
    }

    #[test]
    fn a_price_of_three_quarters_up_to_the_cap() {
        let cluster = FakeChain::default().cluster(no_faults());
        for (given, expected) in [
            (Price::Fixed(5), 5),
            (Price::Auto { cap: 1_000 }, 40),
            (Price::Auto { cap: 25 }, 25),
        ] {
            assert_eq!(price(&cluster, given, &[bump(1)]).unwrap(), expected);
        }
    }

    #[test]
    fn a_limit_has_room_and_an_end() {
        let limit = |compute_units| {
            let logs = vec![];
            Simulation {
                compute_units,
                logs,
                blockhash: None,
            }
            .compute_unit_limit()
        };
        assert_eq!(limit(0), 5_000);
        assert_eq!(limit(10_000), 16_000);
        assert_eq!(limit(1_390_000), MAX_COMPUTE_UNITS);
        assert_eq!(limit(u64::MAX), MAX_COMPUTE_UNITS);
    }

    #[test]
    fn trouble_is_sorted_into_what_may_pass_and_what_will_not() {
        let request = "getSlot".to_owned();
        for (trouble, is_retryable) in [
            (
                RpcTrouble::Timeout {
                    request: request.clone(),
                    after: Duration::ZERO,
                },
                true,
            ),
            (
                RpcTrouble::Refuses {
                    request,
                    reason: String::new(),
                },
                false,
            ),
        ] {
            assert_eq!(ClientError::from(trouble).is_retryable(), is_retryable);
        }
    }
}
