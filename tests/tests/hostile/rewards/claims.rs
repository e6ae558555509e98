use std::mem::offset_of;

use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::{ClaimPage, NetworkTermsChange, Payout, PublisherSet};
use solana_instruction::Instruction;
use solana_instruction::error::InstructionError;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::instruction::{AuthorityType, close_account};
use wayfare_core::merkle::{PADDING, node, reward_leaf};
use wayfare_core::tree::Tree;
use wayfare_tests::chain::Chain;
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::instruction::Claim;
use wayfare_tests::rewards::instruction::{self, update_network};
use wayfare_tests::rewards::ledger::Ledger;
use wayfare_tests::rewards::network::{
    CHALLENGE_PERIOD, EPOCH_LENGTH, LIFETIMES, NetworkFixture, TERMS,
};
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{TokenProgram, set_authority};

use super::addresses::non_canonical;

/// Puts the ledger of a funded network in force.
fn activate(chain: &mut Chain, net: &NetworkFixture) {
    activate_with(chain, net, |_| {});
}

/// The same with another proposal than the ledger's.
fn activate_with(
    chain: &mut Chain,
    net: &NetworkFixture,
    change: impl Fn(&mut node_rewards::state::Proposal),
) {
    chain.pass(EPOCH_LENGTH);
    let mut args = net.ledger.proposal();
    change(&mut args);
    let approve = instruction::approve_epoch(net.address, net.publishers[1], args);
    chain.accept([net.propose_with(0, change), approve]);
    chain.pass(CHALLENGE_PERIOD);
    chain.accept(net.activate());
}

#[test]
fn claims_1_twice_in_a_transaction() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let net = world.net.clone();
        // Harmless: the second has nothing due.
        let accepted = world
            .chain
            .accept([net.claim(0), net.claim(0), net.claim(0)]);
        assert_eq!(accepted.events.rewards.len(), 1);
        assert_eq!(world.paid(0), LIFETIMES[0]);
        assert_eq!(world.vault(), FUNDED - LIFETIMES[0]);
    }
}

#[test]
fn claims_2_in_the_next_slot() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let net = world.net.clone();
        for _ in 0..3 {
            world.chain.accept(net.claim(0));
            world.chain.pass(1);
            assert_eq!(world.paid(0), LIFETIMES[0]);
        }
    }
}

/// Two transactions that repeat, reorder or duplicate claims leave the same final state.
#[test]
fn claims_2_in_any_order() {
    let world = World::at(Stage::Active, TokenProgram::Spl);
    let orders: [&[u32]; 3] = [
        &[0, 1, 2, 3, 4],
        &[4, 2, 0, 3, 1],
        &[3, 3, 0, 1, 0, 4, 2, 4],
    ];
    let ends = orders.map(|order| {
        let mut world = world.clone();
        for index in order {
            world.chain.accept(world.net.claim(*index));
        }
        let paid: Vec<_> = (0..5).map(|index| world.paid(index)).collect();
        let page: ClaimPage = world.chain.read(&world.net.page(0));
        (world.state(), page, paid, world.vault())
    });
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], ends[2]);
}

#[test]
fn claims_3_after_the_root_changed() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let old = world.net.claim(0);
    let claimed = world.net.claim(1);
    world.chain.accept(claimed.clone());
    world.next_epoch(&[5, 5]);
    for stale in [old.clone(), claimed] {
        world.chain.refuse(stale, WrongProof);
    }
    // The same leaf with its new siblings is as good as ever.
    world.chain.accept(world.net.claim(2));
    // The old lifetime with the new proof.
    let lower = world
        .net
        .claim(0)
        .claim_args(|args| args.lifetime = LIFETIMES[0]);
    world.chain.refuse(lower, WrongProof);
    world.chain.accept(world.net.claim(0));
    assert_eq!(world.paid(0), LIFETIMES[0] + 5);
    world.chain.refuse([world.net.claim(0), old], WrongProof);
}

