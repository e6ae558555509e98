//! The mint of a network to be created.

use anyhow::{Context as _, Result, bail};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::cluster::Cluster;
use wayfare_core::mint::check_mint;

/// What a network needs to know of its mint.
pub struct Mint {
    pub decimals: u8,
    /// The program that owns it.
    pub token_program: Pubkey,
    /// Whether somebody can freeze token accounts, the vault among them.
    pub freeze_authority: bool,
}

/// Reads a mint, and refuses one that the program would refuse, with the reason.
pub fn read(cluster: &Cluster, address: &Pubkey) -> Result<Mint> {
    let account = cluster
        .account(address)?
        .ok_or(AccountError::Missing(*address))?;
    if account.owner != anchor_spl::token::ID && account.owner != anchor_spl::token_2022::ID {
        bail!(
            "{address} is not a mint: it belongs to the program {}, and to neither token program",
            account.owner
        );
    }
    let mint =
        check_mint(&account.data).with_context(|| format!("the mint {address} cannot be used"))?;
    Ok(Mint {
        decimals: mint.decimals,
        token_program: account.owner,
        freeze_authority: mint.freeze_authority,
    })
}
