//! Events in the form of Anchor's `emit_cpi!`: an inner instruction, which no RPC node truncates.

use anchor_lang::{
    Event,
    event::EVENT_IX_TAG_LE,
    prelude::*,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        program::invoke_signed_unchecked,
    },
};

/// Seed of the account that `#[event_cpi]` adds (`EventAuthority` in anchor-syn).
pub const EVENT_AUTHORITY_SEED: &[u8] = b"__event_authority";

/// Emits an event as `emit_cpi!` does. The macro would expand in every handler, and join its bytes one by one.
///
/// `event_authority` is the account that `#[event_cpi]` adds, and `bump` its address's: only the program can sign for
/// it, so no other program can forge an event.
///
/// # Errors
///
/// The runtime's, when the event authority is not the program's own.
pub fn emit(
    program_id: &Pubkey,
    event_authority: &AccountInfo,
    bump: u8,
    event: &impl Event,
) -> Result<()> {
    emit_data(program_id, event_authority, bump, event.data())
}

fn emit_data(
    program_id: &Pubkey,
    event_authority: &AccountInfo,
    bump: u8,
    mut data: Vec<u8>,
) -> Result<()> {
    // The tag goes in front, in the room that `Event::data` left behind: a second buffer would cost more.
    let len = data.len();
    data.extend_from_slice(EVENT_IX_TAG_LE);
    data.copy_within(..len, EVENT_IX_TAG_LE.len());
    for (byte, tag) in data.iter_mut().zip(EVENT_IX_TAG_LE) {
        *byte = *tag;
    }
    let instruction = Instruction {
        program_id: *program_id,
        accounts: vec![AccountMeta::new_readonly(*event_authority.key, true)],
        data,
    };
    // Unchecked: the event authority holds no data that could be borrowed.
    invoke_signed_unchecked(
        &instruction,
        std::slice::from_ref(event_authority),
        &[&[EVENT_AUTHORITY_SEED, &[bump]]],
    )?;
    Ok(())
}
