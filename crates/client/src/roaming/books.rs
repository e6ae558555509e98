//! A hub's books: what its agreements' vaults hold, what the statements may still take, and whether it adds up.

use roaming_escrow::state::{Agreement, Hub, Side, Statement, StatementState};
use solana_account::Account;
use solana_pubkey::Pubkey;

use super::AgreementFilter;
use crate::{
    account::{AccountError, decode_as},
    audit::{
        self, Checks, Part, Relation, Rule, Sum,
        vault::{Expected, Vault},
    },
    cluster::Cluster,
    error::{ClientError, RpcTrouble},
};

/// How often the accounts are read anew because the hub changed meanwhile.
const TRIES: u32 = 20;

/// A hub's books at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub hub: Pubkey,
    /// The slot that they were read at.
    pub slot: u64,
    /// The number of the hub's last event by then.
    pub sequence: u64,
    pub operators: u64,
    pub agreements: Vec<AgreementBooks>,
    /// What was checked, and what does not hold.
    pub checks: Checks,
}

/// An agreement's ledger and its vault. Amounts are base units of its mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementBooks {
    pub agreement: Pubkey,
    /// The first side's first.
    pub operators: [Pubkey; 2],
    pub mint: Pubkey,
    pub decimals: u8,
    /// What the vault holds.
    pub vault: u64,
    /// What each side has, the first one first.
    pub balances: [u64; 2],
    /// What each side is behind with.
    pub arrears: [u64; 2],
    /// What each side's statements may still take.
    pub exposures: [u64; 2],
    /// What is disputed of them.
    pub disputed: [u128; 2],
    /// The hub's fees that are still in the vault.
    pub fees: u64,
    /// What came in by plain transfers.
    pub surplus: u64,
    /// Statements that exist, by state in the order of [`StatementState::ALL`].
    pub statements: [u64; StatementState::ALL.len()],
}

impl Books {
    /// Whether everything adds up.
    pub fn balance(&self) -> bool {
        self.checks.hold()
    }
}

/// What the books are made of, read at one moment.
pub(crate) struct Parts<'a> {
    pub slot: u64,
    pub hub: &'a Hub,
    pub operators: usize,
    pub agreements: Vec<AgreementPart<'a>>,
}

/// An agreement with everything that belongs to it.
pub(crate) struct AgreementPart<'a> {
    pub address: Pubkey,
    pub state: &'a Agreement,
    pub statements: Vec<(Pubkey, &'a Statement)>,
    pub vault: Vault,
}

struct Read {
    slot: u64,
    hub: Hub,
    operators: usize,
    agreements: Vec<ReadAgreement>,
}

struct ReadAgreement {
    address: Pubkey,
    state: Agreement,
    statements: Vec<(Pubkey, Statement)>,
    vault: Vault,
}

/// The token account that an agreement must have.
pub(crate) fn expected_vault(address: &Pubkey, agreement: &Agreement) -> Expected {
    Expected {
        address: agreement.vault,
        token_program: agreement.token_program,
        mint: agreement.mint,
        owner: *address,
    }
}

/// Reads a hub's books. All of it is of one moment: every change of the accounts changes the hub's sequence, which is read
/// before and after them.
///
/// # Errors
///
/// [`AccountError`] when the hub is missing, or any account does not decode or stands at another address than its own;
/// [`RpcTrouble::Behind`] when the hub kept changing.
pub fn read(cluster: &Cluster, hub: &Pubkey) -> Result<Books, ClientError> {
    for _ in 0..TRIES {
        if let Some(read) = read_parts(cluster, hub)? {
            let agreements = read.agreements.iter();
            let parts = Parts {
                slot: read.slot,
                hub: &read.hub,
                operators: read.operators,
                agreements: agreements
                    .map(|agreement| AgreementPart {
                        address: agreement.address,
                        state: &agreement.state,
                        statements: agreement
                            .statements
                            .iter()
                            .map(|(at, state)| (*at, state))
                            .collect(),
                        vault: agreement.vault,
                    })
                    .collect(),
            };
            return Ok(books(hub, &parts));
        }
    }
    Err(RpcTrouble::Behind {
        request: "getProgramAccounts".to_owned(),
        reason: format!("hub {hub} changed during each of {TRIES} readings"),
    }
    .into())
}

