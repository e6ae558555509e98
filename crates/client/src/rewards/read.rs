//! What a cluster knows of networks.

use std::collections::HashMap;

use node_rewards::state::{Epoch, Network, Node, Payout};
use solana_pubkey::Pubkey;
use wayfare_core::name::is_name;

use super::address;
use crate::{
    cluster::Cluster,
    error::{ClientError, InputError},
};

/// Where a node, a payout account and an epoch have their network: behind the discriminator and the version.
pub(super) const NETWORK_AT: usize = 9;

/// Where a node has its owner: behind the network and the device.
pub(super) const OWNER_AT: usize = NETWORK_AT + 64;

impl Cluster {
    /// A network by its name, and its address.
    pub fn network(&self, name: &str) -> Result<(Pubkey, Network), ClientError> {
        let address = address::network(name)
            .filter(|_| is_name(name.as_bytes()))
            .ok_or_else(|| InputError::name("network", name))?;
        Ok((address, self.state(&address)?))
    }

    /// Every network on the cluster, in order of their addresses.
    pub fn networks(&self) -> Result<Vec<(Pubkey, Network)>, ClientError> {
        Ok(self.states(&[])?.states)
    }

    /// The nodes of a network, or of one of its owners, in order of their addresses.
    pub fn nodes(
        &self,
        network: &Pubkey,
        owner: Option<&Pubkey>,
    ) -> Result<Vec<(Pubkey, Node)>, ClientError> {
        let mut places: Vec<(usize, &[u8])> = vec![(NETWORK_AT, network.as_ref())];
        places.extend(owner.map(|owner| (OWNER_AT, owner.as_ref())));
        let mut nodes = self.states::<Node>(&places)?.states;
        nodes.retain(|(_, node)| {
            node.network == *network && owner.is_none_or(|owner| node.owner == *owner)
        });
        Ok(nodes)
    }

    /// The payout wallets that a network's owners have set, by owner.
    pub fn payouts(&self, network: &Pubkey) -> Result<HashMap<Pubkey, Payout>, ClientError> {
        let payouts = self
            .states::<Payout>(&[(NETWORK_AT, network.as_ref())])?
            .states;
        Ok(payouts
            .into_iter()
            .filter(|(_, payout)| payout.network == *network)
            .map(|(_, payout)| (payout.owner, payout))
            .collect())
    }

    /// The epochs of a network, in order of their numbers.
    pub fn epochs(&self, network: &Pubkey) -> Result<Vec<(Pubkey, Epoch)>, ClientError> {
        let mut epochs = self
            .states::<Epoch>(&[(NETWORK_AT, network.as_ref())])?
            .states;
        epochs.retain(|(_, epoch)| epoch.network == *network);
        epochs.sort_by_key(|(_, epoch)| epoch.number);
        Ok(epochs)
    }
}
