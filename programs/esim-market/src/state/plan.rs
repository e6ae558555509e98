use anchor_lang::prelude::*;
use wayfare_core::{
    esim::countries::{COUNTRIES_BYTES, Countries},
    name::MAX_NAME_LEN,
};
use wayfare_program::{
    numbers::{WHOLE_BPS, part_of},
    stored, stored_enum, version,
};

use crate::{constants::*, errors::EsimMarketError, state::Market};

/// An eSIM plan on offer.
///
/// Address: `["plan", seller, id]`. Closed by `retire_plan`; orders take its terms along.
///
/// INVARIANT: the version of its terms is the number of the market's event that made it. It never comes back, not even in a new plan
/// with an old id, so a quote is good for exactly the terms that were shown.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub market: Pubkey,
    pub seller: Pubkey,
    /// Who paid the rent, and gets it back.
    pub rent_payer: Pubkey,
    /// The sequence number of the event that set the terms.
    pub terms_version: u64,
    /// Orders ever bought.
    pub sold: u64,
    /// Orders that can still be bought, or [`UNLIMITED_STOCK`].
    pub stock: u32,
    pub on_sale: bool,
    pub terms: PlanTerms,
    pub bump: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 16],
    /// 1 to 32 of a–z, 0–9 and `-`. Last, so that every other field has a fixed offset.
    #[max_len(MAX_NAME_LEN)]
    pub id: String,
}

stored! {
    /// What a buyer gets, and for how much. An order takes a copy along.
    #[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PlanTerms {
        pub mint: Pubkey,
        /// SHA-256 of the full description, which is published elsewhere.
        pub description_hash: [u8; 32],
        /// Base units: above zero.
        pub price: u64,
        /// Base units that must remain for the seller after discount and fee.
        pub floor_price: u64,
        /// Data in megabytes, 1,024 of which are a gigabyte as travel plans count; 0 is unlimited.
        pub data_mb: u64,
        /// Minutes of calls included.
        pub voice_minutes: u32,
        /// Text messages included.
        pub sms: u32,
        /// Kilobits per second once the data is used up; 0 cuts off.
        pub throttle_kbps: u32,
        /// Seconds for the seller to deliver, from the payment on.
        pub delivery_window: u32,
        /// Seconds for the buyer to complain, from the delivery on.
        pub release_window: u32,
        /// Basis points off the price: below 10,000.
        pub discount_bps: u16,
        /// Days from the activation: 1 to [`MAX_VALIDITY_DAYS`].
        pub validity_days: u16,
        /// Basis points for the buyer when the arbiter stays silent.
        pub default_split_bps: u16,
        /// ISO 3166-1 alpha-2 codes as a bit set: see [`Countries`].
        pub countries: [u8; COUNTRIES_BYTES],
    } as u8 {
        pub activation_policy: ActivationPolicy,
        pub refund_policy: RefundPolicy,
        /// Whether an order can be the parent of top-ups.
        pub top_up: bool,
    }
    /// The plan's terms as orders hold them.
    pub struct StoredPlanTerms, padding: 6;
}

/// When a plan's validity begins (the terms of Airalo's `activation_policy`).
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationPolicy {
    Installation,
    FirstUse,
}

/// When the right to a refund of an unused plan ends.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundPolicy {
    /// What is delivered is kept.
    UntilDelivery,
    /// Until the profile is installed.
    UntilInstalled,
    /// Until the profile is first used.
    UntilActivated,
}

stored_enum!(ActivationPolicy: Installation, FirstUse);

stored_enum!(RefundPolicy: UntilDelivery, UntilInstalled, UntilActivated);

/// What a purchase costs, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Off the price, rounded down: against the buyer.
    pub discount: u64,
    /// What the buyer pays.
    pub paid: u64,
}

impl PlanTerms {
    /// What a purchase costs. Refuses terms that the market does not allow, or that say nothing.
    pub fn validate(&self, market: &Market) -> Result<Quote> {
        require!(
            market.mints().contains(&self.mint),
            EsimMarketError::MintNotAccepted
        );
        require!(self.price > 0, EsimMarketError::BadPrice);
        require!(self.discount_bps < WHOLE_BPS, EsimMarketError::BadDiscount);
        let quote = self.quote(market.terms.fee_bps)?;
        require!(
            (1..=MAX_VALIDITY_DAYS).contains(&self.validity_days),
            EsimMarketError::BadValidity
        );
        require!(
            Countries(self.countries).is_valid(),
            EsimMarketError::BadCountries
        );
        require!(
            (1..=market.terms.max_delivery_window).contains(&self.delivery_window),
            EsimMarketError::BadDeliveryWindow
        );
        require!(
            (market.terms.min_release_window..=market.terms.max_release_window)
                .contains(&self.release_window),
            EsimMarketError::BadReleaseWindow
        );
        require!(
            self.default_split_bps <= WHOLE_BPS,
            EsimMarketError::BadSplit
        );
        Ok(quote)
    }

