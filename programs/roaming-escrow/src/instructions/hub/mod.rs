mod accept_authority;
mod create_hub;
mod govern;
mod pause;

pub use {accept_authority::*, create_hub::*, govern::*, pause::*};
