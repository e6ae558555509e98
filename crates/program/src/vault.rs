//! Making a vault: its mint is checked first, so that every refused mint ends in the program's own error.
//!
//! Anchor's `token::mint` would read the mint first: its libraries refuse an extension that is newer than they are
//! without saying why. So a program lets Anchor allocate the vault (`space = TOKEN_ACCOUNT_BYTES`, `owner =` the token
//! program) and initialises it by [`initialize`].

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{InitializeAccount3, initialize_account3};
use wayfare_core::mint::{self, Mint};

/// Reads a mint from its bytes, if a vault may be of it. `None` when it is not the token program's, no initialised mint,
/// or has an extension that can move, hide, tax or stop tokens; the log then says which.
pub fn check_mint(mint: &AccountInfo, token_program: &Pubkey) -> Option<Mint> {
    if mint.owner != token_program {
        msg!("mint refused: it is not the token program's");
        return None;
    }
    let data = mint.try_borrow_data().ok()?;
    mint::check_mint(&data)
        .inspect_err(|refused| msg!("mint refused: {}", refused))
        .ok()
}

/// Makes an allocated account of the token program a token account of the mint, owned by `authority`. Without extensions:
/// no accepted mint asks for one.
pub fn initialize<'info>(
    vault: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    token_program: &Pubkey,
) -> Result<()> {
    let accounts = InitializeAccount3 {
        account: vault.clone(),
        mint: mint.clone(),
        authority: authority.clone(),
    };
    initialize_account3(CpiContext::new(*token_program, accounts))
}
