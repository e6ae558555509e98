//! The model: a network as its design describes it.
//!
//! Amounts are `u128` and times `i128`: nothing can overflow, and no rounding of the program is repeated here by
//! accident. For each operation the model names every reason that there is to refuse it; the program must refuse it for
//! one of them, or carry it out when there is none.

use std::collections::BTreeSet;

use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError as Error;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use serde::{Deserialize, Serialize};
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::chain::START;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::token::TokenProgram;

use crate::draw;
use crate::noting::{Beside, Noting};

/// Owners who may have a leaf, in the order of their indices.
pub const OWNERS: usize = 6;
/// Wallets: first the owners' own, then others.
pub const WALLETS: usize = OWNERS + 3;
/// Keys that may be publishers.
pub const PUBLISHERS: usize = 4;
/// Keys that may be authority, and keys that may be guardian.
pub const LEADERS: usize = 2;
pub const DEVICES: usize = 3;
/// Owners who have a leaf in the first epoch.
const FIRST_OWNERS: usize = 3;
const DAY: i128 = 86_400;

/// Names of the operations, as [`Op::kind`] gives them.
pub const KINDS: &[&str] = &[
    "time",
    "fund",
    "donate",
    "create_page",
    "propose",
    "approve",
    "veto",
    "activate",
    "claim",
    "set_payout",
    "clear_payout",
    "freeze",
    "thaw",
    "pause",
    "unpause",
    "update_network",
    "set_publishers",
    "set_guardian",
    "nominate",
    "accept_authority",
    "register",
    "offer",
    "accept_node",
    "retire",
];

/// What anybody may do at any time.
pub const NEVER_REFUSED: &[&str] = &["time", "set_payout"];

/// What the clock decides.
pub const DEADLINES: &[&str] = &[
    "propose from epoch_ends_at",
    "activate from the end of the challenge",
    "claim from the refill on",
    "fund from paused_until",
    "propose from paused_until",
    "approve from paused_until",
    "register from paused_until",
];

/// Something that somebody tries. Numbers name people, wallets and devices.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Op {
    /// Seconds, also backwards.
    Time(i64),
    Fund(u64),
    /// Tokens sent to the vault past the program.
    Donate(u64),
    CreatePage,
    Propose {
        by: usize,
        grants: Vec<u64>,
        lie: Lie,
    },
    Approve {
        by: usize,
        /// A root that was not proposed.
        other_root: bool,
    },
    Veto {
        by: usize,
    },
    Activate,
    Claim {
        owner: usize,
        to: usize,
        forgery: Forgery,
    },
    SetPayout {
        owner: usize,
        wallet: usize,
    },
    ClearPayout {
        owner: usize,
    },
    /// A wallet's token account, or the vault.
    Freeze(Option<usize>),
    Thaw(Option<usize>),
    Pause {
        by: usize,
        seconds: i64,
    },
    Unpause {
        by: usize,
    },
    UpdateNetwork {
        by: usize,
        change: Change,
    },
    SetPublishers {
        by: usize,
        publishers: Vec<usize>,
        threshold: u8,
    },
    SetGuardian {
        by: usize,
        guardian: usize,
    },
    Nominate {
        by: usize,
        nominee: Option<usize>,
    },
    AcceptAuthority {
        by: usize,
    },
    Register {
        owner: usize,
        device: usize,
    },
    Offer {
        by: usize,
        device: usize,
        to: Option<usize>,
    },
    AcceptNode {
        by: usize,
        device: usize,
    },
    Retire {
        by: usize,
        device: usize,
    },
}

impl Op {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Time(_) => "time",
            Self::Fund(_) => "fund",
            Self::Donate(_) => "donate",
            Self::CreatePage => "create_page",
            Self::Propose { .. } => "propose",
            Self::Approve { .. } => "approve",
            Self::Veto { .. } => "veto",
            Self::Activate => "activate",
            Self::Claim { .. } => "claim",
            Self::SetPayout { .. } => "set_payout",
            Self::ClearPayout { .. } => "clear_payout",
            Self::Freeze(_) => "freeze",
            Self::Thaw(_) => "thaw",
            Self::Pause { .. } => "pause",
            Self::Unpause { .. } => "unpause",
            Self::UpdateNetwork { .. } => "update_network",
            Self::SetPublishers { .. } => "set_publishers",
            Self::SetGuardian { .. } => "set_guardian",
            Self::Nominate { .. } => "nominate",
            Self::AcceptAuthority { .. } => "accept_authority",
            Self::Register { .. } => "register",
            Self::Offer { .. } => "offer",
            Self::AcceptNode { .. } => "accept_node",
            Self::Retire { .. } => "retire",
        }
    }
}

