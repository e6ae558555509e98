use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::AgreementProposed;
use roaming_escrow::state::{AgreementState, AgreementTerms, OperatorStatus, Side, SideBooks};
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::extension::ExtensionType;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{AgreementFixture, OperatorFixture};
use wayfare_tests::roaming::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn nothing_is_in_force_before_it_is_accepted() {
    for token in TokenProgram::ALL {
        for &by in Side::ALL {
            let mut world = World::at(Stage::Registered, token);
            let (hub, deal) = (world.hub.clone(), world.deal.clone());
            let event = world.touches(
                deal.propose_as(by, deal.terms()),
                &[hub.clerk, deal.address, deal.vault],
            );
            assert_eq!(
                event,
                Event::AgreementProposed(AgreementProposed {
                    hub: hub.address,
                    sequence: world.hub().scope.sequence,
                    agreement: deal.address,
                    first: deal.first.address,
                    second: deal.second.address,
                    mint: deal.mint,
                    by,
                    terms: deal.terms(),
                })
            );
            let state = world.agreement();
            assert_eq!(state.state(), Ok(AgreementState::Proposed));
            assert_eq!(state.terms.get(), None);
            assert_eq!(state.offered.get(), Some(deal.terms()));
            assert_eq!(state.offered_by(), Ok(by));
            assert_eq!(state.first_books, SideBooks::default());
            assert_eq!(state.second_books, SideBooks::default());
            assert_eq!((state.decimals, state.fee_bps, state.fees), (6, 0, 0));
            world
                .chain
                .refuse(deal.propose(), SystemError::AccountAlreadyInUse);
        }
    }
}

#[test]
fn by_neither_of_the_two() {
    let mut world = World::at(Stage::Registered, TokenProgram::Spl);
    let (hub, deal) = (world.hub.clone(), world.deal.clone());
    for other in [hub.authority, deal.first.payout, deal.first.voucher_signer] {
        let call = deal.propose().swap(&deal.first.authority, &other);
        world.chain.refuse(call, NotAuthority);
    }
}

#[test]
fn with_oneself_or_out_of_order_or_of_two_hubs() {
    let mut world = World::at(Stage::Registered, TokenProgram::Spl);
    let deal = world.deal.clone();
    let propose = |first: &OperatorFixture, second: &OperatorFixture| {
        let address = wayfare_tests::roaming::address::agreement(
            &deal.hub.address,
            &first.address,
            &second.address,
            &deal.mint,
        )
        .0;
        AgreementFixture {
            first: first.clone(),
            second: second.clone(),
            address,
            vault: wayfare_tests::roaming::address::vault(&address).0,
            ..deal.clone()
        }
        .propose()
    };
    world
        .chain
        .refuse(propose(&deal.first, &deal.first), BadParties);
    world
        .chain
        .refuse(propose(&deal.second, &deal.first), BadParties);
    let other = world.add_hub("elsewhere", Stage::Registered);
    for (one, two) in [(&other.first, &deal.second), (&deal.first, &other.second)] {
        world.chain.refuse(propose(one, two), WrongHub);
    }
    world.chain.accept(propose(&deal.first, &deal.second));
}

#[test]
fn with_a_suspended_operator() {
    let mut world = World::at(Stage::Registered, TokenProgram::Spl);
    let (hub, deal) = (world.hub.clone(), world.deal.clone());
    for operator in [&deal.first, &deal.second] {
        world
            .chain
            .accept(hub.set_status(operator, OperatorStatus::Suspended));
        world.chain.refuse(deal.propose(), OperatorSuspended);
        world
            .chain
            .accept(hub.set_status(operator, OperatorStatus::Active));
    }
    world.chain.accept(deal.propose());
}

/// The terms' limits are the same wherever terms are named.
#[test]
fn terms_are_possible_ones() {
    let mut proposal = World::at(Stage::Registered, TokenProgram::Spl);
    let mut offer = World::at(Stage::Accepted, TokenProgram::Spl);
    let deal = proposal.deal.clone();
    type Set<T> = fn(&mut AgreementTerms, T);
    let windows: [Set<u32>; 4] = [
        |t, n| t.statement_window = n,
        |t, n| t.dispute_window = n,
        |t, n| t.arbitration_window = n,
        |t, n| t.withdrawal_notice = n,
    ];
    let shares: [Set<u16>; 2] = [|t, n| t.tolerance_bps = n, |t, n| t.default_award_bps = n];
    for set in windows {
        for window in [0, 180 * 86_400 + 1, u32::MAX] {
            let mut terms = deal.terms();
            set(&mut terms, window);
            proposal
                .chain
                .refuse(deal.propose_as(Side::First, terms), BadWindow);
            offer
                .chain
                .refuse(deal.offer(Side::Second, Some(terms)), BadWindow);
        }
        for window in [1, 180 * 86_400] {
            let mut terms = deal.terms();
            set(&mut terms, window);
            offer.chain.accept(deal.offer(Side::Second, Some(terms)));
        }
    }
    for set in shares {
        for (share, fine) in [
            (0, true),
            (9_999, true),
            (10_000, true),
            (10_001, false),
            (u16::MAX, false),
        ] {
            let mut terms = deal.terms();
            set(&mut terms, share);
            let call = deal.offer(Side::Second, Some(terms));
            if fine {
                offer.chain.accept(call);
            } else {
                offer.chain.refuse(call, BadShare);
                proposal
                    .chain
                    .refuse(deal.propose_as(Side::First, terms), BadShare);
            }
        }
    }
}

#[test]
fn in_a_mint_that_could_betray_it() {
    let mut world = World::at(Stage::Registered, TokenProgram::Token2022);
    let initialise = spl_token_2022_interface::instruction::initialize_permanent_delegate(
        &spl_token_2022_interface::ID,
        &person("taking mint"),
        &person("taker"),
    )
    .unwrap();
    let mint = world.chain.create_mint_with(
        TokenProgram::Token2022,
        "taking mint",
        &[ExtensionType::PermanentDelegate],
        &[initialise],
    );
    let hub = world.hub.clone();
    let in_mint = |mint, token| {
        AgreementFixture::new(&hub, &world.deal.first, &world.deal.second, mint, token)
    };
    let taking = in_mint(mint, TokenProgram::Token2022);
    let mismatch = in_mint(world.deal.mint, TokenProgram::Spl);
    world.chain.refuse(taking.propose(), MintRefused);
    world.chain.refuse(mismatch.propose(), MintRefused);
    let deal = world.deal.clone();
    world.chain.accept(deal.propose());
}
