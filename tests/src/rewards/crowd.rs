//! Chains full of accounts that an attacker could pass for another, and an honest call of every instruction on them.

use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::{address, instruction};

use crate::honest::{Candidate, Honest, stranger};
use crate::keys::person;
use crate::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, NetworkFixture, location};
use crate::rewards::world::{Stage, World, raise};
use crate::token::TokenProgram;

/// A chain with two networks that pay in the same mint, and everything that belongs to them.
#[derive(Clone)]
pub struct Crowd {
    pub world: World,
    /// A network of other people, with an active epoch of its own.
    pub other: NetworkFixture,
}

impl Crowd {
    /// The first network at a stage; the other one is active.
    pub fn at(stage: Stage, token: TokenProgram) -> Self {
        let mut world = World::at(Stage::Minted, token);
        let other = world.add_network("suburb", Stage::Active);
        raise(&mut world.chain, &world.net, stage);
        let mut crowd = Self { world, other };
        crowd.populate(stage);
        crowd
    }

    fn populate(&mut self, stage: Stage) {
        let token = self.world.net.token;
        let chain = &mut self.world.chain;
        chain.give_lamports(&stranger(), 100_000_000_000);

        let mint = self.world.net.mint;
        chain.create_associated(token, &mint, &stranger());
        let second = chain.create_token_account(
            token,
            "second account of the operator",
            &mint,
            &self.world.net.operator,
        );
        chain.mint_to(token, &mint, &second, 1_000_000);
        chain.create_token_account(
            token,
            "second account of owner 0",
            &mint,
            &self.world.net.owner(0),
        );

        for (program, name) in [(token, "another mint"), (token.other(), "foreign mint")] {
            let mint = chain.create_mint(program, name);
            for wallet in [self.world.net.operator, self.world.net.owner(0), stranger()] {
                let account = chain.create_associated(program, &mint, &wallet);
                chain.mint_to(program, &mint, &account, 1_000_000);
            }
            chain.create_multisig(program, &format!("multisig beside {name}"), &stranger());
        }

        let mut networks = vec![self.other.clone()];
        if stage >= Stage::Funded {
            networks.push(self.world.net.clone());
        }
        for net in networks {
            let wallet = payout_wallet(&net);
            self.world
                .chain
                .create_associated(token, &net.mint, &wallet);
            self.world.chain.accept([
                net.create_page(1),
                net.set_payout(net.owner(1), wallet),
                net.register(net.owner(0), device(0)),
            ]);
            self.world
                .chain
                .accept(net.register(net.owner(1), device(1)));
        }
    }

