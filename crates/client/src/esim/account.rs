//! The accounts of esim-market.

use std::ops::RangeInclusive;

use esim_market::state::{Delivery, Market, MarketVault, Order, Plan, Seller};
#[cfg(test)]
use solana_pubkey::Pubkey;
use wayfare_core::{
    esim::{MAX_CIPHERTEXT, MIN_CIPHERTEXT, countries::Countries},
    name::is_name,
};

use super::address::PROGRAM;
#[cfg(test)]
use crate::account::{AccountKind, ProgramAccount};
use crate::account::{Place, Stored, borsh, one, program_accounts, zero_copy};

program_accounts!(
    /// An account of the program.
    EsimMarketAccount, EsimMarketKind of PROGRAM, called "esim-market":
    Market, MarketVault, Seller, Plan, Order, Delivery,
);

impl Stored for Market {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let market = zero_copy::<Self>(data)?;
        if !is_name(market.scope.name().as_bytes()) {
            return Err("its name is not a valid one");
        }
        // A count that the program's own accessor would cut short.
        if usize::from(market.mint_count) > market.mints.len() {
            return Err("it accepts more mints than there is room for");
        }
        Ok(market)
    }

    fn place(&self) -> Result<Place, &'static str> {
        Ok(Place::new(
            Self::find_address(self.scope.name()),
            self.scope.bump,
        ))
    }
}

impl Stored for MarketVault {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        zero_copy(data)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.market, &self.mint);
        if Self::find_tokens_address(&derived.0).0 != self.tokens {
            return Err("its token account is not the one that its address leads to");
        }
        Ok(Place::new(derived, self.bump))
    }
}

impl Stored for Seller {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let seller = zero_copy::<Self>(data)?;
        seller
            .status()
            .map_err(|_| "its status is not a valid one")?;
        Ok(seller)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.market, &self.authority);
        Ok(Place::new(derived, self.bump))
    }
}

impl Stored for Plan {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        // What is behind a short id is left as it was, so it is not checked.
        let plan = borsh::<Self>(data, "a field is out of range")?;
        if !is_name(plan.id.as_bytes()) {
            return Err("its id is not a valid one");
        }
        check_countries(&plan.terms.countries)?;
        Ok(plan)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.seller, &self.id);
        Ok(Place::new(derived, self.bump))
    }
}

impl Stored for Order {
    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let order = zero_copy::<Self>(data)?;
        order.state().map_err(|_| "its state is not a valid one")?;
        order
            .reason()
            .map_err(|_| "its dispute's reason is not a valid one")?;
        order
            .terms()
            .map_err(|_| "a policy of its terms is not a valid one")?;
        check_countries(&order.terms.countries)?;
        Ok(order)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.plan, &self.buyer, self.order_id);
        Ok(Place::new(derived, self.bump))
    }
}

impl Stored for Delivery {
    fn space() -> RangeInclusive<usize> {
        Self::space(MIN_CIPHERTEXT)..=Self::space(MAX_CIPHERTEXT)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let delivery = borsh::<Self>(data, "its ciphertext is cut short")?;
        if data.len() != Self::space(delivery.ciphertext.len()) {
            return Err("something follows its ciphertext");
        }
        Ok(delivery)
    }

    fn place(&self) -> Result<Place, &'static str> {
        Ok(Place::new(Self::find_address(&self.order), self.bump))
    }
}

fn check_countries(countries: &[u8; 85]) -> Result<(), &'static str> {
    if Countries(*countries).is_valid() {
        Ok(())
    } else {
        Err("it has no countries, or some that are not pairs of letters")
    }
}

/// An account's data as the program writes them.
#[cfg(test)]
pub(crate) fn encode(account: &EsimMarketAccount) -> Vec<u8> {
    fn borsh(account: &impl anchor_lang::AnchorSerialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        account.serialize(&mut bytes).unwrap();
        bytes
    }
    let fields = match account {
        EsimMarketAccount::Market(a) => bytemuck::bytes_of(&**a).to_vec(),
        EsimMarketAccount::MarketVault(a) => bytemuck::bytes_of(&**a).to_vec(),
        EsimMarketAccount::Seller(a) => bytemuck::bytes_of(&**a).to_vec(),
        EsimMarketAccount::Plan(a) => borsh(&**a),
        EsimMarketAccount::Order(a) => bytemuck::bytes_of(&**a).to_vec(),
        EsimMarketAccount::Delivery(a) => borsh(&**a),
    };
    let mut data = [account.kind().discriminator(), &fields].concat();
    if !matches!(account, EsimMarketAccount::Delivery(_)) {
        data.resize(*account.kind().space().end(), 0);
    }
    data
}

/// Accounts of a small market, for tests.
#[cfg(test)]
pub(crate) mod examples {
    use esim_market::state::{ActivationPolicy, OrderState, PlanTerms, RefundPolicy, SellerStatus};

    use wayfare_program::stored::Stored as _;

