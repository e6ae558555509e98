use anchor_lang::prelude::*;
use wayfare_core::roaming::voucher;
use wayfare_program::ed25519::with_verified;

use crate::{
    errors::RoamingEscrowError,
    events::{VoucherRedeemed, emit},
    state::{Agreement, Hub, Operator, Side},
    vault::{balances, vault_balance},
};

#[event_cpi]
#[derive(Accounts)]
pub struct RedeemVoucher<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(
        mut,
        dup,
        has_one = hub @ RoamingEscrowError::WrongHub,
        has_one = vault @ RoamingEscrowError::WrongVault
    )]
    pub agreement: AccountLoader<'info, Agreement>,
    /// CHECK: the agreement's own, by `has_one`; its balance is read.
    pub vault: UncheckedAccount<'info>,
    /// The home network, whose voucher signer signed.
    pub operator: Box<Account<'info, Operator>>,
    /// The Instructions sysvar.
    /// CHECK: its address is checked where it is read.
    pub instructions: UncheckedAccount<'info>,
}

impl RedeemVoucher<'_> {
    /// The instruction before this one verified the home operator's signature over exactly this message.
    fn verify(&self, message: &[u8]) -> Result<()> {
        let verified = with_verified(&self.instructions, |verified| {
            if verified.key != self.operator.voucher_signer.as_array() {
                Err(RoamingEscrowError::WrongVoucherSigner)
            } else if verified.message != message {
                Err(RoamingEscrowError::WrongVoucher)
            } else {
                Ok(())
            }
        })?;
        verified.ok_or(RoamingEscrowError::BadVerification)??;
        Ok(())
    }

    /// Moves what a voucher adds to the ones before it. Anyone may send it: the money goes to the visited network.
    ///
    /// 1. the voucher is for the period that is stated next, while the agreement takes statements
    /// 2. the instruction before this one verified the home operator's signature over exactly this voucher
    /// 3. the cumulative amount rises, by at most the home network's balance
    /// 4. the period's statement will count what moved as paid
    pub fn redeem_voucher(
        ctx: Context<Self>,
        home: Side,
        period: u32,
        cumulative: u64,
    ) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut agreement = accounts.agreement.load_mut()?;
        require!(
            agreement.side_of(&accounts.operator.key())? == home,
            RoamingEscrowError::NotHome
        );
        agreement.require_open(now)?;
        let books = agreement.books(home);
        require!(
            period == books.next_period && !books.is_returned(),
            RoamingEscrowError::WrongVoucher
        );
        accounts.verify(&voucher::message(
            crate::ID.as_array(),
            accounts.agreement.key().as_array(),
            home.byte(),
            period,
            cumulative,
        ))?;
        let amount = cumulative
            .checked_sub(books.vouchers)
            .filter(|amount| *amount > 0)
            .ok_or(RoamingEscrowError::StaleVoucher)?;

        agreement.redeem(home, amount)?;
        agreement.books_mut(home).vouchers = cumulative;
        let event = VoucherRedeemed {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            home,
            period,
            cumulative,
            amount,
            balances: balances(&agreement, vault_balance(&accounts.vault)?)?,
        };
        emit(&accounts.event_authority, &event)
    }
}
