//! Hotspot owners earn; the network publishes one cumulative Merkle root per epoch; anyone may crank a claim; nobody
//! needs an account of their own to be paid. Sized for two million owners.
//!
//! Start reading at [`state`] for what is kept, then [`instructions`] for what may happen to it.
// Anchor's `#[program]` and `#[derive(Accounts)]` expand to code that these lints would refuse.
#![allow(clippy::result_large_err)]

use anchor_lang::prelude::*;

pub mod constants;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod state;
pub mod vault;

use instructions::*;
use state::{NetworkTermsChange, NodeKind, Proposal, PublisherSet};

declare_id!("7sAufy3sH6sWmpsNdGFCLgRXkJ1QjfR3A4UEULthb71H");

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Wayfare node-rewards",
    project_url: "see SECURITY.md in the source",
    contacts: "link:see SECURITY.md in the source",
    policy: "see SECURITY.md in the source",
    preferred_languages: "en",
    source_revision: default_env::default_env!("GIT_REVISION", "unknown")
}

#[program]
pub mod node_rewards {
    use super::*;

    // First, because it is called most: Anchor compares discriminators in this order.
    /// Pays an owner what its lifetime total exceeds its claim counter by. Anyone may send it.
    pub fn claim(ctx: Context<Claim>, args: ClaimArgs) -> Result<()> {
        Claim::claim(ctx, &args)
    }

    // Authority.
    /// Creates a network and its vault. The signer becomes its authority.
    pub fn create_network(ctx: Context<CreateNetwork>, args: CreateNetworkArgs) -> Result<()> {
        CreateNetwork::create_network(ctx, args)
    }

    /// Changes the network's terms.
    pub fn update_network(ctx: Context<Govern>, change: NetworkTermsChange) -> Result<()> {
        Govern::update_network(ctx, change)
    }

    /// Replaces the publishers and their threshold. Approvals given before do not count any more.
    pub fn set_publishers(ctx: Context<Govern>, set: PublisherSet) -> Result<()> {
        Govern::set_publishers(ctx, set)
    }

    /// Replaces the guardian.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        Govern::set_guardian(ctx, guardian)
    }

    /// Nominates the next authority, or withdraws the nomination.
    pub fn nominate_authority(ctx: Context<Govern>, nominee: Option<Pubkey>) -> Result<()> {
        Govern::nominate_authority(ctx, nominee)
    }

    /// Ends a pause.
    pub fn unpause(ctx: Context<Govern>) -> Result<()> {
        Govern::unpause(ctx)
    }

    /// Takes the authority over. Signed by the nominee.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        AcceptAuthority::accept_authority(ctx)
    }

    // Guardian.
    /// Refuses entries until a time within 7 days.
    pub fn pause(ctx: Context<Pause>, until: i64) -> Result<()> {
        Pause::pause(ctx, until)
    }

    /// Refuses the proposal, so that another can take its place.
    pub fn veto_epoch(ctx: Context<VetoEpoch>) -> Result<()> {
        VetoEpoch::veto_epoch(ctx)
    }

    // Publishers.
    /// Proposes the next epoch, and approves it for the proposer.
    pub fn propose_epoch(ctx: Context<ProposeEpoch>, args: Proposal) -> Result<()> {
        ProposeEpoch::propose_epoch(ctx, args)
    }

    /// Approves exactly this proposal.
    pub fn approve_epoch(ctx: Context<ApproveEpoch>, proposal: Proposal) -> Result<()> {
        ApproveEpoch::approve_epoch(ctx, proposal)
    }

    // Anyone.
    /// Moves tokens into the vault.
    pub fn fund(ctx: Context<Fund>, amount: u64) -> Result<()> {
        Fund::fund(ctx, amount)
    }

    /// Creates the page that holds the claim counters of 512 owners.
    pub fn create_page(ctx: Context<CreatePage>, page: u32) -> Result<()> {
        CreatePage::create_page(ctx, page)
    }

    /// Puts an approved, unchallenged and funded epoch in force.
    pub fn activate_epoch(ctx: Context<ActivateEpoch>) -> Result<()> {
        ActivateEpoch::activate_epoch(ctx)
    }

    // Owners.
    /// Registers a device as a node of the owner. Both sign.
    pub fn register_node(ctx: Context<RegisterNode>, kind: NodeKind, location: u64) -> Result<()> {
        RegisterNode::register_node(ctx, kind, location)
    }

    /// Publishes another location for the node.
    pub fn move_node(ctx: Context<ChangeNode>, location: u64) -> Result<()> {
        ChangeNode::move_node(ctx, location)
    }

    /// Offers the node to another owner, or withdraws the offer.
    pub fn offer_node(ctx: Context<ChangeNode>, new_owner: Option<Pubkey>) -> Result<()> {
        ChangeNode::offer_node(ctx, new_owner)
    }

    /// Takes an offered node over. Signed by the new owner.
    pub fn accept_node(ctx: Context<AcceptNode>) -> Result<()> {
        AcceptNode::accept_node(ctx)
    }

    /// Takes the node off the network and gives the rent back to its payer.
    pub fn retire_node(ctx: Context<RetireNode>) -> Result<()> {
        RetireNode::retire_node(ctx)
    }

    /// Names the wallet that the owner's claims pay.
    pub fn set_payout(ctx: Context<SetPayout>, wallet: Pubkey) -> Result<()> {
        SetPayout::set_payout(ctx, wallet)
    }

    /// Lets the owner's claims pay the owner again.
    pub fn clear_payout(ctx: Context<ClearPayout>) -> Result<()> {
        ClearPayout::clear_payout(ctx)
    }
}
