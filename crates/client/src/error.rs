//! What can go wrong, in four classes: the chain said no, trying again may help, this is another cluster, the input is
//! wrong. A program's error is given by name and number, with what to do next.

use std::{io, path::PathBuf, time::Duration};

use anchor_spl::token::spl_token::error::TokenError;
use node_rewards::errors::NodeRewardsError;
use solana_hash::Hash;
use solana_instruction::error::InstructionError;
use solana_message::legacy::Message;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::{
    client_error::{Error as RpcClientError, ErrorKind},
    custom_error as rpc_code,
    request::{RpcError, RpcRequest, RpcResponseErrorData},
};
use solana_signature::Signature;
use solana_system_interface::error::SystemError;
use solana_transaction_error::TransactionError;
use thiserror::Error;
use wayfare_core::name;

use crate::{
    account::AccountError,
    anchor_error::anchor_error,
    interface::Interface,
    programs::{OurError, next_step},
    rewards::data_error::DataError,
};

/// Anything that the crate can end with.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The chain said no.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The RPC node did not answer, or not well enough.
    #[error(transparent)]
    Rpc(#[from] RpcTrouble),
    /// The RPC node belongs to another cluster than the one meant.
    #[error(
        "the RPC node is of the cluster with genesis hash {found}, but this is about {expected}: \
         connect to the right cluster"
    )]
    WrongCluster { expected: Hash, found: Hash },
    /// An account is missing, or not what it should be.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Published data that cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The journal of a job of many transactions.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What was asked for cannot be done.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A transaction was sent, and can never land any more.
    #[error("transaction {signature} expired without an effect: try again")]
    Expired { signature: Signature },
    /// A transaction was sent, and may still land.
    #[error(
        "whether transaction {signature} succeeded is unknown ({reason}): look it up before trying again"
    )]
    Unknown {
        signature: Signature,
        reason: String,
    },
}

/// What kind of error it is, and so what a caller does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The chain said no: the same again is refused again, until something changes.
    Refused,
    /// The same again may succeed.
    Retryable,
    /// Another cluster.
    WrongCluster,
    /// The input must change first.
    Input,
}

impl ClientError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Refused(refusal) if refusal.is_transient() => ErrorClass::Retryable,
            Self::Refused(_) => ErrorClass::Refused,
            Self::Rpc(trouble) if trouble.is_final() => ErrorClass::Input,
            Self::Rpc(_) | Self::Expired { .. } | Self::Unknown { .. } => ErrorClass::Retryable,
            Self::WrongCluster { .. } | Self::Journal(JournalError::OtherCluster { .. }) => {
                ErrorClass::WrongCluster
            }
            Self::Data(error) if error.is_transient() => ErrorClass::Retryable,
            Self::Account(_) | Self::Data(_) | Self::Journal(_) | Self::Input(_) => {
                ErrorClass::Input
            }
        }
    }

    /// Whether the same again may succeed.
    pub fn is_retryable(&self) -> bool {
        self.class() == ErrorClass::Retryable
    }

    /// What to do next, where the message does not say it yet.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => refusal.next_step(),
            _ => None,
        }
    }
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// What was asked for cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    #[error("\"{url}\" is not a URL of an RPC node: it must start with http:// or https://")]
    Url { url: String },
    /// Of a network, a market or a hub, as `scope` says.
    #[error("\"{name}\" is not a {scope}'s name: {}", name::RULE)]
    Name { scope: &'static str, name: String },
    /// [`crate::send::PACKET_BYTES`] is what a packet holds.
    #[error(
        "the transaction has {bytes} bytes, but a packet holds {limit}: send fewer instructions at once"
    )]
    TooLarge { bytes: usize, limit: usize },
    #[error("the transaction must also be signed by {0}: give that key, or its signature")]
    MissingSigner(Pubkey),
    #[error("{0} is not a signer of this transaction: leave its signature out")]
    UnexpectedSigner(Pubkey),
    #[error("{signer} could not sign: {reason}")]
    Signing { signer: Pubkey, reason: String },
    #[error("not a signed transaction of at most 1,232 bytes in the legacy format")]
    NotATransaction,
    #[error(
        "the transaction is not signed by everybody who must, or was changed after it was signed"
    )]
    BadSignature,
    #[error("{0} is not an initialised nonce account")]
    NotANonce(Pubkey),
    #[error(
        "the nonce account {account} is under the authority of {found}, not {given}: sign with {found}"
    )]
    NonceAuthority {
        account: Pubkey,
        found: Pubkey,
        given: Pubkey,
    },
    /// The blockhash must be the nonce that the account holds now.
    #[error(
        "the nonce account {account} holds {found}, not {given}: make the transaction again with {found}"
    )]
    NonceValue {
        account: Pubkey,
        found: Hash,
        given: Hash,
    },
    #[error("{address} is not a token account of the mint {mint}")]
    NotATokenAccount { address: Pubkey, mint: Pubkey },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("{}: there is a journal already: resume it, or name another file", path.display())]
    Exists { path: PathBuf },
    #[error("{}: there is no journal to resume: check the path", path.display())]
    Missing { path: PathBuf },
    #[error("{}: another process works on this journal: wait for it to end", path.display())]
    Locked { path: PathBuf },
    #[error("{}: the journal cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// What was recorded before is intact.
    #[error(
        "{}: the journal cannot be written: {source}; make room, then resume: everything up to here is safe",
        path.display()
    )]
    Write { path: PathBuf, source: io::Error },
    #[error("{}: not a journal of this program: check the path", path.display())]
    NotAJournal { path: PathBuf },
    #[error("{}: the journal is damaged at line {line}: restore it from a copy", path.display())]
    Damaged { path: PathBuf, line: u64 },
    #[error(
        "{}: the journal is of another job: its {field} is {found}, not {expected}; \
         give the input that it was started with, or start a new journal",
        path.display()
    )]
    OtherJob {
        path: PathBuf,
        field: &'static str,
        expected: String,
        found: String,
    },
    #[error(
        "{}: the journal was started on the cluster with genesis hash {found}, and this one has {expected}: \
         connect to that cluster",
        path.display()
    )]
    OtherCluster {
        path: PathBuf,
        expected: String,
        found: String,
    },
}

