use anchor_lang::prelude::*;

/// Where an owner wants to be paid. Without one, the owner's own associated token account is paid.
///
/// Address: `["payout", network, owner]`.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Payout {
    pub network: Pubkey,
    pub owner: Pubkey,
    /// The wallet whose associated token account is paid.
    pub wallet: Pubkey,
    /// Who paid the rent, and gets it back.
    pub rent_payer: Pubkey,
    pub bump: u8,
}

impl Payout {
    pub const SEED: &'static [u8] = b"payout";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

    pub fn find_address(network: &Pubkey, owner: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, network.as_ref(), owner.as_ref()], &crate::ID)
    }
}
