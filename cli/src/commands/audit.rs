use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Serialize;
use wayfare_client::audit::{
    self, Audit, Checks, Deployed, Finding, HubAudit, MarketAudit, NetworkAudit, PublishedAudit,
    Sum,
};
use wayfare_client::interface::Interface;

use crate::cli::audit::{AuditArgs, AuditedProgram};
use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::output::{Amount, Fields, Moment, Output, table};
use crate::views::esim::MarketView;
use crate::views::findings::Findings;
use crate::views::or_none;
use crate::views::rewards::NetworkView;
use crate::views::roaming::HubView;

/// What an audit found.
#[derive(Serialize)]
pub struct AuditView {
    programs: Vec<ProgramView>,
    published_data: Option<PublishedView>,
}

/// One program: how it is deployed, what its accounts hold, and what was checked.
#[derive(Serialize)]
struct ProgramView {
    program: &'static str,
    program_id: String,
    slot: u64,
    time: Moment,
    deployed: Option<Deployed>,
    /// Of the IDL by which accounts and events were read.
    interface_sha256: String,
    accounts: BTreeMap<&'static str, u64>,
    #[serde(flatten)]
    books: Books,
    sums: Vec<SumView>,
    rules: Vec<RuleView>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Books {
    Networks(Vec<NetworkBooks>),
    Markets(Vec<MarketBooks>),
    Hubs(Vec<HubBooks>),
}

#[derive(Serialize)]
struct NetworkBooks {
    #[serde(flatten)]
    network: NetworkView,
    vault_balance: Amount,
    outstanding: Amount,
    surplus: Amount,
    donated: Amount,
    missing_pages: Vec<u32>,
}

#[derive(Serialize)]
struct MarketBooks {
    #[serde(flatten)]
    market: MarketView,
    vaults: Vec<VaultBooks>,
}

#[derive(Serialize)]
struct VaultBooks {
    vault: String,
    balance: Amount,
    held: Amount,
    surplus: Amount,
}

#[derive(Serialize)]
struct HubBooks {
    #[serde(flatten)]
    hub: HubView,
    agreements: Vec<AgreementBooks>,
}

#[derive(Serialize)]
struct AgreementBooks {
    agreement: String,
    vault: Amount,
    first_balance: Amount,
    second_balance: Amount,
    first_arrears: Amount,
    second_arrears: Amount,
    fees: Amount,
    surplus: Amount,
}

/// Both sides of a conservation rule, in base units.
#[derive(Serialize)]
struct SumView {
    #[serde(flatten)]
    sum: Sum,
    difference: String,
    holds: bool,
}

#[derive(Serialize)]
struct RuleView {
    id: &'static str,
    name: &'static str,
    checked: u64,
    broken: u64,
}

/// An epoch's published data, held against the chain.
#[derive(Serialize)]
struct PublishedView {
    network: String,
    epoch: u64,
    /// Owners whose counters were held against their lifetimes.
    counters: u32,
    /// Owners whose index and lifetime were held against the epoch before.
    compared: u32,
    rules: Vec<RuleView>,
    findings: Vec<Finding>,
}

impl AuditView {
    fn findings(&self) -> usize {
        let programs: usize = self.programs.iter().map(|p| p.findings.len()).sum();
        let data = self.published_data.as_ref().map_or(0, |d| d.findings.len());
        programs.saturating_add(data)
    }
}

impl Output for AuditView {
    fn exit(&self) -> Exit {
        match self.findings() {
            0 => Exit::Done,
            _ => Exit::Unbalanced,
        }
    }
}

impl Display for AuditView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for program in &self.programs {
            program.fmt(f)?;
        }
        if let Some(data) = &self.published_data {
            data.fmt(f)?;
        }
        match self.findings() {
            0 => writeln!(f, "everything that was checked holds"),
            1 => writeln!(f, "1 finding"),
            more => writeln!(f, "{more} findings"),
        }
    }
}

