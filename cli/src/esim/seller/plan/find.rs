use anyhow::{Result, bail};
use esim_market::state::Plan;
use solana_pubkey::Pubkey;
use wayfare_client::esim::address;

use crate::context::Context;

/// A seller's plan by its id.
pub fn find_plan(ctx: &Context, seller: &Pubkey, id: &str) -> Result<(Pubkey, Plan)> {
    let plan = match address::plan(seller, id) {
        Some(at) => ctx.cluster()?.find_state(&at)?.map(|plan| (at, plan)),
        None => None,
    };
    match plan {
        Some(plan) => Ok(plan),
        None => bail!("this seller has no plan {id:?}: `wayfare esim seller plans` shows all"),
    }
}