/// How a proposal departs from what was earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lie {
    None,
    /// Owner 0's leaf says more than the total admits.
    Greedy,
    /// Owner 0's leaf says less than before.
    Lowered,
    /// The number after the next.
    WrongNumber,
    FewerLeaves,
    /// The total falls by one.
    TotalFell,
    /// The total grows by the cap and one more.
    AboveCap,
}

/// How a claim departs from the owner's leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forgery {
    None,
    /// One unit more than the leaf says.
    OneMore,
    /// Leaf and proof of the epoch before.
    Stale,
    /// The leaf of the next owner.
    OtherLeaf,
}

/// Changes of the terms.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Change {
    pub epoch_length: Option<u64>,
    pub challenge_period: Option<u64>,
    pub emission_cap: Option<u64>,
    pub limiter_capacity: Option<u64>,
    pub limiter_refill: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub epoch_length: i128,
    pub challenge_period: i128,
    pub emission_cap: u128,
    pub limiter_capacity: u128,
    pub limiter_refill: u128,
}

/// What the network starts with.
pub const TERMS: Terms = Terms {
    epoch_length: 1_000,
    challenge_period: 100,
    emission_cap: 1_000,
    limiter_capacity: 200,
    limiter_refill: 1,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub number: u128,
    pub leaves: Vec<u128>,
    pub total: u128,
    pub approvals: Vec<usize>,
    pub publisher_set: u128,
    pub proposed_at: i128,
    pub approved_at: Option<i128>,
    pub vetoed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub owner: usize,
    pub offered_to: Option<usize>,
}

/// What the last operation comes to, in full, for the chain to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Nothing to send.
    Nothing,
    /// The operation has all there is to know.
    AsTold,
    Propose {
        number: u128,
        leaves: Vec<u128>,
        total: u128,
    },
    Claim {
        index: usize,
        lifetime: u128,
        /// The leaves that the proof is made from.
        leaves: Vec<u128>,
    },
}

#[derive(Clone, Debug)]
pub struct Model {
    pub token: TokenProgram,
    pub now: i128,
    pub terms: Terms,
    pub authority: usize,
    pub nominee: Option<usize>,
    pub guardian: usize,
    pub publishers: Vec<usize>,
    pub threshold: usize,
    pub publisher_set: u128,
    pub paused_until: i128,
    pub epoch_ends_at: i128,
    /// Epochs that came into force: their leaves.
    pub epochs: Vec<Vec<u128>>,
    pub total: u128,
    pub proposal: Option<Proposal>,
    pub counters: [u128; OWNERS],
    pub claimed: u128,
    pub funded: u128,
    pub vault: u128,
    pub level: u128,
    pub updated_at: i128,
    pub wallets: [u128; WALLETS],
    pub frozen: [bool; WALLETS],
    pub vault_frozen: bool,
    pub payouts: [Option<usize>; OWNERS],
    pub page: bool,
    pub nodes: [Option<Node>; DEVICES],
    pub sequence: u128,

    pub attempt: Attempt,
    /// Why the last operation had to be refused. Empty when it had to be carried out.
    pub reasons: Vec<Refusal>,
    /// What decided about it, and is at most a second away.
    pub beside: Vec<Beside>,
}

impl Noting for Model {
    fn now(&self) -> i128 {
        self.now
    }

    fn reasons(&mut self) -> &mut Vec<Refusal> {
        &mut self.reasons
    }

    fn near(&mut self) -> &mut Vec<Beside> {
        &mut self.beside
    }
}

impl Model {
    pub fn new(token: TokenProgram) -> Self {
        let now = i128::from(START);
        Self {
            token,
            now,
            terms: TERMS,
            authority: 0,
            nominee: None,
            guardian: 0,
            publishers: vec![0, 1, 2],
            threshold: 2,
            publisher_set: 1,
            paused_until: 0,
            epoch_ends_at: now + TERMS.epoch_length,
            epochs: vec![],
            total: 0,
            proposal: None,
            counters: [0; OWNERS],
            claimed: 0,
            funded: 0,
            vault: 0,
            level: TERMS.limiter_capacity,
            updated_at: now,
            wallets: [0; WALLETS],
            frozen: [false; WALLETS],
            vault_frozen: false,
            payouts: [None; OWNERS],
            page: false,
            nodes: [const { None }; DEVICES],
            sequence: 1,
            attempt: Attempt::Nothing,
            reasons: vec![],
            beside: vec![],
        }
    }

    /// The leaves in force; none before the first epoch.
    pub fn leaves(&self) -> &[u128] {
        self.epochs.last().map_or(&[], |leaves| leaves)
    }

