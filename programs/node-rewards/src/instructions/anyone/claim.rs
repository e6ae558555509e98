use anchor_lang::prelude::*;
use anchor_spl::associated_token;
use wayfare_core::{merkle, mint::token_account};

use crate::{
    errors::NodeRewardsError,
    events::{Claimed, emit},
    state::{ClaimPage, Network, Payout},
    vault::{Transfer, vault_balance},
};

/// A leaf of the active epoch's tree, and its proof.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct ClaimArgs {
    /// The owner's place among the leaves, for ever the same.
    pub index: u32,
    /// Base units that the owner was ever granted.
    pub lifetime: u64,
    /// Root of the owner's per-node breakdown.
    pub detail_root: [u8; 32],
    /// Bump of the destination's address under the associated token program.
    pub destination_bump: u8,
    /// The sibling hashes from the leaf up, 32 bytes each, as many as the tree is deep.
    pub proof: Vec<u8>,
}

/// Neither the owner nor a signer stands here. The owner is read from the payout account or, where there is none, from
/// the destination: the leaf then proves that it is an owner. That keeps a claim of the deepest tree within one packet.
#[event_cpi]
#[derive(Accounts)]
pub struct Claim<'info> {
    #[account(
        mut,
        has_one = mint @ NodeRewardsError::WrongMint,
        has_one = vault @ NodeRewardsError::WrongVault,
        has_one = token_program @ NodeRewardsError::WrongTokenProgram
    )]
    pub network: AccountLoader<'info, Network>,
    #[account(mut)]
    pub claim_page: AccountLoader<'info, ClaimPage>,
    /// CHECK: the address `["payout", network, owner]`, whether or not there is an account: see `payee`.
    pub payout: UncheckedAccount<'info>,
    /// CHECK: the network's own, by `has_one`; only this program ever signed for it.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: an associated token account, see `payee` and `check_destination`.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the network's own, by `has_one`.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the network's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
}

