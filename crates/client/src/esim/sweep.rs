//! The sweep: everything that is due in a market and that anyone may do. Refunds of what was not delivered or not
//! answered, releases, splits by default, what ended orders still owe, and closing. Whoever sweeps gets nothing for it
//! and can send no money anywhere but where it belongs.

use std::{collections::HashMap, time::Duration};

use esim_market::{
    errors::EsimMarketError,
    state::{Action, Delivery, Order},
};
use solana_account::Account;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use wayfare_core::mint::{requires_memo, token_account as token_account_view};

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
};

/// How long to wait when the cluster's clock is not where its account said.
const CLOCK_LAG: Duration = Duration::from_secs(2);

/// Why a wallet's associated token account cannot take a payment now, so that it stays due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    #[error("the account does not exist")]
    Missing,
    #[error("the account is frozen")]
    Frozen,
    #[error("the account was given to another owner")]
    GivenAway,
    #[error("the account takes no transfer without a memo")]
    MemoRequired,
}

/// What keeps a wallet's associated token account, as it is on the chain, from taking a payment out of a vault: the
/// program's own rule. `None` when it can.
pub fn obstacle(
    account: Option<&Account>,
    wallet: &Pubkey,
    vault: &VaultAccounts,
) -> Option<Obstacle> {
    let Some(account) = account.filter(|account| account.owner == vault.token_program) else {
        return Some(Obstacle::Missing);
    };
    let Some(view) = token_account_view(&account.data) else {
        return Some(Obstacle::Missing);
    };
    if view.owner != wallet.as_array() || view.mint != vault.mint.as_array() {
        Some(Obstacle::GivenAway)
    } else if view.is_frozen {
        Some(Obstacle::Frozen)
    } else if requires_memo(&account.data) {
        Some(Obstacle::MemoRequired)
    } else {
        None
    }
}

/// A part of an ended order's money that is still in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub to: Party,
    /// Base units.
    pub amount: u64,
    pub wallet: Pubkey,
    /// The wallet's associated token account.
    pub account: Pubkey,
    /// `None` when it can be paid now.
    pub obstacle: Option<Obstacle>,
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
        .map(|(at, order)| match vaults.get(&order.mint) {
            Some(vault) => owed(*at, order, *vault),
            None => vec![],
        })
        .collect();
    let addresses: Vec<Pubkey> = dues.iter().flatten().map(|(due, _)| due.account).collect();
    let mut accounts = cluster.accounts(&addresses, min_slot)?.accounts.into_iter();
    for (due, vault) in dues.iter_mut().flatten() {
        due.obstacle = obstacle(accounts.next().flatten().as_ref(), &due.wallet, vault);
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
                let Some(vault) = self.vaults.get(&order.mint) else {
                    return Assessment::Impossible(format!(
                        "the market has no vault for its mint {}",
                        order.mint
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

    /// Who paid the rent of the orders' deliveries, for those that can be closed.
    fn delivery_rent_payers(
        &self,
        cluster: &Cluster,
        orders: &[(Pubkey, &Order)],
        now: i64,
        min_slot: Option<u64>,
    ) -> Result<HashMap<Pubkey, Pubkey>, ClientError> {
        let closable: Vec<Pubkey> = orders
            .iter()
            .filter(|(_, order)| order.was_delivered() && is_closable(order, now))
            .map(|(at, _)| *at)
            .collect();
        let addresses: Vec<Pubkey> = closable.iter().map(address::delivery).collect();
        let accounts = cluster.accounts(&addresses, min_slot)?.accounts;
        let mut payers = HashMap::with_capacity(closable.len());
        for ((order, at), account) in closable.into_iter().zip(addresses).zip(accounts) {
            if let Some(account) = account.filter(|account| account.owner == address::PROGRAM) {
                let delivery: Delivery = decode_as(&at, &account.owner, &account.data)?;
                payers.insert(order, delivery.rent_payer);
            }
        }
        Ok(payers)
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
        let rent_payers = self.delivery_rent_payers(cluster, &open, now, min_slot)?;
        Ok(addresses
            .iter()
            .zip(&states)
            .map(|(at, order)| match order {
                None => Assessment::Done,
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
        Ok(match refusal.esim_market_error() {
            // The node that was asked for the time was ahead of the one that simulates.
            Some(EsimMarketError::TooEarly) => Verdict::Wait(CLOCK_LAG),
            _ => Verdict::Fail,
        })
    }
}