impl Display for ProgramView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            ("program", format!("{} {}", self.program, self.program_id)),
            ("slot", format!("{}, {}", self.slot, self.time)),
        ];
        match &self.deployed {
            None => fields.push(("deployed", "not on this cluster".into())),
            Some(deployed) => {
                let authority = deployed.upgrade_authority.map_or_else(
                    || "none: nobody can change the program".to_owned(),
                    |authority| authority.to_string(),
                );
                let slot = deployed.slot.map(|slot| format!("at slot {slot}, "));
                fields.extend([
                    ("upgrade authority", authority),
                    (
                        "deployed",
                        format!("{}{} bytes", slot.unwrap_or_default(), deployed.bytes),
                    ),
                    ("program's SHA-256", hex::encode(deployed.sha256)),
                ]);
            }
        }
        fields.push(("IDL's SHA-256", self.interface_sha256.clone()));
        let accounts = self.accounts.iter();
        let accounts: Vec<_> = accounts
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        fields.push(("accounts", accounts.join(", ")));
        Fields(&fields).fmt(f)?;
        writeln!(f)?;
        self.books.fmt(f)?;
        if !self.sums.is_empty() {
            let mut sums = table(["rule", "left", "", "right", "difference", "account"]);
            for SumView { sum, .. } in &self.sums {
                sums.add_row([
                    sum.rule.id().to_owned(),
                    sum.left.to_string(),
                    sum.relation.sign().to_owned(),
                    sum.right.to_string(),
                    sum.difference().to_string(),
                    sum.account.to_string(),
                ]);
            }
            writeln!(f, "{sums}\n")?;
        }
        write_rules(f, &self.rules)?;
        Findings(&self.findings).fmt(f)
    }
}

/// How often each rule was checked.
fn write_rules(f: &mut fmt::Formatter<'_>, rules: &[RuleView]) -> fmt::Result {
    let mut rows = table(["rule", "", "checked", "broken"]);
    for rule in rules {
        rows.add_row([
            rule.id.to_owned(),
            rule.name.to_owned(),
            rule.checked.to_string(),
            rule.broken.to_string(),
        ]);
    }
    writeln!(f, "{rows}\n")
}

impl Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Networks(networks) => networks.iter().try_for_each(|network| network.fmt(f)),
            Self::Markets(markets) => markets.iter().try_for_each(|market| market.fmt(f)),
            Self::Hubs(hubs) => hubs.iter().try_for_each(|hub| hub.fmt(f)),
        }
    }
}

/// Until when entries are refused, if they are or were.
fn paused(until: Moment) -> String {
    match until {
        Moment(0) => "never".into(),
        until => format!("until {until}"),
    }
}

impl Display for NetworkBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = &self.network;
        Fields(&[
            ("network", format!("{} {}", network.name, network.address)),
            ("authority", network.authority.clone()),
            ("pending authority", or_none(&network.pending_authority)),
            ("guardian", network.guardian.clone()),
            ("publishers", network.publishers.to_string()),
            ("paused", paused(network.paused_until)),
            ("mint", network.mint.clone()),
            ("vault", self.vault_balance.to_string()),
            ("outstanding", self.outstanding.to_string()),
            ("surplus", self.surplus.to_string()),
            ("donated", self.donated.to_string()),
            ("missing pages", self.missing_pages.len().to_string()),
        ])
        .fmt(f)?;
        writeln!(f)
    }
}

