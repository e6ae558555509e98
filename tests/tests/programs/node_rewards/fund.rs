use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::Funded;
use solana_instruction::error::InstructionError;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::instruction::approve;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::world::{FUNDED, OPERATOR_TOKENS, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn moves_tokens_into_the_vault() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Created, token);
        let net = world.net.clone();
        let source = net.tokens_of(&net.operator);
        let mut total = 0;
        for amount in [1, 1_000_000] {
            let touched = [net.vault, source];
            total += amount;
            let event = world.changes(net.fund(amount), &touched, |network| {
                network.funded_total = total
            });
            assert_eq!(world.vault(), total);
            assert_eq!(world.chain.tokens(&source), OPERATOR_TOKENS - total);
            assert_eq!(
                event,
                Event::Funded(Funded {
                    network: net.address,
                    sequence: world.state().scope.sequence,
                    funder: net.operator,
                    amount,
                    funded_total: total,
                    vault_balance: total,
                })
            );
        }
    }
}

#[test]
fn anybody_may() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Claimed, token);
        let owner = net.owner(0);
        let fund = instruction::fund(&net.accounts(), owner, net.tokens_of(&owner), 100_000);
        chain.accept(fund);
        assert_eq!(chain.tokens(&net.tokens_of(&owner)), 0);
    }
}

/// Somebody whom the owner of an account allowed to spend from it.
#[test]
fn from_an_account_that_was_lent() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Funded, token);
        let (friend, source) = (person("friend"), net.tokens_of(&net.operator));
        let fund = |amount| instruction::fund(&net.accounts(), friend, source, amount);
        chain.refuse(fund(1), TokenError::OwnerMismatch);
        let lend = approve(&token.id(), &source, &friend, &net.operator, &[], 5).unwrap();
        chain.accept(lend);
        chain.refuse(fund(6), TokenError::InsufficientFunds);
        chain.accept(fund(5));
        chain.refuse(fund(1), TokenError::OwnerMismatch);
    }
}

#[test]
fn nothing() {
    let World { mut chain, net } = World::at(Stage::Funded, TokenProgram::Spl);
    chain.refuse(net.fund(0), ZeroAmount);
}

#[test]
fn more_than_there_is() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Created, token);
        for amount in [OPERATOR_TOKENS + 1, u64::MAX] {
            chain.refuse(net.fund(amount), TokenError::InsufficientFunds);
        }
        chain.accept(net.fund(OPERATOR_TOKENS));
        chain.refuse(net.fund(1), TokenError::InsufficientFunds);
    }
}

#[test]
fn from_somebody_elses_account() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Claimed, token);
        let victim = net.tokens_of(&net.owner(0));
        let theft = instruction::fund(&net.accounts(), net.operator, victim, 1);
        chain.refuse(theft, TokenError::OwnerMismatch);
    }
}

/// Tokens that are there already cannot be counted as new.
#[test]
fn from_the_vault_itself() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Funded, token);
        let circle = instruction::fund(&net.accounts(), net.operator, net.vault, 1);
        chain.refuse(circle, TokenError::OwnerMismatch);
        assert_eq!(chain.tokens(&net.vault), FUNDED);
    }
}

#[test]
fn in_another_mint() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Funded, token);
        let other = chain.create_mint(token, "another mint");
        let source = chain.create_associated(token, &other, &net.operator);
        chain.mint_to(token, &other, &source, 10);
        let fund = net.fund(1).swap(&net.tokens_of(&net.operator), &source);
        chain.refuse(fund, TokenError::MintMismatch);
        chain.accept(net.fund(1));
    }
}

#[test]
fn into_another_vault() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Funded, token);
        let other = world.add_network("suburb", Stage::Funded);
        let net = world.net.clone();
        let associated = world
            .chain
            .create_associated(token, &net.mint, &net.address);
        for vault in [other.vault, associated, net.tokens_of(&net.owner(0))] {
            let fund = net.fund(1).swap(&net.vault, &vault);
            world.chain.refuse(fund, WrongVault);
        }
        world.chain.accept(net.fund(1));
    }
}

#[test]
fn with_another_token_program() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Funded, token);
        let copy = person("copy of the token program");
        chain.copy_program(&token.id(), &copy);
        for program in [token.other().id(), copy, solana_sdk_ids::system_program::ID] {
            chain.refuse(net.fund(1).swap(&token.id(), &program), WrongTokenProgram);
        }
        chain.accept(net.fund(1));
    }
}

#[test]
fn from_what_is_no_token_account() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Funded, token);
        let multisig = chain.create_multisig(token, "multisig", &net.operator);
        let source = net.tokens_of(&net.operator);
        for wrong in [multisig, person("empty")] {
            let refused = chain
                .attempt(net.fund(1).swap(&source, &wrong))
                .unwrap_err();
            assert!(
                [
                    InstructionError::InvalidAccountData,
                    InstructionError::IncorrectProgramId
                ]
                .into_iter()
                .any(|due| wayfare_tests::refusal::Refusal::from(due).is(&refused.error, 0)),
                "{refused:?}"
            );
        }
        chain.accept(net.fund(1));
    }
}

#[test]
fn from_a_frozen_account() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Funded, token);
        let source = net.tokens_of(&net.operator);
        chain.freeze(token, &net.mint, &source);
        chain.refuse(net.fund(1), TokenError::AccountFrozen);
        chain.thaw(token, &net.mint, &source);
        chain.accept(net.fund(1));
    }
}

#[test]
fn not_while_paused() {
    let World { mut chain, net } = World::at(Stage::Funded, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept(net.pause(until));
    chain.refuse(net.fund(1), Paused);
    chain.set_time(until);
    chain.accept(net.fund(1));
}
