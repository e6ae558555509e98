//! Chains full of accounts that an attacker could pass for another, and an honest call of every instruction on them.

use roaming_escrow::state::{HubTermsChange, OperatorStatus, Side};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::honest::{Candidate, Honest, stranger};
use crate::keys::person;
use crate::roaming::address;
use crate::roaming::hub::{
    ARBITRATION_WINDOW, AgreementFixture, DISPUTE_WINDOW, OperatorFixture, STATEMENT_WINDOW,
    WITHDRAWAL_NOTICE, cranker, usage,
};
use crate::roaming::world::{COUNTER, DEPOSIT, RECORDS, Stage, World, raise_from_minted};
use crate::token::TokenProgram;

/// A chain with two hubs in the same mint, and everything that belongs to them.
#[derive(Clone)]
pub struct Crowd {
    pub world: World,
    /// A hub of other people, with an agreement whose statements wait for answers.
    pub other: AgreementFixture,
    /// The first agreement's operators, in another mint.
    pub in_another_mint: AgreementFixture,
    /// An operator of the first hub without an agreement.
    pub third: OperatorFixture,
}

impl Crowd {
    /// The first agreement at a stage.
    pub fn at(stage: Stage, token: TokenProgram) -> Self {
        // The other hub's agreement is stated before the first one's time passes.
        let mut world = World::at(Stage::Minted, token);
        let other = world.add_hub("elsewhere", Stage::Stated);
        raise_from_minted(&mut world.chain, &world.deal, stage);
        let deal = world.deal.clone();
        let chain = &mut world.chain;
        chain.give_lamports(&stranger(), 100_000_000_000);
        let payout = deal.first.payout;
        chain.create_associated(token, &deal.mint, &stranger());
        for (name, owner) in [
            ("second account of the payout", payout),
            ("second account of the treasury", deal.hub.treasury),
        ] {
            let account = chain.create_token_account(token, name, &deal.mint, &owner);
            chain.mint_to(token, &deal.mint, &account, DEPOSIT);
        }
        for (program, name) in [(token, "another mint"), (token.other(), "foreign mint")] {
            let mint = chain.create_mint(program, name);
            for wallet in [payout, deal.second.payout, deal.hub.treasury, stranger()] {
                let account = chain.create_associated(program, &mint, &wallet);
                chain.mint_to(program, &mint, &account, DEPOSIT);
            }
            chain.create_multisig(program, &format!("multisig beside {name}"), &stranger());
        }
        let in_another_mint = AgreementFixture::new(
            &deal.hub,
            &deal.first,
            &deal.second,
            person("another mint"),
            token,
        );
        let third = OperatorFixture::new(&deal.hub.address, b"GBRVF");
        if stage >= Stage::Registered {
            chain.accept(deal.hub.register(&third));
            chain.accept(in_another_mint.propose());
            chain.accept(in_another_mint.accept());
            for &side in Side::ALL {
                chain.accept(in_another_mint.deposit(side, DEPOSIT / 2));
            }
        }
        if (Stage::Stated..Stage::WoundUp).contains(&stage) {
            for &home in Side::ALL {
                chain.accept(deal.state(home, 1, usage(RECORDS, 1, COUNTER + 1)));
            }
        }
        Self {
            world,
            other,
            in_another_mint,
            third,
        }
    }

