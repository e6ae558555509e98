//! Rows 1, 2, 3, 9, 10 and 11 are generated: see `generated.rs`.

use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use solana_instruction::AccountMeta;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::error::TokenError;
use wayfare_client::rewards::{address, instruction};
use wayfare_tests::chain::Chain;
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::network::{EPOCH_LENGTH, NetworkFixture};
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// The attacker has a network of its own, with itself as every role, and passes the victim's vault for its own.
#[test]
fn accounts_4_a_vault_of_another_network() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let attacker = world.add_network("attacker", Stage::Active);
        let victim = world.net.clone();
        let chain = &mut world.chain;
        for call in [attacker.claim(0), attacker.fund(1)] {
            chain.refuse(call.swap(&attacker.vault, &victim.vault), WrongVault);
        }
        chain.pass(EPOCH_LENGTH);
        let mut next = attacker.clone();
        next.ledger = next.ledger.next(&[1]);
        chain.accept([next.propose(), next.approve(1)]);
        chain.pass(victim.terms.challenge_period as i64);
        chain.refuse(
            next.activate().swap(&attacker.vault, &victim.vault),
            WrongVault,
        );

        chain.accept([attacker.claim(0), attacker.fund(1)]);
        chain.accept(next.activate());
        assert_eq!(chain.tokens(&victim.vault), FUNDED);
    }
}

/// Copies every account of a network to where another program would have them, with the attacker in every role. The
/// copies agree with one another; only their owner is wrong.
fn forge(chain: &mut Chain, net: &NetworkFixture, forger: &Pubkey) -> NetworkFixture {
    let mut fake = net.clone();
    fake.address = Pubkey::find_program_address(&[b"network", net.name.as_bytes()], forger).0;
    fake.ledger.network = fake.address;
    fake.vault = chain.create_token_account(net.token, "fake vault", &net.mint, &fake.address);
    fake.authority = stranger();
    fake.guardian = stranger();

    let mut copy = |from: Pubkey, to: Pubkey, changes: &[(Pubkey, Pubkey)]| {
        let mut account = chain.account(&from).unwrap();
        account.owner = *forger;
        for (old, new) in changes {
            let at = account
                .data
                .windows(32)
                .position(|bytes| bytes == old.as_array());
            let at = at.expect("the account names the key");
            account.data[at..at + 32].copy_from_slice(new.as_ref());
        }
        chain.put(&to, account);
    };
    copy(
        net.address,
        fake.address,
        &[
            (net.authority, fake.authority),
            (net.guardian, fake.guardian),
            (net.vault, fake.vault),
        ],
    );
    copy(net.page(0), fake.page(0), &[]);
    copy(net.epoch(), fake.epoch(), &[(net.address, fake.address)]);
    fake
}

#[test]
fn accounts_5_a_self_consistent_fake_chain() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        // Among the forgers is a copy of the program itself, deployed elsewhere.
        let copy = person("copy of node-rewards");
        chain.copy_program(&node_rewards::ID, &copy);
        for forger in [copy, solana_sdk_ids::system_program::ID, token.id()] {
            let mut chain = chain.clone();
            let fake = forge(&mut chain, &net, &forger);
            let calls = [
                fake.claim(0),
                fake.claim(0).swap(&fake.vault, &net.vault),
                fake.fund(1),
                fake.fund(1).swap(&fake.vault, &net.vault),
                fake.create_page(1),
                fake.pause(chain.now() + 1),
                fake.veto(),
                fake.activate(),
                fake.register(net.owner(0), person("device")),
                instruction::governed(fake.address).set_guardian(stranger(), stranger()),
            ];
            for call in calls {
                chain.refuse(call, ErrorCode::AccountOwnedByWrongProgram);
            }
            // The true network with a forged page or epoch.
            let page = net.claim(0).swap(&net.page(0), &fake.page(0));
            chain.refuse(page, ErrorCode::AccountOwnedByWrongProgram);
            let epoch = net.approve(2).swap(&net.epoch(), &fake.epoch());
            chain.refuse(epoch, ErrorCode::AccountOwnedByWrongProgram);
        }
        chain.accept([net.claim(0), net.fund(1)]);
    }
}

/// The copy of the program does not run at all: it knows its own address.
#[test]
fn accounts_5_a_copy_of_the_program() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let copy = person("copy of node-rewards");
    chain.copy_program(&node_rewards::ID, &copy);
    let mut call = net.claim(0);
    call.program_id = copy;
    chain.refuse(call, ErrorCode::DeclaredProgramIdMismatch);
    chain.accept(net.claim(0));
}