    /// The wallet whose account an owner's claims pay.
    pub fn payee(&self, owner: usize) -> usize {
        self.payouts[owner].unwrap_or(owner)
    }

    /// What an owner could still claim of the leaves in force.
    pub fn due(&self, owner: usize) -> u128 {
        let leaf = self.leaves().get(owner).copied().unwrap_or(0);
        leaf.saturating_sub(self.counters[owner])
    }

    /// Whether everybody can be paid: the leaves, and what was claimed above them, come to no more than the total.
    pub fn is_honest(&self) -> bool {
        let owed: u128 = (0..OWNERS).map(|owner| self.due(owner)).sum();
        self.claimed + owed <= self.total
    }

    fn paused(&self) -> bool {
        self.now < self.paused_until
    }

    /// What the limiter holds now.
    fn level_now(&self) -> u128 {
        let elapsed = u128::try_from(self.now - self.updated_at).unwrap_or(0);
        (self.level + elapsed * self.terms.limiter_refill).min(self.terms.limiter_capacity)
    }

    /// From when on the limiter pays something of what is due. None where it waited for nothing.
    fn refilled_at(&self, due: u128) -> Option<i128> {
        let needed = due.min(self.terms.limiter_capacity.div_ceil(2));
        let missing = needed
            .checked_sub(self.level)
            .filter(|missing| *missing > 0)?;
        let seconds = missing.div_ceil(self.terms.limiter_refill);
        Some(self.updated_at + i128::try_from(seconds).ok()?)
    }

    fn set_level(&mut self, level: u128) {
        self.level = level;
        self.updated_at = self.updated_at.max(self.now);
    }

    /// What a pause refuses.
    fn after_pause(&mut self, deadline: &'static str) {
        self.from(deadline, self.paused_until, Error::Paused);
    }

    fn step(&mut self, op: &Op) {
        self.attempt = Attempt::AsTold;
        self.reasons.clear();
        self.beside.clear();
        match op {
            Op::Time(seconds) => {
                self.now = (self.now + i128::from(*seconds)).max(1);
                self.attempt = Attempt::Nothing;
            }
            Op::Fund(amount) => {
                self.why(*amount == 0, Error::ZeroAmount);
                self.after_pause("fund from paused_until");
                self.why(self.vault_frozen, TokenError::AccountFrozen);
                self.tell(|model| {
                    model.vault += u128::from(*amount);
                    model.funded += u128::from(*amount);
                });
            }
            Op::Donate(amount) => {
                self.why(self.vault_frozen, TokenError::AccountFrozen);
                if self.reasons.is_empty() {
                    self.vault += u128::from(*amount);
                }
            }
            Op::CreatePage => {
                self.why(self.page, SystemError::AccountAlreadyInUse);
                self.tell(|model| model.page = true);
            }
            Op::Propose { by, grants, lie } => self.propose(*by, grants, *lie),
            Op::Approve { by, other_root } => self.approve(*by, *other_root),
            Op::Veto { by } => {
                self.why(*by != self.guardian, Error::NotGuardian);
                self.why(self.proposal.is_none(), ErrorCode::AccountNotInitialized);
                let vetoed = self
                    .proposal
                    .as_ref()
                    .is_some_and(|proposal| proposal.vetoed);
                self.why(vetoed, Error::NotProposed);
                self.tell(|model| {
                    if let Some(proposal) = &mut model.proposal {
                        proposal.vetoed = true;
                    }
                });
            }
            Op::Activate => self.activate(),
            Op::Claim { owner, to, forgery } => self.claim(*owner, *to, *forgery),
            Op::SetPayout { owner, wallet } => {
                self.tell(|model| model.payouts[*owner] = Some(*wallet));
            }
            Op::ClearPayout { owner } => {
                let none = self.payouts[*owner].is_none();
                self.why(none, ErrorCode::AccountNotInitialized);
                self.tell(|model| model.payouts[*owner] = None);
            }
            Op::Freeze(account) => self.set_frozen(*account, true),
            Op::Thaw(account) => self.set_frozen(*account, false),
            Op::Pause { by, seconds } => {
                let seconds = i128::from(*seconds);
                self.why(*by != self.guardian, Error::NotGuardian);
                self.why(!(1..=7 * DAY).contains(&seconds), Error::BadPause);
                self.tell(|model| model.paused_until = model.now + seconds);
            }
            Op::Unpause { by } => {
                self.why(*by != self.authority, Error::NotAuthority);
                self.tell(|model| model.paused_until = 0);
            }
            Op::UpdateNetwork { by, change } => self.update(*by, change),
            Op::SetPublishers {
                by,
                publishers,
                threshold,
            } => {
                let different: BTreeSet<_> = publishers.iter().collect();
                let possible = (1..=5).contains(&publishers.len())
                    && different.len() == publishers.len()
                    && (1..=publishers.len()).contains(&usize::from(*threshold));
                self.why(*by != self.authority, Error::NotAuthority);
                self.why(!possible, Error::BadPublishers);
                self.tell(|model| {
                    model.publishers.clone_from(publishers);
                    model.threshold = usize::from(*threshold);
                    model.publisher_set += 1;
                });
            }
            Op::SetGuardian { by, guardian } => {
                self.why(*by != self.authority, Error::NotAuthority);
                self.tell(|model| model.guardian = *guardian);
            }
            Op::Nominate { by, nominee } => {
                self.why(*by != self.authority, Error::NotAuthority);
                self.tell(|model| model.nominee = *nominee);
            }
            Op::AcceptAuthority { by } => {
                self.why(self.nominee != Some(*by), Error::NotNominee);
                self.tell(|model| {
                    model.authority = *by;
                    model.nominee = None;
                });
            }
            Op::Register { owner, device } => {
                let there = self.nodes[*device].is_some();
                self.after_pause("register from paused_until");
                self.why(there, SystemError::AccountAlreadyInUse);
                self.tell(|model| {
                    model.nodes[*device] = Some(Node {
                        owner: *owner,
                        offered_to: None,
                    });
                });
            }
            Op::Offer { by, device, to } => {
                self.refuse_unless_node_of(*by, *device);
                self.tell(|model| {
                    if let Some(node) = &mut model.nodes[*device] {
                        node.offered_to = *to;
                    }
                });
            }
            Op::AcceptNode { by, device } => {
                match self.nodes[*device].clone() {
                    None => self.why(true, ErrorCode::AccountNotInitialized),
                    Some(Node {
                        offered_to: None, ..
                    }) => self.why(true, Error::NotOffered),
                    Some(Node {
                        offered_to: Some(to),
                        ..
                    }) => {
                        self.why(to != *by, Error::NotOfferee);
                    }
                }
                self.tell(|model| {
                    model.nodes[*device] = Some(Node {
                        owner: *by,
                        offered_to: None,
                    });
                });
            }
            Op::Retire { by, device } => {
                self.refuse_unless_node_of(*by, *device);
                self.tell(|model| model.nodes[*device] = None);
            }
        }
    }

