//! The accounts of node-rewards as results.

use std::fmt::{self, Display};

use node_rewards::state::{
    ClaimPage, Epoch, EpochStatus, Network, Node, NodeKind, Payout, PublisherSet,
    StoredNetworkTerms,
};
use serde::Serialize;
use solana_pubkey::Pubkey;

use crate::output::{Amount, Fields, Moment, Output, Shown, Span, table};
use crate::views::{key, or_none};

/// What an authority decides about a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TermsView {
    pub epoch_length: Span,
    pub challenge_period: Span,
    pub emission_cap: Amount,
    pub limiter_capacity: Amount,
    pub limiter_refill: Amount,
    pub location_resolution: u8,
}

impl TermsView {
    pub fn new(terms: &StoredNetworkTerms, decimals: u8, mint: &Pubkey) -> Self {
        let amount = |units| Amount::new(units, decimals, mint);
        Self {
            epoch_length: Span(terms.epoch_length),
            challenge_period: Span(terms.challenge_period),
            emission_cap: amount(terms.emission_cap),
            limiter_capacity: amount(terms.limiter_capacity),
            limiter_refill: amount(terms.limiter_refill),
            location_resolution: terms.location_resolution,
        }
    }

    /// Name and value of each term.
    pub fn fields(&self) -> Vec<(&'static str, Shown)> {
        vec![
            ("epoch length", Shown::of(self.epoch_length)),
            ("challenge period", Shown::of(self.challenge_period)),
            ("emission cap", Shown::of(&self.emission_cap)),
            ("limiter capacity", Shown::of(&self.limiter_capacity)),
            (
                "limiter refill",
                Shown::new(
                    format!("{} a second", self.limiter_refill),
                    &self.limiter_refill,
                ),
            ),
            ("location resolution", Shown::of(self.location_resolution)),
        ]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishersView {
    pub publishers: Vec<String>,
    pub threshold: u8,
}

impl From<&PublisherSet> for PublishersView {
    fn from(set: &PublisherSet) -> Self {
        Self {
            publishers: set.publishers.iter().map(ToString::to_string).collect(),
            threshold: set.threshold,
        }
    }
}

impl Display for PublishersView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.threshold, self.publishers.join(" "))
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct NetworkView {
    pub name: String,
    pub address: String,
    pub authority: String,
    pub pending_authority: Option<String>,
    pub guardian: String,
    #[serde(flatten)]
    pub publishers: PublishersView,
    pub mint: String,
    pub decimals: u8,
    pub token_program: String,
    pub vault: String,
    #[serde(flatten)]
    pub terms: TermsView,
    pub active_epoch: u64,
    pub root: String,
    pub depth: u8,
    pub leaf_count: u32,
    pub epoch_ends_at: Moment,
    pub lifetime_total: Amount,
    pub claimed_total: Amount,
    pub funded_total: Amount,
    pub limiter_level: Amount,
    pub limiter_updated_at: Moment,
    pub node_count: u64,
    pub paused_until: Moment,
    pub publisher_set: u32,
    pub sequence: u64,
}

impl NetworkView {
    pub fn new(address: &Pubkey, network: &Network) -> Self {
        let amount = |units| Amount::new(units, network.decimals, &network.mint);
        Self {
            name: network.scope.name().to_owned(),
            address: address.to_string(),
            authority: network.scope.authority.to_string(),
            pending_authority: key(&network.scope.pending_authority),
            guardian: network.scope.guardian.to_string(),
            publishers: PublishersView::from(&network.publisher_set()),
            mint: network.mint.to_string(),
            decimals: network.decimals,
            token_program: network.token_program.to_string(),
            vault: network.vault.to_string(),
            terms: TermsView::new(&network.terms, network.decimals, &network.mint),
            active_epoch: network.active_epoch,
            root: hex::encode(network.root),
            depth: network.depth,
            leaf_count: network.leaf_count,
            epoch_ends_at: Moment(network.epoch_ends_at),
            lifetime_total: amount(network.lifetime_total),
            claimed_total: amount(network.claimed_total),
            funded_total: amount(network.funded_total),
            limiter_level: amount(network.limiter_level),
            limiter_updated_at: Moment(network.limiter_updated_at),
            node_count: network.node_count,
            paused_until: Moment(network.scope.paused_until),
            publisher_set: network.publisher_set,
            sequence: network.scope.sequence,
        }
    }
}

impl Output for NetworkView {}

impl Display for NetworkView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            ("network", self.name.clone()),
            ("address", self.address.clone()),
            ("authority", self.authority.clone()),
            ("pending authority", or_none(&self.pending_authority)),
            ("guardian", self.guardian.clone()),
            ("publishers", self.publishers.to_string()),
            (
                "mint",
                format!("{} ({} decimals)", self.mint, self.decimals),
            ),
            ("token program", self.token_program.clone()),
            ("vault", self.vault.clone()),
        ];
        let terms = self.terms.fields().into_iter();
        fields.extend(terms.map(|(name, value)| (name, value.to_string())));
        fields.extend([
            ("active epoch", self.active_epoch.to_string()),
            ("next epoch ends at", self.epoch_ends_at.to_string()),
            ("owners who earned", self.leaf_count.to_string()),
            ("nodes", self.node_count.to_string()),
            ("funded", self.funded_total.to_string()),
            ("granted", self.lifetime_total.to_string()),
            ("claimed", self.claimed_total.to_string()),
            (
                "paused until",
                match self.paused_until {
                    Moment(0) => "never paused".into(),
                    until => until.to_string(),
                },
            ),
        ]);
        Fields(&fields).fmt(f)
    }
}