/// `None` when the hub changed meanwhile, or a node behind the same address lagged.
fn read_parts(cluster: &Cluster, hub: &Pubkey) -> Result<Option<Read>, ClientError> {
    let first = cluster.accounts(std::slice::from_ref(hub), None)?;
    let before = hub_in(hub, first.accounts.into_iter().next().flatten())?;

    let filter = AgreementFilter {
        hub: Some(*hub),
        ..AgreementFilter::default()
    };
    let operators = cluster.operator_states(hub)?;
    let agreements = cluster.agreement_states(&filter, None)?;
    let mut slots = vec![operators.slot, agreements.slot];
    let mut statements = Vec::with_capacity(agreements.states.len());
    for (address, _) in &agreements.states {
        let of_it = cluster.statement_states(address)?;
        slots.push(of_it.slot);
        statements.push(of_it.states);
    }
    // What was read before the hub was, tells of another moment.
    if slots.iter().any(|slot| *slot < first.slot) {
        return Ok(None);
    }

    let mut addresses = vec![*hub];
    addresses.extend(agreements.states.iter().map(|(_, state)| state.vault));
    let last = cluster.accounts(&addresses, slots.into_iter().max())?;
    let mut accounts = last.accounts.into_iter();
    let after = hub_in(hub, accounts.next().flatten())?;
    if after.scope.sequence != before.scope.sequence {
        return Ok(None);
    }
    let agreements = agreements
        .states
        .into_iter()
        .zip(statements)
        .zip(accounts)
        .map(|(((address, state), statements), tokens)| {
            let vault = Vault::read(tokens.as_ref(), &expected_vault(&address, &state));
            ReadAgreement {
                address,
                state,
                statements,
                vault,
            }
        })
        .collect();
    Ok(Some(Read {
        slot: last.slot,
        hub: after,
        operators: operators.states.len(),
        agreements,
    }))
}

fn hub_in(address: &Pubkey, account: Option<Account>) -> Result<Hub, AccountError> {
    let account = account.ok_or(AccountError::Missing(*address))?;
    decode_as(address, &account.owner, &account.data)
}

/// Checks everything that the books alone show.
pub(crate) fn books(address: &Pubkey, parts: &Parts) -> Books {
    let mut checks = Checks::default();
    let agreements = parts
        .agreements
        .iter()
        .map(|part| agreement_books(&mut checks, part))
        .collect();
    Books {
        hub: *address,
        slot: parts.slot,
        sequence: parts.hub.scope.sequence,
        operators: count(parts.operators),
        agreements,
        checks,
    }
}

