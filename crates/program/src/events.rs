//! Events in the form of Anchor's `emit_cpi!`: an inner instruction, which no RPC node truncates.

use std::io::{self, ErrorKind, Write};

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

/// Most bytes that an event may have, its tag and discriminator included: more than the largest of any program here.
pub const MAX_EVENT_BYTES: usize = 1024;

/// Emits an event as `emit_cpi!` does. The macro would expand in every handler, and join its bytes one by one.
///
/// `event_authority` is the account that `#[event_cpi]` adds, and `bump` its address's: only the program can sign for
/// it, so no other program can forge an event.
///
/// # Errors
///
/// An event of more than [`MAX_EVENT_BYTES`]; and the runtime's, when the event authority is not the program's own.
pub fn emit<E: Event>(
    program_id: &Pubkey,
    event_authority: &AccountInfo,
    bump: u8,
    event: &E,
) -> Result<()> {
    emit_data(program_id, event_authority, bump, event_data(event)?)
}

/// The tag that `emit_cpi!` puts first, then what [`Event::data`] gives.
#[inline(always)]
fn event_data<E: Event>(event: &E) -> Result<Vec<u8>> {
    let mut data = vec![0; MAX_EVENT_BYTES];
    let mut writer = EventWriter {
        bytes: data.first_chunk_mut().ok_or_else(no_room)?,
        len: 0,
    };
    writer.write_all(EVENT_IX_TAG_LE)?;
    writer.write_all(E::DISCRIMINATOR)?;
    event.serialize(&mut writer)?;
    let len = writer.len;
    data.truncate(len);
    Ok(data)
}

fn emit_data(
    program_id: &Pubkey,
    event_authority: &AccountInfo,
    bump: u8,
    data: Vec<u8>,
) -> Result<()> {
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

/// Where an event is written. Unlike a vector, which grows, an array of a known size lets the compiler see where each
/// field ends up: a field then costs its words, and not a call.
struct EventWriter<'a> {
    bytes: &'a mut [u8; MAX_EVENT_BYTES],
    len: usize,
}

impl Write for EventWriter<'_> {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline(always)]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = self
            .bytes
            .get_mut(self.len..)
            .and_then(|room| room.get_mut(..bytes.len()))
            .ok_or_else(no_room)?;
        room.copy_from_slice(bytes);
        self.len = self.len.saturating_add(bytes.len());
        Ok(())
    }

    #[inline(always)]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn no_room() -> io::Error {
    ErrorKind::WriteZero.into()
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[derive(AnchorSerialize, AnchorDeserialize)]
    struct Moved {
        key: Pubkey,
        amount: u64,
        short: u8,
        option: Option<u64>,
        list: Vec<u8>,
    }

    impl Discriminator for Moved {
        const DISCRIMINATOR: &'static [u8] = &[1, 2, 3, 4, 5, 6, 7, 8];
    }

    impl Event for Moved {
        fn data(&self) -> Vec<u8> {
            let mut data = Self::DISCRIMINATOR.to_vec();
            self.serialize(&mut data).unwrap();
            data
        }
    }

    fn moved(list: usize) -> Moved {
        Moved {
            key: Pubkey::new_from_array([9; 32]),
            amount: 0x0102_0304_0506_0708,
            short: 7,
            option: Some(8),
            list: vec![6; list],
        }
    }

    #[test]
    fn an_event_is_the_tag_and_its_data() {
        for list in [0, 1, 100] {
            let event = moved(list);
            let expected = [EVENT_IX_TAG_LE, &event.data()].concat();
            assert_eq!(event_data(&event).unwrap(), expected);
        }
    }

    #[test]
    fn an_event_that_does_not_fit_is_refused() {
        let others = event_data(&moved(0)).unwrap().len();
        let largest = MAX_EVENT_BYTES - others;
        assert_eq!(event_data(&moved(largest)).unwrap().len(), MAX_EVENT_BYTES);
        assert!(event_data(&moved(largest + 1)).is_err());
    }
}
