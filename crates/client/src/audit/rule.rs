//! The rules that an audit checks. Each has the id under which `docs/invariants.md` explains it.

use serde::{Serialize, Serializer, ser::SerializeStruct};

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $id:literal $name:literal,)*) => {
        /// What must hold of the accounts of the programs at any moment.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// The id in `docs/invariants.md`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$rule => $id,)*
                }
            }

            /// What it says, in a few words.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }
        }
    };
}

rules! {
    /// Every account of a program decodes: its discriminator, its length, and nothing that the program never writes.
    AccountDecodes = "AC-1" "account-decodes",
    /// Every account stands at the address that its content leads to, and stores that address's bump.
    AccountInPlace = "AC-2" "account-in-place",
    /// What an account belongs to exists, and belongs to the same as it does.
    AccountBelongs = "AC-3" "account-belongs",
    /// The deployed program is the file that was built.
    ProgramAsBuilt = "AC-4" "program-as-built",
    /// The interface by which accounts and events were read is the one that was published.
    InterfaceAsPublished = "AC-5" "interface-as-published",

    /// Vault balance ≥ lifetime total − claimed total.
    VaultCoversOutstanding = "NR-1" "vault-covers-outstanding",
    /// Σ counters = claimed total.
    CountersAreClaimed = "NR-2" "counters-are-claimed",
    /// Claimed total ≤ lifetime total.
    ClaimedWithinLifetime = "NR-3" "claimed-within-lifetime",
    /// Vault balance ≥ funded total − claimed total: nothing left it but by claims.
    VaultKeepsFunding = "NR-4" "vault-keeps-funding",
    /// The vault is a token account of the network's mint that the network alone controls.
    VaultIsTheNetworks = "NR-5" "vault-is-the-networks",
    /// The limiter's level ≤ its capacity.
    LimiterWithinCapacity = "NR-6" "limiter-within-capacity",
    /// The network's terms are such that everything granted can be paid in time.
    NetworkTermsWork = "NR-7" "network-terms-work",
    /// The mint has no extension that could move, hide, tax or stop what the vault holds.
    NetworkMintIsPlain = "NR-8" "network-mint-is-plain",
    /// From epoch to epoch neither lifetime total nor leaf count falls.
    TotalsNeverFall = "NR-10" "totals-never-fall",
    /// Every epoch up to the active one is there and was in force; the active one says what the network says.
    EpochsInOrder = "NR-11" "epochs-in-order",
    /// The epochs that were in force have the approvals of different publishers, the active one enough of them.
    EpochIsApproved = "NR-16" "epoch-is-approved",
    /// The tree's depth is the smallest that holds its leaves.
    DepthFitsLeaves = "NR-19" "depth-fits-leaves",
    /// No counter of an index that has no leaf.
    CountersHaveLeaves = "NR-20" "counters-have-leaves",
    /// An owner's counter ≤ its lifetime.
    CounterWithinLeaf = "NR-23" "counter-within-leaf",
    /// No pause ends later than a guardian can set it.
    NetworkPauseEnds = "NR-25" "network-pause-ends",
    /// Nobody with a role in a network is the zero key.
    NetworkKeysAreSet = "NR-27" "network-keys-are-set",
    /// The network counts as many nodes as there are.
    NodesAreCounted = "NR-30" "nodes-are-counted",
    /// The leaves of the published data add up to the epoch's lifetime total.
    LeavesAddUp = "NR-31" "leaves-add-up",
    /// An owner keeps its index from epoch to epoch, and its lifetime never falls.
    OwnersKeepTheirIndex = "NR-32" "owners-keep-their-index",
    /// The published data lead to the epoch's root.
    DataLeadToRoot = "NR-34" "data-lead-to-root",
    /// The published data are those whose hash is on the chain.
    DataAreThePublished = "NR-35" "data-are-the-published",
    /// The vault is not frozen.
    NetworkVaultIsFree = "NR-36" "network-vault-is-free",

    /// A vault's balance ≥ what it holds for orders.
    VaultCoversHeld = "EM-1" "vault-covers-held",
    /// What it holds for orders = Σ of what each of them is owed.
    HeldIsOwed = "EM-2" "held-is-owed",
    /// Of an ended order, refunded + released + fee = paid; of an open one, all three are 0.
    OrderIsDivided = "EM-3" "order-is-divided",
    /// What an order still owes somebody is at most what was decided for them.
    DueWithinDecided = "EM-4" "due-within-decided",
    /// A vault's token account is of its mint, and the vault alone controls it.
    VaultIsTheMarkets = "EM-5" "vault-is-the-markets",
    /// The mint has no extension that could move, hide, tax or stop what the vault holds.
    MarketMintIsPlain = "EM-7" "market-mint-is-plain",
    /// No version of a plan's or the market's terms is newer than the market's last event.
    VersionsAreOfTheMarket = "EM-10" "versions-are-of-the-market",
    /// What an order paid follows from its terms, discount and floor included.
    PaidFollowsTerms = "EM-12" "paid-follows-terms",
    /// No market's and no order's fee is above 10 %.
    FeeWithinCap = "EM-13" "fee-within-cap",
    /// An order's times are those of its state.
    TimesFitState = "EM-15" "times-fit-state",
    /// An order that was delivered has its delivery, and no other has one.
    DeliveredHasDelivery = "EM-19" "delivered-has-delivery",
    /// No pause ends later than a guardian can set it.
    MarketPauseEnds = "EM-25" "market-pause-ends",
    /// Nobody with a role in a market or order is the zero key.
    MarketKeysAreSet = "EM-26" "market-keys-are-set",
    /// Every mint that a market accepts, and that of every order, has a vault.
    MintHasVault = "EM-30" "mint-has-vault",
    /// A seller has as many plans as it counts.
    PlansAreCounted = "EM-31" "plans-are-counted",
    /// A market's windows are within the program's limits.
    MarketWindowsEnd = "EM-32" "market-windows-end",
    /// A seller has delivered as many orders as it counts by the time that they took.
    DeliveriesAreCounted = "EM-34" "deliveries-are-counted",
    /// No vault is frozen.
    MarketVaultIsFree = "EM-33" "market-vault-is-free",

    /// The vault's balance ≥ both sides' balances + the hub's fees.
    VaultCoversBalances = "RE-1" "vault-covers-balances",
    /// A side in arrears has nothing, and at most one side is in arrears.
    ArrearsMeanNothing = "RE-2" "arrears-mean-nothing",
    /// A side's exposure = Σ of what its statements may still take.
    ExposureIsSum = "RE-3" "exposure-is-sum",
    /// Accepted ≤ total; once settled, paid = accepted.
    StatementIsBounded = "RE-4" "statement-is-bounded",
    /// A side has as many open statements as it counts.
    StatementsAreCounted = "RE-5" "statements-are-counted",
    /// A side's last statement is returned exactly when its books say so, and no other one ever is.
    LastIsReturned = "RE-6" "last-is-returned",
    /// The periods of a direction are 0, 1, 2, … up to the next one.
    PeriodsHaveNoGap = "RE-7" "periods-have-no-gap",
    /// The records of each statement follow those of the one before.
    RecordsAdjoin = "RE-8" "records-adjoin",
    /// The vault is a token account of the agreement's mint that the agreement alone controls.
    VaultIsTheAgreements = "RE-9" "vault-is-the-agreements",
    /// The vault is not frozen.
    AgreementVaultIsFree = "RE-10" "agreement-vault-is-free",
    /// The mint has no extension that could move, hide, tax or stop what the vault holds.
    AgreementMintIsPlain = "RE-11" "agreement-mint-is-plain",
    /// No hub's and no agreement's fee is above 1 %.
    HubFeeWithinCap = "RE-12" "hub-fee-within-cap",
    /// The terms of accepted agreements and of their statements are within the program's limits.
    AgreementTermsWork = "RE-13" "agreement-terms-work",
    /// No pause ends later than a guardian can set it.
    HubPauseEnds = "RE-14" "hub-pause-ends",
    /// Nobody with a role in a hub or for an operator is the zero key.
    HubKeysAreSet = "RE-15" "hub-keys-are-set",
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Rule", 2)?;
        fields.serialize_field("id", self.id())?;
        fields.serialize_field("name", self.name())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    /// The ids that the documentation marks as checked on a live cluster.
    fn documented() -> BTreeSet<String> {
        include_str!("../../../../docs/invariants.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
            .filter_map(|(id, _)| id.strip_suffix(" †"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_rule_is_documented_and_every_mark_has_a_rule() {
        let ids: BTreeSet<String> = Rule::ALL.iter().map(|rule| rule.id().to_owned()).collect();
        assert_eq!(ids, documented());
    }

    #[test]
    fn ids_and_names_are_unique() {
        let ids: HashSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        let names: HashSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!((ids.len(), names.len()), (Rule::ALL.len(), Rule::ALL.len()));
    }

    #[test]
    fn json_has_id_and_name() {
        assert_eq!(
            serde_json::to_string(&Rule::CountersAreClaimed).unwrap(),
            r#"{"id":"NR-2","name":"counters-are-claimed"}"#
        );
    }
}
