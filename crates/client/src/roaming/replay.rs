//! An agreement's history against both operators' books: what its events say happened is done once more by
//! [`wayfare_core::roaming::settlement`], which has the rules a second time and the amounts from the books alone.

use std::collections::{BTreeMap, BTreeSet};

use roaming_escrow::state::{self, Action, Agreement, Statement, StatementState};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::roaming::settlement::{
    Answer, Decision, Ledger, Rules, SettlementError, Side, StatementId, Step, Words,
};

use super::event::Event;
use crate::{
    cluster::Cluster,
    error::{ClientError, InputError, RpcTrouble},
};

/// Transactions of an agreement that are read at most: a hundred years of months, with everything that can be done to each.
const MAX_TRANSACTIONS: usize = 100_000;

/// A side of the program as the independent computation has it.
pub fn side(side: state::Side) -> Side {
    match side {
        state::Side::First => Side::First,
        state::Side::Second => Side::Second,
    }
}

/// Every event of an agreement, in order.
///
/// # Errors
///
/// [`InputError::Other`] for an event that cannot be read: without it the rest tells another story.
pub fn history(cluster: &Cluster, agreement: &Pubkey) -> Result<Vec<Event>, ClientError> {
    let signatures = cluster.signatures(agreement, None, MAX_TRANSACTIONS)?;
    if signatures.len() >= MAX_TRANSACTIONS {
        return Err(RpcTrouble::Behind {
            request: "getSignaturesForAddress".to_owned(),
            reason: format!("more than {MAX_TRANSACTIONS} transactions name the agreement"),
        }
        .into());
    }
    let mut events = Vec::new();
    for info in signatures.into_iter().filter(|info| !info.has_failed) {
        for event in cluster.events::<Event>(&info.signature)? {
            let event = event.map_err(|error| {
                InputError::Other(format!("transaction {}: {error}", info.signature))
            })?;
            events.push(event);
        }
    }
    events.sort_by_key(Event::sequence);
    Ok(events)
}

/// Something that the books and the chain say differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub what: String,
    /// By the books, in base units where it is an amount.
    pub books: String,
    /// By the chain.
    pub chain: String,
}

/// What the books come to, by what happened. Amounts are base units.
#[derive(Clone, Debug)]
pub struct Replay {
    pub ledger: Ledger,
    /// The hub's fees that were collected.
    pub collected: u128,
    /// What did not go together on the way.
    pub differences: Vec<Difference>,
    stated: BTreeSet<StatementId>,
}

/// Does once more what the events say, with the amounts that the books say.
///
/// # Errors
///
/// [`InputError::Other`] for a step that the rules do not allow, or that books cannot tell: a statement that lapsed.
pub fn replay(
    agreement: &Pubkey,
    rules: Rules,
    words: BTreeMap<StatementId, Words>,
    events: &[Event],
) -> Result<Replay, InputError> {
    let mut replay = Replay {
        ledger: Ledger::new(rules, words),
        collected: 0,
        differences: vec![],
        stated: BTreeSet::new(),
    };
    for event in events {
        replay
            .take(agreement, event)
            .map_err(|error| InputError::Other(format!("event {}: {error}", event.sequence())))?;
    }
    Ok(replay)
}