/// A claim that is proved with these bytes, by somebody whose own leaf it pretends to be.
fn forged(
    world: &World,
    index: u32,
    lifetime: u64,
    detail_root: [u8; 32],
    proof: Vec<u8>,
) -> Instruction {
    let thief = stranger();
    let claim = Claim {
        owner: thief,
        wallet: thief,
        index,
        lifetime,
        detail_root,
        proof,
    };
    instruction::claim(&world.net.accounts(), claim)
}

#[test]
fn claims_4_an_inner_node_as_leaf() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    world
        .chain
        .create_associated(world.net.token, &world.net.mint, &stranger());
    let tree = world.net.ledger.tree();
    let proof = tree.proof(0).unwrap();
    // A leaf is hashed from 109 bytes, an inner node from 65. No owner, lifetime and detail root make the one from the
    // other; what can be tried is to let parts of the tree stand for them.
    let attempts = [
        // The rest of the path above an inner node, with every field set to what lies below it.
        (0, proof[32..].to_vec(), proof[..32].try_into().unwrap()),
        // The whole path, starting from what lies below.
        (0, proof.clone(), proof[..32].try_into().unwrap()),
        (0, proof.clone(), tree.root()),
        // The path of the second inner node.
        (1, proof[32..].to_vec(), tree.root()),
    ];
    for (index, proof, detail_root) in attempts {
        for lifetime in [1, LIFETIMES[0], u64::MAX] {
            let attack = forged(&world, index, lifetime, detail_root, proof.clone());
            world.chain.refuse(attack, WrongProof);
        }
    }
    // The padding after the last leaf is nobody's.
    for index in 5..8 {
        let attack = forged(&world, index, 1, [0; 32], tree.proof(4).unwrap());
        world.chain.refuse(attack, IndexOutOfRange);
    }
    world.chain.accept(world.net.claim(0));
}

/// A root that is itself the leaf of a claim: what a tree of one owner looks like.
#[test]
fn claims_4_the_root_as_leaf() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let thief = stranger();
    world
        .chain
        .create_associated(world.net.token, &world.net.mint, &thief);
    let net = world.net.address.to_bytes();
    let leaf = reward_leaf(&net, 0, &thief.to_bytes(), 7, &[0; 32]);
    let mut lying = world.net.clone();
    lying.ledger = lying.ledger.next(&[]);
    // The publishers put the thief's leaf in the place of an inner node. It has no path of the right length.
    let siblings = lying.ledger.tree().proof(0).unwrap();
    let root = node(
        &node(&leaf, siblings[32..64].try_into().unwrap()),
        siblings[64..].try_into().unwrap(),
    );
    activate_with(&mut world.chain, &lying, |args| args.root = root);
    world.chain.refuse(
        forged(&world, 0, 7, [0; 32], siblings[32..].to_vec()),
        WrongProof,
    );
    world
        .chain
        .refuse(forged(&world, 0, 7, [0; 32], siblings), WrongProof);
}

#[test]
fn claims_5_an_empty_proof() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    world
        .chain
        .create_associated(world.net.token, &world.net.mint, &stranger());
    world.chain.refuse(
        world.net.claim(0).claim_args(|args| args.proof.clear()),
        WrongProof,
    );
    world
        .chain
        .refuse(forged(&world, 0, 1, [0; 32], vec![]), WrongProof);
    world.chain.accept(world.net.claim(0));

    // Where the tree is one leaf, the empty proof is the right one, and no other.
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    world.net.ledger = Ledger::first(world.net.address, &[10]);
    let net = world.net.clone();
    activate(&mut world.chain, &net);
    for proof in [vec![0; 32], PADDING.to_vec(), net.ledger.root().to_vec()] {
        world.chain.refuse(
            net.claim(0).claim_args(|args| args.proof = proof),
            WrongProof,
        );
    }
    world.chain.accept(net.claim(0));
}