/// There are fewer accounts than a u64 can count.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn agreement_books(checks: &mut Checks, part: &AgreementPart) -> AgreementBooks {
    let state = part.state;
    let sides = [Side::First, Side::Second].map(|side| state.books(side));
    let owed = sides
        .iter()
        .map(|books| u128::from(books.balance))
        .sum::<u128>()
        .saturating_add(state.fees.into());
    let covers = Sum {
        rule: Rule::VaultCoversBalances,
        account: part.address,
        left: audit::Side::new("vault balance", part.vault.balance),
        relation: Relation::AtLeast,
        right: audit::Side::new("balances and fees", owed),
    };
    checks.sum(covers, || {
        vec![Part {
            account: state.vault,
            adds: format!("vault balance {}", part.vault.balance),
        }]
    });
    check_arrears(checks, part);
    for (at, statement) in &part.statements {
        check_statement(checks, at, statement);
    }
    for &side in Side::ALL {
        check_direction(checks, part, side);
    }
    let expected = expected_vault(&part.address, state);
    part.vault
        .check_control(checks, Rule::VaultIsTheAgreements, &expected);
    part.vault
        .check_freedom(checks, Rule::AgreementVaultIsFree, &expected);

    let mut statements = [0u64; StatementState::ALL.len()];
    let mut disputed = [0u128; 2];
    for (_, statement) in &part.statements {
        if let Some(count) = statements.get_mut(usize::from(statement.state)) {
            *count = count.saturating_add(1);
        }
        if let Some(disputed) = disputed.get_mut(usize::from(statement.home)) {
            // The account was decoded, so its state is one.
            *disputed = disputed.saturating_add(statement.disputed().unwrap_or_default().into());
        }
    }
    AgreementBooks {
        agreement: part.address,
        operators: [state.first, state.second],
        mint: state.mint,
        decimals: state.decimals,
        vault: part.vault.balance,
        balances: sides.map(|books| books.balance),
        arrears: sides.map(|books| books.arrears),
        exposures: sides.map(|books| books.exposure),
        disputed,
        fees: state.fees,
        surplus: u64::try_from(u128::from(part.vault.balance).saturating_sub(owed))
            .unwrap_or(u64::MAX),
        statements,
    }
}

fn check_arrears(checks: &mut Checks, part: &AgreementPart) {
    let sides = [Side::First, Side::Second].map(|side| part.state.books(side));
    let behind = sides.iter().filter(|books| books.arrears > 0);
    let amounts = behind.clone().map(|books| books.balance);
    let has_nothing = Sum {
        rule: Rule::ArrearsMeanNothing,
        account: part.address,
        left: audit::Side::new(
            "balances of sides in arrears",
            amounts.map(u128::from).sum::<u128>(),
        ),
        relation: Relation::Equal,
        right: audit::Side::new("nothing", 0u64),
    };
    checks.amounts(&has_nothing, Vec::new);
    let at_most_one = Sum {
        rule: Rule::ArrearsMeanNothing,
        account: part.address,
        left: audit::Side::new("sides in arrears", count(behind.count())),
        relation: Relation::AtMost,
        right: audit::Side::new("one", 1u64),
    };
    checks.amounts(&at_most_one, Vec::new);
}

fn check_statement(checks: &mut Checks, at: &Pubkey, statement: &Statement) {
    let mut amounts = |left, relation, right| {
        let sum = Sum {
            rule: Rule::StatementIsBounded,
            account: *at,
            left,
            relation,
            right,
        };
        checks.amounts(&sum, Vec::new);
    };
    let accepted = audit::Side::new("accepted", statement.accepted);
    amounts(
        accepted,
        Relation::AtMost,
        audit::Side::new("total", statement.total),
    );
    if matches!(statement.state(), Ok(StatementState::Settled)) {
        let paid = audit::Side::new("paid", statement.paid);
        amounts(paid, Relation::Equal, accepted);
    }
}

