//! The sweep: everything that is due in a market and that anyone may do. Refunds of what was not delivered or not
//! answered, releases, splits by default, what ended orders still owe, and closing. Whoever sweeps gets nothing for it
//! and can send no money anywhere but where it belongs.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use esim_market::{
    errors::EsimMarketError,
    state::{Action, Delivery, Order},
};
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{
    address,
    deliveries::read_orders,
    instruction::{self, SettleAccounts, VaultAccounts},
    orders,
};
use crate::{
    account::decode_as,
    bulk::{Assessment, Job, Verdict},
    cluster::Cluster,
    error::{ClientError, Refusal},
    journal::Binding,
    token::cannot_take,
};

/// How long to wait when the cluster's clock is not where its account said.
const CLOCK_LAG: Duration = Duration::from_secs(2);

/// A part of an ended order's money that is still in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub to: Party,
    /// Base units.
    pub amount: u64,
    pub wallet: Pubkey,
    /// The wallet's associated token account.
    pub account: Pubkey,
    /// Why the account cannot take it, as [`cannot_take`] says it; `None` when it can be paid now.
    pub obstacle: Option<&'static str>,
}

/// Who is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Who paid for the order.
    Payer,
    Seller,
    /// The market's treasury.
    Market,
}

/// What ended orders still owe, for each in order, and whether it can be paid now. `vaults`: the market's, by mint.
pub fn dues(
    cluster: &Cluster,
    orders: &[(Pubkey, &Order)],
    vaults: &HashMap<Pubkey, VaultAccounts>,
    min_slot: Option<u64>,
) -> Result<Vec<Vec<Due>>, ClientError> {
    let mut dues: Vec<Vec<(Due, VaultAccounts)>> = orders
        .iter()
        .map(|(at, order)| match vaults.get(&order.terms.mint) {
            Some(vault) => owed(*at, order, *vault),
            None => vec![],
        })
        .collect();
    let addresses: Vec<Pubkey> = dues.iter().flatten().map(|(due, _)| due.account).collect();
    let mut accounts = cluster.accounts(&addresses, min_slot)?.accounts.into_iter();
    for (due, vault) in dues.iter_mut().flatten() {
        let account = accounts.next().flatten();
        due.obstacle = cannot_take(
            account.as_ref(),
            &due.wallet,
            &vault.mint,
            &vault.token_program,
        );
    }
    Ok(dues
        .into_iter()
        .map(|dues| dues.into_iter().map(|(due, _)| due).collect())
        .collect())
}

/// The parts above zero that an order owes.
fn owed(at: Pubkey, order: &Order, vault: VaultAccounts) -> Vec<(Due, VaultAccounts)> {
    let accounts = SettleAccounts::of(at, order, vault);
    let due = order.due();
    [
        (Party::Payer, due.refund, order.payer, accounts.refund_to),
        (
            Party::Seller,
            due.release,
            order.payout,
            accounts.release_to,
        ),
        (Party::Market, due.fee, order.treasury, accounts.fee_to),
    ]
    .into_iter()
    .filter(|(_, amount, _, _)| *amount > 0)
    .map(|(to, amount, wallet, account)| {
        let due = Due {
            to,
            amount,
            wallet,
            account,
            obstacle: None,
        };
        (due, vault)
    })
    .collect()
}

/// Whether there is something at this time that anyone may do for an order.
pub fn is_due(order: &Order, now: i64) -> bool {
    orders::crank(order, now).is_some() || is_closable(order, now)
}

fn is_closable(order: &Order, now: i64) -> bool {
    order.is_due(Action::Close, now) && order.owes().is_ok_and(|units| units == 0)
}

/// The job of doing all that is due: an item for each order. An item is done when nothing is left that can be done
/// now; what no account can take stays due.
pub struct SweepOrders {
    pub orders: Vec<Pubkey>,
    /// The market's vaults, by mint.
    pub vaults: HashMap<Pubkey, VaultAccounts>,
    /// Signs and pays the fees.
    pub payer: Pubkey,
}

