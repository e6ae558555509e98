//! Random lives of an agreement and its statements.
//!
//! [`reference`] is the model: what should happen, in wide integers and without a line of the program. [`system`] lets
//! the same happen on a chain, and compares outcomes and the whole state after each step. At the end everybody but one
//! side stops, and that side gets out alone what is its own.

mod reference;
mod system;

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::test_runner::{Config, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use self::reference::Reference;
use self::system::Life;
use super::{CASES, STEPS, from_environment};

/// What happened how often, over all lives: `refund accepted`, `refund refused: WrongState` and so on.
static SEEN: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

#[test]
fn random_lives() {
    let cases = from_environment("WAYFARE_MODEL_CASES", CASES);
    let steps = from_environment("WAYFARE_MODEL_STEPS", STEPS);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let strategy = Reference::sequential_strategy(steps / 2..=steps);
    let result = TestRunner::new(config.clone()).run(&strategy, |(initial, ops, seen)| {
        Life::test_sequential(config.clone(), initial, ops, seen);
        Ok(())
    });
    if let Err(TestError::Fail(why, (_, ops, _))) = result {
        panic!("{why}\nafter {ops:#?}");
    }
    result.expect("no case was rejected");

    let seen = SEEN.lock().unwrap();
    println!("{seen:#?}");
    // A model that never gets anywhere would agree with anything.
    if u64::from(cases) * steps as u64 >= 5_000 {
        for kind in reference::KINDS {
            let happened = |outcome: &str| {
                let what = format!("{kind} {outcome}");
                seen.keys().any(|seen| seen.starts_with(&what))
            };
            assert!(happened("accepted"), "never accepted: {kind}");
            assert!(
                happened("refused") || reference::NEVER_REFUSED.contains(&kind),
                "never refused: {kind}"
            );
        }
    }
}
