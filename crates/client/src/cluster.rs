//! A cluster, through one RPC node: reads that are bounded in time and tried again, with every answer checked.
//!
//! The calls block, from any thread; the runtime that drives them is [`Cluster`]'s own. Within an asynchronous task,
//! call them from a blocking one.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_account::Account;
use solana_account_decoder_client_types::{UiAccount, UiAccountData, UiAccountEncoding};
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_epoch_info::EpochInfo;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_rpc_client::{
    http_sender::HttpSender, nonblocking::rpc_client::RpcClient, rpc_client::RpcClientConfig,
    rpc_sender::RpcSender,
};
use solana_rpc_client_api::{
    client_error::Result as RpcResult,
    config::{
        RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSendTransactionConfig,
        RpcSimulateTransactionConfig, RpcTransactionConfig, UiTransactionEncoding,
    },
    filter::{Memcmp, MemcmpEncodedBytes, RpcFilterType},
    request::RpcRequest,
    response::{
        OptionalContext, Response, RpcBlockhash, RpcConfirmedTransactionStatusWithSignature,
        RpcKeyedAccount, RpcPrioritizationFee, RpcSimulateTransactionResult,
    },
};
use solana_signature::Signature;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransactionWithStatusMeta, TransactionStatus,
    UiInstruction, option_serializer::OptionSerializer,
};
use tokio::runtime::Runtime;

use crate::{
    account::{self, AccountError, AccountKind, FromAccount, ProgramAccount},
    error::{ClientError, HttpStatus, InputError, RpcTrouble, from_rpc},
    event::{self, EventError, ProgramEvent},
    programs::{AnyAccount, decode_any},
};

/// Most accounts that one `getMultipleAccounts` may name (`MAX_MULTIPLE_ACCOUNTS` in `solana-rpc-client-types`).
pub const ACCOUNTS_PER_CALL: usize = 100;

/// Most signatures that one `getSignatureStatuses` may name (`MAX_GET_SIGNATURE_STATUSES_QUERY_ITEMS`, same place).
pub const STATUSES_PER_CALL: usize = 256;

/// Most signatures that one `getSignaturesForAddress` may ask for (`MAX_GET_CONFIRMED_SIGNATURES_FOR_ADDRESS2_LIMIT`, same
/// place).
const SIGNATURES_PER_CALL: usize = 1_000;

/// Longest pause between two tries of a read, but for one that the node asks for.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// A wish to stop, shared between threads: what a Ctrl-C handler sets.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sleeps, but wakes up early when cancelled. Says whether it was.
    pub fn sleep(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while !self.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            sleep(left.min(Duration::from_millis(50)));
        }
        true
    }
}

/// How a cluster is talked to.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// What state reads see, and what counts as done.
    pub commitment: CommitmentLevel,
    /// Most time for one call.
    pub call_timeout: Duration,
    /// Pause between the first two tries of a read; each later one is twice as long, up to 5 seconds.
    pub first_backoff: Duration,
    /// Most time for one read, with all its tries.
    pub retry_budget: Duration,
    /// No more tries once it is set; a call under way ends by itself.
    pub cancel: Cancel,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            commitment: CommitmentLevel::Confirmed,
            call_timeout: Duration::from_secs(30),
            first_backoff: Duration::from_millis(100),
            retry_budget: Duration::from_secs(60),
            cancel: Cancel::default(),
        }
    }
}

/// A blockhash, and the block height after which no transaction with it is taken any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    pub hash: Hash,
    pub last_valid_block_height: u64,
}

/// How far the finalised chain has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalized {
    /// It is at this height or above.
    pub block_height: u64,
    /// A node that has reached this slot has the block of that height.
    pub slot: u64,
}

/// A transaction that names an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureInfo {
    pub signature: Signature,
    pub slot: u64,
    pub has_failed: bool,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    pub slot: u64,
    /// Unix seconds of its block, where the node knows.
    pub time: Option<i64>,
    pub has_failed: bool,
    /// What programs called, in order; nothing where it failed.
    pub inner: Vec<InnerInstruction>,
}

/// An instruction that a program sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InnerInstruction {
    pub program: Pubkey,
    pub accounts: Vec<Pubkey>,
    pub data: Vec<u8>,
}

/// Accounts as they were read, in the order asked for.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The lowest slot that any of them was read at.
    pub slot: u64,
    /// The highest one.
    pub last_slot: u64,
    /// `None` where there is no account.
    pub accounts: Vec<Option<Account>>,
}

/// Accounts of a program, as they were read.
pub(crate) struct ProgramAccounts {
    /// The slot that they were read at; `None` from an old node, which does not say.
    pub slot: Option<u64>,
    pub accounts: Vec<(Pubkey, Account)>,
}

/// Accounts of one kind, as they were read.
pub(crate) struct States<T> {
    /// The slot that they were read at.
    pub slot: u64,
    pub states: Vec<(Pubkey, T)>,
}

