//! How random lives are tried, the same for each program.
//!
//! 1. What once failed is lived again: every file in `regressions/`.
//! 2. Lives from fixed seeds: the same for everybody. They must have seen every operation carried out and refused, and
//!    every deadline decide, a second before it and at it.
//! 3. Lives from fresh seeds, until the time is over.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic;
use std::str::FromStr;
use std::sync::Once;
use std::time::{Duration, Instant};

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wayfare_tests::chain::{Accepted, Refused};
use wayfare_tests::checkout;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::token::TokenProgram;

use crate::noting::Beside;

/// Lives from fixed seeds: 0, 1, 2, …
const CASES: u64 = 64;

/// Most steps of a life. It has at least half as many.
const STEPS: usize = 120;

/// How long lives are tried in all.
const SECONDS: u64 = 60;

/// Most milliseconds for making a life that failed shorter.
const SHRINKING: u32 = 60_000;

type Model<S> = <<S as StateMachineTest>::Reference as ReferenceStateMachine>::State;
type Op<S> = <<S as StateMachineTest>::Reference as ReferenceStateMachine>::Transition;

/// A program with a model of it.
pub trait Subject:
    StateMachineTest<Reference: ReferenceStateMachine<Transition: Serialize + DeserializeOwned>>
{
    const NAME: &'static str;
    /// Names of the operations.
    const KINDS: &'static [&'static str];
    /// Those that anybody may do at any time.
    const NEVER_REFUSED: &'static [&'static str];
    /// Deadlines, as the model names them to [`Beside`].
    const DEADLINES: &'static [&'static str];

    /// The model of the beginning.
    fn begin(token: TokenProgram) -> Model<Self>;

    fn token(model: &Model<Self>) -> TokenProgram;
}

/// An amount as programs have it.
pub fn narrow(amount: u128) -> u64 {
    u64::try_from(amount).expect("the model stays small")
}

/// An instant as programs have it.
pub fn time(time: i128) -> i64 {
    i64::try_from(time).expect("the model stays in this age")
}

/// A life that failed: what is needed to live it again, whatever becomes of the generators.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<Op> {
    /// What failed, for people.
    about: String,
    token: TokenProgram,
    ops: Vec<Op>,
}

