//! Every instruction that touches a statement, in every state, by every actor, around every instant of the statement's
//! life, on the program itself. What is due stands here once more, from the design.

use roaming_escrow::errors::RoamingEscrowError::{self, *};
use roaming_escrow::instruction;
use roaming_escrow::state::{Side, Statement, StatementState};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::hub::{AgreementFixture, OperatorFixture, usage};
use wayfare_tests::roaming::world::{COUNTER, RECORDS, World};
use wayfare_tests::token::TokenProgram;

/// What can be done to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Accept,
    Counter,
    Return,
    Restate,
    DeemAccepted,
    Lapse,
    Concede,
    Award,
    AwardByDefault,
    Settle,
}

use Deed::*;

const DEEDS: [Deed; 10] = [
    Accept,
    Counter,
    Return,
    Restate,
    DeemAccepted,
    Lapse,
    Concede,
    Award,
    AwardByDefault,
    Settle,
];

/// Who does it, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Home,
    Visited,
    Arbiter,
    /// The hub's authority, guardian or treasury: nobody to a statement.
    Authority,
    Guardian,
    /// The home network's other keys.
    VoucherSigner,
    Payout,
    Stranger,
    /// Names the home network, and does not hold its key.
    StrangerForHome,
    /// The visited network's authority in the home network's name.
    VisitedForHome,
    /// The arbiter, naming the home network.
    ArbiterForHome,
}

use Who::*;

const EVERYBODY: [Who; 11] = [
    Home,
    Visited,
    Arbiter,
    Authority,
    Guardian,
    VoucherSigner,
    Payout,
    Stranger,
    StrangerForHome,
    VisitedForHome,
    ArbiterForHome,
];

fn actor(deal: &AgreementFixture, who: Who) -> (Option<&OperatorFixture>, Pubkey) {
    let (home, visited) = (&deal.first, &deal.second);
    match who {
        Home => (Some(home), home.authority),
        Visited => (Some(visited), visited.authority),
        Arbiter => (None, deal.hub.arbiter),
        Authority => (None, deal.hub.authority),
        Guardian => (None, deal.hub.guardian),
        VoucherSigner => (Some(home), home.voucher_signer),
        Payout => (Some(home), home.payout),
        Stranger => (None, person("stranger")),
        StrangerForHome => (Some(home), person("stranger")),
        VisitedForHome => (Some(home), visited.authority),
        ArbiterForHome => (Some(home), deal.hub.arbiter),
    }
}

fn call(deal: &AgreementFixture, deed: Deed, who: Who) -> Instruction {
    let (operator, by) = actor(deal, who);
    let id = (Side::First, 0);
    match deed {
        Accept => deal.step(id, operator, by, instruction::AcceptStatement {}),
        Counter => {
            let root = [0x21; 32];
            let total = COUNTER;
            deal.step(
                id,
                operator,
                by,
                instruction::CounterStatement { root, total },
            )
        }
        Return => deal.step(id, operator, by, instruction::ReturnStatement {}),
        Restate => {
            let args = usage(0, RECORDS, 5);
            deal.step(id, operator, by, instruction::Restate { args })
        }
        DeemAccepted => deal.step(id, operator, by, instruction::DeemAccepted {}),
        Lapse => deal.step(id, operator, by, instruction::LapseStatement {}),
        Concede => deal.step(id, operator, by, instruction::Concede {}),
        Award => deal.step(id, operator, by, instruction::Award { amount: 5 }),
        AwardByDefault => deal.step(id, operator, by, instruction::AwardByDefault {}),
        // Nobody signs.
        Settle => deal.settle(0),
    }
}

/// The state after a deed, or why it is refused.
fn due(
    deed: Deed,
    who: Who,
    statement: &Statement,
    now: i64,
) -> Result<StatementState, RoamingEscrowError> {
    use StatementState::*;
    let state = statement.state().unwrap();
    let in_state = |one| {
        if state == one {
            Ok(())
        } else {
            Err(WrongState)
        }
    };
    let by = |one, error| if who == one { Ok(()) } else { Err(error) };
    let before = |at| if now < at { Ok(()) } else { Err(TooLate) };
    let from = |at| if now >= at { Ok(()) } else { Err(TooEarly) };
    match deed {
        Accept | Counter | Return => {
            in_state(Stated)?;
            by(Home, NotHome)?;
            before(statement.answer_by)?;
            Ok(match deed {
                Accept => Matched,
                Counter => Countered,
                _ => Returned,
            })
        }
        Restate => {
            in_state(Returned)?;
            by(Visited, NotVisited)?;
            before(statement.answer_by)?;
            Ok(Stated)
        }
        DeemAccepted => {
            in_state(Stated)?;
            from(statement.answer_by)?;
            Ok(Matched)
        }
        Lapse => {
            in_state(Returned)?;
            from(statement.answer_by)?;
            Ok(Matched)
        }
        Concede => {
            in_state(Countered)?;
            match who {
                Home | Visited => Ok(Resolved),
                // Who names the home network would concede for it.
                VoucherSigner | Payout | StrangerForHome | VisitedForHome | ArbiterForHome => {
                    Err(NotHome)
                }
                _ => Err(NotVisited),
            }
        }
        Award => {
            in_state(Countered)?;
            if !matches!(who, Arbiter | ArbiterForHome) {
                return Err(NotArbiter);
            }
            from(statement.dispute_by)?;
            before(statement.award_by)?;
            Ok(Resolved)
        }
        AwardByDefault => {
            in_state(Countered)?;
            from(statement.award_by)?;
            Ok(Resolved)
        }
        Settle => match state {
            Stated | Returned => Err(WaitsForAnswer),
            Countered => Ok(Countered),
            Matched | Resolved => Ok(Settled),
            Settled => Err(NothingToSettle),
        },
    }
}

#[test]
fn does_what_the_design_says() {
    let (mut carried_out, mut refused) = (0, 0);
    for &state in StatementState::ALL {
        let mut world = World::in_state(state, TokenProgram::Spl);
        let deal = world.deal.clone();
        // The other direction stands in no settlement's way.
        if world.statement(Side::Second, 0).state() == Ok(StatementState::Stated) {
            world.chain.accept(deal.accept_statement(Side::Second, 0));
        }
        let statement = world.statement(Side::First, 0);
        let instants = [
            statement.answer_by,
            statement.dispute_by,
            statement.award_by,
        ];
        let instants = instants
            .into_iter()
            .filter(|at| *at > 0)
            .flat_map(|at| [at - 1, at, at + 1]);
        for now in instants.chain([i64::MAX - 1_000_000_000]) {
            for deed in DEEDS {
                for who in EVERYBODY {
                    if deed == Settle && who != Stranger {
                        continue;
                    }
                    let mut world = world.clone();
                    world.chain.set_time(now);
                    match due(deed, who, &statement, now) {
                        Ok(after) => {
                            world.chain.accept(call(&deal, deed, who));
                            let is = world.statement(Side::First, 0).state();
                            assert_eq!(is, Ok(after), "{deed:?} by {who:?} in {state:?} at {now}");
                            carried_out += 1;
                        }
                        Err(why) => {
                            world.chain.refuse(call(&deal, deed, who), why);
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(
        carried_out > 100 && refused > 1_000,
        "{carried_out}, {refused}"
    );
}