#[test]
fn claims_6_a_proof_too_long_or_too_short() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    for length in 0..96 {
        let short = net.claim(0).claim_args(|args| args.proof.truncate(length));
        chain.refuse(short, WrongProof);
    }
    for more in [1, 31, 32, 33, 64, 32 * 18, 32 * 19] {
        for byte in [0, PADDING[0]] {
            let long = net
                .claim(0)
                .claim_args(|args| args.proof.extend(vec![byte; more]));
            chain.refuse(long, WrongProof);
        }
    }
    // The padding's own path on top.
    let long = net.claim(0).claim_args(|args| args.proof.extend(PADDING));
    chain.refuse(long, WrongProof);
    chain.accept(net.claim(0));
}

#[test]
fn claims_7_a_proof_of_another_network() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let mut other = NetworkFixture::new("suburb", world.net.mint, token);
        other.ledger.leaves[0].lifetime += 1;
        other.terms.emission_cap += 1;
        wayfare_tests::rewards::world::raise(&mut world.chain, &other, Stage::Active);
        let net = world.net.clone();
        // The same owner at the same index, who earned more there.
        let claim = instruction::claim(&net.accounts(), other.ledger.claim(0, net.owner(0)));
        world.chain.refuse(claim, WrongProof);
        let claim = instruction::claim(&other.accounts(), net.ledger.claim(0, net.owner(0)));
        world.chain.refuse(claim, WrongProof);
        world.chain.accept([net.claim(0), other.claim(0)]);
    }
}

#[test]
fn claims_7_a_proof_of_another_owner_or_index() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    for index in 0..5 {
        for other in (0..5).filter(|other| *other != index) {
            // Somebody else's leaf, paid to this owner; this owner's leaf, under somebody else's counter.
            let mut claim = net.ledger.claim(other, net.owner(index));
            claim.owner = net.owner(index);
            world
                .chain
                .refuse(instruction::claim(&net.accounts(), claim), WrongProof);
            let mut claim = net.ledger.claim(index, net.owner(index));
            claim.index = other;
            world
                .chain
                .refuse(instruction::claim(&net.accounts(), claim), WrongProof);
        }
        world.chain.accept(net.claim(index));
    }
}

/// Publishers who lower an owner's lifetime cannot make it pay back, nor claim what they took away.
#[test]
fn claims_8_lifetime_below_the_counter() {
    let mut world = World::at(Stage::Claimed, TokenProgram::Spl);
    let mut lying = world.net.clone();
    lying.ledger = lying.ledger.next(&[]);
    lying.ledger.leaves[0].lifetime -= 1;
    lying.ledger.leaves[1].lifetime += 1;
    activate(&mut world.chain, &lying);
    world.chain.refuse(lying.claim(0), LifetimeBelowCounter);
    assert_eq!(world.paid(0), LIFETIMES[0]);
    // What owner 0 has, nobody else can have: not before the network grants it once more.
    world.chain.refuse(lying.claim(1), InvariantBroken);

    // Grants that bring the lifetime up to the counter again lead back to nothing due.
    let mut honest = lying.clone();
    honest.ledger = honest.ledger.next(&[1]);
    activate(&mut world.chain, &honest);
    assert_eq!(world.chain.accept(honest.claim(0)).events.rewards, []);
    world.chain.accept(honest.claim(1));
    honest.ledger = honest.ledger.next(&[1]);
    activate(&mut world.chain, &honest);
    world.chain.accept(honest.claim(0));
    assert_eq!(
        [0, 1].map(|index| world.paid(index)),
        [LIFETIMES[0] + 1, LIFETIMES[1] + 1]
    );
}

