//! The errors of roaming-escrow, by their numbers.

use anchor_lang::error::Error as AnchorError;
use roaming_escrow::errors::RoamingEscrowError;

use crate::error::InputError;

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

/// What to do about a refusal, where the error's message does not say it.
pub(crate) fn next_step(number: u32) -> Option<&'static str> {
    use RoamingEscrowError as E;
    const STEPS: &[(&[E], &str)] = &[
        (
            &[E::NotAuthority],
            "sign with the authority of the hub or of the operator, whichever acts",
        ),
        (
            &[E::NotNominee],
            "sign with the nominated key, or have the authority nominate this one",
        ),
        (&[E::NotGuardian], "sign with the hub's guardian"),
        (&[E::NotArbiter], "sign with the hub's arbiter"),
        (
            &[E::NotHome],
            "sign with the authority of the operator whose subscribers roamed",
        ),
        (
            &[E::NotVisited],
            "sign with the authority of the operator whose network was used",
        ),
        (
            &[E::Paused],
            "wait until the pause is over, or have the hub's authority end it",
        ),
        (&[E::OperatorSuspended], "ask the hub's authority"),
        (
            &[E::NothingToAccept],
            "have the other side offer terms: `wayfare roaming agree offer`",
        ),
        (
            &[E::WrongTerms],
            "look at the offer: `wayfare roaming agree show`",
        ),
        (
            &[E::NotAccepted],
            "have the other side accept the terms: `wayfare roaming agree accept`",
        ),
        (
            &[E::NothingFree],
            "settle what is due first: `wayfare roaming statement list`",
        ),
        (
            &[E::WrongPeriod],
            "see which period comes next: `wayfare roaming agree show`",
        ),
        (
            &[E::WrongFirstRecord],
            "build the statement again, with the one before as --previous",
        ),
        (
            &[E::WrongState],
            "see what can be done with the statement now: `wayfare roaming statement show`",
        ),
        (
            &[E::TooEarly, E::TooLate],
            "see when what can be done: `wayfare roaming statement show`",
        ),
        (
            &[E::CounterAboveTotal],
            "accept the statement: it asks for less than your own book",
        ),
        (
            &[E::WaitsForAnswer],
            "have it answered, or advance it with `wayfare roaming crank` when its time is over",
        ),
        (
            &[E::StaleVoucher],
            "ask the home network for a voucher over more",
        ),
        (
            &[E::WrongVoucher],
            "ask the home network for a voucher for the period that is stated next",
        ),
        (
            &[E::InvariantBroken, E::WrongVaultDelta],
            "stop, and tell the hub's authority: the agreement's books do not balance",
        ),
    ];
    STEPS
        .iter()
        .find(|(errors, _)| errors.iter().any(|error| u32::from(*error) == number))
        .map(|(_, step)| *step)
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
