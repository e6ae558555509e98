//! Every instruction of esim-market, ready to be signed: accounts in the order and with the rights that Anchor
//! generated for the program, and the arguments in its encoding.
//!
//! A struct holds what an instruction needs beyond the addresses that follow from it; the function of the same name
//! makes the instruction. Amounts are base units of the plan's mint, times Unix seconds.

use anchor_lang::{InstructionData, ToAccountMetas};
use esim_market::{
    accounts, instruction as data,
    instructions::{CreateMarketArgs, CreatePlanArgs, DeliverArgs},
    state::{
        Action, DisputeReason, MarketTermsChange, MarketVault, Order, PlanChange, SellerProfile,
        SellerStatus,
    },
};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::address::{self, PROGRAM};
use crate::token::token_account;

/// A market's vault for a mint: read once, used for many instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultAccounts {
    pub vault: Pubkey,
    pub mint: Pubkey,
    /// The vault's token account.
    pub tokens: Pubkey,
    pub token_program: Pubkey,
}

impl VaultAccounts {
    /// Taken from the account at `vault`, not derived: what the chain has is what the program checks against.
    pub fn of(vault: Pubkey, state: &MarketVault) -> Self {
        Self {
            vault,
            mint: state.mint,
            tokens: state.tokens,
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

// Buyers.

/// What a purchase and a top-up have alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Pays tokens and rent, and gets both back.
    pub payer: Pubkey,
    /// Whose order it is.
    pub buyer: Pubkey,
    pub market: Pubkey,
    pub seller: Pubkey,
    pub plan: Pubkey,
    pub vault: VaultAccounts,
    /// The token account of `payer` that pays.
    pub source: Pubkey,
    /// A number that the buyer has no other order of the plan under.
    pub order_id: u64,
    /// The version of the plan's terms that the buyer was shown.
    pub plan_version: u64,
    /// The version of the market's terms that the buyer was shown.
    pub market_version: u64,
    /// Most that may be paid.
    pub max_price: u64,
}

impl Purchase {
    /// The order that it makes.
    pub fn order(&self) -> Pubkey {
        address::order(&self.plan, &self.buyer, self.order_id)
    }

    fn accounts(&self, parent: Option<Pubkey>) -> accounts::Purchase {
        accounts::Purchase {
            payer: self.payer,
            buyer: self.buyer,
            market: self.market,
            seller: self.seller,
            plan: self.plan,
            vault: self.vault.vault,
            tokens: self.vault.tokens,
            source: self.source,
            order: self.order(),
            parent,
            token_program: self.vault.token_program,
            system_program: solana_sdk_ids::system_program::ID,
            event_authority: address::event_authority(),
            program: PROGRAM,
        }
    }
}

/// Buys a plan; the delivery will be encrypted to `encryption_key`. `purchase.payer` and `purchase.buyer` sign.
pub fn purchase(purchase: &Purchase, encryption_key: [u8; 32]) -> Instruction {
    instruction(
        purchase.accounts(None),
        data::Purchase {
            order_id: purchase.order_id,
            plan_version: purchase.plan_version,
            market_version: purchase.market_version,
            max_price: purchase.max_price,
            encryption_key,
        },
    )
}

/// Buys a plan for the profile of the order `parent`, under its key. `purchase.payer` and `purchase.buyer` sign.
pub fn top_up(purchase: &Purchase, parent: Pubkey) -> Instruction {
    instruction(
        purchase.accounts(Some(parent)),
        data::TopUp {
            order_id: purchase.order_id,
            plan_version: purchase.plan_version,
            market_version: purchase.market_version,
            max_price: purchase.max_price,
        },
    )
}

/// Complains about a delivery. The buyer signs.
pub fn dispute(order: Pubkey, state: &Order, reason: DisputeReason) -> Instruction {
    instruction(
        change_order(order, state, state.buyer),
        data::Dispute { reason },
    )
}

fn change_order(order: Pubkey, state: &Order, actor: Pubkey) -> accounts::ChangeOrder {
    accounts::ChangeOrder {
        market: state.market,
        seller: state.seller,
        order,
        actor,
        event_authority: address::event_authority(),
        program: PROGRAM,
    }
}

// What ends an order, or pays what an ended one owes.

/// The accounts through which an order's money goes to who gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettleAccounts {
    pub order: Pubkey,
    pub market: Pubkey,
    pub seller: Pubkey,
    pub vault: VaultAccounts,
    /// Associated token account of who paid.
    pub refund_to: Pubkey,
    /// Associated token account of the seller's payout wallet.
    pub release_to: Pubkey,
    /// Associated token account of the market's treasury.
    pub fee_to: Pubkey,
}

impl SettleAccounts {
    /// Those of an order. `vault` is the market's for the order's mint.
    pub fn of(order: Pubkey, state: &Order, vault: VaultAccounts) -> Self {
        let account = |wallet| token_account(wallet, &vault.mint, &vault.token_program);
        Self {
            order,
            market: state.market,
            seller: state.seller,
            vault,
            refund_to: account(&state.payer),
            release_to: account(&state.payout),
            fee_to: account(&state.treasury),
        }
    }