    /// What a purchase costs under a market's fee, if the seller's floor allows it.
    pub fn quote(&self, fee_bps: u16) -> Result<Quote> {
        let discount = part_of(self.price, self.discount_bps).ok_or(EsimMarketError::Overflow)?;
        let paid = self
            .price
            .checked_sub(discount)
            .ok_or(EsimMarketError::BadDiscount)?;
        let for_seller = paid
            .checked_sub(part_of(paid, fee_bps).ok_or(EsimMarketError::Overflow)?)
            .ok_or(EsimMarketError::BadFee)?;
        require!(for_seller >= self.floor_price, EsimMarketError::BelowFloor);
        Ok(Quote { discount, paid })
    }
}

/// What a seller changes about a plan: `None` stays as it is.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanChange {
    /// Makes a new version.
    pub terms: Option<PlanTerms>,
    pub stock: Option<StockChange>,
    pub on_sale: Option<bool>,
}

/// What a seller changes about a stock.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// The plan never sells out.
    Unlimited,
    /// So many are left.
    Set(u32),
    /// So many more: not undone by a purchase in between, as `Set` would be.
    Add(u32),
}

impl StockChange {
    /// The stock after the change.
    pub fn applied_to(&self, stock: u32) -> Result<u32> {
        let changed = match *self {
            Self::Unlimited => return Ok(UNLIMITED_STOCK),
            Self::Set(left) => left,
            Self::Add(more) => {
                require!(stock != UNLIMITED_STOCK, EsimMarketError::BadStock);
                stock.checked_add(more).ok_or(EsimMarketError::BadStock)?
            }
        };
        require!(changed < UNLIMITED_STOCK, EsimMarketError::BadStock);
        Ok(changed)
    }
}

impl Plan {
    pub const VERSION: u8 = version::FIRST;
    pub const SEED: &'static [u8] = b"plan";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