/// An HTTP status other than success, and when the server wants to be asked again.
#[derive(Clone, Copy, Debug, Error)]
#[error("HTTP status {status}")]
pub(crate) struct HttpStatus {
    pub status: u16,
    pub retry_after: Option<Duration>,
}

impl InputError {
    /// A name that a scope cannot have.
    pub fn name(scope: &'static str, name: &str) -> Self {
        Self::Name {
            scope,
            name: name.to_owned(),
        }
    }
}

/// What went wrong with an RPC node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RpcTrouble {
    #[error(
        "{request}: no answer from the RPC node within {after:?}: try again, or use another node"
    )]
    Timeout { request: String, after: Duration },
    #[error(
        "{request}: the RPC node cannot be reached ({reason}): check the URL and the connection, then try again"
    )]
    Unreachable { request: String, reason: String },
    #[error(
        "{request}: the RPC node answers 429, too many requests: try again later, or use another node"
    )]
    RateLimited {
        request: String,
        /// When the node wants to be asked again.
        retry_after: Option<Duration>,
    },
    #[error("{request}: the RPC node answers {status}: try again later, or use another node")]
    Unavailable { request: String, status: u16 },
    #[error(
        "{request}: the RPC node's answer is cut off or malformed ({reason}): try again, or use another node"
    )]
    BadAnswer { request: String, reason: String },
    #[error(
        "{request}: the RPC node is behind or not ready ({reason}): try again later, or use another node"
    )]
    Behind { request: String, reason: String },
    /// The node understood and will not: trying again does not help.
    #[error(
        "{request}: the RPC node refuses ({reason}): check the URL and its access key, or use another node"
    )]
    Refuses { request: String, reason: String },
}

impl RpcTrouble {
    /// Whether the same request to the same node fails again.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refuses { .. })
    }

    /// A transport's error, without the URL: that may hold an access key.
    fn from_reqwest(request: String, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let reason = with_sources(&error);
        if let Some(status) = error.status() {
            return Self::from_status(request, status.as_u16(), None);
        }
        if error.is_decode() || error.is_body() {
            return Self::BadAnswer { request, reason };
        }
        if error.is_builder() {
            return Self::Refuses { request, reason };
        }
        Self::Unreachable { request, reason }
    }

    fn from_status(request: String, status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            429 => Self::RateLimited {
                request,
                retry_after,
            },
            408 | 500.. => Self::Unavailable { request, status },
            _ => Self::Refuses {
                request,
                reason: format!("HTTP status {status}"),
            },
        }
    }
}