/// Where an epoch is in its life, in words of the account.
fn status(status: EpochStatus) -> &'static str {
    match status {
        EpochStatus::Proposed => "proposed",
        EpochStatus::Vetoed => "vetoed",
        EpochStatus::Active => "active",
        EpochStatus::Superseded => "superseded",
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct EpochView {
    pub network: String,
    pub address: String,
    pub number: u64,
    pub status: &'static str,
    pub root: String,
    pub depth: u8,
    pub leaf_count: u32,
    pub lifetime_total: Amount,
    pub data_hash: String,
    pub proposer: String,
    pub approvals: Vec<String>,
    pub publisher_set: u32,
    pub proposed_at: Moment,
    pub approved_at: Option<Moment>,
    pub activated_at: Option<Moment>,
}

impl EpochView {
    /// `network` is the epoch's: it knows the decimals of the mint.
    pub fn new(address: &Pubkey, epoch: &Epoch, network: &Network) -> Self {
        let moment = |at: i64| (at != 0).then_some(Moment(at));
        Self {
            network: epoch.network.to_string(),
            address: address.to_string(),
            number: epoch.number,
            status: status(epoch.status),
            root: hex::encode(epoch.root),
            depth: epoch.depth,
            leaf_count: epoch.leaf_count,
            lifetime_total: Amount::new(epoch.lifetime_total, network.decimals, &network.mint),
            data_hash: hex::encode(epoch.data_hash),
            proposer: epoch.proposer.to_string(),
            approvals: epoch.approvals.iter().map(ToString::to_string).collect(),
            publisher_set: epoch.publisher_set,
            proposed_at: Moment(epoch.proposed_at),
            approved_at: moment(epoch.approved_at),
            activated_at: moment(epoch.activated_at),
        }
    }
}

impl Output for EpochView {}

impl Display for EpochView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |moment: &Option<Moment>| moment.map_or("not yet".into(), |at| at.to_string());
        Fields(&[
            ("epoch", self.number.to_string()),
            ("status", self.status.to_owned()),
            ("address", self.address.clone()),
            ("network", self.network.clone()),
            ("root", self.root.clone()),
            ("data hash", self.data_hash.clone()),
            ("owners who earned", self.leaf_count.to_string()),
            ("granted in all", self.lifetime_total.to_string()),
            (
                "proposed",
                format!("{} by {}", self.proposed_at, self.proposer),
            ),
            ("approvals", self.approvals.join(" ")),
            ("approved", at(&self.approved_at)),
            ("activated", at(&self.activated_at)),
        ])
        .fmt(f)
    }
}

