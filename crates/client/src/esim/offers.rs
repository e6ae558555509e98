//! What is on offer: which plans can be bought now, for how much, and whether who pays can.

use std::cmp::Reverse;
use std::thread::{self, ScopedJoinHandle};

use anchor_lang::error::Error as AnchorError;
use esim_market::state::{
    Market, MarketVault, Order, Plan, PlanTerms, Quote, Seller, SellerStatus,
};
use solana_pubkey::Pubkey;
use thiserror::Error;
use wayfare_core::amount::{self, AmountError};
use wayfare_core::esim::countries::{Code, Countries};
use wayfare_core::mint::token_account as token_account_view;

use super::instruction::{Purchase, VaultAccounts};
use crate::{
    cluster::Cluster,
    error::{ClientError, InputError, RpcTrouble},
    token,
};

/// Why nobody can buy a plan now.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Hindrance {
    /// Until then, in Unix seconds.
    #[error("the market is paused")]
    Paused { until: i64 },
    #[error("its seller is not approved by the market")]
    SellerNotApproved,
    #[error("it is off sale")]
    OffSale,
    #[error("it is sold out")]
    SoldOut,
    /// The market changed its terms since the plan was made.
    #[error("the market does not allow its terms any more: {message}")]
    Terms {
        /// The program's error by name.
        name: String,
        message: String,
    },
}

/// What a purchase costs at a time in Unix seconds, in base units.
///
/// # Errors
///
/// [`Hindrance`], in the order in which the program looks.
pub fn quote(plan: &Plan, market: &Market, seller: &Seller, now: i64) -> Result<Quote, Hindrance> {
    if now < market.scope.paused_until {
        return Err(Hindrance::Paused {
            until: market.scope.paused_until,
        });
    }
    if !matches!(seller.status(), Ok(SellerStatus::Approved)) {
        return Err(Hindrance::SellerNotApproved);
    }
    let quote = plan.terms.validate(market).map_err(|error| match error {
        AnchorError::AnchorError(error) => Hindrance::Terms {
            name: error.error_name,
            message: error.error_msg,
        },
        AnchorError::ProgramError(error) => Hindrance::Terms {
            name: String::new(),
            message: error.program_error.to_string(),
        },
    })?;
    if !plan.on_sale {
        return Err(Hindrance::OffSale);
    }
    if plan.stock == 0 {
        return Err(Hindrance::SoldOut);
    }
    Ok(quote)
}

/// A plan as it is offered at a time.
#[derive(Clone, Debug)]
pub struct Offer {
    pub address: Pubkey,
    pub plan: Plan,
    /// The market's vault for the plan's mint.
    pub vault: VaultAccounts,
    /// Of the plan's mint.
    pub decimals: u8,
    /// What a buyer pays, in base units; what it would be, where nobody can buy now.
    pub paid: u64,
    /// Why nobody can buy it now.
    pub hindrance: Option<Hindrance>,
}

impl Offer {
    /// `None` where the market has no vault for the plan's mint, or the seller none: neither is ever closed, so a node
    /// gave half an answer.
    fn new(
        address: Pubkey,
        plan: Plan,
        market: &Market,
        seller: Option<&Seller>,
        vault: Option<&(Pubkey, MarketVault)>,
        now: i64,
    ) -> Option<Self> {
        let (vault, state) = vault?;
        let quoted = quote(&plan, market, seller?, now);
        let paid = match &quoted {
            Ok(quote) => quote.paid,
            Err(_) => {
                // What the floor is checked against is the market's fee, which does not change what is paid.
                let terms = PlanTerms {
                    floor_price: 0,
                    ..plan.terms
                };
                terms.quote(0).map_or(terms.price, |quote| quote.paid)
            }
        };
        Some(Self {
            address,
            plan,
            vault: VaultAccounts::of(*vault, state),
            decimals: state.decimals,
            paid,
            hindrance: quoted.err(),
        })
    }
}

impl Cluster {
    /// The plans of a market, or of one of its sellers, as they are offered at a time in Unix seconds: in order of
    /// their addresses, those that nobody can buy too.
    pub fn offers(
        &self,
        address: &Pubkey,
        market: &Market,
        seller: Option<&Pubkey>,
        now: i64,
    ) -> Result<Vec<Offer>, ClientError> {
        // One after the other would take three times as long.
        let (vaults, sellers, plans) = thread::scope(|scope| {
            let vaults = scope.spawn(|| self.vaults(address));
            let sellers = scope.spawn(|| self.sellers(address));
            let plans = self.plans(address, seller);
            (joined(vaults), joined(sellers), plans)
        });
        let (vaults, sellers) = (vaults?, sellers?);
        Ok(plans?
            .into_iter()
            .filter_map(|(at, plan)| {
                let (seller, vault) = (sellers.get(&plan.seller), vaults.get(&plan.terms.mint));
                Offer::new(at, plan, market, seller, vault, now)
            })
            .collect())
    }
}

