//! The books of every agreement on a chain, and the rules that hold after every transaction.
//!
//! The rules are written down here once more, from the design, in wide integers, and not taken from the program: see
//! docs/invariants.md.

use std::collections::BTreeMap;

use anchor_lang::{AccountDeserialize, Discriminator};
use roaming_escrow::events::Balances;
use roaming_escrow::state::{
    Agreement, AgreementState, Hub, Netting, Operator, Side, SideBooks, Statement, StatementState,
};
use solana_account::ReadableAccount;
use solana_pubkey::Pubkey;
use wayfare_core::mint::token_account;

use crate::roaming::address;
use crate::roaming::event::Event;
use crate::snapshot::Snapshot;

/// Every account of the program.
#[derive(Debug, Default)]
pub struct Books {
    pub hubs: BTreeMap<Pubkey, Hub>,
    pub operators: BTreeMap<Pubkey, Operator>,
    pub agreements: BTreeMap<Pubkey, AgreementBooks>,
    /// By agreement, home side (0 is the first) and period.
    pub statements: BTreeMap<(Pubkey, u8, u32), StatementBooks>,
}

#[derive(Debug)]
pub struct AgreementBooks {
    pub state: Agreement,
    /// Base units in the vault.
    pub vault: u128,
}

#[derive(Debug)]
pub struct StatementBooks {
    pub state: Statement,
    pub lamports: u64,
}

const STATES: [StatementState; 6] = {
    use StatementState::*;
    [Stated, Returned, Matched, Countered, Resolved, Settled]
};

fn state(statement: &Statement) -> StatementState {
    STATES[usize::from(statement.state)]
}

/// The states that a statement can reach from a state, in one transaction or many.
fn onwards(from: StatementState) -> &'static [StatementState] {
    use StatementState::*;
    match from {
        Stated | Returned => &STATES,
        Countered => &[Countered, Resolved, Settled],
        Matched => &[Matched, Settled],
        Resolved => &[Resolved, Settled],
        Settled => &[Settled],
    }
}

/// What may still be taken from the home network for a statement.
fn exposure(statement: &Statement) -> u128 {
    use StatementState::*;
    let [total, accepted, paid] =
        [statement.total, statement.accepted, statement.paid].map(u128::from);
    match state(statement) {
        Stated | Countered => total.saturating_sub(paid),
        Matched | Resolved => accepted.saturating_sub(paid),
        Returned | Settled => 0,
    }
}

fn sides(agreement: &Agreement) -> [&SideBooks; 2] {
    [&agreement.first_books, &agreement.second_books]
}

/// What balances and fees add up to.
fn ledger(agreement: &Agreement) -> u128 {
    let [first, second] = sides(agreement).map(|books| u128::from(books.balance));
    first + second + u128::from(agreement.fees)
}

fn decode<T: AccountDeserialize>(data: &[u8]) -> T {
    T::try_deserialize(&mut &data[..]).expect("an account as the program writes it")
}

impl Books {
    /// Reads every account of the program. One that it could not have written, or not there, is a failure.
    pub fn read(snapshot: &Snapshot) -> Self {
        let mut books = Self::default();
        for (key, account) in snapshot {
            if *account.owner() != roaming_escrow::ID {
                continue;
            }
            let (key, data, lamports) = (*key, account.data(), account.lamports());
            let starts = |discriminator: &[u8]| data.starts_with(discriminator);
            assert_eq!(data[8], 1, "the version of {key}");
            let (due, bump) = if starts(Hub::DISCRIMINATOR) {
                let state: Hub = decode(data);
                let name = &state.scope.name[..usize::from(state.scope.name_len)];
                let name = std::str::from_utf8(name).expect("ASCII");
                let place = (address::hub(name), state.scope.bump);
                books.hubs.insert(key, state);
                place
            } else if starts(Operator::DISCRIMINATOR) {
                let state: Operator = decode(data);
                let place = (address::operator(&state.hub, &state.tadig), state.bump);
                books.operators.insert(key, state);
                place
            } else if starts(Agreement::DISCRIMINATOR) {
                let state: Agreement = decode(data);
                let vault = check_vault(snapshot, &key, &state);
                let place =
                    address::agreement(&state.hub, &state.first, &state.second, &state.mint);
                let place = (place, state.bump);
                books
                    .agreements
                    .insert(key, AgreementBooks { state, vault });
                place
            } else if starts(Statement::DISCRIMINATOR) {
                let state: Statement = decode(data);
                let home = if state.home == 0 {
                    Side::First
                } else {
                    Side::Second
                };
                let place = address::statement(&state.agreement, home, state.period);
                let place = (place, state.bump);
                let id = (state.agreement, state.home, state.period);
                books
                    .statements
                    .insert(id, StatementBooks { state, lamports });
                place
            } else {
                panic!("{key} is no account of the program");
            };
            assert_eq!((key, bump), due, "an account stands elsewhere");
        }
        books
    }

