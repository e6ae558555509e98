mod change_statement;
mod close_statement;
mod redeem_voucher;
mod settle;
mod submit_statement;

pub use {
    change_statement::*, close_statement::*, redeem_voucher::*, settle::*, submit_statement::*,
};
