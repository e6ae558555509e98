use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::AuthorityChanged;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::governed;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn hands_the_network_over() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    let heir = person("heir");
    world
        .chain
        .accept(governed(net.address).nominate_authority(net.authority, Some(heir)));
    // Until then, nothing has changed.
    world
        .chain
        .accept(governed(net.address).unpause(net.authority));

    let event = world.changes(
        governed(net.address).accept_authority(heir),
        &[],
        |network| {
            network.scope.authority = heir;
            network.scope.pending_authority = Pubkey::default();
        },
    );
    assert_eq!(
        event,
        Event::AuthorityChanged(AuthorityChanged {
            network: net.address,
            sequence: world.state().scope.sequence,
            old: net.authority,
            new: heir,
        })
    );
    world
        .chain
        .refuse(governed(net.address).unpause(net.authority), NotAuthority);
    world.chain.accept(governed(net.address).unpause(heir));
}

#[test]
fn twice() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let heir = person("heir");
    chain.accept(governed(net.address).nominate_authority(net.authority, Some(heir)));
    chain.accept(governed(net.address).accept_authority(heir));
    chain.refuse(governed(net.address).accept_authority(heir), NotNominee);
}

#[test]
fn only_the_last_nominee() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let (first, second) = (person("first"), person("second"));
    chain.refuse(governed(net.address).accept_authority(first), NotNominee);
    for nominee in [Some(first), Some(second)] {
        chain.accept(governed(net.address).nominate_authority(net.authority, nominee));
    }
    for other in [first, net.authority, net.guardian, net.operator] {
        chain.refuse(governed(net.address).accept_authority(other), NotNominee);
    }
    chain.accept(governed(net.address).nominate_authority(net.authority, None));
    chain.refuse(governed(net.address).accept_authority(second), NotNominee);
    chain.accept(governed(net.address).nominate_authority(net.authority, Some(second)));
    chain.accept(governed(net.address).accept_authority(second));
}
