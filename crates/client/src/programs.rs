//! Wayfare's programs, from the one list of them ([`wayfare_programs`]): an account of any program, the IDLs, and what to do
//! about a refusal.
//!
//! A program of the list brings its own part: its accounts (`account`, [`ProgramAccount`]) and its errors ([`OurError`]).

use solana_pubkey::Pubkey;
use wayfare_programs::for_each_program;

use crate::account::{AccountError, ProgramAccount, decode_at, foreign};

/// An error of one of the programs.
pub trait OurError: Copy + Into<u32> + 'static {
    /// The program that gives it.
    const PROGRAM: Pubkey;

    /// What to do about refusals, where the errors' messages do not say it.
    const NEXT_STEPS: &'static [(&'static [Self], &'static str)];

    /// What to do about the error with this number.
    fn next_step(number: u32) -> Option<&'static str> {
        Self::NEXT_STEPS
            .iter()
            .find(|(errors, _)| errors.iter().any(|error| (*error).into() == number))
            .map(|(_, step)| *step)
    }
}

macro_rules! programs {
    (
        $($program:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*
    ) => {
        /// An account of any of the programs.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyAccount {
            $($program(crate::$room::account::$account),)*
        }

        impl AnyAccount {
            /// See [`ProgramAccount::sequence`].
            pub fn sequence(&self) -> Option<u64> {
                match self {
                    $(Self::$program(account) => account.sequence(),)*
                }
            }
        }

        /// Decodes an account of any of the programs, and proves that it stands at its address.
        ///
        /// # Errors
        ///
        /// As [`crate::account::decode`] and [`crate::account::check_address`].
        pub fn decode_any(
            address: &Pubkey,
            owner: &Pubkey,
            data: &[u8],
        ) -> Result<AnyAccount, AccountError> {
            match *owner {
                $(crate::$room::account::$account::PROGRAM => {
                    decode_at(address, owner, data).map(AnyAccount::$program)
                })*
                _ => Err(foreign(*address, owner, data, "a program of Wayfare")),
            }
        }

        /// What to do about an error of one of the programs.
        pub(crate) fn next_step(program: &Pubkey, number: u32) -> Option<&'static str> {
            match *program {
                $($library::errors::$error::PROGRAM => {
                    <$library::errors::$error as OurError>::next_step(number)
                })*
                _ => None,
            }
        }

        /// The programs' IDLs as they are in `idls/`, in the order of the list.
        pub(crate) const IDLS: &[&str] = &[
            $(include_str!(concat!("../../../idls/", stringify!($library), ".json")),)*
        ];
    };
}
for_each_program!(programs);
