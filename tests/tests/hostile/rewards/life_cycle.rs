use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::{Epoch, Network, Node, NodeKind, Payout, PublisherSet};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::instruction::close_account;
use wayfare_tests::chain::Chain;
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::instruction::{self, accept_node, move_node, offer_node, retire_node};
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, LIFETIMES, location};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// Lamports from the fee payer, as anybody can send them anywhere.
fn send(to: &Pubkey, lamports: u64) -> Instruction {
    solana_system_interface::instruction::transfer(&Chain::fee_payer(), to, lamports)
}

/// A name is whose first takes it. What the stranger gets is a network of its own: nothing in it passes for the one
/// that was meant, because its authority is the stranger.
#[test]
fn life_cycle_1_a_stranger_initialises_first() {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    let mut theirs = net.clone();
    theirs.authority = stranger();
    theirs.guardian = stranger();
    chain.accept(theirs.create());
    chain.refuse(net.create(), SystemError::AccountAlreadyInUse);
    let change = node_rewards::state::NetworkTermsChange::default();
    let update = instruction::update_network(net.address, net.authority, change);
    chain.refuse(update, NotAuthority);
    assert_eq!(
        chain.read::<Network>(&net.address).scope.authority,
        stranger()
    );

    // The other accounts have no role to take: whoever makes a page makes it for everybody.
    chain.accept(instruction::create_page(net.address, net.operator, 0));
    // Nobody registers a device, or names a payout wallet, for somebody else.
    let (owner, device) = (net.owner(0), person("device"));
    let squat = net.register(stranger(), device).unsigned(&device);
    chain.refuse(squat, ErrorCode::AccountNotSigner);
    let redirect = net.set_payout(owner, stranger()).unsigned(&owner);
    chain.refuse(redirect, ErrorCode::AccountNotSigner);
    chain.accept([net.register(owner, device), net.set_payout(owner, owner)]);
}

#[test]
fn life_cycle_2_initialise_twice() {
    let World { mut chain, net } = World::at(Stage::Claimed, TokenProgram::Spl);
    let device = person("device");
    chain.accept(net.register(net.owner(0), device));
    for again in [
        net.create(),
        net.create_page(0),
        net.register(net.owner(0), device),
    ] {
        chain.refuse(again.clone(), SystemError::AccountAlreadyInUse);
        // Not even by somebody whose lamports would cover the rent once more.
        chain.refuse(
            again.swap(&net.operator, &Chain::fee_payer()),
            SystemError::AccountAlreadyInUse,
        );
    }
    // An epoch that is in force is not proposed again.
    chain.pass(EPOCH_LENGTH);
    chain.refuse(net.propose(), WrongEpochNumber);
    let mut next = net.clone();
    next.ledger = next.ledger.next(&[1]);
    chain.accept(next.propose());
}

#[test]
fn life_cycle_3_close_fund_again_and_use_in_one_transaction() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        let (owner, device, wallet) = (net.owner(0), person("device"), person("wallet"));
        chain.create_associated(token, &net.mint, &wallet);
        chain.accept([net.register(owner, device), net.set_payout(owner, wallet)]);

        // The node's lamports come back before the transaction ends, so that the runtime does not sweep it away.
        let node = net.node(&device);
        let retire = retire_node(net.address, device, owner, net.operator);
        for lamports in [1_000_000, chain.lamports(&node)] {
            for used in [
                move_node(net.address, device, owner, location(8)),
                offer_node(net.address, device, owner, Some(wallet)),
                retire.clone(),
            ] {
                let tx = [retire.clone(), send(&node, lamports), used];
                chain.refuse(tx, ErrorCode::AccountOwnedByWrongProgram);
            }
        }

        // The payout account's too: neither is the wallet paid any more, nor is it written to.
        let payout = net.payout(&owner);
        let lamports = chain.lamports(&payout);
        let close = [net.clear_payout(owner), send(&payout, lamports)];
        let with = |used| close.iter().cloned().chain([used]).collect::<Vec<_>>();
        chain.refuse(
            with(net.clear_payout(owner)),
            ErrorCode::AccountOwnedByWrongProgram,
        );
        chain.refuse(with(net.claim_to(0, wallet)), WrongPayout);
        chain.accept(with(net.claim(0)));
        assert_eq!(chain.tokens(&net.tokens_of(&owner)), LIFETIMES[0]);

        // Each can be made again in the transaction that closed it, and starts from nothing.
        chain.accept([
            net.set_payout(owner, wallet),
            net.clear_payout(owner),
            net.set_payout(owner, owner),
        ]);
        assert_eq!(chain.read::<Payout>(&payout).wallet, owner);
        let other = instruction::register_node(
            net.address,
            net.operator,
            net.owner(1),
            device,
            NodeKind::SmallCell,
            location(5),
        );
        chain.accept([
            offer_node(net.address, device, owner, Some(wallet)),
            retire,
            other,
        ]);
        let state: Node = chain.read(&node);
        assert_eq!(
            (state.owner, state.pending_owner),
            (net.owner(1), Pubkey::default())
        );
    }
}