/// A tree whose leaves add up to more than the lifetime total, and to more than 64 bits hold: no more than the total
/// is ever paid.
#[test]
fn claims_9_sum_of_leaves_past_the_total() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    world.net.ledger = Ledger::first(world.net.address, &[0; 4]);
    for (leaf, lifetime) in
        world
            .net
            .ledger
            .leaves
            .iter_mut()
            .zip([u64::MAX, u64::MAX, 600_000, 500_000])
    {
        leaf.lifetime = lifetime;
    }
    let net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    let root = net.ledger.tree().root();
    let args = node_rewards::state::Proposal {
        number: 1,
        root,
        depth: 2,
        leaf_count: 4,
        lifetime_total: 1_000_000,
        data_hash: [0; 32],
    };
    let approve = instruction::approve_epoch(net.address, net.publishers[1], args.clone());
    let propose = instruction::propose_epoch(net.address, net.operator, net.publishers[0], args);
    world.chain.accept([propose, approve]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());

    for index in [0, 1] {
        world.chain.refuse(net.claim(index), InvariantBroken);
    }
    world.chain.accept(net.claim(2));
    world.chain.refuse(net.claim(3), InvariantBroken);
    // In instalments that fit, the greedy leaf gets what is left of the total, and then nothing.
    let change = NetworkTermsChange {
        limiter_capacity: Some(400_000),
        ..Default::default()
    };
    world
        .chain
        .accept(update_network(net.address, net.authority, change));
    world.chain.accept(net.claim(0));
    assert_eq!(world.paid(0), 400_000);
    world.chain.pass(EPOCH_LENGTH);
    world.chain.refuse(net.claim(0), InvariantBroken);
    world.chain.refuse(net.claim(3), InvariantBroken);
    assert_eq!(world.vault(), FUNDED - 1_000_000);
}

/// A network on which owner 0 has no payout account, and owner 1 has one that names `wallet`.
fn with_payout(token: TokenProgram) -> (World, Pubkey) {
    let mut world = World::at(Stage::Active, token);
    let (net, wallet) = (world.net.clone(), person("wallet"));
    world.chain.create_associated(token, &net.mint, &wallet);
    world.chain.create_associated(token, &net.mint, &stranger());
    world.chain.accept(net.set_payout(net.owner(1), wallet));
    (world, wallet)
}

/// A claim whose destination and payout slots the cranker filled.
fn directed(
    net: &NetworkFixture,
    index: u32,
    destination: &Pubkey,
    bump: u8,
    payout: &Pubkey,
) -> Instruction {
    let owner = net.owner(index);
    let honest = net.claim(index);
    let claim = if net.tokens_of(&owner) == *destination {
        honest
    } else {
        honest.swap(&net.tokens_of(&owner), destination)
    };
    let claim = claim.claim_args(|args| args.destination_bump = bump);
    if net.payout(&owner) == *payout {
        claim
    } else {
        claim.swap(&net.payout(&owner), payout)
    }
}

/// A wallet's associated token account, with its bump.
fn associated(net: &NetworkFixture, wallet: &Pubkey) -> (Pubkey, u8) {
    wayfare_client::token::token_account_and_bump(wallet, &net.mint, &net.token.id())
}

#[test]
fn claims_10_the_crankers_own_account() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, _) = with_payout(token);
        let (own, bump) = associated(&net, &stranger());
        for index in [0, 1, 2] {
            let theirs = directed(&net, index, &own, bump, &net.payout(&net.owner(index)));
            let due = if index == 1 {
                WrongDestination
            } else {
                WrongPayout
            };
            chain.refuse(theirs, due);
            // As if the cranker were the owner: then the leaf is not its own.
            let theirs = directed(&net, index, &own, bump, &net.payout(&stranger()));
            chain.refuse(theirs, WrongProof);
        }
        // The cranker even has a payout account of its own.
        chain.accept(net.set_payout(stranger(), stranger()));
        let theirs = directed(&net, 0, &own, bump, &net.payout(&stranger()));
        chain.refuse(theirs, WrongProof);
        chain.accept([net.claim(0), net.claim_to(1, person("wallet"))]);
    }
}