/// What a node offers, in the words of the `--kind` flag.
pub fn kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Wifi => "wifi",
        NodeKind::OpenRoaming => "open-roaming",
        NodeKind::SmallCell => "small-cell",
    }
}

/// An H3 cell as H3's own tools write it.
pub fn cell(location: u64) -> String {
    format!("{location:x}")
}

#[derive(Clone, Debug, Serialize)]
pub struct NodeView {
    pub network: String,
    pub address: String,
    pub device: String,
    pub owner: String,
    pub pending_owner: Option<String>,
    pub kind: &'static str,
    pub location: String,
    pub registered_at: Moment,
    pub rent_payer: String,
}

impl NodeView {
    pub fn new(address: &Pubkey, node: &Node) -> Self {
        Self {
            network: node.network.to_string(),
            address: address.to_string(),
            device: node.device.to_string(),
            owner: node.owner.to_string(),
            pending_owner: key(&node.pending_owner),
            kind: kind(node.kind),
            location: cell(node.location),
            registered_at: Moment(node.registered_at),
            rent_payer: node.rent_payer.to_string(),
        }
    }
}

impl Output for NodeView {}

impl Display for NodeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("device", self.device.clone()),
            ("address", self.address.clone()),
            ("network", self.network.clone()),
            ("owner", self.owner.clone()),
            ("on offer to", or_none(&self.pending_owner)),
            ("kind", self.kind.to_owned()),
            ("location", self.location.clone()),
            ("registered", self.registered_at.to_string()),
            ("rent paid by", self.rent_payer.clone()),
        ])
        .fmt(f)
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct PayoutView {
    pub network: String,
    /// `None`: no account is there, and claims pay the owner.
    pub address: Option<String>,
    pub owner: String,
    pub wallet: String,
    pub rent_payer: Option<String>,
}

impl PayoutView {
    pub fn new(address: &Pubkey, payout: &Payout) -> Self {
        Self {
            network: payout.network.to_string(),
            address: Some(address.to_string()),
            owner: payout.owner.to_string(),
            wallet: payout.wallet.to_string(),
            rent_payer: Some(payout.rent_payer.to_string()),
        }
    }

    /// Where claims pay without an account: the owner itself.
    pub fn none(network: &Pubkey, owner: &Pubkey) -> Self {
        Self {
            network: network.to_string(),
            address: None,
            owner: owner.to_string(),
            wallet: owner.to_string(),
            rent_payer: None,
        }
    }
}

impl Output for PayoutView {}

impl Display for PayoutView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("owner", self.owner.clone()),
            ("network", self.network.clone()),
            ("paid to", self.wallet.clone()),
            ("payout account", or_none(&self.address)),
            ("rent paid by", or_none(&self.rent_payer)),
        ])
        .fmt(f)
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ClaimPageView {
    pub network: String,
    pub address: String,
    pub page: u32,
    /// The owners who have claimed something.
    pub counters: Vec<CounterView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct CounterView {
    pub index: u32,
    pub claimed: Amount,
}

impl ClaimPageView {
    /// `network` is the page's: it knows the decimals of the mint.
    pub fn new(address: &Pubkey, page: &ClaimPage, network: &Network) -> Self {
        let first = page
            .page
            .saturating_mul(node_rewards::constants::COUNTERS_PER_PAGE as u32);
        Self {
            network: page.network.to_string(),
            address: address.to_string(),
            page: page.page,
            counters: (first..)
                .zip(page.counters)
                .filter(|(_, units)| *units > 0)
                .map(|(index, units)| CounterView {
                    index,
                    claimed: Amount::new(units, network.decimals, &network.mint),
                })
                .collect(),
        }
    }
}

impl Output for ClaimPageView {}

impl Display for ClaimPageView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("claim page", self.page.to_string()),
            ("address", self.address.clone()),
            ("network", self.network.clone()),
            ("owners who claimed", self.counters.len().to_string()),
        ])
        .fmt(f)?;
        let mut counters = table(["index", "claimed"]);
        for counter in &self.counters {
            counters.add_row([counter.index.to_string(), counter.claimed.to_string()]);
        }
        if self.counters.is_empty() {
            Ok(())
        } else {
            writeln!(f, "{counters}")
        }
    }
}
