//! A chain with a hub on it, at any stage of the hub's, an agreement's and its statements' lives.

use roaming_escrow::state::{Agreement, Hub, Operator, Side, SideBooks, Statement, StatementState};
use solana_pubkey::Pubkey;

use crate::chain::{Chain, Tx};
use crate::governance::Governed;
use crate::idl::ROAMING_ESCROW;
use crate::roaming::event::Event;
use crate::roaming::hub::{AgreementFixture, HubFixture, OperatorFixture, cranker, usage};
use crate::snapshot::changed;
use crate::token::TokenProgram;

/// What each side deposits, in base units.
pub const DEPOSIT: u64 = 1_000_000_000;

/// What each side's payout wallet has before, in base units.
pub const TOKENS: u64 = 1_000_000_000_000;

/// What the first side's subscribers used in period 0.
pub const FIRST_TOTAL: u64 = 700_000_001;

/// What the second side's subscribers used in period 0.
pub const SECOND_TOTAL: u64 = 250_000_003;

/// Records of each direction's statement of period 0.
pub const RECORDS: u64 = 17;

/// What the first side counters in [`Stage::Countered`].
pub const COUNTER: u64 = 600_000_000;

/// What the arbiter awards in [`Stage::Resolved`].
pub const AWARD: u64 = 40_000_007;

/// How far a hub and its first agreement have come. Each stage holds the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// There are a mint, people and token accounts, but no hub.
    Minted,
    /// The hub is on the chain.
    Created,
    /// Both operators are registered.
    Registered,
    /// The first side has proposed the agreement.
    Proposed,
    /// The second side has accepted it.
    Accepted,
    /// Both sides have deposited.
    Funded,
    /// Both directions of period 0 are stated.
    Stated,
    /// The second side has accepted its statement, the first has countered its own.
    Countered,
    /// The arbiter has awarded a part of the difference.
    Resolved,
    /// Both are settled.
    Settled,
    /// The first side closes the agreement, and its notice is over.
    WoundUp,
}

/// A chain, a hub and its first agreement.
#[derive(Clone)]
pub struct World {
    pub chain: Chain,
    pub hub: HubFixture,
    pub deal: AgreementFixture,
}

impl World {
    /// A chain with one hub, `interconnect`, and one agreement, at a stage.
    pub fn at(stage: Stage, token: TokenProgram) -> Self {
        let mut chain = Chain::new();
        let mint = chain.create_mint(token, "mint");
        let hub = HubFixture::new("interconnect");
        let deal = AgreementFixture::new(
            &hub,
            &OperatorFixture::new(&hub.address, b"DEUD1"),
            &OperatorFixture::new(&hub.address, b"FRAF1"),
            mint,
            token,
        );
        raise(&mut chain, &deal, stage);
        Self { chain, hub, deal }
    }

    /// A chain whose first statement of period 0 is in this state, where both sides have deposited.
    pub fn in_state(state: StatementState, token: TokenProgram) -> Self {
        let at = |stage| Self::at(stage, token);
        match state {
            StatementState::Stated => at(Stage::Stated),
            StatementState::Returned => {
                let mut world = at(Stage::Stated);
                world
                    .chain
                    .accept(world.deal.return_statement(Side::First, 0));
                world
            }
            StatementState::Matched => {
                let mut world = at(Stage::Stated);
                world
                    .chain
                    .accept(world.deal.accept_statement(Side::First, 0));
                world
            }
            StatementState::Countered => at(Stage::Countered),
            StatementState::Resolved => at(Stage::Resolved),
            StatementState::Settled => at(Stage::Settled),
        }
    }

    /// Another agreement on the same chain, at a hub of its own, with its own people.
    pub fn add_hub(&mut self, name: &str, stage: Stage) -> AgreementFixture {
        let hub = HubFixture::new(name);
        let deal = AgreementFixture::new(
            &hub,
            &OperatorFixture::new(&hub.address, b"ITAO1"),
            &OperatorFixture::new(&hub.address, b"ESPV1"),
            self.deal.mint,
            self.deal.token,
        );
        raise(&mut self.chain, &deal, stage);
        deal
    }

    pub fn hub(&self) -> Hub {
        self.chain.read(&self.hub.address)
    }

    pub fn agreement(&self) -> Agreement {
        self.chain.read(&self.deal.address)
    }