/// An error with what caused it, in one line.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Sorts an error of the RPC client.
pub(crate) fn from_rpc(error: RpcClientError, request: RpcRequest) -> ClientError {
    let request = request.to_string();
    match *error.kind {
        ErrorKind::Reqwest(error) => RpcTrouble::from_reqwest(request, error).into(),
        ErrorKind::Middleware(error) => match error.downcast_ref::<HttpStatus>() {
            Some(http) => RpcTrouble::from_status(request, http.status, http.retry_after).into(),
            None => RpcTrouble::Unreachable {
                request,
                reason: "the transport failed".to_owned(),
            }
            .into(),
        },
        ErrorKind::Io(error) => RpcTrouble::Unreachable {
            request,
            reason: error.to_string(),
        }
        .into(),
        ErrorKind::SerdeJson(error) => RpcTrouble::BadAnswer {
            request,
            reason: error.to_string(),
        }
        .into(),
        ErrorKind::RpcError(RpcError::RpcResponseError {
            code,
            message,
            data,
        }) => from_response(request, code, message, data),
        ErrorKind::RpcError(error) => RpcTrouble::BadAnswer {
            request,
            reason: error.to_string(),
        }
        .into(),
        ErrorKind::TransactionError(error) => Refusal::new(error, None, vec![]).into(),
        ErrorKind::SigningError(error) => InputError::Other(error.to_string()).into(),
        ErrorKind::Custom(reason) => RpcTrouble::BadAnswer { request, reason }.into(),
    }
}

/// Codes: `solana-rpc-client-api`, `custom_error.rs`, and <https://www.jsonrpc.org/specification#error_object>.
fn from_response(
    request: String,
    code: i64,
    message: String,
    data: RpcResponseErrorData,
) -> ClientError {
    if let RpcResponseErrorData::SendTransactionPreflightFailure(result) = data
        && let Some(error) = result.err
    {
        let logs = result.logs.unwrap_or_default();
        return Refusal::new(error.into(), None, logs).into();
    }
    let reason = format!("{message}, code {code}");
    match code {
        rpc_code::JSON_RPC_SERVER_ERROR_TRANSACTION_SIGNATURE_VERIFICATION_FAILURE => {
            Refusal::new(TransactionError::SignatureFailure, None, vec![]).into()
        }
        rpc_code::JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY
        | rpc_code::JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE
        | rpc_code::JSON_RPC_SERVER_ERROR_BLOCK_STATUS_NOT_AVAILABLE_YET
        | rpc_code::JSON_RPC_SERVER_ERROR_NO_SNAPSHOT
        | rpc_code::JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED
        | rpc_code::JSON_RPC_SERVER_ERROR_LONG_TERM_STORAGE_UNREACHABLE
        | rpc_code::JSON_RPC_SCAN_ERROR => RpcTrouble::Behind { request, reason }.into(),
        // Internal error.
        -32603 => RpcTrouble::Behind { request, reason }.into(),
        // Providers put their HTTP status here too.
        429 => RpcTrouble::RateLimited {
            request,
            retry_after: None,
        }
        .into(),
        500..=599 => RpcTrouble::Behind { request, reason }.into(),
        _ => RpcTrouble::Refuses { request, reason }.into(),
    }
}

/// A transaction that the chain refused, in a simulation or for good.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.describe())]
pub struct Refusal {
    /// As the runtime gives it.
    pub error: TransactionError,
    /// Which instruction failed, if one did.
    pub instruction: Option<FailedInstruction>,
    /// The program's own error, if it gave one.
    pub program_error: Option<ProgramError>,
    /// What the programs logged. Empty when the node did not say.
    pub logs: Vec<String>,
    /// The transaction's, when it was executed and not only simulated.
    pub signature: Option<Signature>,
}

/// An instruction of a transaction that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedInstruction {
    /// Its place in the transaction, from 0.
    pub index: u8,
    /// `None` when the transaction's message is not at hand.
    pub program: Option<Pubkey>,
    /// Its name, for an instruction of one of our programs.
    pub name: Option<&'static str>,
}

