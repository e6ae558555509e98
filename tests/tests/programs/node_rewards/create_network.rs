use anchor_lang::error::ErrorCode;
use node_rewards::constants::{MAX_CHALLENGE_PERIOD, MAX_EPOCH_LENGTH};
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::NetworkCreated;
use node_rewards::instructions::CreateNetworkArgs;
use node_rewards::state::{Network, StoredNetworkTerms};
use solana_instruction::error::InstructionError;
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_core::mint::token_account;
use wayfare_program::scope::Scope;
use wayfare_tests::keys::person;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::network::{NetworkFixture, TERMS};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{DECIMALS, TokenProgram};

#[test]
fn creates_an_empty_network_and_its_vault() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Minted, token);
        let lamports = chain.lamports(&net.operator);
        let event = chain.accept(net.create()).event();

        let state: Network = chain.read(&net.address);
        let [p0, p1, p2] = [0, 1, 2].map(|n| net.publishers[n]);
        let mut name = [0; 32];
        name[..5].copy_from_slice(b"metro");
        let expected = Network {
            scope: Scope {
                version: 1,
                bump: Network::find_address("metro").1,
                name_len: 5,
                padding: [0; 5],
                authority: net.authority,
                pending_authority: Pubkey::default(),
                guardian: net.guardian,
                name,
                paused_until: 0,
                sequence: 1,
                spare: [0; 40],
            },
            publishers: [p0, p1, p2, Pubkey::default(), Pubkey::default()],
            mint: net.mint,
            vault: net.vault,
            token_program: token.id(),
            root: [0; 32],
            terms: StoredNetworkTerms {
                epoch_length: TERMS.epoch_length,
                challenge_period: TERMS.challenge_period,
                emission_cap: TERMS.emission_cap,
                limiter_capacity: TERMS.limiter_capacity,
                limiter_refill: TERMS.limiter_refill,
                location_resolution: TERMS.location_resolution,
                padding: [0; 7],
            },
            limiter_level: TERMS.limiter_capacity,
            limiter_updated_at: chain.now(),
            epoch_ends_at: chain.now() + TERMS.epoch_length as i64,
            active_epoch: 0,
            lifetime_total: 0,
            claimed_total: 0,
            funded_total: 0,
            node_count: 0,
            leaf_count: 0,
            publisher_set: 1,
            depth: 0,
            threshold: 2,
            publisher_count: 3,
            decimals: DECIMALS,
            vault_bump: Network::find_vault_address(&net.address).1,
            padding: [0; 3],
            spare: [0; 64],
        };
        assert_eq!(state, expected);
        assert_eq!(
            event,
            Event::NetworkCreated(NetworkCreated {
                network: net.address,
                sequence: 1,
                authority: net.authority,
                guardian: net.guardian,
                mint: net.mint,
                vault: net.vault,
                terms: TERMS,
                publisher_set: net.publisher_set(),
            })
        );

        let vault = chain.account(&net.vault).unwrap();
        assert_eq!(vault.owner, token.id());
        let vault_state = token_account(&vault.data).unwrap();
        assert_eq!(vault_state.mint, net.mint.as_array());
        assert_eq!(vault_state.owner, net.address.as_array());
        assert_eq!(vault_state.amount, 0);
        assert!(!vault_state.is_frozen && !vault_state.has_delegate);
        assert!(!vault_state.has_close_authority);

        let network = chain.account(&net.address).unwrap();
        assert_eq!(network.lamports, chain.rent(Network::SPACE));
        let rent = network.lamports + vault.lamports;
        assert_eq!(chain.lamports(&net.operator), lamports - rent);
    }
}

/// Sends a creation with other arguments. `None` expects it to be carried out.
#[track_caller]
fn with(change: impl FnOnce(&mut CreateNetworkArgs), due: Option<Refusal>) {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let mut args = net.create_args();
    change(&mut args);
    let create = net.create_with(args);
    match due {
        None => drop(chain.accept(create)),
        Some(due) => chain.refuse(create, due),
    }
}

#[test]
fn names() {
    for good in [
        "a",
        "0",
        "a-0--b",
        "abcdefghijklmnopqrstuvwxyz-01234",
        "56789",
    ] {
        with(|args| args.name = good.to_owned(), None);
    }
    for bad in [
        "", " ", "Metro", "metro ", "met ro", "met_ro", "met.ro", "métro", "met\0", "metro\n", "а",
        "-", "--help", "-metro", "metro-",
    ] {
        with(|args| args.name = bad.to_owned(), Some(BadName.into()));
    }
}

/// No seed is longer than 32 bytes, so such a network has no address at all.
#[test]
fn a_name_longer_than_a_seed() {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let mut long = net.create_args();
    long.name = "a".repeat(33);
    let mut create = net.create();
    create.data = anchor_lang::InstructionData::data(&node_rewards::instruction::CreateNetwork {
        args: long,
    });
    let refused = chain.attempt(create).unwrap_err();
    assert!(
        Refusal::from(InstructionError::ProgramFailedToComplete).is(&refused.error, 0),
        "{refused:?}"
    );
    chain.accept(net.create());
}

