use std::cell::RefMut;

use anchor_lang::prelude::*;
use wayfare_core::{
    merkle,
    mint::{TokenAccountView, token_account},
    pda::{ASSOCIATED_TOKEN_PROGRAM, pda_hash},
};
use wayfare_program::{account::load_mut, address::find_address, token::Transfer};

use crate::{
    errors::NodeRewardsError,
    events::{Claimed, emit},
    state::{ClaimPage, Network, Payout},
    vault::vault_balance,
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
    /// The network.
    /// CHECK: a `Network`, loaded in `claim`: once, and not again for each constraint and on exit.
    #[account(mut)]
    pub network: UncheckedAccount<'info>,
    /// The page that holds the owner's counter.
    /// CHECK: a `ClaimPage`, loaded in `claim`.
    #[account(mut)]
    pub claim_page: UncheckedAccount<'info>,
    /// Where the owner's payout account is, or would be.
    /// CHECK: the address `["payout", network, owner]`, whether or not there is an account: see `payee`.
    pub payout: UncheckedAccount<'info>,
    /// Pays.
    /// CHECK: the network's own, see `validate`; only this program ever signed for it.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// Is paid: the associated token account of the owner or of the owner's payout wallet.
    /// CHECK: an associated token account, see `payee` and `check_destination`.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// SPL Token or Token-2022.
    /// CHECK: the network's own, see `validate`.
    pub token_program: UncheckedAccount<'info>,
}

/// Whose leaf is claimed, and whose associated token account is paid.
struct Payee<'a> {
    owner: &'a [u8; 32],
    wallet: &'a [u8; 32],
}

impl Claim<'_> {
    /// A cranker chooses the accounts, so it must not have a choice. An owner with a payout account is found in it. An
    /// owner without one is found in the destination, and then the address where its payout account would be must be
    /// shown empty: the one with the highest bump that is off the curve, since a lower one is always empty.
    fn payee<'a>(&self, payout: &'a [u8], destination_owner: &'a [u8; 32]) -> Result<Payee<'a>> {
        let network = self.network.key;
        if self.payout.owner == &crate::ID {
            let keys = Payout::keys(payout).ok_or(NodeRewardsError::WrongPayout)?;
            require!(
                keys.network == network.as_array(),
                NodeRewardsError::WrongPayout
            );
            return Ok(Payee {
                owner: keys.owner,
                wallet: keys.wallet,
            });
        }
        let seeds: [&[u8]; 3] = [Payout::SEED, network.as_ref(), destination_owner];
        require!(
            find_address(seeds, &crate::ID).as_ref() == Some(self.payout.key),
            NodeRewardsError::WrongPayout
        );
        Ok(Payee {
            owner: destination_owner,
            wallet: destination_owner,
        })
    }

    /// Refuses a destination that is not the wallet's associated token account, or that the wallet has given away.
    ///
    /// The address is hashed with the bump that the cranker gives. That is sound because an account of a token program
    /// at such an address was made by the associated token program, which uses the highest bump alone.
    fn check_destination(
        &self,
        network: &Network,
        destination: &TokenAccountView,
        wallet: &[u8; 32],
        bump: u8,
    ) -> Result<()> {
        let seeds: [&[u8]; 3] = [
            wallet,
            network.token_program.as_ref(),
            network.mint.as_ref(),
        ];
        let address = pda_hash(seeds, bump, &ASSOCIATED_TOKEN_PROGRAM);
        require!(
            *self.destination.key.as_array() == address
                && destination.owner == wallet
                && destination.mint == network.mint.as_array(),
            NodeRewardsError::WrongDestination
        );
        require!(!destination.is_frozen, NodeRewardsError::DestinationFrozen);
        Ok(())
    }

    /// Returns whose leaf is claimed. `destination` and `payout` are those accounts' data.
    fn validate<'a>(
        &self,
        network: &Network,
        destination: &'a [u8],
        payout: &'a [u8],
        args: &ClaimArgs,
    ) -> Result<&'a [u8; 32]> {
        require!(
            *self.vault.key == network.vault,
            NodeRewardsError::WrongVault
        );
        require!(
            *self.token_program.key == network.token_program,
            NodeRewardsError::WrongTokenProgram
        );
        require!(network.active_epoch > 0, NodeRewardsError::NoActiveEpoch);
        require!(
            args.index < network.leaf_count,
            NodeRewardsError::IndexOutOfRange
        );
        require!(
            *self.destination.owner == network.token_program,
            NodeRewardsError::WrongDestination
        );
        let destination = token_account(destination).ok_or(NodeRewardsError::WrongDestination)?;
        let payee = self.payee(payout, destination.owner)?;
        self.check_destination(network, &destination, payee.wallet, args.destination_bump)?;
        let leaf = merkle::reward_leaf(
            self.network.key.as_array(),
            args.index,
            payee.owner,
            args.lifetime,
            &args.detail_root,
        );
        require!(
            merkle::verify(&network.root, network.depth, leaf, args.index, &args.proof),
            NodeRewardsError::WrongProof
        );
        Ok(payee.owner)
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

        let (event, signer) = {
            let mut network: RefMut<Network> = load_mut(&accounts.network)?;
            let mut claim_page: RefMut<ClaimPage> = load_mut(&accounts.claim_page)?;
            let destination = accounts.destination.try_borrow_data()?;
            let payout = accounts.payout.try_borrow_data()?;
            let owner = accounts.validate(&network, &destination, &payout, args)?;

            let counter = claim_page.counter_mut(accounts.network.key, args.index)?;
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
            let vault_balance = vault_balance(&accounts.vault)?
                .checked_sub(amount)
                .ok_or(NodeRewardsError::Underfunded)?;
            network.invariant(vault_balance)?;
            let event = Claimed {
                network: accounts.network.key(),
                sequence: network.next_sequence()?,
                owner: Pubkey::from(*owner),
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
            to: &accounts.destination,
            authority: &accounts.network,
        }
        .invoke(event.amount, &[&signer.seeds()])?;
        require!(
            vault_balance(&accounts.vault)? == event.vault_balance,
            NodeRewardsError::WrongVaultDelta
        );
        emit(&ctx.accounts.event_authority, &event)
    }
}
