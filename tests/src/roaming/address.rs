//! Where the accounts of a roaming hub stand, by the seeds that the design names: written down here once more, and not
//! taken from the program.

use roaming_escrow::state::Side;
use solana_pubkey::Pubkey;

fn find(seeds: &[&[u8]]) -> (Pubkey, u8) {
    Pubkey::find_program_address(seeds, &roaming_escrow::ID)
}

pub fn hub(name: &str) -> (Pubkey, u8) {
    find(&[b"hub", name.as_bytes()])
}

pub fn operator(hub: &Pubkey, tadig: &[u8; 5]) -> (Pubkey, u8) {
    find(&[b"operator", hub.as_ref(), tadig])
}

/// Of two operators in byte order.
pub fn agreement(hub: &Pubkey, first: &Pubkey, second: &Pubkey, mint: &Pubkey) -> (Pubkey, u8) {
    find(&[
        b"agreement",
        hub.as_ref(),
        first.as_ref(),
        second.as_ref(),
        mint.as_ref(),
    ])
}

pub fn vault(agreement: &Pubkey) -> (Pubkey, u8) {
    find(&[b"vault", agreement.as_ref()])
}

pub fn statement(agreement: &Pubkey, home: Side, period: u32) -> (Pubkey, u8) {
    let home = match home {
        Side::First => 0,
        Side::Second => 1,
    };
    find(&[
        b"statement",
        agreement.as_ref(),
        &[home],
        &period.to_le_bytes(),
    ])
}
