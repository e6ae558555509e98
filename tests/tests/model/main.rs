//! Random lives, honest and hostile, of a network, of an eSIM market and of a roaming agreement, each compared step by step
//! with an independent model.
//!
//! `WAYFARE_MODEL_CASES` lives of up to `WAYFARE_MODEL_STEPS` steps are tried of each; see [`CASES`] and [`STEPS`] for how
//! many unless they are set.

mod esim;
mod rewards;
mod roaming;

/// Lives that are tried, unless the environment says otherwise.
const CASES: u32 = 64;

/// Most steps of a life, unless the environment says otherwise.
const STEPS: usize = 120;

fn from_environment<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    }
}
