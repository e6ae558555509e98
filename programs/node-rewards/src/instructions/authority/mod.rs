mod accept_authority;
mod create_network;
mod govern;

pub use {accept_authority::*, create_network::*, govern::*};
