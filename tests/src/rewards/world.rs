//! A chain with a network on it, at any stage of the network's life.

use node_rewards::state::{Epoch, Network};
use solana_pubkey::Pubkey;

use crate::chain::{Chain, Tx};
use crate::governance::Governed;
use crate::idl::NODE_REWARDS;
use crate::rewards::event::Event;
use crate::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, NetworkFixture};
use crate::snapshot::changed;
use crate::token::TokenProgram;

/// What the operator has at the beginning, in base units.
pub const OPERATOR_TOKENS: u64 = 1_000_000_000_000;

/// What the operator funds the vault with, in base units.
pub const FUNDED: u64 = 10_000_000;

/// How far a network has come. Each stage holds the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// There are a mint, people and token accounts, but no network.
    Minted,
    /// The network is on the chain.
    Created,
    /// The vault is funded, and the first page is there.
    Funded,
    /// The first epoch is over, and proposed by publisher 0.
    Proposed,
    /// Publisher 1 has approved it too.
    Approved,
    /// The challenge period is over, and the epoch in force.
    Active,
    /// Everybody was paid.
    Claimed,
}

/// A chain and a network.
#[derive(Clone)]
pub struct World {
    pub chain: Chain,
    pub net: NetworkFixture,
}

impl World {
    /// A chain with one network, `metro`, at a stage.
    pub fn at(stage: Stage, token: TokenProgram) -> Self {
        let mut chain = Chain::new();
        let mint = chain.create_mint(token, "mint");
        let net = NetworkFixture::new("metro", mint, token);
        raise(&mut chain, &net, stage);
        Self { chain, net }
    }

    /// Another network on the same chain that pays in the same mint, has its own people, and the same owners.
    pub fn add_network(&mut self, name: &str, stage: Stage) -> NetworkFixture {
        let net = NetworkFixture::new(name, self.net.mint, self.net.token);
        raise(&mut self.chain, &net, stage);
        net
    }

    /// Proposes, approves and activates the next epoch, in which each owner earned so much more.
    pub fn next_epoch(&mut self, grants: &[u64]) {
        self.net.ledger = self.net.ledger.next(grants);
        for leaf in &self.net.ledger.leaves.clone() {
            self.chain
                .create_associated(self.net.token, &self.net.mint, &leaf.owner);
        }
        self.chain.pass(EPOCH_LENGTH);
        self.chain.accept(self.net.propose());
        self.chain.accept(self.net.approve(1));
        self.chain.pass(CHALLENGE_PERIOD);
        self.chain.accept(self.net.activate());
    }

    /// The network's account.
    pub fn state(&self) -> Network {
        self.chain.read(&self.net.address)
    }

    /// The account of the ledger's epoch.
    pub fn epoch(&self) -> Epoch {
        self.chain.read(&self.net.epoch())
    }

    /// Sends a transaction that must change the network's account as `change` does, take one number from its sequence,
    /// touch exactly the accounts in `others` besides, and tell one event, which is returned.
    #[track_caller]
    pub fn changes(
        &mut self,
        tx: impl Into<Tx>,
        others: &[Pubkey],
        change: impl FnOnce(&mut Network),
    ) -> Event {
        let before = self.chain.snapshot();
        let mut expected = self.state();
        change(&mut expected);
        expected.scope.sequence += 1;
        let event = self.chain.accept(tx).event();

        let after = self.chain.snapshot();
        let touched = changed(&before, &after);
        let due = [Chain::fee_payer(), self.net.address];
        assert_eq!(touched, others.iter().copied().chain(due).collect());
        assert_eq!(self.state(), expected);
        event
    }

    /// What an owner has in its own associated token account, in base units.
    pub fn paid(&self, index: u32) -> u64 {
        self.paid_to(&self.net.owner(index))
    }

    /// What a wallet has in its associated token account, in base units.
    pub fn paid_to(&self, wallet: &Pubkey) -> u64 {
        self.chain.tokens(&self.net.tokens_of(wallet))
    }

    /// What the vault has, in base units.
    pub fn vault(&self) -> u64 {
        self.chain.tokens(&self.net.vault)
    }
}

/// Takes a network through its life, from before it is created.
pub fn raise(chain: &mut Chain, net: &NetworkFixture, stage: Stage) {
    chain.give_lamports(&net.operator, 100_000_000_000);
    let operator_tokens = chain.create_associated(net.token, &net.mint, &net.operator);
    chain.mint_to(net.token, &net.mint, &operator_tokens, OPERATOR_TOKENS);
    for leaf in &net.ledger.leaves {
        chain.create_associated(net.token, &net.mint, &leaf.owner);
    }
    if stage >= Stage::Created {
        chain.accept(net.create());
    }
    if stage >= Stage::Funded {
        chain.accept(net.fund(FUNDED));
        chain.accept(net.create_page(0));
    }
    if stage >= Stage::Proposed {
        chain.pass(EPOCH_LENGTH);
        chain.accept(net.propose());
    }
    if stage >= Stage::Approved {
        chain.accept(net.approve(1));
    }
    if stage >= Stage::Active {
        chain.pass(CHALLENGE_PERIOD);
        chain.accept(net.activate());
    }
    if stage >= Stage::Claimed {
        for index in 0..net.ledger.leaves.len() as u32 {
            chain.accept(net.claim(index));
        }
    }
}

/// A network as its governors see it.
pub fn governed() -> Governed {
    let World { chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    Governed {
        idl: &NODE_REWARDS,
        scope: "network",
        address: net.address,
        authority: net.authority,
        guardian: net.guardian,
        others: [&net.publishers[..1], &[net.operator, net.owner(0)]].concat(),
        entry: net.fund(1),
        chain,
    }
}