    use super::*;

    pub fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    pub const MINT: Pubkey = Pubkey::new_from_array([31; 32]);

    pub fn market() -> (Pubkey, Market) {
        let (address, bump) = Market::find_address("travel");
        let mut market: Market = bytemuck::Zeroable::zeroed();
        market
            .scope
            .open(Market::VERSION, bump, "travel", key(1), key(3))
            .unwrap();
        market.terms_version = 30;
        market.mints[0] = MINT;
        market.mint_count = 1;
        market.scope.sequence = 40;
        market.terms.arbiter = key(2);
        market.terms.treasury = key(4);
        market.terms.fee_bps = 250;
        (address, market)
    }

    pub fn vault() -> (Pubkey, MarketVault) {
        let (market, _) = market();
        let (address, bump) = MarketVault::find_address(&market, &MINT);
        let vault = MarketVault {
            version: MarketVault::VERSION,
            bump,
            decimals: 6,
            padding: [0; 5],
            market,
            mint: MINT,
            tokens: MarketVault::find_tokens_address(&address).0,
            token_program: anchor_spl::token::ID,
            held: 0,
            spare: [0; 16],
        };
        (address, vault)
    }

    pub fn seller() -> (Pubkey, Seller) {
        let (market, _) = market();
        let (address, bump) = Seller::find_address(&market, &key(5));
        let mut seller: Seller = bytemuck::Zeroable::zeroed();
        seller.version = Seller::VERSION;
        seller.market = market;
        seller.authority = key(5);
        seller.payout = key(6);
        seller.attester = key(7);
        seller.status = SellerStatus::Approved as u8;
        seller.plan_count = 1;
        seller.delivered_count = 3;
        seller.delivery_times = [1, 0, 2, 0, 0, 0, 0, 0];
        seller.bump = bump;
        (address, seller)
    }

    pub fn plan() -> (Pubkey, Plan) {
        let (market, _) = market();
        let (seller, _) = seller();
        let (address, bump) = Plan::find_address(&seller, "fr-5gb-30d");
        let mut countries = Countries([0; 85]);
        assert!(countries.insert(wayfare_core::esim::countries::Code::new(*b"FR").unwrap()));
        let plan = Plan {
            version: Plan::VERSION,
            market,
            seller,
            rent_payer: key(5),
            terms_version: 9,
            sold: 3,
            stock: 7,
            on_sale: true,
            terms: PlanTerms {
                mint: MINT,
                price: 10_000_000,
                floor_price: 0,
                discount_bps: 0,
                data_mb: 5_000,
                validity_days: 30,
                countries: countries.0,
                voice_minutes: 0,
                sms: 0,
                throttle_kbps: 0,
                activation_policy: ActivationPolicy::FirstUse,
                refund_policy: RefundPolicy::UntilInstalled,
                top_up: true,
                delivery_window: 600,
                release_window: 86_400,
                default_split_bps: 5_000,
                description_hash: [8; 32],
            },
            bump,
            spare: [0; 16],
            id: "fr-5gb-30d".into(),
        };
        (address, plan)
    }

    /// Just paid 10 tokens, at 1,000.
    pub fn order(order_id: u64) -> (Pubkey, Order) {
        let (market, market_state) = market();
        let (seller, seller_state) = seller();
        let (plan, plan_state) = plan();
        let (address, bump) = Order::find_address(&plan, &key(10), order_id);
        let mut order: Order = bytemuck::Zeroable::zeroed();
        order.version = Order::VERSION;
        order.terms = plan_state.terms.to_stored();
        order.set_state(OrderState::Paid);
        order.market = market;
        order.seller = seller;
        order.plan = plan;
        order.buyer = key(10);
        order.payer = key(11);
        order.seller_authority = seller_state.authority;
        order.payout = seller_state.payout;
        order.attester = seller_state.attester;
        order.treasury = market_state.terms.treasury;
        order.arbiter = market_state.terms.arbiter;
        order.encryption_key = [12; 32];
        order.order_id = order_id;
        order.plan_version = plan_state.terms_version;
        order.market_version = market_state.terms_version;
        order.fee_bps = market_state.terms.fee_bps;
        order.answer_window = 3_600;
        order.arbiter_window = 7_200;
        order.retention = 86_400;
        order.paid = 10_000_000;
        order.purchased_at = 1_000;
        order.deliver_by = 1_600;
        order.bump = bump;
        (address, order)
    }

    pub fn delivery() -> (Pubkey, Delivery) {
        let (order, _) = order(1);
        let (address, bump) = Delivery::find_address(&order);
        let delivery = Delivery {
            version: Delivery::VERSION,
            order,
            rent_payer: key(5),
            bump,
            spare: [0; 8],
            ciphertext: vec![3; 100],
        };
        (address, delivery)
    }