    /// Checks the rules of every hub, and that nothing happened since `before` but what the events tell.
    pub fn check_after(
        &self,
        before: &Self,
        (before_lamports, lamports): (&Snapshot, &Snapshot),
        events: &[Event],
    ) {
        self.check();
        for (key, hub) in &self.hubs {
            let mut sequence = before.hubs.get(key).map_or(0, |hub| hub.scope.sequence);
            for event in events.iter().filter(|event| event.hub() == *key) {
                sequence += 1;
                assert_eq!(
                    event.sequence(),
                    sequence,
                    "an event is missing: {events:?}"
                );
            }
            assert_eq!(hub.scope.sequence, sequence, "a change without an event");
        }
        for event in events {
            assert!(self.hubs.contains_key(&event.hub()));
        }
        for (key, was) in &before.hubs {
            let is = self.hubs.get(key).expect("no hub is ever closed");
            let place = |hub: &Hub| (hub.scope.name, hub.scope.bump);
            assert!(place(is) == place(was));
        }
        for (key, was) in &before.operators {
            let is = self.operators.get(key).expect("no operator is ever closed");
            assert!((is.hub, is.tadig) == (was.hub, was.tadig));
        }
        for (key, was) in &before.agreements {
            let is = self
                .agreements
                .get(key)
                .expect("no agreement is ever closed");
            check_agreement_after(&was.state, &is.state);
        }
        for (id, was) in &before.statements {
            match self.statements.get(id) {
                Some(now) => check_statement_after(&was.state, &now.state),
                None => {
                    let payer = was.state.rent_payer;
                    let [had, has] = [before_lamports, lamports]
                        .map(|snapshot| snapshot.get(&payer).map_or(0, ReadableAccount::lamports));
                    assert_eq!(state(&was.state), StatementState::Settled);
                    assert!(has >= had + was.lamports, "the rent went elsewhere");
                }
            }
        }
        for (key, now) in &self.agreements {
            let of = |event: &&Event| agreement_of(event) == Some(*key);
            let events: Vec<&Event> = events.iter().filter(of).collect();
            self.check_money(key, now, before, &events);
        }
    }

    /// The rules that hold at any time.
    fn check(&self) {
        for (key, AgreementBooks { state, vault }) in &self.agreements {
            assert!(self.hubs.contains_key(&state.hub));
            assert!(state.first < state.second, "sides out of order");
            for operator in [&state.first, &state.second] {
                assert_eq!(self.operators[operator].hub, state.hub);
            }
            assert!(
                *vault >= ledger(state),
                "the vault does not cover what it holds"
            );
            assert!(state.fee_bps <= 100 && state.state <= 2 && state.offered_by <= 1);
            assert_eq!(state.closes_at != 0, state.state == 2);
            let [first, second] = sides(state);
            assert!(
                first.arrears == 0 || second.arrears == 0,
                "both sides are in arrears"
            );
            for (home, books) in [(0, first), (1, second)] {
                assert!(
                    books.arrears == 0 || books.balance == 0,
                    "arrears beside a balance"
                );
                assert_eq!(books.requested == 0, books.withdrawable_at == 0);
                self.check_direction(key, state, home, books);
            }
        }
        for (agreement, _, _) in self.statements.keys() {
            assert!(
                self.agreements.contains_key(agreement),
                "a statement without an agreement"
            );
        }
        for hub in self.hubs.values() {
            assert!(hub.terms.fee_bps <= 100);
        }
        for operator in self.operators.values() {
            assert!(self.hubs.contains_key(&operator.hub));
        }
    }