impl<Op: Serialize> Case<Op> {
    /// An operation in a line.
    fn text(&self) -> String {
        let ops: Vec<String> = self.ops.iter().map(json).collect();
        format!(
            "{{\n  \"about\": {},\n  \"token\": {},\n  \"ops\": [\n    {}\n  ]\n}}\n",
            json(&self.about),
            json(&self.token),
            ops.join(",\n    ")
        )
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

thread_local! {
    /// What happened how often: `refund accepted`, `refund refused: WrongState` and so on.
    static SEEN: RefCell<BTreeMap<String, u32>> = const { RefCell::new(BTreeMap::new()) };

    /// Whether there is a [`Quiet`].
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn saw(what: String) {
    SEEN.with_borrow_mut(|seen| *seen.entry(what).or_default() += 1);
}

/// Notes an operation that sends nothing.
pub fn happened(kind: &str) {
    saw(format!("{kind} accepted"));
}

/// Holds what the chain did against what the model allows, and notes it. `last` is the number of the transaction's last
/// instruction, which is the one that may be refused.
pub fn judge(
    kind: &str,
    op: &impl Debug,
    reasons: &[Refusal],
    beside: &[Beside],
    last: usize,
    result: Result<Accepted, Refused>,
) {
    match result {
        Ok(_) => {
            assert!(reasons.is_empty(), "{op:?} accepted, despite {reasons:?}");
            happened(kind);
        }
        Err(refused) => {
            let why = reasons
                .iter()
                .find(|reason| reason.is(&refused.error, last))
                .unwrap_or_else(|| {
                    panic!(
                        "{op:?} refused with {:?}, where {reasons:?} were due\n{}",
                        refused.error,
                        refused.logs.join("\n")
                    )
                });
            saw(format!("{kind} refused: {why}"));
        }
    }
    // A deadline decided if nothing else did.
    for beside in beside {
        if reasons.len() == usize::from(beside.refused) {
            saw(instant(beside.deadline, beside.seconds));
        }
    }
}

fn instant(deadline: &str, seconds: i128) -> String {
    format!("{deadline} {seconds:+}")
}

/// Tries lives of a program and its model.
pub fn try_lives<S: Subject>() {
    let began = Instant::now();
    let cases = from_environment("WAYFARE_MODEL_CASES").unwrap_or(CASES);
    let steps = from_environment("WAYFARE_MODEL_STEPS").unwrap_or(STEPS);
    let time = Duration::from_secs(from_environment("WAYFARE_MODEL_SECONDS").unwrap_or(SECONDS));
    let wanted: Option<u64> = from_environment("WAYFARE_MODEL_SEED");

    if wanted.is_none() {
        live_again::<S>();
        SEEN.take();
        for seed in 0..cases {
            live::<S>(seed, steps);
        }
        let seen = SEEN.take();
        println!("{seen:#?}");
        if cases >= CASES && steps >= STEPS {
            assert_all_seen::<S>(&seen);
        }
    }

    let first = wanted.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("{}: lives from WAYFARE_MODEL_SEED={first} on", S::NAME);
    let mut lives = 0;
    while began.elapsed() < time || (wanted.is_some() && lives == 0) {
        live::<S>(first.wrapping_add(lives), steps);
        lives += 1;
    }
    println!(
        "{}: {lives} of them, {} seconds in all",
        S::NAME,
        began.elapsed().as_secs()
    );
}

/// A model that never gets anywhere would agree with anything.
fn assert_all_seen<S: Subject>(seen: &BTreeMap<String, u32>) {
    for kind in S::KINDS {
        let refused = format!("{kind} refused");
        assert!(
            seen.contains_key(&format!("{kind} accepted")),
            "never accepted: {kind}"
        );
        assert!(
            seen.keys().any(|what| what.starts_with(&refused)) || S::NEVER_REFUSED.contains(kind),
            "never refused: {kind}"
        );
    }
    for deadline in S::DEADLINES {
        // The two seconds between which it lies.
        for seconds in [-1, 0] {
            let instant = instant(deadline, seconds);
            assert!(seen.contains_key(&instant), "never decided: {instant}");
        }
    }
}

/// Lives what once failed.
fn live_again<S: Subject>() {
    let folder = checkout("tests/tests/model/regressions").join(S::NAME);
    let Ok(entries) = fs::read_dir(&folder) else {
        return;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a text");
        let case: Case<Op<S>> = serde_json::from_str(&text).unwrap_or_else(|error| {
            panic!(
                "{} is no life: {error}. If operations have changed, change it as well",
                path.display()
            )
        });
        println!("{}: {}", path.display(), case.about);
        S::test_sequential(Config::default(), S::begin(case.token), case.ops, None);
    }
}

/// Lives a random life. One that fails is made shorter, and kept in a file.
fn live<S: Subject>(seed: u64, steps: usize) {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: u32::MAX - 1,
        max_shrink_time: SHRINKING,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(
        config.clone(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &key),
    );
    let strategy = S::Reference::sequential_strategy(steps / 2..=steps);
    let tries = Cell::new(0);
    let result = runner.run(&strategy, |(model, ops, seen)| {
            if tries.replace(tries.get() + 1) == 1 {
                eprintln!(
                    "{}: the life of WAYFARE_MODEL_SEED={seed} WAYFARE_MODEL_STEPS={steps} fails. It is made shorter for \
                     at most {} seconds",
                    S::NAME,
                    SHRINKING / 1_000
                );
            }
            let _quiet = Quiet::new();
            S::test_sequential(config.clone(), model, ops, seen);
            Ok(())
        });
    let (why, model, ops) = match result {
        Ok(()) => return,
        Err(TestError::Fail(why, (model, ops, _))) => (why, model, ops),
        Err(abort) => panic!("{abort}"),
    };

    let case = Case {
        about: why.message().lines().next().unwrap_or_default().to_owned(),
        token: S::token(&model),
        ops: ops.clone(),
    };
    let path = checkout("target/model-failures").join(format!("{}-{seed}.json", S::NAME));
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for failures");
    fs::write(&path, case.text()).expect("a file for the failure");
    eprintln!(
        "{}: fails after {} operations, tried {} times: {}\nTo make it a test, copy it to \
         tests/tests/model/regressions/{}/",
        S::NAME,
        ops.len(),
        tries.get(),
        path.display(),
        S::NAME
    );
    // Once more, for all to see.
    S::test_sequential(config, model, ops, None);
    panic!("{why}; but not once more");
}

/// While there is one, panics of its thread print nothing.
struct Quiet;

impl Quiet {
    fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let loud = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !QUIET.get() {
                    loud(info);
                }
            }));
        });
        QUIET.set(true);
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(false);
    }
}

fn from_environment<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let number = text.parse().ok();
    Some(number.unwrap_or_else(|| panic!("{name} is no number: {text}")))
}
