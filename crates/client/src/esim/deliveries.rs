//! Deliveries in bulk: which profile goes to which order, noted for good before anything is signed, and the job that
//! delivers.
//!
//! A profile is set aside for one purchase and never for another, even if that purchase comes to nothing: what was
//! signed once may have been seen by the buyer, for whom it is encrypted. The journal holds what the chain would show
//! too (commitment and ciphertext), and the profile's fingerprint, so that none is ever given out twice. It holds no
//! profile.

use std::collections::{HashMap, HashSet, VecDeque};

use base64::{Engine, prelude::BASE64_STANDARD};
use esim_market::state::{Order, OrderState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use thiserror::Error;
use wayfare_core::esim::{
    delivery::{self, NoRandomness, SealError},
    pool,
    profile::Profile,
    public_key::is_usable_key,
};

use super::{address, instruction};
use crate::{
    account::{AccountError, decode_as},
    bulk::{Assessment, Job},
    cluster::Cluster,
    error::{ClientError, JournalError},
    journal::{Binding, Entry, Journal},
};

/// One purchase, told from a later one at the same address: a closed order's address can be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Purchase {
    pub order: Pubkey,
    /// Unix seconds.
    pub purchased_at: i64,
    pub encryption_key: [u8; 32],
}

impl Purchase {
    pub fn of(order: Pubkey, state: &Order) -> Self {
        Self {
            order,
            purchased_at: state.purchased_at,
            encryption_key: state.encryption_key,
        }
    }
}

/// A profile that is set aside for a purchase, encrypted to its buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub purchase: Purchase,
    /// Tells the profile from others: [`Profile::fingerprint`].
    pub fingerprint: [u8; 32],
    pub commitment: [u8; 32],
    pub ciphertext: Vec<u8>,
}

/// An assignment as the journal has it.
#[derive(Serialize, Deserialize)]
struct Record {
    order: String,
    purchased_at: i64,
    #[serde(with = "hex")]
    encryption_key: [u8; 32],
    #[serde(with = "hex")]
    fingerprint: [u8; 32],
    #[serde(with = "hex")]
    commitment: [u8; 32],
    /// Base64.
    ciphertext: String,
}

impl Assignment {
    /// Sets a profile aside for an order. Each call makes another ciphertext.
    ///
    /// # Errors
    ///
    /// [`AssignError`] when it cannot be encrypted.
    pub fn new(order: Pubkey, state: &Order, profile: &Profile) -> Result<Self, AssignError> {
        let mut rng = delivery::rng()?;
        let key = &state.encryption_key;
        let sealed = delivery::seal(key, &order.to_bytes(), profile, &mut rng)?;
        Ok(Self {
            purchase: Purchase::of(order, state),
            fingerprint: profile.fingerprint(),
            commitment: sealed.commitment,
            ciphertext: sealed.ciphertext,
        })
    }

    fn record(&self) -> Value {
        let record = Record {
            order: self.purchase.order.to_string(),
            purchased_at: self.purchase.purchased_at,
            encryption_key: self.purchase.encryption_key,
            fingerprint: self.fingerprint,
            commitment: self.commitment,
            ciphertext: BASE64_STANDARD.encode(&self.ciphertext),
        };
        // Strings and a number: there is nothing that JSON could not hold.
        serde_json::to_value(record).unwrap_or_default()
    }

    fn read(value: &Value) -> Option<Self> {
        let record = Record::deserialize(value).ok()?;
        Some(Self {
            purchase: Purchase {
                order: record.order.parse().ok()?,
                purchased_at: record.purchased_at,
                encryption_key: record.encryption_key,
            },
            fingerprint: record.fingerprint,
            commitment: record.commitment,
            ciphertext: BASE64_STANDARD.decode(record.ciphertext).ok()?,
        })
    }
}

