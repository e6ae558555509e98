//! Jobs of many transactions for a network: registering nodes, creating claim pages.

use node_rewards::state::NodeKind;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_sha256_hasher::hashv;
use solana_signer::Signer;

use super::{address, instruction};
use crate::{
    account::decode_as,
    bulk::{Assessment, Job},
    cluster::{Accounts, Cluster},
    error::ClientError,
    journal::Binding,
};

/// A device that is to become a node.
pub struct NewNode<'a> {
    pub device: &'a dyn Signer,
    pub owner: &'a dyn Signer,
    pub kind: NodeKind,
    /// An H3 cell, no finer than the network allows.
    pub location: u64,
}

/// The job of registering nodes. An item is done when the node's account says what was asked for.
pub struct RegisterNodes<'a> {
    pub network: Pubkey,
    /// Pays the rent, and gets it back when the node is retired.
    pub payer: Pubkey,
    pub nodes: Vec<NewNode<'a>>,
}

impl RegisterNodes<'_> {
    /// What ties a journal to this job: every node as it was asked for.
    pub fn binding(&self, genesis: Hash) -> Binding {
        let mut input = Vec::with_capacity(self.nodes.len().saturating_mul(73));
        for node in &self.nodes {
            input.extend(node.device.pubkey().as_ref());
            input.extend(node.owner.pubkey().as_ref());
            input.push(node.kind as u8);
            input.extend(node.location.to_le_bytes());
        }
        Binding {
            job: "register-nodes".to_owned(),
            input: hashv(&[&input]).to_bytes(),
            network: self.network,
            genesis,
        }
    }
}

impl Job for RegisterNodes<'_> {
    fn len(&self) -> usize {
        self.nodes.len()
    }

    fn name(&self, item: usize) -> String {
        match self.nodes.get(item) {
            Some(node) => format!("device {}", node.device.pubkey()),
            None => format!("item {item}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let nodes: Vec<&NewNode> = items.iter().filter_map(|i| self.nodes.get(*i)).collect();
        let addresses: Vec<Pubkey> = nodes
            .iter()
            .map(|node| address::node(&self.network, &node.device.pubkey()))
            .collect();
        let Accounts { accounts, .. } = cluster.accounts(&addresses, min_slot)?;
        let mut assessments = Vec::with_capacity(nodes.len());
        for ((node, address), account) in nodes.into_iter().zip(addresses).zip(accounts) {
            let (device, owner) = (node.device.pubkey(), node.owner.pubkey());
            // Lamports that somebody sent there beforehand do not make a node.
            let account = account.filter(|a| a.owner != solana_sdk_ids::system_program::ID);
            let Some(account) = account else {
                let register = instruction::register_node(
                    self.network,
                    self.payer,
                    owner,
                    device,
                    node.kind,
                    node.location,
                );
                assessments.push(Assessment::Due {
                    instructions: vec![register],
                    progress: 0,
                });
                continue;
            };
            let there: node_rewards::state::Node =
                decode_as(&address, &account.owner, &account.data)?;
            let asked = (owner, node.kind, node.location);
            assessments.push(if (there.owner, there.kind, there.location) == asked {
                Assessment::Done
            } else if there.owner != owner {
                Assessment::Impossible(format!(
                    "it is registered already, by the owner {}: have that owner offer the node",
                    there.owner
                ))
            } else {
                Assessment::Impossible(format!(
                    "it is registered already, as {:?} at {:x}: move it, or retire it first",
                    there.kind, there.location
                ))
            });
        }
        Ok(assessments)
    }

    fn signers(&self, item: usize) -> Vec<&dyn Signer> {
        self.nodes
            .get(item)
            .map(|node| vec![node.owner, node.device])
            .unwrap_or_default()
    }
}

/// The job of creating claim pages: an item for each of `pages`.
pub struct CreatePages {
    pub network: Pubkey,
    /// Pays the rent, which never comes back: pages are for ever.
    pub payer: Pubkey,
    pub pages: Vec<u32>,
}

impl CreatePages {
    /// What ties a journal to this job: the pages' numbers.
    pub fn binding(&self, genesis: Hash) -> Binding {
        let input: Vec<u8> = self.pages.iter().flat_map(|p| p.to_le_bytes()).collect();
        Binding {
            job: "create-pages".to_owned(),
            input: hashv(&[&input]).to_bytes(),
            network: self.network,
            genesis,
        }
    }
}

impl Job for CreatePages {
    fn len(&self) -> usize {
        self.pages.len()
    }

    fn name(&self, item: usize) -> String {
        match self.pages.get(item) {
            Some(page) => format!("claim page {page}"),
            None => format!("item {item}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let pages: Vec<u32> = items
            .iter()
            .filter_map(|i| self.pages.get(*i).copied())
            .collect();
        let addresses: Vec<Pubkey> = pages
            .iter()
            .map(|page| address::claim_page(&self.network, *page))
            .collect();
        let Accounts { accounts, .. } = cluster.accounts(&addresses, min_slot)?;
        Ok(pages
            .into_iter()
            .zip(accounts)
            .map(|(page, account)| {
                if account.is_some_and(|a| a.owner == address::PROGRAM) {
                    Assessment::Done
                } else {
                    Assessment::Due {
                        instructions: vec![instruction::create_page(
                            self.network,
                            self.payer,
                            page,
                        )],
                        progress: 0,
                    }
                }
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![]
    }
}
