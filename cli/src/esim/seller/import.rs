use std::collections::HashMap;
use std::fmt::{self, Display};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use esim_market::state::{ActivationPolicy, Plan, PlanTerms, StockChange};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::catalogue::{Difference, ListPlans, Listing, check_terms};
use wayfare_core::esim::airalo::{self, PackageDraft, Packages};
use wayfare_core::esim::shop;

use crate::args::{ConfirmArgs, JobArgs, Seconds, SendArgs, basis_points};
use crate::context::Context;
use crate::error::Exit;
use crate::esim::find::{find_market, find_vault};
use crate::esim::seller::args::SellerArg;
use crate::esim::seller::find::find_seller;
use crate::esim::seller::plan::terms::{Refundable, Stock};
use crate::job;
use crate::job::{JobReport, Kind};
use crate::output::{Amount, Output, table};

#[derive(Args)]
pub struct ImportArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// JSON file with packages, as the API's GET /v2/packages answers. Those that cannot be offered are listed with
    /// their reason; the others are. What is offered already under the same terms stays as it is
    #[arg(long, value_name = "FILE")]
    pub airalo: PathBuf,

    /// Mint that the plans are priced in: one that is worth a US dollar
    #[arg(long, value_name = "ADDRESS")]
    pub mint: Pubkey,

    /// Time to deliver, from the payment on
    #[arg(long, value_name = "SPAN")]
    pub delivery_window: Seconds,

    /// Time for the buyer to complain, from the delivery on
    #[arg(long, value_name = "SPAN")]
    pub release_window: Seconds,

    /// Off the price, in basis points
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = basis_points)]
    pub discount_bps: u16,

    /// Until when an unused plan is refunded
    #[arg(long, value_enum, default_value_t)]
    pub refundable: Refundable,

    /// The buyer's share when the arbiter stays silent, in basis points
    #[arg(long, value_name = "BPS", default_value_t = 5_000, value_parser = basis_points)]
    pub default_split_bps: u16,

    /// How many of each new plan can be sold, or "unlimited"
    #[arg(long, value_name = "N|unlimited", default_value_t = Stock(StockChange::Unlimited))]
    pub stock: Stock,

    /// Create new plans off sale
    #[arg(long)]
    pub off_sale: bool,

    /// Folder to write each plan's description to, ID.json each, for its publication
    #[arg(long, value_name = "DIR")]
    pub descriptions: Option<PathBuf>,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// What an import came to.
#[derive(Serialize)]
pub struct Imported {
    market: String,
    packages: usize,
    new: usize,
    changed: usize,
    same: usize,
    /// Packages that cannot be offered.
    refused: Vec<RefusedPackage>,
    /// What is offered, and how it stands to what was.
    offered: Vec<OfferedPackage>,
    plans: JobReport,
}

#[derive(Serialize)]
struct RefusedPackage {
    package: String,
    position: String,
    reason: String,
}

#[derive(Serialize)]
struct OfferedPackage {
    plan: String,
    package: String,
    title: String,
    countries: String,
    data: String,
    days: u16,
    price: Amount,
    floor_price: Amount,
    change: &'static str,
}

impl Output for Imported {
    fn exit(&self) -> Exit {
        match self.plans.exit() {
            Exit::Done if !self.refused.is_empty() => Exit::Refused,
            exit => exit,
        }
    }
}

impl Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "market {}: {} packages, of which {} are new plans, {} change one, {} are offered already and {} cannot be",
            self.market,
            self.packages,
            self.new,
            self.changed,
            self.same,
            self.refused.len()
        )?;
        if !self.offered.is_empty() {
            let mut offered = table(["plan", "countries", "data", "days", "price", "floor", ""]);
            for plan in &self.offered {
                offered.add_row([
                    plan.plan.clone(),
                    plan.countries.clone(),
                    plan.data.clone(),
                    plan.days.to_string(),
                    plan.price.to_string(),
                    plan.floor_price.to_string(),
                    plan.change.to_owned(),
                ]);
            }
            writeln!(f, "{offered}")?;
        }
        if !self.refused.is_empty() {
            let mut refused = table(["package", "where", "reason"]);
            for package in &self.refused {
                refused.add_row([&package.package, &package.position, &package.reason]);
            }
            writeln!(f, "{refused}")?;
        }
        self.plans.fmt(f)
    }
}

