use anchor_lang::error::ErrorCode;
use esim_market::errors::EsimMarketError::{BadPart, NotBuyer, NotSeller, WrongState};
use esim_market::state::OrderState;
use wayfare_tests::esim::market::{FEE_BPS, PAID, RETENTION};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn an_agreed_part_and_the_rest_to_the_seller() {
    for token in TokenProgram::ALL {
        for stage in [
            Stage::Paid,
            Stage::Delivered,
            Stage::Disputed,
            Stage::Contested,
        ] {
            let world = World::at(stage, token);
            let (market, order) = (world.market.clone(), world.order.clone());
            for part in [1, 4_499_500, PAID - 1] {
                let mut world = world.clone();
                world.chain.accept(market.refund_part(&order, part));
                let is = world.order();
                assert_eq!(is.state().unwrap(), OrderState::Refunded);
                let fee = (PAID - part) * u64::from(FEE_BPS) / 10_000;
                let due = [part, PAID - part - fee, fee];
                assert_eq!([is.refunded, is.released, is.fee], due);
                assert_eq!(
                    world.balances(),
                    [BUYER_TOKENS - PAID + part, due[1], due[2]]
                );
                let kept = if is.delivered_at == 0 { 0 } else { RETENTION };
                assert_eq!(is.closable_at, is.ended_at + kept);
                world
                    .chain
                    .refuse(market.refund_part(&order, 1), WrongState);
            }
        }
    }
}

#[test]
fn neither_nothing_nor_all_nor_more() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    for part in [0, PAID, PAID + 1, u64::MAX] {
        chain.refuse(market.refund_part(&order, part), BadPart);
    }
    chain.accept(market.refund_part(&order, PAID - 1));
}

#[test]
fn with_both_signatures() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let call = market.refund_part(&order, 1);
    for key in [
        stranger(),
        market.seller.authority,
        market.arbiter,
        person("patron"),
    ] {
        let at = call
            .accounts
            .iter()
            .position(|meta| meta.pubkey == order.buyer)
            .unwrap();
        chain.refuse(call.clone().swap_at(at, &key), NotBuyer);
    }
    // The buyer's key without the buyer's signature; and nobody.
    chain.refuse(
        call.clone().unsigned(&order.buyer),
        ErrorCode::AccountNotSigner,
    );
    let mut nobody = call.clone();
    nobody.accounts[6] = solana_instruction::AccountMeta::new_readonly(esim_market::ID, false);
    chain.refuse(nobody, NotBuyer);
    // The buyer alone, in both roles.
    let alone = call.clone().swap(&market.seller.authority, &order.buyer);
    chain.refuse(alone, NotSeller);
    chain.accept(call);
}
