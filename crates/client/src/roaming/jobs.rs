//! Jobs of many transactions on one agreement: stating months, answering them, and settling what is due.
//!
//! Stating and settling are done in order of the periods, one transaction after the other: each changes what the next
//! one starts from.

use std::time::Duration;

use roaming_escrow::{
    errors::RoamingEscrowError,
    state::{Action, Agreement, Side, Statement, StatementArgs, StatementState},
};
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_sha256_hasher::hashv;
use solana_signer::Signer;

use super::{
    AgreementParts, StatementKey,
    instruction::{self, AgreementAccounts, StatementAccounts},
    settlement::Period,
    statements::overdue,
};
use crate::{
    bulk::{Assessment, Job, Verdict},
    cluster::Cluster,
    error::{ClientError, Refusal},
    journal::Binding,
};

/// How long an item waits for what must come before it.
const TURN: Duration = Duration::from_secs(1);

/// A statement to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewStatement {
    pub period: u32,
    pub args: StatementArgs,
}

/// The job of stating periods that follow each other: an item for each.
pub struct SubmitStatements<'a> {
    pub accounts: AgreementAccounts,
    /// Who pays.
    pub home: Side,
    /// Of the other side.
    pub authority: &'a dyn Signer,
    /// Pays the rent.
    pub payer: Pubkey,
    pub statements: Vec<NewStatement>,
}

impl SubmitStatements<'_> {
    /// What ties a journal to this job: the direction and the statements.
    pub fn binding(&self, genesis: Hash) -> Binding {
        let mut input = vec![self.home.byte()];
        for NewStatement { period, args } in &self.statements {
            input.extend(period.to_le_bytes());
            input.extend(args.root);
            for number in [args.records, args.first_record, args.total] {
                input.extend(number.to_le_bytes());
            }
        }
        binding("submit-statements", &self.accounts, &input, genesis)
    }

    fn assessment(
        &self,
        item: &NewStatement,
        agreement: &Agreement,
        found: Option<&Statement>,
    ) -> Assessment {
        if let Some(found) = found {
            let stated = StatementArgs {
                root: found.root,
                records: found.records,
                first_record: found.first_record,
                total: found.total,
            };
            return if stated == item.args {
                Assessment::Done
            } else {
                Assessment::Impossible("the period is stated already, and otherwise".to_owned())
            };
        }
        let next = agreement.books(self.home).next_period;
        if item.period < next {
            return Assessment::Impossible("its statement was closed".to_owned());
        }
        Assessment::Due {
            instructions: vec![instruction::submit_statement(
                &self.accounts,
                self.payer,
                self.authority.pubkey(),
                self.home,
                item.period,
                item.args,
            )],
            progress: next.into(),
        }
    }
}

impl Job for SubmitStatements<'_> {
    fn len(&self) -> usize {
        self.statements.len()
    }

    fn name(&self, item: usize) -> String {
        match self.statements.get(item) {
            Some(statement) => format!("period {}", statement.period),
            None => format!("item {item}"),
        }
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let items: Vec<&NewStatement> = items
            .iter()
            .filter_map(|item| self.statements.get(*item))
            .collect();
        let keys: Vec<StatementKey> = items
            .iter()
            .map(|item| StatementKey {
                home: self.home,
                period: item.period,
            })
            .collect();
        let AgreementParts {
            agreement,
            statements,
        } = cluster.agreement_parts(&self.accounts.agreement, &keys, min_slot)?;
        Ok(items
            .into_iter()
            .zip(&statements)
            .map(|(item, found)| self.assessment(item, &agreement, found.as_ref()))
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![self.authority]
    }

    fn judge(
        &self,
        cluster: &Cluster,
        item: usize,
        refusal: &Refusal,
    ) -> Result<Verdict, ClientError> {
        use RoamingEscrowError as E;
        // The one before it expired, and is sent again first.
        if refusal.is_any([E::WrongPeriod, E::WrongFirstRecord]) {
            let next = cluster
                .state::<Agreement>(&self.accounts.agreement)?
                .books(self.home)
                .next_period;
            let waits = self.statements.iter().any(|other| other.period == next)
                && self
                    .statements
                    .get(item)
                    .is_some_and(|statement| statement.period > next);
            return Ok(match waits {
                true => Verdict::Wait(TURN),
                false => Verdict::Fail,
            });
        }
        // Nothing that follows can be stated either.
        let stops = [
            E::NotRestated,
            E::InArrears,
            E::AgreementClosed,
            E::NotAccepted,
        ];
        Ok(match refusal.is_any(stops) {
            true => Verdict::Stop,
            false => Verdict::Fail,
        })
    }
}