/// The owner has named a wallet, and the cranker does as if it had not.
#[test]
fn claims_10_a_payout_wallet_ignored() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, wallet) = with_payout(token);
        let owner = net.owner(1);
        let (own, bump) = associated(&net, &owner);
        let seeds: &[&[u8]] = &[Payout::SEED, net.address.as_ref(), owner.as_ref()];
        let (empty, _) = non_canonical(seeds, &node_rewards::ID);
        chain.refuse(
            directed(&net, 1, &own, bump, &net.payout(&owner)),
            WrongDestination,
        );
        for instead in [
            // The address with the next lower bump, where there can be no account.
            empty,
            // Somebody else's, who has none; no account at all; an account of another program.
            net.payout(&net.owner(0)),
            person("nobody"),
            owner,
            wallet,
            net.vault,
            solana_sdk_ids::system_program::ID,
            // Another account of the program.
            net.epoch(),
        ] {
            chain.refuse(directed(&net, 1, &own, bump, &instead), WrongPayout);
        }
        for twice in [net.address, net.page(0)] {
            let due = InstructionError::AccountBorrowFailed;
            chain.refuse(directed(&net, 1, &own, bump, &twice), due);
        }
        // The same for an owner without one.
        for instead in [empty, person("nobody"), net.payout(&net.owner(2))] {
            let (own, bump) = associated(&net, &net.owner(0));
            chain.refuse(directed(&net, 0, &own, bump, &instead), WrongPayout);
        }
        chain.accept([net.claim(0), net.claim_to(1, wallet)]);
        assert_eq!(chain.tokens(&net.tokens_of(&wallet)), LIFETIMES[1]);
        assert_eq!(chain.tokens(&own), 0);
    }
}

#[test]
fn claims_10_another_owners_payout() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, wallet) = with_payout(token);
        let (destination, bump) = associated(&net, &wallet);
        // Owner 1's payout account under the leaf of owner 0, with either destination.
        let payout = net.payout(&net.owner(1));
        chain.refuse(directed(&net, 0, &destination, bump, &payout), WrongProof);
        let (own, own_bump) = associated(&net, &net.owner(0));
        chain.refuse(directed(&net, 0, &own, own_bump, &payout), WrongDestination);
        chain.accept(net.claim(0));
    }
}

/// Two networks with the same owners: what an owner has named in the one says nothing in the other.
#[test]
fn claims_10_a_payout_of_another_network() {
    for token in TokenProgram::ALL {
        let (mut world, wallet) = with_payout(token);
        let other = world.add_network("suburb", Stage::Active);
        let net = world.net.clone();
        for owner in [0, 1, 2] {
            world
                .chain
                .accept(other.set_payout(net.owner(owner), stranger()));
        }
        let (theirs, bump) = associated(&net, &stranger());
        for index in [0, 1] {
            let payout = other.payout(&net.owner(index));
            world
                .chain
                .refuse(directed(&net, index, &theirs, bump, &payout), WrongPayout);
            let (own, bump) = associated(&net, &net.owner(index));
            world
                .chain
                .refuse(directed(&net, index, &own, bump, &payout), WrongPayout);
        }
        world.chain.accept([
            net.claim(0),
            net.claim_to(1, wallet),
            other.claim_to(0, stranger()),
        ]);
    }
}

/// SPL Token lets a wallet give its associated token account away. Token-2022 does not.
#[test]
fn claims_10_an_associated_account_given_away() {
    let (World { mut chain, net }, wallet) = with_payout(TokenProgram::Spl);
    let thief = person("thief");
    chain.create_associated(net.token, &net.mint, &thief);
    for giver in [net.owner(0), wallet] {
        let account = net.tokens_of(&giver);
        let give = set_authority(
            net.token,
            &account,
            AuthorityType::AccountOwner,
            &giver,
            Some(&thief),
        );
        chain.accept(give);
    }
    // The owner's address, whose account belongs to the thief now.
    chain.refuse(net.claim(0), WrongPayout);
    let (own, bump) = associated(&net, &net.owner(0));
    chain.refuse(
        directed(&net, 0, &own, bump, &net.payout(&thief)),
        WrongDestination,
    );
    chain.refuse(net.claim_to(1, wallet), WrongDestination);
    // The owner itself gets everything, once it has named a wallet that is its own.
    chain.refuse(net.claim_to(0, thief), WrongPayout);
    let safe = person("safe");
    chain.create_associated(net.token, &net.mint, &safe);
    chain.accept([
        net.set_payout(net.owner(0), safe),
        net.set_payout(net.owner(1), safe),
    ]);
    chain.accept([net.claim_to(0, safe), net.claim_to(1, safe)]);
    assert_eq!(
        chain.tokens(&net.tokens_of(&safe)),
        LIFETIMES[0] + LIFETIMES[1]
    );

    let (World { mut chain, net }, _) = with_payout(TokenProgram::Token2022);
    let owner = net.owner(0);
    let account = net.tokens_of(&owner);
    let give = set_authority(
        net.token,
        &account,
        AuthorityType::AccountOwner,
        &owner,
        Some(&thief),
    );
    chain.refuse(give, TokenError::ImmutableOwner);
    chain.accept(net.claim(0));
}