#[test]
fn accounts_6_right_mint_foreign_authority() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        // A token account of the right mint that belongs to the attacker, as a vault and as a destination.
        let own = chain.create_associated(token, &net.mint, &stranger());
        chain.mint_to(token, &net.mint, &own, 5_000_000);
        chain.refuse(net.claim(0).swap(&net.vault, &own), WrongVault);
        chain.refuse(net.fund(1).swap(&net.vault, &own), WrongVault);
        // The attacker signs for tokens of somebody else.
        let source = net.tokens_of(&net.operator);
        let theft = instruction::fund(&net.accounts(), stranger(), source, 1);
        chain.refuse(theft, TokenError::OwnerMismatch);
        // A token account of the right mint and the right authority, which is not the vault.
        let beside = chain.create_token_account(token, "beside", &net.mint, &net.address);
        chain.refuse(net.claim(0).swap(&net.vault, &beside), WrongVault);
        chain.refuse(net.fund(1).swap(&net.vault, &beside), WrongVault);
        chain.accept([net.claim(0), net.fund(1)]);
    }
}

#[test]
fn accounts_7_fake_programs() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        let system = person("fake system program");
        chain.copy_program(&token.id(), &system);
        let tokens = person("fake token program");
        chain.copy_program(&token.id(), &tokens);
        let device = person("device");
        for call in [
            net.create_page(1),
            net.register(net.owner(0), device),
            net.set_payout(net.owner(0), stranger()),
        ] {
            let fake = call
                .clone()
                .swap(&solana_sdk_ids::system_program::ID, &system);
            chain.refuse(fake, ErrorCode::InvalidProgramId);
            chain.accept(call);
        }
        chain.accept(net.clear_payout(net.owner(0)));
        for call in [net.claim(0), net.fund(1)] {
            let fake = call.clone().swap(&token.id(), &tokens);
            chain.refuse(fake, WrongTokenProgram);
            chain.accept(call);
        }
        let new = NetworkFixture::new("suburb", net.mint, token);
        chain.give_lamports(&new.operator, 1_000_000_000);
        let fake = new.create().swap(&token.id(), &tokens);
        chain.refuse(fake, ErrorCode::InvalidProgramId);
        let fake = new
            .create()
            .swap(&solana_sdk_ids::system_program::ID, &system);
        chain.refuse(fake, ErrorCode::InvalidProgramId);
        chain.accept(new.create());
    }
}

/// An associated token account that a fake associated token program made for the owner.
#[test]
fn accounts_7_a_fake_associated_token_program() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        let fake = person("fake associated token program");
        chain.copy_program(&wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM.into(), &fake);
        let (owner, id) = (net.owner(0), token.id());
        let seeds: &[&[u8]] = &[owner.as_ref(), id.as_ref(), net.mint.as_ref()];
        let (account, bump) = Pubkey::find_program_address(seeds, &fake);
        let mut create = wayfare_client::token::create_token_account(
            &Chain::fee_payer(),
            &owner,
            &net.mint,
            &token.id(),
        )
        .swap(&net.tokens_of(&owner), &account);
        create.program_id = fake;
        chain.accept(create);
        let claim = net
            .claim(0)
            .swap(&net.tokens_of(&owner), &account)
            .claim_args(|args| args.destination_bump = bump);
        chain.refuse(claim, WrongDestination);
        chain.accept(net.claim(0));
    }
}

#[test]
fn accounts_8_a_mint_or_a_multisig_as_a_token_account() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        let multisig = chain.create_multisig(token, "multisig", &net.operator);
        let destination = net.tokens_of(&net.owner(0));
        let source = net.tokens_of(&net.operator);
        for wrong in [net.mint, multisig] {
            chain.refuse(net.claim(0).swap(&destination, &wrong), WrongDestination);
            chain.refuse(net.claim(0).swap(&net.vault, &wrong), WrongVault);
            chain.refuse(net.fund(1).swap(&net.vault, &wrong), WrongVault);
            let refused = chain.attempt(net.fund(1).swap(&source, &wrong));
            assert!(refused.is_err());
        }
        // A multisig as the authority of funds: it cannot sign, and its signers do not stand here.
        let account = chain.create_token_account(token, "shared", &net.mint, &multisig);
        chain.mint_to(token, &net.mint, &account, 10);
        let fund = instruction::fund(&net.accounts(), net.operator, account, 1);
        chain.refuse(fund, TokenError::OwnerMismatch);
        chain.accept([net.claim(0), net.fund(1)]);
    }
}

/// An instruction of the program names itself as a participant: nothing of it can be called again from within.
#[test]
fn accounts_3_the_program_as_token_program() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    for call in [net.claim(0), net.fund(1)] {
        let at = call
            .accounts
            .iter()
            .position(|meta| meta.pubkey == net.token.id())
            .unwrap();
        let mut reentrant = call;
        reentrant.accounts[at] = AccountMeta::new_readonly(address::PROGRAM, false);
        chain.refuse(reentrant, WrongTokenProgram);
    }
}
