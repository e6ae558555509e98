use anchor_lang::error::ErrorCode;
use node_rewards::constants::COUNTERS_PER_PAGE;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::PageCreated;
use node_rewards::state::ClaimPage;
use solana_system_interface::error::SystemError;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn creates_a_page_of_zeros() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = world.net.clone();
    // In any order, up to the last page of the deepest tree.
    for page in [1, 0, 255, 256, ClaimPage::MAX_PAGES - 1] {
        let lamports = world.chain.lamports(&net.operator);
        let call = net.create_page(page);
        let event = world.changes(call, &[net.page(page), net.operator], |_| {});
        assert_eq!(
            event,
            Event::PageCreated(PageCreated {
                network: net.address,
                sequence: world.state().scope.sequence,
                page,
                payer: net.operator,
            })
        );
        let state: ClaimPage = world.chain.read(&net.page(page));
        let expected = ClaimPage {
            version: 1,
            bump: ClaimPage::find_address(&net.address, page).1,
            padding: [0; 2],
            page,
            network: net.address,
            counters: [0; COUNTERS_PER_PAGE],
            spare: [0; 24],
        };
        assert_eq!(state, expected);
        let rent = world.chain.rent(ClaimPage::SPACE);
        assert_eq!(world.chain.lamports(&net.operator), lamports - rent);
    }
}

#[test]
fn anybody_may_and_a_pause_does_not_stop_it() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept(net.pause(until));
    let rich = person("somebody rich");
    chain.give_lamports(&rich, 1_000_000_000);
    chain.accept(instruction::create_page(net.address, rich, 0));
}

#[test]
fn twice() {
    let World { mut chain, net } = World::at(Stage::Claimed, TokenProgram::Spl);
    chain.refuse(net.create_page(0), SystemError::AccountAlreadyInUse);
    chain.refuse(
        [net.create_page(1), net.create_page(1)],
        SystemError::AccountAlreadyInUse,
    );
    chain.accept(net.create_page(1));
}

#[test]
fn beyond_the_deepest_tree() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let pages = ClaimPage::MAX_PAGES;
    assert_eq!(u64::from(pages) * COUNTERS_PER_PAGE as u64, 1 << 21);
    for page in [pages, pages + 1, u32::MAX] {
        chain.refuse(net.create_page(page), BadPageNumber);
    }
}

#[test]
fn at_another_address() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Created);
    let net = &world.net;
    for wrong in [net.page(1), other.page(0)] {
        let create = net.create_page(0).swap(&net.page(0), &wrong);
        world.chain.refuse(create, ErrorCode::ConstraintSeeds);
    }
    world.chain.accept(net.create_page(0));
}

#[test]
fn a_payer_without_lamports() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let poor = instruction::create_page(net.address, person("poor"), 0);
    chain.refuse(poor, SystemError::ResultWithNegativeLamports);
}