/// Token accounts of the right owner that are not the associated one.
#[test]
fn claims_10_another_account_of_the_owner() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, wallet) = with_payout(token);
        for (index, payee) in [(0, net.owner(0)), (1, wallet)] {
            let name = format!("second account {index}");
            let second = chain.create_token_account(token, &name, &net.mint, &payee);
            let (own, bump) = associated(&net, &payee);
            for bump in [bump, 255, 0] {
                let claim = net.claim_to(index, payee).swap(&own, &second);
                let claim = claim.claim_args(|args| args.destination_bump = bump);
                chain.refuse(claim, WrongDestination);
            }
            // One of another mint, at its own address.
            let mint = chain.create_mint(token, &format!("another mint {index}"));
            let other = chain.create_associated(token, &mint, &payee);
            let (_, bump) =
                wayfare_client::token::token_account_and_bump(&payee, &mint, &token.id());
            let claim = net.claim_to(index, payee).swap(&own, &other);
            let claim = claim.claim_args(|args| args.destination_bump = bump);
            chain.refuse(claim, WrongDestination);
            // One of the other token program, of a mint of its own.
            let mint = chain.create_mint(token.other(), &format!("foreign mint {index}"));
            let other = chain.create_associated(token.other(), &mint, &payee);
            let claim = net.claim_to(index, payee).swap(&own, &other);
            chain.refuse(claim, WrongDestination);
            chain.accept(net.claim_to(index, payee));
        }
    }
}

/// The right address with the wrong contents: no token program makes such an account, and the claim does not rely on it.
#[test]
fn claims_10_an_associated_address_with_other_contents() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, _) = with_payout(token);
        let destination = net.tokens_of(&net.owner(0));
        let mint = chain.create_mint(token, "another mint");
        let sound = chain.account(&destination).unwrap();
        let forge = |change: &dyn Fn(&mut solana_account::Account)| {
            let mut forged = sound.clone();
            change(&mut forged);
            forged
        };
        for (forged, due) in [
            (
                forge(&|account| account.data[..32].copy_from_slice(mint.as_ref())),
                WrongDestination,
            ),
            (
                forge(&|account| account.owner = token.other().id()),
                WrongDestination,
            ),
            (forge(&|account| account.data[108] = 0), WrongDestination),
            (
                forge(&|account| account.data[32..64].copy_from_slice(stranger().as_ref())),
                WrongPayout,
            ),
        ] {
            chain.put(&destination, forged);
            chain.refuse(net.claim(0), due);
        }
        chain.put(&destination, sound);
        chain.accept(net.claim(0));
    }
}

/// No account of a token program is at such an address. Lamports may be.
#[test]
fn claims_10_a_non_canonical_destination_bump() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, _) = with_payout(token);
        let (owner, program) = (net.owner(0), token.id());
        let seeds: &[&[u8]] = &[owner.as_ref(), program.as_ref(), net.mint.as_ref()];
        let (wrong, bump) =
            non_canonical(seeds, &wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM.into());
        let claim = directed(&net, 0, &wrong, bump, &net.payout(&owner));
        chain.refuse(claim.clone(), WrongDestination);
        chain.give_lamports(&wrong, 10_000_000);
        chain.refuse(claim, WrongDestination);
        chain.accept(net.claim(0));
    }
}