    pub fn find_address(seller: &Pubkey, id: &str) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, seller.as_ref(), id.as_bytes()], &crate::ID)
    }

    /// Takes one out of the stock.
    pub fn sell(&mut self) -> Result<()> {
        require!(self.on_sale, EsimMarketError::OffSale);
        require!(self.stock > 0, EsimMarketError::SoldOut);
        if self.stock != UNLIMITED_STOCK {
            self.stock = self.stock.saturating_sub(1);
        }
        self.sold = self.sold.checked_add(1).ok_or(EsimMarketError::Overflow)?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;
    use wayfare_program::stored::Stored;

    use super::*;

    pub fn terms() -> PlanTerms {
        PlanTerms {
            mint: Pubkey::new_from_array([1; 32]),
            price: 2,
            floor_price: 3,
            discount_bps: 4,
            data_mb: 5,
            validity_days: 6,
            countries: [7; 85],
            voice_minutes: 8,
            sms: 9,
            throttle_kbps: 10,
            activation_policy: ActivationPolicy::FirstUse,
            refund_policy: RefundPolicy::UntilActivated,
            top_up: true,
            delivery_window: 11,
            release_window: 12,
            default_split_bps: 13,
            description_hash: [14; 32],
        }
    }

    pub fn terms_bytes() -> Vec<u8> {
        let mut expected = [[1; 32], [14; 32]].concat();
        for long in [2u64, 3, 5] {
            expected.extend(long.to_le_bytes());
        }
        for int in [8u32, 9, 10, 11, 12] {
            expected.extend(int.to_le_bytes());
        }
        for short in [4u16, 6, 13] {
            expected.extend(short.to_le_bytes());
        }
        expected.extend([7; 85]);
        expected.extend([1, 2, 1]);
        expected
    }

    #[test]
    fn layout() {
        assert_eq!(Plan::DISCRIMINATOR, [161, 231, 251, 119, 2, 12, 162, 2]);
        let plan = Plan {
            version: Plan::VERSION,
            market: Pubkey::new_from_array([20; 32]),
            seller: Pubkey::new_from_array([21; 32]),
            rent_payer: Pubkey::new_from_array([22; 32]),
            terms_version: 23,
            sold: 24,
            stock: 25,
            on_sale: true,
            terms: terms(),
            bump: 26,
            spare: [0; 16],
            id: "a".repeat(MAX_NAME_LEN),
        };
        let mut bytes = vec![];
        plan.serialize(&mut bytes).unwrap();
        let mut expected = vec![1];
        expected.extend([[20; 32], [21; 32], [22; 32]].concat());
        expected.extend(23u64.to_le_bytes());
        expected.extend(24u64.to_le_bytes());
        expected.extend(25u32.to_le_bytes());
        expected.push(1);
        expected.extend(terms_bytes());
        expected.push(26);
        expected.extend([0; 16]);
        expected.extend(32u32.to_le_bytes());
        expected.extend([b'a'; 32]);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Plan::INIT_SPACE);
    }

    #[test]
    fn an_order_holds_the_same_bytes_and_padding() {
        let stored = terms().to_stored();
        let bytes = [terms_bytes(), vec![0; 6]].concat();
        assert_eq!(bytemuck::bytes_of(&stored), bytes);
        assert_eq!(size_of::<StoredPlanTerms>(), 208);
        assert_eq!(PlanTerms::from_stored(&stored), Some(terms()));
        let longs = [
            offset_of!(StoredPlanTerms, price),
            offset_of!(StoredPlanTerms, floor_price),
            offset_of!(StoredPlanTerms, data_mb),
        ];
        assert_eq!(longs, [64, 72, 80]);
        let ints = [
            offset_of!(StoredPlanTerms, voice_minutes),
            offset_of!(StoredPlanTerms, sms),
            offset_of!(StoredPlanTerms, throttle_kbps),
            offset_of!(StoredPlanTerms, delivery_window),
            offset_of!(StoredPlanTerms, release_window),
        ];
        assert_eq!(ints, [88, 92, 96, 100, 104]);
        let shorts = [
            offset_of!(StoredPlanTerms, discount_bps),
            offset_of!(StoredPlanTerms, validity_days),
            offset_of!(StoredPlanTerms, default_split_bps),
        ];
        assert_eq!(shorts, [108, 110, 112]);
        let rest = [
            offset_of!(StoredPlanTerms, mint),
            offset_of!(StoredPlanTerms, description_hash),
            offset_of!(StoredPlanTerms, countries),
            offset_of!(StoredPlanTerms, activation_policy),
            offset_of!(StoredPlanTerms, refund_policy),
            offset_of!(StoredPlanTerms, top_up),
            offset_of!(StoredPlanTerms, padding),
        ];
        assert_eq!(rest, [0, 32, 114, 199, 200, 201, 202]);
    }

    #[test]
    fn a_quote_rounds_against_who_gets_the_part() {
        let quote = |price, discount_bps, fee_bps, floor_price| {
            PlanTerms {
                price,
                discount_bps,
                floor_price,
                ..terms()
            }
            .quote(fee_bps)
        };
        let paid = |discount, paid| Ok(Quote { discount, paid });
        assert_eq!(quote(1_000, 0, 0, 1_000), paid(0, 1_000));
        assert_eq!(quote(999, 1, 0, 0), paid(0, 999));
        assert_eq!(quote(1, 9_999, 1_000, 1), paid(0, 1));
        assert_eq!(quote(10_000, 1, 0, 0), paid(1, 9_999));
        assert_eq!(quote(10_000, 2_500, 1_000, 6_750), paid(2_500, 7_500));
        assert_eq!(
            quote(10_000, 2_500, 1_000, 6_751),
            Err(EsimMarketError::BelowFloor.into())
        );
        assert_eq!(
            quote(u64::MAX, 1, 1_000, 0),
            paid(1_844_674_407_370_955, u64::MAX - 1_844_674_407_370_955)
        );
    }

    #[test]
    fn a_policy_is_its_number() {
        for (number, policy) in ActivationPolicy::ALL.iter().enumerate() {
            assert_eq!(*policy as usize, number);
        }
        for (number, policy) in RefundPolicy::ALL.iter().enumerate() {
            assert_eq!(*policy as usize, number);
        }
    }

    #[test]
    fn stock() {
        assert_eq!(StockChange::Set(0).applied_to(9), Ok(0));
        assert_eq!(StockChange::Add(3).applied_to(9), Ok(12));
        assert_eq!(StockChange::Unlimited.applied_to(9), Ok(UNLIMITED_STOCK));
        assert_eq!(StockChange::Set(1).applied_to(UNLIMITED_STOCK), Ok(1));
        for (change, stock) in [
            (StockChange::Set(u32::MAX), 0),
            (StockChange::Add(1), UNLIMITED_STOCK),
            (StockChange::Add(1), u32::MAX - 1),
            (StockChange::Add(u32::MAX), 1),
        ] {
            assert_eq!(
                change.applied_to(stock),
                Err(EsimMarketError::BadStock.into())
            );
        }
    }
}
