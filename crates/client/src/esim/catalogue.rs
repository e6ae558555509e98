//! A seller's catalogue: the job that brings the seller's plans to what a list says.

use std::collections::HashMap;

use anchor_lang::{AnchorSerialize, error::Error as AnchorError};
use esim_market::{
    instructions::CreatePlanArgs,
    state::{Market, Plan, PlanChange, PlanTerms, StockChange},
};
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_sha256_hasher::hashv;
use solana_signer::Signer;

use super::{address, instruction};
use crate::{
    account::decode_as,
    bulk::{Assessment, Job},
    cluster::Cluster,
    error::ClientError,
    journal::Binding,
};

/// A plan as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// 1 to 32 of a–z, 0–9 and, not at an end, `-`.
    pub id: String,
    pub terms: PlanTerms,
}

/// How a listed plan stands to the plan that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There is no such plan.
    New,
    /// Its terms are others. An update makes a new version; stock and sale stay as they are.
    Changed,
    Same,
}

impl Listing {
    /// How it stands to the plan that is there, if there is one.
    pub fn compared(&self, plan: Option<&Plan>) -> Difference {
        match plan {
            None => Difference::New,
            Some(plan) if plan.terms == self.terms => Difference::Same,
            Some(_) => Difference::Changed,
        }
    }
}

/// Terms that a market does not allow, in the program's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TermsRefused(String);

/// Checks terms as the program does, against the market as it is now.
///
/// # Errors
///
/// [`TermsRefused`] says the first thing that is wrong.
pub fn check_terms(terms: &PlanTerms, market: &Market) -> Result<(), TermsRefused> {
    terms.validate(market).map(drop).map_err(|error| {
        TermsRefused(match error {
            AnchorError::AnchorError(error) => {
                format!("{} ({})", error.error_msg, error.error_name)
            }
            AnchorError::ProgramError(error) => error.program_error.to_string(),
        })
    })
}

/// The job of listing plans: an item for each. An item is done when the seller's plan has the listed terms.
pub struct ListPlans<'a> {
    pub market: Pubkey,
    /// The seller's authority.
    pub authority: &'a dyn Signer,
    /// Pays the rent, and gets it back when a plan is retired.
    pub payer: Pubkey,
    pub listings: Vec<Listing>,
    /// What new plans start with.
    pub stock: StockChange,
    /// Whether new plans can be bought at once.
    pub on_sale: bool,
}

impl ListPlans<'_> {
    /// What ties a journal to this job: every plan as it is to be.
    pub fn binding(&self, genesis: Hash) -> Binding {
        let mut input = self.seller().to_bytes().to_vec();
        for listing in &self.listings {
            let args = self.create_args(listing);
            // Writing to memory does not fail.
            let _ = args.serialize(&mut input);
        }
        Binding {
            job: "list-plans".to_owned(),
            input: hashv(&[&input]).to_bytes(),
            network: self.market,
            genesis,
        }
    }

    fn seller(&self) -> Pubkey {
        address::seller(&self.market, &self.authority.pubkey())
    }

    fn create_args(&self, listing: &Listing) -> CreatePlanArgs {
        CreatePlanArgs {
            id: listing.id.clone(),
            terms: listing.terms,
            stock: self.stock,
            on_sale: self.on_sale,
        }
    }

    fn assessment(&self, listing: &Listing, at: Pubkey, plan: Option<&Plan>) -> Assessment {
        let authority = self.authority.pubkey();
        let instruction = match listing.compared(plan) {
            Difference::Same => return Assessment::Done,
            Difference::New => {
                let args = self.create_args(listing);
                instruction::create_plan(self.market, self.payer, authority, args)
            }
            Difference::Changed => {
                let change = PlanChange {
                    terms: Some(listing.terms),
                    ..PlanChange::default()
                };
                Some(instruction::update_plan(self.market, authority, at, change))
            }
        };
        match instruction {
            Some(instruction) => Assessment::Due {
                instructions: vec![instruction],
                progress: plan.map_or(0, |plan| plan.terms_version),
            },
            None => no_address(),
        }
    }
}

fn no_address() -> Assessment {
    Assessment::Impossible("its id is longer than 32 characters".to_owned())
}