impl Replay {
    fn take(&mut self, agreement: &Pubkey, event: &Event) -> Result<(), String> {
        match event {
            Event::Deposited(event) if event.agreement == *agreement => self.step(Step::Deposit {
                side: side(event.side),
                amount: event.amount,
            }),
            Event::Withdrawn(event) if event.agreement == *agreement => self.step(Step::Withdraw {
                side: side(event.side),
                amount: event.amount,
            }),
            Event::VoucherRedeemed(event) if event.agreement == *agreement => {
                self.step(Step::Voucher {
                    statement: (side(event.home), event.period),
                    cumulative: event.cumulative,
                })
            }
            Event::FeesCollected(event) if event.agreement == *agreement => {
                self.collected = self.collected.saturating_add(event.amount.into());
                Ok(())
            }
            Event::UsageStated(event) if event.agreement == *agreement => {
                let id = (side(event.home), event.period);
                self.stated.insert(id);
                let stated = self.words(id)?.stated;
                self.compare(
                    || format!("total of period {}, {:?} side", id.1, id.0),
                    stated.into(),
                    event.usage.total.into(),
                );
                Ok(())
            }
            Event::StatementChanged(event) if event.agreement == *agreement => {
                let id = (side(event.home), event.period);
                self.answer(id, event.action, event.counter_total, event.award)
            }
            Event::PeriodSettled(event) if event.agreement == *agreement => {
                let open = |side: Side| {
                    let id = (side, event.period);
                    let outcome = self.ledger.statements().get(&id);
                    (self.stated.contains(&id) && outcome.is_some_and(|outcome| !outcome.settled))
                        .then_some(event.period)
                };
                let (first, second) = (open(Side::First), open(Side::Second));
                let netting = self
                    .ledger
                    .apply(Step::Settle { first, second })
                    .map_err(|error| error.to_string())?;
                let Some(netting) = netting else {
                    return Ok(());
                };
                let period = event.period;
                for (what, books, chain) in [
                    ("moved in", netting.moved, event.netting.moved),
                    ("fee of", netting.fee, event.netting.fee),
                    ("arrears after", netting.arrears, event.netting.arrears),
                ] {
                    self.compare(
                        || format!("{what} the settlement of period {period}"),
                        books,
                        chain.into(),
                    );
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        self.ledger
            .apply(step)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    fn words(&self, id: StatementId) -> Result<Words, String> {
        self.ledger
            .statements()
            .get(&id)
            .map(|outcome| outcome.words)
            .ok_or_else(|| SettlementError::NoStatement(id).to_string())
    }

    fn answer(
        &mut self,
        id: StatementId,
        action: Action,
        counter_total: u64,
        award: u64,
    ) -> Result<(), String> {
        let decision = match action {
            // Whoever accepts, or is silent, gives in about what the own book says.
            Action::Accept | Action::DeemAccepted => {
                let outcome = self.ledger.statements().get(&id);
                let gives_in = outcome.is_some_and(|outcome| outcome.answer == Answer::Dispute);
                gives_in.then_some(Decision::HomeConcedes)
            }
            Action::Counter => {
                let own = self.words(id)?.own;
                self.compare(
                    || format!("counter of period {}, {:?} side", id.1, id.0),
                    own.into(),
                    counter_total.into(),
                );
                None
            }
            Action::ConcedeAll => Some(Decision::HomeConcedes),
            Action::ConcedeNone => Some(Decision::VisitedConcedes),
            Action::Award => Some(Decision::Award(award)),
            Action::AwardByDefault => Some(Decision::Default),
            Action::Lapse => {
                return Err(format!(
                    "period {} of the {:?} side lapsed: the books cannot tell that",
                    id.1, id.0
                ));
            }
            Action::Return | Action::Restate | Action::Settle | Action::Close => None,
        };
        match decision {
            Some(decision) => self.step(Step::Decide {
                statement: id,
                decision,
            }),
            None => Ok(()),
        }
    }

    fn compare(&mut self, what: impl Fn() -> String, books: u128, chain: u128) {
        if books != chain {
            self.differences.push(Difference {
                what: what(),
                books: books.to_string(),
                chain: chain.to_string(),
            });
        }
    }

    /// Holds what the books come to against the accounts: balances, arrears, fees, and each statement that exists.
    pub fn check(&mut self, agreement: &Agreement, statements: &[(Pubkey, Statement)]) {
        let sides = [state::Side::First, state::Side::Second].map(|side| agreement.books(side));
        let [first, second] = self.ledger.balances();
        let [first_arrears, second_arrears] = self.ledger.arrears();
        let [one, other] = sides;
        let fees = u128::from(agreement.fees).saturating_add(self.collected);
        let all_fees = self.ledger.fees();
        for (what, books, chain) in [
            ("balance of the first side", first, one.balance.into()),
            ("balance of the second side", second, other.balance.into()),
            (
                "arrears of the first side",
                first_arrears,
                one.arrears.into(),
            ),
            (
                "arrears of the second side",
                second_arrears,
                other.arrears.into(),
            ),
            ("fees so far", all_fees, fees),
        ] {
            self.compare(|| what.to_owned(), books, chain);
        }
        for (_, statement) in statements {
            let Ok(home) = statement.home() else { continue };
            let id = (side(home), statement.period);
            let Some(outcome) = self.ledger.statements().get(&id).copied() else {
                continue;
            };
            let is_decided = !matches!(
                statement.state(),
                Ok(StatementState::Stated | StatementState::Returned)
            );
            let name = |what: &str| format!("{what} of period {}, {:?} side", id.1, id.0);
            self.compare(
                || name("total"),
                outcome.words.stated.into(),
                statement.total.into(),
            );
            if is_decided {
                self.compare(
                    || name("accepted"),
                    outcome.owed.into(),
                    statement.accepted.into(),
                );
            }
            self.compare(|| name("paid"), outcome.paid, statement.paid.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use roaming_escrow::{
        events::{
            Balances, Deposited, PeriodSettled, StatementChanged, UsageStated, VoucherRedeemed,
        },
        state::{Netting, StatementArgs},
    };

    use super::*;
    use crate::roaming::account::examples;

    const RULES: Rules = Rules {
        tolerance_bps: 100,
        default_award_bps: 5_000,
        fee_bps: 100,
    };

    fn balances() -> Balances {
        // Not looked at.
        Balances {
            first: 0,
            second: 0,
            first_arrears: 0,
            second_arrears: 0,
            fees: 0,
            vault: 0,
        }
    }

    fn words() -> BTreeMap<StatementId, Words> {
        let words = |stated, own| Words { stated, own };
        BTreeMap::from([
            ((Side::First, 0), words(1_000, 900)),
            ((Side::Second, 0), words(400, 500)),
        ])
    }

    fn deposited(sequence: u64, side: state::Side, amount: u64) -> Event {
        Event::Deposited(Deposited {
            hub: examples::hub().0,
            sequence,
            agreement: examples::agreement().0,
            side,
            amount,
            balances: balances(),
        })
    }

    fn stated(sequence: u64, home: state::Side, total: u64, vouchers: u64) -> Event {
        Event::UsageStated(UsageStated {
            hub: examples::hub().0,
            sequence,
            agreement: examples::agreement().0,
            home,
            period: 0,
            usage: StatementArgs {
                root: [1; 32],
                records: 1,
                first_record: 0,
                total,
            },
            vouchers,
            answer_by: 0,
        })
    }

    fn changed(
        sequence: u64,
        home: state::Side,
        action: Action,
        counter_total: u64,
        award: u64,
    ) -> Event {
        Event::StatementChanged(StatementChanged {
            hub: examples::hub().0,
            sequence,
            agreement: examples::agreement().0,
            home,
            period: 0,
            action,
            by: examples::key(1),
            total: 0,
            counter_root: [0; 32],
            counter_total,
            award,
            accepted: 0,
        })
    }

    fn settled(sequence: u64, moved: u64, fee: u64) -> Event {
        Event::PeriodSettled(PeriodSettled {
            hub: examples::hub().0,
            sequence,
            agreement: examples::agreement().0,
            period: 0,
            netting: Netting {
                first_owed: 0,
                second_owed: 0,
                payer: state::Side::First,
                moved,
                fee,
                arrears: 0,
            },
            balances: balances(),
        })
    }

    /// The first side pays 900 of 1,000, 100 of it by a voucher, against 400; then the arbiter gives 60 of the rest.
    fn events() -> Vec<Event> {
        use state::Side::{First, Second};
        vec![
            deposited(1, First, 5_000),
            deposited(2, Second, 2_000),
            Event::VoucherRedeemed(VoucherRedeemed {
                hub: examples::hub().0,
                sequence: 3,
                agreement: examples::agreement().0,
                home: First,
                period: 0,
                cumulative: 100,
                amount: 100,
                balances: balances(),
            }),
            stated(4, First, 1_000, 100),
            stated(5, Second, 400, 0),
            changed(6, First, Action::Counter, 900, 0),
            changed(7, Second, Action::Accept, 0, 0),
            settled(8, 400, 4),
            changed(9, First, Action::Award, 900, 60),
            settled(10, 60, 0),
        ]
    }

    fn agreement() -> Agreement {
        let (_, mut agreement) = examples::agreement();
        (
            agreement.first_books.balance,
            agreement.second_books.balance,
        ) = (4_440, 2_556);
        agreement.fees = 4;
        agreement
    }

    fn run(events: &[Event], agreement: &Agreement) -> Result<Vec<Difference>, InputError> {
        let mut replay = replay(&examples::agreement().0, RULES, words(), events)?;
        replay.check(agreement, &[]);
        Ok(replay.differences)
    }

    #[test]
    fn what_happened_is_what_the_books_say() {
        assert_eq!(run(&events(), &agreement()), Ok(vec![]));
        // Events of another agreement of the hub are not looked at.
        let mut more = events();
        if let Event::Deposited(mut other) = deposited(11, state::Side::First, 1) {
            other.agreement = examples::key(99);
            more.push(Event::Deposited(other));
        }
        assert_eq!(run(&more, &agreement()), Ok(vec![]));
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let mut agreement_off = agreement();
        agreement_off.second_books.balance += 1;
        let found = run(&events(), &agreement_off).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].books.as_str(), found[0].chain.as_str()),
            ("2556", "2557")
        );
        let mut other = events();
        other[3] = stated(4, state::Side::First, 1_001, 100);
        assert_eq!(run(&other, &agreement()).unwrap().len(), 1);
        other = events();
        other[5] = changed(6, state::Side::First, Action::Counter, 899, 0);
        assert_eq!(run(&other, &agreement()).unwrap().len(), 1);
        other = events();
        other[7] = settled(8, 401, 4);
        assert_eq!(run(&other, &agreement()).unwrap().len(), 1);
        other = events();
        other[8] = changed(9, state::Side::First, Action::Award, 900, 101);
        assert!(run(&other, &agreement()).is_err());
        other[8] = changed(9, state::Side::First, Action::Lapse, 0, 0);
        assert!(run(&other, &agreement()).is_err());
    }

    #[test]
    fn silence_is_agreement_whatever_the_own_book_says() {
        let mut silent = events();
        silent[5] = changed(6, state::Side::First, Action::DeemAccepted, 0, 0);
        silent[7] = settled(8, 500, 5);
        silent.truncate(8);
        let mut agreement = agreement();
        (
            agreement.first_books.balance,
            agreement.second_books.balance,
        ) = (4_400, 2_595);
        agreement.fees = 5;
        assert_eq!(run(&silent, &agreement), Ok(vec![]));
    }
}
