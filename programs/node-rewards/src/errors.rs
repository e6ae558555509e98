//! Everything that the program refuses, by name. Numbers start at 6000 in the order below and are
//! append-only: a released number never changes its meaning.

use anchor_lang::prelude::*;
use wayfare_program::scope::ScopeError;

/// Why an instruction of node-rewards was refused.
#[error_code]
pub enum NodeRewardsError {
    // 6000: roles
    #[msg("Only the network's authority may do this")]
    NotAuthority,
    #[msg("Only the nominated authority may accept")]
    NotNominee,
    #[msg("Only the network's guardian may do this")]
    NotGuardian,
    #[msg("Only one of the network's publishers may do this")]
    NotPublisher,
    #[msg("Only the node's owner may do this")]
    NotNodeOwner,
    // 6005
    #[msg("Only the owner to whom the node is offered may accept it")]
    NotOfferee,
    #[msg("The all-zero key cannot hold a role: name a key that can sign")]
    ZeroKey,

    // 6007: configuration
    #[msg("A network's name is 1 to 32 of a-z, 0-9 and -, without a - at either end")]
    BadName,
    #[msg("The epoch length must be 1 second to 366 days")]
    BadEpochLength,
    #[msg("The challenge period must be 1 second to 30 days")]
    BadChallengePeriod,
    // 6010
    #[msg(
        "The outflow limiter must have a capacity and a refill, and let out at least the emission cap in one epoch length"
    )]
    BadLimiter,
    #[msg("The location resolution must be an H3 resolution, 0 to 15")]
    BadLocationResolution,
    #[msg("A network has 1 to 5 different publishers, and a threshold of 1 to their number")]
    BadPublishers,
    #[msg(
        "The mint is refused: it is not an initialised mint, or has an extension that can move, hide, tax or stop tokens"
    )]
    MintRefused,

    // 6014: pauses
    #[msg("The network is paused: try again when the pause is over")]
    Paused,
    // 6015
    #[msg("A pause must end in the future, and within 7 days")]
    BadPause,

    // 6016: epochs
    #[msg("The epoch's number must be the active epoch's plus one")]
    WrongEpochNumber,
    #[msg("The epoch is not over yet: it can be proposed when it ends")]
    EpochNotOver,
    #[msg("The lifetime total must not fall")]
    LifetimeTotalFell,
    #[msg("The lifetime total grows by more than the emission cap")]
    AboveEmissionCap,
    // 6020
    #[msg("The number of leaves must not fall: an owner keeps its index for ever")]
    LeafCountFell,
    #[msg("The depth must be the smallest that holds the leaves, and at most 21")]
    BadDepth,
    #[msg("The proposal has its approvals already: only a veto makes room for another")]
    AlreadyApproved,
    #[msg("This publisher has approved this proposal already")]
    ApprovedTwice,
    #[msg(
        "The proposal is not the one that was named: it was replaced. Check the new one before you approve it"
    )]
    WrongProposal,
    // 6025
    #[msg("The epoch is not waiting for approval: it was vetoed or is active")]
    NotProposed,
    #[msg("The publishers changed since the proposal: it must be proposed again")]
    PublishersChanged,
    #[msg("The proposal has too few approvals")]
    TooFewApprovals,
    #[msg("The challenge period is not over")]
    ChallengePeriod,
    #[msg("The vault does not cover what the epoch would owe: fund it first")]
    Underfunded,
    // 6030
    #[msg("The previous epoch's account is missing or is not the active epoch's")]
    WrongPreviousEpoch,

    // 6031: claims
    #[msg("No epoch is active yet")]
    NoActiveEpoch,
    #[msg("The index is not below the active epoch's number of leaves")]
    IndexOutOfRange,
    #[msg("The claim page is not the index's page of this network")]
    WrongPage,
    #[msg("The proof does not lead to the active root")]
    WrongProof,
    // 6035
    #[msg("The lifetime total is below what was claimed already")]
    LifetimeBelowCounter,
    #[msg("The outflow limiter is out of tokens: retry at the time in the log")]
    OutflowLimited,
    #[msg(
        "The destination is not the associated token account of the owner or of the owner's payout wallet"
    )]
    WrongDestination,
    #[msg("The destination is frozen by the mint's freeze authority")]
    DestinationFrozen,
    #[msg("The payout account is not the one of the destination's owner")]
    WrongPayout,
    // 6040
    #[msg("The vault is not the network's")]
    WrongVault,
    #[msg("The token program is not the network's")]
    WrongTokenProgram,
    #[msg("The vault's balance did not change by exactly the amount")]
    WrongVaultDelta,

    // 6043: nodes
    #[msg("The location is not an H3 cell")]
    BadLocation,
    #[msg("The location is finer than the network's location resolution allows")]
    LocationTooFine,
    // 6045
    #[msg("The node is not on offer")]
    NotOffered,
    #[msg("The rent goes only to its payer")]
    WrongRentReceiver,

    // 6047: books
    #[msg("A total would pass 2^64 - 1")]
    Overflow,
    #[msg("An invariant of the network does not hold")]
    InvariantBroken,
    #[msg("The amount must be above zero")]
    ZeroAmount,
    // 6050
    #[msg("The account is not of this network")]
    WrongNetwork,
    #[msg("The claim page's number is above the last page")]
    BadPageNumber,
    #[msg("A newer release of the program wrote the account: this release must not change it")]
    NewerVersion,
}

impl From<ScopeError> for NodeRewardsError {
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
