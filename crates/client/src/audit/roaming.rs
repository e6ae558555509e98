//! The rules of roaming-escrow.

use std::collections::BTreeMap;

use roaming_escrow::{
    constants::MAX_FEE_BPS,
    state::{Agreement, Hub, Operator, Statement, StoredAgreementTerms},
};
use solana_pubkey::Pubkey;
use wayfare_program::scope::MAX_PAUSE;

use super::{
    Checks, Relation, Rule, Side, Sum, check_pause,
    reading::{Audited, Reading},
    vault::{Vault, check_plain_mint},
};
use crate::roaming::{
    account::RoamingEscrowAccount as Account,
    books::{self, AgreementPart, Books, expected_vault},
};

impl Audited for Account {
    fn counts_events(&self) -> bool {
        matches!(self, Self::Hub(_))
    }

    fn needs(&self) -> Vec<Pubkey> {
        match self {
            Self::Agreement(agreement) => vec![agreement.vault, agreement.mint],
            _ => vec![],
        }
    }
}

/// A hub, and what belongs to it.
pub(crate) struct HubAccounts<'a> {
    address: Pubkey,
    hub: &'a Hub,
    operators: Vec<(Pubkey, &'a Operator)>,
    agreements: Vec<AgreementAccounts<'a>>,
}

struct AgreementAccounts<'a> {
    address: Pubkey,
    state: &'a Agreement,
    statements: Vec<(Pubkey, &'a Statement)>,
}

/// A hub as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct HubAudit {
    pub state: Box<Hub>,
    /// What its agreements hold and owe, with everything that was checked of them.
    pub books: Books,
}

/// The hubs of a reading. What belongs to none of them, or to two, is a finding.
pub(crate) fn hubs<'a>(reading: &'a Reading<Account>, checks: &mut Checks) -> Vec<HubAccounts<'a>> {
    let accounts = &reading.accounts;
    let mut statements: BTreeMap<Pubkey, Vec<(Pubkey, &Statement)>> = BTreeMap::new();
    for (at, account) in accounts {
        if matches!(account, Account::Hub(_)) {
            continue;
        }
        checks.fact(
            Rule::AccountBelongs,
            at,
            stray(accounts, account),
            "a hub, operators and agreement that exist and agree",
        );
        if let Account::Statement(statement) = account {
            let of_agreement = statements.entry(statement.agreement).or_default();
            of_agreement.push((*at, statement));
        }
    }
    let mut hubs: BTreeMap<Pubkey, HubAccounts> = BTreeMap::new();
    for (at, account) in accounts {
        if let Account::Hub(hub) = account {
            hubs.insert(
                *at,
                HubAccounts {
                    address: *at,
                    hub,
                    operators: vec![],
                    agreements: vec![],
                },
            );
        }
    }
    for (at, account) in accounts {
        match account {
            Account::Operator(operator) => {
                if let Some(hub) = hubs.get_mut(&operator.hub) {
                    hub.operators.push((*at, operator));
                }
            }
            Account::Agreement(state) => {
                if let Some(hub) = hubs.get_mut(&state.hub) {
                    hub.agreements.push(AgreementAccounts {
                        address: *at,
                        state,
                        statements: statements.remove(at).unwrap_or_default(),
                    });
                }
            }
            Account::Hub(_) | Account::Statement(_) => {}
        }
    }
    hubs.into_values().collect()
}

/// Why an account belongs nowhere.
fn stray(accounts: &BTreeMap<Pubkey, Account>, account: &Account) -> Option<String> {
    let no_hub = |hub: &Pubkey| match accounts.get(hub) {
        Some(Account::Hub(_)) => None,
        _ => Some(format!("it belongs to {hub}, which is no hub")),
    };
    match account {
        Account::Hub(_) => None,
        Account::Operator(operator) => no_hub(&operator.hub),
        Account::Agreement(agreement) => {
            let no_party = |party: &Pubkey| match accounts.get(party) {
                Some(Account::Operator(operator)) if operator.hub == agreement.hub => None,
                Some(Account::Operator(operator)) => Some(format!(
                    "operator {party} is of hub {}, and it of {}",
                    operator.hub, agreement.hub
                )),
                _ => Some(format!("operator {party} does not exist")),
            };
            no_hub(&agreement.hub)
                .or_else(|| no_party(&agreement.first))
                .or_else(|| no_party(&agreement.second))
        }
        Account::Statement(statement) => match accounts.get(&statement.agreement) {
            Some(Account::Agreement(_)) => None,
            _ => Some(format!(
                "it belongs to {}, which is no agreement",
                statement.agreement
            )),
        },
    }
}

