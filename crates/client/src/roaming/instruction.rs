//! Every instruction of roaming-escrow, ready to be signed: accounts in the order and with the rights that Anchor
//! generated for the program, and the arguments in its encoding.
//!
//! A struct holds what an instruction needs beyond the addresses that follow from it; the function of the same name
//! makes the instruction. Those that govern a hub, as they govern any account, are in [`crate::governance`]. Amounts are base units of the agreement's mint, times Unix seconds. The one exception: what
//! redeems a voucher is two instructions, which must stay next to each other.

use anchor_lang::{InstructionData, ToAccountMetas};
use roaming_escrow::{
    accounts, instruction as data,
    instructions::CreateHubArgs,
    state::{
        Action, Agreement, AgreementTerms, HubTermsChange, OperatorProfile, OperatorStatus, Side,
        Statement, StatementArgs,
    },
};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_core::roaming::tadig::Tadig;

use super::{
    address::{self, PROGRAM},
    voucher::SignedVoucher,
};
use crate::token::token_account;

/// The accounts of an agreement: read once, used for many instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreementAccounts {
    pub agreement: Pubkey,
    pub hub: Pubkey,
    pub first: Pubkey,
    pub second: Pubkey,
    pub mint: Pubkey,
    pub vault: Pubkey,
    pub token_program: Pubkey,
}

impl AgreementAccounts {
    /// Taken from the account at `agreement`, not derived: what the chain has is what the program checks against.
    pub fn of(agreement: Pubkey, state: &Agreement) -> Self {
        Self {
            agreement,
            hub: state.hub,
            first: state.first,
            second: state.second,
            mint: state.mint,
            vault: state.vault,
            token_program: state.token_program,
        }
    }

    /// The operator on a side.
    pub fn operator(&self, side: Side) -> Pubkey {
        match side {
            Side::First => self.first,
            Side::Second => self.second,
        }
    }

    /// The associated token account of a wallet for the agreement's mint.
    pub fn token_account(&self, wallet: &Pubkey) -> Pubkey {
        token_account(wallet, &self.mint, &self.token_program)
    }