    /// The statements of one direction, and what its home network's books say of them.
    fn check_direction(&self, key: &Pubkey, agreement: &Agreement, home: u8, books: &SideBooks) {
        let statements: Vec<&Statement> = self
            .statements
            .range((*key, home, 0)..=(*key, home, u32::MAX))
            .map(|(_, statement)| &statement.state)
            .collect();
        let mut taken = 0;
        let (mut open, mut returned) = (0, 0);
        for statement in &statements {
            check_statement(statement);
            assert!(
                statement.period < books.next_period,
                "a period ahead of its time"
            );
            taken += exposure(statement);
            match state(statement) {
                StatementState::Returned => {
                    returned += 1;
                    assert_eq!(
                        statement.period + 1,
                        books.next_period,
                        "a returned statement that is not the last"
                    );
                }
                StatementState::Settled => {}
                _ => open += 1,
            }
        }
        assert_eq!(u128::from(books.exposure), taken, "another exposure");
        assert_eq!(books.open_statements, open, "another count of statements");
        assert_eq!(u32::from(books.returned), returned);
        // Statements are closed only at the end of the agreement.
        if agreement.state != 2 {
            let periods = statements.iter().map(|statement| statement.period);
            assert!(periods.eq(0..books.next_period), "a gap between periods");
        }
        for pair in statements.windows(2) {
            if pair[0].period + 1 == pair[1].period {
                assert_eq!(
                    pair[0].first_record + pair[0].records,
                    pair[1].first_record,
                    "records that overlap or leave a gap"
                );
            }
        }
        if let Some(last) = statements.last()
            && last.period + 1 == books.next_period
        {
            assert_eq!(last.first_record + last.records, books.next_record);
        }
    }

    /// Replays what the events tell on the ledger as it was, and compares.
    fn check_money(&self, key: &Pubkey, now: &AgreementBooks, before: &Self, events: &[&Event]) {
        let was = before.agreements.get(key);
        let mut ledger = was.map_or_else(Ledger::default, |was| Ledger::of(&was.state));
        let mut vault = was.map_or(0, |was| was.vault);
        for event in events {
            let balances = match event {
                Event::Deposited(event) => {
                    let side = usize::from(event.side == Side::Second);
                    ledger.balance[side] += u128::from(event.amount);
                    let arrears = ledger.arrears[side];
                    ledger.owe(side, arrears, now.state.fee_bps);
                    vault += u128::from(event.amount);
                    event.balances
                }
                Event::Withdrawn(event) => {
                    let side = usize::from(event.side == Side::Second);
                    assert_eq!(ledger.arrears[side], 0, "a withdrawal in arrears");
                    ledger.balance[side] -= u128::from(event.amount);
                    vault -= u128::from(event.amount);
                    event.balances
                }
                Event::FeesCollected(event) => {
                    assert_eq!(ledger.fees, u128::from(event.amount));
                    ledger.fees = 0;
                    vault -= u128::from(event.amount);
                    event.balances
                }
                Event::VoucherRedeemed(event) => {
                    ledger.redeem(usize::from(event.home == Side::Second), event.amount.into());
                    event.balances
                }
                Event::PeriodSettled(event) => {
                    if events.len() == 1 {
                        self.check_owed(key, event.period, before, &event.netting);
                    }
                    ledger.settle(&event.netting, now.state.fee_bps);
                    event.balances
                }
                _ => continue,
            };
            ledger.check(&balances);
        }
        assert_eq!(
            ledger,
            Ledger::of(&now.state),
            "money moved without an event"
        );
        // More, when somebody gave tokens in the same transaction.
        assert!(now.vault >= vault, "the vault lost what nobody withdrew");
    }

    /// What a settlement said was owed is what its statements count as paid since, and the arrears before.
    fn check_owed(&self, key: &Pubkey, period: u32, before: &Self, netting: &Netting) {
        let mut owed = Ledger::of(&before.agreements[key].state).arrears;
        for home in [0, 1] {
            let id = (*key, home, period);
            let Some(now) = self.statements.get(&id) else {
                continue;
            };
            let paid = before.statements[&id].state.paid;
            let side = usize::from(home);
            owed[side] += u128::from(now.state.paid.saturating_sub(paid));
            owed[1 - side] += u128::from(paid.saturating_sub(now.state.paid));
        }
        // A debt stops at the largest number.
        let most = u128::from(u64::MAX);
        assert_eq!(
            [netting.first_owed, netting.second_owed].map(u128::from),
            owed.map(|owed| owed.min(most))
        );
    }
}

