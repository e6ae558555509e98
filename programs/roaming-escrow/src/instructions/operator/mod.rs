mod accept_operator;
mod change_operator;
mod register_operator;
mod set_operator_status;

pub use {accept_operator::*, change_operator::*, register_operator::*, set_operator_status::*};