    fn by(&self, actor: Pubkey, buyer: Option<Pubkey>) -> accounts::Settle {
        accounts::Settle {
            market: self.market,
            seller: self.seller,
            vault: self.vault.vault,
            tokens: self.vault.tokens,
            order: self.order,
            actor,
            buyer,
            refund_to: self.refund_to,
            release_to: self.release_to,
            fee_to: self.fee_to,
            token_program: self.vault.token_program,
            event_authority: address::event_authority(),
            program: PROGRAM,
        }
    }
}

/// Accepts the delivery: the seller is paid. `buyer` signs.
pub fn confirm_delivery(settle: &SettleAccounts, buyer: Pubkey) -> Instruction {
    instruction(settle.by(buyer, None), data::ConfirmDelivery {})
}

/// Gives all the money back. `seller_authority` signs.
pub fn refund(settle: &SettleAccounts, seller_authority: Pubkey) -> Instruction {
    instruction(settle.by(seller_authority, None), data::Refund {})
}

/// Gives `amount` base units back and pays the seller for the rest. `seller_authority` and `buyer` sign.
pub fn refund_part(
    settle: &SettleAccounts,
    seller_authority: Pubkey,
    buyer: Pubkey,
    amount: u64,
) -> Instruction {
    instruction(
        settle.by(seller_authority, Some(buyer)),
        data::RefundPart { amount },
    )
}

/// Divides a contested order's money, `buyer_bps` basis points for the buyer. `arbiter` signs.
pub fn resolve(settle: &SettleAccounts, arbiter: Pubkey, buyer_bps: u16) -> Instruction {
    instruction(settle.by(arbiter, None), data::Resolve { buyer_bps })
}

/// What anyone may do to an order's money: `None` for an action that is somebody's. `actor` signs, whoever it is.
pub fn crank(settle: &SettleAccounts, actor: Pubkey, action: Action) -> Option<Instruction> {
    let accounts = settle.by(actor, None);
    Some(match action {
        Action::RefundUndelivered => instruction(accounts, data::RefundUndelivered {}),
        Action::RefundUnanswered => instruction(accounts, data::RefundUnanswered {}),
        Action::Release => instruction(accounts, data::Release {}),
        Action::ResolveByDefault => instruction(accounts, data::ResolveByDefault {}),
        Action::PayOut => instruction(accounts, data::PayOut {}),
        Action::Deliver
        | Action::Report
        | Action::Confirm
        | Action::Dispute
        | Action::Answer
        | Action::Refund
        | Action::RefundPart
        | Action::Resolve
        | Action::CloseOwn
        | Action::Close => return None,
    })
}

/// Closes an ended order. `delivery_rent_payer` is the one that its delivery names, where there was one. `actor` signs.
pub fn close_order(
    order: Pubkey,
    state: &Order,
    delivery_rent_payer: Option<Pubkey>,
    actor: Pubkey,
) -> Instruction {
    let accounts = accounts::CloseOrder {
        market: state.market,
        order,
        delivery: delivery_rent_payer.map(|_| address::delivery(&order)),
        payer: state.payer,
        // Gets nothing where there is no delivery.
        rent_payer: delivery_rent_payer.unwrap_or(state.payer),
        actor,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::CloseOrder {})
}

// Sellers.

/// Applies to sell. `payer` and `authority` sign.
pub fn apply(
    market: Pubkey,
    payer: Pubkey,
    authority: Pubkey,
    profile: SellerProfile,
) -> Instruction {
    let accounts = accounts::Apply {
        payer,
        authority,
        market,
        seller: address::seller(&market, &authority),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::Apply { profile })
}

/// Changes payout wallet, attester and contact. `authority` signs.
pub fn update_seller(market: Pubkey, authority: Pubkey, profile: SellerProfile) -> Instruction {
    let accounts = accounts::UpdateSeller {
        market,
        seller: address::seller(&market, &authority),
        authority,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::UpdateSeller { profile })
}

/// Offers a plan. `payer` and `authority` sign. `None` when the id is too long to have an address.
pub fn create_plan(
    market: Pubkey,
    payer: Pubkey,
    authority: Pubkey,
    args: CreatePlanArgs,
) -> Option<Instruction> {
    let seller = address::seller(&market, &authority);
    let accounts = accounts::CreatePlan {
        payer,
        market,
        seller,
        authority,
        plan: address::plan(&seller, &args.id)?,
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    Some(instruction(accounts, data::CreatePlan { args }))
}

/// Changes what is `Some` of a plan. `authority` signs.
pub fn update_plan(
    market: Pubkey,
    authority: Pubkey,
    plan: Pubkey,
    change: PlanChange,
) -> Instruction {
    let accounts = accounts::UpdatePlan {
        market,
        seller: address::seller(&market, &authority),
        authority,
        plan,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::UpdatePlan { change })
}

/// Takes a plan off the market. `rent_payer` is the one that the plan names. `authority` signs.
pub fn retire_plan(
    market: Pubkey,
    authority: Pubkey,
    plan: Pubkey,
    rent_payer: Pubkey,
) -> Instruction {
    let accounts = accounts::RetirePlan {
        market,
        seller: address::seller(&market, &authority),
        authority,
        plan,
        rent_payer,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::RetirePlan {})
}

/// Delivers an order: 81 to 512 bytes of ciphertext, and what binds the seller to their content. The seller's authority
/// signs, and pays the rent.
pub fn deliver(
    order: Pubkey,
    state: &Order,
    commitment: [u8; 32],
    ciphertext: Vec<u8>,
) -> Instruction {
    let accounts = accounts::Deliver {
        authority: state.seller_authority,
        market: state.market,
        seller: state.seller,
        order,
        delivery: address::delivery(&order),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    let args = DeliverArgs {
        commitment,
        ciphertext,
    };
    instruction(accounts, data::Deliver { args })
}

/// Reports that the profile was installed. The order's attester signs.
pub fn report_installed(order: Pubkey, state: &Order) -> Instruction {
    instruction(
        change_order(order, state, state.attester),
        data::ReportInstalled {},
    )
}

/// Reports that the profile was first used. The order's attester signs.
pub fn report_activated(order: Pubkey, state: &Order) -> Instruction {
    instruction(
        change_order(order, state, state.attester),
        data::ReportActivated {},
    )
}

/// Contests a dispute; `answer_hash` is the SHA-256 of what the seller says to it. The seller's authority signs.
pub fn answer_dispute(order: Pubkey, state: &Order, answer_hash: [u8; 32]) -> Instruction {
    instruction(
        change_order(order, state, state.seller_authority),
        data::AnswerDispute { answer_hash },
    )
}

// The market's authority. What every program has is in [`crate::governance`].

/// Creates a market. `payer` and `authority` sign. `None` when the name is too long to have an address.
pub fn create_market(
    payer: Pubkey,
    authority: Pubkey,
    args: CreateMarketArgs,
) -> Option<Instruction> {
    let accounts = accounts::CreateMarket {
        payer,
        authority,
        market: address::market(&args.name)?,
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    Some(instruction(accounts, data::CreateMarket { args }))
}

fn govern(market: Pubkey, authority: Pubkey) -> accounts::Govern {
    accounts::Govern {
        market,
        authority,
        event_authority: address::event_authority(),
        program: PROGRAM,
    }
}

/// Changes the terms that are `Some`. `authority` signs.
pub fn update_market(market: Pubkey, authority: Pubkey, change: MarketTermsChange) -> Instruction {
    instruction(govern(market, authority), data::UpdateMarket { change })
}

/// Accepts a mint for the first time, and makes its vault. `payer` and `authority` sign.
pub fn accept_mint(
    market: Pubkey,
    payer: Pubkey,
    authority: Pubkey,
    mint: Pubkey,
    token_program: Pubkey,
) -> Instruction {
    let vault = address::vault(&market, &mint);
    let accounts = accounts::AcceptMint {
        payer,
        authority,
        market,
        mint,
        vault,
        tokens: address::vault_tokens(&vault),
        token_program,
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::AcceptMint {})
}

/// Accepts a mint no more. `authority` signs.
pub fn drop_mint(market: Pubkey, authority: Pubkey, mint: Pubkey) -> Instruction {
    instruction(govern(market, authority), data::DropMint { mint })
}

/// Accepts a mint again that was dropped. `authority` signs.
pub fn readmit_mint(market: Pubkey, authority: Pubkey, mint: Pubkey) -> Instruction {
    let accounts = accounts::ReadmitMint {
        market,
        authority,
        vault: address::vault(&market, &mint),
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::ReadmitMint {})
}

/// Approves or suspends a seller. `authority` signs.
pub fn set_seller_status(
    market: Pubkey,
    authority: Pubkey,
    seller: Pubkey,
    status: SellerStatus,
) -> Instruction {
    let accounts = accounts::SetSellerStatus {
        market,
        authority,
        seller,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::SetSellerStatus { status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esim::account::examples;

    #[test]
    fn whom_an_order_pays() {
        let (address, order) = examples::order(1);
        let (vault_address, vault) = examples::vault();
        let vault = VaultAccounts::of(vault_address, &vault);
        let settle = SettleAccounts::of(address, &order, vault);
        let account = |wallet: &Pubkey| token_account(wallet, &vault.mint, &vault.token_program);
        assert_eq!(settle.refund_to, account(&order.payer));
        assert_eq!(settle.release_to, account(&order.payout));
        assert_eq!(settle.fee_to, account(&order.treasury));
        // An absent buyer is the program itself, and does not sign.
        let release = crank(&settle, examples::key(9), Action::Release).unwrap();
        let interface = crate::interface::Interface::of(&PROGRAM).unwrap();
        assert_eq!(interface.instruction(&release.data), Some("release"));
        assert!(release.accounts[6].pubkey == PROGRAM && !release.accounts[6].is_signer);
        let part = refund_part(&settle, order.seller_authority, order.buyer, 5);
        assert!(part.accounts[6].pubkey == order.buyer && part.accounts[6].is_signer);
        assert_eq!(crank(&settle, examples::key(9), Action::Confirm), None);
    }
}