/// What a thread read. One that panicked read nothing.
fn joined<T>(thread: ScopedJoinHandle<'_, Result<T, ClientError>>) -> Result<T, ClientError> {
    thread
        .join()
        .unwrap_or_else(|_| Err(InputError::Other("a read was given up".to_owned()).into()))
}

/// What somebody looks for. Everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct OfferFilter {
    /// All of them.
    pub countries: Vec<Code>,
    /// Megabytes at least; 0 is unlimited.
    pub min_data: Option<u64>,
    /// Days at least.
    pub days: Option<u16>,
    /// Tokens at most, as a decimal text.
    pub max_price: Option<String>,
}

impl OfferFilter {
    /// # Errors
    ///
    /// [`AmountError`]: the price is no amount of the offer's mint.
    pub fn fits(&self, offer: &Offer) -> Result<bool, AmountError> {
        let terms = &offer.plan.terms;
        let max_price = self
            .max_price
            .as_deref()
            .map(|text| amount::parse(text, offer.decimals))
            .transpose()?;
        let countries = Countries(terms.countries);
        Ok(self.countries.iter().all(|code| countries.contains(*code))
            && self
                .min_data
                .is_none_or(|mb| data_rank(terms.data_mb) >= data_rank(mb))
            && self.days.is_none_or(|days| terms.validity_days >= days)
            && max_price.is_none_or(|most| offer.paid <= most))
    }
}

/// What offers are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfferOrder {
    /// The lowest first.
    #[default]
    Price,
    /// The lowest first.
    PerGb,
    /// The most first.
    Data,
    /// The most first.
    Days,
}

/// Megabytes, with unlimited data above every other.
fn data_rank(mb: u64) -> u64 {
    if mb == 0 { u64::MAX } else { mb }
}

/// A price that those of other mints' decimals compare with.
fn scaled(offer: &Offer) -> u128 {
    let missing = u32::from(18u8.saturating_sub(offer.decimals));
    // Below 2^64 · 10^18, which fits.
    u128::from(offer.paid).saturating_mul(10u128.pow(missing))
}

/// Sorts a list by the offer of each item. Prices of different mints stand apart. What is equal is in order of price, then
/// of the addresses.
pub fn sort<T>(list: &mut [T], by: OfferOrder, offer: impl Fn(&T) -> &Offer) {
    list.sort_by_key(|item| {
        let offer = offer(item);
        let terms = &offer.plan.terms;
        let rank = match by {
            OfferOrder::Price => 0,
            // Without a limit, a gigabyte costs nothing.
            OfferOrder::PerGb => scaled(offer).checked_div(terms.data_mb.into()).unwrap_or(0),
            OfferOrder::Data => u128::from(u64::MAX.saturating_sub(data_rank(terms.data_mb))),
            OfferOrder::Days => u128::from(u16::MAX.saturating_sub(terms.validity_days)),
        };
        let mint = matches!(by, OfferOrder::Price | OfferOrder::PerGb).then_some(terms.mint);
        (
            mint,
            rank,
            scaled(offer),
            Reverse(offer.plan.sold),
            offer.address,
        )
    });
}

/// Why somebody cannot pay for a purchase now.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PayerHindrance {
    #[error("there is an order of this plan under this buyer and number already")]
    OrderExists,
    /// The purchase's `source`.
    #[error("there is no token account of this mint to pay from")]
    NoTokenAccount,
    #[error("what would pay is not a token account of this mint")]
    NotATokenAccount,
    #[error("the token account that would pay is somebody else's")]
    NotOwned,
    #[error("the token account that would pay is frozen")]
    Frozen,
    /// In base units.
    #[error("the token account that would pay holds too little")]
    TooFewTokens { held: u64 },
    #[error("the order's rent is {rent} lamports, and who pays has {held}")]
    TooFewLamports { held: u64, rent: u64 },
}

/// A look at who would pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// What stands in the way, in the order in which it is best mended.
    pub hindrance: Option<PayerHindrance>,
    /// Why a refund could not be paid now, to the payer's own token account.
    pub cannot_take_refund: Option<&'static str>,
}