/// Checks a hub against everything that was read.
pub(crate) fn audit(reading: &Reading<Account>, accounts: &HubAccounts) -> HubAudit {
    let HubAccounts { address, hub, .. } = accounts;
    let agreements = accounts.agreements.iter().map(|agreement| {
        let state = agreement.state;
        let tokens = reading.others.get(&state.vault);
        AgreementPart {
            address: agreement.address,
            state,
            statements: agreement.statements.clone(),
            vault: Vault::read(tokens, &expected_vault(&agreement.address, state)),
        }
    });
    let mut books = books::books(
        address,
        &books::Parts {
            slot: reading.slot,
            hub,
            operators: accounts.operators.len(),
            agreements: agreements.collect(),
        },
    );
    let checks = &mut books.checks;
    check_fee(checks, address, hub.terms.fee_bps);
    check_keys(
        checks,
        address,
        &[
            ("authority", hub.scope.authority),
            ("arbiter", hub.terms.arbiter),
            ("guardian", hub.scope.guardian),
            ("treasury", hub.terms.treasury),
        ],
    );
    check_pause(
        checks,
        Rule::HubPauseEnds,
        address,
        hub.scope.paused_until,
        reading.time.saturating_add(MAX_PAUSE),
    );
    // That its other keys are set, an operator's decoding asks.
    for (at, operator) in &accounts.operators {
        check_keys(checks, at, &[("authority", operator.authority)]);
    }
    for agreement in &accounts.agreements {
        let state = agreement.state;
        check_plain_mint(
            checks,
            Rule::AgreementMintIsPlain,
            &expected_vault(&agreement.address, state),
            state.decimals,
            reading.others.get(&state.mint),
        );
        check_fee(checks, &agreement.address, state.fee_bps);
        // Before the first acceptance there are no terms.
        if state.require_accepted().is_ok() {
            check_terms(checks, &agreement.address, &state.terms);
        }
        for (at, statement) in &agreement.statements {
            check_terms(checks, at, &statement.terms);
        }
    }
    HubAudit {
        state: Box::new(**hub),
        books,
    }
}

fn check_keys(checks: &mut Checks, at: &Pubkey, keys: &[(&str, Pubkey)]) {
    let zero = keys.iter().find(|(_, key)| *key == Pubkey::default());
    checks.fact(
        Rule::HubKeysAreSet,
        at,
        zero.map(|(role, _)| format!("the {role} is the zero key")),
        "a key in every role",
    );
}

fn check_fee(checks: &mut Checks, at: &Pubkey, fee_bps: u16) {
    let sum = Sum {
        rule: Rule::HubFeeWithinCap,
        account: *at,
        left: Side::new("fee in basis points", fee_bps),
        relation: Relation::AtMost,
        right: Side::new("the cap of", MAX_FEE_BPS),
    };
    checks.amounts(&sum, Vec::new);
}

fn check_terms(checks: &mut Checks, at: &Pubkey, terms: &StoredAgreementTerms) {
    let fault = terms.get().unwrap_or_default().validate().err();
    checks.fact(
        Rule::AgreementTermsWork,
        at,
        fault.map(|error| format!("terms that the program refuses: {error}")),
        "terms under which every period ends",
    );
}

#[cfg(test)]
mod tests {
    use roaming_escrow::state::{AgreementState, Side as Party, StatementState};
    use wayfare_program::stored::Stored as _;

    use super::*;
    use crate::{
        audit::{
            fixture::{self, NOW, TOKEN, findings},
            roaming_escrow,
        },
        fake_chain::{FakeChain, no_faults},
        roaming::{
            account::{RoamingEscrowAccount as Any, encode, examples},
            address::PROGRAM,
        },
    };