/// Why a profile cannot be set aside for an order.
#[derive(Debug, Error)]
pub enum AssignError {
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It must never be given out twice.
    #[error(
        "the profile was given to the order {other} already: a profile is delivered once; take another"
    )]
    Used { other: Pubkey },
    /// What is signed for an order stays.
    #[error(
        "another profile is set aside for this order already, and may have been sent: deliver that one, or let \
         `wayfare esim seller fulfil` do it"
    )]
    Taken,
    /// A top-up is for the profile that the buyer has.
    #[error("the order tops up the profile of the order {parent}, and this is another profile")]
    NotTheParents { parent: Pubkey },
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Every profile that a seller ever set aside, as its journal has them.
#[derive(Debug, Default)]
pub struct Assignments {
    list: Vec<Assignment>,
    by_purchase: HashMap<Purchase, usize>,
    by_fingerprint: HashMap<[u8; 32], usize>,
}

impl Assignments {
    /// What ties a journal to a seller's deliveries.
    pub fn binding(market: Pubkey, seller: &Pubkey, genesis: Hash) -> Binding {
        Binding {
            job: "deliver-orders".to_owned(),
            input: seller.to_bytes(),
            network: market,
            genesis,
        }
    }

    /// Those in a journal.
    ///
    /// # Errors
    ///
    /// [`JournalError::NotAJournal`] when the journal lists something else.
    pub fn of(journal: &Journal) -> Result<Self, JournalError> {
        let mut assignments = Self::default();
        for value in journal.listed() {
            let assignment = Assignment::read(value).ok_or_else(|| JournalError::NotAJournal {
                path: journal.path().to_owned(),
            })?;
            assignments.push(assignment);
        }
        Ok(assignments)
    }

    fn push(&mut self, assignment: Assignment) {
        let item = self.list.len();
        self.by_purchase.insert(assignment.purchase, item);
        // Of a top-up's profile, the first order that it was given to.
        self.by_fingerprint
            .entry(assignment.fingerprint)
            .or_insert(item);
        self.list.push(assignment);
    }

    pub fn list(&self) -> &[Assignment] {
        &self.list
    }

    /// What is set aside for a purchase, with its place in the list.
    pub fn find(&self, purchase: &Purchase) -> Option<(usize, &Assignment)> {
        let item = *self.by_purchase.get(purchase)?;
        Some((item, self.list.get(item)?))
    }

    /// The first purchase that a profile was set aside for.
    pub fn user_of(&self, fingerprint: &[u8; 32]) -> Option<&Purchase> {
        let item = self.by_fingerprint.get(fingerprint)?;
        self.list.get(*item).map(|assignment| &assignment.purchase)
    }

    /// Whether the profile was set aside for an order at this address.
    fn was_given_to(&self, order: &Pubkey, fingerprint: &[u8; 32]) -> bool {
        self.list.iter().any(|assignment| {
            assignment.purchase.order == *order && assignment.fingerprint == *fingerprint
        })
    }

    /// Whether this profile can be set aside for this order: the item where it was before, or `None` for a new one.
    ///
    /// # Errors
    ///
    /// [`AssignError`] for a profile that somebody has, an order that has another, and a top-up of another profile.
    pub fn check(
        &self,
        order: &Pubkey,
        state: &Order,
        profile: &Profile,
    ) -> Result<Option<usize>, AssignError> {
        let fingerprint = profile.fingerprint();
        if let Some((item, there)) = self.find(&Purchase::of(*order, state)) {
            return match there.fingerprint == fingerprint {
                true => Ok(Some(item)),
                false => Err(AssignError::Taken),
            };
        }
        if is_top_up(state) {
            // A parent that was delivered from elsewhere is not in this journal: then the seller must know.
            let parent = state.parent;
            let is_known = self.list.iter().any(|a| a.purchase.order == parent);
            if is_known && !self.was_given_to(&parent, &fingerprint) {
                return Err(AssignError::NotTheParents { parent });
            }
        } else if let Some(user) = self.user_of(&fingerprint) {
            return Err(AssignError::Used { other: user.order });
        }
        Ok(None)
    }

    /// Sets this profile aside for this order, for good, and says where it is in the list. The same profile again is
    /// what was set aside before.
    ///
    /// # Errors
    ///
    /// Those of [`Assignments::check`], and [`AssignError`] when it cannot be encrypted or noted.
    pub fn assign(
        &mut self,
        journal: &mut Journal,
        order: Pubkey,
        state: &Order,
        profile: &Profile,
    ) -> Result<usize, AssignError> {
        if let Some(item) = self.check(&order, state, profile)? {
            return Ok(item);
        }
        let item = self.list.len();
        let assignment = Assignment::new(order, state, profile)?;
        self.add(journal, vec![assignment])?;
        Ok(item)
    }

