use std::path::Path;

use anyhow::{Context as _, Result, bail};
use esim_market::state::Seller;
use solana_pubkey::Pubkey;
use wayfare_client::esim::address;

use crate::context::Context;

/// A seller of a market, by the key that acts for it.
pub fn find_seller(ctx: &Context, market: &Pubkey, authority: &Pubkey) -> Result<(Pubkey, Seller)> {
    let at = address::seller(market, authority);
    match ctx.cluster()?.find_state(&at)? {
        Some(seller) => Ok((at, seller)),
        None => bail!(
            "{authority} is not a seller of this market: apply with `wayfare esim seller apply`, or name the seller's key"
        ),
    }
}

/// SHA-256 of a file.
pub fn hash_of(path: &Path) -> Result<[u8; 32]> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(solana_sha256_hasher::hash(&bytes).to_bytes())
}