/// What the home network's own book says of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub period: u32,
    /// Root of its own records; all zero without any.
    pub root: [u8; 32],
    /// What they add up to, in base units.
    pub total: u64,
}

impl Answer {
    /// What is done with a statement: one that asks for no more than the own book is accepted, any other countered. The
    /// program then judges whether the difference is within the tolerance.
    pub fn action(&self, statement: &Statement) -> Action {
        if self.total >= statement.total {
            Action::Accept
        } else {
            Action::Counter
        }
    }

    /// The instruction for that.
    pub fn instruction(
        &self,
        accounts: &StatementAccounts,
        statement: &Statement,
        authority: Pubkey,
    ) -> solana_instruction::Instruction {
        match self.action(statement) {
            Action::Accept => instruction::accept_statement(accounts, authority),
            _ => instruction::counter_statement(accounts, authority, self.root, self.total),
        }
    }
}

/// The job of answering statements from the home network's own book: an item for each period.
pub struct AnswerStatements<'a> {
    pub accounts: AgreementAccounts,
    /// Who answers, and pays.
    pub home: Side,
    /// Of that side.
    pub authority: &'a dyn Signer,
    pub answers: Vec<Answer>,
}

impl AnswerStatements<'_> {
    /// What ties a journal to this job: the direction and the answers.
    pub fn binding(&self, genesis: Hash) -> Binding {
        let mut input = vec![self.home.byte()];
        for answer in &self.answers {
            input.extend(answer.period.to_le_bytes());
            input.extend(answer.root);
            input.extend(answer.total.to_le_bytes());
        }
        binding("answer-statements", &self.accounts, &input, genesis)
    }

    fn assessment(&self, answer: &Answer, found: Option<&Statement>, now: i64) -> Assessment {
        let Some(statement) = found else {
            return Assessment::Impossible("the period is not stated yet".to_owned());
        };
        match statement.state() {
            Ok(StatementState::Stated) if now < statement.answer_by => {}
            Ok(StatementState::Stated) => {
                return Assessment::Impossible(
                    "the time to answer is over: it counts as accepted".to_owned(),
                );
            }
            Ok(StatementState::Returned) => {
                return Assessment::Impossible(
                    "it is returned, and waits to be restated".to_owned(),
                );
            }
            _ => return Assessment::Done,
        }
        let accounts = StatementAccounts {
            agreement: self.accounts,
            home: self.home,
            period: answer.period,
        };
        Assessment::Due {
            instructions: vec![answer.instruction(&accounts, statement, self.authority.pubkey())],
            progress: statement.stated_at.unsigned_abs(),
        }
    }
}