/// What one side pays: its books against its statements.
fn check_direction(checks: &mut Checks, part: &AgreementPart, home: Side) {
    let books = part.state.books(home);
    let mut statements: Vec<&(Pubkey, &Statement)> = part
        .statements
        .iter()
        .filter(|(_, statement)| statement.home == home.byte())
        .collect();
    statements.sort_by_key(|(_, statement)| statement.period);
    let parts = || {
        let all = statements.iter();
        all.map(|(at, statement)| Part {
            account: *at,
            adds: format!(
                "period {}, which may take {}",
                statement.period,
                statement.exposure().unwrap_or_default()
            ),
        })
        .collect::<Vec<_>>()
    };
    let equal = |rule, left, right| Sum {
        rule,
        account: part.address,
        left,
        relation: Relation::Equal,
        right,
    };

    let exposures = statements.iter();
    let exposures = exposures.map(|(_, s)| u128::from(s.exposure().unwrap_or_default()));
    let exposure = equal(
        Rule::ExposureIsSum,
        audit::Side::new("exposure", books.exposure),
        audit::Side::new("sum of what statements may take", exposures.sum::<u128>()),
    );
    checks.sum(exposure, parts);

    let open = statements.iter();
    let open = open.filter(|(_, statement)| statement.is_open().unwrap_or(true));
    let open = equal(
        Rule::StatementsAreCounted,
        audit::Side::new("open statements counted", books.open_statements),
        audit::Side::new("open statements", count(open.count())),
    );
    checks.amounts(&open, parts);

    let returned = statements.iter();
    let returned: Vec<u32> = returned
        .filter(|(_, statement)| matches!(statement.state(), Ok(StatementState::Returned)))
        .map(|(_, statement)| statement.period)
        .collect();
    let last = books.next_period.checked_sub(1);
    let expected: Vec<u32> = last.filter(|_| books.is_returned()).into_iter().collect();
    checks.fact(
        Rule::LastIsReturned,
        &part.address,
        (returned != expected).then(|| format!("returned periods {returned:?}")),
        format!("returned periods {expected:?}"),
    );

    // Once the agreement is wound up, who paid a statement's rent may close it. When that is does not matter here.
    let may_be_closed = part.state.is_wound_up(i64::MAX).unwrap_or(false);
    let periods: Vec<u32> = statements.iter().map(|(_, s)| s.period).collect();
    let is_gapless = (0..books.next_period).eq(periods.iter().copied())
        || (may_be_closed && periods.iter().all(|period| *period < books.next_period));
    checks.fact(
        Rule::PeriodsHaveNoGap,
        &part.address,
        (!is_gapless).then(|| format!("periods {periods:?}")),
        format!("periods 0 to {}, without the last", books.next_period),
    );
    check_records(checks, part, home, &statements);
}

/// Each statement's records follow those of the one before. Of closed statements' neighbours nothing is known.
fn check_records(
    checks: &mut Checks,
    part: &AgreementPart,
    home: Side,
    statements: &[&(Pubkey, &Statement)],
) {
    let books = part.state.books(home);
    let mut amounts = |account, left, right| {
        let sum = Sum {
            rule: Rule::RecordsAdjoin,
            account,
            left: audit::Side::new("first record", left),
            relation: Relation::Equal,
            right: audit::Side::new("record after those before", right),
        };
        checks.amounts(&sum, Vec::new);
    };
    let mut before: Option<&Statement> = None;
    for (at, statement) in statements {
        let follows = match before {
            None => (statement.period == 0).then_some(0),
            Some(before) => (before.period.checked_add(1) == Some(statement.period))
                .then(|| before.first_record.saturating_add(before.records)),
        };
        if let Some(follows) = follows {
            amounts(*at, statement.first_record, follows);
        }
        before = Some(statement);
    }
    // After a returned statement the next record is known once that is restated.
    if let Some(last) = before
        && last.period.checked_add(1) == Some(books.next_period)
        && !books.is_returned()
    {
        let follows = last.first_record.saturating_add(last.records);
        amounts(part.address, books.next_record, follows);
    }
}

#[cfg(test)]
mod tests {
    use solana_rpc_client_api::request::RpcRequest;
    use wayfare_program::stored::Stored as _;

    use super::*;
    use crate::{
        fake_chain::{FakeChain, Fault, Schedule, no_faults},
        roaming::{
            account::{RoamingEscrowAccount as Any, encode, examples},
            address::PROGRAM,
        },
    };

    const TOKEN: Pubkey = anchor_spl::token::ID;

    /// Two periods of the first side: one settled, one countered with 100 of 400 in dispute. 3 units were donated.
    struct Example {
        agreement: Agreement,
        statements: Vec<Statement>,
        tokens: Vec<u8>,
    }