/// What holds tokens is never closed; closing what holds none loses nothing of what is due.
#[test]
fn life_cycle_4_close_while_tokens_remain() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        for signer in [net.authority, net.guardian, net.operator, stranger()] {
            let close = close_account(&token.id(), &net.vault, &signer, &signer, &[]).unwrap();
            let refused = chain.attempt(close).unwrap_err();
            let due = [TokenError::OwnerMismatch, TokenError::NonNativeHasBalance];
            assert!(
                due.into_iter().any(|due| {
                    wayfare_tests::refusal::Refusal::from(due).is(&refused.error, 0)
                }),
                "{refused:?}"
            );
        }
        let (owner, device) = (net.owner(0), person("device"));
        chain.accept([
            net.register(owner, device),
            retire_node(net.address, device, owner, net.operator),
            net.set_payout(owner, stranger()),
            net.clear_payout(owner),
        ]);
        chain.accept(net.claim(0));
        assert_eq!(chain.tokens(&net.tokens_of(&owner)), LIFETIMES[0]);
    }
}

/// Anybody can send lamports to an address before there is an account.
#[test]
fn life_cycle_5_prefunded_addresses() {
    for token in TokenProgram::ALL {
        for lamports in [1_000_000, 50_000_000_000] {
            let World { mut chain, net } = World::at(Stage::Minted, token);
            let (owner, device) = (net.owner(0), person("device"));
            for address in [
                net.address,
                net.vault,
                net.epoch(),
                net.page(0),
                net.payout(&owner),
                net.payout(&net.owner(1)),
                net.node(&device),
            ] {
                chain.accept(send(&address, lamports));
            }
            // A token account of the network, made before the network.
            chain.create_associated(token, &net.mint, &net.address);

            chain.accept(net.create());
            chain.accept([net.fund(1_000_000), net.create_page(0)]);
            chain.accept([
                net.register(owner, device),
                net.set_payout(owner, stranger()),
            ]);
            chain.create_associated(token, &net.mint, &stranger());
            chain.pass(EPOCH_LENGTH);
            chain.accept([net.propose(), net.approve(1)]);
            chain.pass(CHALLENGE_PERIOD);
            chain.accept([net.activate(), net.claim_to(0, stranger())]);
            // Lamports at the address of owner 1's payout make no payout account of it.
            chain.accept(net.claim(1));
            assert_eq!(chain.read::<Network>(&net.address).claimed_total, 350_000);
        }
    }
}

/// An associated token account that somebody else made, before or after.
#[test]
fn life_cycle_5_a_token_account_made_beforehand() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        // The fixture made it, not the owner; made once more, it does not matter.
        let again = wayfare_client::token::create_token_account(
            &Chain::fee_payer(),
            &net.owner(0),
            &net.mint,
            &token.id(),
        );
        chain.accept([again, net.claim(0)]);
        assert_eq!(chain.tokens(&net.tokens_of(&net.owner(0))), LIFETIMES[0]);
    }
}