    /// Notes assignments: they are on disk when this returns.
    fn add(
        &mut self,
        journal: &mut Journal,
        assignments: Vec<Assignment>,
    ) -> Result<(), JournalError> {
        if assignments.is_empty() {
            return Ok(());
        }
        let items = assignments.iter().map(Assignment::record).collect();
        journal.append(&[Entry::Listed { items }])?;
        assignments
            .into_iter()
            .for_each(|assignment| self.push(assignment));
        Ok(())
    }

    /// Chooses a profile of the pool for each order that waits for one, as far as there are any, the order that is due
    /// first before the others. Says which orders it left, and why.
    ///
    /// `orders` are a seller's that are paid and not delivered. `now`: the cluster's time. `least_time`: seconds that
    /// must be left until an order's deadline; a delivery that comes too late is refused, with the profile in it for
    /// its buyer to read.
    pub fn choose<'o>(
        &self,
        orders: &'o [(Pubkey, Order)],
        pool: &mut Pool,
        now: i64,
        least_time: u32,
    ) -> (Vec<Chosen<'o>>, Vec<Left>) {
        let mut waiting: Vec<&(Pubkey, Order)> = orders
            .iter()
            .filter(|(at, order)| self.find(&Purchase::of(*at, order)).is_none())
            .collect();
        waiting.sort_by_key(|(at, order)| (order.deliver_by, *at));
        let mut chosen = Vec::new();
        let mut left = Vec::new();
        for (at, state) in waiting {
            let reason = if is_top_up(state) {
                LeftReason::TopUp
            } else if !is_in_time(state, now, least_time) {
                LeftReason::TooLate
            } else if !is_usable_key(&state.encryption_key) {
                LeftReason::Key
            } else if let Some(profile) = pool.take(&state.plan, self) {
                chosen.push(Chosen {
                    order: *at,
                    state,
                    profile,
                });
                continue;
            } else {
                LeftReason::NoProfile
            };
            left.push(Left {
                order: *at,
                plan: state.plan,
                deliver_by: state.deliver_by,
                reason,
            });
        }
        (chosen, left)
    }

    /// Sets the profiles that [`Assignments::choose`] chooses aside, for good. Says which orders were left, and why.
    ///
    /// # Errors
    ///
    /// [`AssignError`] when the journal cannot be written, or the machine has no randomness.
    pub fn assign_from(
        &mut self,
        journal: &mut Journal,
        orders: &[(Pubkey, Order)],
        pool: &mut Pool,
        now: i64,
        least_time: u32,
    ) -> Result<Vec<Left>, AssignError> {
        let (chosen, left) = self.choose(orders, pool, now, least_time);
        let assignments = chosen
            .iter()
            .map(|chosen| Assignment::new(chosen.order, chosen.state, &chosen.profile))
            .collect::<Result<_, _>>()?;
        self.add(journal, assignments)?;
        Ok(left)
    }
}

/// A profile for an order.
pub struct Chosen<'o> {
    pub order: Pubkey,
    pub state: &'o Order,
    pub profile: Profile,
}

/// Whether the order is for a profile that the buyer has already.
pub fn is_top_up(order: &Order) -> bool {
    order.parent != Pubkey::default()
}

fn is_in_time(order: &Order, now: i64, least_time: u32) -> bool {
    now.saturating_add(i64::from(least_time)) < order.deliver_by
}

/// An order that no profile was set aside for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub order: Pubkey,
    pub plan: Pubkey,
    /// Unix seconds.
    pub deliver_by: i64,
    pub reason: LeftReason,
}

/// Why an order is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum LeftReason {
    #[error("the pool has no more profiles for its plan")]
    NoProfile,
    #[error("too little time is left to deliver it")]
    TooLate,
    #[error(
        "it is a top-up: top the profile up, then deliver it with `wayfare esim seller deliver`"
    )]
    TopUp,
    /// The program takes no such key; this is for whoever reads an account that it did not write.
    #[error("its encryption key is none that anything can be delivered to")]
    Key,
}