#[test]
fn claims_10_a_frozen_destination() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, wallet) = with_payout(token);
        for (index, payee) in [(0, net.owner(0)), (1, wallet)] {
            let destination = net.tokens_of(&payee);
            chain.freeze(token, &net.mint, &destination);
            chain.refuse(net.claim_to(index, payee), DestinationFrozen);
            // Nobody else is held up.
            chain.accept(net.claim(2));
            chain.thaw(token, &net.mint, &destination);
            chain.accept(net.claim_to(index, payee));
        }
    }
}

/// The owner closed its token account. What is due waits until there is one again.
#[test]
fn claims_10_a_closed_destination() {
    for token in TokenProgram::ALL {
        let (World { mut chain, net }, _) = with_payout(token);
        let owner = net.owner(0);
        let account = net.tokens_of(&owner);
        let close = close_account(&token.id(), &account, &owner, &owner, &[]).unwrap();
        chain.accept(close);
        chain.refuse(net.claim(0), WrongDestination);
        chain.create_associated(token, &net.mint, &owner);
        chain.accept(net.claim(0));
        assert_eq!(chain.tokens(&account), LIFETIMES[0]);
    }
}

#[test]
fn claims_11_the_same_publisher_approves_twice() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    chain.refuse(net.approve(0), ApprovedTwice);
    chain.pass(CHALLENGE_PERIOD);
    chain.refuse(net.activate(), TooFewApprovals);
    // Nor by proposing the same once more: that is one approval, and the same account.
    chain.accept(net.propose());
    chain.refuse(net.approve(0), ApprovedTwice);
    chain.refuse(net.activate(), TooFewApprovals);
    chain.accept(net.approve(2));
}

/// Publisher 0 shows an honest root, lets publisher 1 approve it, and means another.
#[test]
fn claims_11_approvals_of_one_root_counted_for_another() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    let mut lie = net.clone();
    lie.ledger.leaves[0].lifetime += 1;
    lie.ledger.leaves[1].lifetime -= 1;
    // Replaced before the approval arrives: it names the root it means.
    chain.refuse([lie.propose(), net.approve(1)], WrongProposal);
    // Replaced after it: an approved proposal stays.
    chain.refuse([net.approve(1), lie.propose()], AlreadyApproved);
    // Where three approvals are needed, two are not enough to hold it, and both are lost with it.
    let mut set = net.publisher_set();
    set.threshold = 3;
    chain.accept(instruction::set_publishers(net.address, net.authority, set));
    chain.accept([net.propose(), net.approve(1)]);
    chain.accept(lie.propose());
    chain.refuse(net.approve(2), WrongProposal);
    chain.accept(lie.approve(2));
    chain.pass(CHALLENGE_PERIOD);
    chain.refuse(lie.activate(), TooFewApprovals);
    chain.accept(lie.approve(1));
}

/// A publisher that is replaced by itself under another set approves once, not twice.
#[test]
fn claims_11_approvals_of_former_publishers() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    let set = |publishers: Vec<Pubkey>| {
        let set = PublisherSet {
            publishers,
            threshold: 2,
        };
        instruction::set_publishers(net.address, net.authority, set)
    };
    let thief = person("thief");
    chain.accept(set(vec![thief, net.publishers[0]]));
    // One approval from before, and one from now.
    let approve = instruction::approve_epoch(net.address, thief, net.ledger.proposal());
    chain.refuse(approve, PublishersChanged);
    chain.accept(set(net.publishers.clone()));
    chain.refuse(net.approve(1), PublishersChanged);
    chain.accept([net.propose(), net.approve(1)]);
}

#[test]
fn claims_12_an_epoch_number_that_skips_or_repeats() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let mut net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    for number in [0, 1, 3, 4, u64::MAX] {
        net.ledger.number = number;
        world.chain.refuse(net.propose(), WrongEpochNumber);
    }
    net.ledger.number = 2;
    world.chain.accept([net.propose(), net.approve(1)]);
    // Proposed and approved is not in force: the third cannot come before the second.
    net.ledger.number = 3;
    world.chain.refuse(net.propose(), WrongEpochNumber);
}

