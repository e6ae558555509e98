use anchor_lang::prelude::*;
use wayfare_core::h3cell;
use wayfare_program::version;

use crate::errors::NodeRewardsError;

/// A piece of radio equipment that carries the network's traffic, and who owns it.
///
/// Address: `["node", network, device]`. Closed by `retire_node`; the device may then be registered again.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Node {
    pub version: u8,
    pub network: Pubkey,
    /// The key that the device itself holds.
    pub device: Pubkey,
    pub owner: Pubkey,
    /// The owner to whom the node is offered, or all zero.
    pub pending_owner: Pubkey,
    /// Paid the rent, and gets it back.
    pub rent_payer: Pubkey,
    pub kind: NodeKind,
    /// H3 cell index, no finer than the network's location resolution.
    pub location: u64,
    /// Unix seconds.
    pub registered_at: i64,
    /// Unix seconds of the last `register_node` or `move_node`.
    pub located_at: i64,
    pub bump: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 7],
}

/// What a node offers to those who roam onto it.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A public Wi-Fi hotspot with its own sign-on.
    Wifi,
    /// A Wi-Fi hotspot in the WBA OpenRoaming federation.
    OpenRoaming,
    /// A cellular small cell.
    SmallCell,
}

impl Node {
    pub const SEED: &'static [u8] = b"node";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;
    /// Of the layout.
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(network: &Pubkey, device: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, network.as_ref(), device.as_ref()], &crate::ID)
    }

    /// Refuses a location that is not an H3 cell, or is finer than `resolution`: a node's address is its owner's privacy.
    pub fn check_location(location: u64, resolution: u8) -> Result<()> {
        let finest = h3cell::resolution(location).ok_or(NodeRewardsError::BadLocation)?;
        require!(finest <= resolution, NodeRewardsError::LocationTooFine);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Node::DISCRIMINATOR, [208, 53, 1, 3, 49, 122, 180, 49]);
        let node = Node {
            version: 10,
            network: Pubkey::new_from_array([1; 32]),
            device: Pubkey::new_from_array([2; 32]),
            owner: Pubkey::new_from_array([3; 32]),
            pending_owner: Pubkey::new_from_array([4; 32]),
            rent_payer: Pubkey::new_from_array([5; 32]),
            kind: NodeKind::SmallCell,
            location: 7,
            registered_at: 8,
            located_at: 11,
            bump: 9,
            spare: [12; 7],
        };
        let mut bytes = vec![];
        node.serialize(&mut bytes).unwrap();
        let mut expected = vec![10];
        expected.extend([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]].concat());
        expected.push(2);
        expected.extend(7u64.to_le_bytes());
        expected.extend(8i64.to_le_bytes());
        expected.extend(11i64.to_le_bytes());
        expected.push(9);
        expected.extend([12; 7]);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Node::INIT_SPACE);
        assert_eq!(Node::SPACE, 202);
    }
}