#[test]
fn terms() {
    let day = TERMS.epoch_length;
    for good in [1, MAX_EPOCH_LENGTH] {
        with(
            |args| {
                args.terms.epoch_length = good;
                args.terms.limiter_refill = TERMS.emission_cap;
            },
            None,
        );
    }
    for bad in [0, MAX_EPOCH_LENGTH + 1, i64::MAX as u64, u64::MAX] {
        with(
            |args| args.terms.epoch_length = bad,
            Some(BadEpochLength.into()),
        );
    }
    for good in [1, MAX_CHALLENGE_PERIOD] {
        with(|args| args.terms.challenge_period = good, None);
    }
    for bad in [0, MAX_CHALLENGE_PERIOD + 1, i64::MAX as u64, u64::MAX] {
        with(
            |args| args.terms.challenge_period = bad,
            Some(BadChallengePeriod.into()),
        );
    }
    with(|args| args.terms.limiter_capacity = 1, None);
    with(
        |args| args.terms.limiter_capacity = 0,
        Some(BadLimiter.into()),
    );
    // The limiter must let out what an epoch grants.
    with(
        |args| args.terms.emission_cap = TERMS.limiter_refill * day,
        None,
    );
    with(
        |args| args.terms.emission_cap = TERMS.limiter_refill * day + 1,
        Some(BadLimiter.into()),
    );
    with(
        |args| {
            args.terms.emission_cap = u64::MAX;
            args.terms.limiter_refill = u64::MAX;
            args.terms.limiter_capacity = u64::MAX;
        },
        None,
    );
    // And something each second, even where no epoch grants anything any more.
    for (limiter_refill, due) in [(0, Some(BadLimiter.into())), (1, None)] {
        with(
            |args| {
                args.terms.emission_cap = 0;
                args.terms.limiter_refill = limiter_refill;
            },
            due,
        );
    }
    with(|args| args.terms.location_resolution = 15, None);
    for bad in [16, u8::MAX] {
        with(
            |args| args.terms.location_resolution = bad,
            Some(BadLocationResolution.into()),
        );
    }
}

#[test]
fn publishers_and_guardian() {
    let many = |n: u8| (0..n).map(|n| person(&format!("p{n}"))).collect::<Vec<_>>();
    for (count, threshold) in [(1, 1), (5, 1), (5, 5)] {
        with(
            |args| {
                args.publisher_set.publishers = many(count);
                args.publisher_set.threshold = threshold;
            },
            None,
        );
    }
    for (count, threshold) in [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 2),
        (3, 4),
        (5, 6),
        (6, 1),
        (5, u8::MAX),
    ] {
        with(
            |args| {
                args.publisher_set.publishers = many(count);
                args.publisher_set.threshold = threshold;
            },
            Some(BadPublishers.into()),
        );
    }
    with(
        |args| args.publisher_set.publishers[2] = args.publisher_set.publishers[0],
        Some(BadPublishers.into()),
    );
    with(
        |args| args.publisher_set.publishers[1] = Pubkey::default(),
        Some(ZeroKey.into()),
    );
    with(
        |args| args.guardian = Pubkey::default(),
        Some(ZeroKey.into()),
    );
}

#[test]
fn twice() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Claimed, token);
        chain.refuse(net.create(), SystemError::AccountAlreadyInUse);
        chain.refuse(
            [net.fund(1), net.create()],
            SystemError::AccountAlreadyInUse,
        );
    }
}

#[test]
fn other_addresses() {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let other = NetworkFixture::new("suburb", net.mint, net.token);
    chain.refuse(
        net.create().swap(&net.address, &other.address),
        ErrorCode::ConstraintSeeds,
    );
    chain.refuse(
        net.create().swap(&net.vault, &other.vault),
        ErrorCode::ConstraintSeeds,
    );
    let associated = net.tokens_of(&net.address);
    chain.refuse(
        net.create().swap(&net.vault, &associated),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(net.create());
}

#[test]
fn mints_that_are_none() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Minted, token);
        let foreign = chain.create_mint(token.other(), "foreign");
        let empty = person("an account without a mint in it");
        let allocate = chain.allocate(&empty, 82, &token.id());
        chain.accept(allocate);
        for create in [
            net.create().swap(&net.mint, &foreign),
            net.create().swap(&token.id(), &token.other().id()),
            net.create().swap(&net.mint, &net.tokens_of(&net.operator)),
            net.create().swap(&net.mint, &person("nobody")),
            net.create().swap(&net.mint, &empty),
        ] {
            chain.refuse(create, MintRefused);
        }
        chain.refuse(
            net.create()
                .swap(&token.id(), &solana_sdk_ids::system_program::ID),
            ErrorCode::InvalidProgramId,
        );
        chain.accept(net.create());
    }
}

#[test]
fn a_payer_without_lamports() {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let poor = net.create().swap(&net.operator, &person("poor"));
    chain.refuse(poor, SystemError::ResultWithNegativeLamports);
    chain.accept(net.create());
}