/// Whether who pays for a purchase can pay `paid` base units, and could be paid back.
pub fn payer(cluster: &Cluster, purchase: &Purchase, paid: u64) -> Result<Payer, ClientError> {
    let Purchase { payer, source, .. } = *purchase;
    let (mint, token_program) = (purchase.vault.mint, purchase.vault.token_program);
    let own = token::token_account(&payer, &mint, &token_program);
    let addresses = [source, own, purchase.order(), payer];
    let accounts = cluster.accounts(&addresses, None)?.accounts;
    let [paying, refunded, order, wallet] =
        <[_; 4]>::try_from(accounts).map_err(|accounts| RpcTrouble::BadAnswer {
            request: "getMultipleAccounts".to_owned(),
            reason: format!("{} accounts instead of 4", accounts.len()),
        })?;
    let rent = cluster.rent(Order::SPACE)?;
    let held = wallet.map_or(0, |wallet| wallet.lamports);
    let view = paying.as_ref().map(|account| {
        token_account_view(&account.data)
            .filter(|view| account.owner == token_program && view.mint == mint.as_array())
    });
    let is_order = order.is_some_and(|account| account.owner != solana_sdk_ids::system_program::ID);
    let hindrance = match view {
        _ if is_order => Some(PayerHindrance::OrderExists),
        None => Some(PayerHindrance::NoTokenAccount),
        Some(None) => Some(PayerHindrance::NotATokenAccount),
        Some(Some(view)) if view.owner != payer.as_array() => Some(PayerHindrance::NotOwned),
        Some(Some(view)) if view.is_frozen => Some(PayerHindrance::Frozen),
        Some(Some(view)) if view.amount < paid => {
            Some(PayerHindrance::TooFewTokens { held: view.amount })
        }
        Some(Some(_)) if held < rent => Some(PayerHindrance::TooFewLamports { held, rent }),
        Some(Some(_)) => None,
    };
    Ok(Payer {
        hindrance,
        cannot_take_refund: token::cannot_take(refunded.as_ref(), &payer, &mint, &token_program),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esim::account::examples;
    use crate::fake_chain::{FakeChain, no_faults};

    #[test]
    fn what_stands_in_the_way_of_a_purchase() {
        type Change = fn(&mut Plan, &mut Market, &mut Seller);
        let quoted = |change: Change| {
            let (_, mut market) = examples::market();
            let (_, mut seller) = examples::seller();
            let (_, mut plan) = examples::plan();
            market.terms.max_delivery_window = 600;
            market.terms.min_release_window = 86_400;
            market.terms.max_release_window = 86_400;
            change(&mut plan, &mut market, &mut seller);
            quote(&plan, &market, &seller, 1_000)
        };
        let paid = quoted(|_, _, _| {}).unwrap();
        assert_eq!((paid.paid, paid.discount), (10_000_000, 0));
        assert_eq!(
            quoted(|_, m, _| m.scope.paused_until = 1_001),
            Err(Hindrance::Paused { until: 1_001 })
        );
        assert!(quoted(|_, m, _| m.scope.paused_until = 1_000).is_ok());
        for status in [SellerStatus::Pending, SellerStatus::Suspended] {
            let (_, market) = examples::market();
            let (_, mut seller) = examples::seller();
            seller.status = status as u8;
            assert_eq!(
                quote(&examples::plan().1, &market, &seller, 0),
                Err(Hindrance::SellerNotApproved)
            );
        }
        assert_eq!(quoted(|p, _, _| p.on_sale = false), Err(Hindrance::OffSale));
        assert_eq!(quoted(|p, _, _| p.stock = 0), Err(Hindrance::SoldOut));
        for (change, expected) in [
            ((|_, m, _| m.mint_count = 0) as Change, "MintNotAccepted"),
            (|p, _, _| p.terms.floor_price = 10_000_000, "BelowFloor"),
            (
                |_, m, _| m.terms.max_delivery_window = 599,
                "BadDeliveryWindow",
            ),
        ] {
            let Err(Hindrance::Terms { name, .. }) = quoted(change) else {
                panic!("{expected}")
            };
            assert_eq!(name, expected);
        }
    }

    #[test]
    fn who_cannot_pay() {
        let (vault, state) = examples::vault();
        let (_, plan) = examples::plan();
        let key = examples::key;
        let (wallet, mint, program) = (key(91), state.mint, state.token_program);
        let own = token::token_account(&wallet, &mint, &program);
        let purchase = Purchase {
            payer: wallet,
            buyer: wallet,
            market: plan.market,
            seller: plan.seller,
            plan: key(92),
            vault: VaultAccounts::of(vault, &state),
            source: own,
            order_id: 1,
            plan_version: plan.terms_version,
            market_version: 1,
            max_price: 1_000,
        };
        // SPL Token's layout: mint, owner, amount, and the state at byte 108.
        let tokens = |mint: Pubkey, owner: Pubkey, amount: u64, state: u8| {
            let mut data = vec![0; 165];
            data[..32].copy_from_slice(mint.as_ref());
            data[32..64].copy_from_slice(owner.as_ref());
            data[64..72].copy_from_slice(&amount.to_le_bytes());
            data[108] = state;
            data
        };
        let found = |account: Option<Vec<u8>>, order: bool| {
            let chain = FakeChain::default();
            if let Some(data) = account {
                chain.put(own, program, data);
            }
            if order {
                chain.put(purchase.order(), super::super::address::PROGRAM, vec![1]);
            }
            chain.put(wallet, solana_sdk_ids::system_program::ID, vec![]);
            payer(&chain.cluster(no_faults()), &purchase, 500).unwrap()
        };
        use PayerHindrance::*;
        let good = || Some(tokens(mint, wallet, 500, 1));
        assert_eq!(found(good(), false).hindrance, None);
        assert_eq!(found(good(), false).cannot_take_refund, None);
        assert_eq!(found(good(), true).hindrance, Some(OrderExists));
        assert_eq!(found(None, false).hindrance, Some(NoTokenAccount));
        for (account, expected) in [
            (tokens(key(1), wallet, 500, 1), NotATokenAccount),
            (vec![0; 10], NotATokenAccount),
            (tokens(mint, key(1), 500, 1), NotOwned),
            (tokens(mint, wallet, 500, 2), Frozen),
            (tokens(mint, wallet, 499, 1), TooFewTokens { held: 499 }),
        ] {
            let payer = found(Some(account), false);
            assert_eq!(payer.hindrance, Some(expected));
        }
    }

    fn offer(address: u8, paid: u64, data_mb: u64, validity_days: u16) -> Offer {
        let (_, mut plan) = examples::plan();
        let mut countries = Countries::NONE;
        for code in ["FR", "DE"] {
            countries.insert(Code::find(code).unwrap());
        }
        plan.terms.countries = countries.0;
        plan.terms.data_mb = data_mb;
        plan.terms.validity_days = validity_days;
        plan.terms.price = paid;
        let (vault, state) = examples::vault();
        Offer {
            address: examples::key(address),
            plan,
            vault: VaultAccounts::of(vault, &state),
            decimals: 6,
            paid,
            hindrance: None,
        }
    }

    #[test]
    fn filters() {
        let five = offer(1, 9_500_000, 5_120, 30);
        let unlimited = offer(2, 20_000_000, 0, 7);
        let france = Code::find("France").unwrap();
        let japan = Code::find("jp").unwrap();
        let all = OfferFilter::default;
        let cases = [
            (all(), true, true),
            (
                OfferFilter {
                    countries: vec![france],
                    ..all()
                },
                true,
                true,
            ),
            (
                OfferFilter {
                    countries: vec![france, japan],
                    ..all()
                },
                false,
                false,
            ),
            (
                OfferFilter {
                    min_data: Some(5_121),
                    ..all()
                },
                false,
                true,
            ),
            (
                OfferFilter {
                    min_data: Some(0),
                    ..all()
                },
                false,
                true,
            ),
            (
                OfferFilter {
                    days: Some(8),
                    ..all()
                },
                true,
                false,
            ),
            (
                OfferFilter {
                    max_price: Some("9.5".into()),
                    ..all()
                },
                true,
                false,
            ),
            (
                OfferFilter {
                    max_price: Some("9.499999".into()),
                    ..all()
                },
                false,
                false,
            ),
        ];
        for (at, (filter, first, second)) in cases.into_iter().enumerate() {
            assert_eq!(filter.fits(&five).unwrap(), first, "{at}");
            assert_eq!(filter.fits(&unlimited).unwrap(), second, "{at}");
        }
        let bad = OfferFilter {
            max_price: Some("1.2345678".into()),
            ..all()
        };
        assert!(bad.fits(&five).is_err());
    }

    #[test]
    fn orders() {
        let sorted = |by| {
            let mut offers = vec![
                offer(1, 10, 1_000, 7),
                offer(2, 20, 4_000, 30),
                offer(3, 90, 0, 1),
            ];
            sort(&mut offers, by, |offer| offer);
            offers
                .iter()
                .map(|offer| offer.address.to_bytes()[0])
                .collect::<Vec<_>>()
        };
        assert_eq!(sorted(OfferOrder::Price), [1, 2, 3]);
        assert_eq!(sorted(OfferOrder::PerGb), [3, 2, 1]);
        assert_eq!(sorted(OfferOrder::Data), [3, 2, 1]);
        assert_eq!(sorted(OfferOrder::Days), [2, 1, 3]);
    }
}
