use anchor_lang::error::ErrorCode;
use esim_market::errors::EsimMarketError::{MintRefused, NotAuthority, TooManyMints};
use esim_market::events::MintAccepted;
use esim_market::state::MarketVault;
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::address;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{DECIMALS, TokenProgram};

#[test]
fn accepted() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Created, token);
        let market = world.market.clone();
        let event = world.touches(
            market.accept_mint(),
            &[market.vault, market.tokens, market.operator],
        );
        let bump = address::vault(&market.address, &market.mint).1;
        let due = MarketVault {
            version: 1,
            market: market.address,
            mint: market.mint,
            tokens: market.tokens,
            token_program: token.id(),
            held: 0,
            decimals: DECIMALS,
            bump,
            padding: [0; 5],
            spare: [0; 16],
        };
        assert_eq!(world.vault(), due);
        assert_eq!(world.market().mints(), [market.mint]);
        assert_eq!(
            event,
            Event::MintAccepted(MintAccepted {
                market: market.address,
                sequence: world.market().scope.sequence,
                mint: market.mint,
                vault: market.vault,
                tokens: market.tokens,
            })
        );
    }
}

#[test]
fn once() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Accepted, TokenProgram::Spl);
    chain.refuse(market.accept_mint(), SystemError::AccountAlreadyInUse);
    chain.accept(market.drop_mint());
    chain.refuse(market.accept_mint(), SystemError::AccountAlreadyInUse);
}

#[test]
fn eight_at_a_time() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Accepted, TokenProgram::Spl);
    let mut all = vec![market.clone()];
    for n in 1..=8 {
        let token = TokenProgram::ALL[n % 2];
        let mint = chain.create_mint(token, &format!("mint {n}"));
        let market = market.in_mint(mint, token);
        if n < 8 {
            chain.accept(market.accept_mint());
        } else {
            chain.refuse(market.accept_mint(), TooManyMints);
            chain.accept(all[3].drop_mint());
            chain.accept(market.accept_mint());
            chain.refuse(all[3].readmit_mint(), TooManyMints);
        }
        all.push(market);
    }
}

#[test]
fn by_nobody_else() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Created, TokenProgram::Spl);
    for key in [stranger(), market.guardian, market.arbiter] {
        chain.refuse(
            market.accept_mint().swap(&market.authority, &key),
            NotAuthority,
        );
    }
    chain.accept(market.accept_mint());
}

#[test]
fn with_its_own_token_program() {
    for token in TokenProgram::ALL {
        let World {
            mut chain, market, ..
        } = World::at(Stage::Created, token);
        let call = market.accept_mint().swap(&token.id(), &token.other().id());
        chain.refuse(call, MintRefused);
        let copy = person("copy of the token program");
        chain.copy_program(&token.id(), &copy);
        let call = market.accept_mint().swap(&token.id(), &copy);
        chain.refuse(call, ErrorCode::InvalidProgramId);
        chain.accept(market.accept_mint());
    }
}
