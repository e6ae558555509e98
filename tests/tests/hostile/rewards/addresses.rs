use std::collections::BTreeSet;

use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::network::EPOCH_LENGTH;
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// The address with the next bump below the canonical one that gives an address at all.
pub fn non_canonical(seeds: &[&[u8]], program: &Pubkey) -> (Pubkey, u8) {
    let (_, canonical) = Pubkey::find_program_address(seeds, program);
    (0..canonical)
        .rev()
        .find_map(|bump| {
            let tail: &[u8] = &[bump];
            let seeds: Vec<_> = seeds.iter().copied().chain([tail]).collect();
            let address = Pubkey::create_program_address(&seeds, program).ok()?;
            Some((address, bump))
        })
        .expect("there is another bump")
}

#[test]
fn addresses_1_a_non_canonical_bump() {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let id = &node_rewards::ID;
    let network = net.address.as_ref();
    let (wrong, _) = non_canonical(&[Network::SEED, net.name.as_bytes()], id);
    chain.refuse(
        net.create().swap(&net.address, &wrong),
        ErrorCode::ConstraintSeeds,
    );
    let (wrong, _) = non_canonical(&[Network::VAULT_SEED, network], id);
    chain.refuse(
        net.create().swap(&net.vault, &wrong),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(net.create());

    let (wrong, _) = non_canonical(&[ClaimPage::SEED, network, &0u32.to_le_bytes()], id);
    chain.refuse(
        net.create_page(0).swap(&net.page(0), &wrong),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(net.create_page(0));

    chain.pass(EPOCH_LENGTH);
    let (wrong, _) = non_canonical(&[Epoch::SEED, network, &1u64.to_le_bytes()], id);
    chain.refuse(
        net.propose().swap(&net.epoch(), &wrong),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(net.propose());

    let (owner, device) = (net.owner(0), person("device"));
    let (wrong, _) = non_canonical(&[Node::SEED, network, device.as_ref()], id);
    let register = net.register(owner, device);
    chain.refuse(
        register.clone().swap(&net.node(&device), &wrong),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(register);

    let (wrong, _) = non_canonical(&[Payout::SEED, network, owner.as_ref()], id);
    let set = net.set_payout(owner, owner);
    chain.refuse(
        set.clone().swap(&net.payout(&owner), &wrong),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(set);
}

/// The seeds of no kind of account start like those of another, and within a kind all but the last have a fixed length.
#[test]
fn addresses_2_names_that_concatenate_alike() {
    let seeds = [
        Network::SEED,
        Network::VAULT_SEED,
        Epoch::SEED,
        ClaimPage::SEED,
        Payout::SEED,
        Node::SEED,
    ];
    for (a, first) in seeds.iter().enumerate() {
        for (b, second) in seeds.iter().enumerate() {
            assert!(a == b || !first.starts_with(second));
        }
    }

    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let names = [
        "ab", "abc", "a", "b", "bc", "a-b", "ab-c", "c-ab", "network", "vault", "1", "11",
    ];
    let mut addresses = BTreeSet::new();
    for name in names {
        let mut other =
            wayfare_tests::rewards::network::NetworkFixture::new(name, net.mint, net.token);
        other.operator = net.operator;
        chain.accept(other.create());
        assert_eq!(chain.read::<Network>(&other.address).scope.name(), name);
        addresses.extend([
            other.address,
            other.vault,
            other.epoch(),
            other.page(0),
            other.page(1),
        ]);
    }
    assert_eq!(addresses.len(), names.len() * 5);
}

/// Epoch 1 and page 1, device and owner with the same key, stay apart.
#[test]
fn addresses_2_one_key_in_several_seeds() {
    let World { mut chain, net } = World::at(Stage::Funded, TokenProgram::Spl);
    let key = net.owner(0);
    chain.accept([
        net.create_page(1),
        net.register(key, key),
        net.set_payout(key, key),
    ]);
    chain.pass(EPOCH_LENGTH);
    chain.accept(net.propose());
    let addresses = BTreeSet::from([
        net.epoch(),
        net.page(1),
        net.node(&key),
        net.payout(&key),
        address::vault(&net.address),
    ]);
    assert_eq!(addresses.len(), 5);
}

/// A network signs for its own vault only. Its name is its seed: no other network has it.
#[test]
fn addresses_3_one_networks_address_signing_for_anothers_vault() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let other = world.add_network("metro-2", Stage::Active);
        let net = world.net.clone();
        // Past the check of the vault's address: the token program would still ask for the right signature.
        let mut chain = world.chain.clone();
        chain.edit(&other.address, |account| {
            let at = account
                .data
                .windows(32)
                .position(|bytes| bytes == other.vault.as_array())
                .unwrap();
            account.data[at..at + 32].copy_from_slice(net.vault.as_ref());
        });
        let claim = other.claim(0).swap(&other.vault, &net.vault);
        chain.refuse(
            claim,
            spl_token_2022_interface::error::TokenError::OwnerMismatch,
        );
        assert_eq!(chain.tokens(&net.vault), FUNDED);

        world
            .chain
            .refuse(other.claim(0).swap(&other.vault, &net.vault), WrongVault);
        world.chain.accept([other.claim(0), net.claim(0)]);
    }
}