impl SweepOrders {
    /// What ties a journal to the sweeps of a market. The orders are listed in the journal.
    pub fn binding(market: Pubkey, genesis: Hash) -> Binding {
        Binding {
            job: "sweep-orders".to_owned(),
            input: [0; 32],
            network: market,
            genesis,
        }
    }

    /// What one order's next step is.
    fn assessment(
        &self,
        at: Pubkey,
        order: &Order,
        now: i64,
        dues: &[Due],
        delivery_rent_payer: Option<Pubkey>,
    ) -> Assessment {
        let instruction = match orders::crank(order, now) {
            // A transaction that pays nobody would cost its fee for nothing.
            Some(Action::PayOut) if dues.iter().all(|due| due.obstacle.is_some()) => None,
            Some(action) => {
                let Some(vault) = self.vaults.get(&order.terms.mint) else {
                    return Assessment::Impossible(format!(
                        "the market has no vault for its mint {}",
                        order.terms.mint
                    ));
                };
                let accounts = SettleAccounts::of(at, order, *vault);
                instruction::crank(&accounts, self.payer, action)
            }
            None if is_closable(order, now) => {
                if order.was_delivered() && delivery_rent_payer.is_none() {
                    return Assessment::Impossible("its delivery is missing".to_owned());
                }
                Some(instruction::close_order(
                    at,
                    order,
                    delivery_rent_payer,
                    self.payer,
                ))
            }
            None => None,
        };
        match instruction {
            None => Assessment::Done,
            Some(instruction) => Assessment::Due {
                instructions: vec![instruction],
                // Every step changes the state or what is owed.
                progress: order
                    .owes()
                    .unwrap_or(u64::MAX)
                    .wrapping_mul(8)
                    .wrapping_add(u64::from(order.state)),
            },
        }
    }

    /// Who paid the rent of the orders' deliveries, for those that can be closed; and which orders are closed already,
    /// with their deliveries, though the node that was asked before had not seen that yet.
    fn delivery_rent_payers(
        &self,
        cluster: &Cluster,
        orders: &[(Pubkey, &Order)],
        now: i64,
        min_slot: Option<u64>,
    ) -> Result<(HashMap<Pubkey, Pubkey>, HashSet<Pubkey>), ClientError> {
        let closable: Vec<Pubkey> = orders
            .iter()
            .filter(|(_, order)| order.was_delivered() && is_closable(order, now))
            .map(|(at, _)| *at)
            .collect();
        let addresses: Vec<Pubkey> = closable.iter().map(address::delivery).collect();
        let deliveries = cluster.accounts(&addresses, min_slot)?;
        let mut payers = HashMap::with_capacity(closable.len());
        let mut missing = Vec::new();
        for ((order, at), account) in closable.iter().zip(addresses).zip(deliveries.accounts) {
            match account.filter(|account| account.owner == address::PROGRAM) {
                Some(account) => {
                    let delivery: Delivery = decode_as(&at, &account.owner, &account.data)?;
                    payers.insert(*order, delivery.rent_payer);
                }
                None => missing.push(*order),
            }
        }
        let again = read_orders(cluster, &missing, Some(deliveries.last_slot))?;
        let closed = missing.into_iter().zip(again);
        let closed = closed.filter(|(_, order)| order.is_none());
        Ok((payers, closed.map(|(at, _)| at).collect()))
    }
}

impl Job for SweepOrders {
    fn len(&self) -> usize {
        self.orders.len()
    }