impl Display for MarketBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let market = &self.market;
        Fields(&[
            ("market", format!("{} {}", market.name, market.address)),
            ("authority", market.authority.clone()),
            ("pending authority", or_none(&market.pending_authority)),
            ("arbiter", market.terms.arbiter.clone()),
            ("guardian", market.terms.guardian.clone()),
            ("treasury", market.terms.treasury.clone()),
            ("paused", paused(market.paused_until)),
        ])
        .fmt(f)?;
        if !self.vaults.is_empty() {
            let mut vaults = table(["vault", "balance", "held", "surplus"]);
            for vault in &self.vaults {
                vaults.add_row([
                    vault.vault.clone(),
                    vault.balance.to_string(),
                    vault.held.to_string(),
                    vault.surplus.to_string(),
                ]);
            }
            writeln!(f, "{vaults}")?;
        }
        writeln!(f)
    }
}

impl Display for HubBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hub = &self.hub;
        Fields(&[
            ("hub", format!("{} {}", hub.name, hub.address)),
            ("authority", hub.authority.clone()),
            ("pending authority", or_none(&hub.pending_authority)),
            ("arbiter", hub.terms.arbiter.clone()),
            ("guardian", hub.guardian.clone()),
            ("treasury", hub.terms.treasury.clone()),
            ("paused", paused(hub.paused_until)),
        ])
        .fmt(f)?;
        if !self.agreements.is_empty() {
            let mut agreements = table([
                "agreement",
                "vault",
                "first",
                "second",
                "first's arrears",
                "second's arrears",
                "fees",
                "surplus",
            ]);
            for agreement in &self.agreements {
                agreements.add_row([
                    agreement.agreement.clone(),
                    agreement.vault.to_string(),
                    agreement.first_balance.to_string(),
                    agreement.second_balance.to_string(),
                    agreement.first_arrears.to_string(),
                    agreement.second_arrears.to_string(),
                    agreement.fees.to_string(),
                    agreement.surplus.to_string(),
                ]);
            }
            writeln!(f, "{agreements}")?;
        }
        writeln!(f)
    }
}

impl Display for PublishedView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            (
                "published data",
                format!("epoch {} of network {}", self.epoch, self.network),
            ),
            ("counters compared", self.counters.to_string()),
            ("owners compared", self.compared.to_string()),
        ])
        .fmt(f)?;
        writeln!(f)?;
        write_rules(f, &self.rules)?;
        Findings(&self.findings).fmt(f)
    }
}

fn rules(checks: &Checks) -> Vec<RuleView> {
    checks
        .tallies
        .iter()
        .map(|(rule, tally)| RuleView {
            id: rule.id(),
            name: rule.name(),
            checked: tally.checked,
            broken: tally.broken,
        })
        .collect()
}

impl From<PublishedAudit> for PublishedView {
    fn from(audit: PublishedAudit) -> Self {
        Self {
            network: audit.network.to_string(),
            epoch: audit.epoch,
            counters: audit.counters,
            compared: audit.compared,
            rules: rules(&audit.checks),
            findings: audit.checks.findings,
        }
    }
}

impl From<&NetworkAudit> for NetworkBooks {
    fn from(audit: &NetworkAudit) -> Self {
        let books = &audit.books;
        let amount = |units| Amount::new(units, books.decimals, &books.mint);
        Self {
            network: NetworkView::new(&books.network, &audit.state),
            vault_balance: amount(books.vault_balance),
            outstanding: amount(books.outstanding),
            surplus: amount(books.surplus),
            donated: amount(books.donated),
            missing_pages: books.missing_pages.clone(),
        }
    }
}

impl From<&MarketAudit> for MarketBooks {
    fn from(audit: &MarketAudit) -> Self {
        let vaults = audit.books.vaults.iter().map(|vault| {
            let amount = |units| Amount::new(units, vault.decimals, &vault.mint);
            VaultBooks {
                vault: vault.vault.to_string(),
                balance: amount(vault.balance),
                held: amount(vault.held),
                surplus: amount(vault.surplus),
            }
        });
        Self {
            market: MarketView::new(&audit.books.market, &audit.state),
            vaults: vaults.collect(),
        }
    }
}

