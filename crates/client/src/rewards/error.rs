//! The errors of node-rewards, by their numbers.

use node_rewards::errors::NodeRewardsError;
use solana_pubkey::Pubkey;

use super::address::PROGRAM;
use crate::programs::OurError;

impl OurError for NodeRewardsError {
    const PROGRAM: Pubkey = PROGRAM;

    const NEXT_STEPS: &'static [(&'static [Self], &'static str)] = &[
        (&[Self::NotAuthority], "sign with the network's authority"),
        (
            &[Self::NotNominee],
            "sign with the nominated key, or have the authority nominate this one",
        ),
        (&[Self::NotGuardian], "sign with the network's guardian"),
        (
            &[Self::NotPublisher],
            "sign with one of the network's publishers",
        ),
        (&[Self::NotNodeOwner], "sign with the node's owner"),
        (
            &[Self::NotOfferee],
            "sign with the key that the node is offered to",
        ),
        (&[Self::NotOffered], "have the owner offer the node first"),
        (
            &[Self::Paused],
            "wait until the pause is over, or have the authority end it",
        ),
        (
            &[Self::WrongEpochNumber],
            "compute the epoch after the active one",
        ),
        (
            &[Self::AboveEmissionCap],
            "grant less, or have the authority raise the cap",
        ),
        (
            &[Self::LifetimeTotalFell, Self::LeafCountFell],
            "compute the epoch again from the data of the active one",
        ),
        (
            &[Self::AlreadyApproved],
            "activate the proposal, or have the guardian veto it",
        ),
        (
            &[Self::WrongProposal],
            "verify the proposal that is there now before approving it",
        ),
        (&[Self::NotProposed], "propose the epoch again"),
        (&[Self::TooFewApprovals], "have more publishers approve it"),
        (
            &[Self::ChallengePeriod],
            "activate it when its challenge period is over",
        ),
        (
            &[Self::WrongProof, Self::IndexOutOfRange],
            "use the published data of the active epoch",
        ),
        (
            &[Self::LifetimeBelowCounter],
            "the data are older than what was claimed: use those of the active epoch",
        ),
        (
            &[Self::NoActiveEpoch],
            "wait for the first epoch's activation",
        ),
        (
            &[Self::DestinationFrozen],
            "ask the mint's freeze authority to thaw it, or set a payout wallet",
        ),
        (&[Self::WrongPage], "create the page first"),
        (
            &[Self::LocationTooFine],
            "use the parent cell at the network's resolution",
        ),
        (
            &[Self::InvariantBroken, Self::WrongVaultDelta],
            "stop, and tell the network's authority: its books do not balance",
        ),
    ];
}