    fn name(&self, item: usize) -> String {
        match self.orders.get(item) {
            Some(order) => format!("order {order}"),
            None => format!("item {item}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let addresses: Vec<Pubkey> = items
            .iter()
            .filter_map(|item| self.orders.get(*item).copied())
            .collect();
        let now = cluster.unix_time()?;
        let states = read_orders(cluster, &addresses, min_slot)?;
        let open: Vec<(Pubkey, &Order)> = addresses
            .iter()
            .zip(&states)
            .filter_map(|(at, order)| Some((*at, order.as_ref()?)))
            .collect();
        let owing: Vec<(Pubkey, &Order)> = open
            .iter()
            .filter(|(_, order)| orders::crank(order, now) == Some(Action::PayOut))
            .copied()
            .collect();
        let dues = dues(cluster, &owing, &self.vaults, min_slot)?;
        let dues: HashMap<Pubkey, Vec<Due>> = owing.iter().map(|(at, _)| *at).zip(dues).collect();
        let (rent_payers, closed) = self.delivery_rent_payers(cluster, &open, now, min_slot)?;
        Ok(addresses
            .iter()
            .zip(&states)
            .map(|(at, order)| match order {
                None => Assessment::Done,
                Some(_) if closed.contains(at) => Assessment::Done,
                Some(order) => {
                    let dues = dues.get(at).map(Vec::as_slice).unwrap_or_default();
                    self.assessment(*at, order, now, dues, rent_payers.get(at).copied())
                }
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![]
    }

    fn judge(
        &self,
        _cluster: &Cluster,
        _item: usize,
        refusal: &Refusal,
    ) -> Result<Verdict, ClientError> {
        // The node that was asked for the time was ahead of the one that simulates.
        Ok(match refusal.is(EsimMarketError::TooEarly) {
            true => Verdict::Wait(CLOCK_LAG),
            false => Verdict::Fail,
        })
    }
}

#[cfg(test)]
mod tests {
    use esim_market::state::OrderState;

    use super::*;
    use crate::{
        esim::account::{EsimMarketAccount, encode, examples},
        fake_chain::{FakeChain, genesis, no_faults},
    };

    /// A chain with an order at a time, and with token accounts of these wallets.
    struct Scene {
        chain: FakeChain,
        job: SweepOrders,
    }

    const TOKEN: Pubkey = anchor_spl::token::ID;

    impl Scene {
        fn new() -> Self {
            let (order, _) = examples::order(1);
            let (vault, state) = examples::vault();
            let vaults = [(examples::MINT, VaultAccounts::of(vault, &state))];
            let job = SweepOrders {
                orders: vec![order],
                vaults: vaults.into(),
                payer: examples::key(99),
            };
            Self {
                chain: FakeChain::default(),
                job,
            }
        }

        fn put(&self, order: &Order, now: i64) {
            let mut clock = vec![0; 40];
            clock[32..].copy_from_slice(&now.to_le_bytes());
            self.chain
                .put(solana_sdk_ids::sysvar::clock::ID, examples::key(0), clock);
            let data = encode(&EsimMarketAccount::Order(Box::new(*order)));
            self.chain.put(self.job.orders[0], address::PROGRAM, data);
        }

        fn put_token_account(&self, wallet: Pubkey, is_frozen: bool) {
            let mut data = vec![0; 165];
            data[..32].copy_from_slice(examples::MINT.as_ref());
            data[32..64].copy_from_slice(wallet.as_ref());
            data[108] = 1 + u8::from(is_frozen);
            let at = crate::token::token_account(&wallet, &examples::MINT, &TOKEN);
            self.chain.put(at, TOKEN, data);
        }

        fn assess(&self) -> Assessment {
            let cluster = self.chain.cluster(no_faults());
            self.job.assess(&cluster, &[0], None).unwrap().remove(0)
        }

        /// The one instruction that is due.
        #[track_caller]
        fn due(&self) -> Vec<u8> {
            match self.assess() {
                Assessment::Due { instructions, .. } if instructions.len() == 1 => {
                    instructions[0].data.clone()
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn data(action: Action) -> Vec<u8> {
        let (at, order) = examples::order(1);
        let (vault, state) = examples::vault();
        let accounts = SettleAccounts::of(at, &order, VaultAccounts::of(vault, &state));
        instruction::crank(&accounts, examples::key(99), action)
            .unwrap()
            .data
    }

    #[test]
    fn each_state_has_its_step_once_its_time_has_come() {
        let scene = Scene::new();
        let (_, mut order) = examples::order(1);
        (order.release_at, order.answer_by, order.resolve_by) = (2_000, 3_000, 4_000);
        for (state, at, action) in [
            (OrderState::Paid, 1_600, Action::RefundUndelivered),
            (OrderState::Delivered, 2_000, Action::Release),
            (OrderState::Disputed, 3_000, Action::RefundUnanswered),
            (OrderState::Contested, 4_000, Action::ResolveByDefault),
        ] {
            order.set_state(state);
            scene.put(&order, at - 1);
            assert_eq!(scene.assess(), Assessment::Done, "{state:?}");
            assert!(!is_due(&order, at - 1));
            scene.put(&order, at);
            assert_eq!(scene.due(), data(action), "{state:?}");
            assert!(is_due(&order, at));
        }
        let mut scene = scene;
        scene.job.vaults.clear();
        assert!(matches!(scene.assess(), Assessment::Impossible(_)));
    }

    #[test]
    fn what_no_account_can_take_stays_due_and_costs_no_transaction() {
        let scene = Scene::new();
        let (at, mut order) = examples::order(1);
        order.set_state(OrderState::Resolved);
        (order.refunded, order.released, order.fee) = (5_000_000, 4_900_000, 100_000);
        (order.refund_due, order.release_due) = (5_000_000, 4_900_000);
        scene.put(&order, 9_000);
        assert_eq!(scene.assess(), Assessment::Done);
        scene.put_token_account(order.payer, true);
        assert_eq!(scene.assess(), Assessment::Done);
        let cluster = scene.chain.cluster(no_faults());
        let found = dues(&cluster, &[(at, &order)], &scene.job.vaults, None).unwrap();
        let found: Vec<_> = found[0]
            .iter()
            .map(|due| (due.to, due.amount, due.obstacle))
            .collect();
        assert_eq!(
            found,
            [
                (Party::Payer, 5_000_000, Some("is frozen")),
                (Party::Seller, 4_900_000, Some("does not exist")),
            ]
        );
        // One of two can be paid: then it is.
        scene.put_token_account(order.payout, false);
        assert_eq!(scene.due(), data(Action::PayOut));
    }

    #[test]
    fn what_owes_nobody_is_closed_with_its_delivery() {
        let scene = Scene::new();
        let (at, mut order) = examples::order(1);
        order.set_state(OrderState::Completed);
        order.closable_at = 5_000;
        scene.put(&order, 4_999);
        assert_eq!(scene.assess(), Assessment::Done);
        scene.put(&order, 5_000);
        let close = instruction::close_order(at, &order, None, examples::key(99));
        assert_eq!(scene.due(), close.data);

        order.delivered_at = 1_100;
        scene.put(&order, 5_000);
        assert!(matches!(scene.assess(), Assessment::Impossible(_)));
        let (delivery_at, delivery) = examples::delivery();
        let rent_payer = delivery.rent_payer;
        let bytes = encode(&EsimMarketAccount::Delivery(Box::new(delivery)));
        scene.chain.put(delivery_at, address::PROGRAM, bytes);
        let close = instruction::close_order(at, &order, Some(rent_payer), examples::key(99));
        let expected = Assessment::Due {
            instructions: vec![close],
            progress: u64::from(order.state),
        };
        assert_eq!(scene.assess(), expected);
        // Gone, or only lamports at its address.
        scene
            .chain
            .put(at, solana_sdk_ids::system_program::ID, vec![]);
        assert_eq!(scene.assess(), Assessment::Done);
    }

    #[test]
    fn what_somebody_else_closes_meanwhile_is_done() {
        let scene = Scene::new();
        let (at, mut order) = examples::order(1);
        order.set_state(OrderState::Completed);
        (order.closable_at, order.delivered_at) = (5_000, 1_100);
        scene.put(&order, 5_000);
        // The clock is read, then the order, then its delivery, which is gone by then: and so is the order.
        let gone = (at, solana_sdk_ids::system_program::ID, vec![]);
        let mut state = scene.chain.0.lock().unwrap();
        let third = state.calls + 3;
        state.changes.insert(third, vec![gone]);
        drop(state);
        assert_eq!(scene.assess(), Assessment::Done);
    }

    #[test]
    fn sweeps_of_one_market_share_a_binding_and_others_do_not() {
        let (market, _) = examples::market();
        let of = |market| SweepOrders::binding(market, genesis());
        assert_eq!(of(market), of(market));
        assert_ne!(of(market), of(examples::key(1)));
    }
}
