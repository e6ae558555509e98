use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::AuthorityNominated;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::governed;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn nominates_replaces_and_withdraws() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = world.net.clone();
    let (first, second) = (person("first"), person("second"));
    let mut old = None;
    for new in [Some(first), Some(second), None, None] {
        let call = governed(net.address).nominate_authority(net.authority, new);
        let event = world.changes(call, &[], |network| {
            network.scope.pending_authority = new.unwrap_or_default();
        });
        assert_eq!(
            event,
            Event::AuthorityNominated(AuthorityNominated {
                network: net.address,
                sequence: world.state().scope.sequence,
                old,
                new,
            })
        );
        old = new;
    }
}

#[test]
fn nobody_is_no_nominee() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let nobody = Some(Pubkey::default());
    chain.refuse(
        governed(net.address).nominate_authority(net.authority, nobody),
        ZeroKey,
    );
}

#[test]
fn only_the_authority() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    for other in [net.guardian, net.publishers[0], net.operator] {
        chain.refuse(
            governed(net.address).nominate_authority(other, Some(other)),
            NotAuthority,
        );
    }
    // A nominee is no authority yet.
    let heir = person("heir");
    chain.accept(governed(net.address).nominate_authority(net.authority, Some(heir)));
    chain.refuse(
        governed(net.address).nominate_authority(heir, None),
        NotAuthority,
    );
}
