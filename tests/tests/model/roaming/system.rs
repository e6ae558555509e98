//! The same on a chain.

use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use roaming_escrow::instruction as args;
use roaming_escrow::instructions::CreateHubArgs;
use roaming_escrow::state::{
    Agreement, AgreementState, AgreementTerms, Hub, HubTermsChange, Operator, OperatorProfile,
    Side, SideBooks, Statement as Account, StatementState, StoredAgreementTerms,
};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::instruction as token;
use wayfare_tests::chain::Tx;
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::hub::usage;
use wayfare_tests::roaming::voucher::verification;
use wayfare_tests::roaming::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{DECIMALS, TokenProgram, freeze_authority};

use crate::lives::{self, Subject, narrow, time};

use super::reference::{
    DEADLINES, FIRST_TERMS, GIVER, KINDS, Key, Model, NEVER_REFUSED, Op, Reference, State, TOKENS,
    TREASURY, Terms, WALLETS, Who,
};

/// A life of an agreement on a chain.
#[derive(Clone)]
pub struct Life {
    world: World,
    /// As they were at the beginning.
    hub: Hub,
    agreement: Agreement,
}

impl Subject for Life {
    const NAME: &'static str = "roaming";
    const KINDS: &'static [&'static str] = KINDS;
    const NEVER_REFUSED: &'static [&'static str] = NEVER_REFUSED;
    const DEADLINES: &'static [&'static str] = DEADLINES;

    fn begin(token: TokenProgram) -> Model {
        Model::new(token)
    }

    fn token(model: &Model) -> TokenProgram {
        model.token
    }
}

fn side(number: usize) -> Side {
    Side::ALL[number]
}

fn signer(side: usize, number: usize) -> Pubkey {
    person(&format!("signer {number} of side {side}"))
}

fn arbiter(number: usize) -> Pubkey {
    person(&format!("arbiter {number}"))
}

impl Life {
    fn wallet(&self, number: usize) -> Pubkey {
        match number {
            TREASURY => self.world.hub.treasury,
            GIVER => person("giver"),
            number => self.world.deal.side(side(number)).payout,
        }
    }

    /// The terms in an account.
    fn stored(&self, terms: &Terms) -> StoredAgreementTerms {
        let terms = self.terms(terms);
        StoredAgreementTerms {
            first_tariff_hash: terms.first_tariff_hash,
            second_tariff_hash: terms.second_tariff_hash,
            statement_window: terms.statement_window,
            dispute_window: terms.dispute_window,
            arbitration_window: terms.arbitration_window,
            withdrawal_notice: terms.withdrawal_notice,
            tolerance_bps: terms.tolerance_bps,
            default_award_bps: terms.default_award_bps,
        }
    }

    fn terms(&self, terms: &Terms) -> AgreementTerms {
        let [
            statement_window,
            dispute_window,
            arbitration_window,
            withdrawal_notice,
        ] = terms.windows;
        AgreementTerms {
            statement_window,
            dispute_window,
            arbitration_window,
            withdrawal_notice,
            tolerance_bps: terms.tolerance_bps,
            default_award_bps: terms.default_award_bps,
            ..self.world.deal.terms()
        }
    }

    fn profile(&self, number: usize, key: usize) -> OperatorProfile {
        OperatorProfile {
            voucher_signer: signer(number, key),
            ..self.world.deal.side(side(number)).profile()
        }
    }

    /// A step of a statement by somebody.
    fn step(&self, key: Key, by: Who, args: impl anchor_lang::InstructionData) -> Instruction {
        let deal = &self.world.deal;
        let (operator, actor) = match by {
            Who::Side(number) => {
                let operator = deal.side(side(number));
                (Some(operator), operator.authority)
            }
            Who::Arbiter(number) => (None, arbiter(number)),
            Who::Stranger => (None, stranger()),
        };
        deal.step((side(key.0), key.1), operator, actor, args)
    }

