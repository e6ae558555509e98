use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};
use wayfare_client::audit::{self, Audit, Deployed};
use wayfare_client::books::{Checks, Finding, Sum};
use wayfare_client::interface::Interface;
use wayfare_client::rewards::published_audit::PublishedAudit;

use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::output::{Fields, Moment, Output, table};
use crate::views::findings::Findings;

pub const COMPARE: &str = "Compare with";

#[derive(Args)]
pub struct AuditArgs {
    /// Which program [default: all]
    pub program: Option<AuditedProgram>,

    /// Folder with the built programs: each deployed one must be its file there, byte for byte
    #[arg(long, value_name = "DIR", help_heading = COMPARE)]
    pub programs: Option<PathBuf>,

    /// Folder with the published IDLs: each must be the one that this release reads accounts and events by
    #[arg(long, value_name = "DIR", help_heading = COMPARE)]
    pub idls: Option<PathBuf>,

    /// Folder with an epoch's published data: root, totals, and that no owner was paid more than its leaf
    #[arg(long, value_name = "DIR", help_heading = COMPARE)]
    pub at_data: Option<PathBuf>,

    /// Folder with the data of the epoch before: every owner must have kept its index and its lifetime
    #[arg(long, value_name = "DIR", requires = "at_data", help_heading = COMPARE)]
    pub previous: Option<PathBuf>,
}

/// What there is for each program: its name as an argument, and its books by network, market or hub.
macro_rules! audited {
    ($($variant:ident $constant:ident $name:literal $library:ident $room:ident $scope:ident $error:ident $account:ident,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub enum AuditedProgram {
            $(#[value(name = $name)] $variant,)*
        }

        enum Books {
            $($variant(Vec<crate::$room::audit::Books>),)*
        }

        impl AuditArgs {
            /// Audits a program, and the published data with it where it has any.
            fn audit(
                &self,
                program: AuditedProgram,
                ctx: &Context,
            ) -> Result<(ProgramView, Option<PublishedView>)> {
                match program {
                    $(AuditedProgram::$variant => {
                        let audit = audit::audit::<wayfare_client::$room::account::$account>(ctx.cluster()?)?;
                        let published = self.at_data.as_ref().map(|data| {
                            crate::$room::audit::published(&audit, data, self.previous.as_deref())
                        });
                        let published = published.transpose()?.flatten().map(Into::into);
                        let books = audit.books.iter().map(Into::into).collect();
                        Ok((self.program(ctx, audit, Books::$variant(books))?, published))
                    })*
                }
            }
        }

        impl Serialize for Books {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(books) => {
                        serializer.collect_map([(concat!(stringify!($scope), "s"), books)])
                    })*
                }
            }
        }

        impl Display for Books {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(books) => books.iter().try_for_each(|books| books.fmt(f)),)*
                }
            }
        }
    };
}
wayfare_programs::for_each_program!(audited);

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

impl AuditArgs {
    pub fn run(&self, ctx: &Context) -> Result<AuditView> {
        let programs = match self.program {
            Some(program) => vec![program],
            None => AuditedProgram::value_variants().to_vec(),
        };
        let mut view = AuditView {
            programs: vec![],
            published_data: None,
        };
        for program in programs {
            let spinner = ctx.spinner("reading every account");
            let (program, published) = self.audit(program, ctx)?;
            spinner.finish_and_clear();
            view.programs.push(program);
            view.published_data = view.published_data.or(published);
        }
        if self.at_data.is_some() && view.published_data.is_none() {
            bail!(Usage(
                "--at-data: this program publishes no data. Leave the program out, or name one that does".into()
            ));
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