#[test]
fn life_cycle_6_recreation_never_resets_a_counter() {
    let mut world = World::at(Stage::Claimed, TokenProgram::Spl);
    let net = world.net.clone();
    // Nothing closes a page, a network, an epoch or a vault.
    world
        .chain
        .refuse(net.create_page(0), SystemError::AccountAlreadyInUse);
    let sequence = world.state().scope.sequence;
    let (owner, device) = (net.owner(0), person("device"));
    for _ in 0..3 {
        world.chain.accept([
            net.register(owner, device),
            net.set_payout(owner, owner),
            retire_node(net.address, device, owner, net.operator),
            net.clear_payout(owner),
        ]);
    }
    assert_eq!(world.state().scope.sequence, sequence + 12);
    assert_eq!(world.chain.accept(net.claim(0)).events.rewards, []);
    assert_eq!(world.paid(0), LIFETIMES[0]);
}

/// A replaced proposal has room for approvals that were given to the one before. They do not come back.
#[test]
fn life_cycle_7_shrink_then_grow_shows_no_stale_bytes() {
    let World { mut chain, mut net } = World::at(Stage::Funded, TokenProgram::Spl);
    net.publishers = (0..5).map(|n| person(&format!("p{n}"))).collect();
    let set = PublisherSet {
        publishers: net.publishers.clone(),
        threshold: 5,
    };
    chain.accept(instruction::set_publishers(net.address, net.authority, set));
    chain.pass(EPOCH_LENGTH);
    chain.accept(net.propose());
    for publisher in 1..5 {
        chain.accept(net.approve(publisher));
    }
    assert_eq!(chain.read::<Epoch>(&net.epoch()).approvals, net.publishers);
    chain.accept([net.veto(), net.propose_with(4, |_| {})]);
    let epoch: Epoch = chain.read(&net.epoch());
    assert_eq!(epoch.approvals, [net.publishers[4]]);
    assert_eq!(epoch.approved_at, 0);
    // Each has to approve again, and each addition writes over what was there.
    for (given, publisher) in (1..).zip([0, 1, 2, 3]) {
        chain.pass(CHALLENGE_PERIOD);
        chain.refuse(net.activate(), TooFewApprovals);
        chain.accept(net.approve(publisher));
        let approvals = chain.read::<Epoch>(&net.epoch()).approvals;
        assert_eq!(approvals.len(), given + 1);
        assert_eq!(approvals[given], net.publishers[publisher]);
    }
    chain.refuse(net.activate(), ChallengePeriod);
    chain.pass(CHALLENGE_PERIOD);
    chain.accept(net.activate());
}

/// A node that was offered and retired comes back without the offer.
#[test]
fn life_cycle_7_a_node_that_comes_back() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let (owner, device, buyer) = (net.owner(0), person("device"), person("buyer"));
    chain.accept([
        net.register(owner, device),
        offer_node(net.address, device, owner, Some(buyer)),
        retire_node(net.address, device, owner, net.operator),
    ]);
    chain.accept(net.register(owner, device));
    chain.refuse(accept_node(net.address, device, buyer), NotOffered);
}

#[test]
fn life_cycle_8_rent_goes_only_to_who_paid_it() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let (owner, device, payer) = (net.owner(0), person("device"), person("another payer"));
    chain.give_lamports(&payer, 1_000_000_000);
    let had = chain.lamports(&payer);
    chain.accept([
        net.register(owner, device).swap(&net.operator, &payer),
        net.set_payout(owner, owner).swap(&net.operator, &payer),
        // A later payer pays nothing, and gets nothing.
        net.set_payout(owner, stranger()),
    ]);
    let retire = |to| retire_node(net.address, device, owner, to);
    let clear = |to| instruction::clear_payout(net.address, owner, to);
    for other in [owner, net.operator, stranger(), net.authority] {
        chain.refuse(retire(other), WrongRentReceiver);
        chain.refuse(clear(other), WrongRentReceiver);
    }
    // What somebody sent there by mistake goes along.
    chain.accept([send(&net.node(&device), 77), retire(payer), clear(payer)]);
    assert_eq!(chain.lamports(&payer), had + 77);
}
