use std::fmt::{self, Display};
use std::str::FromStr;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use wayfare_client::history::{self, Gap, TransactionEvents};
use wayfare_client::interface::{NamedEvent, Value};

use crate::context::Context;
use crate::output::{Moment, Output};
use crate::views::values::write_fields;

#[derive(Args)]
pub struct EventsArgs {
    /// Address of a network, market, hub or program, or of anything that transactions name; or a transaction's signature
    #[arg(value_name = "ADDRESS|SIGNATURE")]
    pub target: EventsTarget,

    /// Most transactions to look at: the newest
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub limit: usize,
}

/// Whose events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsTarget {
    Address(Pubkey),
    Transaction(Signature),
}

impl FromStr for EventsTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse().map(Self::Address).ok();
        address
            .or_else(|| text.parse().map(Self::Transaction).ok())
            .ok_or_else(|| "neither an address nor a transaction's signature, in base58".into())
    }
}

/// What stands before the events of a transaction.
const HEADING: &str = "  ";

/// The events of transactions, oldest first.
#[derive(Serialize)]
pub struct EventsView {
    transactions: Vec<TransactionView>,
    looked_at: u64,
    failed: u64,
    /// Transactions that the node names but does not have.
    missing: Vec<String>,
    /// Whether it reaches back to the first transaction that the node names.
    complete: bool,
    /// Numbers of events that no transaction has.
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct TransactionView {
    signature: String,
    slot: u64,
    time: Option<Moment>,
    events: Vec<EventView>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum EventView {
    Event {
        program: &'static str,
        event: String,
        fields: Value,
    },
    Unreadable {
        error: String,
    },
}

impl Output for EventsView {}

impl Display for EventsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for transaction in &self.transactions {
            transaction.fmt(f)?;
        }
        let events: usize = self.transactions.iter().map(|t| t.events.len()).sum();
        write!(
            f,
            "{events} events in {} transactions; {} failed",
            self.looked_at, self.failed
        )?;
        if !self.complete {
            write!(f, "; older ones are left out: see --limit")?;
        }
        writeln!(f)?;
        for signature in &self.missing {
            writeln!(f, "missing on this node: {signature}")?;
        }
        for gap in &self.gaps {
            writeln!(
                f,
                "missing events of {}: {} to {}",
                gap.scope, gap.first, gap.last
            )?;
        }
        Ok(())
    }
}

impl Display for TransactionView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.map(|time| format!(", {time}"));
        writeln!(
            f,
            "{} slot {}{}",
            self.signature,
            self.slot,
            time.unwrap_or_default()
        )?;
        for event in &self.events {
            match event {
                EventView::Unreadable { error } => writeln!(f, "{HEADING}{error}")?,
                EventView::Event {
                    program,
                    event,
                    fields,
                } => {
                    writeln!(f, "{HEADING}{program} {event}")?;
                    if let Value::Fields(fields) = fields {
                        write_fields(f, fields, 4)?;
                    }
                }
            }
        }
        writeln!(f)
    }
}

impl From<TransactionEvents> for TransactionView {
    fn from(transaction: TransactionEvents) -> Self {
        Self {
            signature: transaction.signature.to_string(),
            slot: transaction.slot,
            time: transaction.time.map(Moment),
            events: transaction
                .events
                .into_iter()
                .map(|event| match event {
                    Ok(NamedEvent {
                        program,
                        name,
                        fields,
                    }) => EventView::Event {
                        program,
                        event: name,
                        fields: Value::Fields(fields),
                    },
                    Err(error) => EventView::Unreadable {
                        error: error.to_string(),
                    },
                })
                .collect(),
        }
    }
}

impl EventsArgs {
    pub fn run(&self, ctx: &Context) -> Result<EventsView> {
        let cluster = ctx.cluster()?;
        match self.target {
            EventsTarget::Transaction(signature) => {
                let transaction = history::of_transaction(cluster, &signature)?;
                Ok(EventsView {
                    transactions: vec![transaction.into()],
                    looked_at: 1,
                    failed: 0,
                    missing: vec![],
                    complete: true,
                    gaps: vec![],
                })
            }
            EventsTarget::Address(address) => {
                let bar = ctx.progress_bar(0, "reading transactions");
                let found = history::of_address(cluster, &address, self.limit, |done, of| {
                    bar.set_length(of);
                    bar.set_position(done);
                })?;
                bar.finish_and_clear();
                Ok(EventsView {
                    transactions: found.transactions.into_iter().map(Into::into).collect(),
                    looked_at: found.looked_at,
                    failed: found.failed,
                    missing: found.missing.iter().map(Signature::to_string).collect(),
                    complete: found.is_complete,
                    gaps: found.gaps,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_below_each_other() {
        let view = TransactionView {
            signature: "sig".into(),
            slot: 5,
            time: Some(Moment(1_800_000_000)),
            events: vec![
                EventView::Event {
                    program: "node-rewards",
                    event: "Example".into(),
                    fields: Value::Fields(vec![
                        ("amount".into(), Value::Number(7)),
                        (
                            "terms".into(),
                            Value::Fields(vec![("on".into(), Value::Bool(true))]),
                        ),
                        ("at".into(), Value::Time(0)),
                        ("note".into(), Value::Text("a\u{1b}[2Jb".into())),
                    ]),
                },
                EventView::Unreadable {
                    error: "what it is not".into(),
                },
            ],
        };
        let expected = "sig slot 5, 2027-01-15T08:00:00Z\n  node-rewards Example\n    amount  7\n    terms\n      \
                        on  yes\n    at      never\n    note    a\\u{1b}[2Jb\n  what it is not\n\n";
        assert_eq!(view.to_string(), expected);
    }
}
