//! Every instruction that touches an order, in every state, by every actor, around every instant of the order's life,
//! on the program itself. What is due stands here once more, from the design.

use esim_market::errors::EsimMarketError::{self, *};
use esim_market::state::{DisputeReason, Order, OrderState};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_tests::esim::market::{
    DEFAULT_SPLIT_BPS, FEE_BPS, MarketFixture, OrderFixture, PAID, cranker,
};
use wayfare_tests::esim::world::{Stage, World, buyer, endow, raise};
use wayfare_tests::keys::person;
use wayfare_tests::token::TokenProgram;

/// What can be done to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    ReportInstalled,
    ReportActivated,
    Confirm,
    Release,
    Dispute,
    Answer,
    RefundUndelivered,
    RefundUnanswered,
    Refund,
    RefundPart,
    Resolve,
    ResolveByDefault,
    PayOut,
    Deliver,
    Close,
}

use Deed::*;

const DEEDS: [Deed; 15] = [
    ReportInstalled,
    ReportActivated,
    Confirm,
    Release,
    Dispute,
    Answer,
    RefundUndelivered,
    RefundUnanswered,
    Refund,
    RefundPart,
    Resolve,
    ResolveByDefault,
    PayOut,
    Deliver,
    Close,
];

/// What the arbiter gives the buyer, in basis points.
const SPLIT_BPS: u16 = 7_777;

/// What seller and buyer agree on, in base units.
const PART: u64 = 1_234_567;

/// An order that somebody else pays for, in a state: and, ended without a delivery, refunded.
fn world(state: OrderState, delivered: bool) -> World {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let patron = person("patron");
    world.order = OrderFixture::new(&world.market.plan, buyer(), 0).paid_by(patron);
    endow(&mut world.chain, &world.market, &buyer());
    let stage = match state {
        OrderState::Paid => Stage::Paid,
        OrderState::Refunded if !delivered => Stage::Paid,
        OrderState::Delivered | OrderState::Refunded | OrderState::Completed => Stage::Delivered,
        OrderState::Disputed => Stage::Disputed,
        OrderState::Contested => Stage::Contested,
        OrderState::Resolved => Stage::Resolved,
    };
    raise(&mut world.chain, &world.market, &world.order, stage);
    match state {
        OrderState::Refunded => {
            world.chain.accept(world.market.refund(&world.order));
        }
        OrderState::Completed => {
            world.chain.accept(world.market.confirm(&world.order));
        }
        _ => {}
    }
    for key in [
        world.market.seller.attester,
        world.market.arbiter,
        world.market.authority,
        world.market.guardian,
    ] {
        world.chain.give_lamports(&key, 1_000_000_000);
    }
    assert_eq!(world.order().state().unwrap(), state);
    world
}

fn instruction(
    deed: Deed,
    market: &MarketFixture,
    order: &OrderFixture,
    state: &Order,
    actor: Pubkey,
) -> Instruction {
    use esim_market::instruction as args;
    let settle = |buyer, data: Vec<u8>| {
        let mut call = market.settle(order, actor, buyer, args::PayOut {});
        call.data = data;
        call
    };
    use anchor_lang::InstructionData;
    match deed {
        ReportInstalled => market.change(order, actor, args::ReportInstalled {}),
        ReportActivated => market.change(order, actor, args::ReportActivated {}),
        Dispute => {
            let reason = DisputeReason::NoService;
            market.change(order, actor, args::Dispute { reason })
        }
        Answer => market.answer_by(order, actor),
        Confirm => settle(None, args::ConfirmDelivery {}.data()),
        Release => settle(None, args::Release {}.data()),
        RefundUndelivered => settle(None, args::RefundUndelivered {}.data()),
        RefundUnanswered => settle(None, args::RefundUnanswered {}.data()),
        Refund => settle(None, args::Refund {}.data()),
        RefundPart => settle(Some(order.buyer), args::RefundPart { amount: PART }.data()),
        Resolve => settle(
            None,
            args::Resolve {
                buyer_bps: SPLIT_BPS,
            }
            .data(),
        ),
        ResolveByDefault => settle(None, args::ResolveByDefault {}.data()),
        PayOut => settle(None, args::PayOut {}.data()),
        Deliver => {
            let mut call = market.deliver(order);
            call.accounts[0].pubkey = actor;
            call
        }
        Close => market.close_by(order, actor, state.delivered_at != 0),
    }
}

