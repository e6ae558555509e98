use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NodeMoved;
use node_rewards::state::{NetworkTermsChange, Node};
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{move_node, offer_node, update_network};
use wayfare_tests::rewards::network::location;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A network with one node, of owner 0.
fn with_node() -> World {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = &world.net;
    world
        .chain
        .accept(net.register(net.owner(0), person("device")));
    world
}

#[test]
fn publishes_another_place() {
    let mut world = with_node();
    let (net, device) = (world.net.clone(), person("device"));
    let mut node: Node = world.chain.read(&net.node(&device));
    for resolution in [0, 9, 9] {
        world.chain.pass(10);
        let place = location(resolution);
        let call = move_node(net.address, device, net.owner(0), place);
        // The same place again is told all the same.
        let event = world.changes(call, &[net.node(&device)], |_| {});
        assert_eq!(
            event,
            Event::NodeMoved(NodeMoved {
                network: net.address,
                sequence: world.state().scope.sequence,
                device,
                old: node.location,
                new: place,
            })
        );
        (node.location, node.located_at) = (place, world.chain.now());
        assert_eq!(world.chain.read::<Node>(&net.node(&device)), node);
    }
}

#[test]
fn places_that_are_none() {
    let World { mut chain, net } = with_node();
    let go = |place| move_node(net.address, person("device"), net.owner(0), place);
    for place in [0, u64::MAX, location(9) ^ 1] {
        chain.refuse(go(place), BadLocation);
    }
    chain.refuse(go(location(10)), LocationTooFine);
    // A network that becomes more discreet lets no node move to a finer cell; one that is there may stay.
    let change = NetworkTermsChange {
        location_resolution: Some(7),
        ..Default::default()
    };
    chain.accept(update_network(net.address, net.authority, change));
    chain.refuse(go(location(8)), LocationTooFine);
    chain.accept(go(location(7)));
}

#[test]
fn only_the_owner() {
    let World { mut chain, net } = with_node();
    let device = person("device");
    for other in [net.authority, net.operator, net.owner(1), device] {
        chain.refuse(
            move_node(net.address, device, other, location(8)),
            NotNodeOwner,
        );
    }
    // An offeree is no owner yet.
    let buyer = person("buyer");
    chain.accept(offer_node(net.address, device, net.owner(0), Some(buyer)));
    chain.refuse(
        move_node(net.address, device, buyer, location(8)),
        NotNodeOwner,
    );
}

#[test]
fn a_node_of_another_network() {
    let mut world = with_node();
    let other = world.add_network("suburb", Stage::Created);
    let (net, device) = (world.net.clone(), person("device"));
    world.chain.accept(other.register(net.owner(0), device));
    let go = move_node(net.address, device, net.owner(0), location(8));
    world.chain.refuse(
        go.swap(&net.node(&device), &other.node(&device)),
        WrongNetwork,
    );
}

#[test]
fn while_paused() {
    let World { mut chain, net } = with_node();
    let until = chain.now() + 100;
    let go = move_node(net.address, person("device"), net.owner(0), location(8));
    chain.accept([net.pause(until), go]);
}