    /// Carries something out that the network tells an event about, if nothing speaks against it.
    fn tell(&mut self, carry_out: impl FnOnce(&mut Self)) {
        if self.reasons.is_empty() {
            carry_out(self);
            self.sequence += 1;
        }
    }

    fn refuse_unless_node_of(&mut self, by: usize, device: usize) {
        match &self.nodes[device] {
            None => self.why(true, ErrorCode::AccountNotInitialized),
            Some(node) => {
                let other = node.owner != by;
                self.why(other, Error::NotNodeOwner);
            }
        }
    }

    fn set_frozen(&mut self, account: Option<usize>, frozen: bool) {
        let is = match account {
            Some(wallet) => &mut self.frozen[wallet],
            None => &mut self.vault_frozen,
        };
        let already = *is == frozen;
        *is = frozen;
        self.why(already, TokenError::InvalidState);
    }

    fn propose(&mut self, by: usize, grants: &[u64], lie: Lie) {
        let mut number = self.epochs.len() as u128 + 1;
        let mut leaves = self.leaves().to_vec();
        let first = if leaves.is_empty() { FIRST_OWNERS } else { 0 };
        leaves.resize(leaves.len().max(first).max(grants.len()), 0);
        let mut total = self.total;
        for (leaf, grant) in leaves.iter_mut().zip(grants) {
            *leaf += u128::from(*grant);
            total += u128::from(*grant);
        }
        match lie {
            Lie::None => {}
            Lie::Greedy => leaves[0] += 300,
            Lie::Lowered => leaves[0] = leaves[0].saturating_sub(7),
            Lie::WrongNumber => number += 1,
            Lie::FewerLeaves => leaves.truncate(self.leaves().len().saturating_sub(1).max(1)),
            Lie::TotalFell => total = self.total.saturating_sub(1),
            Lie::AboveCap => total = self.total + self.terms.emission_cap + 1,
        }

        let growth = total.saturating_sub(self.total);
        let held = self.proposal.as_ref().is_some_and(|proposal| {
            !proposal.vetoed
                && proposal.publisher_set == self.publisher_set
                && proposal.approvals.len() >= self.threshold
        });
        self.why(!self.publishers.contains(&by), Error::NotPublisher);
        self.after_pause("propose from paused_until");
        self.why(
            number != self.epochs.len() as u128 + 1,
            Error::WrongEpochNumber,
        );
        let ends_at = self.epoch_ends_at;
        self.from("propose from epoch_ends_at", ends_at, Error::EpochNotOver);
        self.why(leaves.len() < self.leaves().len(), Error::LeafCountFell);
        self.why(total < self.total, Error::LifetimeTotalFell);
        self.why(growth > self.terms.emission_cap, Error::AboveEmissionCap);
        self.why(held, Error::AlreadyApproved);
        self.attempt = Attempt::Propose {
            number,
            leaves: leaves.clone(),
            total,
        };
        self.tell(|model| {
            model.proposal = Some(Proposal {
                number,
                leaves,
                total,
                approvals: vec![by],
                publisher_set: model.publisher_set,
                proposed_at: model.now,
                approved_at: (model.threshold == 1).then_some(model.now),
                vetoed: false,
            });
        });
    }

