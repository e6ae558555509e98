mod accept_node;
mod change_node;
mod clear_payout;
mod register_node;
mod retire_node;
mod set_payout;

pub use {
    accept_node::*, change_node::*, clear_payout::*, register_node::*, retire_node::*,
    set_payout::*,
};
