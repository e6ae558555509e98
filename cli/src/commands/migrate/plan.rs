//! The difference between a network as migrations want it and as it is, and what takes it away.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use anyhow::{Context as _, Result, bail};
use node_rewards::instructions::CreateNetworkArgs;
use node_rewards::state::{Network, NetworkTerms, NetworkTermsChange, PublisherSet};
use serde::Serialize;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;
use wayfare_core::amount;

use crate::commands::migrate::files::NetworkWanted;
use crate::output::Span;

/// What a network would have to be changed by.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub network: String,
    pub differences: Vec<Difference>,
    pub action: Action,
}

/// A field that is not as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub field: &'static str,
    /// `None`: there is no such network yet.
    pub is: Option<String>,
    pub wanted: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.is {
            None => write!(f, "{}: {}", self.field, self.wanted),
            Some(is) => write!(f, "{}: {is} -> {}", self.field, self.wanted),
        }
    }
}

/// What takes the differences away, in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The network is as it is wanted.
    Nothing,
    Create {
        mint: Pubkey,
        args: CreateNetworkArgs,
    },
    Change {
        terms: Option<NetworkTermsChange>,
        publishers: Option<PublisherSet>,
        guardian: Option<Pubkey>,
        nominee: Option<Pubkey>,
    },
}

impl Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network {}", self.network)?;
        self.differences
            .iter()
            .try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

impl Plan {
    /// What is to be done. `network` is what is there now; `decimals` are those of the mint that is wanted.
    pub fn new(
        name: &str,
        wanted: &NetworkWanted,
        network: Option<&Network>,
        decimals: u8,
    ) -> Result<Self> {
        match network {
            Some(network) => Self::change(name, wanted, network),
            None => Self::create(name, wanted, decimals),
        }
        .with_context(|| format!("network {name}"))
    }

    fn create(name: &str, wanted: &NetworkWanted, decimals: u8) -> Result<Self> {
        fn all<T: Clone>(field: &Option<T>, name: &str) -> Result<T> {
            field
                .clone()
                .with_context(|| format!("it does not exist yet, and no migration says its {name}"))
        }
        let units = |text: &Option<String>, name| amount_of(&all(text, name)?, name, decimals);
        let mint = all(&wanted.mint, "mint")?;
        let args = CreateNetworkArgs {
            name: name.to_owned(),
            terms: NetworkTerms {
                epoch_length: all(&wanted.epoch_length, "epoch_length")?,
                challenge_period: all(&wanted.challenge_period, "challenge_period")?,
                emission_cap: units(&wanted.emission_cap, "emission_cap")?,
                limiter_capacity: units(&wanted.limiter_capacity, "limiter_capacity")?,
                limiter_refill: units(&wanted.limiter_refill, "limiter_refill")?,
                location_resolution: all(&wanted.location_resolution, "location_resolution")?,
            },
            guardian: all(&wanted.guardian, "guardian")?,
            publisher_set: PublisherSet {
                publishers: all(&wanted.publishers, "publishers")?,
                threshold: all(&wanted.threshold, "threshold")?,
            },
        };
        let terms = &args.terms;
        let tokens = |units| amount::format(units, decimals);
        let differences = [
            ("mint", mint.to_string()),
            ("guardian", args.guardian.to_string()),
            ("publishers", keys(&args.publisher_set.publishers)),
            ("threshold", args.publisher_set.threshold.to_string()),
            ("epoch_length", Span(terms.epoch_length).to_string()),
            ("challenge_period", Span(terms.challenge_period).to_string()),
            ("emission_cap", tokens(terms.emission_cap)),
            ("limiter_capacity", tokens(terms.limiter_capacity)),
            ("limiter_refill", tokens(terms.limiter_refill)),
            ("location_resolution", terms.location_resolution.to_string()),
        ]
        .map(|(field, wanted)| Difference {
            field,
            is: None,
            wanted,
        })
        .to_vec();
        Ok(Self {
            network: name.to_owned(),
            differences,
            action: Action::Create { mint, args },
        })
    }

