mod change_agreement;
mod collect_fees;
mod deposit;
mod propose_agreement;
mod withdraw;

pub use {change_agreement::*, collect_fees::*, deposit::*, propose_agreement::*, withdraw::*};
