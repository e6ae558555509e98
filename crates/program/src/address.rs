//! Derived addresses, at a fifth of the cost of the runtime's own system call.

use anchor_lang::prelude::*;
use solana_address::{MAX_SEED_LEN, bytes_are_curve_point};
use solana_sha256_hasher::hashv;
use wayfare_core::pda::PDA_MARKER;

/// The address that a program derives from three seeds, found as the runtime finds it: from the highest bump down to
/// the first that is off the curve. An account that must be shown empty has to be this one, since addresses of lower
/// bumps always are.
///
/// `None` when every bump is on the curve, or a seed is longer than the 32 bytes that the runtime takes.
#[inline(always)]
pub fn find_address(seeds: [&[u8]; 3], program_id: &Pubkey) -> Option<Pubkey> {
    // In one piece, which is put together once, and of which only the bump changes.
    let mut preimage = [0; PREIMAGE_BYTES];
    let [first, second, third] = seeds;
    let before_third = place_before(&mut preimage, BUMP, third)?;
    let before_second = place_before(&mut preimage, before_third, second)?;
    let start = place_before(&mut preimage, before_second, first)?;
    let (id, marker) = preimage[BUMP + 1..].split_at_mut(32);
    id.copy_from_slice(program_id.as_array());
    marker.copy_from_slice(PDA_MARKER);

    let mut bump = u8::MAX;
    loop {
        preimage[BUMP] = bump;
        let address = hashv(&[preimage.get(start..)?]);
        if !bytes_are_curve_point(address.as_bytes()) {
            return Some(Pubkey::from(address.to_bytes()));
        }
        bump = bump.checked_sub(1)?;
    }
}

/// Where the bump is: behind three seeds of the longest.
const BUMP: usize = 3 * MAX_SEED_LEN;

const PREIMAGE_BYTES: usize = BUMP + 1 + 32 + PDA_MARKER.len();

/// Writes a seed so that it ends at `end`, and returns where it starts.
#[inline(always)]
fn place_before(preimage: &mut [u8; PREIMAGE_BYTES], end: usize, seed: &[u8]) -> Option<usize> {
    if seed.len() > MAX_SEED_LEN {
        return None;
    }
    let start = end.checked_sub(seed.len())?;
    preimage.get_mut(start..end)?.copy_from_slice(seed);
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_seed_that_the_runtime_refuses_has_no_address() {
        assert!(find_address([&[1; 32], &[2; 32], &[3; 32]], &Pubkey::default()).is_some());
        assert_eq!(
            find_address([&[1; 32], &[2; 33], &[3; 32]], &Pubkey::default()),
            None
        );
    }

    proptest! {
        #[test]
        fn agrees_with_the_runtime(
            first in proptest::collection::vec(any::<u8>(), 0..=32), second: [u8; 32], third: [u8; 32],
            program: [u8; 32]
        ) {
            let program = Pubkey::from(program);
            let seeds: [&[u8]; 3] = [&first, &second, &third];
            let (address, _) = Pubkey::find_program_address(&seeds, &program);
            prop_assert_eq!(find_address(seeds, &program), Some(address));
        }
    }
}
