//! A Solana chain in process, with the built programs on it.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use anchor_lang::{AccountDeserialize, Owner};
use litesvm::LiteSVM;
use litesvm::types::TransactionMetadata;
use solana_account::{Account, ReadableAccount};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_message::inner_instruction::InnerInstructionsList;
use solana_pubkey::Pubkey;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

use crate::event::calls_of_itself;
use crate::keys;
use crate::refusal::Refusal;
use crate::snapshot::{Snapshot, changed};

/// When each chain starts: 2026-01-01 00:00:00 UTC.
pub const START: i64 = 1_767_225_600;

/// The most bytes that a transaction may have: what is left of IPv6's smallest MTU of 1,280 bytes
/// (`PACKET_DATA_SIZE` in `solana-packet`).
pub const PACKET_DATA_SIZE: usize = 1_232;

/// Lamports for each signature of a transaction (`FeeStructure` in `solana-fee-structure`).
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// A chain. A clone is another chain that went the same way up to here.
#[derive(Clone)]
pub struct Chain {
    svm: LiteSVM,
}

/// What a transaction that was carried out did.
#[derive(Debug)]
pub struct Accepted {
    pub events: Told,
    /// The same as the programs' bytes, each with its program.
    pub told: Vec<(Pubkey, Vec<u8>)>,
    pub compute_units: u64,
    /// Bytes of the signed transaction.
    pub bytes: usize,
    /// Lamports.
    pub fee: u64,
    pub logs: Vec<String>,
}

impl Accepted {
    /// The only event of node-rewards in the transaction.
    pub fn event(self) -> crate::rewards::event::Event {
        only(self.events.rewards)
    }

    /// The only event of esim-market in the transaction.
    pub fn market_event(self) -> crate::esim::event::Event {
        only(self.events.esim)
    }

    /// The only event of roaming-escrow in the transaction.
    pub fn hub_event(self) -> crate::roaming::event::Event {
        only(self.events.roaming)
    }
}

fn only<E: std::fmt::Debug>(events: Vec<E>) -> E {
    let [event] = <[E; 1]>::try_from(events).expect("one event");
    event
}

/// Every event, program by program.
fn told(keys: &[Pubkey], inner: &InnerInstructionsList) -> Vec<(Pubkey, Vec<u8>)> {
    PROGRAMS
        .iter()
        .flat_map(|(program, _)| {
            calls_of_itself(program, keys, inner).map(|data| (*program, data.to_vec()))
        })
        .collect()
}

macro_rules! programs {
    (
        $($program:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*
    ) => {
        /// What the programs told in a transaction, each in order.
        #[derive(Debug, PartialEq, Eq)]
        pub struct Told {
            $(pub $room: Vec<crate::$room::event::Event>,)*
        }

        impl Told {
            fn read(keys: &[Pubkey], inner: &InnerInstructionsList) -> Self {
                Self {
                    $($room: calls_of_itself(&$library::ID, keys, inner)
                        .map(crate::$room::event::decode)
                        .collect(),)*
                }
            }
        }

        /// The programs by their libraries' names.
        const PROGRAMS: &[(Pubkey, &str)] = &[$(($library::ID, stringify!($library)),)*];

        /// Checks the books of every program, and that nothing happened in between but what its events tell.
        fn check_books(before: &Snapshot, after: &Snapshot, told: &Told) {
            $(crate::$room::books::Books::read(after).check_after(
                &crate::$room::books::Books::read(before),
                (before, after),
                &told.$room,
            );)*
        }
    };
}
wayfare_programs::for_each_program!(programs);

/// A transaction that was refused.
#[derive(Debug)]
pub struct Refused {
    pub error: TransactionError,
    pub logs: Vec<String>,
}

/// Instructions that are carried out together or not at all.
pub struct Tx(pub Vec<Instruction>);

impl From<Instruction> for Tx {
    fn from(instruction: Instruction) -> Self {
        Self(vec![instruction])
    }
}

impl From<Vec<Instruction>> for Tx {
    fn from(instructions: Vec<Instruction>) -> Self {
        Self(instructions)
    }
}

impl<const N: usize> From<[Instruction; N]> for Tx {
    fn from(instructions: [Instruction; N]) -> Self {
        Self(instructions.into())
    }
}

/// A program as `cargo xtask build` left it.
fn program(name: &str) -> Vec<u8> {
    let deploy = std::env::var_os("WAYFARE_PROGRAMS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy")),
        PathBuf::from,
    );
    let path = deploy.join(name).with_extension("so");
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read {}: {error}. Run `cargo xtask build` first, or name the folder in WAYFARE_PROGRAMS",
            path.display()
        )
    })
}

