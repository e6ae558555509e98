//! Why a transaction is refused, by name.

use std::fmt;

use anchor_lang::error::ErrorCode;
use solana_instruction::error::InstructionError;
use solana_system_interface::error::SystemError;
use solana_transaction_error::TransactionError;
use spl_token_2022_interface::error::TokenError;

/// The reason that a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    error: TransactionError,
    name: String,
}

impl Refusal {
    /// Whether a transaction was refused for this reason, by the instruction with this number.
    pub fn is(&self, error: &TransactionError, instruction: usize) -> bool {
        match (&self.error, error) {
            (
                TransactionError::InstructionError(_, expected),
                TransactionError::InstructionError(at, found),
            ) => usize::from(*at) == instruction && expected == found,
            (expected, found) => expected == found,
        }
    }

    /// An error of a program, by its number.
    pub fn custom(code: u32, name: String) -> Self {
        Self {
            error: TransactionError::InstructionError(0, InstructionError::Custom(code)),
            name: format!("{name} ({code})"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

macro_rules! refusals {
    (
        $($program:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*
    ) => {
        $(
            impl From<$library::errors::$error> for Refusal {
                fn from(error: $library::errors::$error) -> Self {
                    let name = format!("{error:?}");
                    Self::custom(error.into(), name)
                }
            }
        )*
    };
}
wayfare_programs::for_each_program!(refusals);

impl From<ErrorCode> for Refusal {
    fn from(error: ErrorCode) -> Self {
        let name = format!("{error:?}");
        Self::custom(error.into(), name)
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let name = format!("{error:?}");
        Self::custom(error as u32, name)
    }
}

impl From<SystemError> for Refusal {
    fn from(error: SystemError) -> Self {
        let name = format!("{error:?}");
        Self::custom(error as u32, name)
    }
}

impl From<InstructionError> for Refusal {
    fn from(error: InstructionError) -> Self {
        let name = format!("{error:?}");
        Self {
            error: TransactionError::InstructionError(0, error),
            name,
        }
    }
}

impl From<TransactionError> for Refusal {
    fn from(error: TransactionError) -> Self {
        let name = format!("{error:?}");
        Self { error, name }
    }
}
