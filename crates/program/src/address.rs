//! Derived addresses, at a fifth of the cost of the runtime's own system call.

use anchor_lang::prelude::*;
use solana_address::MAX_SEED_LEN;
use wayfare_core::pda::pda_hash;

/// The address that a program derives from three seeds, found as the runtime finds it: from the highest bump down to
/// the first that is off the curve. An account that must be shown empty has to be this one, since addresses of lower
/// bumps always are.
///
/// `None` when every bump is on the curve, or a seed is longer than the 32 bytes that the runtime takes.
#[inline]
pub fn find_address(seeds: [&[u8]; 3], program_id: &Pubkey) -> Option<Pubkey> {
    if seeds.iter().any(|seed| seed.len() > MAX_SEED_LEN) {
        return None;
    }
    let mut bump = u8::MAX;
    loop {
        let address = Pubkey::from(pda_hash(seeds, bump, program_id.as_array()));
        if !address.is_on_curve() {
            return Some(address);
        }
        bump = bump.checked_sub(1)?;
    }
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