impl ImportArgs {
    pub fn run(&self, ctx: &Context) -> Result<Imported> {
        let authority = ctx.party(self.seller.authority.as_ref(), "the seller")?;
        let payer = ctx.party(self.send.fee_payer.as_ref(), "the fee payer")?;
        let (market_at, market) = find_market(ctx, &self.seller.market.market)?;
        let (seller, _) = find_seller(ctx, &market_at, &authority.pubkey())?;
        let (_, vault) = find_vault(ctx, &market_at, &self.mint)?;
        let path = self.airalo.display();
        let text =
            std::fs::read_to_string(&self.airalo).with_context(|| format!("cannot read {path}"))?;
        let Packages { drafts, unpriced } =
            airalo::read(&text, vault.decimals).with_context(|| path.to_string())?;

        let mut refused: Vec<RefusedPackage> = unpriced
            .iter()
            .map(|unpriced| RefusedPackage {
                package: unpriced.package.clone(),
                position: unpriced.position.clone(),
                reason: unpriced.reason.to_string(),
            })
            .collect();
        let there: HashMap<String, Plan> = ctx
            .cluster()?
            .plans(&market_at, Some(&seller))?
            .into_iter()
            .map(|(_, plan)| (plan.id.clone(), plan))
            .collect();
        let packages = drafts.len().saturating_add(refused.len());
        let mut offered = Vec::new();
        let mut listings = Vec::new();
        let mut kept = Vec::new();
        for draft in drafts {
            let terms = self.terms(&draft)?;
            if let Err(reason) = check_terms(&terms, &market) {
                refused.push(RefusedPackage {
                    package: draft.package,
                    position: String::new(),
                    reason: reason.to_string(),
                });
                continue;
            }
            let listing = Listing {
                id: draft.plan_id.clone(),
                terms,
            };
            let difference = listing.compared(there.get(&listing.id));
            offered.push(OfferedPackage {
                plan: draft.plan_id.clone(),
                package: draft.package.clone(),
                title: draft.title.clone(),
                countries: draft.countries.summary(3),
                data: shop::data(draft.data_mb),
                days: draft.validity_days,
                price: Amount::new(draft.price, vault.decimals, &self.mint),
                floor_price: Amount::new(draft.floor_price, vault.decimals, &self.mint),
                change: match difference {
                    Difference::New => "new",
                    Difference::Changed => "changed",
                    Difference::Same => "same",
                },
            });
            listings.push(listing);
            kept.push(draft);
        }
        let count = |change: &str| offered.iter().filter(|plan| plan.change == change).count();
        let mut imported = Imported {
            market: self.seller.market.market.clone(),
            packages,
            new: count("new"),
            changed: count("changed"),
            same: count("same"),
            refused,
            offered,
            plans: JobReport::nothing(),
        };
        if listings.is_empty() {
            return Ok(imported);
        }

        let signer = job::paying(&authority)?;
        let job = ListPlans {
            market: market_at,
            authority: signer,
            payer: payer.pubkey(),
            listings,
            stock: self.stock.0,
            on_sale: !self.off_sale,
        };
        if !self.send.dry_run {
            if !self.job.resume && imported.new.saturating_add(imported.changed) > 0 {
                ctx.confirm(&self.confirm, &imported, "Offer them?")?;
            }
            if let Some(folder) = &self.descriptions {
                write_descriptions(folder, &kept)?;
            }
        }
        let stem = self
            .airalo
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        let kind = Kind {
            message: "offering plans",
            journal: format!("{}-import-{stem}.journal", imported.market),
            binding: job.binding(ctx.cluster()?.genesis_hash()?),
        };
        imported.plans = job::run(ctx, &kind, &job, &payer, &self.job, &self.send)?;
        if imported.plans.exit() == Exit::Done
            && let Some(journal) = imported.plans.journal.take()
        {
            // All of it is on the chain. The next list, under the same name, is another job.
            std::fs::remove_file(&journal)
                .with_context(|| format!("cannot remove {}", journal.display()))?;
        }
        Ok(imported)
    }

    /// The terms of a package as a plan.
    fn terms(&self, draft: &PackageDraft) -> Result<PlanTerms> {
        let window = |span: Seconds, flag: &str| {
            u32::try_from(span.0).with_context(|| format!("{flag}: a window is at most 90 days"))
        };
        Ok(PlanTerms {
            mint: self.mint,
            price: draft.price,
            floor_price: draft.floor_price,
            discount_bps: self.discount_bps,
            data_mb: draft.data_mb,
            validity_days: draft.validity_days,
            countries: draft.countries.0,
            voice_minutes: draft.voice_minutes,
            sms: draft.sms,
            throttle_kbps: 0,
            activation_policy: match draft.activation_policy {
                airalo::ActivationPolicy::Installation => ActivationPolicy::Installation,
                airalo::ActivationPolicy::FirstUse => ActivationPolicy::FirstUse,
            },
            refund_policy: self.refundable.into(),
            top_up: draft.top_up,
            delivery_window: window(self.delivery_window, "--delivery-window")?,
            release_window: window(self.release_window, "--release-window")?,
            default_split_bps: self.default_split_bps,
            description_hash: draft.description_hash,
        })
    }
}

/// Writes what the plans' hashes are of. A file of an earlier list is replaced, as its plan is.
fn write_descriptions(folder: &Path, drafts: &[PackageDraft]) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    for draft in drafts {
        let path = folder.join(format!("{}.json", draft.plan_id));
        let write = || -> Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(draft.description.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