    fn approve(&mut self, by: usize, other_root: bool) {
        self.why(!self.publishers.contains(&by), Error::NotPublisher);
        self.after_pause("approve from paused_until");
        match self.proposal.clone() {
            None => self.why(true, ErrorCode::AccountNotInitialized),
            Some(proposal) => {
                self.why(proposal.vetoed, Error::NotProposed);
                let changed = proposal.publisher_set != self.publisher_set;
                self.why(changed, Error::PublishersChanged);
                self.why(proposal.approvals.contains(&by), Error::ApprovedTwice);
            }
        }
        self.why(other_root, Error::WrongProposal);
        self.tell(|model| {
            let (now, threshold) = (model.now, model.threshold);
            if let Some(proposal) = &mut model.proposal {
                proposal.approvals.push(by);
                if proposal.approvals.len() == threshold {
                    proposal.approved_at = Some(now);
                }
            }
        });
    }

    fn activate(&mut self) {
        self.after_pause("activate from paused_until");
        let Some(proposal) = self.proposal.clone() else {
            self.why(true, ErrorCode::AccountNotInitialized);
            return;
        };
        let changed = proposal.publisher_set != self.publisher_set;
        let few = proposal.approvals.len() < self.threshold;
        let open_until = proposal
            .approved_at
            .map(|at| at + self.terms.challenge_period);
        let owed = proposal.total.saturating_sub(self.claimed);
        let growth = proposal.total.saturating_sub(self.total);
        self.why(proposal.vetoed, Error::NotProposed);
        self.why(changed, Error::PublishersChanged);
        self.why(few, Error::TooFewApprovals);
        if let Some(end) = open_until {
            let deadline = "activate from the end of the challenge";
            self.from(deadline, end, Error::ChallengePeriod);
        }
        self.why(growth > self.terms.emission_cap, Error::AboveEmissionCap);
        self.why(self.vault < owed, Error::Underfunded);
        self.tell(|model| {
            model.epochs.push(proposal.leaves);
            model.total = proposal.total;
            model.epoch_ends_at += model.terms.epoch_length;
            model.proposal = None;
        });
    }

    fn claim(&mut self, owner: usize, to: usize, forgery: Forgery) {
        let current = self.leaves().to_vec();
        let before = match self.epochs.len().checked_sub(2) {
            Some(at) => self.epochs[at].clone(),
            None => current.clone(),
        };
        let leaf = |leaves: &[u128]| leaves.get(owner).copied().unwrap_or(0);
        let (index, lifetime, leaves, proved) = match forgery {
            Forgery::None => (owner, leaf(&current), current.clone(), true),
            Forgery::OneMore => (owner, leaf(&current) + 1, current.clone(), false),
            // Where nothing was granted, the tree before is this one.
            Forgery::Stale => (owner, leaf(&before), before.clone(), before == current),
            Forgery::OtherLeaf => {
                let other = (owner + 1) % OWNERS;
                (other, leaf(&current), current.clone(), false)
            }
        };
        self.attempt = Attempt::Claim {
            index,
            lifetime,
            leaves,
        };

        self.why(self.epochs.is_empty(), Error::NoActiveEpoch);
        self.why(index >= current.len(), Error::IndexOutOfRange);
        self.why(!self.page, ErrorCode::AccountOwnedByWrongProgram);
        let elsewhere = to != self.payee(owner);
        match self.payouts[owner] {
            Some(_) => self.why(elsewhere, Error::WrongDestination),
            None => self.why(elsewhere, Error::WrongPayout),
        }
        self.why(self.frozen[to], Error::DestinationFrozen);
        self.why(!proved, Error::WrongProof);
        let counter = self.counters[index];
        self.why(lifetime < counter, Error::LifetimeBelowCounter);
        let due = lifetime.saturating_sub(counter);
        if due == 0 {
            // Nothing happens, and nothing is told.
            return;
        }
        let level = self.level_now();
        let paid = due.min(level);
        // An instalment is paid only from half of the capacity up.
        let too_little = paid < due && (level == 0 || 2 * level < self.terms.limiter_capacity);
        if let Some(at) = self.refilled_at(due) {
            let deadline = "claim from the refill on";
            self.beside(deadline, at, too_little);
        }
        self.why(too_little, Error::OutflowLimited);
        self.why(self.claimed + paid > self.total, Error::InvariantBroken);
        self.why(self.vault < paid, Error::Underfunded);
        self.why(self.vault_frozen, TokenError::AccountFrozen);
        self.tell(|model| {
            model.set_level(level - paid);
            model.counters[index] += paid;
            model.claimed += paid;
            model.vault -= paid;
            model.wallets[to] += paid;
        });
    }

