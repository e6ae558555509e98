use esim_market::instructions::{CreatePlanArgs, DeliverArgs};
use solana_pubkey::Pubkey;
use wayfare_client::send::{compute_unit_limit, compute_unit_price};
use wayfare_core::esim::MAX_CIPHERTEXT;
use wayfare_tests::chain::PACKET_DATA_SIZE;
use wayfare_tests::esim::crowd::honest;
use wayfare_tests::esim::market::{OrderFixture, PlanFixture, delivery_args};
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::ESIM_MARKET;
use wayfare_tests::keys::person;
use wayfare_tests::token::TokenProgram;

/// Compute units that an instruction may use where the transaction asks for nothing else
/// (`DEFAULT_INSTRUCTION_COMPUTE_UNIT_LIMIT` in `solana-compute-budget`).
const DEFAULT_COMPUTE_UNITS: u32 = 200_000;

fn budget() -> [solana_instruction::Instruction; 2] {
    [
        compute_unit_limit(DEFAULT_COMPUTE_UNITS),
        compute_unit_price(1),
    ]
}

/// Every instruction, with both compute budget instructions, signed by a fee payer of its own.
#[test]
fn resources_1_every_instruction() {
    for instruction in &ESIM_MARKET.instructions {
        for token in TokenProgram::ALL {
            for Honest {
                mut chain, call, ..
            } in honest(&instruction.name, token)
            {
                let [limit, price] = budget();
                let accepted = chain.accept([limit, price, call]);
                assert!(accepted.bytes <= PACKET_DATA_SIZE);
            }
        }
    }
}

/// The longest ciphertext and the longest id.
#[test]
fn resources_1_the_largest_delivery_and_plan() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    let args = DeliverArgs {
        ciphertext: vec![1; MAX_CIPHERTEXT],
        ..delivery_args()
    };
    let [limit, price] = budget();
    let accepted = chain.accept([limit, price, market.deliver_with(&order, args)]);
    assert!(accepted.bytes <= PACKET_DATA_SIZE);
    let plan = PlanFixture::new(&market.seller, &"z".repeat(32));
    let largest = |args: &mut CreatePlanArgs| {
        args.terms.countries = {
            let mut all = [0xff; 85];
            all[84] = 0x0f;
            all
        }
    };
    let [limit, price] = budget();
    chain.accept([limit, price, market.create_plan_with(&plan, largest)]);
}

/// Wallets whose token accounts have the lowest bumps that an attacker found: the search for them costs more, and still
/// leaves room.
#[test]
fn resources_1_addresses_with_low_bumps() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let bump = |wallet: &Pubkey| {
        let seeds = [
            wallet.as_ref(),
            market.token.id().as_ref(),
            market.mint.as_ref(),
        ]
        .map(<[u8]>::to_vec);
        let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
        let program = wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM.into();
        Pubkey::find_program_address(&seeds, &program).1
    };
    let unlucky = (0..3_000)
        .map(|n| format!("unlucky {n}"))
        .min_by_key(|name| bump(&person(name)))
        .unwrap();
    assert!(bump(&person(&unlucky)) < 247);
    let payer = world.add_buyer(&unlucky);
    let order = OrderFixture::new(&market.plan, buyer(), 0).paid_by(payer);
    let purchase = world.purchase(&order);
    world.chain.accept(purchase);
    world.chain.accept(market.deliver(&order));
    let accepted = world.chain.accept(market.refund_part(&order, 1));
    assert!(accepted.compute_units < u64::from(DEFAULT_COMPUTE_UNITS) / 4);
}

/// Orders of one unit, each with a refund account that is gone, hold up neither the others nor a crank.
#[test]
fn resources_2_dust_orders_do_not_stop_a_crank() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let dust = world.add_buyer("dust");
    let market = world.market.clone();
    let orders: Vec<_> = (0..50)
        .map(|id| {
            let order = OrderFixture::new(&market.plan, dust, id);
            let purchase = world.purchase(&order);
            world.chain.accept(purchase);
            order
        })
        .collect();
    world
        .chain
        .freeze(market.token, &market.mint, &market.tokens_of(&dust));
    let by = world.order().deliver_by;
    world.chain.set_time(by);
    for order in &orders {
        world.chain.accept(market.refund_undelivered(order));
    }
    let first = world.order.clone();
    world.chain.accept(market.refund_undelivered(&first));
    assert_eq!(
        world.tokens_of(&buyer()),
        wayfare_tests::esim::world::BUYER_TOKENS
    );
}