    /// Two periods of the first side: one settled, one countered with 100 of 400 in dispute. 3 units were donated.
    struct Example {
        hub: Hub,
        operators: Vec<(Pubkey, Operator)>,
        agreement: Agreement,
        statements: Vec<Statement>,
        tokens: Vec<u8>,
        mint: Vec<u8>,
    }

    fn example() -> Example {
        let (address, mut agreement) = examples::agreement();
        let (_, mut settled) = examples::statement(Party::First, 0);
        settled.set_state(StatementState::Settled);
        (settled.accepted, settled.paid) = (400, 400);
        let (_, mut countered) = examples::statement(Party::First, 1);
        countered.set_state(StatementState::Countered);
        (countered.counter_total, countered.accepted) = (300, 300);
        let books = &mut agreement.first_books;
        (books.exposure, books.open_statements) = (400, 1);
        (books.next_period, books.next_record) = (2, 8);
        agreement.fees = 5;
        Example {
            hub: examples::hub().1,
            operators: examples::operators().to_vec(),
            tokens: fixture::token_account(&agreement.mint, &address, 2_008),
            mint: fixture::mint(agreement.decimals),
            agreement,
            statements: vec![settled, countered],
        }
    }

    fn chain(example: &Example) -> FakeChain {
        let chain = fixture::chain();
        let put = |at, account: Any| chain.put(at, PROGRAM, encode(&account));
        put(examples::hub().0, Any::Hub(Box::new(example.hub)));
        for (at, operator) in &example.operators {
            put(*at, Any::Operator(Box::new(operator.clone())));
        }
        let agreement = Any::Agreement(Box::new(example.agreement));
        put(examples::agreement().0, agreement);
        for statement in &example.statements {
            let (at, _) = examples::statement(statement.home().unwrap(), statement.period);
            put(at, Any::Statement(Box::new(*statement)));
        }
        chain.put(example.agreement.vault, TOKEN, example.tokens.clone());
        chain.put(example.agreement.mint, TOKEN, example.mint.clone());
        chain
    }

    fn found(change: impl FnOnce(&mut Example)) -> Vec<(Rule, Pubkey)> {
        let mut example = example();
        change(&mut example);
        let audit = roaming_escrow(&chain(&example).cluster(no_faults())).unwrap();
        findings(&audit.checks)
    }