/// A program's error: a number, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError {
    /// The program that gave it; an outer program hands on the numbers of those that it calls. `None` when the logs
    /// are missing and it cannot be told.
    pub program: Option<Pubkey>,
    pub number: u32,
    /// The variant's name in the program's source; `None` for a number that this release does not know.
    pub name: Option<String>,
    pub message: Option<String>,
}

impl Refusal {
    /// Explains a transaction's error with the help of its message and its logs, where they are at hand.
    pub fn new(error: TransactionError, message: Option<&Message>, logs: Vec<String>) -> Self {
        let mut refusal = Self {
            error,
            instruction: None,
            program_error: None,
            logs,
            signature: None,
        };
        if let TransactionError::InstructionError(index, error) = &refusal.error {
            let instruction = message.and_then(|m| m.instructions.get(usize::from(*index)));
            let program = message
                .zip(instruction)
                .and_then(|(m, i)| m.account_keys.get(usize::from(i.program_id_index)))
                .copied();
            refusal.instruction = Some(FailedInstruction {
                index: *index,
                program,
                name: instruction
                    .zip(program)
                    .and_then(|(i, program)| Interface::of(&program)?.instruction(&i.data)),
            });
            if let InstructionError::Custom(number) = error {
                let failed = failed_program(&refusal.logs);
                refusal.program_error = Some(explain(failed, program, *number));
            }
        }
        refusal
    }

    /// Whether it is this error of one of our programs.
    pub fn is<E: OurError>(&self, error: E) -> bool {
        self.number_of(&E::PROGRAM) == Some(error.into())
    }

    /// Whether it is one of these.
    pub fn is_any<E: OurError>(&self, errors: impl IntoIterator<Item = E>) -> bool {
        errors.into_iter().any(|error| self.is(error))
    }

    /// The number of the error, if this program gave it.
    fn number_of(&self, program: &Pubkey) -> Option<u32> {
        let error = self.program_error.as_ref()?;
        (error.program.as_ref() == Some(program)).then_some(error.number)
    }

    /// Whether a pause is the reason: then every other entry is refused as well. Every program calls that error the same.
    pub fn is_pause(&self) -> bool {
        let error = self.program_error.as_ref();
        error.is_some_and(|error| {
            error.name.as_deref() == Some("Paused") && error.program.as_ref().is_some_and(is_ours)
        })
    }

    /// Whether the same transaction, made again, may succeed without anything else changing.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.error,
            TransactionError::BlockhashNotFound
                | TransactionError::AccountInUse
                | TransactionError::ClusterMaintenance
                | TransactionError::WouldExceedMaxBlockCostLimit
                | TransactionError::WouldExceedMaxAccountCostLimit
                | TransactionError::WouldExceedAccountDataBlockLimit
                | TransactionError::ProgramCacheHitMaxLimit
                | TransactionError::CommitCancelled
                | TransactionError::ResanitizationNeeded
        )
    }

    /// Whether the payer has too few lamports: then nothing else that it pays for succeeds either.
    pub fn is_payer_short(&self) -> bool {
        match &self.error {
            TransactionError::InsufficientFundsForFee
            | TransactionError::AccountNotFound
            | TransactionError::InvalidAccountForFee
            | TransactionError::InsufficientFundsForRent { .. } => true,
            _ => self.program_error.as_ref().is_some_and(|error| {
                error.program == Some(solana_sdk_ids::system_program::ID)
                    && error.number == SystemError::ResultWithNegativeLamports as u32
            }),
        }
    }

    /// What to do next, in one line.
    pub fn next_step(&self) -> Option<String> {
        if self.is_payer_short() {
            return Some("send SOL to the payer's account, then try again".to_owned());
        }
        if self.is_transient() {
            return Some("try again".to_owned());
        }
        if let Some(step) = self.our_next_step() {
            return Some(step.to_owned());
        }
        if self.is(NodeRewardsError::OutflowLimited) {
            return self.retry_time();
        }
        match self.program_error.as_ref()?.name.as_deref()? {
            "AccountFrozen" => {
                Some("ask the mint's freeze authority to thaw the account".to_owned())
            }
            "InsufficientFunds" => Some("bring tokens to the source account first".to_owned()),
            "DeclaredProgramIdMismatch" | "InstructionFallbackNotFound" => {
                Some("the program on this cluster is another release: compare versions".to_owned())
            }
            "AccountNotInitialized" => {
                Some("an account is missing: check names, addresses and the cluster".to_owned())
            }
            _ => None,
        }
    }

    /// What to do about an error of one of our programs.
    fn our_next_step(&self) -> Option<&'static str> {
        let error = self.program_error.as_ref()?;
        next_step(&error.program?, error.number)
    }

    /// When the outflow limiter says that the same claim can be paid.
    fn retry_time(&self) -> Option<String> {
        let retry = self
            .logs
            .iter()
            .find_map(|l| l.strip_prefix("Program log: retry in "))?;
        Some(format!("retry in {retry} (Unix time)"))
    }

    fn describe(&self) -> String {
        let what = match &self.instruction {
            Some(FailedInstruction {
                index,
                program,
                name,
            }) => match (name, program) {
                (Some(name), _) => format!("{name} (instruction {index})"),
                (None, Some(program)) => {
                    format!("instruction {index}, of {}", program_name(program))
                }
                (None, None) => format!("instruction {index}"),
            },
            None => "the transaction".to_owned(),
        };
        let why = match (&self.program_error, &self.error) {
            (Some(error), _) => error.describe(),
            (None, TransactionError::InstructionError(_, error)) => error.to_string(),
            (None, error) => error.to_string(),
        };
        format!("{what} is refused: {why}")
    }
}