    pub fn operator(&self, side: Side) -> Operator {
        self.chain.read(&self.deal.side(side).address)
    }

    pub fn statement(&self, home: Side, period: u32) -> Statement {
        self.chain.read(&self.deal.statement(home, period))
    }

    pub fn books(&self, side: Side) -> SideBooks {
        *self.agreement().books(side)
    }

    /// What first and second side have in the vault, and the hub's fees there: base units.
    pub fn balances(&self) -> [u64; 3] {
        let agreement = self.agreement();
        [
            agreement.first_books.balance,
            agreement.second_books.balance,
            agreement.fees,
        ]
    }

    /// What a wallet has in its associated token account, in base units.
    pub fn tokens_of(&self, wallet: &Pubkey) -> u64 {
        self.chain.tokens(&self.deal.tokens_of(wallet))
    }

    /// Sends a transaction that must touch exactly these accounts, besides the fee payer and the hub, and tell one event,
    /// which is returned.
    #[track_caller]
    pub fn touches(&mut self, tx: impl Into<Tx>, others: &[Pubkey]) -> Event {
        let before = self.chain.snapshot();
        let event = self.chain.accept(tx).hub_event();
        let touched = changed(&before, &self.chain.snapshot());
        let due = [Chain::fee_payer(), self.hub.address];
        assert_eq!(touched, others.iter().copied().chain(due).collect());
        event
    }
}

/// Takes a hub and an agreement through their lives, from before they are created.
pub fn raise(chain: &mut Chain, deal: &AgreementFixture, stage: Stage) {
    let hub = &deal.hub;
    for wallet in [hub.clerk, cranker()] {
        chain.give_lamports(&wallet, 100_000_000_000);
    }
    for side in [&deal.first, &deal.second] {
        let tokens = chain.create_associated(deal.token, &deal.mint, &side.payout);
        chain.mint_to(deal.token, &deal.mint, &tokens, TOKENS);
    }
    chain.create_associated(deal.token, &deal.mint, &hub.treasury);
    raise_from_minted(chain, deal, stage);
}

/// The same where people and token accounts are there.
pub fn raise_from_minted(chain: &mut Chain, deal: &AgreementFixture, stage: Stage) {
    let hub = &deal.hub;
    if stage >= Stage::Created {
        chain.accept(hub.create());
    }
    if stage >= Stage::Registered {
        chain.accept(hub.register(&deal.first));
        chain.accept(hub.register(&deal.second));
    }
    if stage >= Stage::Proposed {
        chain.accept(deal.propose());
    }
    if stage >= Stage::Accepted {
        chain.accept(deal.accept());
    }
    if stage >= Stage::Funded {
        chain.accept(deal.deposit(Side::First, DEPOSIT));
        chain.accept(deal.deposit(Side::Second, DEPOSIT));
    }
    // Time passes between the steps, so that no two instants of a statement are the same.
    if stage >= Stage::Stated {
        chain.pass(101);
        chain.accept(deal.state(Side::First, 0, usage(0, RECORDS, FIRST_TOTAL)));
        chain.accept(deal.state(Side::Second, 0, usage(0, RECORDS, SECOND_TOTAL)));
    }
    if stage >= Stage::Countered {
        chain.pass(102);
        chain.accept(deal.accept_statement(Side::Second, 0));
        chain.accept(deal.counter(Side::First, 0, COUNTER));
    }
    if stage >= Stage::Resolved {
        chain.pass(super::hub::DISPUTE_WINDOW + 103);
        chain.accept(deal.award(Side::First, 0, AWARD));
    }
    if stage >= Stage::Settled {
        chain.accept(deal.settle(0));
    }
    if stage >= Stage::WoundUp {
        chain.accept(deal.close(Side::First));
        chain.pass(super::hub::WITHDRAWAL_NOTICE);
    }
}

/// A hub as its governors see it.
pub fn governed() -> Governed {
    let World { chain, hub, deal } = World::at(Stage::Funded, TokenProgram::Spl);
    Governed {
        idl: &ROAMING_ESCROW,
        scope: "hub",
        address: hub.address,
        authority: hub.authority,
        guardian: hub.guardian,
        others: vec![hub.arbiter, hub.treasury, deal.first.authority],
        entry: deal.deposit(Side::First, 1),
        chain,
    }
}
