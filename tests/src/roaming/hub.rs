//! A hub, two operators and their agreement, and every honest instruction of theirs.

use anchor_lang::{InstructionData, ToAccountMetas};
use roaming_escrow::instructions::CreateHubArgs;
use roaming_escrow::state::{
    AgreementTerms, HubTerms, HubTermsChange, OperatorProfile, OperatorStatus, Side, StatementArgs,
};
use roaming_escrow::{accounts, instruction};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::keys::person;
use crate::roaming::address;
use crate::roaming::voucher::{Voucher, verification};
use crate::token::TokenProgram;

/// Seconds for the home network to answer, unless a test says otherwise.
pub const STATEMENT_WINDOW: i64 = 10 * 86_400;

/// Seconds for the two to agree on a difference.
pub const DISPUTE_WINDOW: i64 = 7 * 86_400;

/// Seconds for the arbiter to award it.
pub const ARBITRATION_WINDOW: i64 = 14 * 86_400;

/// Seconds between the request of a withdrawal and the withdrawal.
pub const WITHDRAWAL_NOTICE: i64 = 30 * 86_400;

/// Seconds for which a request stays possible after its notice.
pub const REQUEST_LASTS: i64 = 7 * 86_400;

/// Basis points by which the books may differ.
pub const TOLERANCE_BPS: u16 = 100;

/// Basis points of a difference for the visited network, when the arbiter stays silent.
pub const DEFAULT_AWARD_BPS: u16 = 3_333;

/// The hub's fee in basis points.
pub const FEE_BPS: u16 = 33;

/// A hub, by the keys that belong to it. Its state is on the chain.
#[derive(Clone, Debug)]
pub struct HubFixture {
    pub name: String,
    pub address: Pubkey,
    pub authority: Pubkey,
    pub arbiter: Pubkey,
    pub guardian: Pubkey,
    /// The wallet that gets the fees.
    pub treasury: Pubkey,
    /// Pays all rents.
    pub clerk: Pubkey,
}

/// An operator, by the keys that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorFixture {
    pub tadig: [u8; 5],
    pub address: Pubkey,
    pub authority: Pubkey,
    pub voucher_signer: Pubkey,
    /// The wallet that gets withdrawals.
    pub payout: Pubkey,
}

/// An agreement, by the keys that it was made of.
#[derive(Clone, Debug)]
pub struct AgreementFixture {
    pub hub: HubFixture,
    /// The operator with the smaller address.
    pub first: OperatorFixture,
    pub second: OperatorFixture,
    pub mint: Pubkey,
    pub token: TokenProgram,
    pub address: Pubkey,
    pub vault: Pubkey,
}

/// A statement's root, when a test is not about it.
pub const ROOT: [u8; 32] = [0x12; 32];

/// Records that add up to a total.
pub fn usage(first_record: u64, records: u64, total: u64) -> StatementArgs {
    StatementArgs {
        root: if records == 0 { [0; 32] } else { ROOT },
        records,
        first_record,
        total,
    }
}

fn build(accounts: impl ToAccountMetas, args: impl InstructionData) -> Instruction {
    Instruction {
        program_id: roaming_escrow::ID,
        accounts: accounts.to_account_metas(None),
        data: args.data(),
    }
}

/// Anybody who sends what anybody may.
pub fn cranker() -> Pubkey {
    person("cranker")
}

impl OperatorFixture {
    pub fn new(hub: &Pubkey, tadig: &[u8; 5]) -> Self {
        let name = std::str::from_utf8(tadig).expect("ASCII");
        Self {
            tadig: *tadig,
            address: address::operator(hub, tadig).0,
            authority: person(&format!("{name}: authority")),
            voucher_signer: person(&format!("{name}: voucher signer")),
            payout: person(&format!("{name}: payout")),
        }
    }

    pub fn profile(&self) -> OperatorProfile {
        OperatorProfile {
            voucher_signer: self.voucher_signer,
            payout: self.payout,
            display_name: String::from_utf8_lossy(&self.tadig).into_owned(),
        }
    }
}

impl HubFixture {
    pub fn new(name: &str) -> Self {
        let of = |who: &str| person(&format!("{name}: {who}"));
        Self {
            name: name.to_owned(),
            address: address::hub(name).0,
            authority: of("authority"),
            arbiter: of("arbiter"),
            guardian: of("guardian"),
            treasury: of("treasury"),
            clerk: of("clerk"),
        }
    }

    pub fn terms(&self) -> HubTerms {
        HubTerms {
            arbiter: self.arbiter,
            treasury: self.treasury,
            fee_bps: FEE_BPS,
        }
    }

