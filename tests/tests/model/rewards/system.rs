//! The same on a chain.

use node_rewards::state::{
    ClaimPage, Epoch, EpochStatus, Network, NetworkTerms, NetworkTermsChange, Payout, Proposal,
    PublisherSet, StoredNetworkTerms,
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::instruction as token;
use wayfare_client::rewards::address;
use wayfare_core::merkle::depth_for;
use wayfare_program::scope::Scope;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::instruction::{self, Claim};
use wayfare_tests::rewards::ledger::{Leaf, Ledger};
use wayfare_tests::rewards::world::{OPERATOR_TOKENS, Stage, World};
use wayfare_tests::token::{TokenProgram, freeze_authority};

use crate::lives::{self, Subject, narrow, time};

use super::reference::{
    Attempt, DEADLINES, DEVICES, Forgery, KINDS, Model, NEVER_REFUSED, OWNERS, Op, Reference,
    TERMS, WALLETS,
};

/// A life of a network on a chain.
pub struct Life {
    world: World,
    /// Base units sent to the vault past the program.
    donated: u64,
}

impl Subject for Life {
    const NAME: &'static str = "rewards";
    const KINDS: &'static [&'static str] = KINDS;
    const NEVER_REFUSED: &'static [&'static str] = NEVER_REFUSED;
    const DEADLINES: &'static [&'static str] = DEADLINES;

    fn begin(token: TokenProgram) -> Model {
        Model::new(token)
    }

    fn token(model: &Model) -> TokenProgram {
        model.token
    }
}

fn wallet(number: usize) -> Pubkey {
    if number < OWNERS {
        person(&format!("owner {number}"))
    } else {
        person(&format!("wallet {number}"))
    }
}

fn authority(number: usize) -> Pubkey {
    person(&format!("authority {number}"))
}

fn guardian(number: usize) -> Pubkey {
    person(&format!("guardian {number}"))
}

fn publisher(number: usize) -> Pubkey {
    person(&format!("publisher {number}"))
}

fn device(number: usize) -> Pubkey {
    person(&format!("device {number}"))
}

fn terms() -> NetworkTerms {
    NetworkTerms {
        epoch_length: TERMS.epoch_length as u64,
        challenge_period: TERMS.challenge_period as u64,
        emission_cap: narrow(TERMS.emission_cap),
        limiter_capacity: narrow(TERMS.limiter_capacity),
        limiter_refill: narrow(TERMS.limiter_refill),
        location_resolution: 9,
    }
}

impl Life {
    fn ledger(&self, number: u128, leaves: &[u128]) -> Ledger {
        let leaves = leaves.iter().enumerate().map(|(index, lifetime)| Leaf {
            owner: wallet(index),
            lifetime: narrow(*lifetime),
            detail_root: [index as u8; 32],
        });
        Ledger {
            network: self.world.net.address,
            number: narrow(number),
            leaves: leaves.collect(),
        }
    }

    fn token_account(&self, account: Option<usize>) -> Pubkey {
        match account {
            Some(number) => self.world.net.tokens_of(&wallet(number)),
            None => self.world.net.vault,
        }
    }