    fn update(&mut self, by: usize, change: &Change) {
        let Terms {
            epoch_length,
            challenge_period,
            emission_cap,
            limiter_capacity,
            limiter_refill,
        } = self.terms;
        let terms = Terms {
            epoch_length: change.epoch_length.map_or(epoch_length, i128::from),
            challenge_period: change.challenge_period.map_or(challenge_period, i128::from),
            emission_cap: change.emission_cap.map_or(emission_cap, u128::from),
            limiter_capacity: change.limiter_capacity.map_or(limiter_capacity, u128::from),
            limiter_refill: change.limiter_refill.map_or(limiter_refill, u128::from),
        };
        let per_epoch = terms.limiter_refill * terms.epoch_length.unsigned_abs();
        self.why(by != self.authority, Error::NotAuthority);
        self.why(
            !(1..=366 * DAY).contains(&terms.epoch_length),
            Error::BadEpochLength,
        );
        self.why(
            !(1..=30 * DAY).contains(&terms.challenge_period),
            Error::BadChallengePeriod,
        );
        self.why(
            terms.limiter_capacity == 0 || per_epoch < terms.emission_cap,
            Error::BadLimiter,
        );
        self.tell(|model| {
            let level = model.level_now().min(terms.limiter_capacity);
            model.set_level(level);
            model.terms = terms;
        });
    }

    /// What would bring one of the nodes on.
    fn next_of_a_node(&self) -> BoxedStrategy<Op> {
        let nodes = self.nodes.clone();
        (
            0..DEVICES,
            0..OWNERS,
            proptest::option::weighted(0.9, 0..OWNERS),
            prop::bool::weighted(0.2),
        )
            .prop_map(move |(device, owner, to, retire)| match &nodes[device] {
                None => Op::Register { owner, device },
                Some(node) if retire => Op::Retire {
                    by: node.owner,
                    device,
                },
                Some(node) => match node.offered_to {
                    None => Op::Offer {
                        by: node.owner,
                        device,
                        to,
                    },
                    Some(by) => Op::AcceptNode { by, device },
                },
            })
            .boxed()
    }

    /// What would bring the network on.
    fn next(&self) -> BoxedStrategy<Op> {
        let until = |time: i128| {
            let seconds = i64::try_from(time - self.now).unwrap_or(0);
            Just(Op::Time(seconds)).boxed()
        };
        if self.paused() {
            return prop_oneof![
                1 => Just(Op::Unpause { by: self.authority }),
                2 => until(self.paused_until),
                2 => until(self.paused_until - 1),
            ]
            .boxed();
        }
        if !self.page {
            return Just(Op::CreatePage).boxed();
        }
        let stuck =
            |proposal: &&Proposal| proposal.vetoed || proposal.publisher_set != self.publisher_set;
        let open = self.proposal.as_ref().filter(|proposal| !stuck(proposal));
        let Some(proposal) = open else {
            return if self.now < self.epoch_ends_at {
                until(self.epoch_ends_at)
            } else {
                let by = proptest::sample::select(self.publishers.clone());
                let lie = prop_oneof![
                    8 => Just(Lie::None),
                    1 => Just(Lie::Greedy),
                    1 => Just(Lie::Lowered),
                ];
                (by, grants(), lie)
                    .prop_map(|(by, grants, lie)| Op::Propose { by, grants, lie })
                    .boxed()
            };
        };
        let missing: Vec<_> = self
            .publishers
            .iter()
            .copied()
            .filter(|publisher| !proposal.approvals.contains(publisher))
            .collect();
        match proposal.approved_at {
            None if !missing.is_empty() => proptest::sample::select(missing)
                .prop_map(|by| Op::Approve {
                    by,
                    other_root: false,
                })
                .boxed(),
            Some(at) if self.now < at + self.terms.challenge_period => {
                until(at + self.terms.challenge_period)
            }
            _ if self.vault < proposal.total.saturating_sub(self.claimed) => {
                Just(Op::Fund(700)).boxed()
            }
            _ => Just(Op::Activate).boxed(),
        }
    }
}