impl Job for AnswerStatements<'_> {
    fn len(&self) -> usize {
        self.answers.len()
    }

    fn name(&self, item: usize) -> String {
        match self.answers.get(item) {
            Some(answer) => format!("period {}", answer.period),
            None => format!("item {item}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let answers: Vec<&Answer> = items
            .iter()
            .filter_map(|item| self.answers.get(*item))
            .collect();
        let keys: Vec<StatementKey> = answers
            .iter()
            .map(|answer| StatementKey {
                home: self.home,
                period: answer.period,
            })
            .collect();
        let found = cluster
            .agreement_parts(&self.accounts.agreement, &keys, min_slot)?
            .statements;
        let now = cluster.unix_time()?;
        Ok(answers
            .into_iter()
            .zip(&found)
            .map(|(answer, found)| self.assessment(answer, found.as_ref(), now))
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![self.authority]
    }
}

/// The job of bringing periods on as far as anyone can: an item for each. Who pays the fees gets nothing for it.
pub struct SettlePeriods {
    pub accounts: AgreementAccounts,
    pub periods: Vec<u32>,
    /// Whether silence is taken for what the terms say it means, before what is payable is settled.
    pub overdue: bool,
    /// Pays the fees.
    pub payer: Pubkey,
}

impl SettlePeriods {
    /// What ties a journal to this job: the agreement. What is due comes from the chain.
    pub fn binding(&self, genesis: Hash) -> Binding {
        let input = [u8::from(self.overdue)];
        binding("settle-periods", &self.accounts, &input, genesis)
    }

    fn assessment(
        &self,
        agreement: &Agreement,
        number: u32,
        period: &Period,
        now: i64,
    ) -> Assessment {
        let mut instructions = Vec::new();
        let mut progress = 0u64;
        for &home in Side::ALL {
            let Some(statement) = period.statement(home) else {
                continue;
            };
            progress = progress
                .wrapping_mul(8)
                .wrapping_add(u64::from(statement.state))
                .wrapping_add(statement.paid);
            let action = overdue(agreement, statement, now).filter(|_| self.overdue);
            let accounts = StatementAccounts {
                agreement: self.accounts,
                home,
                period: number,
            };
            instructions.extend(
                action.and_then(|action| instruction::overdue(&accounts, self.payer, action)),
            );
        }
        let then = if self.overdue {
            period.after_overdue(agreement, now)
        } else {
            *period
        };
        if then.is_payable() {
            let stated = |home| period.statement(home).is_some();
            instructions.push(instruction::settle(&self.accounts, number, stated));
        }
        if instructions.is_empty() {
            return Assessment::Done;
        }
        Assessment::Due {
            instructions,
            progress,
        }
    }
}

impl Job for SettlePeriods {
    fn len(&self) -> usize {
        self.periods.len()
    }

    fn name(&self, item: usize) -> String {
        match self.periods.get(item) {
            Some(period) => format!("period {period}"),
            None => format!("item {item}"),
        }
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let numbers: Vec<u32> = items
            .iter()
            .filter_map(|item| self.periods.get(*item).copied())
            .collect();
        let keys: Vec<StatementKey> = numbers
            .iter()
            .flat_map(|period| {
                [Side::First, Side::Second].map(|home| StatementKey {
                    home,
                    period: *period,
                })
            })
            .collect();
        let AgreementParts {
            agreement,
            statements,
        } = cluster.agreement_parts(&self.accounts.agreement, &keys, min_slot)?;
        let now = cluster.unix_time()?;
        Ok(numbers
            .into_iter()
            .zip(statements.chunks(Side::ALL.len()))
            .map(|(number, both)| {
                let statement = |at: usize| both.get(at).copied().flatten();
                let period = Period {
                    first: statement(0),
                    second: statement(1),
                };
                self.assessment(&agreement, number, &period, now)
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![]
    }

    fn judge(
        &self,
        _cluster: &Cluster,
        _item: usize,
        refusal: &Refusal,
    ) -> Result<Verdict, ClientError> {
        use RoamingEscrowError as E;
        // The cluster's clock stood a moment before what it was read at, or somebody else was faster.
        let waits = [E::TooEarly, E::WrongState, E::NothingToSettle];
        Ok(match refusal.is_any(waits) {
            true => Verdict::Wait(TURN),
            false => Verdict::Fail,
        })
    }
}

fn binding(job: &str, accounts: &AgreementAccounts, input: &[u8], genesis: Hash) -> Binding {
    Binding {
        job: job.to_owned(),
        input: hashv(&[input]).to_bytes(),
        network: accounts.agreement,
        genesis,
    }
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;
    use crate::{
        fake_chain::{FakeChain, no_faults},
        roaming::{
            account::{RoamingEscrowAccount as Any, encode, examples},
            address::PROGRAM,
        },
    };

    fn named(data: &[u8]) -> &'static str {
        let interface = crate::interface::Interface::of(&PROGRAM).unwrap();
        interface.instruction(data).unwrap()
    }

    fn accounts() -> AgreementAccounts {
        let (at, state) = examples::agreement();
        AgreementAccounts::of(at, &state)
    }

    fn chain(agreement: Agreement, statements: &[Statement]) -> FakeChain {
        let chain = FakeChain::default();
        let put = |at, account: Any| chain.put(at, PROGRAM, encode(&account));
        let (at, _) = examples::agreement();
        put(at, Any::Agreement(Box::new(agreement)));
        for statement in statements {
            let (at, _) = examples::statement(statement.home().unwrap(), statement.period);
            put(at, Any::Statement(Box::new(*statement)));
        }
        chain
    }

    fn names(assessment: &Assessment) -> Vec<&'static str> {
        match assessment {
            Assessment::Due { instructions, .. } => instructions
                .iter()
                .map(|instruction| named(&instruction.data))
                .collect(),
            Assessment::Done => vec!["done"],
            Assessment::Impossible(_) => vec!["impossible"],
        }
    }

    #[test]
    fn what_is_left_to_be_stated() {
        let (_, mut agreement) = examples::agreement();
        agreement.second_books.next_period = 2;
        let (_, stated) = examples::statement(Side::Second, 1);
        let args = StatementArgs {
            root: stated.root,
            records: stated.records,
            first_record: stated.first_record,
            total: stated.total,
        };
        let other = StatementArgs { total: 1, ..args };
        let authority = Keypair::new();
        let job = |args| SubmitStatements {
            accounts: accounts(),
            home: Side::Second,
            authority: &authority,
            payer: authority.pubkey(),
            statements: [0, 1, 2]
                .map(|period| NewStatement { period, args })
                .to_vec(),
        };
        let cluster = chain(agreement, &[stated]).cluster(no_faults());
        let assess = |args| -> Vec<_> {
            let found = job(args).assess(&cluster, &[0, 1, 2], None).unwrap();
            found.iter().flat_map(names).collect()
        };
        assert_eq!(assess(args), ["impossible", "done", "submit_statement"]);
        assert_eq!(
            assess(other),
            ["impossible", "impossible", "submit_statement"]
        );
        let hash = Hash::default();
        assert_ne!(job(args).binding(hash), job(other).binding(hash));
    }

    #[test]
    fn answers_from_the_own_book() {
        let (_, statement) = examples::statement(Side::First, 0);
        let answer = |total| Answer {
            period: 0,
            root: [3; 32],
            total,
        };
        for (total, action) in [
            (401, Action::Accept),
            (400, Action::Accept),
            (399, Action::Counter),
        ] {
            assert_eq!(answer(total).action(&statement), action);
        }
        let authority = Keypair::new();
        let job = AnswerStatements {
            accounts: accounts(),
            home: Side::First,
            authority: &authority,
            answers: vec![answer(399)],
        };
        let assess = |found: Option<&Statement>, now| {
            names(&job.assessment(&answer(399), found, now)).join(" ")
        };
        assert_eq!(assess(None, 0), "impossible");
        assert_eq!(assess(Some(&statement), 1_099), "counter_statement");
        assert_eq!(assess(Some(&statement), 1_100), "impossible");
        let mut answered = statement;
        answered.set_state(StatementState::Matched);
        assert_eq!(assess(Some(&answered), 1_100), "done");
        answered.set_state(StatementState::Returned);
        assert_eq!(assess(Some(&answered), 1_000), "impossible");
    }

    #[test]
    fn what_is_due_of_a_period() {
        let (_, agreement) = examples::agreement();
        let (_, stated) = examples::statement(Side::First, 0);
        let (_, mut matched) = examples::statement(Side::Second, 0);
        matched.set_state(StatementState::Matched);
        let job = |overdue| SettlePeriods {
            accounts: accounts(),
            periods: vec![0],
            overdue,
            payer: examples::key(9),
        };
        let both = Period {
            first: Some(stated),
            second: Some(matched),
        };
        let one = Period {
            first: None,
            second: Some(matched),
        };
        let due = |overdue, period: &Period, now| {
            names(&job(overdue).assessment(&agreement, 0, period, now)).join(" ")
        };
        assert_eq!(due(true, &both, 1_099), "done");
        assert_eq!(due(false, &both, 1_100), "done");
        assert_eq!(due(true, &both, 1_100), "deem_accepted settle");
        assert_eq!(due(false, &one, 0), "settle");
        // Read from the chain, it is the same.
        let chain = chain(agreement, &[matched]);
        let sysvar = solana_sdk_ids::sysvar::clock::ID;
        chain.put(sysvar, solana_sdk_ids::sysvar::ID, vec![0; 40]);
        let cluster = chain.cluster(no_faults());
        let found = job(false).assess(&cluster, &[0], None).unwrap();
        assert_eq!(names(&found[0]), ["settle"]);
    }
}
