use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::PublishersChanged;
use node_rewards::state::PublisherSet;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::set_publishers;
use wayfare_tests::rewards::network::CHALLENGE_PERIOD;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

fn people(count: u8) -> Vec<Pubkey> {
    (0..count).map(|n| person(&format!("p{n}"))).collect()
}

#[test]
fn replaces_all_of_them() {
    for (count, threshold) in [(1, 1), (2, 1), (5, 5)] {
        let mut world = World::at(Stage::Active, TokenProgram::Spl);
        let net = world.net.clone();
        let set = PublisherSet {
            publishers: people(count),
            threshold,
        };
        let call = set_publishers(net.address, net.authority, set.clone());
        let event = world.changes(call, &[], |network| {
            network.publishers = [Pubkey::default(); 5];
            network.publishers[..set.publishers.len()].copy_from_slice(&set.publishers);
            network.publisher_count = count;
            network.threshold = threshold;
            network.publisher_set = 2;
        });
        assert_eq!(
            event,
            Event::PublishersChanged(PublishersChanged {
                network: net.address,
                sequence: world.state().scope.sequence,
                old: net.publisher_set(),
                new: set,
            })
        );
    }
}

/// Approvals under the old set do not count, not even when the new set is the same.
#[test]
fn voids_approvals() {
    let World { mut chain, net } = World::at(Stage::Approved, TokenProgram::Spl);
    chain.accept(set_publishers(
        net.address,
        net.authority,
        net.publisher_set(),
    ));
    chain.pass(CHALLENGE_PERIOD);
    chain.refuse(net.activate(), PublishersChanged);
    chain.refuse(net.approve(2), PublishersChanged);

    chain.accept(net.propose());
    chain.accept(net.approve(1));
    chain.pass(CHALLENGE_PERIOD);
    chain.accept(net.activate());
}

#[test]
fn a_former_publisher_is_none() {
    let World { mut chain, mut net } = World::at(Stage::Proposed, TokenProgram::Spl);
    let set = PublisherSet {
        publishers: people(2),
        threshold: 1,
    };
    chain.accept(set_publishers(net.address, net.authority, set));
    chain.refuse(net.propose(), NotPublisher);
    chain.refuse(net.approve(1), NotPublisher);
    net.publishers = people(2);
    chain.accept(net.propose());
}

#[test]
fn impossible_sets() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let [a, b, c] = [0, 1, 2].map(|n| net.publishers[n]);
    for (publishers, threshold, due) in [
        (vec![], 0, BadPublishers),
        (vec![], 1, BadPublishers),
        (vec![a], 0, BadPublishers),
        (vec![a], 2, BadPublishers),
        (vec![a, b, c], 4, BadPublishers),
        (vec![a, b, a], 2, BadPublishers),
        (people(6), 1, BadPublishers),
        (vec![a, Pubkey::default()], 1, ZeroKey),
        (vec![Pubkey::default()], 1, ZeroKey),
    ] {
        let set = PublisherSet {
            publishers,
            threshold,
        };
        chain.refuse(set_publishers(net.address, net.authority, set), due);
    }
    let set = PublisherSet {
        publishers: vec![a, b, c],
        threshold: 3,
    };
    chain.accept(set_publishers(net.address, net.authority, set));
}

#[test]
fn only_the_authority() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    for other in [net.guardian, net.publishers[0], net.operator, net.owner(0)] {
        chain.refuse(
            set_publishers(net.address, other, net.publisher_set()),
            NotAuthority,
        );
    }
}
