//! What a cluster knows of markets.

use std::{collections::HashMap, mem::offset_of};

use esim_market::state::{Market, MarketVault, Order, OrderState, Plan, Seller};
use solana_pubkey::Pubkey;
use wayfare_core::name::is_name;

use super::address;
use crate::{
    cluster::{Cluster, States},
    error::{ClientError, InputError},
};

/// Where `market` stands in sellers, orders and vaults.
const MARKET_AT: usize = 8 + offset_of!(Order, market);
/// Where `seller` stands in orders.
const SELLER_AT: usize = 8 + offset_of!(Order, seller);
/// Where `market` stands in plans: after the discriminator and the version.
const PLAN_MARKET_AT: usize = 8 + 1;
/// Where `seller` stands in plans.
const PLAN_SELLER_AT: usize = PLAN_MARKET_AT + 32;
/// Where `plan` stands in orders.
const PLAN_AT: usize = 8 + offset_of!(Order, plan);
/// Where `buyer` stands in orders.
const BUYER_AT: usize = 8 + offset_of!(Order, buyer);
/// Where `encryption_key` stands in orders.
const KEY_AT: usize = 8 + offset_of!(Order, encryption_key);
/// Where `state` stands in orders.
const STATE_AT: usize = 8 + offset_of!(Order, state);

/// Which orders: all that fit everything that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderFilter {
    pub market: Option<Pubkey>,
    pub seller: Option<Pubkey>,
    pub plan: Option<Pubkey>,
    pub buyer: Option<Pubkey>,
    /// The key that the delivery is encrypted to.
    pub encryption_key: Option<[u8; 32]>,
    pub state: Option<OrderState>,
}

impl OrderFilter {
    /// Whether the order fits.
    pub fn fits(&self, order: &Order) -> bool {
        self.market.is_none_or(|market| order.market == market)
            && self.seller.is_none_or(|seller| order.seller == seller)
            && self.plan.is_none_or(|plan| order.plan == plan)
            && self.buyer.is_none_or(|buyer| order.buyer == buyer)
            && self
                .encryption_key
                .is_none_or(|key| order.encryption_key == key)
            && self.state.is_none_or(|state| order.state == state as u8)
    }
}

impl Cluster {
    /// A market by its name, and its address.
    pub fn market(&self, name: &str) -> Result<(Pubkey, Market), ClientError> {
        let address = Some(name)
            .filter(|name| is_name(name.as_bytes()))
            .and_then(address::market)
            .ok_or_else(|| InputError::MarketName(name.to_owned()))?;
        Ok((address, self.state(&address)?))
    }

    /// Every market on the cluster, in order of their addresses.
    pub fn markets(&self) -> Result<Vec<(Pubkey, Market)>, ClientError> {
        Ok(self.states(&[])?.states)
    }

    /// The vaults of a market, those of dropped mints too, by their mint.
    pub fn vaults(
        &self,
        market: &Pubkey,
    ) -> Result<HashMap<Pubkey, (Pubkey, MarketVault)>, ClientError> {
        let vaults = self.vault_states(market)?.states;
        Ok(vaults
            .into_iter()
            .map(|(address, vault)| (vault.mint, (address, vault)))
            .collect())
    }

    /// The sellers of a market, by their address.
    pub fn sellers(&self, market: &Pubkey) -> Result<HashMap<Pubkey, Seller>, ClientError> {
        Ok(self.seller_states(market)?.states.into_iter().collect())
    }

    /// The plans of a market, or of one of its sellers, in order of their addresses.
    pub fn plans(
        &self,
        market: &Pubkey,
        seller: Option<&Pubkey>,
    ) -> Result<Vec<(Pubkey, Plan)>, ClientError> {
        Ok(self.plan_states(market, seller)?.states)
    }

    /// Orders, oldest first.
    pub fn orders(&self, filter: &OrderFilter) -> Result<Vec<(Pubkey, Order)>, ClientError> {
        let mut orders = self.order_states(filter)?.states;
        orders.sort_by_key(|(address, order)| (order.purchased_at, *address));
        Ok(orders)
    }

    pub(super) fn vault_states(&self, market: &Pubkey) -> Result<States<MarketVault>, ClientError> {
        let mut vaults = self.states::<MarketVault>(&[(MARKET_AT, market.as_ref())])?;
        vaults.states.retain(|(_, vault)| vault.market == *market);
        Ok(vaults)
    }

    pub(super) fn seller_states(&self, market: &Pubkey) -> Result<States<Seller>, ClientError> {
        let mut sellers = self.states::<Seller>(&[(MARKET_AT, market.as_ref())])?;
        sellers
            .states
            .retain(|(_, seller)| seller.market == *market);
        Ok(sellers)
    }

    pub(super) fn plan_states(
        &self,
        market: &Pubkey,
        seller: Option<&Pubkey>,
    ) -> Result<States<Plan>, ClientError> {
        let mut places: Vec<(usize, &[u8])> = vec![(PLAN_MARKET_AT, market.as_ref())];
        places.extend(seller.map(|seller| (PLAN_SELLER_AT, seller.as_ref())));
        let mut plans = self.states::<Plan>(&places)?;
        plans.states.retain(|(_, plan)| {
            plan.market == *market && seller.is_none_or(|seller| plan.seller == *seller)
        });
        Ok(plans)
    }