    /// What it starts with.
    pub fn args(&self) -> CreateHubArgs {
        CreateHubArgs {
            name: self.name.clone(),
            terms: self.terms(),
            guardian: self.guardian,
        }
    }

    pub fn create(&self) -> Instruction {
        self.create_with(self.args())
    }

    pub fn create_with(&self, args: CreateHubArgs) -> Instruction {
        build(
            accounts::CreateHub {
                payer: self.clerk,
                authority: self.authority,
                hub: self.address,
                system_program: solana_sdk_ids::system_program::ID,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::CreateHub { args },
        )
    }

    fn govern(&self, args: impl InstructionData) -> Instruction {
        build(
            accounts::Govern {
                hub: self.address,
                authority: self.authority,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            args,
        )
    }

    pub fn update(&self, change: HubTermsChange) -> Instruction {
        self.govern(instruction::UpdateHub { change })
    }

    pub fn set_guardian(&self, guardian: Pubkey) -> Instruction {
        self.govern(instruction::SetGuardian { guardian })
    }

    pub fn nominate(&self, nominee: Option<Pubkey>) -> Instruction {
        self.govern(instruction::NominateAuthority { nominee })
    }

    pub fn unpause(&self) -> Instruction {
        self.govern(instruction::Unpause {})
    }

    pub fn accept_authority(&self, nominee: Pubkey) -> Instruction {
        build(
            accounts::AcceptAuthority {
                hub: self.address,
                nominee,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::AcceptAuthority {},
        )
    }

    pub fn pause(&self, until: i64) -> Instruction {
        build(
            accounts::Pause {
                hub: self.address,
                guardian: self.guardian,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::Pause { until },
        )
    }

    pub fn register(&self, operator: &OperatorFixture) -> Instruction {
        self.register_with(operator, operator.tadig, operator.profile())
    }

    pub fn register_with(
        &self,
        operator: &OperatorFixture,
        tadig: [u8; 5],
        profile: OperatorProfile,
    ) -> Instruction {
        build(
            accounts::RegisterOperator {
                payer: self.clerk,
                hub: self.address,
                authority: self.authority,
                operator_authority: operator.authority,
                operator: operator.address,
                system_program: solana_sdk_ids::system_program::ID,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::RegisterOperator { tadig, profile },
        )
    }

    pub fn set_status(&self, operator: &OperatorFixture, status: OperatorStatus) -> Instruction {
        build(
            accounts::SetOperatorStatus {
                hub: self.address,
                authority: self.authority,
                operator: operator.address,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::SetOperatorStatus { status },
        )
    }

    fn change_operator(
        &self,
        operator: &OperatorFixture,
        args: impl InstructionData,
    ) -> Instruction {
        build(
            accounts::ChangeOperator {
                hub: self.address,
                operator: operator.address,
                authority: operator.authority,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            args,
        )
    }

    pub fn update_operator(
        &self,
        operator: &OperatorFixture,
        profile: OperatorProfile,
    ) -> Instruction {
        self.change_operator(operator, instruction::UpdateOperator { profile })
    }

    pub fn nominate_operator(
        &self,
        operator: &OperatorFixture,
        nominee: Option<Pubkey>,
    ) -> Instruction {
        self.change_operator(operator, instruction::NominateOperator { nominee })
    }

    pub fn accept_operator(&self, operator: &OperatorFixture, nominee: Pubkey) -> Instruction {
        build(
            accounts::AcceptOperator {
                hub: self.address,
                operator: operator.address,
                nominee,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::AcceptOperator {},
        )
    }
}

impl AgreementFixture {
    /// Between two operators, in whichever order.
    pub fn new(
        hub: &HubFixture,
        one: &OperatorFixture,
        other: &OperatorFixture,
        mint: Pubkey,
        token: TokenProgram,
    ) -> Self {
        let (first, second) = if one.address < other.address {
            (one, other)
        } else {
            (other, one)
        };
        let address = address::agreement(&hub.address, &first.address, &second.address, &mint).0;
        Self {
            hub: hub.clone(),
            first: first.clone(),
            second: second.clone(),
            mint,
            token,
            address,
            vault: address::vault(&address).0,
        }
    }

    pub fn side(&self, side: Side) -> &OperatorFixture {
        match side {
            Side::First => &self.first,
            Side::Second => &self.second,
        }
    }

    pub fn terms(&self) -> AgreementTerms {
        AgreementTerms {
            first_tariff_hash: [0xf1; 32],
            second_tariff_hash: [0xf2; 32],
            statement_window: STATEMENT_WINDOW as u32,
            dispute_window: DISPUTE_WINDOW as u32,
            arbitration_window: ARBITRATION_WINDOW as u32,
            withdrawal_notice: WITHDRAWAL_NOTICE as u32,
            tolerance_bps: TOLERANCE_BPS,
            default_award_bps: DEFAULT_AWARD_BPS,
        }
    }

    /// A wallet's associated token account for the agreement's mint.
    pub fn tokens_of(&self, wallet: &Pubkey) -> Pubkey {
        wayfare_client::token::token_account(wallet, &self.mint, &self.token.id())
    }

    /// Where a statement is, or will be.
    pub fn statement(&self, home: Side, period: u32) -> Pubkey {
        address::statement(&self.address, home, period).0
    }

    // Agreements.
    /// The first side proposes.
    pub fn propose(&self) -> Instruction {
        self.propose_as(Side::First, self.terms())
    }

    pub fn propose_as(&self, by: Side, terms: AgreementTerms) -> Instruction {
        build(
            accounts::ProposeAgreement {
                payer: self.hub.clerk,
                authority: self.side(by).authority,
                hub: self.hub.address,
                first: self.first.address,
                second: self.second.address,
                mint: self.mint,
                agreement: self.address,
                vault: self.vault,
                token_program: self.token.id(),
                system_program: solana_sdk_ids::system_program::ID,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::ProposeAgreement { terms },
        )
    }

    fn change(&self, side: Side, args: impl InstructionData) -> Instruction {
        build(
            accounts::ChangeAgreement {
                hub: self.hub.address,
                agreement: self.address,
                operator: self.side(side).address,
                authority: self.side(side).authority,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            args,
        )
    }

    pub fn offer(&self, by: Side, terms: Option<AgreementTerms>) -> Instruction {
        self.change(by, instruction::OfferTerms { terms })
    }

    /// The second side accepts what the first proposed.
    pub fn accept(&self) -> Instruction {
        self.accept_as(Side::Second, self.terms(), FEE_BPS)
    }

    pub fn accept_as(&self, by: Side, terms: AgreementTerms, max_fee_bps: u16) -> Instruction {
        build(
            accounts::AcceptTerms {
                hub: self.hub.address,
                agreement: self.address,
                first: self.first.address,
                second: self.second.address,
                authority: self.side(by).authority,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::AcceptTerms { terms, max_fee_bps },
        )
    }

    /// From the payout wallet's tokens.
    pub fn deposit(&self, side: Side, amount: u64) -> Instruction {
        let depositor = self.side(side).payout;
        self.deposit_from(depositor, self.tokens_of(&depositor), side, amount)
    }

    pub fn deposit_from(
        &self,
        depositor: Pubkey,
        source: Pubkey,
        side: Side,
        amount: u64,
    ) -> Instruction {
        build(
            accounts::Deposit {
                hub: self.hub.address,
                agreement: self.address,
                depositor,
                source,
                vault: self.vault,
                token_program: self.token.id(),
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::Deposit { side, amount },
        )
    }

    pub fn request(&self, side: Side, amount: u64) -> Instruction {
        self.change(side, instruction::RequestWithdrawal { amount })
    }

    pub fn withdraw(&self, side: Side) -> Instruction {
        self.withdraw_to(side, self.tokens_of(&self.side(side).payout))
    }

    pub fn withdraw_to(&self, side: Side, destination: Pubkey) -> Instruction {
        build(
            accounts::Withdraw {
                hub: self.hub.address,
                agreement: self.address,
                operator: self.side(side).address,
                authority: self.side(side).authority,
                vault: self.vault,
                destination,
                token_program: self.token.id(),
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::Withdraw {},
        )
    }

    pub fn close(&self, by: Side) -> Instruction {
        self.change(by, instruction::CloseAgreement {})
    }

    pub fn collect_fees(&self) -> Instruction {
        self.collect_fees_to(self.tokens_of(&self.hub.treasury))
    }

    pub fn collect_fees_to(&self, destination: Pubkey) -> Instruction {
        build(
            accounts::CollectFees {
                hub: self.hub.address,
                agreement: self.address,
                vault: self.vault,
                destination,
                token_program: self.token.id(),
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::CollectFees {},
        )
    }

    // Statements.
    pub fn state(&self, home: Side, period: u32, args: StatementArgs) -> Instruction {
        let visited = self.side(home.other());
        build(
            accounts::SubmitStatement {
                payer: self.hub.clerk,
                hub: self.hub.address,
                agreement: self.address,
                operator: visited.address,
                authority: visited.authority,
                statement: self.statement(home, period),
                system_program: solana_sdk_ids::system_program::ID,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::SubmitStatement { home, period, args },
        )
    }

    /// A step of a statement by an operator, or, without one, by somebody else.
    pub fn step(
        &self,
        (home, period): (Side, u32),
        operator: Option<&OperatorFixture>,
        actor: Pubkey,
        args: impl InstructionData,
    ) -> Instruction {
        build(
            accounts::ChangeStatement {
                hub: self.hub.address,
                agreement: self.address,
                statement: self.statement(home, period),
                operator: operator.map(|operator| operator.address),
                actor,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            args,
        )
    }

    fn step_of(
        &self,
        home: Side,
        period: u32,
        side: Side,
        args: impl InstructionData,
    ) -> Instruction {
        let operator = self.side(side);
        self.step((home, period), Some(operator), operator.authority, args)
    }

    pub fn accept_statement(&self, home: Side, period: u32) -> Instruction {
        self.step_of(home, period, home, instruction::AcceptStatement {})
    }

    pub fn counter(&self, home: Side, period: u32, total: u64) -> Instruction {
        let root = [0x21; 32];
        self.step_of(
            home,
            period,
            home,
            instruction::CounterStatement { root, total },
        )
    }

    pub fn return_statement(&self, home: Side, period: u32) -> Instruction {
        self.step_of(home, period, home, instruction::ReturnStatement {})
    }

    pub fn restate(&self, home: Side, period: u32, args: StatementArgs) -> Instruction {
        self.step_of(home, period, home.other(), instruction::Restate { args })
    }

    pub fn deem_accepted(&self, home: Side, period: u32) -> Instruction {
        self.step(
            (home, period),
            None,
            cranker(),
            instruction::DeemAccepted {},
        )
    }

    pub fn lapse(&self, home: Side, period: u32) -> Instruction {
        self.step(
            (home, period),
            None,
            cranker(),
            instruction::LapseStatement {},
        )
    }

    pub fn concede(&self, home: Side, period: u32, by: Side) -> Instruction {
        self.step_of(home, period, by, instruction::Concede {})
    }

    pub fn award(&self, home: Side, period: u32, amount: u64) -> Instruction {
        let arbiter = self.hub.arbiter;
        self.step((home, period), None, arbiter, instruction::Award { amount })
    }

    pub fn award_by_default(&self, home: Side, period: u32) -> Instruction {
        self.step(
            (home, period),
            None,
            cranker(),
            instruction::AwardByDefault {},
        )
    }

    /// With both directions' statements.
    pub fn settle(&self, period: u32) -> Instruction {
        self.settle_with(
            period,
            Some(self.statement(Side::First, period)),
            Some(self.statement(Side::Second, period)),
        )
    }

    pub fn settle_with(
        &self,
        period: u32,
        first_statement: Option<Pubkey>,
        second_statement: Option<Pubkey>,
    ) -> Instruction {
        build(
            accounts::Settle {
                hub: self.hub.address,
                agreement: self.address,
                vault: self.vault,
                first_statement,
                second_statement,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::Settle { period },
        )
    }

    pub fn close_statement(&self, home: Side, period: u32) -> Instruction {
        build(
            accounts::CloseStatement {
                hub: self.hub.address,
                agreement: self.address,
                statement: self.statement(home, period),
                rent_payer: self.hub.clerk,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::CloseStatement {},
        )
    }

    // Vouchers.
    pub fn voucher(&self, home: Side, period: u32, cumulative: u64) -> Voucher {
        Voucher {
            program: roaming_escrow::ID,
            agreement: self.address,
            home,
            period,
            cumulative,
        }
    }

    /// The redemption alone, without the signature's verification.
    pub fn redemption(&self, home: Side, period: u32, cumulative: u64) -> Instruction {
        build(
            accounts::RedeemVoucher {
                hub: self.hub.address,
                agreement: self.address,
                vault: self.vault,
                operator: self.side(home).address,
                instructions: solana_sdk_ids::sysvar::instructions::ID,
                event_authority: address::event_authority(),
                program: roaming_escrow::ID,
            },
            instruction::RedeemVoucher {
                home,
                period,
                cumulative,
            },
        )
    }

    /// The verification of the home network's signature, and the redemption.
    pub fn redeem(&self, home: Side, period: u32, cumulative: u64) -> [Instruction; 2] {
        let message = self.voucher(home, period, cumulative).message();
        [
            verification(&self.side(home).voucher_signer, &message),
            self.redemption(home, period, cumulative),
        ]
    }
}
