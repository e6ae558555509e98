use node_rewards::constants::{MAX_CHALLENGE_PERIOD, MAX_EPOCH_LENGTH};
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NetworkTermsChanged;
use node_rewards::state::{NetworkTerms, NetworkTermsChange};
use solana_instruction::Instruction;
use wayfare_program::stored::Stored;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::update_network;
use wayfare_tests::rewards::network::{NetworkFixture, TERMS};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

fn update(net: &NetworkFixture, change: NetworkTermsChange) -> Instruction {
    update_network(net.address, net.authority, change)
}

const NOTHING: NetworkTermsChange = NetworkTermsChange {
    epoch_length: None,
    challenge_period: None,
    emission_cap: None,
    limiter_capacity: None,
    limiter_refill: None,
    location_resolution: None,
};

#[test]
fn changes_what_is_named_and_nothing_else() {
    let cases: [(NetworkTermsChange, NetworkTerms); 7] = [
        (NOTHING, TERMS),
        (
            NetworkTermsChange {
                epoch_length: Some(90_000),
                ..NOTHING
            },
            NetworkTerms {
                epoch_length: 90_000,
                ..TERMS
            },
        ),
        (
            NetworkTermsChange {
                challenge_period: Some(60),
                ..NOTHING
            },
            NetworkTerms {
                challenge_period: 60,
                ..TERMS
            },
        ),
        (
            NetworkTermsChange {
                emission_cap: Some(5),
                ..NOTHING
            },
            NetworkTerms {
                emission_cap: 5,
                ..TERMS
            },
        ),
        (
            NetworkTermsChange {
                limiter_capacity: Some(3_000_000),
                ..NOTHING
            },
            NetworkTerms {
                limiter_capacity: 3_000_000,
                ..TERMS
            },
        ),
        (
            NetworkTermsChange {
                limiter_refill: Some(13),
                ..NOTHING
            },
            NetworkTerms {
                limiter_refill: 13,
                ..TERMS
            },
        ),
        (
            NetworkTermsChange {
                location_resolution: Some(5),
                ..NOTHING
            },
            NetworkTerms {
                location_resolution: 5,
                ..TERMS
            },
        ),
    ];
    for (change, terms) in cases {
        let mut world = World::at(Stage::Active, TokenProgram::Spl);
        world.chain.pass(1_000);
        let now = world.chain.now();
        let ends = world.state().epoch_ends_at;
        let event = world.changes(update(&world.net.clone(), change), &[], |network| {
            network.terms = terms.to_stored();
            network.limiter_updated_at = now;
        });
        assert_eq!(
            event,
            Event::NetworkTermsChanged(NetworkTermsChanged {
                network: world.net.address,
                sequence: world.state().scope.sequence,
                old: TERMS,
                new: terms,
            })
        );
        assert_eq!(
            world.state().epoch_ends_at,
            ends,
            "the open epoch ends when it was to end"
        );
    }
}

/// What the limiter holds is reckoned by the old rate up to the change, stays when there is more room, and is cut when
/// there is less.
#[test]
fn the_limiter_keeps_what_it_holds() {
    let mut world = World::at(Stage::Claimed, TokenProgram::Spl);
    let net = world.net.clone();
    let level = world.state().limiter_level;
    assert_eq!(level, TERMS.limiter_capacity - net.ledger.total());
    world.chain.pass(100);

    let change = NetworkTermsChange {
        limiter_capacity: Some(5_000_000),
        limiter_refill: Some(1_000),
        ..NOTHING
    };
    world.chain.accept(update(&net, change));
    assert_eq!(
        world.state().limiter_level,
        level + 100 * TERMS.limiter_refill
    );

    world.chain.pass(10);
    let change = NetworkTermsChange {
        limiter_capacity: Some(7),
        ..NOTHING
    };
    world.chain.accept(update(&net, change));
    assert_eq!(world.state().limiter_level, 7);

    let change = NetworkTermsChange {
        limiter_capacity: Some(5_000_000),
        ..NOTHING
    };
    world.chain.accept(update(&net, change));
    assert_eq!(world.state().limiter_level, 7);
}

#[test]
fn terms_under_which_no_network_could_work() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let refill_per_epoch = TERMS.limiter_refill * TERMS.epoch_length;
    for (change, due) in [
        (
            NetworkTermsChange {
                epoch_length: Some(0),
                ..NOTHING
            },
            BadEpochLength,
        ),
        (
            NetworkTermsChange {
                epoch_length: Some(MAX_EPOCH_LENGTH + 1),
                ..NOTHING
            },
            BadEpochLength,
        ),
        (
            NetworkTermsChange {
                challenge_period: Some(0),
                ..NOTHING
            },
            BadChallengePeriod,
        ),
        (
            NetworkTermsChange {
                challenge_period: Some(MAX_CHALLENGE_PERIOD + 1),
                ..NOTHING
            },
            BadChallengePeriod,
        ),
        (
            NetworkTermsChange {
                limiter_capacity: Some(0),
                ..NOTHING
            },
            BadLimiter,
        ),
        (
            NetworkTermsChange {
                limiter_refill: Some(0),
                ..NOTHING
            },
            BadLimiter,
        ),
        (
            NetworkTermsChange {
                emission_cap: Some(refill_per_epoch + 1),
                ..NOTHING
            },
            BadLimiter,
        ),
        (
            NetworkTermsChange {
                emission_cap: Some(0),
                limiter_refill: Some(0),
                ..NOTHING
            },
            BadLimiter,
        ),
        // The cap that is in force already has to fit the new length too.
        (
            NetworkTermsChange {
                epoch_length: Some(80_000),
                ..NOTHING
            },
            BadLimiter,
        ),
        (
            NetworkTermsChange {
                location_resolution: Some(16),
                ..NOTHING
            },
            BadLocationResolution,
        ),
    ] {
        chain.refuse(update(&net, change), due);
    }
    let both = NetworkTermsChange {
        epoch_length: Some(80_000),
        limiter_refill: Some(13),
        ..NOTHING
    };
    chain.accept(update(&net, both));
}

#[test]
fn only_the_authority() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    for other in [net.guardian, net.publishers[0], net.operator, net.owner(0)] {
        chain.refuse(update_network(net.address, other, NOTHING), NotAuthority);
    }
    chain.accept(update(&net, NOTHING));
}
