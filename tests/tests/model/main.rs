//! Random lives, honest and hostile, of a network, of an eSIM market and of a roaming agreement, each compared step by step
//! with an independent model.
//!
//! | variable | what it sets | unless it is set |
//! |---|---|---:|
//! | `WAYFARE_MODEL_SECONDS` | how long lives are tried of each, those from fixed seeds included; these are lived in any case | 60 |
//! | `WAYFARE_MODEL_STEPS` | most steps of a life | 120 |
//! | `WAYFARE_MODEL_CASES` | lives from fixed seeds | 64 |
//! | `WAYFARE_MODEL_SEED` | the seed of the first life, as a failure names it: only it and those after it are lived | a fresh one, after the fixed |
//!
//! A life that fails is made shorter and written to `target/model-failures/`. Copied into
//! `tests/tests/model/regressions/<program>/`, the file is a test. See [`lives`].

mod draw;
mod esim;
mod lives;
mod noting;
mod rewards;
mod roaming;
