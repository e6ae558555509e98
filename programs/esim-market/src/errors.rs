//! Everything that the program refuses, by name. Numbers start at 6000 in the order below and are
//! append-only: a released number never changes its meaning.

use anchor_lang::prelude::*;
use wayfare_program::scope::ScopeError;

/// Why an instruction of esim-market was refused.
#[error_code]
pub enum EsimMarketError {
    // 6000: who may
    #[msg("Only the market's authority may do this")]
    NotAuthority,
    #[msg("Only the nominated authority may accept")]
    NotNominee,
    #[msg("Only the market's guardian may do this")]
    NotGuardian,
    #[msg("Only the seller's authority may do this")]
    NotSeller,
    #[msg("Only the order's buyer may do this")]
    NotBuyer,
    // 6005
    #[msg("Only the arbiter named when the order was bought may do this")]
    NotArbiter,
    #[msg("Only the attester named when the order was bought may do this")]
    NotAttester,
    #[msg("The all-zero key cannot hold a role: name a key that can sign")]
    ZeroKey,

    // 6008: configuration
    #[msg("A name or plan id is 1 to 32 characters of a-z, 0-9 and, not at an end, -")]
    BadName,
    #[msg("The market's fee must be at most 1000 basis points")]
    BadFee,
    // 6010
    #[msg(
        "A window is out of its limits: 1 second to 90 days, retention at most 366 days, least release window up to the longest"
    )]
    BadWindow,
    #[msg(
        "The mint is refused: it is no initialised mint, or has an extension that can move, hide, tax or stop tokens"
    )]
    MintRefused,
    #[msg("The market accepts 8 mints already: drop one first")]
    TooManyMints,
    #[msg("The market accepts this mint already")]
    AcceptedTwice,
    #[msg("The market does not accept this mint")]
    MintNotAccepted,

    // 6015: pauses
    #[msg("The market is paused: try again when the pause is over")]
    Paused,
    #[msg("A pause must end in the future, and within 7 days")]
    BadPause,

    // 6017: plans
    #[msg("The price must be above zero")]
    BadPrice,
    #[msg("The discount must be below 10000 basis points")]
    BadDiscount,
    #[msg("Less than the floor price would remain for the seller")]
    BelowFloor,
    // 6020
    #[msg("The validity must be 1 to 366 days")]
    BadValidity,
    #[msg("The countries are none, or not pairs of letters A-Z")]
    BadCountries,
    #[msg("The delivery window is above the market's longest")]
    BadDeliveryWindow,
    #[msg("The release window is outside of the market's limits")]
    BadReleaseWindow,
    #[msg("A split must be at most 10000 basis points")]
    BadSplit,
    // 6025
    #[msg("The stock would pass its limit")]
    BadStock,

    // 6026: purchases
    #[msg("The seller is not approved by the market")]
    SellerNotApproved,
    #[msg("The plan is off sale")]
    OffSale,
    #[msg("The plan is sold out")]
    SoldOut,
    #[msg("The plan is not the version that was quoted: look at its terms again")]
    WrongPlanVersion,
    // 6030
    #[msg("The price is above the buyer's limit")]
    AbovePriceLimit,
    #[msg("The encryption key is not a usable one")]
    BadEncryptionKey,
    #[msg("A top-up names its parent order; a purchase names none")]
    WrongParent,
    #[msg("The parent order is not delivered, is of another seller, or its plan allows no top-up")]
    NoTopUp,

    // 6034: orders
    #[msg("The order is not in a state that allows this")]
    WrongState,
    // 6035
    #[msg("It is too early for this: the time is in the log")]
    TooEarly,
    #[msg("It is too late for this: the time is in the log")]
    TooLate,
    #[msg("The ciphertext must be 81 to 512 bytes")]
    BadCiphertext,
    #[msg("The right to a refund of an unused plan has ended")]
    RefundRightEnded,
    #[msg("An unused plan is refunded: contest only when its installation or use was reported")]
    RefundRightHolds,
    // 6040
    #[msg("It was reported before")]
    ReportedTwice,
    #[msg("A dispute needs a reason")]
    BadDisputeReason,
    #[msg("The agreed part must be above zero and below what was paid")]
    BadPart,
    #[msg("The order still owes somebody: pay it out first")]
    StillOwes,
    #[msg("The order was delivered: its delivery account must be closed with it")]
    MissingDelivery,

    // 6045: accounts
    #[msg("The account is not of this market")]
    WrongMarket,
    #[msg("The account is not of this seller")]
    WrongSeller,
    #[msg("The account is not of this order")]
    WrongOrder,
    #[msg("The vault is not the market's for the order's mint")]
    WrongVault,
    #[msg("The token program is not the mint's")]
    WrongTokenProgram,
    // 6050
    #[msg("The destination is not the associated token account of the one who is paid")]
    WrongDestination,
    #[msg("The rent goes only to who paid it")]
    WrongRentReceiver,

    // 6052: books
    #[msg("The vault's balance did not change by exactly the amount")]
    WrongVaultDelta,
    #[msg("A total would pass its type's limit")]
    Overflow,
    #[msg("An invariant of the market does not hold")]
    InvariantBroken,

    // 6055: versions
    #[msg("The market's terms are not the version that was quoted: look at them again")]
    WrongMarketVersion,
    #[msg("A newer release of the program wrote the market: this one cannot change it")]
    NewerVersion,
}

impl From<ScopeError> for EsimMarketError {
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