    /// Every account that there is, and some addresses where none is.
    pub fn candidates(&self) -> Vec<Candidate> {
        let Self { world, other } = self;
        let token = world.net.token;
        let mut candidates = vec![];
        let mut add = |label: String, key: Pubkey| candidates.push(Candidate { label, key });

        for net in [&world.net, other] {
            let mut add = |what: &str, key| add(format!("{what} of {}", net.name), key);
            add("network", net.address);
            add("vault", net.vault);
            for number in [1, 2] {
                add(
                    &format!("epoch {number}"),
                    address::epoch(&net.address, number),
                );
            }
            for page in [0, 1, 2] {
                add(&format!("page {page}"), net.page(page));
            }
            for owner in [0, 1, 2] {
                add(
                    &format!("payout of owner {owner}"),
                    net.payout(&net.owner(owner)),
                );
            }
            for n in [0, 1, 2] {
                add(&format!("node {n}"), net.node(&device(n)));
            }
            add("authority", net.authority);
            add("guardian", net.guardian);
            for (n, publisher) in net.publishers.iter().enumerate() {
                add(&format!("publisher {n}"), *publisher);
            }
            add("operator", net.operator);
            add("tokens of the operator", net.tokens_of(&net.operator));
            add("payout wallet", payout_wallet(net));
            add(
                "tokens of the payout wallet",
                net.tokens_of(&payout_wallet(net)),
            );
        }
        for owner in [0, 1, 2] {
            let key = world.net.owner(owner);
            add(format!("owner {owner}"), key);
            add(
                format!("tokens of owner {owner}"),
                world.net.tokens_of(&key),
            );
        }
        for n in [0, 1, 2] {
            add(format!("device {n}"), device(n));
        }
        for name in [
            "mint",
            "another mint",
            "foreign mint",
            "second account of the operator",
            "second account of owner 0",
            "multisig beside another mint",
            "multisig beside foreign mint",
            "stranger",
            "heir",
            "buyer",
            "nobody",
            "fee payer",
        ] {
            add(name.to_owned(), person(name));
        }
        add(
            "tokens of the stranger".to_owned(),
            world.net.tokens_of(&stranger()),
        );
        for (program, mint) in [(token, "another mint"), (token.other(), "foreign mint")] {
            for (whose, wallet) in [
                ("the operator", world.net.operator),
                ("owner 0", world.net.owner(0)),
                ("the stranger", stranger()),
            ] {
                add(
                    format!("tokens of {whose} in {mint}"),
                    wayfare_client::token::token_account(&wallet, &person(mint), &program.id()),
                );
            }
        }
        for (label, key) in [
            ("program", node_rewards::ID),
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
            ("rent sysvar", solana_sdk_ids::sysvar::rent::ID),
            (
                "instructions sysvar",
                solana_sdk_ids::sysvar::instructions::ID,
            ),
        ] {
            add(label.to_owned(), key);
        }

        // A key counts once, under its first label.
        let mut seen = std::collections::HashSet::new();
        candidates.retain(|candidate| seen.insert(candidate.key));
        candidates
    }
}

/// The wallet that owner 1 has named in a network.
pub fn payout_wallet(net: &NetworkFixture) -> Pubkey {
    person(&format!("{}: payout wallet of owner 1", net.name))
}

/// The key of a device. Devices 0 and 1 are nodes of owners 0 and 1.
pub fn device(n: u8) -> Pubkey {
    person(&format!("device {n}"))
}

