//! The same on a chain.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use roaming_escrow::instruction as args;
use roaming_escrow::state::{
    Agreement, AgreementState, AgreementTerms, Hub, HubTermsChange, OperatorProfile, Side,
    SideBooks, Statement as Account, StatementState,
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

use super::SEEN;
use super::reference::{
    FIRST_TERMS, GIVER, Key, Model, Op, Reference, State, TOKENS, TREASURY, Terms, WALLETS, Who,
};

/// Lives so far.
static LIVES: AtomicUsize = AtomicUsize::new(0);

/// A life of an agreement on a chain.
#[derive(Clone)]
pub struct Life {
    world: World,
}

fn narrow(amount: u128) -> u64 {
    u64::try_from(amount).expect("the model stays small")
}

fn time(time: i128) -> i64 {
    i64::try_from(time).expect("the model stays in this age")
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
                &tokens(number),
                &deal.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program")
            .into(),
            Op::Thaw(number) => token::thaw_account(
                &program,
                &tokens(number),
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
        let mut outcome = "accepted".to_owned();
        if let Op::Time(_) = op {
            self.world.chain.set_time(time(model.now));
        } else {
            let transaction = self.transaction(op);
            let last = transaction.0.len() - 1;
            match self.world.chain.attempt(transaction) {
                Ok(_) => assert!(
                    model.reasons.is_empty(),
                    "{op:?} accepted, despite {:?}",
                    model.reasons
                ),
                Err(refused) => {
                    let mut reasons = model.reasons.iter();
                    let why = reasons.find(|reason| reason.is(&refused.error, last));
                    let why = why.unwrap_or_else(|| {
                        panic!(
                            "{op:?} refused with {:?}, where {:?} were due\n{}",
                            refused.error,
                            model.reasons,
                            refused.logs.join("\n")
                        )
                    });
                    outcome = format!("refused: {why}");
                }
            }
        }
        *SEEN
            .lock()
            .unwrap()
            .entry(format!("{} {outcome}", op.kind()))
            .or_default() += 1;
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
        let state: Hub = chain.read(&hub.address);
        assert_eq!(u128::from(state.sequence), model.sequence);
        assert_eq!(i128::from(state.paused_until), model.paused_until);
        assert_eq!(state.arbiter, arbiter(model.arbiter));
        assert_eq!(state.fee_bps, model.hub_fee_bps);

        let state: Agreement = chain.read(&deal.address);
        let closing = if model.closes_at.is_some() {
            AgreementState::Closing
        } else {
            AgreementState::Active
        };
        assert_eq!(state.state(), Ok(closing));
        assert_eq!(
            i128::from(state.closes_at),
            model.closes_at.unwrap_or_default()
        );
        assert_eq!(state.terms, self.terms(&model.terms));
        let offered = model.offered.as_ref().map(|terms| self.terms(terms));
        assert_eq!(state.offered, offered.unwrap_or_default());
        assert_eq!(u128::from(state.fee_bps), model.fee_bps);
        assert_eq!(u128::from(state.fees), model.fees);
        for number in [0, 1] {
            let due = &model.sides[number];
            let is = *state.books(side(number));
            let expected = SideBooks {
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
                padding: [0; 7],
            };
            assert_eq!(is, expected, "side {number}");
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
            assert_eq!(is.state(), Ok(state), "{key:?}");
            assert_eq!(
                [
                    is.first_record,
                    is.records,
                    is.total,
                    is.counter_total,
                    is.accepted,
                    is.paid
                ]
                .map(u128::from),
                [
                    due.first_record,
                    due.records,
                    due.total,
                    due.counter,
                    due.accepted,
                    due.paid
                ],
                "{key:?}"
            );
            assert_eq!(
                [is.answer_by, is.dispute_by, is.award_by].map(i128::from),
                [due.answer_by, due.dispute_by, due.award_by],
                "{key:?}"
            );
            assert_eq!(is.returns, due.returns);
            assert_eq!(is.terms, self.terms(&due.terms));
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
        // The token programs take turns.
        let program = TokenProgram::ALL[LIVES.fetch_add(1, Ordering::Relaxed) % 2];
        let mut life = Self {
            world: World::at(Stage::Minted, program),
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
        chain.accept(hub.create_with(&hub.name, hub_terms));
        for (operator, profile) in [&deal.first, &deal.second].into_iter().zip(profiles) {
            chain.accept(hub.register_with(operator, operator.tadig, profile));
        }
        chain.accept(deal.propose_as(Side::First, terms));
        chain.accept(deal.accept_as(Side::Second, terms, model.hub_fee_bps));
        life.compare(model);
        life
    }

    fn apply(mut life: Self, model: &Model, op: Op) -> Self {
        life.perform(model, &op);
        life
    }

    /// Everybody but one side stops: that side leaves with all that is its own.
    fn teardown(life: Self, model: Model) {
        for alone in [0, 1] {
            let (mut life, mut model) = (life.clone(), model.clone());
            life.may(&mut model, Op::Thaw(alone));
            life.may(&mut model, Op::Close(alone));
            // The statements' windows one after the other, and the notice: none is longer than this.
            for _ in 0..4 {
                life.must(&mut model, Op::Time(1_000));
                let keys: Vec<Key> = model.statements.keys().copied().collect();
                for key in &keys {
                    life.may(&mut model, Op::DeemAccepted(*key, Who::Stranger));
                    life.may(&mut model, Op::Lapse(*key, Who::Stranger));
                    life.may(&mut model, Op::AwardByDefault(*key, Who::Stranger));
                }
                for (_, period) in keys {
                    let stated = [0, 1].map(|home| model.statements.contains_key(&(home, period)));
                    life.may(&mut model, Op::Settle(period, stated));
                }
            }
            assert!(model.is_wound_up(), "{model:#?}");
            if model.sides[alone].balance > 0 {
                life.must(&mut model, Op::Withdraw(alone));
            }
            assert_eq!(model.sides[alone].balance, 0);
        }
    }
}
