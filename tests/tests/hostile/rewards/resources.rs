use node_rewards::instructions::CreateNetworkArgs;
use node_rewards::state::{ClaimPage, PublisherSet};
use solana_pubkey::Pubkey;
use wayfare_client::send::{compute_unit_limit, compute_unit_price};
use wayfare_core::merkle::{MAX_DEPTH, fold_proof, reward_leaf};
use wayfare_tests::chain::PACKET_DATA_SIZE;
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::NODE_REWARDS;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::crowd::honest;
use wayfare_tests::rewards::instruction::{self, Claim, set_publishers};
use wayfare_tests::rewards::ledger::Ledger;
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, NetworkFixture};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

/// Compute units that an instruction may use where the transaction asks for nothing else
/// (`DEFAULT_INSTRUCTION_COMPUTE_UNIT_LIMIT` in `solana-compute-budget`).
const DEFAULT_COMPUTE_UNITS: u64 = 200_000;

/// Every instruction, with both compute budget instructions, signed by a fee payer of its own.
#[test]
fn resources_1_every_instruction() {
    for instruction in &NODE_REWARDS.instructions {
        for token in TokenProgram::ALL {
            for Honest {
                mut chain, call, ..
            } in honest(&instruction.name, token)
            {
                let limit = compute_unit_limit(DEFAULT_COMPUTE_UNITS as u32);
                let chain = &mut chain;
                let accepted = chain.accept([limit, compute_unit_price(1), call]);
                assert!(accepted.bytes <= PACKET_DATA_SIZE);
            }
        }
    }
}

/// The longest name and the most publishers.
#[test]
fn resources_1_the_largest_network() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Minted, token);
        let mut net = NetworkFixture {
            name: "n".repeat(32),
            ..net
        };
        net.address = wayfare_client::rewards::address::network(&net.name).unwrap();
        net.vault = wayfare_client::rewards::address::vault(&net.address);
        net.publishers = (0..5).map(|n| person(&format!("p{n}"))).collect();
        let set = PublisherSet {
            publishers: net.publishers.clone(),
            threshold: 5,
        };
        let args = CreateNetworkArgs {
            publisher_set: set.clone(),
            ..net.create_args()
        };
        let budget = || {
            [
                compute_unit_limit(DEFAULT_COMPUTE_UNITS as u32),
                compute_unit_price(1),
            ]
        };
        let with = |call| budget().into_iter().chain([call]).collect::<Vec<_>>();
        chain.accept(with(net.create_with(args)));
        chain.accept(with(set_publishers(net.address, net.authority, set)));
        chain.accept(with(net.create_page(ClaimPage::MAX_PAGES - 1)));
        chain.pass(EPOCH_LENGTH);
        chain.accept(with(net.propose()));
        for publisher in 1..5 {
            chain.accept(with(net.approve(publisher)));
        }
    }
}

/// The last leaf of the deepest tree, in a legacy transaction with both compute budget instructions.
#[test]
fn resources_1_a_claim_from_the_deepest_tree() {
    for token in TokenProgram::ALL {
        for payout in [false, true] {
            let mut world = World::at(Stage::Funded, token);
            let net = world.net.clone();
            let (owner, index, lifetime) = (net.owner(0), (1 << MAX_DEPTH) - 1, 1_000_000);
            let wallet = if payout { person("wallet") } else { owner };
            world.chain.create_associated(token, &net.mint, &wallet);
            if payout {
                world.chain.accept(net.set_payout(owner, wallet));
            }
            let (page, _) = ClaimPage::locate(index);
            world.chain.accept(net.create_page(page));

            // A path to the leaf is all that a claim needs of two million others.
            let proof: Vec<u8> = (0..u32::from(MAX_DEPTH) * 32).map(|n| n as u8).collect();
            let detail_root = [9; 32];
            let leaf = reward_leaf(
                &net.address.to_bytes(),
                index,
                &owner.to_bytes(),
                lifetime,
                &detail_root,
            );
            let root = fold_proof(leaf, index, &proof).unwrap();
            world.chain.pass(EPOCH_LENGTH);
            let proposal = node_rewards::state::Proposal {
                root,
                depth: MAX_DEPTH,
                leaf_count: 1 << MAX_DEPTH,
                lifetime_total: lifetime,
                ..net.ledger.proposal()
            };
            let propose = net.propose_with(0, |args| *args = proposal.clone());
            let approve = instruction::approve_epoch(net.address, net.publishers[1], proposal);
            world.chain.accept([propose, approve]);
            world.chain.pass(CHALLENGE_PERIOD);
            world.chain.accept(net.activate());

            let claim = Claim {
                owner,
                wallet,
                index,
                lifetime,
                detail_root,
                proof,
            };
            let claim = instruction::claim(&net.accounts(), claim);
            let budget = [compute_unit_limit(20_000), compute_unit_price(1_000_000)];
            let accepted = world
                .chain
                .accept(budget.into_iter().chain([claim]).collect::<Vec<_>>());
            println!(
                "{token:?}: {} bytes, {} CU",
                accepted.bytes, accepted.compute_units
            );
            assert!(accepted.bytes <= PACKET_DATA_SIZE);
            assert_eq!(world.paid_to(&wallet), lifetime);
        }
    }
}

/// A bump search costs 1,500 compute units a step: whose address takes many steps is still served.
#[test]
fn resources_1_addresses_with_low_bumps() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let bump = |device: &Pubkey| {
        Pubkey::find_program_address(
            &[b"node", net.address.as_ref(), device.as_ref()],
            &node_rewards::ID,
        )
        .1
    };
    let lowest = (0..500)
        .map(|n| person(&format!("device {n}")))
        .min_by_key(bump)
        .unwrap();
    assert!(bump(&lowest) < 250);
    let accepted = chain.accept(net.register(net.owner(0), lowest));
    assert!(accepted.compute_units < DEFAULT_COMPUTE_UNITS);
}

/// Owners of next to nothing, however many, take out of the limiter what they are paid and no more: who claims after
/// them is served.
#[test]
fn resources_2_dust_claims_do_not_stop_a_crank() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let lifetimes: Vec<u64> = std::iter::repeat_n(1, 255).chain([999_745]).collect();
    world.net.ledger = Ledger::first(world.net.address, &lifetimes);
    let net = world.net.clone();
    for leaf in &net.ledger.leaves {
        world
            .chain
            .create_associated(net.token, &net.mint, &leaf.owner);
    }
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
    // Each claims three times: the second and third time nothing is due.
    for index in (0..255).cycle().take(3 * 255) {
        world.chain.accept(net.claim(index));
    }
    world.chain.accept(net.claim(255));
    assert_eq!(world.paid(255), 999_745);
    assert_eq!(world.state().claimed_total, 1_000_000);
}