    /// Every account that there is, and some addresses where none is.
    pub fn candidates(&self) -> Vec<Candidate> {
        let Self { world, other, .. } = self;
        let deal = &world.deal;
        let mut candidates = vec![];
        let mut add = |label: String, key: Pubkey| candidates.push(Candidate { label, key });

        for (deal, whose) in [(deal, ""), (other, " elsewhere")] {
            let mut add = |what: &str, key| add(format!("{what}{whose}"), key);
            add("hub", deal.hub.address);
            add("authority", deal.hub.authority);
            add("arbiter", deal.hub.arbiter);
            add("guardian", deal.hub.guardian);
            add("treasury", deal.hub.treasury);
            add("tokens of the treasury", deal.tokens_of(&deal.hub.treasury));
            add("clerk", deal.hub.clerk);
            add("agreement", deal.address);
            add("vault", deal.vault);
            for (operator, side) in [(&deal.first, "first"), (&deal.second, "second")] {
                add(&format!("{side} operator"), operator.address);
                add(&format!("authority of the {side} side"), operator.authority);
                add(
                    &format!("voucher signer of the {side} side"),
                    operator.voucher_signer,
                );
                add(&format!("payout of the {side} side"), operator.payout);
                add(
                    &format!("tokens of the {side} payout"),
                    deal.tokens_of(&operator.payout),
                );
            }
            add(
                "statement of the first side",
                deal.statement(Side::First, 0),
            );
            add(
                "statement of the second side",
                deal.statement(Side::Second, 0),
            );
        }
        for (label, key) in [
            ("second statement", deal.statement(Side::First, 1)),
            (
                "second statement of the second side",
                deal.statement(Side::Second, 1),
            ),
            (
                "statement that there is none of",
                deal.statement(Side::First, 9),
            ),
            ("agreement in another mint", self.in_another_mint.address),
            ("vault in another mint", self.in_another_mint.vault),
            ("third operator", self.third.address),
            ("authority of the third operator's", self.third.authority),
            (
                "operator that there is none of",
                address::operator(&deal.hub.address, b"USAT0").0,
            ),
            ("cranker", cranker()),
            ("tokens of the stranger", deal.tokens_of(&stranger())),
            ("program", roaming_escrow::ID),
            ("program of the networks", node_rewards::ID),
            ("program of the markets", esim_market::ID),
            ("event authority", address::event_authority()),
            ("system program", solana_sdk_ids::system_program::ID),
            ("SPL Token", TokenProgram::Spl.id()),
            ("Token-2022", TokenProgram::Token2022.id()),
            (
                "associated token program",
                wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM.into(),
            ),
            ("ed25519 program", solana_sdk_ids::ed25519_program::ID),
            ("loader", solana_sdk_ids::bpf_loader_upgradeable::ID),
            ("clock sysvar", solana_sdk_ids::sysvar::clock::ID),
            (
                "instructions sysvar",
                solana_sdk_ids::sysvar::instructions::ID,
            ),
        ] {
            add(label.to_owned(), key);
        }
        for name in [
            "mint",
            "another mint",
            "foreign mint",
            "second account of the payout",
            "second account of the treasury",
            "multisig beside another mint",
            "multisig beside foreign mint",
            "stranger",
            "heir",
            "nobody",
            "fee payer",
        ] {
            add(name.to_owned(), person(name));
        }
        let token = deal.token;
        for (program, mint) in [(token, "another mint"), (token.other(), "foreign mint")] {
            for (whose, wallet) in [
                ("the first payout", deal.first.payout),
                ("the treasury", deal.hub.treasury),
                ("the stranger", stranger()),
            ] {
                add(
                    format!("tokens of {whose} in {mint}"),
                    wayfare_client::token::token_account(&wallet, &person(mint), &program.id()),
                );
            }
        }

        // A key counts once, under its first label.
        let mut seen = std::collections::HashSet::new();
        candidates.retain(|candidate| seen.insert(candidate.key));
        candidates
    }
}

