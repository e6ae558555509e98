use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NodeRegistered;
use node_rewards::state::{Node, NodeKind};
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{self, retire_node};
use wayfare_tests::rewards::network::location;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn registers_a_device_of_an_owner() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = world.net.clone();
    let owner = net.owner(0);
    for (count, kind) in (1..).zip([NodeKind::Wifi, NodeKind::OpenRoaming, NodeKind::SmallCell]) {
        let device = person(&format!("device {count}"));
        let lamports = world.chain.lamports(&net.operator);
        let place = location(count as u8);
        let call =
            instruction::register_node(net.address, net.operator, owner, device, kind, place);
        let event = world.changes(call, &[net.node(&device), net.operator], |network| {
            network.node_count = count;
        });
        assert_eq!(
            event,
            Event::NodeRegistered(NodeRegistered {
                network: net.address,
                sequence: world.state().scope.sequence,
                device,
                owner,
                kind,
                location: place,
                node_count: count,
            })
        );
        let expected = Node {
            version: 1,
            network: net.address,
            device,
            owner,
            pending_owner: Pubkey::default(),
            rent_payer: net.operator,
            kind,
            location: place,
            registered_at: world.chain.now(),
            located_at: world.chain.now(),
            bump: Node::find_address(&net.address, &device).1,
            spare: [0; 7],
        };
        assert_eq!(world.chain.read::<Node>(&net.node(&device)), expected);
        let rent = world.chain.rent(Node::SPACE);
        assert_eq!(world.chain.lamports(&net.operator), lamports - rent);
    }
}

/// Payer, owner and device may be one key.
#[test]
fn one_key_for_everything() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let one = world.net.operator;
    let call = instruction::register_node(
        world.net.address,
        one,
        one,
        one,
        NodeKind::Wifi,
        location(9),
    );
    world.chain.accept(call);
}

#[test]
fn a_device_is_registered_once() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let device = person("device");
    chain.accept(net.register(net.owner(0), device));
    // Neither by its owner again nor by somebody else.
    for owner in [0, 1] {
        let again = net.register(net.owner(owner), device);
        chain.refuse(again, SystemError::AccountAlreadyInUse);
    }
    chain.accept(retire_node(net.address, device, net.owner(0), net.operator));
    chain.accept(net.register(net.owner(1), device));
}

/// A device may be a node of two networks: they know nothing of each other.
#[test]
fn a_device_in_two_networks() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Created);
    let device = person("device");
    let owner = world.net.owner(0);
    world.chain.accept([
        world.net.register(owner, device),
        other.register(owner, device),
    ]);
}

#[test]
fn owner_and_device_both_sign() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let (owner, device) = (net.owner(0), person("device"));
    for key in [owner, device, net.operator] {
        let unsigned = net.register(owner, device).unsigned(&key);
        chain.refuse(unsigned, ErrorCode::AccountNotSigner);
    }
    chain.accept(net.register(owner, device));
}

#[test]
fn places_that_are_none() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let device = person("device");
    let register = |place| {
        let owner = net.owner(0);
        instruction::register_node(
            net.address,
            net.operator,
            owner,
            device,
            NodeKind::Wifi,
            place,
        )
    };
    for place in [
        0,
        1,
        u64::MAX,
        location(9) ^ 1,
        location(9) | 1 << 63,
        1 << 59,
    ] {
        chain.refuse(register(place), BadLocation);
    }
    // The network's resolution is 9: finer ones would tell where the owner lives.
    for resolution in 10..=15 {
        chain.refuse(register(location(resolution)), LocationTooFine);
    }
    for resolution in 0..=9 {
        chain.clone().accept(register(location(resolution)));
    }
}

#[test]
fn kinds_that_are_none() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    for kind in 3..=u8::MAX {
        let mut register = net.register(net.owner(0), person("device"));
        register.data[8] = kind;
        chain.refuse(register, ErrorCode::InstructionDidNotDeserialize);
    }
}

#[test]
fn another_devices_address() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let device = person("device");
    let elsewhere = net
        .register(net.owner(0), device)
        .swap(&net.node(&device), &net.node(&person("another device")));
    chain.refuse(elsewhere, ErrorCode::ConstraintSeeds);
}

#[test]
fn a_payer_without_lamports() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let poor = net.register(net.owner(0), person("device"));
    let poor = poor.swap(&net.operator, &person("poor"));
    chain.refuse(poor, SystemError::ResultWithNegativeLamports);
}

#[test]
fn not_while_paused() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let register = net.register(net.owner(0), person("device"));
    let until = chain.now() + 100;
    chain.accept(net.pause(until));
    chain.refuse(register.clone(), Paused);
    chain.set_time(until);
    chain.accept(register);
}