impl Claim<'_> {
    /// The owner whose leaf is claimed, and the wallet that is paid.
    ///
    /// A cranker chooses the accounts, so it must not have a choice. An owner with a payout account is found in it. An
    /// owner without one is found in the destination, and then the address where its payout account would be must be
    /// shown empty: the one with the highest bump that is off the curve, since a lower one is always empty.
    fn payee(&self) -> Result<(Pubkey, Pubkey)> {
        let network = self.network.key();
        if self.payout.owner == &crate::ID {
            let payout = Payout::try_deserialize(&mut &self.payout.try_borrow_data()?[..])?;
            require_keys_eq!(payout.network, network, NodeRewardsError::WrongPayout);
            return Ok((payout.owner, payout.wallet));
        }
        let data = self.destination.try_borrow_data()?;
        let owner = token_account(&data)
            .ok_or(NodeRewardsError::WrongDestination)?
            .owner;
        let seeds = &[Payout::SEED, network.as_ref(), owner.as_ref()];
        let (empty, _) = Pubkey::derive_program_address(seeds, &crate::ID)
            .ok_or(NodeRewardsError::WrongPayout)?;
        require_keys_eq!(self.payout.key(), empty, NodeRewardsError::WrongPayout);
        let owner = Pubkey::from(*owner);
        Ok((owner, owner))
    }

    /// Refuses a destination that is not the wallet's associated token account, or that the wallet has given away.
    ///
    /// The address is hashed with the bump that the cranker gives. That is sound because an account of a token program
    /// at such an address was made by the associated token program, which uses the highest bump alone.
    fn check_destination(&self, wallet: &Pubkey, network: &Network, bump: u8) -> Result<()> {
        require_keys_eq!(
            *self.destination.owner,
            network.token_program,
            NodeRewardsError::WrongDestination
        );
        let data = self.destination.try_borrow_data()?;
        let account = token_account(&data).ok_or(NodeRewardsError::WrongDestination)?;
        let address = Pubkey::derive_address(
            &[
                wallet.as_ref(),
                network.token_program.as_ref(),
                network.mint.as_ref(),
            ],
            Some(bump),
            &associated_token::ID,
        );
        require!(
            self.destination.key() == address
                && account.owner == wallet.as_array()
                && account.mint == network.mint.as_array(),
            NodeRewardsError::WrongDestination
        );
        require!(!account.is_frozen, NodeRewardsError::DestinationFrozen);
        Ok(())
    }

    fn validate(&self, args: &ClaimArgs, owner: &Pubkey, wallet: &Pubkey) -> Result<()> {
        let network = self.network.load()?;
        require!(network.active_epoch > 0, NodeRewardsError::NoActiveEpoch);
        require!(
            args.index < network.leaf_count,
            NodeRewardsError::IndexOutOfRange
        );
        let (page, _) = ClaimPage::locate(args.index);
        self.claim_page.load()?.check_address(
            self.claim_page.as_ref().key,
            self.network.as_ref().key,
            page,
        )?;
        self.check_destination(wallet, &network, args.destination_bump)?;
        let leaf = merkle::reward_leaf(
            self.network.as_ref().key.as_array(),
            args.index,
            owner.as_array(),
            args.lifetime,
            &args.detail_root,
        );
        require!(
            merkle::verify(&network.root, network.depth, leaf, args.index, &args.proof),
            NodeRewardsError::WrongProof
        );
        Ok(())
    }

    /// Pays an owner what its lifetime total exceeds its claim counter by.
    ///
    /// 1. the leaf is in the active epoch's tree, and the page is the one that its index belongs to
    /// 2. the destination is the associated token account of the owner, or of the wallet that the owner set
    /// 3. what is due leaves the vault, as far as the outflow limiter has it; nothing due changes nothing
    /// 4. the counter and the claimed total rise by exactly what the vault lost
    ///
    /// Not stopped by a pause: it is an exit.
    pub fn claim(ctx: Context<Self>, args: &ClaimArgs) -> Result<()> {
        let accounts = &ctx.accounts;
        let (owner, wallet) = accounts.payee()?;
        accounts.validate(args, &owner, &wallet)?;
        let vault_before = vault_balance(&accounts.vault)?;

        let (event, signer) = {
            let mut network = accounts.network.load_mut()?;
            let mut claim_page = accounts.claim_page.load_mut()?;
            let counter = claim_page.counter_mut(args.index)?;
            let due = args
                .lifetime
                .checked_sub(*counter)
                .ok_or(NodeRewardsError::LifetimeBelowCounter)?;
            if due == 0 {
                return Ok(());
            }
            let now = Clock::get()?.unix_timestamp;
            let (limiter, amount) = network.limiter().take(due, now).map_err(|retry| {
                msg!("retry in {} s, at {}", retry.seconds, retry.unix);
                NodeRewardsError::OutflowLimited
            })?;
            network.set_limiter(limiter);
            *counter = counter
                .checked_add(amount)
                .ok_or(NodeRewardsError::Overflow)?;
            network.claimed_total = network
                .claimed_total
                .checked_add(amount)
                .ok_or(NodeRewardsError::Overflow)?;
            let vault_balance = vault_before
                .checked_sub(amount)
                .ok_or(NodeRewardsError::Underfunded)?;
            network.invariant(vault_balance)?;
            let event = Claimed {
                network: accounts.network.key(),
                sequence: network.next_sequence()?,
                owner,
                index: args.index,
                amount,
                counter: *counter,
                claimed_total: network.claimed_total,
                vault_balance,
            };
            (event, network.signer())
        };

        Transfer {
            token_program: &accounts.token_program,
            from: &accounts.vault,
            mint: &accounts.mint,
            to: &accounts.destination,
            authority: accounts.network.as_ref(),
            decimals: signer.decimals,
        }
        .invoke(event.amount, &[&signer.seeds()])?;
        require!(
            vault_balance(&accounts.vault)? == event.vault_balance,
            NodeRewardsError::WrongVaultDelta
        );
        emit(&ctx.accounts.event_authority, &event)
    }
}
