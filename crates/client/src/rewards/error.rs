//! The errors of node-rewards, by their numbers.

use node_rewards::errors::NodeRewardsError;

/// What to do about a refusal, where the error's message does not say it.
pub(crate) fn next_step(number: u32) -> Option<&'static str> {
    use NodeRewardsError as E;
    const STEPS: &[(&[E], &str)] = &[
        (&[E::NotAuthority], "sign with the network's authority"),
        (
            &[E::NotNominee],
            "sign with the nominated key, or have the authority nominate this one",
        ),
        (&[E::NotGuardian], "sign with the network's guardian"),
        (
            &[E::NotPublisher],
            "sign with one of the network's publishers",
        ),
        (&[E::NotNodeOwner], "sign with the node's owner"),
        (
            &[E::NotOfferee],
            "sign with the key that the node is offered to",
        ),
        (&[E::NotOffered], "have the owner offer the node first"),
        (
            &[E::Paused],
            "wait until the pause is over, or have the authority end it",
        ),
        (
            &[E::WrongEpochNumber],
            "compute the epoch after the active one",
        ),
        (
            &[E::AboveEmissionCap],
            "grant less, or have the authority raise the cap",
        ),
        (
            &[E::LifetimeTotalFell, E::LeafCountFell],
            "compute the epoch again from the data of the active one",
        ),
        (
            &[E::AlreadyApproved],
            "activate the proposal, or have the guardian veto it",
        ),
        (
            &[E::WrongProposal],
            "verify the proposal that is there now before approving it",
        ),
        (&[E::NotProposed], "propose the epoch again"),
        (&[E::TooFewApprovals], "have more publishers approve it"),
        (
            &[E::ChallengePeriod],
            "activate it when its challenge period is over",
        ),
        (
            &[E::WrongProof, E::IndexOutOfRange],
            "use the published data of the active epoch",
        ),
        (
            &[E::LifetimeBelowCounter],
            "the data are older than what was claimed: use those of the active epoch",
        ),
        (&[E::NoActiveEpoch], "wait for the first epoch's activation"),
        (
            &[E::DestinationFrozen],
            "ask the mint's freeze authority to thaw it, or set a payout wallet",
        ),
        (&[E::WrongPage], "create the page first"),
        (
            &[E::LocationTooFine],
            "use the parent cell at the network's resolution",
        ),
        (
            &[E::InvariantBroken, E::WrongVaultDelta],
            "stop, and tell the network's authority: its books do not balance",
        ),
    ];
    STEPS
        .iter()
        .find(|(errors, _)| errors.iter().any(|error| u32::from(*error) == number))
        .map(|(_, step)| *step)
}
