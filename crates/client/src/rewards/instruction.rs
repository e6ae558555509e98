//! Every instruction of node-rewards, ready to be signed: accounts in the order and with the rights that Anchor
//! generated for the program, and the arguments in its encoding.
//!
//! A struct holds what an instruction needs beyond the addresses that follow from it; the function of the same name
//! makes the instruction. Amounts are base units of the network's mint, times Unix seconds.

use anchor_lang::{InstructionData, ToAccountMetas};
use node_rewards::{
    accounts, instruction as data,
    instructions::{ClaimArgs, CreateNetworkArgs},
    state::{ClaimPage, Network, NetworkTermsChange, NodeKind, Proposal, PublisherSet},
};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::address::{self, PROGRAM};
use crate::{governance::Governed, token::token_account_and_bump};

/// The accounts of a network that claims and funding name: read once, used for many instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkAccounts {
    pub network: Pubkey,
    pub vault: Pubkey,
    pub mint: Pubkey,
    pub token_program: Pubkey,
}

impl NetworkAccounts {
    /// Taken from the account at `network`, not derived: what the chain has is what the program checks against.
    pub fn of(network: Pubkey, state: &Network) -> Self {
        Self {
            network,
            vault: state.vault,
            mint: state.mint,
            token_program: state.token_program,
        }
    }
}

fn instruction(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction {
        program_id: PROGRAM,
        accounts: accounts.to_account_metas(None),
        data: data.data(),
    }
}

// Authority.

/// The network as one that is governed: nominations, the guardian and pauses.
pub fn governed(network: Pubkey) -> Governed {
    Governed {
        program: PROGRAM,
        address: network,
    }
}

/// Creates a network named `args.name` and its vault. `payer` and `authority` sign. `None` when the name is too long
/// to have an address.
pub fn create_network(
    payer: Pubkey,
    authority: Pubkey,
    mint: Pubkey,
    token_program: Pubkey,
    args: CreateNetworkArgs,
) -> Option<Instruction> {
    let network = address::network(&args.name)?;
    let accounts = accounts::CreateNetwork {
        payer,
        authority,
        network,
        mint,
        vault: address::vault(&network),
        token_program,
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    Some(instruction(accounts, data::CreateNetwork { args }))
}

/// Changes the terms that are `Some`. `authority` signs.
pub fn update_network(
    network: Pubkey,
    authority: Pubkey,
    change: NetworkTermsChange,
) -> Instruction {
    instruction(govern(network, authority), data::UpdateNetwork { change })
}

/// Replaces the publishers and their threshold; open proposals lose their approvals. `authority` signs.
pub fn set_publishers(network: Pubkey, authority: Pubkey, set: PublisherSet) -> Instruction {
    instruction(govern(network, authority), data::SetPublishers { set })
}

fn govern(network: Pubkey, authority: Pubkey) -> accounts::Govern {
    accounts::Govern {
        network,
        authority,
        event_authority: address::event_authority(),
        program: PROGRAM,
    }
}

// Guardian.

/// Refuses the proposal for epoch `number`. `guardian` signs.
pub fn veto_epoch(network: Pubkey, guardian: Pubkey, number: u64) -> Instruction {
    let accounts = accounts::VetoEpoch {
        network,
        epoch: address::epoch(&network, number),
        guardian,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::VetoEpoch {})
}

// Publishers.

/// Proposes epoch `args.number`, and approves it for the proposer. `payer` and `publisher` sign.
pub fn propose_epoch(
    network: Pubkey,
    payer: Pubkey,
    publisher: Pubkey,
    args: Proposal,
) -> Instruction {
    let accounts = accounts::ProposeEpoch {
        payer,
        publisher,
        network,
        epoch: address::epoch(&network, args.number),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::ProposeEpoch { args })
}

/// Approves the proposal for epoch `proposal.number`, if it is still exactly this one. `publisher` signs.
pub fn approve_epoch(network: Pubkey, publisher: Pubkey, proposal: Proposal) -> Instruction {
    let accounts = accounts::ApproveEpoch {
        network,
        epoch: address::epoch(&network, proposal.number),
        publisher,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::ApproveEpoch { proposal })
}

// Anyone.

/// Moves `amount` base units from `source`, a token account of `funder`, into the vault. `funder` signs.
pub fn fund(network: &NetworkAccounts, funder: Pubkey, source: Pubkey, amount: u64) -> Instruction {
    let accounts = accounts::Fund {
        network: network.network,
        funder,
        source,
        vault: network.vault,
        token_program: network.token_program,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::Fund { amount })
}

/// Creates a page of claim counters. `payer` signs.
pub fn create_page(network: Pubkey, payer: Pubkey, page: u32) -> Instruction {
    let accounts = accounts::CreatePage {
        payer,
        network,
        claim_page: address::claim_page(&network, page),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::CreatePage { page })
}

/// Puts epoch `number` in force, in place of the one before it. Only the fee payer signs.
pub fn activate_epoch(network: Pubkey, vault: Pubkey, number: u64) -> Instruction {
    let previous_epoch = match number {
        0 | 1 => None,
        _ => Some(address::epoch(&network, number.saturating_sub(1))),
    };
    let accounts = accounts::ActivateEpoch {
        network,
        epoch: address::epoch(&network, number),
        previous_epoch,
        vault,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::ActivateEpoch {})
}

/// A leaf of the active epoch's tree with its proof, and who is paid for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub owner: Pubkey,
    /// The owner's payout wallet; the owner where none is set.
    pub wallet: Pubkey,
    /// The owner's place among the leaves.
    pub index: u32,
    /// Base units that the owner was ever granted.
    pub lifetime: u64,
    pub detail_root: [u8; 32],
    /// Sibling hashes from the leaf up, 32 bytes each.
    pub proof: Vec<u8>,
}