/// Honest calls of the instruction with this name in the IDL: at least one.
pub fn honest(name: &str, token: TokenProgram) -> Vec<Honest> {
    let mut calls = vec![];
    let mut add = |case, crowd: Crowd, call| {
        calls.push(Honest {
            case,
            candidates: crowd.candidates(),
            chain: crowd.world.chain,
            before: vec![],
            call,
        });
    };
    let at = |stage| {
        let crowd = Crowd::at(stage, token);
        let net = crowd.world.net.clone();
        (crowd, net)
    };
    match name {
        "create_network" => {
            let (crowd, net) = at(Stage::Minted);
            add("", crowd, net.create());
        }
        "update_network" => {
            let (crowd, net) = at(Stage::Active);
            let change = node_rewards::state::NetworkTermsChange {
                emission_cap: Some(500_000),
                ..Default::default()
            };
            add(
                "",
                crowd,
                instruction::update_network(net.address, net.authority, change),
            );
        }
        "set_publishers" => {
            let (crowd, net) = at(Stage::Active);
            let set = node_rewards::state::PublisherSet {
                publishers: vec![person("new publisher")],
                threshold: 1,
            };
            add(
                "",
                crowd,
                instruction::set_publishers(net.address, net.authority, set),
            );
        }
        "set_guardian" => {
            let (crowd, net) = at(Stage::Active);
            let guardian = person("new guardian");
            add(
                "",
                crowd,
                instruction::governed(net.address).set_guardian(net.authority, guardian),
            );
        }
        "nominate_authority" => {
            let (crowd, net) = at(Stage::Active);
            add("", crowd, nominate(&net));
        }
        "unpause" => {
            let (mut crowd, net) = at(Stage::Active);
            let until = crowd.world.chain.now() + 100;
            crowd.world.chain.accept(net.pause(until));
            add(
                "",
                crowd,
                instruction::governed(net.address).unpause(net.authority),
            );
        }
        "accept_authority" => {
            let (mut crowd, net) = at(Stage::Active);
            crowd.world.chain.accept(nominate(&net));
            add(
                "",
                crowd,
                instruction::governed(net.address).accept_authority(person("heir")),
            );
        }
        "pause" => {
            let (crowd, net) = at(Stage::Active);
            let until = crowd.world.chain.now() + 100;
            add("", crowd, net.pause(until));
        }
        "veto_epoch" => {
            let (crowd, net) = at(Stage::Approved);
            add("", crowd, net.veto());
        }
        "propose_epoch" => {
            let (mut crowd, net) = at(Stage::Funded);
            crowd.world.chain.pass(EPOCH_LENGTH);
            add("a new epoch", crowd, net.propose());
            let (crowd, net) = at(Stage::Proposed);
            add(
                "in place of another",
                crowd,
                net.propose_with(0, |args| args.data_hash = [1; 32]),
            );
        }
        "approve_epoch" => {
            let (crowd, net) = at(Stage::Proposed);
            add("", crowd, net.approve(1));
        }
        "fund" => {
            let (crowd, net) = at(Stage::Active);
            add("", crowd, net.fund(1_000));
        }
        "create_page" => {
            let (crowd, net) = at(Stage::Active);
            add("", crowd, net.create_page(2));
        }
        "activate_epoch" => {
            let (mut crowd, net) = at(Stage::Approved);
            crowd.world.chain.pass(CHALLENGE_PERIOD);
            add("the first epoch", crowd, net.activate());
            let (mut crowd, mut net) = at(Stage::Active);
            net.ledger = net.ledger.next(&[7, 7]);
            let chain = &mut crowd.world.chain;
            chain.pass(EPOCH_LENGTH);
            chain.accept([net.propose(), net.approve(1)]);
            chain.pass(CHALLENGE_PERIOD);
            add("a later epoch", crowd, net.activate());
        }
        "claim" => {
            let (crowd, net) = at(Stage::Active);
            add("to the owner", crowd, net.claim(0));
            let (crowd, net) = at(Stage::Active);
            add(
                "to a payout wallet",
                crowd,
                net.claim_to(1, payout_wallet(&net)),
            );
        }
        "register_node" => {
            let (crowd, net) = at(Stage::Active);
            add("", crowd, net.register(net.owner(2), device(2)));
        }
        "move_node" => {
            let (crowd, net) = at(Stage::Active);
            let call = instruction::move_node(net.address, device(0), net.owner(0), location(8));
            add("", crowd, call);
        }
        "offer_node" => {
            let (crowd, net) = at(Stage::Active);
            add("", crowd, offer(&net));
        }
        "accept_node" => {
            let (mut crowd, net) = at(Stage::Active);
            crowd.world.chain.accept(offer(&net));
            let call = instruction::accept_node(net.address, device(0), person("buyer"));
            add("", crowd, call);
        }
        "retire_node" => {
            let (crowd, net) = at(Stage::Active);
            let call = instruction::retire_node(net.address, device(0), net.owner(0), net.operator);
            add("", crowd, call);
        }
        "set_payout" => {
            let (crowd, net) = at(Stage::Active);
            add("the first", crowd, net.set_payout(net.owner(2), stranger()));
            let (crowd, net) = at(Stage::Active);
            add("another", crowd, net.set_payout(net.owner(1), stranger()));
        }
        "clear_payout" => {
            let (crowd, net) = at(Stage::Active);
            add("", crowd, net.clear_payout(net.owner(1)));
        }
        _ => panic!("no honest call of {name}: write one here, and the generated tests cover it"),
    }
    calls
}

fn nominate(net: &NetworkFixture) -> Instruction {
    instruction::governed(net.address).nominate_authority(net.authority, Some(person("heir")))
}

fn offer(net: &NetworkFixture) -> Instruction {
    instruction::offer_node(net.address, device(0), net.owner(0), Some(person("buyer")))
}