/// The chain that every other one is cloned from: loading the programs takes longer than most tests.
static GENESIS: LazyLock<Mutex<Chain>> = LazyLock::new(|| {
    let mut svm = LiteSVM::new();
    for (id, name) in PROGRAMS {
        svm.add_program(*id, &program(name))
            .expect("the runtime takes the program");
    }
    let mut chain = Chain { svm };
    chain.set_time(START);
    chain.give_lamports(&Chain::fee_payer(), 1_000_000_000_000);
    Mutex::new(chain)
});

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    pub fn new() -> Self {
        GENESIS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Who pays the fee of each transaction, and stands in no instruction.
    pub fn fee_payer() -> Pubkey {
        keys::person("fee payer")
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// Sets the clock, forwards or backwards.
    pub fn set_time(&mut self, unix: i64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        clock.unix_timestamp = unix;
        clock.slot += 1;
        self.svm.set_sysvar(&clock);
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: i64) {
        self.set_time(self.now().saturating_add(seconds));
    }

    /// The account at an address, if there is one.
    pub fn account(&self, address: &Pubkey) -> Option<Account> {
        self.svm.get_account(address)
    }

    /// Lamports at an address.
    pub fn lamports(&self, address: &Pubkey) -> u64 {
        self.svm.get_balance(address).unwrap_or(0)
    }

    /// Lamports that make an account of this size exempt from rent.
    pub fn rent(&self, space: usize) -> u64 {
        self.svm.minimum_balance_for_rent_exemption(space)
    }

    /// An account of one of the programs.
    pub fn read<T: AccountDeserialize + Owner>(&self, address: &Pubkey) -> T {
        let account = self
            .account(address)
            .unwrap_or_else(|| panic!("no account at {address}"));
        assert_eq!(account.owner, T::owner(), "{address} is another program's");
        T::try_deserialize(&mut &account.data[..]).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Puts lamports at an address from nowhere, as a transfer by a stranger would.
    pub fn give_lamports(&mut self, address: &Pubkey, lamports: u64) {
        let mut account = self.account(address).unwrap_or_default();
        account.lamports += lamports;
        self.put(address, account);
    }

    /// Writes an account past all programs: for states that no transaction leads to.
    pub fn put(&mut self, address: &Pubkey, account: Account) {
        self.svm
            .set_account(*address, account)
            .expect("an account that the chain can hold");
    }

    /// Changes an account past all programs: for states that no transaction leads to.
    pub fn edit(&mut self, address: &Pubkey, change: impl FnOnce(&mut Account)) {
        let mut account = self
            .account(address)
            .unwrap_or_else(|| panic!("no account at {address}"));
        change(&mut account);
        self.put(address, account);
    }

    /// Puts a copy of a program on the chain, under another address.
    pub fn copy_program(&mut self, original: &Pubkey, copy: &Pubkey) {
        self.deploy(copy, &self.elf(original));
    }

    /// The file of a program.
    pub fn elf(&self, program: &Pubkey) -> Vec<u8> {
        self.svm
            .accounts_db()
            .try_program_elf_bytes(program)
            .expect("a program")
            .to_vec()
    }

    /// Puts a program on the chain, in the place of one that may be there.
    pub fn deploy(&mut self, program: &Pubkey, elf: &[u8]) {
        self.svm
            .add_program(*program, elf)
            .expect("the runtime takes the program");
    }

    /// Every account but the sysvars and the features.
    pub fn snapshot(&self) -> Snapshot {
        self.svm
            .accounts_db()
            .inner
            .iter()
            .filter(|(_, account)| {
                *account.owner() != solana_sdk_ids::sysvar::ID
                    && *account.owner() != solana_sdk_ids::feature::ID
            })
            .map(|(address, account)| (*address, account.clone()))
            .collect()
    }

    /// Sends a transaction that must be carried out.
    #[track_caller]
    pub fn accept(&mut self, tx: impl Into<Tx>) -> Accepted {
        self.attempt(tx)
            .unwrap_or_else(|refused| panic!("{}", describe(&refused)))
    }

    /// Sends a transaction whose last instruction must be refused, for this reason.
    #[track_caller]
    pub fn refuse(&mut self, tx: impl Into<Tx>, why: impl Into<Refusal>) {
        let tx = tx.into();
        let last = tx.0.len() - 1;
        self.refuse_at(tx, last, why);
    }

    /// Sends a transaction of which the instruction with this number must be refused, for this reason.
    #[track_caller]
    pub fn refuse_at(&mut self, tx: impl Into<Tx>, instruction: usize, why: impl Into<Refusal>) {
        let why = why.into();
        match self.attempt(tx) {
            Ok(accepted) => panic!("accepted, where {why} was due: {:#?}", accepted.events),
            Err(refused) => assert!(
                why.is(&refused.error, instruction),
                "not refused with {why} by instruction {instruction}: {}",
                describe(&refused)
            ),
        }
    }

    /// Sends a transaction, signed by the fee payer and by everybody whom its instructions name as a signer.
    ///
    /// Carried out, it must leave the books of every network, market and agreement in order, and lamports must neither appear nor
    /// vanish but for the fee. Refused, it must leave every byte and lamport of every account as they were, but for the fee.
    pub fn attempt(&mut self, tx: impl Into<Tx>) -> Result<Accepted, Refused> {
        let before = self.snapshot();
        let accepted = self.attempt_without_books(tx)?;
        let after = self.snapshot();
        let lost = total_lamports(&before) - total_lamports(&after);
        assert_eq!(
            lost,
            u128::from(accepted.fee),
            "lamports appeared or vanished"
        );
        check_books(&before, &after, &accepted.events);
        Ok(accepted)
    }

    /// Like [`Chain::attempt`], on a chain with accounts that the program cannot have written, whose books mean nothing.
    pub fn attempt_without_books(&mut self, tx: impl Into<Tx>) -> Result<Accepted, Refused> {
        let tx = self.sign(&tx.into());
        let bytes = tx.message.serialize().len() + 1 + 64 * tx.signatures.len();
        assert!(
            bytes <= PACKET_DATA_SIZE,
            "{bytes} bytes do not fit into a packet of {PACKET_DATA_SIZE}"
        );
        let base_fee = LAMPORTS_PER_SIGNATURE * tx.signatures.len() as u64;
        let keys = tx.message.account_keys.clone();
        let before = self.snapshot();
        let result = self.svm.send_transaction(tx);
        // The next transaction may have the same bytes.
        self.svm.expire_blockhash();
        match result {
            Ok(meta) => Ok(Accepted {
                events: Told::read(&keys, &meta.inner_instructions),
                told: told(&keys, &meta.inner_instructions),
                compute_units: meta.compute_units_consumed,
                bytes,
                fee: meta.fee,
                logs: meta.logs,
            }),
            Err(failed) => {
                // More, when the transaction offered something for its place in the block.
                assert!(failed.meta.fee == 0 || failed.meta.fee >= base_fee);
                assert_only_fee_paid(&before, &self.snapshot(), failed.meta.fee);
                Err(Refused {
                    error: failed.err,
                    logs: failed.meta.logs,
                })
            }
        }
    }

    /// The same chain for whoever looks after signatures and blockhashes itself ([`crate::rpc`]).
    pub(crate) fn unchecked(self) -> Self {
        let svm = self.svm.with_sigverify(false).with_blockhash_check(false);
        Self { svm }
    }

    /// Carries out a transaction as it is, on a chain that is [`Chain::unchecked`]: what it did, and why it failed if it
    /// did.
    pub(crate) fn execute(
        &mut self,
        transaction: Transaction,
    ) -> (TransactionMetadata, Option<TransactionError>) {
        match self.svm.send_transaction(transaction) {
            Ok(meta) => (meta, None),
            Err(failed) => (failed.meta, Some(failed.err)),
        }
    }

    /// What a transaction would do.
    pub(crate) fn simulate(
        &self,
        transaction: Transaction,
    ) -> (TransactionMetadata, Option<TransactionError>) {
        match self.svm.simulate_transaction(transaction) {
            Ok(simulated) => (simulated.meta, None),
            Err(failed) => (failed.meta, Some(failed.err)),
        }
    }

    /// The addresses of a program's accounts.
    pub(crate) fn addresses_of(&self, program: &Pubkey) -> Vec<Pubkey> {
        let accounts = self.svm.accounts_db().inner.iter();
        accounts
            .filter(|(_, account)| account.owner() == program)
            .map(|(address, _)| *address)
            .collect()
    }

    fn sign(&self, tx: &Tx) -> Transaction {
        let payer = Self::fee_payer();
        let message =
            Message::new_with_blockhash(&tx.0, Some(&payer), &self.svm.latest_blockhash());
        let signers: Vec<_> = message
            .account_keys
            .iter()
            .take(message.header.num_required_signatures.into())
            .map(|key| keys::keypair(key).unwrap_or_else(|| panic!("nobody can sign for {key}")))
            .collect();
        let mut transaction = Transaction::new_unsigned(message);
        transaction.sign(
            &signers.iter().collect::<Vec<_>>(),
            self.svm.latest_blockhash(),
        );
        transaction
    }
}

/// Panics unless the fee payer's lamports fell by the fee, and everything else is as it was.
fn assert_only_fee_paid(before: &Snapshot, after: &Snapshot, fee: u64) {
    let payer = Chain::fee_payer();
    let paid = before[&payer].lamports() - after[&payer].lamports();
    assert_eq!(paid, fee);
    let mut changed = changed(before, after);
    changed.remove(&payer);
    assert!(
        changed.is_empty(),
        "a refused transaction changed {changed:?}"
    );
}

fn total_lamports(snapshot: &Snapshot) -> u128 {
    snapshot
        .values()
        .map(|account| u128::from(account.lamports()))
        .sum()
}

fn describe(refused: &Refused) -> String {
    format!("{:?}\n{}", refused.error, refused.logs.join("\n"))
}