impl Job for ListPlans<'_> {
    fn len(&self) -> usize {
        self.listings.len()
    }

    fn name(&self, item: usize) -> String {
        match self.listings.get(item) {
            Some(listing) => format!("plan {}", listing.id),
            None => format!("item {item}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let seller = self.seller();
        let listings: Vec<(&Listing, Option<Pubkey>)> = items
            .iter()
            .filter_map(|item| self.listings.get(*item))
            .map(|listing| (listing, address::plan(&seller, &listing.id)))
            .collect();
        let addresses: Vec<Pubkey> = listings.iter().filter_map(|(_, at)| *at).collect();
        let accounts = cluster.accounts(&addresses, min_slot)?.accounts;
        let mut plans: HashMap<Pubkey, Plan> = HashMap::with_capacity(addresses.len());
        for (at, account) in addresses.into_iter().zip(accounts) {
            // Lamports that somebody sent there beforehand do not make a plan.
            if let Some(account) = account.filter(|account| account.owner == address::PROGRAM) {
                plans.insert(at, decode_as(&at, &account.owner, &account.data)?);
            }
        }
        Ok(listings
            .into_iter()
            .map(|(listing, at)| match at {
                Some(at) => self.assessment(listing, at, plans.get(&at)),
                None => no_address(),
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![self.authority]
    }
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;
    use crate::{
        esim::account::{EsimMarketAccount, encode, examples},
        fake_chain::{FakeChain, genesis, no_faults},
    };

    fn listing(id: &str, price: u64) -> Listing {
        let (_, plan) = examples::plan();
        Listing {
            id: id.to_owned(),
            terms: PlanTerms {
                price,
                ..plan.terms
            },
        }
    }

    #[test]
    fn what_is_new_is_made_what_changed_is_updated_and_the_rest_stays() {
        let authority = Keypair::new_from_array([9; 32]);
        let (market, _) = examples::market();
        let seller = address::seller(&market, &authority.pubkey());
        let (_, example) = examples::plan();
        let job = ListPlans {
            market,
            authority: &authority,
            payer: authority.pubkey(),
            listings: vec![listing("new", 1), listing("changed", 2), listing("same", 3)],
            stock: StockChange::Set(5),
            on_sale: true,
        };
        let chain = FakeChain::default();
        for (id, price) in [("changed", 1), ("same", 3)] {
            let (at, bump) = Plan::find_address(&seller, id);
            let plan = Plan {
                seller,
                id: id.to_owned(),
                bump,
                terms: listing(id, price).terms,
                ..examples::plan().1
            };
            let data = encode(&EsimMarketAccount::Plan(Box::new(plan)));
            chain.put(at, address::PROGRAM, data);
        }
        let found = job
            .assess(&chain.cluster(no_faults()), &[0, 1, 2], None)
            .unwrap();
        let args = job.create_args(&job.listings[0]);
        let create = instruction::create_plan(market, job.payer, authority.pubkey(), args).unwrap();
        let change = PlanChange {
            terms: Some(job.listings[1].terms),
            ..PlanChange::default()
        };
        let at = address::plan(&seller, "changed").unwrap();
        let update = instruction::update_plan(market, authority.pubkey(), at, change);
        let due = |instruction, progress| Assessment::Due {
            instructions: vec![instruction],
            progress,
        };
        assert_eq!(
            found,
            [
                due(create, 0),
                due(update, example.terms_version),
                Assessment::Done
            ]
        );

        let other = ListPlans {
            listings: vec![listing("new", 1), listing("changed", 2), listing("same", 4)],
            ..job
        };
        let first = other.binding(genesis());
        let stocked = ListPlans {
            stock: StockChange::Unlimited,
            ..other
        };
        assert_ne!(stocked.binding(genesis()).input, first.input);
    }

    #[test]
    fn terms_that_a_market_does_not_allow_are_named() {
        let (_, mut market) = examples::market();
        (
            market.terms.max_delivery_window,
            market.terms.min_release_window,
            market.terms.max_release_window,
        ) = (600, 1, 86_400);
        let (_, plan) = examples::plan();
        assert_eq!(check_terms(&plan.terms, &market), Ok(()));
        market.terms.max_delivery_window = 599;
        let error = check_terms(&plan.terms, &market).unwrap_err().to_string();
        assert!(error.contains("BadDeliveryWindow"), "{error}");
    }
}