/// The profiles of a pool that were not given out, by the plan that they are for.
#[derive(Default)]
pub struct Pool {
    by_plan: HashMap<Pubkey, VecDeque<Profile>>,
    /// For any plan.
    any: VecDeque<Profile>,
    /// How many of the pool's profiles were given out before.
    used: usize,
}

impl Pool {
    /// A seller's pool, without what was given out.
    pub fn new(seller: &Pubkey, entries: Vec<pool::Entry>, given: &Assignments) -> Self {
        let mut pool = Self::default();
        for entry in entries {
            if given.user_of(&entry.profile.fingerprint()).is_some() {
                pool.used = pool.used.saturating_add(1);
                continue;
            }
            match entry.plan.and_then(|id| address::plan(seller, &id)) {
                Some(plan) => pool
                    .by_plan
                    .entry(plan)
                    .or_default()
                    .push_back(entry.profile),
                None => pool.any.push_back(entry.profile),
            }
        }
        pool
    }

    /// How many are left, for all plans together.
    pub fn left(&self) -> usize {
        let of_plans = self.by_plan.values().map(VecDeque::len);
        of_plans.fold(self.any.len(), usize::saturating_add)
    }

    /// How many were given out before.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The plans that it has profiles for.
    pub fn plans(&self) -> impl Iterator<Item = &Pubkey> {
        self.by_plan.keys()
    }

    /// Takes a profile for a plan: one that is for no other plan before one that is for any.
    fn take(&mut self, plan: &Pubkey, given: &Assignments) -> Option<Profile> {
        loop {
            let of_plan = self.by_plan.get_mut(plan).and_then(VecDeque::pop_front);
            let profile = of_plan.or_else(|| self.any.pop_front())?;
            // Given out since the pool was read, by hand say.
            if given.user_of(&profile.fingerprint()).is_none() {
                return Some(profile);
            }
        }
    }
}

/// The job of delivering what is set aside: an item for each assignment, in the order of the journal's list. An item is
/// done when its order was delivered with its commitment, or is gone.
pub struct DeliverOrders<'a> {
    pub assignments: &'a Assignments,
    /// Items that are known to be over, and need no look at the chain.
    pub over: HashSet<usize>,
    /// The seller's authority: signs, and pays the deliveries' rent.
    pub authority: &'a dyn Signer,
    /// Seconds that must be left until an order's deadline.
    pub least_time: u32,
}

impl DeliverOrders<'_> {
    fn assessment(&self, assignment: &Assignment, order: Option<&Order>, now: i64) -> Assessment {
        let at = assignment.purchase.order;
        let Some(order) = order.filter(|o| Purchase::of(at, o) == assignment.purchase) else {
            // Closed: nothing can be delivered any more, and nobody waits for it.
            return Assessment::Done;
        };
        if order.was_delivered() {
            return match order.commitment == assignment.commitment {
                true => Assessment::Done,
                false => Assessment::Impossible(
                    "it was delivered from elsewhere, with something else than what was set aside here".to_owned(),
                ),
            };
        }
        if !matches!(order.state(), Ok(OrderState::Paid)) {
            return Assessment::Impossible("it was refunded before it was delivered".to_owned());
        }
        if !is_in_time(order, now, self.least_time) {
            return Assessment::Impossible(format!(
                "{}; its profile is not used for another order",
                LeftReason::TooLate
            ));
        }
        Assessment::Due {
            instructions: vec![instruction::deliver(
                at,
                order,
                assignment.commitment,
                assignment.ciphertext.clone(),
            )],
            progress: 0,
        }
    }
}