impl From<&HubAudit> for HubBooks {
    fn from(audit: &HubAudit) -> Self {
        let agreements = audit.books.agreements.iter().map(|agreement| {
            let amount = |units| Amount::new(units, agreement.decimals, &agreement.mint);
            let [first_balance, second_balance] = agreement.balances.map(amount);
            let [first_arrears, second_arrears] = agreement.arrears.map(amount);
            AgreementBooks {
                agreement: agreement.agreement.to_string(),
                vault: amount(agreement.vault),
                first_balance,
                second_balance,
                first_arrears,
                second_arrears,
                fees: amount(agreement.fees),
                surplus: amount(agreement.surplus),
            }
        });
        Self {
            hub: HubView::new(&audit.books.hub, &audit.state),
            agreements: agreements.collect(),
        }
    }
}

impl AuditArgs {
    pub fn run(&self, ctx: &Context) -> Result<AuditView> {
        let programs = match self.program {
            Some(program) => vec![program],
            None => AuditedProgram::ALL.to_vec(),
        };
        if self.at_data.is_some() && !programs.contains(&AuditedProgram::NodeRewards) {
            bail!(Usage(
                "--at-data is about node-rewards: leave the program out, or name that one".into()
            ));
        }
        let mut view = AuditView {
            programs: vec![],
            published_data: None,
        };
        for program in programs {
            let spinner = ctx.spinner("reading every account");
            let cluster = ctx.cluster()?;
            let program = match program {
                AuditedProgram::NodeRewards => {
                    let audit = audit::node_rewards(cluster)?;
                    if let Some(data) = &self.at_data {
                        let previous = self.previous.as_deref();
                        let found = audit::published(&audit, data, previous)?;
                        view.published_data = Some(found.into());
                    }
                    let books = audit.books.iter().map(Into::into).collect();
                    self.program(ctx, audit, Books::Networks(books))?
                }
                AuditedProgram::EsimMarket => {
                    let audit = audit::esim_market(cluster)?;
                    let books = audit.books.iter().map(Into::into).collect();
                    self.program(ctx, audit, Books::Markets(books))?
                }
                AuditedProgram::RoamingEscrow => {
                    let audit = audit::roaming_escrow(cluster)?;
                    let books = audit.books.iter().map(Into::into).collect();
                    self.program(ctx, audit, Books::Hubs(books))?
                }
            };
            spinner.finish_and_clear();
            view.programs.push(program);
        }
        Ok(view)
    }

    /// Looks at the program itself too.
    fn program<B>(&self, ctx: &Context, audit: Audit<B>, books: Books) -> Result<ProgramView> {
        let interface = Interface::of(&audit.program_id)
            .ok_or_else(|| anyhow!("{} has no interface in this release", audit.program))?;
        let deployed = audit::deployed(ctx.cluster()?, &audit.program_id)?;
        let mut checks = audit.checks;
        if let Some(dir) = &self.programs {
            let built = read(dir, &format!("{}.so", interface.library))?;
            audit::check_built(&mut checks, &audit.program_id, deployed.as_ref(), &built);
        }
        if let Some(dir) = &self.idls {
            let published = read(dir, &format!("{}.json", interface.library))?;
            let own = interface.text.as_bytes();
            audit::check_interface(&mut checks, &audit.program_id, own, &published);
        }
        Ok(ProgramView {
            program: audit.program,
            program_id: audit.program_id.to_string(),
            slot: audit.slot,
            time: Moment(audit.time),
            deployed,
            interface_sha256: hex::encode(interface.sha256()),
            accounts: audit.accounts.into_iter().collect(),
            books,
            rules: rules(&checks),
            sums: checks
                .sums
                .into_iter()
                .map(|sum| SumView {
                    difference: sum.difference().to_string(),
                    holds: sum.holds(),
                    sum,
                })
                .collect(),
            findings: checks.findings,
        })
    }
}

fn read(dir: &Path, name: &str) -> Result<Vec<u8>> {
    let path = dir.join(name);
    std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
}
