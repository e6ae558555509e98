//! The errors of node-rewards, by their numbers.

use node_rewards::errors::NodeRewardsError;

use crate::error::all_variants;

/// The error of node-rewards with a number.
pub fn node_rewards_error(number: u32) -> Option<NodeRewardsError> {
    all_variants!(
        NodeRewardsError:
        NotAuthority,
        NotNominee,
        NotGuardian,
        NotPublisher,
        NotNodeOwner,
        NotOfferee,
        ZeroKey,
        BadName,
        BadEpochLength,
        BadChallengePeriod,
        BadLimiter,
        BadLocationResolution,
        BadPublishers,
        MintRefused,
        Paused,
        BadPause,
        WrongEpochNumber,
        EpochNotOver,
        LifetimeTotalFell,
        AboveEmissionCap,
        LeafCountFell,
        BadDepth,
        AlreadyApproved,
        ApprovedTwice,
        WrongProposal,
        NotProposed,
        PublishersChanged,
        TooFewApprovals,
        ChallengePeriod,
        Underfunded,
        WrongPreviousEpoch,
        NoActiveEpoch,
        IndexOutOfRange,
        WrongPage,
        WrongProof,
        LifetimeBelowCounter,
        OutflowLimited,
        WrongDestination,
        DestinationFrozen,
        WrongPayout,
        WrongVault,
        WrongTokenProgram,
        WrongVaultDelta,
        BadLocation,
        LocationTooFine,
        NotOffered,
        WrongRentReceiver,
        Overflow,
        InvariantBroken,
        ZeroAmount,
        WrongNetwork,
        BadPageNumber,
    )
    .into_iter()
    .find(|error| u32::from(*error) == number)
}

/// What to do about a refusal, where the error's message does not say it.
pub(crate) fn next_step(error: NodeRewardsError) -> Option<&'static str> {
    use NodeRewardsError as E;
    Some(match error {
        E::NotAuthority => "sign with the network's authority",
        E::NotNominee => "sign with the nominated key, or have the authority nominate this one",
        E::NotGuardian => "sign with the network's guardian",
        E::NotPublisher => "sign with one of the network's publishers",
        E::NotNodeOwner => "sign with the node's owner",
        E::NotOfferee => "sign with the key that the node is offered to",
        E::NotOffered => "have the owner offer the node first",
        E::Paused => "wait until the pause is over, or have the authority end it",
        E::WrongEpochNumber => "compute the epoch after the active one",
        E::AboveEmissionCap => "grant less, or have the authority raise the cap",
        E::LifetimeTotalFell | E::LeafCountFell => {
            "compute the epoch again from the data of the active one"
        }
        E::AlreadyApproved => "activate the proposal, or have the guardian veto it",
        E::WrongProposal => "verify the proposal that is there now before approving it",
        E::NotProposed => "propose the epoch anew",
        E::TooFewApprovals => "have more publishers approve it",
        E::ChallengePeriod => "activate it when its challenge period is over",
        E::WrongProof | E::IndexOutOfRange => "use the published data of the active epoch",
        E::LifetimeBelowCounter => {
            "the data are older than what was claimed: use those of the active epoch"
        }
        E::NoActiveEpoch => "wait for the first epoch's activation",
        E::DestinationFrozen => {
            "ask the mint's freeze authority to thaw it, or set a payout wallet"
        }
        E::WrongPage => "create the page first",
        E::LocationTooFine => "use the parent cell at the network's resolution",
        E::InvariantBroken | E::WrongVaultDelta => {
            "stop, and tell the network's authority: its books do not balance"
        }
        _ => return None,
    })
}