    fn example() -> Example {
        let (address, mut agreement) = examples::agreement();
        let (_, mut settled) = examples::statement(Side::First, 0);
        settled.set_state(StatementState::Settled);
        (settled.accepted, settled.paid) = (400, 400);
        let (_, mut countered) = examples::statement(Side::First, 1);
        countered.set_state(StatementState::Countered);
        (countered.counter_total, countered.accepted) = (300, 300);
        let books = &mut agreement.first_books;
        (books.exposure, books.open_statements) = (400, 1);
        (books.next_period, books.next_record) = (2, 8);
        agreement.fees = 5;
        let mut tokens = vec![0; 165];
        tokens[..32].copy_from_slice(agreement.mint.as_ref());
        tokens[32..64].copy_from_slice(address.as_ref());
        tokens[64..72].copy_from_slice(&2_008u64.to_le_bytes());
        tokens[108] = 1;
        Example {
            agreement,
            statements: vec![settled, countered],
            tokens,
        }
    }

    fn chain(example: &Example) -> FakeChain {
        let chain = FakeChain::default();
        let put = |at, account: Any| chain.put(at, PROGRAM, encode(&account));
        let (at, hub) = examples::hub();
        put(at, Any::Hub(Box::new(hub)));
        for (at, operator) in examples::operators() {
            put(at, Any::Operator(Box::new(operator)));
        }
        let (at, _) = examples::agreement();
        put(at, Any::Agreement(Box::new(example.agreement)));
        for statement in &example.statements {
            let (at, _) = examples::statement(statement.home().unwrap(), statement.period);
            put(at, Any::Statement(Box::new(*statement)));
        }
        chain.put(example.agreement.vault, TOKEN, example.tokens.clone());
        chain
    }

    fn books_of(example: &Example) -> Books {
        let chain = chain(example);
        read(&chain.cluster(no_faults()), &examples::hub().0).unwrap()
    }

    #[test]
    fn books_that_balance() {
        let books = books_of(&example());
        assert!(books.balance(), "{:?}", books.checks.findings);
        let [agreement] = &books.agreements[..] else {
            panic!("one agreement")
        };
        assert_eq!((agreement.vault, agreement.surplus), (2_008, 3));
        assert_eq!(agreement.disputed, [100, 0]);
        assert_eq!(agreement.statements, [0, 0, 0, 1, 0, 1]);
        assert_eq!(books.operators, 2);
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let cases: [(&[Rule], Change, Option<i128>); 17] = [
            (
                &[Rule::VaultCoversBalances],
                |e| e.tokens[64..72].copy_from_slice(&2_004u64.to_le_bytes()),
                Some(-1),
            ),
            (
                &[Rule::ArrearsMeanNothing],
                |e| e.agreement.second_books.arrears = 1,
                Some(1_000),
            ),
            (
                &[Rule::ArrearsMeanNothing],
                |e| {
                    for &side in Side::ALL {
                        let books = e.agreement.books_mut(side);
                        (books.balance, books.arrears) = (0, 1);
                    }
                },
                Some(1),
            ),
            (
                &[Rule::ExposureIsSum],
                |e| e.agreement.first_books.exposure = 399,
                Some(-1),
            ),
            (
                &[Rule::ExposureIsSum],
                |e| e.agreement.second_books.exposure = 2,
                Some(2),
            ),
            (
                &[Rule::StatementsAreCounted],
                |e| e.agreement.first_books.open_statements = 2,
                Some(1),
            ),
            (
                &[Rule::LastIsReturned],
                |e| e.agreement.first_books.returned = 1,
                None,
            ),
            (
                &[Rule::PeriodsHaveNoGap],
                |e| e.agreement.second_books.next_period = 1,
                None,
            ),
            (
                &[Rule::PeriodsHaveNoGap],
                |e| {
                    e.statements.remove(0);
                },
                None,
            ),
            (
                &[Rule::RecordsAdjoin],
                |e| e.agreement.first_books.next_record = 9,
                Some(1),
            ),
            (
                &[Rule::RecordsAdjoin],
                |e| {
                    e.statements[1].first_record = 5;
                    e.agreement.first_books.next_record = 9;
                },
                Some(1),
            ),
            (
                &[Rule::StatementIsBounded],
                |e| e.statements[1].accepted = 401,
                Some(1),
            ),
            (
                &[Rule::StatementIsBounded],
                |e| e.statements[0].paid = 399,
                Some(-1),
            ),
            (&[Rule::VaultIsTheAgreements], |e| e.tokens[32] ^= 1, None),
            (&[Rule::VaultIsTheAgreements], |e| e.tokens[72] = 1, None),
            (&[Rule::VaultIsTheAgreements], |e| e.tokens[129] = 1, None),
            (&[Rule::AgreementVaultIsFree], |e| e.tokens[108] = 2, None),
        ];
        for (rules, change, difference) in cases {
            let mut example = example();
            change(&mut example);
            let found = books_of(&example).checks.findings;
            let names: Vec<_> = found.iter().map(|found| found.rule).collect();
            assert_eq!(names, rules, "{found:?}");
            assert_eq!(found[0].difference, difference, "{rules:?}");
        }
    }

