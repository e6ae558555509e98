use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::PublisherSet;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::instruction::transfer_checked;
use wayfare_program::scope::MAX_PAUSE;
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::NODE_REWARDS;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::crowd::honest;
use wayfare_tests::rewards::instruction::{self, governed, set_publishers};
use wayfare_tests::rewards::network::NetworkFixture;
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn governance_2_the_default_key_nominated() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let nobody = Pubkey::default();
    chain.refuse(
        governed(net.address).nominate_authority(net.authority, Some(nobody)),
        ZeroKey,
    );
    chain.refuse(
        governed(net.address).set_guardian(net.authority, nobody),
        ZeroKey,
    );
    let set = PublisherSet {
        publishers: vec![nobody],
        threshold: 1,
    };
    chain.refuse(set_publishers(net.address, net.authority, set), ZeroKey);
    chain.refuse(net.set_payout(net.owner(0), nobody), ZeroKey);
    // While nobody is nominated, the zero key is in the account. It cannot sign: the system program has it.
    let accept = governed(net.address)
        .accept_authority(net.authority)
        .swap(&net.authority, &nobody);
    chain.refuse(
        accept.unsigned(&nobody),
        anchor_lang::error::ErrorCode::AccountNotSigner,
    );
    chain.accept(governed(net.address).nominate_authority(net.authority, Some(person("heir"))));
}

/// A guardian vetoes and pauses. No token moves on its word, and neither on the authority's or a publisher's alone.
#[test]
fn governance_3_the_guardian_moves_money() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        for thief in [net.guardian, net.authority, net.publishers[0]] {
            let own = chain.create_associated(token, &net.mint, &thief);
            let send =
                transfer_checked(&token.id(), &net.vault, &net.mint, &own, &thief, &[], 1, 6);
            chain.refuse(send.unwrap(), TokenError::OwnerMismatch);
            let claim = instruction::claim(&net.accounts(), net.ledger.claim(0, thief));
            chain.refuse(claim, WrongPayout);
            let mut claim = net.ledger.claim(0, thief);
            claim.owner = thief;
            chain.refuse(instruction::claim(&net.accounts(), claim), WrongProof);
        }
        // Nor does it take a role that could.
        let guardian = net.guardian;
        for attack in [
            governed(net.address).set_guardian(guardian, guardian),
            governed(net.address).nominate_authority(guardian, Some(guardian)),
            set_publishers(net.address, guardian, net.publisher_set()),
            governed(net.address).unpause(guardian),
        ] {
            chain.refuse(attack, NotAuthority);
        }
        chain.refuse(governed(net.address).accept_authority(guardian), NotNominee);
        let args = net.ledger.next(&[1]).proposal();
        let propose = instruction::propose_epoch(net.address, net.operator, guardian, args);
        chain.refuse(propose, NotPublisher);
        assert_eq!(chain.tokens(&net.vault), FUNDED);
    }
}

#[test]
fn governance_4_publisher_sets() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let [a, b, _] = [0, 1, 2].map(|n| net.publishers[n]);
    for (publishers, threshold) in [
        (vec![], 0),
        (vec![], 1),
        (vec![a], 0),
        (vec![a], 2),
        (vec![a, b], 3),
        (vec![a, a], 2),
        (vec![a, b], u8::MAX),
    ] {
        let set = PublisherSet {
            publishers,
            threshold,
        };
        chain.refuse(
            set_publishers(net.address, net.authority, set),
            BadPublishers,
        );
    }
    let set = PublisherSet {
        publishers: vec![a, b],
        threshold: 2,
    };
    chain.accept(set_publishers(net.address, net.authority, set));
}

/// A pause stops what brings something new into the network, and nothing that leads out of it.
#[test]
fn governance_5_while_paused() {
    for instruction in &NODE_REWARDS.instructions {
        for Honest {
            mut chain, call, ..
        } in honest(&instruction.name, TokenProgram::Spl)
        {
            let chain = &mut chain;
            let net = NetworkFixture::new("metro", person("mint"), TokenProgram::Spl);
            let stopped = match instruction.name.as_str() {
                "fund" | "propose_epoch" | "approve_epoch" | "activate_epoch" | "register_node" => {
                    true
                }
                "claim" | "create_page" | "set_payout" | "clear_payout" | "move_node"
                | "offer_node" | "accept_node" | "retire_node" | "update_network"
                | "set_publishers" | "set_guardian" | "nominate_authority" | "accept_authority"
                | "unpause" | "pause" | "veto_epoch" => false,
                // There is no network yet that could be paused.
                "create_network" => continue,
                other => panic!("is {other} an entry or an exit?"),
            };
            let until = chain.now() + MAX_PAUSE;
            chain.accept(net.pause(until));
            if stopped {
                chain.refuse(call.clone(), Paused);
                chain.set_time(until);
            }
            chain.accept(call);
        }
    }
}
