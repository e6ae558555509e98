mod accept_authority;
mod accept_mint;
mod create_market;
mod govern;
mod set_seller_status;

pub use {accept_authority::*, accept_mint::*, create_market::*, govern::*, set_seller_status::*};
