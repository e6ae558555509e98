mod accept_terms;
mod change_agreement;
mod collect_fees;
mod deposit;
mod propose_agreement;
mod withdraw;

pub use {
    accept_terms::*, change_agreement::*, collect_fees::*, deposit::*, propose_agreement::*,
    withdraw::*,
};
