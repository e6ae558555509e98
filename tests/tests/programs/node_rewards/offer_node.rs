use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NodeOffered;
use node_rewards::state::Node;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::offer_node;
use wayfare_tests::rewards::world::{Stage, World};
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
fn offers_replaces_and_withdraws() {
    let mut world = with_node();
    let (net, device) = (world.net.clone(), person("device"));
    let mut node: Node = world.chain.read(&net.node(&device));
    let mut old = None;
    for new in [Some(person("first")), Some(person("second")), None] {
        let call = offer_node(net.address, device, net.owner(0), new);
        let event = world.changes(call, &[net.node(&device)], |_| {});
        assert_eq!(
            event,
            Event::NodeOffered(NodeOffered {
                network: net.address,
                sequence: world.state().scope.sequence,
                device,
                old,
                new,
            })
        );
        node.pending_owner = new.unwrap_or_default();
        assert_eq!(world.chain.read::<Node>(&net.node(&device)), node);
        old = new;
    }
}

#[test]
fn nobody_is_no_offeree() {
    let World { mut chain, net } = with_node();
    let nobody = Some(Pubkey::default());
    chain.refuse(
        offer_node(net.address, person("device"), net.owner(0), nobody),
        ZeroKey,
    );
}

#[test]
fn only_the_owner() {
    let World { mut chain, net } = with_node();
    let device = person("device");
    for other in [net.authority, net.operator, net.owner(1), device] {
        chain.refuse(
            offer_node(net.address, device, other, Some(other)),
            NotNodeOwner,
        );
    }
    let buyer = person("buyer");
    chain.accept(offer_node(net.address, device, net.owner(0), Some(buyer)));
    chain.refuse(offer_node(net.address, device, buyer, None), NotNodeOwner);
}

#[test]
fn while_paused() {
    let World { mut chain, net } = with_node();
    let until = chain.now() + 100;
    let offer = offer_node(
        net.address,
        person("device"),
        net.owner(0),
        Some(person("buyer")),
    );
    chain.accept([net.pause(until), offer]);
}
