//! The hash behind a program-derived address.
//!
//! The runtime derives an address as `sha256(seeds ‖ bump ‖ program id ‖ "ProgramDerivedAddress")`
//! and refuses the result if it lies on the Ed25519 curve (`Pubkey::create_program_address` in
//! `solana-pubkey`). Its system call costs 1,500 compute units; one hash costs about 150.
//!
//! The function here leaves out the curve check. It proves that an account's address belongs to
//! certain seeds only if the address is already known to be derived: the program created it there
//! (the runtime checked), or it owns the account, or an associated token account's data has its
//! owner and mint. The bump must be the canonical one, stored when the account was created or
//! proved in another way, where a second address for the same seeds would do harm.

use solana_sha256_hasher::hashv;

/// The last part of every derived address's preimage (`PDA_MARKER` in `solana-pubkey`).
pub const PDA_MARKER: &[u8; 21] = b"ProgramDerivedAddress";

/// The associated token program, `ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL`.
pub const ASSOCIATED_TOKEN_PROGRAM: [u8; 32] = [
    0x8c, 0x97, 0x25, 0x8f, 0x4e, 0x24, 0x89, 0xf1, 0xbb, 0x3d, 0x10, 0x29, 0x14, 0x8e, 0x0d, 0x83,
    0x0b, 0x5a, 0x13, 0x99, 0xda, 0xff, 0x10, 0x84, 0x04, 0x8e, 0x7b, 0xd8, 0xdb, 0xe9, 0xf8, 0x59,
];

/// `sha256(seeds ‖ bump ‖ program_id ‖ "ProgramDerivedAddress")`: the address that the program gets
/// for these seeds and this bump, if it is off the curve. Each seed must be at most 32 bytes long, or
/// no account can have the address.
///
/// Three seeds, because every address that a claim checks has three: this lets the compiler write the
/// parts where the system call reads them.
#[inline(always)]
pub fn pda_hash(seeds: [&[u8]; 3], bump: u8, program_id: &[u8; 32]) -> [u8; 32] {
    let [first, second, third] = seeds;
    hashv(&[first, second, third, &[bump], program_id, PDA_MARKER]).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use solana_address::Address;

    fn derive(seeds: &[&[u8]], program_id: &[u8; 32]) -> ([u8; 32], u8) {
        let (address, bump) =
            Address::find_program_address(seeds, &Address::new_from_array(*program_id));
        (address.to_bytes(), bump)
    }

    fn key(base58: &str) -> [u8; 32] {
        let mut key = [0; 32];
        five8::decode_32(base58, &mut key).unwrap();
        key
    }

    #[test]
    fn the_associated_token_program_is_the_published_one() {
        assert_eq!(
            key("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"),
            ASSOCIATED_TOKEN_PROGRAM
        );
    }

    #[test]
    fn an_associated_token_account() {
        let token = key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
        let owner = [11; 32];
        let mint = key("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
        let seeds: [&[u8]; 3] = [&owner, &token, &mint];
        let (address, bump) = derive(&seeds, &ASSOCIATED_TOKEN_PROGRAM);
        assert_eq!(pda_hash(seeds, bump, &ASSOCIATED_TOKEN_PROGRAM), address);
        let swapped = pda_hash([&mint, &token, &owner], bump, &ASSOCIATED_TOKEN_PROGRAM);
        assert_ne!(swapped, address);
    }

    proptest! {
        #[test]
        fn agrees_with_the_runtime(
            seed in proptest::collection::vec(any::<u8>(), 0..=32), other: [u8; 32], program: [u8; 32]
        ) {
            let seeds: [&[u8]; 3] = [b"claims", &seed, &other];
            let (address, bump) = derive(&seeds, &program);
            prop_assert_eq!(pda_hash(seeds, bump, &program), address);
            prop_assert_ne!(pda_hash(seeds, bump.wrapping_sub(1), &program), address);
        }
    }
}
