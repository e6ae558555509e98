//! A network with its people, and every honest instruction of theirs.

use crate::rewards::instruction::{self, NetworkAccounts};
use node_rewards::instructions::CreateNetworkArgs;
use node_rewards::state::{NetworkTerms, NodeKind, PublisherSet};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;

use crate::keys::person;
use crate::rewards::ledger::Ledger;
use crate::token::TokenProgram;

/// The H3 cell of Times Square, New York.
pub fn location(resolution: u8) -> u64 {
    wayfare_core::h3::cell_at(40.758, -73.9855, resolution).expect("a place on Earth")
}

/// Seconds of an epoch, unless a test says otherwise.
pub const EPOCH_LENGTH: i64 = 86_400;

/// Seconds of the challenge period, unless a test says otherwise.
pub const CHALLENGE_PERIOD: i64 = 3_600;

/// What the owners of the first epoch earned, in base units: the whole emission cap together.
pub const LIFETIMES: [u64; 5] = [100_000, 250_000, 1, 399_999, 250_000];

/// Two publishers of three approve an epoch. The limiter lets two epochs' emission out at once.
pub const TERMS: NetworkTerms = NetworkTerms {
    epoch_length: EPOCH_LENGTH as u64,
    challenge_period: CHALLENGE_PERIOD as u64,
    emission_cap: 1_000_000,
    limiter_capacity: 2_000_000,
    limiter_refill: 12,
    location_resolution: 9,
};

/// A network, by the keys that belong to it. Its state is on the chain.
#[derive(Clone, Debug)]
pub struct NetworkFixture {
    pub name: String,
    pub address: Pubkey,
    pub vault: Pubkey,
    pub mint: Pubkey,
    pub token: TokenProgram,
    pub authority: Pubkey,
    pub guardian: Pubkey,
    /// Three; any two can put an epoch in force.
    pub publishers: Vec<Pubkey>,
    /// Pays rents, and funds the vault.
    pub operator: Pubkey,
    pub terms: NetworkTerms,
    /// The epoch that the instructions below are about.
    pub ledger: Ledger,
}

impl NetworkFixture {
    /// A network that is not on the chain yet.
    pub fn new(name: &str, mint: Pubkey, token: TokenProgram) -> Self {
        let address = address::network(name).expect("a short name");
        Self {
            name: name.to_owned(),
            address,
            vault: address::vault(&address),
            mint,
            token,
            authority: person(&format!("{name}: authority")),
            guardian: person(&format!("{name}: guardian")),
            publishers: (0..3)
                .map(|n| person(&format!("{name}: publisher {n}")))
                .collect(),
            operator: person(&format!("{name}: operator")),
            terms: TERMS,
            ledger: Ledger::first(address, &LIFETIMES),
        }
    }

    pub fn accounts(&self) -> NetworkAccounts {
        NetworkAccounts {
            network: self.address,
            vault: self.vault,
            mint: self.mint,
            token_program: self.token.id(),
        }
    }

    pub fn publisher_set(&self) -> PublisherSet {
        PublisherSet {
            publishers: self.publishers.clone(),
            threshold: 2,
        }
    }

    pub fn create_args(&self) -> CreateNetworkArgs {
        CreateNetworkArgs {
            name: self.name.clone(),
            terms: self.terms,
            guardian: self.guardian,
            publisher_set: self.publisher_set(),
        }
    }

    /// The address of the ledger's epoch.
    pub fn epoch(&self) -> Pubkey {
        address::epoch(&self.address, self.ledger.number)
    }

    pub fn page(&self, number: u32) -> Pubkey {
        address::claim_page(&self.address, number)
    }

    pub fn payout(&self, owner: &Pubkey) -> Pubkey {
        address::payout(&self.address, owner)
    }

    pub fn node(&self, device: &Pubkey) -> Pubkey {
        address::node(&self.address, device)
    }

    pub fn owner(&self, index: u32) -> Pubkey {
        self.ledger.owner(index)
    }

    /// A wallet's associated token account for the network's mint.
    pub fn tokens_of(&self, wallet: &Pubkey) -> Pubkey {
        wayfare_client::token::token_account(wallet, &self.mint, &self.token.id())
    }

    pub fn create(&self) -> Instruction {
        self.create_with(self.create_args())
    }

    pub fn create_with(&self, args: CreateNetworkArgs) -> Instruction {
        instruction::create_network(
            self.operator,
            self.authority,
            self.mint,
            self.token.id(),
            args,
        )
        .expect("a name that fits a seed")
    }

    pub fn fund(&self, amount: u64) -> Instruction {
        let source = self.tokens_of(&self.operator);
        instruction::fund(&self.accounts(), self.operator, source, amount)
    }

    pub fn create_page(&self, page: u32) -> Instruction {
        instruction::create_page(self.address, self.operator, page)
    }

    /// The first publisher proposes the ledger.
    pub fn propose(&self) -> Instruction {
        self.propose_with(0, |_| {})
    }

    /// A publisher proposes something other than the ledger.
    pub fn propose_with(
        &self,
        publisher: usize,
        change: impl FnOnce(&mut node_rewards::state::Proposal),
    ) -> Instruction {
        let mut args = self.ledger.proposal();
        change(&mut args);
        instruction::propose_epoch(
            self.address,
            self.operator,
            self.publishers[publisher],
            args,
        )
    }

    /// A publisher approves the ledger.
    pub fn approve(&self, publisher: usize) -> Instruction {
        instruction::approve_epoch(
            self.address,
            self.publishers[publisher],
            self.ledger.proposal(),
        )
    }

    pub fn veto(&self) -> Instruction {
        instruction::veto_epoch(self.address, self.guardian, self.ledger.number)
    }

    pub fn activate(&self) -> Instruction {
        instruction::activate_epoch(self.address, self.vault, self.ledger.number)
    }

    /// Pays an owner's own wallet.
    pub fn claim(&self, index: u32) -> Instruction {
        self.claim_to(index, self.owner(index))
    }

    /// Pays an owner who named this wallet.
    pub fn claim_to(&self, index: u32, wallet: Pubkey) -> Instruction {
        instruction::claim(&self.accounts(), self.ledger.claim(index, wallet))
    }

    pub fn pause(&self, until: i64) -> Instruction {
        instruction::governed(self.address).pause(self.guardian, until)
    }

    /// The operator pays for the node of an owner.
    pub fn register(&self, owner: Pubkey, device: Pubkey) -> Instruction {
        instruction::register_node(
            self.address,
            self.operator,
            owner,
            device,
            NodeKind::Wifi,
            location(TERMS.location_resolution),
        )
    }

    /// The operator pays for the payout account of an owner.
    pub fn set_payout(&self, owner: Pubkey, wallet: Pubkey) -> Instruction {
        instruction::set_payout(self.address, self.operator, owner, wallet)
    }

    pub fn clear_payout(&self, owner: Pubkey) -> Instruction {
        instruction::clear_payout(self.address, owner, self.operator)
    }
}