    /// What the operation sends.
    fn transaction(&self, op: &Op) -> Tx {
        let World { deal, hub, .. } = &self.world;
        let program = deal.token.id();
        let tokens = |number: usize| deal.tokens_of(&self.wallet(number));
        let tokens_or_vault = |number: Option<usize>| number.map_or(deal.vault, tokens);
        match *op {
            Op::Time(_) => unreachable!("time sends nothing"),
            Op::Donate(amount) => token::transfer_checked(
                &program,
                &tokens(GIVER),
                &deal.mint,
                &deal.vault,
                &self.wallet(GIVER),
                &[],
                amount,
                DECIMALS,
            )
            .expect("a token program")
            .into(),
            Op::Freeze(number) => token::freeze_account(
                &program,
                &tokens_or_vault(number),
                &deal.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program")
            .into(),
            Op::Thaw(number) => token::thaw_account(
                &program,
                &tokens_or_vault(number),
                &deal.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program")
            .into(),
            Op::Deposit {
                wallet,
                side: number,
                amount,
            } => deal
                .deposit_from(self.wallet(wallet), tokens(wallet), side(number), amount)
                .into(),
            Op::Request {
                side: number,
                amount,
            } => deal.request(side(number), amount).into(),
            Op::Withdraw(number) => deal.withdraw(side(number)).into(),
            Op::Close(number) => deal.close(side(number)).into(),
            Op::Offer(number, ref terms) => {
                let terms = terms.as_ref().map(|terms| self.terms(terms));
                deal.offer(side(number), terms).into()
            }
            // No fee is named: it is only looked at when an agreement opens.
            Op::AcceptTerms {
                side: number,
                ref terms,
            } => deal.accept_as(side(number), self.terms(terms), 0).into(),
            Op::CollectFees => deal.collect_fees().into(),
            Op::State {
                key,
                by,
                first_record,
                records,
                total,
            } => {
                let home = side(key.0);
                let call = deal.state(home, key.1, usage(first_record, records, total));
                if by == key.0 {
                    let (honest, thief) = (deal.side(home.other()), deal.side(home));
                    call.swap(&honest.address, &thief.address)
                        .swap(&honest.authority, &thief.authority)
                        .into()
                } else {
                    call.into()
                }
            }
            Op::Restate {
                key,
                by,
                first_record,
                records,
                total,
            } => {
                let args = usage(first_record, records, total);
                self.step(key, by, args::Restate { args }).into()
            }
            Op::Accept(key, by) => self.step(key, by, args::AcceptStatement {}).into(),
            Op::Counter(key, by, total) => {
                let root = [7; 32];
                self.step(key, by, args::CounterStatement { root, total })
                    .into()
            }
            Op::Return(key, by) => self.step(key, by, args::ReturnStatement {}).into(),
            Op::DeemAccepted(key, by) => self.step(key, by, args::DeemAccepted {}).into(),
            Op::Lapse(key, by) => self.step(key, by, args::LapseStatement {}).into(),
            Op::Concede(key, by) => self.step(key, by, args::Concede {}).into(),
            Op::Award(key, by, amount) => self.step(key, by, args::Award { amount }).into(),
            Op::AwardByDefault(key, by) => self.step(key, by, args::AwardByDefault {}).into(),
            Op::Settle(period, with) => {
                let [first, second] =
                    [0, 1].map(|home| with[home].then(|| deal.statement(side(home), period)));
                deal.settle_with(period, first, second).into()
            }
            Op::Redeem {
                key,
                cumulative,
                signer: number,
                forged,
            } => {
                let home = side(key.0);
                let mut voucher = deal.voucher(home, key.1, cumulative);
                voucher.cumulative -= u64::from(forged);
                [
                    verification(&signer(key.0, number), &voucher.message()),
                    deal.redemption(home, key.1, cumulative),
                ]
                .into()
            }
            Op::CloseStatement(key) => deal.close_statement(side(key.0), key.1).into(),
            Op::Govern {
                fee_bps,
                arbiter: number,
                pause,
                signer: key,
            } => {
                let mut calls = vec![hub.update(HubTermsChange {
                    fee_bps,
                    arbiter: number.map(arbiter),
                    ..Default::default()
                })];
                calls.extend(pause.map(|seconds| match seconds {
                    0 => hub.unpause(),
                    seconds => hub.pause(self.world.chain.now() + i64::from(seconds)),
                }));
                calls.extend(key.map(|(number, key)| {
                    let profile = self.profile(number, key);
                    hub.update_operator(deal.side(side(number)), profile)
                }));
                calls.into()
            }
        }
    }

    fn perform(&mut self, model: &Model, op: &Op) {
        if let Op::Time(_) = op {
            self.world.chain.set_time(time(model.now));
            lives::happened(op.kind());
        } else {
            let transaction = self.transaction(op);
            let last = transaction.0.len() - 1;
            let result = self.world.chain.attempt(transaction);
            lives::judge(op.kind(), op, &model.reasons, &model.beside, last, result);
        }
        self.compare(model);
    }

    /// Lets an operation happen that the model must allow.
    fn must(&mut self, model: &mut Model, op: Op) {
        let next = Reference::apply(model.clone(), &op);
        assert!(next.reasons.is_empty(), "{op:?}: {:?}", next.reasons);
        self.perform(&next, &op);
        *model = next;
    }

    /// Lets an operation happen if the model allows it.
    fn may(&mut self, model: &mut Model, op: Op) {
        if Reference::apply(model.clone(), &op).reasons.is_empty() {
            self.must(model, op);
        }
    }

    /// Compares everything that the program keeps with the model.
    fn compare(&self, model: &Model) {
        let World { chain, hub, deal } = &self.world;
        let mut expected = self.hub;
        expected.scope.sequence = narrow(model.sequence);
        expected.scope.paused_until = time(model.paused_until);
        expected.terms.arbiter = arbiter(model.arbiter);
        expected.terms.fee_bps = model.hub_fee_bps;
        assert_eq!(chain.read::<Hub>(&hub.address), expected);

        let closing = match model.closes_at {
            Some(_) => AgreementState::Closing,
            None => AgreementState::Active,
        };
        let books = |number: usize| {
            let due = &model.sides[number];
            SideBooks {
                balance: narrow(due.balance),
                arrears: narrow(due.arrears),
                requested: narrow(due.requested),
                withdrawable_at: time(due.withdrawable_at),
                exposure: narrow(model.exposure(number)),
                next_record: narrow(due.next_record),
                vouchers: narrow(due.vouchers),
                open_statements: model.open(number) as u32,
                next_period: due.next_period,
                returned: model.is_returned(number).into(),
                spare: [0; 7],
            }
        };
        let offered = model.offered.as_ref();
        let offered = offered.map(|terms| self.stored(terms));
        let expected = Agreement {
            first_books: books(0),
            second_books: books(1),
            fees: narrow(model.fees),
            closes_at: time(model.closes_at.unwrap_or_default()),
            terms: self.stored(&model.terms),
            offered: offered.unwrap_or_default(),
            fee_bps: model.fee_bps as u16,
            state: closing as u8,
            offered_by: model.offered_by as u8,
            ended: model.ended.into(),
            ..self.agreement
        };
        assert_eq!(chain.read::<Agreement>(&deal.address), expected);
        for number in [0, 1] {
            let operator: Operator = chain.read(&deal.side(side(number)).address);
            let due = signer(number, model.sides[number].signer);
            assert_eq!(operator.voucher_signer, due, "side {number}");
        }
        let held = model.sides[0].balance + model.sides[1].balance + model.fees;
        assert_eq!(
            u128::from(chain.tokens(&deal.vault)),
            held + model.donated,
            "the vault"
        );
        for number in 0..WALLETS {
            let has = chain.tokens(&deal.tokens_of(&self.wallet(number)));
            assert_eq!(u128::from(has), model.tokens[number], "wallet {number}");
        }
        let all = model.tokens.iter().sum::<u128>() + held + model.donated;
        assert_eq!(all, TOKENS * WALLETS as u128, "tokens came or went");

        for (key, due) in &model.statements {
            let is: Account = chain.read(&deal.statement(side(key.0), key.1));
            let state = match due.state {
                State::Stated => StatementState::Stated,
                State::Returned => StatementState::Returned,
                State::Matched => StatementState::Matched,
                State::Countered => StatementState::Countered,
                State::Resolved => StatementState::Resolved,
                State::Settled => StatementState::Settled,
            };
            let usage = usage(0, narrow(due.records), 0);
            let expected = Account {
                agreement: deal.address,
                rent_payer: hub.clerk,
                root: usage.root,
                records: narrow(due.records),
                first_record: narrow(due.first_record),
                total: narrow(due.total),
                counter_total: narrow(due.counter),
                award: narrow(due.award),
                accepted: narrow(due.accepted),
                paid: narrow(due.paid),
                stated_at: time(due.stated_at),
                answer_by: time(due.answer_by),
                dispute_by: time(due.dispute_by),
                award_by: time(due.award_by),
                terms: self.stored(&due.terms),
                period: key.1,
                home: key.0 as u8,
                state: state as u8,
                returns: due.returns,
                // The home network's root is not looked at by the program, nor here.
                counter_root: is.counter_root,
                bump: is.bump,
                version: 1,
                padding: [0; 3],
                spare: [0; 16],
            };
            assert_eq!(is, expected, "{key:?}");
        }
        for home in [0, 1] {
            for period in 0..model.sides[home].next_period {
                if !model.statements.contains_key(&(home, period)) {
                    let address = deal.statement(side(home), period);
                    assert!(chain.account(&address).is_none(), "closed, and still there");
                }
            }
        }
    }
}

impl StateMachineTest for Life {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(model: &Model) -> Self {
        let program = model.token;
        let mut life = Self {
            world: World::at(Stage::Minted, program),
            hub: bytemuck::Zeroable::zeroed(),
            agreement: bytemuck::Zeroable::zeroed(),
        };
        let World { hub, deal, .. } = life.world.clone();
        let giver = person("giver");
        let terms = life.terms(&FIRST_TERMS);
        let profiles = [0, 1].map(|number| life.profile(number, 0));
        let wallets = [0, 1, TREASURY, GIVER].map(|number| life.wallet(number));
        let chain = &mut life.world.chain;
        chain.create_associated(program, &deal.mint, &giver);
        for (number, wallet) in wallets.into_iter().enumerate() {
            let tokens = deal.tokens_of(&wallet);
            chain.edit(&tokens, |account| {
                account.data[64..72].copy_from_slice(&0u64.to_le_bytes());
            });
            chain.mint_to(program, &deal.mint, &tokens, narrow(model.tokens[number]));
        }
        let mut hub_terms = hub.terms();
        hub_terms.arbiter = arbiter(0);
        hub_terms.fee_bps = model.hub_fee_bps;
        chain.accept(hub.create_with(CreateHubArgs {
            terms: hub_terms,
            ..hub.args()
        }));
        for (operator, profile) in [&deal.first, &deal.second].into_iter().zip(profiles) {
            chain.accept(hub.register_with(operator, operator.tadig, profile));
        }
        chain.accept(deal.propose_as(Side::First, terms));
        chain.accept(deal.accept_as(Side::Second, terms, model.hub_fee_bps));
        life.hub = chain.read(&hub.address);
        life.agreement = chain.read(&deal.address);
        life.compare(model);
        life
    }

    fn apply(mut life: Self, model: &Model, op: Op) -> Self {
        life.perform(model, &op);
        life
    }

    /// Everybody but one side stops: that side leaves with all that is its own. Then everybody does, and nothing is left.
    fn teardown(mut life: Self, mut model: Model) {
        // The mint's freeze authority is no part of the agreement: it thaws the vault, or nobody is paid.
        life.may(&mut model, Op::Thaw(None));
        for alone in [0, 1] {
            let (mut life, mut model) = (life.clone(), model.clone());
            life.may(&mut model, Op::Thaw(Some(alone)));
            life.may(&mut model, Op::Freeze(Some(1 - alone)));
            life.wind_up(&mut model, alone);
            life.leave(&mut model, alone);
        }
        life.wind_up(&mut model, 0);
        for side in [0, 1] {
            life.may(&mut model, Op::Thaw(Some(side)));
            life.leave(&mut model, side);
        }
        life.may(&mut model, Op::Thaw(Some(TREASURY)));
        life.may(&mut model, Op::CollectFees);
        let keys: Vec<Key> = model.statements.keys().copied().collect();
        for key in keys {
            life.must(&mut model, Op::CloseStatement(key));
        }
        let vault = life.world.chain.tokens(&life.world.deal.vault);
        assert_eq!(u128::from(vault), model.donated, "left behind");
    }
}

impl Life {
    /// A side ends the agreement, and what anybody may do does the rest.
    fn wind_up(&mut self, model: &mut Model, alone: usize) {
        self.may(model, Op::Close(alone));
        // The statements' windows one after the other, and the notice: none is longer than this.
        for _ in 0..4 {
            self.must(model, Op::Time(1_000));
            let keys: Vec<Key> = model.statements.keys().copied().collect();
            for key in &keys {
                self.may(model, Op::DeemAccepted(*key, Who::Stranger));
                self.may(model, Op::Lapse(*key, Who::Stranger));
                self.may(model, Op::AwardByDefault(*key, Who::Stranger));
            }
            for (_, period) in keys {
                let stated = [0, 1].map(|home| model.statements.contains_key(&(home, period)));
                self.may(model, Op::Settle(period, stated));
            }
        }
        assert!(model.is_wound_up(), "{model:#?}");
    }

    fn leave(&mut self, model: &mut Model, side: usize) {
        if model.sides[side].balance > 0 {
            self.must(model, Op::Withdraw(side));
        }
        assert_eq!(model.sides[side].balance, 0);
    }
}