#[test]
fn claims_13_activation_too_early_vetoed_or_underfunded() {
    let World { mut chain, net } = World::at(Stage::Approved, TokenProgram::Spl);
    let approved = chain.now();
    chain.set_time(approved + CHALLENGE_PERIOD - 1);
    chain.refuse(net.activate(), ChallengePeriod);
    chain.set_time(approved + CHALLENGE_PERIOD);
    let mut vetoed = chain.clone();
    vetoed.accept(net.veto());
    vetoed.refuse(net.activate(), NotProposed);
    chain.accept(net.activate());

    // What a proposal promises has to be there, to the last unit, and claims before do not count twice.
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    chain.accept(net.fund(net.ledger.total() - 1));
    chain.pass(EPOCH_LENGTH);
    chain.accept([net.propose(), net.approve(1)]);
    chain.pass(CHALLENGE_PERIOD);
    chain.refuse(net.activate(), Underfunded);
    chain.accept([net.fund(1), net.activate()]);
}

#[test]
fn claims_14_growth_above_the_cap() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let mut net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    net.ledger = net.ledger.next(&[TERMS.emission_cap + 1]);
    world.chain.refuse(net.propose(), AboveEmissionCap);
    net.ledger.leaves[0].lifetime -= 1;
    world.chain.accept([net.propose(), net.approve(1)]);
    // The cap is a rate: the next epoch has to wait for its own end, however late this one comes into force.
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
    net.ledger = net.ledger.next(&[TERMS.emission_cap]);
    world.chain.refuse(net.propose(), EpochNotOver);
    world.chain.set_time(world.state().epoch_ends_at);
    world.chain.accept(net.propose());
}

#[test]
fn claims_15_a_page_of_another_network() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Active);
    let net = world.net.clone();
    world
        .chain
        .accept([net.create_page(1), other.create_page(1)]);
    for wrong in [other.page(0), other.page(1), net.page(1)] {
        world
            .chain
            .refuse(net.claim(0).swap(&net.page(0), &wrong), WrongPage);
    }
    // A page that is not there yet.
    let missing = net.claim(0).swap(&net.page(0), &net.page(2));
    world
        .chain
        .refuse(missing, ErrorCode::AccountOwnedByWrongProgram);
    world.chain.accept([net.claim(0), other.claim(0)]);
    let page: ClaimPage = world.chain.read(&net.page(0));
    assert_eq!(page.counters[0], LIFETIMES[0]);
}

/// A page whose content says that it is another one. The program never writes that, and trusts it.
#[test]
fn claims_15_a_page_knows_its_network_and_number() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Active);
    let (mut chain, net) = (world.chain, world.net);
    let page: ClaimPage = chain.read(&net.page(0));
    assert_eq!((page.network, page.page), (net.address, 0));
    let mut edited = chain.clone();
    edited.edit(&net.page(0), |account| {
        account.data[8 + offset_of!(ClaimPage, page)] = 1
    });
    edited.refuse(net.claim(0), WrongPage);
    chain.edit(&net.page(0), |account| {
        let at = 8 + offset_of!(ClaimPage, network);
        account.data[at..at + 32].copy_from_slice(other.address.as_ref());
    });
    chain.refuse(net.claim(0), WrongPage);
}

/// The tree's shape is the proposal's: an index below the depth's reach, beyond the number of leaves.
#[test]
fn claims_4_a_leaf_behind_the_last() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let net = world.net.clone();
    // The publishers built a tree of eight leaves, and say that it has five.
    let mut eight = net.clone();
    eight.ledger = Ledger::first(net.address, &[1, 1, 1, 1, 1, 1, 1, 1]);
    let tree: Tree = eight.ledger.tree();
    activate_with(&mut world.chain, &net, |args| args.root = tree.root());
    world
        .chain
        .create_associated(net.token, &net.mint, &eight.owner(5));
    world.chain.refuse(eight.claim(5), IndexOutOfRange);
    world.chain.accept(eight.claim(4));
}