/// Pays an owner what is due. The destination is the associated token account of `claim.wallet`, and must exist.
/// Only the fee payer signs.
pub fn claim(network: &NetworkAccounts, claim: Claim) -> Instruction {
    let (page, _) = ClaimPage::locate(claim.index);
    let (destination, destination_bump) =
        token_account_and_bump(&claim.wallet, &network.mint, &network.token_program);
    let accounts = accounts::Claim {
        network: network.network,
        claim_page: address::claim_page(&network.network, page),
        payout: address::payout(&network.network, &claim.owner),
        vault: network.vault,
        destination,
        token_program: network.token_program,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    let args = ClaimArgs {
        index: claim.index,
        lifetime: claim.lifetime,
        detail_root: claim.detail_root,
        destination_bump,
        proof: claim.proof,
    };
    instruction(accounts, data::Claim { args })
}

// Owners.

/// Registers `device` as a node of `owner` at an H3 cell. `payer`, `owner` and `device` sign.
pub fn register_node(
    network: Pubkey,
    payer: Pubkey,
    owner: Pubkey,
    device: Pubkey,
    kind: NodeKind,
    location: u64,
) -> Instruction {
    let accounts = accounts::RegisterNode {
        payer,
        owner,
        device,
        network,
        node: address::node(&network, &device),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::RegisterNode { kind, location })
}

/// Publishes another H3 cell for the node. `owner` signs.
pub fn move_node(network: Pubkey, device: Pubkey, owner: Pubkey, location: u64) -> Instruction {
    instruction(
        change_node(network, device, owner),
        data::MoveNode { location },
    )
}

/// Offers the node to another owner; `None` withdraws the offer. `owner` signs.
pub fn offer_node(
    network: Pubkey,
    device: Pubkey,
    owner: Pubkey,
    new_owner: Option<Pubkey>,
) -> Instruction {
    instruction(
        change_node(network, device, owner),
        data::OfferNode { new_owner },
    )
}

fn change_node(network: Pubkey, device: Pubkey, owner: Pubkey) -> accounts::ChangeNode {
    accounts::ChangeNode {
        network,
        node: address::node(&network, &device),
        owner,
        event_authority: address::event_authority(),
        program: PROGRAM,
    }
}

/// Takes an offered node over. `new_owner` signs.
pub fn accept_node(network: Pubkey, device: Pubkey, new_owner: Pubkey) -> Instruction {
    let accounts = accounts::AcceptNode {
        network,
        node: address::node(&network, &device),
        new_owner,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::AcceptNode {})
}

/// Takes the node off the network. `rent_payer` is the one that the node's account names. `owner` signs.
pub fn retire_node(
    network: Pubkey,
    device: Pubkey,
    owner: Pubkey,
    rent_payer: Pubkey,
) -> Instruction {
    let accounts = accounts::RetireNode {
        network,
        node: address::node(&network, &device),
        owner,
        rent_payer,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::RetireNode {})
}

/// Names the wallet that the owner's claims pay. `payer` and `owner` sign.
pub fn set_payout(network: Pubkey, payer: Pubkey, owner: Pubkey, wallet: Pubkey) -> Instruction {
    let accounts = accounts::SetPayout {
        payer,
        owner,
        network,
        payout: address::payout(&network, &owner),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::SetPayout { wallet })
}

/// Lets the owner's claims pay the owner again. `rent_payer` is the one that the payout account names. `owner` signs.
pub fn clear_payout(network: Pubkey, owner: Pubkey, rent_payer: Pubkey) -> Instruction {
    let accounts = accounts::ClearPayout {
        network,
        payout: address::payout(&network, &owner),
        owner,
        rent_payer,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::ClearPayout {})
}
