use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::AuthorityChanged;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction::{accept_authority, nominate_authority, unpause};
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn hands_the_network_over() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    let heir = person("heir");
    world
        .chain
        .accept(nominate_authority(net.address, net.authority, Some(heir)));
    // Until then, nothing has changed.
    world.chain.accept(unpause(net.address, net.authority));

    let event = world.changes(accept_authority(net.address, heir), &[], |network| {
        network.authority = heir;
        network.pending_authority = Pubkey::default();
    });
    assert_eq!(
        event,
        Event::AuthorityChanged(AuthorityChanged {
            network: net.address,
            sequence: world.state().sequence,
            old: net.authority,
            new: heir,
        })
    );
    world
        .chain
        .refuse(unpause(net.address, net.authority), NotAuthority);
    world.chain.accept(unpause(net.address, heir));
}

#[test]
fn twice() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let heir = person("heir");
    chain.accept(nominate_authority(net.address, net.authority, Some(heir)));
    chain.accept(accept_authority(net.address, heir));
    chain.refuse(accept_authority(net.address, heir), NotNominee);
}

#[test]
fn only_the_last_nominee() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let (first, second) = (person("first"), person("second"));
    chain.refuse(accept_authority(net.address, first), NotNominee);
    for nominee in [Some(first), Some(second)] {
        chain.accept(nominate_authority(net.address, net.authority, nominee));
    }
    for other in [first, net.authority, net.guardian, net.operator] {
        chain.refuse(accept_authority(net.address, other), NotNominee);
    }
    chain.accept(nominate_authority(net.address, net.authority, None));
    chain.refuse(accept_authority(net.address, second), NotNominee);
    chain.accept(nominate_authority(net.address, net.authority, Some(second)));
    chain.accept(accept_authority(net.address, second));
}