    fn change(name: &str, wanted: &NetworkWanted, network: &Network) -> Result<Self> {
        if let Some(mint) = wanted.mint.filter(|mint| *mint != network.mint) {
            bail!(
                "its mint is {} and can never change, but the migrations want {mint}: use another name",
                network.mint
            );
        }
        let mut differences = Differences::default();
        let decimals = network.decimals;
        let tokens = |units: &u64| amount::format(*units, decimals);
        let units = |text: &Option<String>, name| {
            text.as_deref()
                .map(|text| amount_of(text, name, decimals))
                .transpose()
        };
        let span = |seconds: &u64| Span(*seconds).to_string();
        let text = |value: &u8| value.to_string();
        let is = network.terms;

        let terms = NetworkTermsChange {
            epoch_length: differences.of(
                "epoch_length",
                is.epoch_length,
                wanted.epoch_length,
                span,
            ),
            challenge_period: differences.of(
                "challenge_period",
                is.challenge_period,
                wanted.challenge_period,
                span,
            ),
            emission_cap: differences.of(
                "emission_cap",
                is.emission_cap,
                units(&wanted.emission_cap, "emission_cap")?,
                tokens,
            ),
            limiter_capacity: differences.of(
                "limiter_capacity",
                is.limiter_capacity,
                units(&wanted.limiter_capacity, "limiter_capacity")?,
                tokens,
            ),
            limiter_refill: differences.of(
                "limiter_refill",
                is.limiter_refill,
                units(&wanted.limiter_refill, "limiter_refill")?,
                tokens,
            ),
            location_resolution: differences.of(
                "location_resolution",
                is.location_resolution,
                wanted.location_resolution,
                text,
            ),
        };

        let set = network.publisher_set();
        // Their order means nothing.
        let same = |keys: &Vec<Pubkey>| {
            keys.iter().collect::<BTreeSet<_>>() == set.publishers.iter().collect()
                && keys.len() == set.publishers.len()
        };
        let publishers = wanted.publishers.clone().filter(|keys| !same(keys));
        let publishers = differences.of("publishers", set.publishers.clone(), publishers, |list| {
            keys(list)
        });
        let threshold = differences.of("threshold", set.threshold, wanted.threshold, text);
        let publishers = (publishers.is_some() || threshold.is_some()).then(|| PublisherSet {
            publishers: publishers.unwrap_or(set.publishers),
            threshold: threshold.unwrap_or(set.threshold),
        });

        let guardian = differences.of(
            "guardian",
            network.scope.guardian,
            wanted.guardian,
            Pubkey::to_string,
        );
        // A nominee who has not accepted yet is as far as the authority can go.
        let nominee = wanted.authority.filter(|key| {
            *key != network.scope.authority && *key != network.scope.pending_authority
        });
        let nominee = differences.of(
            "pending_authority",
            network.scope.pending_authority,
            nominee,
            |key| {
                if *key == Pubkey::default() {
                    "none".into()
                } else {
                    key.to_string()
                }
            },
        );

        let terms = (terms != NetworkTermsChange::default()).then_some(terms);
        Ok(Self {
            network: name.to_owned(),
            action: if differences.0.is_empty() {
                Action::Nothing
            } else {
                Action::Change {
                    terms,
                    publishers,
                    guardian,
                    nominee,
                }
            },
            differences: differences.0,
        })
    }

