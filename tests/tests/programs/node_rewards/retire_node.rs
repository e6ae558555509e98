use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NodeRetired;
use node_rewards::state::Node;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{accept_node, offer_node, retire_node};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn with_node() -> World {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = &world.net;
    world
        .chain
        .accept(net.register(net.owner(0), person("device")));
    world
}

#[test]
fn closes_the_node_and_gives_the_rent_back() {
    let mut world = with_node();
    let (net, device) = (world.net.clone(), person("device"));
    let lamports = world.chain.lamports(&net.operator);
    let call = retire_node(net.address, device, net.owner(0), net.operator);
    let event = world.changes(call, &[net.node(&device), net.operator], |network| {
        network.node_count = 0;
    });
    assert_eq!(
        event,
        Event::NodeRetired(NodeRetired {
            network: net.address,
            sequence: world.state().scope.sequence,
            device,
            owner: net.owner(0),
            node_count: 0,
        })
    );
    assert!(world.chain.account(&net.node(&device)).is_none());
    let rent = world.chain.rent(Node::SPACE);
    assert_eq!(world.chain.lamports(&net.operator), lamports + rent);
}

#[test]
fn twice() {
    let World { mut chain, net } = with_node();
    let call = retire_node(net.address, person("device"), net.owner(0), net.operator);
    chain.refuse(
        [call.clone(), call.clone()],
        ErrorCode::AccountNotInitialized,
    );
    chain.accept(call.clone());
    chain.refuse(call, ErrorCode::AccountNotInitialized);
}

#[test]
fn the_rent_goes_to_nobody_else() {
    let World { mut chain, net } = with_node();
    let device = person("device");
    for other in [net.owner(0), net.authority, person("stranger")] {
        chain.refuse(
            retire_node(net.address, device, net.owner(0), other),
            WrongRentReceiver,
        );
    }
    // Not even after the node changed hands.
    let buyer = person("buyer");
    chain.accept([
        offer_node(net.address, device, net.owner(0), Some(buyer)),
        accept_node(net.address, device, buyer),
    ]);
    chain.refuse(
        retire_node(net.address, device, buyer, buyer),
        WrongRentReceiver,
    );
    chain.accept(retire_node(net.address, device, buyer, net.operator));
}

#[test]
fn only_the_owner() {
    let World { mut chain, net } = with_node();
    let device = person("device");
    for other in [net.authority, net.operator, net.owner(1), device] {
        chain.refuse(
            retire_node(net.address, device, other, net.operator),
            NotNodeOwner,
        );
    }
}

#[test]
fn a_node_of_another_network() {
    let mut world = with_node();
    let other = world.add_network("suburb", Stage::Created);
    let (net, device) = (world.net.clone(), person("device"));
    world.chain.accept(other.register(net.owner(0), device));
    let retire = retire_node(net.address, device, net.owner(0), net.operator);
    world.chain.refuse(
        retire.swap(&net.node(&device), &other.node(&device)),
        WrongNetwork,
    );
}

/// An exit.
#[test]
fn while_paused() {
    let World { mut chain, net } = with_node();
    let until = chain.now() + 100;
    let retire = retire_node(net.address, person("device"), net.owner(0), net.operator);
    chain.accept([net.pause(until), retire]);
}