/// What two sides have and owe: index 0 is the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ledger {
    balance: [u128; 2],
    arrears: [u128; 2],
    fees: u128,
}

impl Ledger {
    fn of(agreement: &Agreement) -> Self {
        Self {
            balance: sides(agreement).map(|books| books.balance.into()),
            arrears: sides(agreement).map(|books| books.arrears.into()),
            fees: agreement.fees.into(),
        }
    }

    /// A debt is paid out of a balance as far as that goes. The hub's share of it is rounded down.
    fn owe(&mut self, from: usize, amount: u128, fee_bps: u16) {
        let paid = amount.min(self.balance[from]);
        let fee = paid * u128::from(fee_bps) / 10_000;
        self.balance[from] -= paid;
        self.balance[1 - from] += paid - fee;
        self.fees += fee;
        self.arrears[from] = amount - paid;
    }

    /// No fee; and a visited network that is behind pays that first.
    fn redeem(&mut self, home: usize, amount: u128) {
        let back = self.arrears[1 - home].min(amount);
        self.arrears[1 - home] -= back;
        self.balance[home] -= amount - back;
        self.balance[1 - home] += amount - back;
    }

    fn settle(&mut self, netting: &Netting, fee_bps: u16) {
        let before = self.clone();
        self.arrears = [0, 0];
        let owed = [netting.first_owed, netting.second_owed].map(u128::from);
        let payer = usize::from(owed[1] > owed[0]);
        self.owe(payer, owed[0].abs_diff(owed[1]), fee_bps);
        assert_eq!(usize::from(netting.payer == Side::Second), payer);
        assert_eq!(
            [netting.moved, netting.fee, netting.arrears].map(u128::from),
            [
                before.balance[payer] - self.balance[payer],
                self.fees - before.fees,
                self.arrears[payer]
            ]
        );
    }

    fn check(&self, told: &Balances) {
        let told = Self {
            balance: [told.first, told.second].map(u128::from),
            arrears: [told.first_arrears, told.second_arrears].map(u128::from),
            fees: told.fees.into(),
        };
        assert_eq!(*self, told, "an event tells other balances");
    }
}

/// The vault's balance. It is the agreement's, and nobody else's.
fn check_vault(snapshot: &Snapshot, key: &Pubkey, agreement: &Agreement) -> u128 {
    assert_eq!(
        (agreement.vault, agreement.vault_bump),
        address::vault(key),
        "the vault stands elsewhere"
    );
    let account = &snapshot[&agreement.vault];
    let held = token_account(account.data()).expect("the vault is a token account");
    assert_eq!(*held.owner, key.to_bytes(), "the vault is another's");
    assert_eq!(*held.mint, agreement.mint.to_bytes());
    assert_eq!(*account.owner(), agreement.token_program);
    // Delegate (72..76) and close authority (129..133) of the token programs' accounts: none.
    for option in [72..76, 129..133] {
        assert_eq!(account.data()[option], [0; 4], "others control the vault");
    }
    held.amount.into()
}

/// The agreement that an event is about.
fn agreement_of(event: &Event) -> Option<Pubkey> {
    match event {
        Event::AgreementProposed(event) => Some(event.agreement),
        Event::TermsOffered(event) => Some(event.agreement),
        Event::TermsAccepted(event) => Some(event.agreement),
        Event::AgreementClosing(event) => Some(event.agreement),
        Event::Deposited(event) => Some(event.agreement),
        Event::WithdrawalRequested(event) => Some(event.agreement),
        Event::Withdrawn(event) => Some(event.agreement),
        Event::FeesCollected(event) => Some(event.agreement),
        Event::UsageStated(event) => Some(event.agreement),
        Event::StatementChanged(event) => Some(event.agreement),
        Event::PeriodSettled(event) => Some(event.agreement),
        Event::VoucherRedeemed(event) => Some(event.agreement),
        Event::StatementClosed(event) => Some(event.agreement),
        Event::HubCreated(_)
        | Event::HubTermsChanged(_)
        | Event::GuardianChanged(_)
        | Event::AuthorityNominated(_)
        | Event::AuthorityChanged(_)
        | Event::PauseChanged(_)
        | Event::OperatorRegistered(_)
        | Event::OperatorChanged(_)
        | Event::OperatorNominated(_)
        | Event::OperatorHandedOver(_)
        | Event::OperatorStatusChanged(_) => None,
    }
}