    /// The instructions that take the differences away.
    pub fn instructions(
        &self,
        network: Pubkey,
        payer: Pubkey,
        authority: Pubkey,
        token_program: Pubkey,
    ) -> Vec<Instruction> {
        match &self.action {
            Action::Nothing => vec![],
            Action::Create { mint, args } => {
                instruction::create_network(payer, authority, *mint, token_program, args.clone())
                    .into_iter()
                    .collect()
            }
            Action::Change {
                terms,
                publishers,
                guardian,
                nominee,
            } => [
                terms.map(|change| instruction::update_network(network, authority, change)),
                publishers
                    .clone()
                    .map(|set| instruction::set_publishers(network, authority, set)),
                guardian.map(|key| instruction::governed(network).set_guardian(authority, key)),
                nominee.map(|key| {
                    instruction::governed(network).nominate_authority(authority, Some(key))
                }),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

fn amount_of(text: &str, name: &str, decimals: u8) -> Result<u64> {
    amount::parse(text, decimals).with_context(|| name.to_owned())
}

fn keys(keys: &[Pubkey]) -> String {
    let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
    keys.join(" ")
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    /// The wanted value, if it is not what is there.
    fn of<T: PartialEq>(
        &mut self,
        field: &'static str,
        is: T,
        wanted: Option<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let wanted = wanted.filter(|wanted| *wanted != is)?;
        self.0.push(Difference {
            field,
            is: Some(show(&is)),
            wanted: show(&wanted),
        });
        Some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn wanted() -> NetworkWanted {
        NetworkWanted {
            authority: None,
            mint: Some(key(1)),
            guardian: Some(key(2)),
            publishers: Some(vec![key(3), key(4)]),
            threshold: Some(2),
            epoch_length: Some(86_400),
            challenge_period: Some(3_600),
            emission_cap: Some("1000.5".into()),
            limiter_capacity: Some("1000".into()),
            limiter_refill: Some("1".into()),
            location_resolution: Some(8),
        }
    }

    /// The network that the program makes of a plan to create it.
    fn created(plan: &Plan, authority: Pubkey) -> Network {
        let Action::Create { mint, args } = &plan.action else {
            panic!("{plan:?}")
        };
        let mut network: Network = bytemuck::Zeroable::zeroed();
        network.scope.authority = authority;
        network.mint = *mint;
        network.decimals = 6;
        network.scope.guardian = args.guardian;
        network.set_terms(&args.terms, 0);
        network.set_publishers(&args.publisher_set).unwrap();
        network
    }

    #[test]
    fn a_network_is_created_once() {
        let plan = Plan::new("a", &wanted(), None, 6).unwrap();
        assert_eq!(plan.differences.len(), 10);
        assert!(
            plan.differences
                .iter()
                .any(|d| d.to_string() == "emission_cap: 1000.5")
        );
        assert_eq!(plan.instructions(key(9), key(8), key(7), key(6)).len(), 1);

        let network = created(&plan, key(7));
        let again = Plan::new("a", &wanted(), Some(&network), 6).unwrap();
        assert_eq!(again.action, Action::Nothing);
        assert!(
            again
                .instructions(key(9), key(8), key(7), key(6))
                .is_empty()
        );
    }

    #[test]
    fn only_what_differs_changes() {
        let network = created(&Plan::new("a", &wanted(), None, 6).unwrap(), key(7));
        let other = NetworkWanted {
            authority: Some(key(5)),
            guardian: Some(key(6)),
            publishers: Some(vec![key(4), key(3)]),
            threshold: Some(1),
            emission_cap: Some("1000.500001".into()),
            ..NetworkWanted::default()
        };
        let plan = Plan::new("a", &other, Some(&network), 6).unwrap();
        let differences: Vec<_> = plan.differences.iter().map(ToString::to_string).collect();
        assert_eq!(
            differences,
            [
                "emission_cap: 1000.5 -> 1000.500001".to_owned(),
                "threshold: 2 -> 1".into(),
                format!("guardian: {} -> {}", key(2), key(6)),
                format!("pending_authority: none -> {}", key(5)),
            ]
        );
        let Action::Change {
            terms, publishers, ..
        } = &plan.action
        else {
            panic!()
        };
        let change = NetworkTermsChange {
            emission_cap: Some(1_000_500_001),
            ..NetworkTermsChange::default()
        };
        assert_eq!(*terms, Some(change));
        assert_eq!(publishers.as_ref().unwrap().publishers, [key(3), key(4)]);
        assert_eq!(plan.instructions(key(9), key(8), key(7), key(6)).len(), 4);

        // Another order of the publishers is not a difference, and neither is a nominee who has not accepted.
        let mut nominated = network;
        nominated.scope.pending_authority = key(5);
        let order = NetworkWanted {
            authority: Some(key(5)),
            publishers: Some(vec![key(4), key(3)]),
            ..NetworkWanted::default()
        };
        assert_eq!(
            Plan::new("a", &order, Some(&nominated), 6).unwrap().action,
            Action::Nothing
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = |wanted: &NetworkWanted, network: Option<&Network>| {
            format!("{:#}", Plan::new("a", wanted, network, 6).unwrap_err())
        };
        let network = created(&Plan::new("a", &wanted(), None, 6).unwrap(), key(7));
        let mint = NetworkWanted {
            mint: Some(key(9)),
            ..NetworkWanted::default()
        };
        assert!(error(&mint, Some(&network)).contains("can never change"));
        let incomplete = NetworkWanted {
            guardian: None,
            ..wanted()
        };
        assert!(error(&incomplete, None).contains("no migration says its guardian"));
        let fine = NetworkWanted {
            limiter_refill: Some("0.0000001".into()),
            ..wanted()
        };
        assert!(error(&fine, None).contains("limiter_refill: \"0.0000001\" has 7 digits"));
        assert!(error(&fine, Some(&network)).contains("7 digits"));
    }
}
