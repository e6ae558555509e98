//! The jobs for an agreement: stating periods, answering them, settling what is due.

use std::path::Path;

use roaming_escrow::state::{Agreement, Hub, Side, Statement, StatementState};
use wayfare_client::roaming::instruction::AgreementAccounts;
use wayfare_client::roaming::jobs::{
    Answer, AnswerStatements, NewStatement, SettlePeriods, SubmitStatements,
};
use wayfare_tests::roaming::hub::{STATEMENT_WINDOW, cranker, usage};
use wayfare_tests::roaming::world::{DEPOSIT, Stage, World};
use wayfare_tests::token::TokenProgram;

use crate::*;

const PERIODS: u32 = 6;

/// Records of each statement.
const RECORDS: u64 = 10;

/// What a period's records add up to.
fn total(home: Side, period: u32) -> u64 {
    let base = match home {
        Side::First => 50_000_001,
        Side::Second => 20_000_003,
    };
    base + 1_000_000 * u64::from(period)
}

fn statement(home: Side, period: u32) -> NewStatement {
    let first = u64::from(period) * RECORDS;
    NewStatement {
        period,
        args: usage(first, RECORDS, total(home, period)),
    }
}

fn state_all(world: &mut World, home: Side) {
    for period in 0..PERIODS {
        let args = statement(home, period).args;
        world.chain.accept(world.deal.state(home, period, args));
    }
}

fn accounts(world: &World) -> AgreementAccounts {
    AgreementAccounts::of(world.deal.address, &world.agreement())
}

/// How many events there were.
fn events(world: &World, after: &Chain) -> u64 {
    let hub: Hub = after.read(&world.hub.address);
    hub.scope.sequence - world.hub().scope.sequence
}

pub struct Submission(World);

impl Submission {
    pub fn new() -> Self {
        Self(World::at(Stage::Funded, TokenProgram::Spl))
    }
}

impl Case for Submission {
    fn chain(&self) -> &Chain {
        &self.0.chain
    }

    fn payer(&self) -> Pubkey {
        self.0.hub.clerk
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let authority = signer(&self.0.deal.second.authority);
        let job = SubmitStatements {
            accounts: accounts(&self.0),
            home: Side::First,
            authority: &authority,
            payer: self.payer(),
            statements: (0..PERIODS).map(|n| statement(Side::First, n)).collect(),
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        for period in 0..PERIODS {
            let found: Statement = after.read(&self.0.deal.statement(Side::First, period));
            let args = statement(Side::First, period).args;
            assert_eq!(
                (found.records, found.first_record, found.total),
                (args.records, args.first_record, args.total)
            );
        }
        let agreement: Agreement = after.read(&self.0.deal.address);
        let books = agreement.books(Side::First);
        assert_eq!(
            (books.next_period, books.open_statements, books.next_record),
            (PERIODS, PERIODS, RECORDS * u64::from(PERIODS))
        );
        assert_eq!(events(&self.0, after), u64::from(PERIODS));
    }
}

/// Three statements are accepted, and three countered.
pub struct Answers(World);

impl Answers {
    pub fn new() -> Self {
        let mut world = World::at(Stage::Funded, TokenProgram::Spl);
        state_all(&mut world, Side::First);
        Self(world)
    }

    fn answer(period: u32) -> Answer {
        let total = total(Side::First, period);
        Answer {
            period,
            root: [3; 32],
            total: if period.is_multiple_of(2) {
                total
            } else {
                total / 2
            },
        }
    }
}

impl Case for Answers {
    fn chain(&self) -> &Chain {
        &self.0.chain
    }

    fn payer(&self) -> Pubkey {
        cranker()
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let authority = signer(&self.0.deal.first.authority);
        let job = AnswerStatements {
            accounts: accounts(&self.0),
            home: Side::First,
            authority: &authority,
            answers: (0..PERIODS).map(Self::answer).collect(),
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        for period in 0..PERIODS {
            let found: Statement = after.read(&self.0.deal.statement(Side::First, period));
            let state = found.state().expect("a state");
            let total = total(Side::First, period);
            if period.is_multiple_of(2) {
                assert_eq!((state, found.accepted), (StatementState::Matched, total));
            } else {
                assert_eq!(state, StatementState::Countered);
                assert_eq!(
                    (found.counter_root, found.counter_total),
                    ([3; 32], total / 2)
                );
            }
        }
        assert_eq!(events(&self.0, after), u64::from(PERIODS));
    }
}

/// Both directions are stated; one is accepted, and the other's time to answer is over.
pub struct Settlement(World);

impl Settlement {
    pub fn new() -> Self {
        let mut world = World::at(Stage::Funded, TokenProgram::Spl);
        for &home in Side::ALL {
            state_all(&mut world, home);
        }
        for period in 0..PERIODS {
            let accept = world.deal.accept_statement(Side::Second, period);
            world.chain.accept(accept);
        }
        world.chain.pass(STATEMENT_WINDOW);
        Self(world)
    }
}

impl Case for Settlement {
    fn chain(&self) -> &Chain {
        &self.0.chain
    }

    fn payer(&self) -> Pubkey {
        cranker()
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let job = SettlePeriods {
            accounts: accounts(&self.0),
            periods: (0..PERIODS).collect(),
            overdue: true,
            payer: self.payer(),
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        let mut net = 0;
        for period in 0..PERIODS {
            for &home in Side::ALL {
                let found: Statement = after.read(&self.0.deal.statement(home, period));
                assert_eq!(found.state().expect("a state"), StatementState::Settled);
                assert_eq!(found.paid, total(home, period));
            }
            net += total(Side::First, period) - total(Side::Second, period);
        }
        let agreement: Agreement = after.read(&self.0.deal.address);
        let balance = |side| agreement.books(side).balance;
        assert_eq!(balance(Side::First), DEPOSIT - net);
        assert!(agreement.fees > 0);
        assert_eq!(balance(Side::Second) + agreement.fees, DEPOSIT + net);
        assert_eq!(after.tokens(&self.0.deal.vault), 2 * DEPOSIT);
        // Each period, silence is taken for yes once, and settled once.
        assert_eq!(events(&self.0, after), 2 * u64::from(PERIODS));
    }
}
