//! The errors of roaming-escrow, by their numbers.

use anchor_lang::error::Error as AnchorError;
use roaming_escrow::errors::RoamingEscrowError;
use solana_pubkey::Pubkey;

use super::address::PROGRAM;
use crate::{error::InputError, programs::OurError};

/// What the program's own check says of values that are not sent yet, as it would say it of an instruction.
pub fn refused(error: AnchorError) -> InputError {
    InputError::Other(match error {
        AnchorError::AnchorError(error) => format!(
            "{} ({}): {}",
            error.error_name, error.error_code_number, error.error_msg
        ),
        AnchorError::ProgramError(error) => error.program_error.to_string(),
    })
}

impl OurError for RoamingEscrowError {
    const PROGRAM: Pubkey = PROGRAM;

    const NEXT_STEPS: &'static [(&'static [Self], &'static str)] = &[
        (
            &[Self::NotAuthority],
            "sign with the authority of the hub or of the operator, whichever acts",
        ),
        (
            &[Self::NotNominee],
            "sign with the nominated key, or have the authority nominate this one",
        ),
        (&[Self::NotGuardian], "sign with the hub's guardian"),
        (&[Self::NotArbiter], "sign with the hub's arbiter"),
        (
            &[Self::NotHome],
            "sign with the authority of the operator whose subscribers roamed",
        ),
        (
            &[Self::NotVisited],
            "sign with the authority of the operator whose network was used",
        ),
        (
            &[Self::Paused],
            "wait until the pause is over, or have the hub's authority end it",
        ),
        (&[Self::OperatorSuspended], "ask the hub's authority"),
        (
            &[Self::NothingToAccept],
            "have the other side offer terms: `wayfare roaming agree offer`",
        ),
        (
            &[Self::WrongTerms],
            "look at the offer: `wayfare roaming agree show`",
        ),
        (
            &[Self::NotAccepted],
            "have the other side accept the terms: `wayfare roaming agree accept`",
        ),
        (
            &[Self::NothingFree],
            "settle what is due first: `wayfare roaming statement list`",
        ),
        (
            &[Self::WrongPeriod],
            "see which period comes next: `wayfare roaming agree show`",
        ),
        (
            &[Self::WrongFirstRecord],
            "build the statement again, with the one before as --previous",
        ),
        (
            &[Self::WrongState],
            "see what can be done with the statement now: `wayfare roaming statement show`",
        ),
        (
            &[Self::TooEarly, Self::TooLate],
            "see when what can be done: `wayfare roaming statement show`",
        ),
        (
            &[Self::CounterAboveTotal],
            "accept the statement: it asks for less than your own book",
        ),
        (
            &[Self::WaitsForAnswer],
            "have it answered, or advance it with `wayfare roaming crank` when its time is over",
        ),
        (
            &[Self::StaleVoucher],
            "ask the home network for a voucher over more",
        ),
        (
            &[Self::WrongVoucher],
            "ask the home network for a voucher for the period that is stated next",
        ),
        (
            &[Self::InvariantBroken, Self::WrongVaultDelta],
            "stop, and tell the hub's authority: the agreement's books do not balance",
        ),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_before_sending_says_what_the_program_would() {
        let error = AnchorError::from(RoamingEscrowError::BadFee);
        assert_eq!(
            refused(error).to_string(),
            "BadFee (6010): The hub's fee must be at most 100 basis points"
        );
    }
}