    #[test]
    fn a_hub_that_balances() {
        let audit = roaming_escrow(&chain(&example()).cluster(no_faults())).unwrap();
        assert!(audit.checks.hold(), "{:?}", audit.checks.findings);
        assert_eq!(
            audit.accounts,
            [
                ("Hub", 1),
                ("Operator", 2),
                ("Agreement", 1),
                ("Statement", 2)
            ]
        );
        let agreement = &audit.books[0].books.agreements[0];
        assert_eq!((agreement.vault, agreement.surplus), (2_008, 3));
        let of_program = Rule::ALL.iter().filter(|rule| rule.id().starts_with("RE-"));
        for rule in of_program {
            assert!(audit.checks.tallies[rule].checked > 0, "{rule:?}");
        }
        assert_eq!(audit.checks.tallies[&Rule::AccountInPlace].checked, 6);
        assert_eq!(audit.checks.tallies[&Rule::AccountBelongs].checked, 5);
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let (hub, agreement) = (examples::hub().0, examples::agreement().0);
        let vault = examples::agreement().1.vault;
        let operator = examples::operators()[0].0;
        let statement = |period| examples::statement(Party::First, period).0;
        let cases: [(Rule, Pubkey, Change); 24] = [
            (Rule::VaultCoversBalances, agreement, |e| {
                e.tokens[64..72].copy_from_slice(&2_004u64.to_le_bytes());
            }),
            (Rule::ArrearsMeanNothing, agreement, |e| {
                e.agreement.second_books.arrears = 1;
            }),
            (Rule::ExposureIsSum, agreement, |e| {
                e.agreement.first_books.exposure += 1;
            }),
            (Rule::StatementIsBounded, statement(0), |e| {
                e.statements[0].paid = 399;
            }),
            (Rule::StatementsAreCounted, agreement, |e| {
                e.agreement.first_books.open_statements = 2;
            }),
            (Rule::LastIsReturned, agreement, |e| {
                e.agreement.first_books.returned = 1;
            }),
            (Rule::PeriodsHaveNoGap, agreement, |e| {
                e.agreement.second_books.next_period = 1;
            }),
            (Rule::RecordsAdjoin, agreement, |e| {
                e.agreement.first_books.next_record = 9;
            }),
            (Rule::VaultIsTheAgreements, vault, |e| e.tokens[32] ^= 1),
            (Rule::VaultIsTheAgreements, vault, |e| e.tokens[72] = 1),
            (Rule::AgreementVaultIsFree, vault, |e| e.tokens[108] = 2),
            (Rule::AgreementMintIsPlain, examples::MINT, |e| {
                e.mint[44] = 7
            }),
            (Rule::AgreementMintIsPlain, examples::MINT, |e| {
                e.mint.push(1)
            }),
            (Rule::HubFeeWithinCap, hub, |e| e.hub.terms.fee_bps = 101),
            (Rule::HubFeeWithinCap, agreement, |e| {
                e.agreement.fee_bps = 101
            }),
            (Rule::AgreementTermsWork, agreement, |e| {
                e.agreement.terms.dispute_window = 0;
            }),
            (Rule::AgreementTermsWork, agreement, |e| {
                e.agreement.terms.tolerance_bps = 10_001;
            }),
            (Rule::AgreementTermsWork, statement(1), |e| {
                e.statements[1].terms.statement_window = u32::MAX;
            }),
            (Rule::HubPauseEnds, hub, |e| {
                e.hub.scope.paused_until = NOW + MAX_PAUSE + 1;
            }),
            (Rule::HubKeysAreSet, hub, |e| {
                e.hub.terms.treasury = Pubkey::default()
            }),
            (Rule::HubKeysAreSet, hub, |e| {
                e.hub.scope.authority = Pubkey::default()
            }),
            (Rule::HubKeysAreSet, operator, |e| {
                e.operators[0].1.authority = Pubkey::default();
            }),
            (Rule::AccountInPlace, operator, |e| {
                e.operators[0].1.tadig = *b"XXXXX";
            }),
            (Rule::AccountInPlace, statement(0), |e| {
                e.statements[0].bump ^= 1
            }),
        ];
        for (rule, account, change) in cases {
            let mut found = found(change);
            // What is out of place is missing elsewhere.
            if rule == Rule::AccountInPlace {
                assert!(found.len() > 1, "{found:?}");
                found.truncate(1);
            }
            assert_eq!(found, [(rule, account)]);
        }
        assert_eq!(found(|e| e.hub.scope.paused_until = NOW + MAX_PAUSE), []);
        // An agreement that waits for its acceptance has no terms yet.
        assert_eq!(
            found(|e| {
                e.agreement = examples::agreement().1;
                e.agreement.state = AgreementState::Proposed.to_stored();
                e.agreement.terms = StoredAgreementTerms::default();
                e.statements.clear();
            }),
            []
        );
    }

    #[test]
    fn what_belongs_to_nothing() {
        let agreement = examples::agreement().0;
        let hub = examples::hub().0;
        assert_eq!(
            found(|e| {
                e.operators.remove(0);
            }),
            [(Rule::AccountBelongs, agreement)]
        );
        let without_hub = found(|e| e.hub.scope.bump ^= 1);
        let expected = [
            (Rule::AccountInPlace, hub),
            (Rule::AccountBelongs, agreement),
            (Rule::AccountBelongs, examples::operators()[0].0),
            (Rule::AccountBelongs, examples::operators()[1].0),
        ];
        assert_eq!(without_hub.len(), expected.len());
        assert!(expected.iter().all(|finding| without_hub.contains(finding)));
        let without_agreement = found(|e| e.agreement.bump ^= 1);
        assert_eq!(without_agreement.len(), 3, "{without_agreement:?}");
    }
}
