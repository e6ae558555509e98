use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NodeOwnerChanged;
use node_rewards::state::Node;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{accept_node, move_node, offer_node};
use wayfare_tests::rewards::network::location;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A network with one node of owner 0, which is on offer to `buyer`.
fn offered() -> World {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let (net, device) = (&world.net, person("device"));
    world.chain.accept([
        net.register(net.owner(0), device),
        offer_node(net.address, device, net.owner(0), Some(person("buyer"))),
    ]);
    world
}

#[test]
fn takes_an_offered_node_over() {
    let mut world = offered();
    let (net, device, buyer) = (world.net.clone(), person("device"), person("buyer"));
    let mut node: Node = world.chain.read(&net.node(&device));
    let call = accept_node(net.address, device, buyer);
    let event = world.changes(call, &[net.node(&device)], |_| {});
    assert_eq!(
        event,
        Event::NodeOwnerChanged(NodeOwnerChanged {
            network: net.address,
            sequence: world.state().scope.sequence,
            device,
            old: net.owner(0),
            new: buyer,
        })
    );
    node.owner = buyer;
    node.pending_owner = Pubkey::default();
    // Who paid the rent does not change hands with the node.
    assert_eq!(world.chain.read::<Node>(&net.node(&device)), node);

    let chain = &mut world.chain;
    chain.refuse(
        move_node(net.address, device, net.owner(0), location(8)),
        NotNodeOwner,
    );
    chain.accept(move_node(net.address, device, buyer, location(8)));
    chain.refuse(accept_node(net.address, device, buyer), NotOffered);
}

#[test]
fn what_is_not_offered() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let device = person("device");
    chain.accept(net.register(net.owner(0), device));
    chain.refuse(
        accept_node(net.address, device, person("buyer")),
        NotOffered,
    );
    chain.refuse(accept_node(net.address, device, net.owner(0)), NotOffered);
}

#[test]
fn only_the_last_offeree() {
    let World { mut chain, net } = offered();
    let (device, buyer) = (person("device"), person("buyer"));
    for other in [net.authority, net.owner(0), net.owner(1), device] {
        chain.refuse(accept_node(net.address, device, other), NotOfferee);
    }
    let second = person("second");
    chain.accept(offer_node(net.address, device, net.owner(0), Some(second)));
    chain.refuse(accept_node(net.address, device, buyer), NotOfferee);
    chain.accept(offer_node(net.address, device, net.owner(0), None));
    chain.refuse(accept_node(net.address, device, second), NotOffered);
}

#[test]
fn a_node_of_another_network() {
    let mut world = offered();
    let other = world.add_network("suburb", Stage::Created);
    let (net, device, buyer) = (world.net.clone(), person("device"), person("buyer"));
    world.chain.accept([
        other.register(net.owner(0), device),
        offer_node(other.address, device, net.owner(0), Some(buyer)),
    ]);
    let accept = accept_node(net.address, device, buyer);
    world.chain.refuse(
        accept.swap(&net.node(&device), &other.node(&device)),
        WrongNetwork,
    );
}

#[test]
fn while_paused() {
    let World { mut chain, net } = offered();
    let until = chain.now() + 100;
    chain.accept([
        net.pause(until),
        accept_node(net.address, person("device"), person("buyer")),
    ]);
}