/// Honest calls of the instruction with this name in the IDL: at least one.
pub fn honest(name: &str, token: TokenProgram) -> Vec<Honest> {
    let mut calls = vec![];
    let mut add = |case, crowd: Crowd, mut tx: Vec<Instruction>| {
        let call = tx.pop().expect("a call");
        calls.push(Honest {
            case,
            candidates: crowd.candidates(),
            chain: crowd.world.chain,
            before: tx,
            call,
        });
    };
    let at = |stage| {
        let crowd = Crowd::at(stage, token);
        let deal = crowd.world.deal.clone();
        (crowd, deal)
    };
    match name {
        "create_hub" => {
            let (crowd, deal) = at(Stage::Minted);
            add("", crowd, vec![deal.hub.create()]);
        }
        "update_hub" => {
            let (crowd, deal) = at(Stage::Stated);
            let change = HubTermsChange {
                fee_bps: Some(1),
                ..Default::default()
            };
            add("", crowd, vec![deal.hub.update(change)]);
        }
        "set_guardian" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.hub.set_guardian(person("guard"))]);
        }
        "nominate_authority" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.hub.nominate(Some(person("heir")))]);
        }
        "accept_authority" => {
            let (mut crowd, deal) = at(Stage::Stated);
            let nominate = deal.hub.nominate(Some(person("heir")));
            crowd.world.chain.accept(nominate);
            add("", crowd, vec![deal.hub.accept_authority(person("heir"))]);
        }
        "pause" => {
            let (crowd, deal) = at(Stage::Stated);
            let until = crowd.world.chain.now() + 1_000;
            add("", crowd, vec![deal.hub.pause(until)]);
        }
        "unpause" => {
            let (mut crowd, deal) = at(Stage::Stated);
            let until = crowd.world.chain.now() + 1_000;
            crowd.world.chain.accept(deal.hub.pause(until));
            add("", crowd, vec![deal.hub.unpause()]);
        }
        "register_operator" => {
            let (crowd, deal) = at(Stage::Created);
            add("", crowd, vec![deal.hub.register(&deal.first)]);
        }
        "update_operator" => {
            let (crowd, deal) = at(Stage::Stated);
            let mut profile = deal.first.profile();
            profile.payout = person("another payout");
            let call = deal.hub.update_operator(&deal.first, profile);
            add("", crowd, vec![call]);
        }
        "nominate_operator" => {
            let (crowd, deal) = at(Stage::Stated);
            let call = deal
                .hub
                .nominate_operator(&deal.first, Some(person("heir")));
            add("", crowd, vec![call]);
        }
        "accept_operator" => {
            let (mut crowd, deal) = at(Stage::Stated);
            let nominate = deal
                .hub
                .nominate_operator(&deal.first, Some(person("heir")));
            crowd.world.chain.accept(nominate);
            let call = deal.hub.accept_operator(&deal.first, person("heir"));
            add("", crowd, vec![call]);
        }
        "set_operator_status" => {
            let (crowd, deal) = at(Stage::Stated);
            let call = deal.hub.set_status(&deal.first, OperatorStatus::Suspended);
            add("", crowd, vec![call]);
        }
        "propose_agreement" => {
            let (crowd, deal) = at(Stage::Registered);
            add("", crowd, vec![deal.propose()]);
        }
        "offer_terms" => {
            let (crowd, deal) = at(Stage::Stated);
            let terms = Some(deal.terms());
            add("", crowd, vec![deal.offer(Side::First, terms)]);
        }
        "accept_terms" => {
            let (crowd, deal) = at(Stage::Proposed);
            add("the first", crowd, vec![deal.accept()]);
            let (mut crowd, deal) = at(Stage::Stated);
            let offer = deal.offer(Side::Second, Some(deal.terms()));
            crowd.world.chain.accept(offer);
            let call = deal.accept_as(Side::First, deal.terms(), 0);
            add("others", crowd, vec![call]);
        }
        "deposit" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.deposit(Side::First, 1_000)]);
        }
        "request_withdrawal" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.request(Side::First, 1_000)]);
        }
        "withdraw" => {
            let (mut crowd, deal) = at(Stage::Funded);
            crowd.world.chain.accept(deal.request(Side::First, 1_000));
            crowd.world.chain.pass(WITHDRAWAL_NOTICE);
            add("requested", crowd, vec![deal.withdraw(Side::First)]);
            let (crowd, deal) = at(Stage::WoundUp);
            add("at the end", crowd, vec![deal.withdraw(Side::First)]);
        }
        "close_agreement" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.close(Side::First)]);
        }
        "collect_fees" => {
            let (crowd, deal) = at(Stage::Settled);
            add("", crowd, vec![deal.collect_fees()]);
        }
        "submit_statement" => {
            let (crowd, deal) = at(Stage::Funded);
            let call = deal.state(Side::First, 0, usage(0, RECORDS, 1_000));
            add("", crowd, vec![call]);
        }
        "accept_statement" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.accept_statement(Side::First, 0)]);
        }
        "counter_statement" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.counter(Side::First, 0, COUNTER)]);
        }
        "return_statement" => {
            let (crowd, deal) = at(Stage::Stated);
            add("", crowd, vec![deal.return_statement(Side::First, 1)]);
        }
        "restate" | "lapse_statement" => {
            let (mut crowd, deal) = at(Stage::Stated);
            crowd
                .world
                .chain
                .accept(deal.return_statement(Side::First, 1));
            let call = if name == "restate" {
                deal.restate(Side::First, 1, usage(RECORDS, 2, 1_000))
            } else {
                crowd.world.chain.pass(STATEMENT_WINDOW);
                deal.lapse(Side::First, 1)
            };
            add("", crowd, vec![call]);
        }
        "deem_accepted" => {
            let (mut crowd, deal) = at(Stage::Stated);
            let due = crowd.world.statement(Side::First, 0).answer_by;
            crowd.world.chain.set_time(due);
            add("", crowd, vec![deal.deem_accepted(Side::First, 0)]);
        }
        "concede" => {
            let (crowd, deal) = at(Stage::Countered);
            let by = |side| vec![deal.concede(Side::First, 0, side)];
            add("by the home network", crowd.clone(), by(Side::First));
            add("by the visited network", crowd, by(Side::Second));
        }
        "award" => {
            let (mut crowd, deal) = at(Stage::Countered);
            crowd.world.chain.pass(DISPUTE_WINDOW);
            add("", crowd, vec![deal.award(Side::First, 0, 5)]);
        }
        "award_by_default" => {
            let (mut crowd, deal) = at(Stage::Countered);
            crowd.world.chain.pass(DISPUTE_WINDOW + ARBITRATION_WINDOW);
            add("", crowd, vec![deal.award_by_default(Side::First, 0)]);
        }
        "settle" => {
            let (crowd, deal) = at(Stage::Resolved);
            add("", crowd, vec![deal.settle(0)]);
            let (mut crowd, deal) = at(Stage::Funded);
            let chain = &mut crowd.world.chain;
            chain.accept(deal.state(Side::First, 0, usage(0, 1, 1_000)));
            chain.accept(deal.accept_statement(Side::First, 0));
            let call = deal.settle_with(0, Some(deal.statement(Side::First, 0)), None);
            add("one direction", crowd, vec![call]);
        }
        "redeem_voucher" => {
            let (crowd, deal) = at(Stage::Funded);
            add("", crowd, deal.redeem(Side::First, 0, 1_000).into());
        }
        "close_statement" => {
            let (crowd, deal) = at(Stage::WoundUp);
            add("", crowd, vec![deal.close_statement(Side::First, 0)]);
        }
        _ => panic!("no honest call of {name}: write one here, and the generated tests cover it"),
    }
    calls
}