impl Model {
    /// When something becomes possible.
    fn instants(&self) -> Vec<i128> {
        let owners = (0..OWNERS).filter(|owner| self.due(*owner) > 0);
        owners
            .filter_map(|owner| self.refilled_at(self.due(owner)))
            .chain(self.challenge_ends_at())
            .chain([self.epoch_ends_at, self.paused_until])
            .collect()
    }

    fn challenge_ends_at(&self) -> Option<i128> {
        let approved_at = self.proposal.as_ref()?.approved_at?;
        Some(approved_at + self.terms.challenge_period)
    }

    /// What a deadline decides that is at most a second away.
    fn decided(&self) -> Vec<Op> {
        let near = |at: i128| (self.now - at).abs() <= 1;
        let mut ops = vec![];
        let pause = near(self.paused_until);
        let by = self.publishers[0];
        let propose = Op::Propose {
            by,
            grants: vec![3; OWNERS],
            lie: Lie::None,
        };
        match &self.proposal {
            None if pause || near(self.epoch_ends_at) => ops.push(propose),
            Some(proposal) if pause || self.challenge_ends_at().is_some_and(near) => {
                let missing = self
                    .publishers
                    .iter()
                    .find(|publisher| !proposal.approvals.contains(publisher));
                ops.push(Op::Activate);
                ops.extend(missing.map(|by| Op::Approve {
                    by: *by,
                    other_root: false,
                }));
            }
            _ => {}
        }
        if pause {
            ops.push(Op::Fund(10));
            let free = (0..DEVICES).find(|device| self.nodes[*device].is_none());
            ops.extend(free.map(|device| Op::Register { owner: 0, device }));
        }
        for owner in 0..OWNERS {
            let due = self.due(owner);
            if due > 0 && self.refilled_at(due).is_some_and(near) {
                ops.push(Op::Claim {
                    owner,
                    to: self.payee(owner),
                    forgery: Forgery::None,
                });
            }
        }
        ops
    }
}

/// What the owners earn in an epoch, in base units. The cap starts at 1,000.
fn grants() -> BoxedStrategy<Vec<u64>> {
    let grant = prop_oneof![1 => Just(0), 1 => 0u64..20, 2 => 0u64..350];
    proptest::collection::vec(grant, 0..=OWNERS).boxed()
}

/// One of so many, most often the one that may.
fn mostly(right: usize, count: usize) -> BoxedStrategy<usize> {
    prop_oneof![4 => Just(right), 1 => 0..count].boxed()
}

/// Amounts, with the edges.
fn amount() -> BoxedStrategy<u64> {
    prop_oneof![1 => Just(0), 1 => Just(1), 6 => 1u64..2_000].boxed()
}

fn change() -> BoxedStrategy<Change> {
    let maybe = |strategy: BoxedStrategy<u64>| proptest::option::weighted(0.4, strategy);
    (
        maybe(prop_oneof![1 => Just(0), 8 => 500u64..2_000].boxed()),
        maybe(prop_oneof![1 => Just(0), 8 => 1u64..300].boxed()),
        maybe((0u64..2_000).boxed()),
        maybe(prop_oneof![1 => Just(0), 8 => 20u64..2_000].boxed()),
        // Not zero: owners could then wait for ever.
        maybe((1u64..20).boxed()),
    )
        .prop_map(
            |(epoch_length, challenge_period, emission_cap, limiter_capacity, limiter_refill)| {
                Change {
                    epoch_length,
                    challenge_period,
                    emission_cap,
                    limiter_capacity,
                    limiter_refill,
                }
            },
        )
        .boxed()
}