    fn change(&self, side: Side, authority: Pubkey) -> accounts::ChangeAgreement {
        accounts::ChangeAgreement {
            hub: self.hub,
            agreement: self.agreement,
            operator: self.operator(side),
            authority,
            event_authority: address::event_authority(),
            program: PROGRAM,
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

// Vouchers and settlements.

/// Moves what a voucher adds to the ones before it: the check of its signature, and the redemption, in this order and with
/// nothing between them. Nobody signs.
pub fn redeem_voucher(accounts: &AgreementAccounts, voucher: &SignedVoucher) -> [Instruction; 2] {
    let redeem = accounts::RedeemVoucher {
        hub: accounts.hub,
        agreement: accounts.agreement,
        vault: accounts.vault,
        operator: accounts.operator(voucher.voucher.home),
        instructions: solana_sdk_ids::sysvar::instructions::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    let args = data::RedeemVoucher {
        home: voucher.voucher.home,
        period: voucher.voucher.period,
        cumulative: voucher.voucher.cumulative,
    };
    [voucher.verification(), instruction(redeem, args)]
}

/// Settles a period. `stated` says for each side whether there is a statement that it pays. Nobody signs.
pub fn settle(
    accounts: &AgreementAccounts,
    period: u32,
    stated: impl Fn(Side) -> bool,
) -> Instruction {
    let statement =
        |home| stated(home).then(|| address::statement(&accounts.agreement, home, period));
    let settle = accounts::Settle {
        hub: accounts.hub,
        agreement: accounts.agreement,
        vault: accounts.vault,
        first_statement: statement(Side::First),
        second_statement: statement(Side::Second),
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(settle, data::Settle { period })
}

// Statements.

/// States what the subscribers of `home` used in a period. `payer` and the authority of the other side sign.
pub fn submit_statement(
    accounts: &AgreementAccounts,
    payer: Pubkey,
    authority: Pubkey,
    home: Side,
    period: u32,
    args: StatementArgs,
) -> Instruction {
    let submit = accounts::SubmitStatement {
        payer,
        hub: accounts.hub,
        agreement: accounts.agreement,
        operator: accounts.operator(home.other()),
        authority,
        statement: address::statement(&accounts.agreement, home, period),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(submit, data::SubmitStatement { home, period, args })
}

/// A statement to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementAccounts {
    pub agreement: AgreementAccounts,
    pub home: Side,
    pub period: u32,
}

impl StatementAccounts {
    /// By an operator's authority, or, without a side, by the arbiter or anyone.
    fn change(&self, side: Option<Side>, actor: Pubkey) -> accounts::ChangeStatement {
        accounts::ChangeStatement {
            hub: self.agreement.hub,
            agreement: self.agreement.agreement,
            statement: address::statement(&self.agreement.agreement, self.home, self.period),
            operator: side.map(|side| self.agreement.operator(side)),
            actor,
            event_authority: address::event_authority(),
            program: PROGRAM,
        }
    }

    fn by_home(&self, authority: Pubkey) -> accounts::ChangeStatement {
        self.change(Some(self.home), authority)
    }
}

/// Makes a returned statement again. The visited network's `authority` signs.
pub fn restate(
    statement: &StatementAccounts,
    authority: Pubkey,
    args: StatementArgs,
) -> Instruction {
    let accounts = statement.change(Some(statement.home.other()), authority);
    instruction(accounts, data::Restate { args })
}

/// Agrees with a statement. The home network's `authority` signs.
pub fn accept_statement(statement: &StatementAccounts, authority: Pubkey) -> Instruction {
    instruction(statement.by_home(authority), data::AcceptStatement {})
}

/// Counters a statement with a smaller total, and the root of the home network's own records. Its `authority` signs.
pub fn counter_statement(
    statement: &StatementAccounts,
    authority: Pubkey,
    root: [u8; 32],
    total: u64,
) -> Instruction {
    instruction(
        statement.by_home(authority),
        data::CounterStatement { root, total },
    )
}

/// Returns an unusable statement. The home network's `authority` signs.
pub fn return_statement(statement: &StatementAccounts, authority: Pubkey) -> Instruction {
    instruction(statement.by_home(authority), data::ReturnStatement {})
}

/// Gives in about a disputed difference, as the operator of a side, whose `authority` signs.
pub fn concede(statement: &StatementAccounts, side: Side, authority: Pubkey) -> Instruction {
    instruction(statement.change(Some(side), authority), data::Concede {})
}

/// Awards a part of a disputed difference. `arbiter` signs.
pub fn award(statement: &StatementAccounts, arbiter: Pubkey, amount: u64) -> Instruction {
    instruction(statement.change(None, arbiter), data::Award { amount })
}

/// What anyone may do to a statement that nobody answered or decided: `None` for an action that is somebody's. `actor`
/// signs, whoever it is.
pub fn overdue(
    statement: &StatementAccounts,
    actor: Pubkey,
    action: Action,
) -> Option<Instruction> {
    let accounts = statement.change(None, actor);
    Some(match action {
        Action::DeemAccepted => instruction(accounts, data::DeemAccepted {}),
        Action::Lapse => instruction(accounts, data::LapseStatement {}),
        Action::AwardByDefault => instruction(accounts, data::AwardByDefault {}),
        Action::Accept
        | Action::Counter
        | Action::Return
        | Action::Restate
        | Action::ConcedeAll
        | Action::ConcedeNone
        | Action::Award
        | Action::Settle
        | Action::Close => return None,
    })
}

/// Closes a settled statement of an agreement that is wound up. The payer of its rent signs, and gets that.
pub fn close_statement(hub: Pubkey, statement: Pubkey, state: &Statement) -> Instruction {
    let accounts = accounts::CloseStatement {
        hub,
        agreement: state.agreement,
        statement,
        rent_payer: state.rent_payer,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::CloseStatement {})
}

// Agreements.

/// What a proposal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub payer: Pubkey,
    /// Of one of the two operators.
    pub authority: Pubkey,
    pub hub: Pubkey,
    pub one: Pubkey,
    pub other: Pubkey,
    pub mint: Pubkey,
    pub token_program: Pubkey,
}

impl Proposal {
    /// The agreement that it makes.
    pub fn agreement(&self) -> Pubkey {
        address::agreement(&self.hub, &self.one, &self.other, &self.mint)
    }

    /// The side of an operator, who is one of the two: the smaller address is first.
    pub fn side_of(&self, operator: &Pubkey) -> Side {
        if *operator == self.one.min(self.other) {
            Side::First
        } else {
            Side::Second
        }
    }
}

/// Proposes an agreement between two operators. `proposal.payer` and `proposal.authority` sign.
pub fn propose_agreement(proposal: &Proposal, terms: AgreementTerms) -> Instruction {
    let agreement = proposal.agreement();
    let accounts = accounts::ProposeAgreement {
        payer: proposal.payer,
        authority: proposal.authority,
        hub: proposal.hub,
        first: proposal.one.min(proposal.other),
        second: proposal.one.max(proposal.other),
        mint: proposal.mint,
        agreement,
        vault: address::vault(&agreement),
        token_program: proposal.token_program,
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::ProposeAgreement { terms })
}

/// Offers other terms; `None` withdraws the offer. The side's `authority` signs.
pub fn offer_terms(
    accounts: &AgreementAccounts,
    side: Side,
    authority: Pubkey,
    terms: Option<AgreementTerms>,
) -> Instruction {
    instruction(accounts.change(side, authority), data::OfferTerms { terms })
}

/// Accepts exactly these terms of the other side, and at most this fee of the hub. The `authority` of the side that did not
/// make the offer signs.
pub fn accept_terms(
    accounts: &AgreementAccounts,
    authority: Pubkey,
    terms: AgreementTerms,
    max_fee_bps: u16,
) -> Instruction {
    let accept = accounts::AcceptTerms {
        hub: accounts.hub,
        agreement: accounts.agreement,
        first: accounts.first,
        second: accounts.second,
        authority,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accept, data::AcceptTerms { terms, max_fee_bps })
}

/// Moves tokens from `source` into the vault, to a side's balance. `depositor` signs.
pub fn deposit(
    accounts: &AgreementAccounts,
    depositor: Pubkey,
    source: Pubkey,
    side: Side,
    amount: u64,
) -> Instruction {
    let deposit = accounts::Deposit {
        hub: accounts.hub,
        agreement: accounts.agreement,
        depositor,
        source,
        vault: accounts.vault,
        token_program: accounts.token_program,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(deposit, data::Deposit { side, amount })
}

/// Announces a withdrawal; an amount of 0 takes that back. The side's `authority` signs.
pub fn request_withdrawal(
    accounts: &AgreementAccounts,
    side: Side,
    authority: Pubkey,
    amount: u64,
) -> Instruction {
    instruction(
        accounts.change(side, authority),
        data::RequestWithdrawal { amount },
    )
}

/// Pays a side, to the associated token account of its payout wallet. The side's `authority` signs.
pub fn withdraw(
    accounts: &AgreementAccounts,
    side: Side,
    authority: Pubkey,
    payout: &Pubkey,
) -> Instruction {
    let withdraw = accounts::Withdraw {
        hub: accounts.hub,
        agreement: accounts.agreement,
        operator: accounts.operator(side),
        authority,
        vault: accounts.vault,
        destination: accounts.token_account(payout),
        token_program: accounts.token_program,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(withdraw, data::Withdraw {})
}

/// Starts the end of an agreement. The side's `authority` signs.
pub fn close_agreement(accounts: &AgreementAccounts, side: Side, authority: Pubkey) -> Instruction {
    instruction(accounts.change(side, authority), data::CloseAgreement {})
}

/// Pays the hub's fees to the associated token account of its treasury. Nobody signs.
pub fn collect_fees(accounts: &AgreementAccounts, treasury: &Pubkey) -> Instruction {
    let collect = accounts::CollectFees {
        hub: accounts.hub,
        agreement: accounts.agreement,
        vault: accounts.vault,
        destination: accounts.token_account(treasury),
        token_program: accounts.token_program,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(collect, data::CollectFees {})
}

// Operators.

/// Admits an operator. `payer`, the hub's `authority` and `operator_authority` sign.
pub fn register_operator(
    hub: Pubkey,
    payer: Pubkey,
    authority: Pubkey,
    operator_authority: Pubkey,
    tadig: Tadig,
    profile: OperatorProfile,
) -> Instruction {
    let accounts = accounts::RegisterOperator {
        payer,
        hub,
        authority,
        operator_authority,
        operator: address::operator(&hub, tadig),
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    let tadig = *tadig.as_bytes();
    instruction(accounts, data::RegisterOperator { tadig, profile })
}

fn change_operator(hub: Pubkey, operator: Pubkey, authority: Pubkey) -> accounts::ChangeOperator {
    accounts::ChangeOperator {
        hub,
        operator,
        authority,
        event_authority: address::event_authority(),
        program: PROGRAM,
    }
}

/// Changes voucher signer, payout wallet and display name. The operator's `authority` signs.
pub fn update_operator(
    hub: Pubkey,
    operator: Pubkey,
    authority: Pubkey,
    profile: OperatorProfile,
) -> Instruction {
    instruction(
        change_operator(hub, operator, authority),
        data::UpdateOperator { profile },
    )
}

/// Nominates an operator's next authority; `None` withdraws the nomination. `authority` signs.
pub fn nominate_operator(
    hub: Pubkey,
    operator: Pubkey,
    authority: Pubkey,
    nominee: Option<Pubkey>,
) -> Instruction {
    instruction(
        change_operator(hub, operator, authority),
        data::NominateOperator { nominee },
    )
}

/// Takes an operator over. `nominee` signs.
pub fn accept_operator(hub: Pubkey, operator: Pubkey, nominee: Pubkey) -> Instruction {
    let accounts = accounts::AcceptOperator {
        hub,
        operator,
        nominee,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::AcceptOperator {})
}

/// Suspends an operator, or ends that. The hub's `authority` signs.
pub fn set_operator_status(
    hub: Pubkey,
    authority: Pubkey,
    operator: Pubkey,
    status: OperatorStatus,
) -> Instruction {
    let accounts = accounts::SetOperatorStatus {
        hub,
        authority,
        operator,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::SetOperatorStatus { status })
}

// The hub's authority.

/// Creates a hub. `payer` and `authority` sign. `None` when the name is too long to have an address.
pub fn create_hub(payer: Pubkey, authority: Pubkey, args: CreateHubArgs) -> Option<Instruction> {
    let accounts = accounts::CreateHub {
        payer,
        authority,
        hub: address::hub(&args.name)?,
        system_program: solana_sdk_ids::system_program::ID,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    Some(instruction(accounts, data::CreateHub { args }))
}

/// Changes the terms that are `Some`. `authority` signs.
pub fn update_hub(hub: Pubkey, authority: Pubkey, change: HubTermsChange) -> Instruction {
    let accounts = accounts::Govern {
        hub,
        authority,
        event_authority: address::event_authority(),
        program: PROGRAM,
    };
    instruction(accounts, data::UpdateHub { change })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roaming::account::examples;

    fn accounts() -> AgreementAccounts {
        let (at, state) = examples::agreement();
        AgreementAccounts::of(at, &state)
    }

    #[test]
    fn a_settlement_leaves_out_what_is_not_stated() {
        let accounts = accounts();
        let one = settle(&accounts, 5, |side| side == Side::Second);
        let interface = crate::interface::Interface::of(&PROGRAM).unwrap();
        assert_eq!(interface.instruction(&one.data), Some("settle"));
        // An absent account is the program itself, and cannot be written to.
        assert!(one.accounts[3].pubkey == PROGRAM && !one.accounts[3].is_writable);
        let expected = address::statement(&accounts.agreement, Side::Second, 5);
        assert!(one.accounts[4].pubkey == expected && one.accounts[4].is_writable);
    }

    #[test]
    fn who_acts_on_a_statement() {
        let statement = StatementAccounts {
            agreement: accounts(),
            home: Side::First,
            period: 0,
        };
        let key = examples::key(9);
        let operator = |instruction: &Instruction| instruction.accounts[3].pubkey;
        let (first, second) = (statement.agreement.first, statement.agreement.second);
        assert_eq!(operator(&accept_statement(&statement, key)), first);
        assert_eq!(operator(&concede(&statement, Side::Second, key)), second);
        let args = StatementArgs {
            root: [0; 32],
            records: 0,
            first_record: 0,
            total: 0,
        };
        assert_eq!(operator(&restate(&statement, key, args)), second);
        assert_eq!(operator(&award(&statement, key, 1)), PROGRAM);
        let submitted = submit_statement(&statement.agreement, key, key, Side::First, 0, args);
        assert_eq!(submitted.accounts[3].pubkey, second);
        assert!(overdue(&statement, key, Action::Lapse).is_some());
        assert!(overdue(&statement, key, Action::Accept).is_none());
    }

    #[test]
    fn a_proposal_names_the_smaller_address_first() {
        let [hub, mint, token_program, key] = [1, 2, 3, 4].map(examples::key);
        for (one, other) in [(8, 9), (9, 8)] {
            let proposal = Proposal {
                payer: key,
                authority: key,
                hub,
                one: examples::key(one),
                other: examples::key(other),
                mint,
                token_program,
            };
            let instruction = propose_agreement(&proposal, examples::terms());
            assert_eq!(instruction.accounts[3].pubkey, examples::key(8));
            assert_eq!(instruction.accounts[4].pubkey, examples::key(9));
            assert_eq!(proposal.side_of(&examples::key(9)), Side::Second);
        }
    }
}
