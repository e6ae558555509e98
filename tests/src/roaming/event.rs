//! What the hub's program tells, read from the bytes of its inner instructions.

use roaming_escrow::events::*;

use crate::event::events;

events!(
    /// An event of roaming-escrow.
    about hub:
    HubCreated,
    HubTermsChanged,
    GuardianChanged,
    AuthorityNominated,
    AuthorityChanged,
    PauseChanged,
    OperatorRegistered,
    OperatorChanged,
    OperatorNominated,
    OperatorHandedOver,
    OperatorStatusChanged,
    AgreementProposed,
    TermsOffered,
    TermsAccepted,
    AgreementClosing,
    Deposited,
    WithdrawalRequested,
    Withdrawn,
    FeesCollected,
    UsageStated,
    StatementChanged,
    PeriodSettled,
    VoucherRedeemed,
    StatementClosed,
);