/// The state after a deed, or why it is refused.
fn due(deed: Deed, order: &Order, actor: &str, now: i64) -> Result<OrderState, EsimMarketError> {
    use OrderState::*;
    let state = order.state().unwrap();
    let open = matches!(state, Paid | Delivered | Disputed | Contested);
    let when = |holds: bool| if holds { Ok(()) } else { Err(WrongState) };
    let by = |who: &str, error| if actor == who { Ok(()) } else { Err(error) };
    let from = |at: i64| if now >= at { Ok(()) } else { Err(TooEarly) };
    let until = |at: i64| if now < at { Ok(()) } else { Err(TooLate) };
    match deed {
        Deed::Deliver => {
            when(state == Paid)?;
            by("seller", NotSeller)?;
            until(order.deliver_by)?;
            Ok(Delivered)
        }
        Deed::RefundUndelivered => {
            when(state == Paid)?;
            from(order.deliver_by)?;
            Ok(Refunded)
        }
        Deed::ReportInstalled | Deed::ReportActivated => {
            when(open && state != Paid)?;
            by("attester", NotAttester)?;
            Ok(state)
        }
        Deed::Confirm => {
            when(open && state != Paid)?;
            by("buyer", NotBuyer)?;
            Ok(Completed)
        }
        Deed::Release => {
            when(state == Delivered)?;
            from(order.release_at)?;
            Ok(Completed)
        }
        Deed::Dispute => {
            when(state == Delivered)?;
            by("buyer", NotBuyer)?;
            until(order.release_at)?;
            Ok(Disputed)
        }
        Deed::Answer => {
            when(state == Disputed)?;
            by("seller", NotSeller)?;
            until(order.answer_by)?;
            Ok(Contested)
        }
        Deed::RefundUnanswered => {
            when(state == Disputed)?;
            from(order.answer_by)?;
            Ok(Refunded)
        }
        Deed::Refund | Deed::RefundPart => {
            when(open)?;
            by("seller", NotSeller)?;
            Ok(Refunded)
        }
        Deed::Resolve => {
            when(state == Contested)?;
            by("arbiter", NotArbiter)?;
            until(order.resolve_by)?;
            Ok(Resolved)
        }
        Deed::ResolveByDefault => {
            when(state == Contested)?;
            from(order.resolve_by)?;
            Ok(Resolved)
        }
        Deed::PayOut => {
            when(!open)?;
            Ok(state)
        }
        Deed::Close => {
            when(!open)?;
            if actor != "buyer" {
                from(order.closable_at)?;
            }
            Ok(state)
        }
    }
}

/// What a deed makes of the money: to the payer, the seller and the treasury.
fn division(deed: Deed) -> Option<[u128; 3]> {
    let paid = u128::from(PAID);
    let part = |amount: u128, bps: u16| amount * u128::from(bps) / 10_000;
    let rest = |refund: u128| {
        let rest = paid - refund;
        let fee = part(rest, FEE_BPS);
        [refund, rest - fee, fee]
    };
    let split = |bps: u16| {
        let (refund, share) = (part(paid, bps), part(paid, 10_000 - bps));
        let release = share - part(share, FEE_BPS);
        [refund, release, paid - refund - release]
    };
    match deed {
        Confirm | Release => Some(rest(0)),
        Refund | RefundUndelivered | RefundUnanswered => Some([paid, 0, 0]),
        RefundPart => Some(rest(PART.into())),
        Resolve => Some(split(SPLIT_BPS)),
        ResolveByDefault => Some(split(DEFAULT_SPLIT_BPS)),
        _ => None,
    }
}

