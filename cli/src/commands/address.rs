use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::output::Output;

/// Who signs by default.
#[derive(Serialize)]
pub struct Address {
    pubkey: String,
}

impl Output for Address {}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pubkey)
    }
}

pub fn run(ctx: &Context) -> Result<Address> {
    Ok(Address {
        pubkey: ctx.party(None, "the signer")?.pubkey().to_string(),
    })
}