fn check_agreement_after(was: &Agreement, is: &Agreement) {
    let made_of = |agreement: &Agreement| {
        (
            [
                agreement.hub,
                agreement.first,
                agreement.second,
                agreement.mint,
                agreement.vault,
                agreement.token_program,
            ],
            [agreement.decimals, agreement.bump, agreement.vault_bump],
        )
    };
    assert_eq!(made_of(was), made_of(is));
    assert!(is.state >= was.state, "an agreement went back");
    if was.state != AgreementState::Proposed as u8 {
        assert_eq!(was.fee_bps, is.fee_bps, "the fee changed");
    }
    assert!(was.closes_at == 0 || was.closes_at == is.closes_at);
    for (was, is) in sides(was).into_iter().zip(sides(is)) {
        assert!(is.next_period >= was.next_period, "a period came back");
        assert!(
            is.next_period > was.next_period || is.vouchers >= was.vouchers,
            "vouchers came back"
        );
    }
}

fn check_statement_after(was: &Statement, is: &Statement) {
    assert!(
        onwards(state(was)).contains(&state(is)),
        "from {:?} to {:?}",
        state(was),
        state(is)
    );
    // Everything but what a step may set.
    let settled = Statement {
        state: was.state,
        root: was.root,
        records: was.records,
        total: was.total,
        counter_root: was.counter_root,
        counter_total: was.counter_total,
        award: was.award,
        accepted: was.accepted,
        paid: was.paid,
        returns: was.returns,
        stated_at: was.stated_at,
        answer_by: was.answer_by,
        dispute_by: was.dispute_by,
        award_by: was.award_by,
        ..*is
    };
    assert_eq!(settled, *was, "what a statement stands on changed");
    assert!(is.returns >= was.returns);
    use StatementState::*;
    if !matches!(state(was), Stated | Returned) {
        assert_eq!(
            (was.root, was.records, was.total, was.counter_total),
            (is.root, is.records, is.total, is.counter_total),
            "what was answered changed"
        );
        assert!(is.accepted >= was.accepted);
    }
    if matches!(state(was), Matched | Resolved | Settled) {
        assert_eq!((was.accepted, was.award), (is.accepted, is.award));
    }
    if state(was) == Settled {
        assert_eq!(was, is, "a settled statement changed");
    }
}

/// The rules of one statement at any time.
fn check_statement(statement: &Statement) {
    use StatementState::*;
    let [total, counter, award, accepted, paid] = [
        statement.total,
        statement.counter_total,
        statement.award,
        statement.accepted,
        statement.paid,
    ]
    .map(u128::from);
    let terms = &statement.terms;
    assert!(counter <= total && award <= total - counter && accepted <= total);
    assert!(statement.returns <= 3);
    if statement.records == 0 {
        assert!(total == 0 && statement.root == [0; 32]);
    }
    let disputed = statement.dispute_by != 0;
    let tolerance = total * u128::from(terms.tolerance_bps) / 10_000;
    match state(statement) {
        Stated | Returned => assert!(accepted == 0 && !disputed && counter == 0),
        Matched => assert!(accepted == total && !disputed && award == 0),
        Countered => {
            assert!(disputed && award == 0 && accepted == counter);
            assert!(total - counter > tolerance, "a difference that is none");
        }
        Resolved => assert!(disputed && accepted == counter + award),
        Settled => {
            assert_eq!(paid, accepted, "settled for another amount");
            assert!(accepted == total || accepted == counter + award);
        }
    }
    if disputed {
        assert_eq!(
            statement.award_by,
            statement.dispute_by + i64::from(terms.arbitration_window)
        );
    }
    assert!(statement.answer_by > statement.stated_at && statement.stated_at > 0);
}