/// Hands every HTTP error up at once. The sender of `solana-rpc-client` would wait out up to five answers of 429, for as
/// long as the server says.
struct NoHiddenRetries;

#[async_trait]
impl reqwest_middleware::Middleware for NoHiddenRetries {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let response = next.run(request, extensions).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let retry_after = response
            .headers()
            .get(reqwest::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        Err(reqwest_middleware::Error::middleware(HttpStatus {
            status: response.status().as_u16(),
            retry_after,
        }))
    }
}

/// A runtime that ends without waiting, so that it can be dropped within another one too.
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.0.as_ref().map(|runtime| runtime.block_on(future))
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A cluster, through one RPC node.
pub struct Cluster {
    rpc: RpcClient,
    runtime: OwnRuntime,
    options: ClusterOptions,
    genesis: OnceLock<Hash>,
}

impl Cluster {
    /// Speaks to the RPC node at `url`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`InputError::Url`] when it is not an http or https URL.
    pub fn connect(url: &str, options: ClusterOptions) -> Result<Self, ClientError> {
        let bad_url = || InputError::Url {
            url: url.to_owned(),
        };
        let parsed = reqwest::Url::parse(url).map_err(|_| bad_url())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad_url().into());
        }
        // Without a time limit of its own: `call` has one, for connecting, waiting and reading together.
        let client = reqwest::Client::builder()
            .default_headers(HttpSender::default_headers())
            .build()
            .map_err(|e| InputError::Other(format!("no HTTP client can be made: {e}")))?;
        let client = reqwest_middleware::ClientBuilder::new(client)
            .with(NoHiddenRetries)
            .build();
        let sender = HttpSender::new_with_client_with_middleware(url, client);
        Self::with_sender(sender, options)
    }

    /// Speaks through any transport: a test's, say, that fails in given ways.
    ///
    /// # Errors
    ///
    /// [`InputError::Other`] when the operating system gives no threads.
    pub fn with_sender<S: RpcSender + Send + Sync + 'static>(
        sender: S,
        options: ClusterOptions,
    ) -> Result<Self, ClientError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("wayfare-rpc")
            .enable_all()
            .build()
            .map_err(|e| InputError::Other(format!("no threads for RPC calls: {e}")))?;
        let config = RpcClientConfig::with_commitment(CommitmentConfig {
            commitment: options.commitment,
        });
        Ok(Self {
            rpc: RpcClient::new_sender(sender, config),
            runtime: OwnRuntime(Some(runtime)),
            options,
            genesis: OnceLock::new(),
        })
    }

    pub fn options(&self) -> &ClusterOptions {
        &self.options
    }

    pub fn commitment(&self) -> CommitmentConfig {
        CommitmentConfig {
            commitment: self.options.commitment,
        }
    }

    pub fn cancel(&self) -> &Cancel {
        &self.options.cancel
    }

    /// One call, bounded in time.
    fn call<T: DeserializeOwned>(
        &self,
        request: RpcRequest,
        params: Value,
    ) -> Result<T, ClientError> {
        let timeout = self.options.call_timeout;
        let call = async {
            let answer: RpcResult<T> = self.rpc.send(request, params).await;
            answer
        };
        let called = self
            .runtime
            .block_on(async { tokio::time::timeout(timeout, call).await });
        match called {
            Some(Ok(answer)) => answer.map_err(|e| from_rpc(e, request)),
            // The runtime is there until this is dropped, and then nobody calls.
            Some(Err(_)) | None => Err(RpcTrouble::Timeout {
                request: request.to_string(),
                after: timeout,
            }
            .into()),
        }
    }

    /// A read: tried again while that may help, within the budget. Never for what changes the chain.
    fn read<T: DeserializeOwned>(
        &self,
        request: RpcRequest,
        params: Value,
    ) -> Result<T, ClientError> {
        self.read_checked(request, params, |_| Ok(()))
    }

    /// A read whose answer can be refused: then it is tried again too.
    fn read_checked<T: DeserializeOwned>(
        &self,
        request: RpcRequest,
        params: Value,
        check: impl Fn(&T) -> Result<(), RpcTrouble>,
    ) -> Result<T, ClientError> {
        let start = Instant::now();
        let mut backoff = self.options.first_backoff;
        loop {
            let result = self.call(request, params.clone());
            let error = match result.and_then(|answer| match check(&answer) {
                Ok(()) => Ok(answer),
                Err(trouble) => Err(trouble.into()),
            }) {
                Err(error) if error.is_retryable() => error,
                result => return result,
            };
            let asked = match &error {
                ClientError::Rpc(RpcTrouble::RateLimited { retry_after, .. }) => *retry_after,
                _ => None,
            };
            let pause = asked.unwrap_or(backoff).max(backoff);
            let spent = start.elapsed().saturating_add(pause);
            if spent > self.options.retry_budget || self.cancel().sleep(pause) {
                return Err(error);
            }
            backoff = backoff.saturating_mul(2).min(MAX_BACKOFF);
        }
    }

    /// The hash that tells this cluster from every other one. Asked once.
    pub fn genesis_hash(&self) -> Result<Hash, ClientError> {
        if let Some(hash) = self.genesis.get() {
            return Ok(*hash);
        }
        let text: String = self.read(RpcRequest::GetGenesisHash, Value::Null)?;
        let hash = parse(RpcRequest::GetGenesisHash, &text)?;
        Ok(*self.genesis.get_or_init(|| hash))
    }

    /// Refuses a cluster other than the one meant.
    ///
    /// # Errors
    ///
    /// [`ClientError::WrongCluster`].
    pub fn require_genesis(&self, expected: &Hash) -> Result<(), ClientError> {
        let found = self.genesis_hash()?;
        if found == *expected {
            Ok(())
        } else {
            Err(ClientError::WrongCluster {
                expected: *expected,
                found,
            })
        }
    }

    /// Accounts by their addresses, in as many calls as it takes. `min_slot`: a node that has not reached that slot is
    /// asked again later, so that what a transaction of that slot did is seen.
    pub fn accounts(
        &self,
        addresses: &[Pubkey],
        min_slot: Option<u64>,
    ) -> Result<Accounts, ClientError> {
        self.accounts_at(addresses, min_slot, self.commitment())
    }

    /// The same at another commitment than the cluster's own.
    pub(crate) fn accounts_at(
        &self,
        addresses: &[Pubkey],
        min_slot: Option<u64>,
        commitment: CommitmentConfig,
    ) -> Result<Accounts, ClientError> {
        let config = RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(commitment),
            data_slice: None,
            min_context_slot: min_slot,
        };
        let (mut slot, mut last_slot) = (u64::MAX, 0);
        let mut accounts = Vec::with_capacity(addresses.len());
        for chunk in addresses.chunks(ACCOUNTS_PER_CALL) {
            let names: Vec<_> = chunk.iter().map(ToString::to_string).collect();
            let answer: Response<Vec<Option<UiAccount>>> =
                self.read(RpcRequest::GetMultipleAccounts, json!([names, config]))?;
            if answer.value.len() != chunk.len() {
                return Err(bad_answer(
                    RpcRequest::GetMultipleAccounts,
                    format!("{} accounts instead of {}", answer.value.len(), chunk.len()),
                ));
            }
            slot = slot.min(answer.context.slot);
            last_slot = last_slot.max(answer.context.slot);
            for account in answer.value {
                accounts.push(
                    account
                        .map(|a| binary_account(RpcRequest::GetMultipleAccounts, a))
                        .transpose()?,
                );
            }
        }
        Ok(Accounts {
            slot,
            last_slot,
            accounts,
        })
    }

    /// One account, if there is one.
    pub fn account(&self, address: &Pubkey) -> Result<Option<Account>, ClientError> {
        let accounts = self.accounts(std::slice::from_ref(address), None)?.accounts;
        Ok(accounts.into_iter().next().flatten())
    }

    /// Any account of any of the programs, decoded and at its own address.
    ///
    /// # Errors
    ///
    /// [`AccountError`] when there is none, or it is not one of the programs'.
    pub fn any_state(&self, address: &Pubkey) -> Result<AnyAccount, ClientError> {
        let account = self
            .account(address)?
            .ok_or(AccountError::Missing(*address))?;
        Ok(decode_any(address, &account.owner, &account.data)?)
    }

    /// An account of a known kind, at its own address.
    ///
    /// # Errors
    ///
    /// [`AccountError`] when it is missing or something else.
    pub fn state<T: FromAccount>(&self, address: &Pubkey) -> Result<T, ClientError> {
        let account = self
            .account(address)?
            .ok_or(AccountError::Missing(*address))?;
        Ok(state_of(address, &account)?)
    }

    /// Like [`Cluster::state`], but `None` when there is no account.
    pub fn find_state<T: FromAccount>(&self, address: &Pubkey) -> Result<Option<T>, ClientError> {
        match self.state(address) {
            Ok(state) => Ok(Some(state)),
            Err(ClientError::Account(AccountError::Missing(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Accounts of a known kind, at their own addresses, in the order asked for; `None` where there is no account.
    ///
    /// # Errors
    ///
    /// [`AccountError`] when one is something else.
    pub fn find_states<T: FromAccount>(
        &self,
        addresses: &[Pubkey],
    ) -> Result<Vec<Option<T>>, ClientError> {
        let accounts = self.accounts(addresses, None)?.accounts;
        addresses
            .iter()
            .zip(accounts)
            .map(|(address, account)| Ok(account.map(|a| state_of(address, &a)).transpose()?))
            .collect()
    }

    /// All accounts of one kind whose data have certain bytes at certain places, decoded and at their own addresses, in
    /// order of these. The node filters; that it did so right is for the caller to check, who knows the fields.
    pub(crate) fn states<T: FromAccount>(
        &self,
        places: &[(usize, &[u8])],
    ) -> Result<States<T>, ClientError> {
        let memcmp = |offset, bytes: &[u8]| {
            RpcFilterType::Memcmp(Memcmp::new(
                offset,
                MemcmpEncodedBytes::Base64(BASE64_STANDARD.encode(bytes)),
            ))
        };
        let mut filters = vec![memcmp(0, T::KIND.discriminator())];
        let space = T::KIND.space();
        if space.start() == space.end() {
            let size = u64::try_from(*space.start()).unwrap_or(u64::MAX);
            filters.push(RpcFilterType::DataSize(size));
        }
        filters.extend(places.iter().map(|(offset, bytes)| memcmp(*offset, bytes)));
        let found = self.program_accounts(&<T::Of as ProgramAccount>::PROGRAM, filters)?;
        let mut states = Vec::with_capacity(found.accounts.len());
        for (address, account) in found.accounts {
            states.push((address, state_of(&address, &account)?));
        }
        states.sort_by_key(|(address, _)| *address);
        // What an old node says nothing of counts as the first slot.
        let slot = found.slot.unwrap_or_default();
        Ok(States { slot, states })
    }

    /// The accounts of a program that pass all filters, in any order.
    pub(crate) fn program_accounts(
        &self,
        program: &Pubkey,
        filters: Vec<RpcFilterType>,
    ) -> Result<ProgramAccounts, ClientError> {
        let config = RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(self.commitment()),
                ..RpcAccountInfoConfig::default()
            },
            with_context: Some(true),
            sort_results: None,
        };
        let request = RpcRequest::GetProgramAccounts;
        let answer: OptionalContext<Vec<RpcKeyedAccount>> =
            self.read(request, json!([program.to_string(), config]))?;
        let (slot, accounts) = match answer {
            OptionalContext::Context(answer) => (Some(answer.context.slot), answer.value),
            OptionalContext::NoContext(accounts) => (None, accounts),
        };
        let accounts = accounts
            .into_iter()
            .map(|keyed| {
                let address = parse(request, &keyed.pubkey)?;
                Ok((address, binary_account(request, keyed.account)?))
            })
            .collect::<Result<_, ClientError>>()?;
        Ok(ProgramAccounts { slot, accounts })
    }

    /// The cluster's own time, in Unix seconds: what the program's deadlines are measured by.
    pub fn unix_time(&self) -> Result<i64, ClientError> {
        let address = solana_sdk_ids::sysvar::clock::ID;
        let account = self
            .account(&address)?
            .ok_or(AccountError::Missing(address))?;
        Ok(clock_time(&account)?)
    }

    /// Lamports that an account of `space` bytes must hold.
    pub fn rent(&self, space: usize) -> Result<u64, ClientError> {
        self.read(
            RpcRequest::GetMinimumBalanceForRentExemption,
            json!([space]),
        )
    }

    /// Lamports at an address; 0 where there is no account.
    pub fn lamports(&self, address: &Pubkey) -> Result<u64, ClientError> {
        let answer: Response<u64> = self.read(
            RpcRequest::GetBalance,
            json!([address.to_string(), self.commitment()]),
        )?;
        Ok(answer.value)
    }

    /// A recent blockhash to sign with.
    pub fn blockhash(&self) -> Result<Blockhash, ClientError> {
        let request = RpcRequest::GetLatestBlockhash;
        let answer: Response<RpcBlockhash> = self.read(request, json!([self.commitment()]))?;
        read_blockhash(request, &answer.value)
    }

    /// How far the finalised chain has come.
    pub fn finalized(&self) -> Result<Finalized, ClientError> {
        let finalized = CommitmentConfig::finalized();
        let height: u64 = self.read(RpcRequest::GetBlockHeight, json!([finalized]))?;
        // Some nodes leave the commitment of this one aside; others behind the same address lag.
        let info: EpochInfo = self.read(RpcRequest::GetEpochInfo, json!([finalized]))?;
        Ok(Finalized {
            block_height: height.min(info.block_height),
            slot: info.absolute_slot,
        })
    }

    /// What transactions that wrote these accounts lately paid at the least, in micro-lamports a compute unit: one
    /// figure for each of up to 150 slots.
    pub fn recent_prices(&self, writable: &[Pubkey]) -> Result<Vec<u64>, ClientError> {
        // The RPC method takes at most 128 accounts.
        let names: Vec<_> = writable.iter().take(128).map(ToString::to_string).collect();
        let fees: Vec<RpcPrioritizationFee> =
            self.read(RpcRequest::GetRecentPrioritizationFees, json!([names]))?;
        Ok(fees.into_iter().map(|fee| fee.prioritization_fee).collect())
    }

    /// Runs a transaction without sending it. Signatures are not looked at.
    pub(crate) fn simulate(
        &self,
        transaction: &[u8],
        replace_blockhash: bool,
    ) -> Result<RpcSimulateTransactionResult, ClientError> {
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: replace_blockhash,
            commitment: Some(self.commitment()),
            encoding: Some(UiTransactionEncoding::Base64),
            ..RpcSimulateTransactionConfig::default()
        };
        let answer: Response<RpcSimulateTransactionResult> = self.read(
            RpcRequest::SimulateTransaction,
            json!([BASE64_STANDARD.encode(transaction), config]),
        )?;
        Ok(answer.value)
    }

    /// Hands a signed transaction to the node, once. An error does not mean that the node did not take it.
    pub(crate) fn submit(
        &self,
        transaction: &[u8],
        signature: &Signature,
    ) -> Result<(), ClientError> {
        let config = RpcSendTransactionConfig {
            // It was simulated before it was signed.
            skip_preflight: true,
            preflight_commitment: Some(self.options.commitment),
            encoding: Some(UiTransactionEncoding::Base64),
            // The same bytes are sent again from here.
            max_retries: Some(0),
            min_context_slot: None,
        };
        let request = RpcRequest::SendTransaction;
        let answer: String = self.call(
            request,
            json!([BASE64_STANDARD.encode(transaction), config]),
        )?;
        let answered: Signature = parse(request, &answer)?;
        if answered == *signature {
            Ok(())
        } else {
            Err(bad_answer(
                request,
                format!("the signature {answered} for the transaction {signature}"),
            ))
        }
    }

    /// What became of transactions, in the order asked for; `None` where the node's recent slots do not have one.
    pub fn statuses(
        &self,
        signatures: &[Signature],
    ) -> Result<Vec<Option<TransactionStatus>>, ClientError> {
        self.search(signatures, false, 0)
    }

    /// What became of transactions by the whole ledger of a node that has reached a slot, in the order asked for. A node
    /// that is behind is asked again: it would not know what has landed meanwhile.
    pub fn history(
        &self,
        signatures: &[Signature],
        min_slot: u64,
    ) -> Result<Vec<Option<TransactionStatus>>, ClientError> {
        self.search(signatures, true, min_slot)
    }

    fn search(
        &self,
        signatures: &[Signature],
        history: bool,
        min_slot: u64,
    ) -> Result<Vec<Option<TransactionStatus>>, ClientError> {
        let request = RpcRequest::GetSignatureStatuses;
        let mut statuses = Vec::with_capacity(signatures.len());
        for chunk in signatures.chunks(STATUSES_PER_CALL) {
            let names: Vec<_> = chunk.iter().map(ToString::to_string).collect();
            let answer: Response<Vec<Option<TransactionStatus>>> = self.read_checked(
                request,
                json!([names, { "searchTransactionHistory": history }]),
                |answer: &Response<Vec<_>>| match answer.context.slot {
                    slot if slot >= min_slot => Ok(()),
                    slot => Err(RpcTrouble::Behind {
                        request: request.to_string(),
                        reason: format!("at slot {slot}, not yet at {min_slot}"),
                    }),
                },
            )?;
            if answer.value.len() != chunk.len() {
                return Err(bad_answer(
                    request,
                    format!("{} statuses instead of {}", answer.value.len(), chunk.len()),
                ));
            }
            statuses.extend(answer.value);
        }
        Ok(statuses)
    }

    /// The transactions that name an address, newest first: at most `limit`, all of them older than `before`.
    pub fn signatures(
        &self,
        address: &Pubkey,
        before: Option<&Signature>,
        limit: usize,
    ) -> Result<Vec<SignatureInfo>, ClientError> {
        let request = RpcRequest::GetSignaturesForAddress;
        let mut found: Vec<SignatureInfo> = vec![];
        let mut before = before.copied();
        while found.len() < limit {
            let page = limit.saturating_sub(found.len()).min(SIGNATURES_PER_CALL);
            let config = json!({
                "before": before.map(|signature| signature.to_string()),
                "limit": page,
                "commitment": self.commitment().commitment,
            });
            let answer: Vec<RpcConfirmedTransactionStatusWithSignature> =
                self.read(request, json!([address.to_string(), config]))?;
            let count = answer.len();
            for info in answer {
                let signature: Signature = parse(request, &info.signature)?;
                if before == Some(signature) {
                    return Err(bad_answer(
                        request,
                        "the same transactions again".to_owned(),
                    ));
                }
                before = Some(signature);
                found.push(SignatureInfo {
                    signature,
                    slot: info.slot,
                    has_failed: info.err.is_some(),
                });
            }
            if count < page {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn find_transaction(
        &self,
        signature: &Signature,
    ) -> Result<Option<EncodedConfirmedTransactionWithStatusMeta>, ClientError> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(self.commitment()),
            max_supported_transaction_version: Some(0),
        };
        self.read(
            RpcRequest::GetTransaction,
            json!([signature.to_string(), config]),
        )
    }

    fn transaction(
        &self,
        signature: &Signature,
    ) -> Result<EncodedConfirmedTransactionWithStatusMeta, ClientError> {
        let answer = self.find_transaction(signature)?;
        Ok(answer.ok_or_else(|| RpcTrouble::Behind {
            request: RpcRequest::GetTransaction.to_string(),
            reason: format!("it does not know transaction {signature}"),
        })?)
    }

    /// What a transaction did; `None` when the node does not have it.
    ///
    /// # Errors
    ///
    /// [`RpcTrouble::BadAnswer`] for a transaction that does not decode.
    pub fn executed(&self, signature: &Signature) -> Result<Option<Executed>, ClientError> {
        self.find_transaction(signature)?.map(executed).transpose()
    }

    /// What the programs logged in a transaction; empty when the node does not say.
    ///
    /// # Errors
    ///
    /// [`RpcTrouble::Behind`] while the node does not have the transaction.
    pub fn logs(&self, signature: &Signature) -> Result<Vec<String>, ClientError> {
        let meta = self.transaction(signature)?.transaction.meta;
        Ok(meta
            .and_then(|meta| Option::from(meta.log_messages))
            .unwrap_or_default())
    }

    /// A program's events in a transaction that succeeded, in order; each with what could not be read instead.
    ///
    /// # Errors
    ///
    /// [`RpcTrouble::Behind`] while the node does not have the transaction.
    pub fn events<E: ProgramEvent>(
        &self,
        signature: &Signature,
    ) -> Result<Vec<Result<E, EventError>>, ClientError> {
        let authority = event::event_authority(&E::PROGRAM);
        let inner = executed(self.transaction(signature)?)?.inner;
        Ok(inner
            .iter()
            .filter(|instruction| instruction.accounts.first() == Some(&authority))
            .filter_map(|instruction| event::decode(&instruction.program, &instruction.data))
            .collect())
    }
}

/// What a transaction did.
fn executed(answer: EncodedConfirmedTransactionWithStatusMeta) -> Result<Executed, ClientError> {
    let bad = |reason: &str| bad_answer(RpcRequest::GetTransaction, reason.to_owned());
    let (slot, time) = (answer.slot, answer.block_time);
    let EncodedTransactionWithStatusMeta {
        transaction, meta, ..
    } = answer.transaction;
    let meta = meta.ok_or_else(|| bad("a transaction without its meta data"))?;
    if meta.err.is_some() {
        return Ok(Executed {
            slot,
            time,
            has_failed: true,
            inner: vec![],
        });
    }
    let transaction = transaction
        .decode()
        .ok_or_else(|| bad("a transaction that does not decode"))?;
    let mut keys = transaction.message.static_account_keys().to_vec();
    // Then those of its lookup tables: a program that another one calls can be among them.
    if let OptionSerializer::Some(loaded) = meta.loaded_addresses {
        for key in loaded.writable.iter().chain(&loaded.readonly) {
            keys.push(parse(RpcRequest::GetTransaction, key)?);
        }
    }
    let key = |index: u8| {
        keys.get(usize::from(index))
            .copied()
            .ok_or_else(|| bad("an instruction with an account that the transaction does not have"))
    };
    let groups = match meta.inner_instructions {
        OptionSerializer::Some(groups) => groups,
        // A node that does not record them says null, and a transaction without any says so too.
        OptionSerializer::None | OptionSerializer::Skip => vec![],
    };
    let mut inner = Vec::new();
    for instruction in groups.into_iter().flat_map(|group| group.instructions) {
        let UiInstruction::Compiled(instruction) = instruction else {
            return Err(bad("an instruction in another encoding than asked for"));
        };
        let data = bs58::decode(&instruction.data)
            .into_vec()
            .map_err(|_| bad("an instruction that is not base58"))?;
        let accounts = instruction.accounts.iter().map(|index| key(*index));
        inner.push(InnerInstruction {
            program: key(instruction.program_id_index)?,
            accounts: accounts.collect::<Result<_, _>>()?,
            data,
        });
    }
    Ok(Executed {
        slot,
        time,
        has_failed: false,
        inner,
    })
}

/// The Unix seconds in the account of the clock.
pub(crate) fn clock_time(account: &Account) -> Result<i64, RpcTrouble> {
    // `Clock` in `solana-clock`: slot, epoch start, epoch, leader schedule epoch, Unix time; 8 bytes each, LE.
    account
        .data
        .get(32..40)
        .and_then(|bytes| bytes.try_into().ok())
        .map(i64::from_le_bytes)
        .ok_or_else(|| RpcTrouble::BadAnswer {
            request: RpcRequest::GetMultipleAccounts.to_string(),
            reason: "the clock is cut off".to_owned(),
        })
}

/// The state in an account, at its own address.
fn state_of<T: FromAccount>(address: &Pubkey, account: &Account) -> Result<T, AccountError> {
    let any: T::Of = account::decode(address, &account.owner, &account.data)?;
    account::check_address(address, &any)?;
    account::of_kind(address, any)
}

fn bad_answer(request: RpcRequest, reason: String) -> ClientError {
    RpcTrouble::BadAnswer {
        request: request.to_string(),
        reason,
    }
    .into()
}

/// A blockhash out of an answer.
pub(crate) fn read_blockhash(
    request: RpcRequest,
    answer: &RpcBlockhash,
) -> Result<Blockhash, ClientError> {
    Ok(Blockhash {
        hash: parse(request, &answer.blockhash)?,
        last_valid_block_height: answer.last_valid_block_height,
    })
}

fn parse<T: std::str::FromStr>(request: RpcRequest, text: &str) -> Result<T, ClientError> {
    text.parse()
        .map_err(|_| bad_answer(request, format!("{text:?} instead of a key or hash")))
}

/// An account in the encoding that was asked for. A compressed one could be made to fill the memory.
fn binary_account(request: RpcRequest, account: UiAccount) -> Result<Account, ClientError> {
    match &account.data {
        UiAccountData::Binary(_, UiAccountEncoding::Base64) => account.to_account(),
        _ => None,
    }
    .ok_or_else(|| bad_answer(request, "an account that is not base64".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::ErrorClass,
        rewards::address::PROGRAM,
        test_server::{Answer, cut_off, http, serve},
    };

    use node_rewards::state::Network;

    const RENT: &[u8] = br#"{"jsonrpc":"2.0","id":0,"result":123}"#;

    fn options() -> ClusterOptions {
        ClusterOptions {
            call_timeout: Duration::from_millis(500),
            first_backoff: Duration::from_millis(1),
            retry_budget: Duration::from_millis(300),
            ..ClusterOptions::default()
        }
    }

    fn read(url: &str, options: ClusterOptions) -> Result<u64, ClientError> {
        Cluster::connect(url, options)?.rent(1)
    }

    /// A read of a node that first fails and then answers.
    fn after(first: impl Fn() -> Answer + Send + 'static) -> Result<u64, ClientError> {
        let mut calls = 0;
        let url = serve(move |_| {
            calls += 1;
            match calls {
                1 | 2 => first(),
                _ => http("200 OK", "", RENT),
            }
        });
        let patient = ClusterOptions {
            retry_budget: Duration::from_secs(20),
            ..options()
        };
        read(&url, patient)
    }

    #[test]
    fn a_read_goes_on_where_that_may_help() {
        let error = |body: &'static str| move || http("200 OK", "", body.as_bytes());
        assert_eq!(
            after(|| http("429 Too Many Requests", "", b"")).unwrap(),
            123
        );
        assert_eq!(
            after(|| http("429 Too Many Requests", "Retry-After: 1\r\n", b"")).unwrap(),
            123
        );
        assert_eq!(
            after(|| http("503 Service Unavailable", "", b"no")).unwrap(),
            123
        );
        assert_eq!(
            after(|| http("502 Bad Gateway", "", b"<html>")).unwrap(),
            123
        );
        assert_eq!(after(|| cut_off(RENT)).unwrap(), 123);
        assert_eq!(after(|| Answer::Bytes(vec![])).unwrap(), 123);
        assert_eq!(after(|| Answer::Silence).unwrap(), 123);
        assert_eq!(
            after(error("{\"jsonrpc\":\"2.0\",\"id\":0,\"resu")).unwrap(),
            123
        );
        assert_eq!(after(error("\"Service Unavailable\"")).unwrap(), 123);
        assert_eq!(after(error("{\"result\":\"many\"}")).unwrap(), 123);
        let behind = r#"{"error":{"code":-32005,"message":"Node is behind by 42 slots"}}"#;
        assert_eq!(after(error(behind)).unwrap(), 123);
        let limited = r#"{"error":{"code":429,"message":"rate limit"}}"#;
        assert_eq!(after(error(limited)).unwrap(), 123);
    }

    #[test]
    fn what_a_node_that_stays_down_is_called() {
        type Case = (fn() -> Answer, ErrorClass, &'static str);
        let cases: [Case; 7] = [
            (
                || http("429 Too Many", "", b""),
                ErrorClass::Retryable,
                "429",
            ),
            (|| http("500 Oops", "", b""), ErrorClass::Retryable, "500"),
            (|| cut_off(RENT), ErrorClass::Retryable, "cut off"),
            (|| Answer::Silence, ErrorClass::Retryable, "no answer"),
            (|| http("403 Forbidden", "", b""), ErrorClass::Input, "403"),
            (|| http("404 Not Found", "", b""), ErrorClass::Input, "404"),
            (
                || {
                    http(
                        "200 OK",
                        "",
                        br#"{"error":{"code":-32601,"message":"Method not found"}}"#,
                    )
                },
                ErrorClass::Input,
                "Method not found",
            ),
        ];
        for (answer, class, text) in cases {
            let url = format!("{}/?api-key=secret", serve(move |_| answer()));
            let error = read(&url, options()).unwrap_err();
            let message = error.to_string();
            assert_eq!(error.class(), class, "{message}");
            assert!(message.contains(text), "{message}");
            assert!(
                message.starts_with("getMinimumBalanceForRentExemption"),
                "{message}"
            );
            assert!(!message.contains("secret"), "{message}");
        }
        // Nobody listens: the port was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/?api-key=secret", free.local_addr().unwrap());
        drop(free);
        let error = read(&url, options()).unwrap_err();
        assert!(error.is_retryable());
        assert!(error.to_string().contains("cannot be reached"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn what_is_no_url() {
        for url in [
            "",
            "localhost",
            "localhost:8899",
            "ws://localhost",
            "http://",
        ] {
            let error = read(url, options()).unwrap_err();
            assert_eq!(error.class(), ErrorClass::Input, "{url}");
            assert!(error.to_string().contains("not a URL"), "{error}");
        }
    }

    #[test]
    fn a_cancelled_read_is_not_tried_again() {
        let url = serve(|_| http("503 Service Unavailable", "", b""));
        let slow = ClusterOptions {
            first_backoff: Duration::from_secs(30),
            retry_budget: Duration::from_secs(60),
            ..options()
        };
        slow.cancel.cancel();
        let start = Instant::now();
        assert!(read(&url, slow).is_err());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    /// A node that answers every call with these bytes.
    fn node(body: &str) -> Cluster {
        let body = body.as_bytes().to_vec();
        let url = serve(move |_| http("200 OK", "", &body));
        Cluster::connect(&url, options()).unwrap()
    }

    #[test]
    fn answers_that_do_not_fit_the_question() {
        let address = Pubkey::new_from_array([1; 32]);
        let account = |data: &str| {
            node(&format!(
                r#"{{"result":{{"context":{{"slot":1}},"value":[{{"lamports":1,"owner":"{PROGRAM}","data":{data},"executable":false,"rentEpoch":0,"space":1}}]}}}}"#
            ))
        };
        assert_eq!(
            account(r#"["AQ==","base64"]"#)
                .account(&address)
                .unwrap()
                .unwrap()
                .data,
            [1]
        );
        for data in [
            r#"["!!!","base64"]"#,
            // Asked for as plain base64: compressed, it could be of any size.
            r#"["KLUv/SAAAQAA","base64+zstd"]"#,
            r#"{"program":"x","parsed":{},"space":1}"#,
            r#""2""#,
        ] {
            let error = account(data).account(&address).unwrap_err();
            assert!(error.is_retryable(), "{data}: {error}");
        }
        let too_many = r#"{"result":{"context":{"slot":1},"value":[null,null]}}"#;
        assert!(node(too_many).account(&address).is_err());
        assert!(node(too_many).statuses(&[Signature::default()]).is_err());
        let no_hash = node(r#"{"result":"not a hash"}"#);
        assert!(no_hash.genesis_hash().unwrap_err().is_retryable());
        let other = node(
            r#"{"result":"1111111111111111111111111111111111111111111111111111111111111111"}"#,
        );
        let signature = Signature::from([1; 64]);
        assert!(other.submit(&[0], &signature).unwrap_err().is_retryable());
    }

    #[test]
    fn a_history_of_a_node_that_is_behind_does_not_count() {
        let mut slot = 5;
        let url = serve(move |_| {
            slot += 1;
            let body = format!(r#"{{"result":{{"context":{{"slot":{slot}}},"value":[null]}}}}"#);
            http("200 OK", "", body.as_bytes())
        });
        let cluster = Cluster::connect(&url, options()).unwrap();
        assert_eq!(cluster.history(&[Signature::default()], 8).unwrap(), [None]);
        let error = cluster
            .history(&[Signature::default()], u64::MAX)
            .unwrap_err();
        assert!(
            error.is_retryable() && error.to_string().contains("not yet at"),
            "{error}"
        );
    }

    #[test]
    fn an_account_that_is_not_there() {
        let nothing = node(r#"{"result":{"context":{"slot":1},"value":[null]}}"#);
        let address = Pubkey::new_from_array([1; 32]);
        assert_eq!(nothing.find_state::<Network>(&address).unwrap(), None);
        assert!(matches!(
            nothing.state::<Network>(&address),
            Err(ClientError::Account(AccountError::Missing(a))) if a == address
        ));
        assert!(matches!(
            nothing.network("No Such Name"),
            Err(ClientError::Input(InputError::Name { .. }))
        ));
    }

    #[test]
    fn another_cluster() {
        let hash = Hash::new_from_array([9; 32]);
        let cluster = node(&format!(r#"{{"result":"{hash}"}}"#));
        cluster.require_genesis(&hash).unwrap();
        let other = Hash::new_from_array([8; 32]);
        let error = cluster.require_genesis(&other).unwrap_err();
        assert_eq!(error.class(), ErrorClass::WrongCluster);
        assert!(error.to_string().contains(&hash.to_string()));
    }
}