    /// One account of each kind, at its address.
    pub fn all() -> Vec<(Pubkey, EsimMarketAccount)> {
        fn boxed<T>(
            (address, state): (Pubkey, T),
            wrap: fn(Box<T>) -> EsimMarketAccount,
        ) -> (Pubkey, EsimMarketAccount) {
            (address, wrap(Box::new(state)))
        }
        vec![
            boxed(market(), EsimMarketAccount::Market),
            boxed(vault(), EsimMarketAccount::MarketVault),
            boxed(seller(), EsimMarketAccount::Seller),
            boxed(plan(), EsimMarketAccount::Plan),
            boxed(order(1), EsimMarketAccount::Order),
            boxed(delivery(), EsimMarketAccount::Delivery),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::account::{
        AccountError, AnyAccount, check_address, decode as decode_account, decode_any, decode_as,
    };
    use examples::key;

    fn decode(address: &Pubkey, data: &[u8]) -> Result<EsimMarketAccount, AccountError> {
        decode_account(address, &PROGRAM, data)
    }

    #[test]
    fn every_kind_is_read_back_and_stands_at_its_address() {
        for (address, account) in examples::all() {
            let data = encode(&account);
            assert_eq!(decode(&address, &data), Ok(account.clone()));
            check_address(&address, &account).unwrap();
            assert_eq!(
                decode_any(&address, &PROGRAM, &data),
                Ok(AnyAccount::EsimMarket(account.clone()))
            );
            let elsewhere = check_address(&key(99), &account);
            assert!(
                matches!(elsewhere, Err(AccountError::Misplaced { derived, .. }) if derived == address)
            );
            assert!(matches!(
                decode_any(&address, &key(98), &data),
                Err(AccountError::ForeignOwner { .. })
            ));
        }
    }

    #[test]
    fn no_length_but_its_own() {
        for (address, account) in examples::all() {
            let data = encode(&account);
            for length in 0..data.len() {
                assert!(decode(&address, &data[..length]).is_err(), "{length}");
            }
            let longer = [&data[..], &[0]].concat();
            assert!(decode(&address, &longer).is_err());
        }
    }

    #[test]
    fn another_kind_than_asked_for() {
        let (address, market) = examples::all().remove(0);
        assert_eq!(
            decode_as::<Order>(&address, &PROGRAM, &encode(&market)),
            Err(AccountError::OtherKind {
                address,
                expected: "Order",
                found: "Market",
            })
        );
    }

    #[test]
    fn fields_that_the_program_never_writes() {
        let (address, market) = examples::market();
        let malformed = |change: fn(&mut Market)| {
            let mut market = market;
            change(&mut market);
            let data = encode(&EsimMarketAccount::Market(Box::new(market)));
            matches!(decode(&address, &data), Err(AccountError::Malformed { .. }))
        };
        assert!(malformed(|m| m.scope.name_len = 0));
        assert!(malformed(|m| m.scope.name_len = 33));
        assert!(malformed(|m| m.scope.name[0] = b'T'));
        assert!(malformed(|m| m.mint_count = 9));
        assert!(!malformed(|m| m.mint_count = 8));
        let (address, seller) = examples::seller();
        let data = encode(&EsimMarketAccount::Seller(Box::new(Seller {
            status: 3,
            ..seller
        })));
        assert!(matches!(
            decode(&address, &data),
            Err(AccountError::Malformed { .. })
        ));
        let (address, order) = examples::order(1);
        let malformed = |change: fn(&mut Order)| {
            let mut order = order;
            change(&mut order);
            let data = encode(&EsimMarketAccount::Order(Box::new(order)));
            matches!(decode(&address, &data), Err(AccountError::Malformed { .. }))
        };
        assert!(malformed(|o| o.state = 7));
        assert!(malformed(|o| o.reason = 8));
        assert!(malformed(|o| o.terms.refund_policy = 3));
        assert!(malformed(|o| o.terms.activation_policy = 2));
        assert!(malformed(|o| o.terms.countries = [0; 85]));
        let (address, mut plan) = examples::plan();
        plan.terms.countries = [0; 85];
        let data = encode(&EsimMarketAccount::Plan(Box::new(plan)));
        assert!(matches!(
            decode(&address, &data),
            Err(AccountError::Malformed { .. })
        ));
        let (address, mut vault) = examples::vault();
        vault.tokens = key(1);
        let vault = EsimMarketAccount::MarketVault(Box::new(vault));
        assert!(matches!(
            check_address(&address, &vault),
            Err(AccountError::Malformed { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_bytes_end_in_a_result(
            kind in 0usize..6,
            bytes in proptest::collection::vec(any::<u8>(), 1_100),
            length in proptest::option::of(0usize..1_100),
        ) {
            let kind = EsimMarketKind::ALL[kind];
            let mut data = [kind.discriminator(), &bytes].concat();
            data.truncate(length.unwrap_or(*kind.space().end()));
            if let Ok(account) = decode(&key(1), &data) {
                prop_assert_eq!(account.kind(), kind);
                let _ = check_address(&key(1), &account);
            }
        }
    }
}