    pub(super) fn order_states(&self, filter: &OrderFilter) -> Result<States<Order>, ClientError> {
        // A node takes four filters, two of which tell orders from other accounts. A plan has one seller and a seller
        // one market, so the narrowest of them is enough; whether the others fit is seen here.
        let place = match (filter.plan, filter.seller) {
            (Some(plan), _) => (PLAN_AT, Some(plan)),
            (None, Some(seller)) => (SELLER_AT, Some(seller)),
            (None, None) => (MARKET_AT, filter.market),
        };
        // A delivery key is of one order, or of few.
        let encryption_key = filter.encryption_key.map(Pubkey::new_from_array);
        let who = match encryption_key {
            Some(_) => (KEY_AT, encryption_key),
            None => (BUYER_AT, filter.buyer),
        };
        let keys = [place, who];
        let mut places: Vec<(usize, &[u8])> = keys
            .iter()
            .filter_map(|(at, key)| Some((*at, key.as_ref()?.as_ref())))
            .collect();
        // With place and buyer or key there is no room for it, and few are left.
        let state = filter.state.map(|state| [state as u8]);
        if places.len() < 2 {
            places.extend(state.as_ref().map(|state| (STATE_AT, &state[..])));
        }
        let mut orders = self.states::<Order>(&places)?;
        orders.states.retain(|(_, order)| filter.fits(order));
        Ok(orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        esim::account::{EsimMarketAccount, encode, examples},
        fake_chain::{FakeChain, no_faults},
    };

    /// Whatever is asked for, with the filters that a node takes.
    #[test]
    fn every_filter_finds_what_fits_and_nothing_else() {
        let chain = FakeChain::default();
        let (one, mine) = examples::order(1);
        let (two, mut other) = examples::order(2);
        other.set_state(OrderState::Completed);
        let foreign = examples::key(77);
        for (at, order) in [(one, mine), (two, other)] {
            let data = encode(&EsimMarketAccount::Order(Box::new(order)));
            chain.put(at, super::address::PROGRAM, data);
        }
        let cluster = chain.cluster(no_faults());
        let found = |filter: OrderFilter| -> Vec<Pubkey> {
            let orders = cluster.orders(&filter).unwrap();
            orders.into_iter().map(|(at, _)| at).collect()
        };
        for bits in 0..64 {
            let on = |bit: u32| bits & 1 << bit != 0;
            let filter = OrderFilter {
                market: on(0).then_some(mine.market),
                seller: on(1).then_some(mine.seller),
                plan: on(2).then_some(mine.plan),
                buyer: on(3).then_some(mine.buyer),
                state: on(4).then_some(OrderState::Paid),
                encryption_key: on(5).then_some(mine.encryption_key),
            };
            let expected = if on(4) { vec![one] } else { vec![one, two] };
            let mut all = found(filter);
            all.sort_by_key(|at| *at != one);
            assert_eq!(all, expected, "{filter:?}");
            for wrong in 0..5 {
                let mut filter = filter;
                match wrong {
                    0 => filter.market = Some(foreign),
                    1 => filter.seller = Some(foreign),
                    2 => filter.plan = Some(foreign),
                    3 => filter.encryption_key = Some(foreign.to_bytes()),
                    _ => filter.buyer = Some(foreign),
                }
                assert_eq!(found(filter), [], "{filter:?}");
            }
        }
    }

    #[test]
    fn fields_stand_where_the_filters_look() {
        let (_, mut order) = examples::order(7);
        order.set_state(OrderState::Contested);
        let data = encode(&EsimMarketAccount::Order(Box::new(order)));
        for (at, key) in [
            (MARKET_AT, order.market),
            (SELLER_AT, order.seller),
            (PLAN_AT, order.plan),
            (BUYER_AT, order.buyer),
            (KEY_AT, Pubkey::new_from_array(order.encryption_key)),
        ] {
            assert_eq!(data[at..at + 32], key.to_bytes());
        }
        assert_eq!(data[STATE_AT], OrderState::Contested as u8);
        let (_, plan) = examples::plan();
        let data = encode(&EsimMarketAccount::Plan(Box::new(plan.clone())));
        let seller_at = PLAN_SELLER_AT..PLAN_SELLER_AT + 32;
        assert_eq!(data[PLAN_MARKET_AT..PLAN_SELLER_AT], plan.market.to_bytes());
        assert_eq!(data[seller_at], plan.seller.to_bytes());
        for account in [
            EsimMarketAccount::Seller(Box::new(examples::seller().1)),
            EsimMarketAccount::MarketVault(Box::new(examples::vault().1)),
        ] {
            assert_eq!(
                encode(&account)[MARKET_AT..SELLER_AT],
                plan.market.to_bytes()
            );
        }
    }
}
