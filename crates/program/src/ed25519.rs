//! Reads the verification of an ed25519 signature that the runtime did in the same transaction.
//!
//! The runtime's ed25519 program checks each signature that its instruction names, and takes signature, key and message from
//! whichever instruction the header points to (`verify` in `agave-precompiles`, `src/ed25519.rs`; the layout:
//! `solana-ed25519-program`). A program that reads them from where they usually stand, without comparing the header, accepts
//! a signature over something else. So every field of the header must be the standard one.

use anchor_lang::prelude::*;
use solana_instructions_sysvar::{load_current_index_checked, load_instruction_at_checked};

/// Where the key stands: after the header of one signature.
const KEY_AT: u16 = 16;
const SIGNATURE_AT: u16 = KEY_AT + 32;
const MESSAGE_AT: u16 = SIGNATURE_AT + 64;

/// "This instruction", in the fields that say where key, signature and message are.
const THIS: u16 = u16::MAX;

/// What the runtime verified: that the key's holder signed the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'a> {
    pub key: &'a [u8; 32],
    pub message: &'a [u8],
}

/// Reads the data of an instruction of the ed25519 program. `None` unless it holds exactly one signature, and key,
/// signature and message where they usually stand, in that instruction, and nothing else.
pub fn parse(data: &[u8]) -> Option<Verified<'_>> {
    let (header, _) = data.split_first_chunk::<16>()?;
    let message = data.get(usize::from(MESSAGE_AT)..)?;
    let size = u16::try_from(message.len()).ok()?;
    let field = |at: usize| Some(u16::from_le_bytes(*header.get(at..)?.first_chunk()?));
    // One signature, a byte of padding, then the fields in their order.
    let expected = [SIGNATURE_AT, THIS, KEY_AT, THIS, MESSAGE_AT, size, THIS];
    if header.first_chunk() != Some(&[1, 0]) {
        return None;
    }
    for (value, at) in expected.into_iter().zip((2..).step_by(2)) {
        if field(at)? != value {
            return None;
        }
    }
    Some(Verified {
        key: data.get(usize::from(KEY_AT)..)?.first_chunk()?,
        message,
    })
}

/// Calls `read` with what the instruction just before this one verified. `None` when that instruction is not a verification
/// of exactly one signature in the standard layout.
///
/// # Errors
///
/// The runtime's, when `sysvar` is not the Instructions sysvar.
pub fn with_verified<T>(
    sysvar: &AccountInfo,
    read: impl FnOnce(&Verified) -> T,
) -> Result<Option<T>> {
    let current = load_current_index_checked(sysvar)?;
    let Some(before) = current.checked_sub(1) else {
        return Ok(None);
    };
    let instruction = load_instruction_at_checked(usize::from(before), sysvar)?;
    if instruction.program_id != solana_sdk_ids::ed25519_program::ID {
        return Ok(None);
    }
    Ok(parse(&instruction.data).map(|verified| read(&verified)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard layout, written down once more.
    fn standard(message: &[u8]) -> Vec<u8> {
        let mut data = vec![1, 0];
        let size = u16::try_from(message.len()).unwrap();
        for field in [48u16, 0xffff, 16, 0xffff, 112, size, 0xffff] {
            data.extend(field.to_le_bytes());
        }
        data.extend([7; 32]);
        data.extend([8; 64]);
        data.extend(message);
        data
    }

    #[test]
    fn the_standard_layout_is_read() {
        for message in [&b""[..], b"x", &[5; 300]] {
            let data = standard(message);
            assert_eq!(
                parse(&data),
                Some(Verified {
                    key: &[7; 32],
                    message
                })
            );
        }
    }

    #[test]
    fn no_byte_of_the_header_can_differ() {
        let good = standard(b"message");
        for at in 0..16 {
            for bit in 0..8 {
                let mut data = good.clone();
                data[at] ^= 1 << bit;
                assert_eq!(parse(&data), None, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn neither_shorter_nor_longer() {
        let good = standard(b"message");
        for len in 0..good.len() {
            assert_eq!(parse(&good[..len]), None, "{len}");
        }
        let mut long = good;
        long.push(0);
        assert_eq!(parse(&long), None);
    }
}