    /// Who paid the rent of a statement takes it back once the agreement is wound up.
    #[test]
    fn closed_statements_of_an_agreement_at_its_end_are_no_gap() {
        let mut example = example();
        example.statements[1].set_state(StatementState::Settled);
        example.statements[1].paid = 300;
        let books = &mut example.agreement.first_books;
        (books.exposure, books.open_statements) = (0, 0);
        example.statements.remove(0);
        assert!(!books_of(&example).balance());
        example.agreement.state = roaming_escrow::state::AgreementState::Closing.to_stored();
        let books = books_of(&example);
        assert!(books.balance(), "{:?}", books.checks.findings);
    }

    #[test]
    fn a_statement_between_two_readings_does_not_tear_the_books() {
        let example = example();
        let chain = chain(&example);
        // Calls of a reading: the hub, operators, agreements, statements, then hub and vaults.
        let (hub_at, mut hub) = examples::hub();
        hub.scope.sequence += 1;
        let mut agreement = example.agreement;
        let books = &mut agreement.second_books;
        (books.exposure, books.open_statements) = (400, 1);
        (books.next_period, books.next_record) = (1, 4);
        let (at, statement) = examples::statement(Side::Second, 0);
        let changes = vec![
            (hub_at, PROGRAM, encode(&Any::Hub(Box::new(hub)))),
            (
                examples::agreement().0,
                PROGRAM,
                encode(&Any::Agreement(Box::new(agreement))),
            ),
            (at, PROGRAM, encode(&Any::Statement(Box::new(statement)))),
        ];
        chain.0.lock().unwrap().changes.insert(4, changes);
        let books = read(&chain.cluster(no_faults()), &hub_at).unwrap();
        assert!(books.balance(), "{:?}", books.checks.findings);
        assert_eq!(books.sequence, 41);
        assert_eq!(books.agreements[0].exposures, [400, 400]);
        assert_eq!(chain.0.lock().unwrap().calls, 10);
    }

    #[test]
    fn accounts_that_are_not_what_they_should_be() {
        let mut example = example();
        example.statements[0].bump ^= 1;
        let hub = examples::hub().0;
        assert!(matches!(
            read(&chain(&example).cluster(no_faults()), &hub),
            Err(ClientError::Account(AccountError::Misplaced { .. }))
        ));
        let nobody = FakeChain::default().cluster(no_faults());
        assert!(matches!(
            read(&nobody, &hub),
            Err(ClientError::Account(AccountError::Missing(_)))
        ));
        let behind: Schedule = Box::new(|_, request| {
            (request == RpcRequest::GetProgramAccounts).then_some(Fault::Behind)
        });
        let behind = read(&chain(&example).cluster(behind), &hub);
        assert!(behind.unwrap_err().is_retryable());
    }
}