impl ProgramError {
    fn describe(&self) -> String {
        let program = match &self.program {
            Some(program) if is_ours(program) => String::new(),
            Some(program) => format!(" of {}", program_name(program)),
            None => String::new(),
        };
        match (&self.name, &self.message) {
            (Some(name), Some(message)) => format!("{name} ({}){program}: {message}", self.number),
            (Some(name), None) => format!("{name} ({}){program}", self.number),
            (None, _) => format!("error {}{program}", self.number),
        }
    }
}

/// The innermost program that failed: the first that the logs say so of. The text is the runtime's
/// (`stable_log::program_failure` in `solana-svm-log-collector`).
fn failed_program(logs: &[String]) -> Option<Pubkey> {
    logs.iter().find_map(|line| {
        let (program, _) = line.strip_prefix("Program ")?.split_once(" failed: ")?;
        program.parse().ok()
    })
}

/// What a number stands for, in the program that failed; without logs, in the one whose instruction it was.
fn explain(failed: Option<Pubkey>, called: Option<Pubkey>, number: u32) -> ProgramError {
    let candidate = failed.or(called);
    let mut error = ProgramError {
        program: candidate,
        number,
        name: None,
        message: None,
    };
    let known = match candidate {
        Some(program) if is_ours(&program) => {
            let known = anchor_error(number)
                .map(|e| (e.name(), e.to_string()))
                .or_else(|| {
                    let (name, message) = Interface::of(&program)?.error(number)?;
                    Some((name.to_owned(), message.to_owned()))
                });
            if known.is_none() && failed.is_none() {
                // Too low for Anchor: a program that ours called. Which one only the logs tell.
                error.program = None;
            }
            known
        }
        Some(program) if is_token_program(&program) => TokenError::try_from(number)
            .ok()
            .map(|e| (format!("{e:?}"), e.to_string())),
        Some(program) if program == solana_sdk_ids::system_program::ID => system_error(number),
        _ => None,
    };
    if let Some((name, message)) = known {
        error.name = Some(name);
        error.message = Some(message);
    }
    error
}

/// Whether the program is one of ours.
fn is_ours(program: &Pubkey) -> bool {
    Interface::of(program).is_some()
}

fn system_error(number: u32) -> Option<(String, String)> {
    use num_traits::FromPrimitive;
    let error = SystemError::from_u32(number)?;
    let message = error.to_string();
    Some((format!("{error:?}"), message))
}

/// Token-2022 keeps the numbers 0 to 19 of SPL Token (`spl-token-2022-interface`, `error.rs`).
fn is_token_program(program: &Pubkey) -> bool {
    [anchor_spl::token::ID, anchor_spl::token_2022::ID].contains(program)
}

