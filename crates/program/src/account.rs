//! Zero-copy accounts, for instructions in which every compute unit counts.

use std::cell::RefMut;

use anchor_lang::{Owner, ZeroCopy, prelude::*};

/// An account of the program that owns `T`, borrowed for writing: what `AccountLoader` checks, in one step and once.
/// Whether it is writable is the runtime's to check, at the end of the instruction.
///
/// # Errors
///
/// Anchor's `AccountOwnedByWrongProgram`, and `AccountDiscriminatorMismatch` also for data of another length; or the
/// account is borrowed already.
pub fn load_mut<'a, T: ZeroCopy + Owner>(account: &'a AccountInfo) -> Result<RefMut<'a, T>> {
    require!(
        *account.owner == T::owner(),
        ErrorCode::AccountOwnedByWrongProgram
    );
    let data = account.try_borrow_mut_data()?;
    RefMut::filter_map(data, |data| {
        let (discriminator, state) = data.split_at_mut_checked(T::DISCRIMINATOR.len())?;
        (discriminator == T::DISCRIMINATOR)
            .then(|| bytemuck::try_from_bytes_mut(state).ok())
            .flatten()
    })
    .map_err(|_| ErrorCode::AccountDiscriminatorMismatch.into())
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    const PROGRAM: Pubkey = Pubkey::new_from_array([9; 32]);

    #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
    #[repr(C)]
    struct Counter {
        value: u64,
    }

    impl Discriminator for Counter {
        const DISCRIMINATOR: &'static [u8] = &[1, 2, 3, 4, 5, 6, 7, 8];
    }

    impl Owner for Counter {
        fn owner() -> Pubkey {
            PROGRAM
        }
    }

    impl ZeroCopy for Counter {}

    /// Calls `check` with an account of this owner and data.
    fn with_account(owner: &Pubkey, data: &mut [u8], check: impl FnOnce(&AccountInfo)) {
        let key = Pubkey::new_from_array([1; 32]);
        let mut lamports = 1;
        check(&AccountInfo::new(
            &key,
            false,
            true,
            &mut lamports,
            data,
            owner,
            false,
        ));
    }

    /// An account's data, aligned as the runtime aligns them.
    fn data(value: u64) -> [u64; 2] {
        [
            // The discriminator has 8 bytes.
            u64::from_le_bytes(Counter::DISCRIMINATOR.try_into().unwrap()),
            value.to_le(),
        ]
    }

    fn error(result: Result<RefMut<Counter>>) -> Error {
        result.map(|_| ()).unwrap_err()
    }

    #[test]
    fn what_is_written_stays() {
        let mut data = data(7);
        with_account(&PROGRAM, bytemuck::cast_slice_mut(&mut data), |account| {
            assert_eq!(load_mut::<Counter>(account).unwrap().value, 7);
            load_mut::<Counter>(account).unwrap().value = 8;
            assert_eq!(load_mut::<Counter>(account).unwrap().value, 8);
        });
    }

    #[test]
    fn another_owner_discriminator_or_length_is_refused() {
        let mut good = data(7);
        let other = Pubkey::new_from_array([2; 32]);
        with_account(&other, bytemuck::cast_slice_mut(&mut good), |account| {
            let expected = ErrorCode::AccountOwnedByWrongProgram.into();
            assert_eq!(error(load_mut(account)), expected);
        });
        let mut wrong = data(7);
        wrong[0] ^= 1 << 63;
        let mut long = [good[0], good[1], 0];
        let whole: &mut [u8] = bytemuck::cast_slice_mut(&mut good);
        let whole_len = whole.len();
        for data in [
            bytemuck::cast_slice_mut(&mut wrong),
            bytemuck::cast_slice_mut(&mut long),
            &mut whole[..whole_len - 1],
        ] {
            with_account(&PROGRAM, data, |account| {
                let expected = ErrorCode::AccountDiscriminatorMismatch.into();
                assert_eq!(error(load_mut(account)), expected);
            });
        }
        for len in 0..8 {
            with_account(&PROGRAM, &mut whole[..len], |account| {
                let expected = ErrorCode::AccountDiscriminatorMismatch.into();
                assert_eq!(error(load_mut(account)), expected);
            });
        }
    }

    #[test]
    fn a_borrowed_account_is_refused() {
        let mut data = data(7);
        with_account(&PROGRAM, bytemuck::cast_slice_mut(&mut data), |account| {
            let _borrowed = account.try_borrow_data().unwrap();
            let expected = ProgramError::AccountBorrowFailed.into();
            assert_eq!(error(load_mut(account)), expected);
        });
    }
}