#[test]
fn every_deed_in_every_state_by_every_actor_at_every_instant() {
    let states = OrderState::ALL
        .iter()
        .map(|state| (*state, true))
        .chain([(OrderState::Refunded, false)]);
    let (mut tried, mut carried_out) = (0, vec![]);
    for (state, delivered) in states {
        let mut world = world(state, delivered);
        let (market, fixture) = (world.market.clone(), world.order.clone());
        let order = world.order();
        let actors = [
            ("buyer", fixture.buyer),
            ("payer", fixture.payer),
            ("seller", fixture.plan.seller.authority),
            ("attester", fixture.plan.seller.attester),
            ("arbiter", market.arbiter),
            ("authority", market.authority),
            ("guardian", market.guardian),
            ("stranger", cranker()),
        ];
        let instants: Vec<i64> = [
            order.deliver_by,
            order.release_at,
            order.answer_by,
            order.resolve_by,
            order.closable_at,
        ]
        .into_iter()
        .filter(|at| *at != 0)
        .flat_map(|at| [at - 1, at, at + 1])
        .collect();
        for now in instants {
            world.chain.set_time(now);
            for deed in DEEDS {
                for (actor, key) in actors {
                    let call = instruction(deed, &market, &fixture, &order, key);
                    let what = format!("{deed:?} from {state:?} by the {actor} at {now}");
                    tried += 1;
                    let expected = due(deed, &order, actor, now);
                    // A second delivery fails already where its account would be made.
                    if deed == Deliver && order.delivered_at != 0 {
                        assert!(matches!(expected, Err(WrongState)), "{what}");
                        assert!(world.chain.attempt(call).is_err(), "{what}");
                        continue;
                    }
                    match expected {
                        Err(why) => world.chain.refuse(call, why),
                        Ok(to) => {
                            let mut after = world.clone();
                            after
                                .chain
                                .attempt(call)
                                .unwrap_or_else(|refused| panic!("{what}: {refused:?}"));
                            check(deed, to, &world, &after, &what);
                            carried_out.push((deed, state));
                        }
                    }
                }
            }
        }
    }
    assert_eq!(
        tried,
        // Instants of each state, three around each deadline that it has; and the second way to be refunded.
        3 * (1 + 2 + 3 + 4 + 3 + 3 + 5 + 2) * 15 * 8
    );
    // Every arrow of the design, and the rows that lead nowhere else.
    carried_out.dedup();
    for deed in DEEDS {
        let states = OrderState::ALL
            .iter()
            .filter(|state| carried_out.contains(&(deed, **state)))
            .count();
        let due = match deed {
            Deliver | Release | Dispute | Answer | RefundUndelivered | RefundUnanswered
            | Resolve | ResolveByDefault => 1,
            ReportInstalled | ReportActivated | Confirm | PayOut | Close => 3,
            Refund | RefundPart => 4,
        };
        assert_eq!(states, due, "{deed:?}");
    }
}

/// What a deed that was carried out must have done.
fn check(deed: Deed, to: OrderState, before: &World, after: &World, what: &str) {
    if deed == Close {
        for address in [after.order.address, after.order.delivery()] {
            assert!(after.chain.account(&address).is_none(), "{what}");
        }
        return;
    }
    let (was, is) = (before.order(), after.order());
    assert_eq!(is.state().unwrap(), to, "{what}");
    let moved = [0, 1, 2].map(|at| after.balances()[at] - before.balances()[at]);
    let Some(division) = division(deed) else {
        assert_eq!(moved, [0; 3], "{what}");
        assert_eq!(is.paid - was.paid, 0);
        return;
    };
    assert_eq!(moved.map(u128::from), division, "{what}");
    assert_eq!([is.refunded, is.released, is.fee].map(u128::from), division);
    assert_eq!(is.ended_at, after.chain.now());
    let kept = if is.delivered_at != 0 && division[0] < u128::from(is.paid) {
        i64::from(is.retention)
    } else {
        0
    };
    assert_eq!(is.closable_at, is.ended_at + kept, "{what}");
    assert_eq!(after.vault().held, before.vault().held - PAID);
}
