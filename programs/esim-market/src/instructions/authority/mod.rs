mod accept_authority;
mod accept_mint;
mod create_market;
mod govern;
mod readmit_mint;
mod set_seller_status;

pub use {
    accept_authority::*, accept_mint::*, create_market::*, govern::*, readmit_mint::*,
    set_seller_status::*,
};