    /// What the operation sends. The model after it says what it comes to in full; the proposal's root is read from the
    /// chain, as a publisher would.
    fn instruction(&self, model: &Model, op: &Op) -> Instruction {
        let net = &self.world.net;
        let network = net.address;
        // The epoch that is open, before and after an activation.
        let open = |activated: bool| model.epochs.len() as u64 + u64::from(!activated);
        match op {
            Op::Time(_) => unreachable!("time sends nothing"),
            Op::Fund(amount) => net.fund(*amount),
            Op::Donate(amount) => token::transfer_checked(
                &net.token.id(),
                &net.tokens_of(&net.operator),
                &net.mint,
                &net.vault,
                &net.operator,
                &[],
                *amount,
                wayfare_tests::token::DECIMALS,
            )
            .expect("a token program"),
            Op::CreatePage => net.create_page(0),
            Op::Propose { by, .. } => {
                let Attempt::Propose {
                    number,
                    leaves,
                    total,
                } = &model.attempt
                else {
                    panic!("a proposal has leaves");
                };
                let leaf_count = leaves.len() as u32;
                let args = Proposal {
                    number: narrow(*number),
                    root: self.ledger(*number, leaves).root(),
                    depth: depth_for(leaf_count),
                    leaf_count,
                    lifetime_total: narrow(*total),
                    data_hash: [0xda; 32],
                };
                instruction::propose_epoch(network, net.operator, publisher(*by), args)
            }
            Op::Approve { by, other_root } => {
                let number = open(false);
                let epoch = address::epoch(&network, number);
                let mut proposal = match self.world.chain.account(&epoch) {
                    Some(_) => self.world.chain.read::<Epoch>(&epoch).proposal(),
                    None => Proposal {
                        number,
                        ..net.ledger.proposal()
                    },
                };
                if *other_root {
                    proposal.root = [7; 32];
                }
                instruction::approve_epoch(network, publisher(*by), proposal)
            }
            Op::Veto { by } => instruction::veto_epoch(network, guardian(*by), open(false)),
            Op::Activate => {
                let number = open(model.reasons.is_empty());
                instruction::activate_epoch(network, net.vault, number)
            }
            Op::Claim { owner, to, .. } => {
                let Attempt::Claim {
                    index,
                    lifetime,
                    leaves,
                } = &model.attempt
                else {
                    panic!("a claim has a leaf");
                };
                let proof = self.ledger(0, leaves).tree().proof(*index as u32);
                let claim = Claim {
                    owner: wallet(*owner),
                    wallet: wallet(*to),
                    index: *index as u32,
                    lifetime: narrow(*lifetime),
                    detail_root: [*index as u8; 32],
                    proof: proof.unwrap_or_default(),
                };
                instruction::claim(&net.accounts(), claim)
            }
            Op::SetPayout { owner, wallet: to } => net.set_payout(wallet(*owner), wallet(*to)),
            Op::ClearPayout { owner } => net.clear_payout(wallet(*owner)),
            Op::Freeze(account) => token::freeze_account(
                &net.token.id(),
                &self.token_account(*account),
                &net.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program"),
            Op::Thaw(account) => token::thaw_account(
                &net.token.id(),
                &self.token_account(*account),
                &net.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program"),
            Op::Pause { by, seconds } => {
                let until = self.world.chain.now().saturating_add(*seconds);
                instruction::governed(network).pause(guardian(*by), until)
            }
            Op::Unpause { by } => instruction::governed(network).unpause(authority(*by)),
            Op::UpdateNetwork { by, change } => {
                let change = NetworkTermsChange {
                    epoch_length: change.epoch_length,
                    challenge_period: change.challenge_period,
                    emission_cap: change.emission_cap,
                    limiter_capacity: change.limiter_capacity,
                    limiter_refill: change.limiter_refill,
                    location_resolution: None,
                };
                instruction::update_network(network, authority(*by), change)
            }
            Op::SetPublishers {
                by,
                publishers,
                threshold,
            } => {
                let set = PublisherSet {
                    publishers: publishers.iter().map(|number| publisher(*number)).collect(),
                    threshold: *threshold,
                };
                instruction::set_publishers(network, authority(*by), set)
            }
            Op::SetGuardian { by, guardian: new } => {
                instruction::governed(network).set_guardian(authority(*by), guardian(*new))
            }
            Op::Nominate { by, nominee } => instruction::governed(network)
                .nominate_authority(authority(*by), nominee.map(authority)),
            Op::AcceptAuthority { by } => {
                instruction::governed(network).accept_authority(authority(*by))
            }
            Op::Register {
                owner,
                device: number,
            } => net.register(wallet(*owner), device(*number)),
            Op::Offer {
                by,
                device: number,
                to,
            } => instruction::offer_node(network, device(*number), wallet(*by), to.map(wallet)),
            Op::AcceptNode { by, device: number } => {
                instruction::accept_node(network, device(*number), wallet(*by))
            }
            Op::Retire { by, device: number } => {
                instruction::retire_node(network, device(*number), wallet(*by), net.operator)
            }
        }
    }

    /// Compares everything that the program keeps with the model.
    fn compare(&self, model: &Model) {
        let World { chain, net } = &self.world;
        let state: Network = chain.read(&net.address);
        let mut publishers = [Pubkey::default(); 5];
        for (slot, number) in publishers.iter_mut().zip(&model.publishers) {
            *slot = publisher(*number);
        }
        let leaves = model.leaves();
        let expected = Network {
            scope: Scope {
                authority: authority(model.authority),
                pending_authority: model.nominee.map(authority).unwrap_or_default(),
                guardian: guardian(model.guardian),
                paused_until: time(model.paused_until),
                sequence: narrow(model.sequence),
                ..state.scope
            },
            publishers,
            root: match leaves {
                [] => [0; 32],
                _ => self.ledger(0, leaves).root(),
            },
            terms: StoredNetworkTerms {
                epoch_length: model.terms.epoch_length as u64,
                challenge_period: model.terms.challenge_period as u64,
                emission_cap: narrow(model.terms.emission_cap),
                limiter_capacity: narrow(model.terms.limiter_capacity),
                limiter_refill: narrow(model.terms.limiter_refill),
                ..state.terms
            },
            epoch_ends_at: time(model.epoch_ends_at),
            limiter_level: narrow(model.level),
            limiter_updated_at: time(model.updated_at),
            active_epoch: model.epochs.len() as u64,
            lifetime_total: narrow(model.total),
            claimed_total: narrow(model.claimed),
            funded_total: narrow(model.funded),
            node_count: model.nodes.iter().flatten().count() as u64,
            leaf_count: leaves.len() as u32,
            publisher_set: model.publisher_set as u32,
            depth: depth_for(leaves.len() as u32),
            threshold: model.threshold as u8,
            publisher_count: model.publishers.len() as u8,
            // Settled when the network was created.
            ..state
        };
        assert_eq!(state, expected);
        assert!(state.invariant(narrow(model.vault)).is_ok());

        assert_eq!(chain.tokens(&net.vault), narrow(model.vault));
        for (number, balance) in model.wallets.iter().enumerate() {
            let account = net.tokens_of(&wallet(number));
            assert_eq!(chain.tokens(&account), narrow(*balance), "wallet {number}");
        }
        let operator = chain.tokens(&net.tokens_of(&net.operator));
        let paid_in = narrow(model.funded) + self.donated;
        assert_eq!(operator, OPERATOR_TOKENS - paid_in);
        assert_eq!(
            narrow(model.vault + model.claimed),
            paid_in,
            "tokens came or went"
        );

        if model.page {
            let page: ClaimPage = chain.read(&net.page(0));
            let counters = model.counters.map(narrow);
            assert_eq!(page.counters[..OWNERS], counters);
            assert!(page.counters[OWNERS..].iter().all(|counter| *counter == 0));
        }
        for owner in 0..OWNERS {
            let payout = net.payout(&wallet(owner));
            let names = chain
                .account(&payout)
                .map(|_| chain.read::<Payout>(&payout).wallet);
            assert_eq!(
                names,
                model.payouts[owner].map(wallet),
                "payout of owner {owner}"
            );
        }
        for number in 0..DEVICES {
            let address = net.node(&device(number));
            let node = chain.account(&address).map(|_| {
                let node: node_rewards::state::Node = chain.read(&address);
                (node.owner, node.pending_owner)
            });
            let expected = model.nodes[number].as_ref().map(|node| {
                (
                    wallet(node.owner),
                    node.offered_to.map(wallet).unwrap_or_default(),
                )
            });
            assert_eq!(node, expected, "node of device {number}");
        }
        self.compare_epochs(model);
    }

    fn compare_epochs(&self, model: &Model) {
        let World { chain, net } = &self.world;
        for (number, leaves) in (1u64..).zip(&model.epochs) {
            let epoch: Epoch = chain.read(&address::epoch(&net.address, number));
            let status = if number as usize == model.epochs.len() {
                EpochStatus::Active
            } else {
                EpochStatus::Superseded
            };
            assert_eq!(epoch.status, status);
            assert_eq!(epoch.root, self.ledger(0, leaves).root());
        }
        let open = address::epoch(&net.address, model.epochs.len() as u64 + 1);
        let Some(proposal) = &model.proposal else {
            assert!(chain.account(&open).is_none());
            return;
        };
        let epoch: Epoch = chain.read(&open);
        let expected = Epoch {
            number: narrow(proposal.number),
            root: self.ledger(0, &proposal.leaves).root(),
            leaf_count: proposal.leaves.len() as u32,
            lifetime_total: narrow(proposal.total),
            publisher_set: proposal.publisher_set as u32,
            proposer: publisher(proposal.approvals[0]),
            proposed_at: time(proposal.proposed_at),
            approved_at: time(proposal.approved_at.unwrap_or(0)),
            activated_at: 0,
            status: if proposal.vetoed {
                EpochStatus::Vetoed
            } else {
                EpochStatus::Proposed
            },
            approvals: proposal
                .approvals
                .iter()
                .map(|number| publisher(*number))
                .collect(),
            network: net.address,
            depth: depth_for(proposal.leaves.len() as u32),
            data_hash: [0xda; 32],
            version: 1,
            bump: epoch.bump,
            spare: [0; 16],
        };
        assert_eq!(epoch, expected);
    }

    /// Everybody else has stopped. An owner gets what it is owed with nobody's help but the clock's: it makes the page if
    /// there is none, names a new wallet if its own is frozen, and claims until nothing is due.
    fn exit(&mut self, model: &mut Model, owner: usize) {
        let mut do_it = |life: &mut Self, op: Op| {
            let next = Reference::apply(model.clone(), &op);
            assert!(
                next.reasons.is_empty(),
                "{op:?} is refused: {:?}",
                next.reasons
            );
            life.perform(&next, &op);
            *model = next;
            model.clone()
        };
        let mut now = do_it(self, Op::Time(0));
        if now.due(owner) == 0 {
            return;
        }
        if !now.page {
            now = do_it(self, Op::CreatePage);
        }
        if now.frozen[now.payee(owner)] {
            let free = (0..WALLETS).find(|wallet| !now.frozen[*wallet]);
            let wallet = free.expect("a wallet that is not frozen");
            now = do_it(self, Op::SetPayout { owner, wallet });
        }
        let to = now.payee(owner);
        // Half a bucket, or what is due if that is less, is there after so many seconds; the clock may be behind.
        let terms = now.terms;
        let patience = terms.limiter_capacity.div_ceil(terms.limiter_refill) as i64 + 1;
        let behind = time((now.updated_at - now.now).max(0));
        let instalments = now.due(owner).div_ceil(terms.limiter_capacity.div_ceil(2));
        for instalment in 0..instalments {
            let wait = if instalment == 0 {
                behind + patience
            } else {
                patience
            };
            do_it(self, Op::Time(wait));
            now = do_it(
                self,
                Op::Claim {
                    owner,
                    to,
                    forgery: Forgery::None,
                },
            );
        }
        assert_eq!(now.due(owner), 0, "owner {owner} did not get out");
    }

    /// Lets an operation happen whose outcome the model after it knows, and compares.
    fn perform(&mut self, model: &Model, op: &Op) {
        if model.attempt == Attempt::Nothing {
            self.world.chain.set_time(time(model.now));
            lives::happened(op.kind());
        } else {
            let result = self.world.chain.attempt(self.instruction(model, op));
            lives::judge(op.kind(), op, &model.reasons, &model.beside, 0, result);
            if let Op::Donate(amount) = op
                && model.reasons.is_empty()
            {
                self.donated += amount;
            }
        }
        self.compare(model);
    }
}

impl StateMachineTest for Life {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(model: &Model) -> Self {
        let token = model.token;
        let mut world = World::at(Stage::Minted, token);
        world.net.terms = terms();
        world.net.authority = authority(0);
        world.net.guardian = guardian(0);
        world.net.publishers = vec![publisher(0), publisher(1), publisher(2)];
        for number in 0..WALLETS {
            world
                .chain
                .create_associated(token, &world.net.mint, &wallet(number));
        }
        world.chain.accept(world.net.create());
        let life = Self { world, donated: 0 };
        life.compare(model);
        life
    }

    fn apply(mut life: Self, model: &Model, op: Op) -> Self {
        life.perform(model, &op);
        life
    }

    fn teardown(mut life: Self, mut model: Model) {
        // The mint's freeze authority is no part of the network: it thaws the vault, or nobody is paid.
        if model.vault_frozen {
            let op = Op::Thaw(None);
            model = Reference::apply(model, &op);
            life.perform(&model, &op);
        }
        // Publishers who granted more than they said leave too little for some. Nobody is paid more than the total.
        if !model.is_honest() {
            return;
        }
        for owner in 0..OWNERS {
            // Each for itself, as if the others had never come.
            let mut alone = Self {
                world: life.world.clone(),
                donated: life.donated,
            };
            alone.exit(&mut model.clone(), owner);
        }
        for owner in 0..OWNERS {
            life.exit(&mut model, owner);
        }
    }
}
