//! Everything that the program refuses, by name. Numbers start at 6000 in the order below and are
//! append-only: a released number never changes its meaning.

use anchor_lang::prelude::*;
use wayfare_program::scope::ScopeError;

/// Why an instruction of roaming-escrow was refused.
#[error_code]
pub enum RoamingEscrowError {
    // 6000: who may
    #[msg("Only the authority may do this")]
    NotAuthority,
    #[msg("Only the nominated authority may accept")]
    NotNominee,
    #[msg("Only the hub's guardian may do this")]
    NotGuardian,
    #[msg("Only the hub's arbiter may do this")]
    NotArbiter,
    #[msg("Only the home network of the statement may do this")]
    NotHome,
    // 6005
    #[msg("Only the visited network of the statement may do this")]
    NotVisited,
    #[msg("The operator is no party of the agreement")]
    NotAParty,
    #[msg("The all-zero key cannot hold a role: name a key that can sign")]
    ZeroKey,

    // 6008: configuration
    #[msg(
        "A hub's name is 1 to 32 characters of a-z, 0-9 and, not at an end, -; an operator's 1 to 64 bytes without control characters"
    )]
    BadName,
    #[msg("A TADIG code is 5 characters of A-Z and 0-9")]
    BadTadig,
    // 6010
    #[msg("The hub's fee must be at most 100 basis points")]
    BadFee,
    #[msg("A window must be 1 second to 180 days")]
    BadWindow,
    #[msg("Tolerance and default award must be at most 10000 basis points")]
    BadShare,
    #[msg(
        "The mint is refused: it is no initialised mint, or has an extension that can move, hide, tax or stop tokens"
    )]
    MintRefused,

    // 6014: pauses
    #[msg("The hub is paused: try again when the pause is over")]
    Paused,
    // 6015
    #[msg("A pause must end in the future, and within 7 days")]
    BadPause,

    // 6016: agreements
    #[msg("The operator is suspended: it makes no new agreements")]
    OperatorSuspended,
    #[msg("An agreement names two operators of one hub, the one with the smaller address first")]
    BadParties,
    #[msg("No terms of the side whose turn it is are on offer")]
    NothingToAccept,
    #[msg("The terms on offer are not the ones that were named: look at them again")]
    WrongTerms,
    // 6020
    #[msg("The agreement is not accepted yet")]
    NotAccepted,
    #[msg("The agreement is closing already")]
    ClosingAlready,
    #[msg("The agreement is closed: it takes no more statements or vouchers")]
    AgreementClosed,
    #[msg("The agreement is not closed, or has statements that are not settled")]
    NotWoundUp,

    // 6024: balances
    #[msg("The amount must be above zero")]
    ZeroAmount,
    // 6025
    #[msg("The side is in arrears: deposit what it owes first")]
    InArrears,
    #[msg("No withdrawal was requested, or the request is over: request it again")]
    NoRequest,
    #[msg("The withdrawal's notice is not over: the time is in the log")]
    NoticeNotOver,
    #[msg("Nothing is free to withdraw: statements may still take the balance")]
    NothingFree,

    // 6029: statements
    #[msg("The period must be the direction's next")]
    WrongPeriod,
    // 6030
    #[msg("The first record must follow the last one of the period before")]
    WrongFirstRecord,
    #[msg("A statement with records needs a root; one without has neither root nor total")]
    BadStatement,
    #[msg("The statement before was returned: restate it first")]
    NotRestated,
    #[msg("The statement is not in a state that allows this")]
    WrongState,
    #[msg("It is too early for this: the time is in the log")]
    TooEarly,
    // 6035
    #[msg("It is too late for this: the time is in the log")]
    TooLate,
    #[msg("The counter must be at most the statement's total")]
    CounterAboveTotal,
    #[msg("The statement was returned 3 times: accept or counter it")]
    TooManyReturns,
    #[msg("The award must be at most the disputed difference")]
    AwardAboveDifference,
    #[msg("The settlement needs the statements of the period that both sides made")]
    MissingStatement,
    // 6040
    #[msg("A statement of the period still waits for its answer")]
    WaitsForAnswer,
    #[msg("Nothing is payable")]
    NothingToSettle,

    // 6042: vouchers
    #[msg(
        "The instruction before is not an ed25519 verification of exactly one signature in the standard layout"
    )]
    BadVerification,
    #[msg("The voucher is not signed by the home operator's voucher signer")]
    WrongVoucherSigner,
    #[msg("The voucher is for another program, agreement, direction, period or amount")]
    WrongVoucher,
    // 6045
    #[msg("The voucher's cumulative amount is not above what was redeemed")]
    StaleVoucher,
    #[msg("The amount is above the balance of the side that pays")]
    AboveBalance,

    // 6047: accounts
    #[msg("The account is not of this hub")]
    WrongHub,
    #[msg("The account is not of this agreement")]
    WrongAgreement,
    #[msg("The vault is not the agreement's")]
    WrongVault,
    // 6050
    #[msg("The token program is not the mint's")]
    WrongTokenProgram,
    #[msg("The destination is not the associated token account of the one who is paid")]
    WrongDestination,
    #[msg("The rent goes only to who paid it")]
    WrongRentReceiver,

    // 6053: books
    #[msg("The vault's balance did not change by exactly the amount")]
    WrongVaultDelta,
    #[msg("A total would pass its type's limit")]
    Overflow,
    // 6055
    #[msg("An invariant of the agreement does not hold")]
    InvariantBroken,

    // 6056: statements
    #[msg("Only the last statement of the direction can be returned: counter this one")]
    NotLast,

    // 6057: versions
    #[msg("A newer release of the program wrote the hub: this one cannot change it")]
    NewerVersion,
}

impl From<ScopeError> for RoamingEscrowError {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::BadName => Self::BadName,
            ScopeError::ZeroKey => Self::ZeroKey,
            ScopeError::NotNominee => Self::NotNominee,
            ScopeError::BadPause => Self::BadPause,
            ScopeError::Paused => Self::Paused,
            ScopeError::Overflow => Self::Overflow,
            ScopeError::NewerVersion => Self::NewerVersion,
        }
    }
}