pub struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Op;

    fn init_state() -> BoxedStrategy<Model> {
        proptest::sample::select(&TokenProgram::ALL)
            .prop_map(Model::new)
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Op> {
        let (authority, guardian) = (model.authority, model.guardian);
        let claims = if model.epochs.is_empty() { 2 } else { 16 };
        let payees: Vec<_> = (0..OWNERS).map(|owner| model.payee(owner)).collect();
        let claim = (0..OWNERS)
            .prop_flat_map(move |owner| (Just(owner), mostly(payees[owner], WALLETS)))
            .prop_flat_map(|(owner, to)| {
                let forgery = prop_oneof![
                    6 => Just(Forgery::None),
                    1 => Just(Forgery::OneMore),
                    1 => Just(Forgery::Stale),
                    1 => Just(Forgery::OtherLeaf),
                ];
                forgery.prop_map(move |forgery| Op::Claim { owner, to, forgery })
            });
        let lie = prop_oneof![
            Just(Lie::Greedy),
            Just(Lie::Lowered),
            Just(Lie::WrongNumber),
            Just(Lie::FewerLeaves),
            Just(Lie::TotalFell),
            Just(Lie::AboveCap),
        ];
        let propose = (0..PUBLISHERS, grants(), prop_oneof![Just(Lie::None), lie])
            .prop_map(|(by, grants, lie)| Op::Propose { by, grants, lie });
        let approve = (0..PUBLISHERS, prop::bool::weighted(0.2))
            .prop_map(|(by, other_root)| Op::Approve { by, other_root });
        // To an instant of the model, most often the next, or a second beside it; or anywhere.
        let instant = draw::to_instant(model.instants(), model.now, 3, 2);
        let time = prop_oneof![
            1 => Just(Op::Time(-3_600)),
            1 => (-100i64..0).prop_map(Op::Time),
            1 => (0i64..200).prop_map(Op::Time),
            1 => (0i64..3_000).prop_map(Op::Time),
            5 => instant.prop_map(Op::Time),
        ];
        // What a deadline decides now.
        let refused = |op: &Op| !Self::apply(model.clone(), op).reasons.is_empty();
        let (near, decided) = draw::decided(model.decided(), refused, 70, Op::Time(1));
        let wallet_or_vault = || draw::wallet_or_vault(WALLETS);
        let set = prop_oneof![
            3 => proptest::sample::subsequence((0..PUBLISHERS).collect::<Vec<_>>(), 1..=PUBLISHERS),
            1 => proptest::collection::vec(0..PUBLISHERS, 0..=PUBLISHERS),
        ];
        let publishers =
            (set, 0u8..4, mostly(authority, LEADERS)).prop_map(|(publishers, threshold, by)| {
                Op::SetPublishers {
                    by,
                    publishers,
                    threshold,
                }
            });
        let nominee = model.nominee.unwrap_or(0);

        prop_oneof![
            near => proptest::sample::select(decided),
            16 => model.next(),
            claims => claim,
            8 => time,
            3 => amount().prop_map(Op::Fund),
            1 => amount().prop_map(Op::Donate),
            1 => Just(Op::CreatePage),
            3 => propose,
            3 => approve,
            1 => mostly(guardian, LEADERS).prop_map(|by| Op::Veto { by }),
            2 => Just(Op::Activate),
            2 => (0..OWNERS, 0..WALLETS).prop_map(|(owner, wallet)| Op::SetPayout { owner, wallet }),
            1 => (0..OWNERS).prop_map(|owner| Op::ClearPayout { owner }),
            1 => wallet_or_vault().prop_map(Op::Freeze),
            2 => wallet_or_vault().prop_map(Op::Thaw),
            2 => (mostly(guardian, LEADERS), prop_oneof![-5i64..500, 604_799i64..604_802])
                .prop_map(|(by, seconds)| Op::Pause { by, seconds }),
            1 => mostly(authority, LEADERS).prop_map(|by| Op::Unpause { by }),
            2 => (mostly(authority, LEADERS), change())
                .prop_map(|(by, change)| Op::UpdateNetwork { by, change }),
            1 => publishers,
            1 => (mostly(authority, LEADERS), 0..LEADERS)
                .prop_map(|(by, guardian)| Op::SetGuardian { by, guardian }),
            1 => (mostly(authority, LEADERS), proptest::option::of(0..LEADERS))
                .prop_map(|(by, nominee)| Op::Nominate { by, nominee }),
            1 => mostly(nominee, LEADERS).prop_map(|by| Op::AcceptAuthority { by }),
            6 => model.next_of_a_node(),
            1 => (0..DEVICES, 0..OWNERS).prop_map(|(device, owner)| Op::Register { owner, device }),
            1 => (0..OWNERS, 0..DEVICES, proptest::option::of(0..OWNERS))
                .prop_map(|(by, device, to)| Op::Offer { by, device, to }),
            1 => (0..OWNERS, 0..DEVICES).prop_map(|(by, device)| Op::AcceptNode { by, device }),
            1 => (0..OWNERS, 0..DEVICES).prop_map(|(by, device)| Op::Retire { by, device }),
        ]
        .boxed()
    }

    fn apply(mut model: Model, op: &Op) -> Model {
        model.step(op);
        model
    }
}