/// A program's name, or its address.
pub fn program_name(program: &Pubkey) -> String {
    if let Some(interface) = Interface::of(program) {
        return interface.name.to_owned();
    }
    let known = [
        (anchor_spl::token::ID, "SPL Token"),
        (anchor_spl::token_2022::ID, "Token-2022"),
        (
            spl_associated_token_account_interface::program::ID,
            "the associated token program",
        ),
        (solana_sdk_ids::system_program::ID, "the system program"),
        (
            solana_sdk_ids::compute_budget::ID,
            "the compute budget program",
        ),
    ];
    known
        .into_iter()
        .find_map(|(id, name)| (id == *program).then(|| name.to_owned()))
        .unwrap_or_else(|| program.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        interface::interfaces,
        rewards::{address::PROGRAM, instruction},
        send,
    };

    fn claim_message() -> Message {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let network = instruction::NetworkAccounts {
            network: key(1),
            vault: key(2),
            mint: key(3),
            token_program: anchor_spl::token::ID,
        };
        let claim = instruction::Claim {
            owner: key(4),
            wallet: key(4),
            index: 0,
            lifetime: 5,
            detail_root: [0; 32],
            proof: vec![],
        };
        let instructions = [
            send::compute_unit_limit(1),
            instruction::claim(&network, claim),
        ];
        Message::new(&instructions, Some(&key(9)))
    }

    fn custom(number: u32) -> TransactionError {
        TransactionError::InstructionError(1, InstructionError::Custom(number))
    }

    #[test]
    fn an_error_of_the_program_by_name_number_and_next_step() {
        let logs = vec![
            format!("Program {PROGRAM} invoke [1]"),
            "Program log: retry in 12 s, at 1700000012".to_owned(),
            format!("Program {PROGRAM} failed: custom program error: 0x1794"),
        ];
        let refusal = Refusal::new(custom(6036), Some(&claim_message()), logs);
        assert_eq!(
            refusal.to_string(),
            "claim (instruction 1) is refused: OutflowLimited (6036): The outflow limiter is out of \
             tokens: retry at the time in the log"
        );
        assert_eq!(
            refusal.next_step().unwrap(),
            "retry in 12 s, at 1700000012 (Unix time)"
        );
        assert!(refusal.is(NodeRewardsError::OutflowLimited));
    }

    #[test]
    fn an_error_of_a_called_program_is_not_taken_for_the_callers() {
        let logs = vec![
            format!(
                "Program {} failed: custom program error: 0x11",
                anchor_spl::token::ID
            ),
            format!("Program {PROGRAM} failed: custom program error: 0x11"),
        ];
        let refusal = Refusal::new(custom(17), Some(&claim_message()), logs);
        assert_eq!(
            refusal.to_string(),
            "claim (instruction 1) is refused: AccountFrozen (17) of SPL Token: Account is frozen"
        );
        // Without the logs it cannot be told whose number it is.
        let refusal = Refusal::new(custom(17), Some(&claim_message()), vec![]);
        assert_eq!(
            refusal.to_string(),
            "claim (instruction 1) is refused: error 17"
        );
        assert!(!is_ours(
            &refusal.program_error.unwrap().program.unwrap_or_default()
        ));
    }

    #[test]
    fn errors_of_the_framework_and_the_system() {
        let refusal = Refusal::new(custom(3012), Some(&claim_message()), vec![]);
        assert_eq!(
            refusal.program_error.unwrap().name.unwrap(),
            "AccountNotInitialized"
        );
        let logs = vec![format!(
            "Program {} failed: custom program error: 0x1",
            solana_sdk_ids::system_program::ID
        )];
        let refusal = Refusal::new(custom(1), Some(&claim_message()), logs);
        assert!(refusal.is_payer_short());
        assert!(refusal.next_step().unwrap().contains("SOL"));
    }

    #[test]
    fn every_number_is_its_variants() {
        for interface in interfaces() {
            let count = (6000..).take_while(|number| interface.error(*number).is_some());
            assert!(count.count() > 50 && interface.error(5999).is_none());
        }
    }

    #[test]
    fn a_foreign_program_is_named_by_its_address() {
        let unknown = Pubkey::new_from_array([77; 32]);
        assert_eq!(program_name(&unknown), unknown.to_string());
        assert_eq!(program_name(&PROGRAM), "node-rewards");
    }
}
