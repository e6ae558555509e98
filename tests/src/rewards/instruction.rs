//! Every instruction of node-rewards, with its accounts from the IDL by name.

use anchor_lang::InstructionData;
use node_rewards::instruction as data;
use node_rewards::instructions::{ClaimArgs, CreateNetworkArgs};
use node_rewards::state::{NetworkTermsChange, NodeKind, Proposal, PublisherSet};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;
pub use wayfare_client::rewards::instruction::{Claim, NetworkAccounts, governed};
use wayfare_client::token::token_account_and_bump;

use crate::call::Named;
use crate::idl::NODE_REWARDS;

fn call(network: Pubkey, args: impl InstructionData, accounts: &[Named]) -> Instruction {
    let own = [("network", network), ("vault", address::vault(&network))];
    NODE_REWARDS.call(args.data(), &[accounts, &own].concat())
}

pub fn create_network(
    payer: Pubkey,
    authority: Pubkey,
    mint: Pubkey,
    token_program: Pubkey,
    args: CreateNetworkArgs,
) -> Option<Instruction> {
    let network = address::network(&args.name)?;
    let accounts = [
        ("payer", payer),
        ("authority", authority),
        ("mint", mint),
        ("token_program", token_program),
    ];
    Some(call(network, data::CreateNetwork { args }, &accounts))
}

pub fn update_network(
    network: Pubkey,
    authority: Pubkey,
    change: NetworkTermsChange,
) -> Instruction {
    let change = data::UpdateNetwork { change };
    call(network, change, &[("authority", authority)])
}

pub fn set_publishers(network: Pubkey, authority: Pubkey, set: PublisherSet) -> Instruction {
    let set = data::SetPublishers { set };
    call(network, set, &[("authority", authority)])
}

pub fn veto_epoch(network: Pubkey, guardian: Pubkey, number: u64) -> Instruction {
    let epoch = address::epoch(&network, number);
    let accounts = [("guardian", guardian), ("epoch", epoch)];
    call(network, data::VetoEpoch {}, &accounts)
}

pub fn propose_epoch(
    network: Pubkey,
    payer: Pubkey,
    publisher: Pubkey,
    args: Proposal,
) -> Instruction {
    let accounts = [
        ("payer", payer),
        ("publisher", publisher),
        ("epoch", address::epoch(&network, args.number)),
    ];
    call(network, data::ProposeEpoch { args }, &accounts)
}

pub fn approve_epoch(network: Pubkey, publisher: Pubkey, proposal: Proposal) -> Instruction {
    let epoch = address::epoch(&network, proposal.number);
    let accounts = [("publisher", publisher), ("epoch", epoch)];
    call(network, data::ApproveEpoch { proposal }, &accounts)
}

pub fn fund(network: &NetworkAccounts, funder: Pubkey, source: Pubkey, amount: u64) -> Instruction {
    let accounts = [
        ("funder", funder),
        ("source", source),
        ("vault", network.vault),
        ("token_program", network.token_program),
    ];
    call(network.network, data::Fund { amount }, &accounts)
}

pub fn create_page(network: Pubkey, payer: Pubkey, page: u32) -> Instruction {
    let claim_page = address::claim_page(&network, page);
    let accounts = [("payer", payer), ("claim_page", claim_page)];
    call(network, data::CreatePage { page }, &accounts)
}

pub fn activate_epoch(network: Pubkey, vault: Pubkey, number: u64) -> Instruction {
    let epoch = |number| address::epoch(&network, number);
    let previous = (number > 1).then(|| ("previous_epoch", epoch(number - 1)));
    let accounts = [("epoch", epoch(number)), ("vault", vault)];
    let accounts: Vec<_> = accounts.into_iter().chain(previous).collect();
    call(network, data::ActivateEpoch {}, &accounts)
}

pub fn claim(network: &NetworkAccounts, claim: Claim) -> Instruction {
    let (destination, destination_bump) =
        token_account_and_bump(&claim.wallet, &network.mint, &network.token_program);
    let page = address::claim_page(&network.network, claim.index / 512);
    let accounts = [
        ("claim_page", page),
        ("payout", address::payout(&network.network, &claim.owner)),
        ("vault", network.vault),
        ("destination", destination),
        ("token_program", network.token_program),
    ];
    let args = ClaimArgs {
        index: claim.index,
        lifetime: claim.lifetime,
        detail_root: claim.detail_root,
        destination_bump,
        proof: claim.proof,
    };
    call(network.network, data::Claim { args }, &accounts)
}

pub fn register_node(
    network: Pubkey,
    payer: Pubkey,
    owner: Pubkey,
    device: Pubkey,
    kind: NodeKind,
    location: u64,
) -> Instruction {
    let accounts = [
        ("payer", payer),
        ("owner", owner),
        ("device", device),
        ("node", address::node(&network, &device)),
    ];
    call(network, data::RegisterNode { kind, location }, &accounts)
}

pub fn move_node(network: Pubkey, device: Pubkey, owner: Pubkey, location: u64) -> Instruction {
    let node = address::node(&network, &device);
    let accounts = [("owner", owner), ("node", node)];
    call(network, data::MoveNode { location }, &accounts)
}

pub fn offer_node(
    network: Pubkey,
    device: Pubkey,
    owner: Pubkey,
    new_owner: Option<Pubkey>,
) -> Instruction {
    let node = address::node(&network, &device);
    let accounts = [("owner", owner), ("node", node)];
    call(network, data::OfferNode { new_owner }, &accounts)
}

pub fn accept_node(network: Pubkey, device: Pubkey, new_owner: Pubkey) -> Instruction {
    let node = address::node(&network, &device);
    let accounts = [("new_owner", new_owner), ("node", node)];
    call(network, data::AcceptNode {}, &accounts)
}

pub fn retire_node(
    network: Pubkey,
    device: Pubkey,
    owner: Pubkey,
    rent_payer: Pubkey,
) -> Instruction {
    let accounts = [
        ("owner", owner),
        ("rent_payer", rent_payer),
        ("node", address::node(&network, &device)),
    ];
    call(network, data::RetireNode {}, &accounts)
}

pub fn set_payout(network: Pubkey, payer: Pubkey, owner: Pubkey, wallet: Pubkey) -> Instruction {
    let accounts = [
        ("payer", payer),
        ("owner", owner),
        ("payout", address::payout(&network, &owner)),
    ];
    call(network, data::SetPayout { wallet }, &accounts)
}

pub fn clear_payout(network: Pubkey, owner: Pubkey, rent_payer: Pubkey) -> Instruction {
    let accounts = [
        ("owner", owner),
        ("rent_payer", rent_payer),
        ("payout", address::payout(&network, &owner)),
    ];
    call(network, data::ClearPayout {}, &accounts)
}