impl Job for DeliverOrders<'_> {
    fn len(&self) -> usize {
        self.assignments.list.len()
    }

    fn name(&self, item: usize) -> String {
        match self.assignments.list.get(item) {
            Some(assignment) => format!("order {}", assignment.purchase.order),
            None => format!("item {item}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let open: Vec<(usize, &Assignment)> = items
            .iter()
            .filter(|item| !self.over.contains(item))
            .filter_map(|item| Some((*item, self.assignments.list.get(*item)?)))
            .collect();
        let mut assessments: HashMap<usize, Assessment> = HashMap::with_capacity(open.len());
        if !open.is_empty() {
            let addresses: Vec<Pubkey> = open.iter().map(|(_, a)| a.purchase.order).collect();
            let now = cluster.unix_time()?;
            let orders = read_orders(cluster, &addresses, min_slot)?;
            for ((item, assignment), order) in open.into_iter().zip(orders) {
                assessments.insert(item, self.assessment(assignment, order.as_ref(), now));
            }
        }
        Ok(items
            .iter()
            .map(|item| assessments.remove(item).unwrap_or(Assessment::Done))
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![self.authority]
    }
}

/// Orders by their addresses; `None` for one that does not exist.
pub(super) fn read_orders(
    cluster: &Cluster,
    addresses: &[Pubkey],
    min_slot: Option<u64>,
) -> Result<Vec<Option<Order>>, ClientError> {
    let accounts = cluster.accounts(addresses, min_slot)?.accounts;
    let orders = addresses.iter().zip(accounts).map(|(address, account)| {
        // Lamports that somebody sent to a closed order's address are no order.
        account
            .filter(|account| account.owner == address::PROGRAM)
            .map(|account| decode_as(address, &account.owner, &account.data))
            .transpose()
    });
    Ok(orders.collect::<Result<_, AccountError>>()?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use solana_keypair::Keypair;
    use tempfile::TempDir;
    use wayfare_core::esim::delivery_key::DeliveryKey;

    use super::*;
    use crate::{
        esim::account::{EsimMarketAccount, encode, examples},
        fake_chain::{FakeChain, genesis, no_faults},
    };

    fn key() -> DeliveryKey {
        DeliveryKey::from_signature(&[7; 64]).unwrap()
    }

    fn order(order_id: u64) -> (Pubkey, Order) {
        let (at, mut order) = examples::order(order_id);
        order.encryption_key = *key().public();
        (at, order)
    }

    fn profile(n: u32) -> Profile {
        Profile::parse(format!("LPA:1$smdp.example.com$X{n}").as_bytes()).unwrap()
    }

    fn entry(n: u32, plan: Option<&str>) -> pool::Entry {
        pool::Entry {
            place: pool::Place::Line(n.into()),
            plan: plan.map(str::to_owned),
            profile: profile(n),
        }
    }

    fn binding() -> Binding {
        Assignments::binding(examples::market().0, &examples::seller().0, genesis())
    }

    fn create(path: &Path) -> (Journal, Assignments) {
        let journal = Journal::create(path, &binding()).unwrap();
        let assignments = Assignments::of(&journal).unwrap();
        (journal, assignments)
    }

    fn reopened(path: &Path) -> (Journal, Assignments) {
        let journal = Journal::resume(path, &binding()).unwrap();
        let assignments = Assignments::of(&journal).unwrap();
        (journal, assignments)
    }

    /// Which profile an assignment is of, as the buyer reads it.
    fn opened(assignment: &Assignment) -> String {
        let order = assignment.purchase.order.to_bytes();
        let opened = delivery::open(
            &key(),
            &order,
            &assignment.ciphertext,
            &assignment.commitment,
        )
        .unwrap();
        String::from_utf8(opened.bytes.to_vec()).unwrap()
    }

    #[test]
    fn what_is_set_aside_survives_a_crash_byte_for_byte() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("j");
        let (mut journal, mut assignments) = create(&path);
        let (at, state) = order(1);
        assert_eq!(
            assignments
                .assign(&mut journal, at, &state, &profile(1))
                .unwrap(),
            0
        );
        let before = assignments.list().to_vec();
        drop(journal);
        let (mut journal, mut assignments) = reopened(&path);
        assert_eq!(assignments.list(), before);
        assert!(opened(&assignments.list()[0]).contains("X1"));
        // The same again is the same: not encrypted anew.
        assert_eq!(
            assignments
                .assign(&mut journal, at, &state, &profile(1))
                .unwrap(),
            0
        );
        assert_eq!(assignments.list(), before);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("smdp") && !text.contains("LPA"), "{text}");
    }

    #[test]
    fn a_profile_is_given_out_once() {
        let folder = TempDir::new().unwrap();
        let (mut journal, mut assignments) = create(&folder.path().join("j"));
        let mut assign = |order: (Pubkey, Order), n| {
            assignments.assign(&mut journal, order.0, &order.1, &profile(n))
        };
        assert_eq!(assign(order(1), 1).unwrap(), 0);
        let (first, _) = order(1);
        assert!(matches!(assign(order(2), 1), Err(AssignError::Used { other }) if other == first));
        assert!(matches!(assign(order(1), 2), Err(AssignError::Taken)));
        // A later purchase at the same address is another one.
        let mut again = order(1);
        again.1.purchased_at += 1;
        assert!(matches!(assign(again, 1), Err(AssignError::Used { .. })));
        assert_eq!(assign(again, 2).unwrap(), 1);
        let mut other_key = order(1);
        other_key.1.encryption_key = *DeliveryKey::from_signature(&[8; 64]).unwrap().public();
        assert!(matches!(
            assign(other_key, 2),
            Err(AssignError::Used { .. })
        ));

        // A top-up is for the profile that its parent got, and no other's.
        let mut top_up = order(3);
        top_up.1.parent = first;
        assert!(matches!(
            assign(top_up, 9),
            Err(AssignError::NotTheParents { .. })
        ));
        assert_eq!(assign(top_up, 1).unwrap(), 2);
        let mut of_another = order(4);
        of_another.1.parent = examples::key(44);
        assert_eq!(assign(of_another, 9).unwrap(), 3);
        assert!(matches!(assign(order(5), 9), Err(AssignError::Used { .. })));
    }

    #[test]
    fn the_pool_serves_what_is_due_first_and_says_what_it_leaves() {
        let folder = TempDir::new().unwrap();
        let (mut journal, mut assignments) = create(&folder.path().join("j"));
        let (seller, _) = examples::seller();
        let due = |order_id, deliver_by| {
            let (at, mut state) = order(order_id);
            state.deliver_by = deliver_by;
            (at, state)
        };
        let other_plan = |order_id| {
            let (at, mut state) = due(order_id, 5_000);
            state.plan = address::plan(&seller, "other").unwrap();
            (at, state)
        };
        let mut top_up = due(6, 5_000);
        top_up.1.parent = examples::key(1);
        let mut bad_key = due(7, 5_000);
        bad_key.1.encryption_key = [0; 32];
        let orders = vec![
            due(1, 4_000),
            due(2, 3_000),
            due(3, 2_000),
            other_plan(4),
            due(5, 1_060),
            top_up,
            bad_key,
        ];
        let entries = vec![
            entry(1, None),
            entry(2, Some("fr-5gb-30d")),
            entry(3, Some("fr-5gb-30d")),
        ];
        let mut pool = Pool::new(&seller, entries.clone(), &assignments);
        assert_eq!((pool.left(), pool.used()), (3, 0));
        let left = assignments
            .assign_from(&mut journal, &orders, &mut pool, 1_000, 60)
            .unwrap();
        let given: Vec<_> = assignments
            .list()
            .iter()
            .map(|a| {
                (
                    a.purchase.order,
                    opened(a).split('$').next_back().unwrap().to_owned(),
                )
            })
            .collect();
        let at = |n: usize| orders[n - 1].0;
        // The plan's own profiles go first; the one for any plan is left for the last.
        assert_eq!(
            given,
            [
                (at(3), "X2".into()),
                (at(2), "X3".into()),
                (at(1), "X1".into())
            ]
        );
        let left: HashMap<_, _> = left.iter().map(|l| (l.order, l.reason)).collect();
        let expected = [
            (at(4), LeftReason::NoProfile),
            (at(5), LeftReason::TooLate),
            (at(6), LeftReason::TopUp),
            (at(7), LeftReason::Key),
        ];
        assert_eq!(left, expected.into());

        // Read again, the pool has nothing left, and nobody is served twice.
        let mut pool = Pool::new(&seller, entries, &assignments);
        assert_eq!((pool.left(), pool.used()), (0, 3));
        assignments
            .assign_from(&mut journal, &orders, &mut pool, 1_000, 60)
            .unwrap();
        assert_eq!(assignments.list().len(), 3);
        // One second more, and it is in time.
        let (chosen, left) = assignments.choose(&orders[4..5], &mut pool, 999, 60);
        assert!(chosen.is_empty() && left[0].reason == LeftReason::NoProfile);
    }

    #[test]
    fn what_was_given_by_hand_is_not_taken_from_a_pool_read_before() {
        let folder = TempDir::new().unwrap();
        let (mut journal, mut assignments) = create(&folder.path().join("j"));
        let (seller, _) = examples::seller();
        let mut pool = Pool::new(&seller, vec![entry(1, None), entry(2, None)], &assignments);
        let (at, state) = order(1);
        assignments
            .assign(&mut journal, at, &state, &profile(1))
            .unwrap();
        let orders = [order(2)];
        assignments
            .assign_from(&mut journal, &orders, &mut pool, 1_000, 60)
            .unwrap();
        assert!(opened(&assignments.list()[1]).ends_with("X2"));
    }

    #[test]
    fn an_order_is_delivered_with_what_was_set_aside_for_it() {
        let folder = TempDir::new().unwrap();
        let (mut journal, mut assignments) = create(&folder.path().join("j"));
        let (at, state) = order(1);
        assignments
            .assign(&mut journal, at, &state, &profile(1))
            .unwrap();
        let chain = FakeChain::default();
        let authority = Keypair::new();
        let mut job = DeliverOrders {
            assignments: &assignments,
            over: HashSet::new(),
            authority: &authority,
            least_time: 60,
        };
        let assess = |job: &DeliverOrders, now: i64, order: Option<&Order>| {
            let mut clock = vec![0; 40];
            clock[32..].copy_from_slice(&now.to_le_bytes());
            chain.put(solana_sdk_ids::sysvar::clock::ID, examples::key(0), clock);
            match order {
                Some(order) => {
                    let data = encode(&EsimMarketAccount::Order(Box::new(*order)));
                    chain.put(at, address::PROGRAM, data);
                }
                None => chain.put(at, solana_sdk_ids::system_program::ID, vec![]),
            }
            let cluster = chain.cluster(no_faults());
            job.assess(&cluster, &[0], None).unwrap().remove(0)
        };
        let assignment = &assignments.list()[0];
        let deliver = instruction::deliver(
            at,
            &state,
            assignment.commitment,
            assignment.ciphertext.clone(),
        );
        let due = Assessment::Due {
            instructions: vec![deliver],
            progress: 0,
        };
        assert_eq!(assess(&job, 1_539, Some(&state)), due);
        let impossible = |assessment: Assessment, text: &str| {
            assert!(
                matches!(&assessment, Assessment::Impossible(why) if why.contains(text)),
                "{assessment:?}"
            );
        };
        impossible(assess(&job, 1_540, Some(&state)), "too little time");

        let mut changed = state;
        changed.set_state(OrderState::Refunded);
        impossible(assess(&job, 1_100, Some(&changed)), "refunded");
        changed.set_state(OrderState::Disputed);
        changed.delivered_at = 1_050;
        impossible(assess(&job, 1_100, Some(&changed)), "elsewhere");
        changed.commitment = assignment.commitment;
        assert_eq!(assess(&job, 9_000, Some(&changed)), Assessment::Done);
        // Closed, and closed and bought again: not the purchase that it was set aside for.
        assert_eq!(assess(&job, 1_100, None), Assessment::Done);
        let mut again = state;
        again.purchased_at += 1;
        assert_eq!(assess(&job, 1_100, Some(&again)), Assessment::Done);

        // What is over is not looked at.
        job.over.insert(0);
        assert_eq!(assess(&job, 1_100, Some(&state)), Assessment::Done);
    }

    #[test]
    fn a_journal_of_something_else_is_refused() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("j");
        let (mut journal, _) = create(&path);
        let items = vec!["an order".into()];
        journal.append(&[Entry::Listed { items }]).unwrap();
        assert!(matches!(
            Assignments::of(&journal),
            Err(JournalError::NotAJournal { .. })
        ));
    }
}
