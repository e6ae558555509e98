//! Statements: one month of one direction, as the visited network states it and publishes it.
//!
//! The chain has a statement's root, total and number of records. The records themselves are in a file that the two
//! networks exchange: JSON in one canonical form, so that its SHA-256 names it. A reader of the file computes
//! everything in it again. Records are in the order of their canonical bytes, so the same
//! records always have the same root.

use super::currency::Currency;
use super::month::Month;
use super::record::{Party, PartyError, Record};
use super::sum_proof::{self, STEP_BYTES, Sum};
use super::sum_tree::{SumTree, TotalTooLarge};
use super::tadig::Tadig;
use super::text_number;
use crate::key;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The file's `format`.
pub const FORMAT: &str = "wayfare-statement";

/// The file's `version`.
pub const VERSION: u32 = 1;

/// The common part of all statements of one direction of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direction {
    /// The agreement account.
    pub agreement: [u8; 32],
    /// The mint that it settles in.
    pub mint: [u8; 32],
    /// The mint's decimals.
    pub decimals: u8,
    /// The currency of charges.
    pub currency: Currency,
    /// The operator whose subscribers roamed: the payer.
    pub home: Party,
    /// The operator on whose networks they roamed: the one that states.
    pub visited: Party,
    /// SHA-256 of the tariff that the agreement names for this direction.
    pub tariff_sha256: [u8; 32],
    /// The month that is period 0.
    pub first_month: Month,
}

/// One month of one direction.
#[derive(Clone, Debug)]
pub struct Statement {
    direction: Direction,
    month: Month,
    period: u32,
    first_record: u64,
    records: Vec<Record>,
    tree: SumTree,
}

/// Why records are not a statement, or a file is not one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// An agreement with oneself.
    #[error(transparent)]
    Parties(#[from] PartyError),
    /// The month is before the agreement's first.
    #[error("{month} is before {first}, the agreement's first month")]
    BeforeFirst {
        /// The month.
        month: Month,
        /// Period 0.
        first: Month,
    },
    /// A record of another direction, month or currency.
    #[error(
        "record {sequence}: {service} of {home} on {visited} in {month} does not belong to this statement"
    )]
    Foreign {
        /// Its number.
        sequence: u64,
        /// Its service.
        service: String,
        /// The subscribers' home network.
        home: Tadig,
        /// The visited network.
        visited: Tadig,
        /// Its month.
        month: Month,
    },
    /// A record whose fields contradict each other: most likely its amount is not its charge.
    #[error("record {sequence}: {amount} base units are not the charge of {charge}")]
    Inconsistent {
        /// Its number.
        sequence: u64,
        /// The amount it says, in base units.
        amount: u64,
        /// The charge that the amount should be.
        charge: String,
    },
    /// The amounts add up to more than 64 bits.
    #[error(transparent)]
    TotalTooLarge(#[from] TotalTooLarge),
    /// More records than a tree has places, or than 64 bits can number.
    #[error("there are too many records for one statement")]
    TooManyRecords,
    /// Not a statement file of this version.
    #[error("the file is not a statement of version {VERSION}: {0}")]
    NotAStatement(String),
    /// The file contradicts its records.
    #[error("the statement's {field} does not match its records")]
    Contradiction {
        /// The field that is wrong.
        field: &'static str,
    },
    /// The file's bytes are not the one form.
    #[error("the statement is not written in its canonical form; its hash would be different")]
    NotCanonical,
}

/// The statement's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    #[serde(with = "key::base58")]
    agreement: [u8; 32],
    #[serde(with = "key::base58")]
    mint: [u8; 32],
    decimals: u8,
    currency: Currency,
    home: Party,
    visited: Party,
    #[serde(with = "hex::serde")]
    tariff_sha256: [u8; 32],
    first_month: Month,
    month: Month,
    period: u32,
    #[serde(with = "text_number")]
    first_record: u64,
    #[serde(with = "text_number")]
    record_count: u64,
    #[serde(with = "text_number")]
    total: u64,
    #[serde(with = "hex::serde")]
    root: [u8; 32],
    records: Vec<Record>,
}

/// The proof of one record of a statement, to be checked with its [`Commitment`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordProof {
    /// The record's number in its direction.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// The record.
    pub record: Record,
    /// Its siblings from the leaves upwards, [`STEP_BYTES`] each.
    #[serde(with = "hex::serde")]
    pub proof: Vec<u8>,
}

/// A statement's commitment on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// Root of the tree; all zero without records.
    pub root: [u8; 32],
    /// Number of records.
    pub records: u64,
    /// Number of the first record, counted from 0 over all periods of the direction.
    pub first_record: u64,
    /// The sum of the records' amounts, in base units.
    pub total: u64,
}

impl Statement {
    /// Makes the statement of a month's records, given in any order.
    ///
    /// `first_record` is the number of the first: 0 in period 0, later [`Statement::next_record`] of the period before.
    ///
    /// # Errors
    ///
    /// [`StatementError`]; a record of another month, direction or currency is refused.
    pub fn build(
        direction: Direction,
        month: Month,
        first_record: u64,
        mut records: Vec<Record>,
    ) -> Result<Self, StatementError> {
        records.sort_by_cached_key(Record::sort_key);
        Self::of_ordered(direction, month, first_record, records)
    }

    fn of_ordered(
        direction: Direction,
        month: Month,
        first_record: u64,
        records: Vec<Record>,
    ) -> Result<Self, StatementError> {
        direction.home.check_apart(&direction.visited)?;
        let period = month
            .since(direction.first_month)
            .ok_or(StatementError::BeforeFirst {
                month,
                first: direction.first_month,
            })?;
        let next_record = u32::try_from(records.len())
            .ok()
            .and_then(|count| first_record.checked_add(count.into()))
            .ok_or(StatementError::TooManyRecords)?;
        let mut leaves = Vec::with_capacity(records.len());
        for (sequence, record) in (first_record..next_record).zip(&records) {
            if record.month != month
                || record.currency != direction.currency
                || !direction.home.has(record.home)
                || !direction.visited.has(record.visited)
            {
                return Err(StatementError::Foreign {
                    sequence,
                    service: record.service.clone(),
                    home: record.home,
                    visited: record.visited,
                    month: record.month,
                });
            }
            if !record.is_consistent(direction.decimals) {
                return Err(StatementError::Inconsistent {
                    sequence,
                    amount: record.amount,
                    charge: record.charge.to_string(),
                });
            }
            leaves.push(record.leaf(sequence));
        }
        Ok(Self {
            direction,
            month,
            period,
            first_record,
            records,
            tree: SumTree::build(leaves)?,
        })
    }

    /// The common part of all statements of the direction.
    pub fn direction(&self) -> &Direction {
        &self.direction
    }

    /// The month.
    pub fn month(&self) -> Month {
        self.month
    }

    /// The month's number in the agreement, from 0.
    pub fn period(&self) -> u32 {
        self.period
    }

    /// The records, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The commitment that goes on chain.
    pub fn commitment(&self) -> Commitment {
        let root = self.tree.root();
        Commitment {
            root: if root.count == 0 { [0; 32] } else { root.hash },
            records: root.count,
            first_record: self.first_record,
            total: root.total,
        }
    }

    /// Number of the last record. `None` without records.
    pub fn last_record(&self) -> Option<u64> {
        self.next_record()
            .checked_sub(1)
            .filter(|_| !self.records.is_empty())
    }

    /// Number of the first record of the next period.
    pub fn next_record(&self) -> u64 {
        // A statement for which this exceeds 64 bits cannot be made.
        self.first_record.saturating_add(self.tree.root().count)
    }

    /// The proof of the record of this number. `None` if the statement has no such record.
    pub fn prove(&self, sequence: u64) -> Option<RecordProof> {
        let index = sequence.checked_sub(self.first_record)?;
        Some(RecordProof {
            sequence,
            record: self.records.get(usize::try_from(index).ok()?)?.clone(),
            proof: self.tree.proof(u32::try_from(index).ok()?)?,
        })
    }

    /// The file: JSON in its canonical form.
    pub fn to_json(&self) -> Vec<u8> {
        let Direction {
            agreement,
            mint,
            decimals,
            currency,
            home,
            visited,
            tariff_sha256,
            first_month,
        } = self.direction.clone();
        let Commitment {
            root,
            records: record_count,
            first_record,
            total,
        } = self.commitment();
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            agreement,
            mint,
            decimals,
            currency,
            home,
            visited,
            tariff_sha256,
            first_month,
            month: self.month,
            period: self.period,
            first_record,
            record_count,
            total,
            root,
            records: self.records.clone(),
        };
        // Writing to memory cannot fail, and the file has neither maps with keys other than strings nor floats.
        let mut json = serde_json::to_vec_pretty(&file).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.to_json()).into()
    }

    /// Reads a file, and computes everything in it again.
    ///
    /// # Errors
    ///
    /// [`StatementError`] if anything in it does not match its records, or it is not in the canonical form.
    pub fn parse(json: &[u8]) -> Result<Self, StatementError> {
        /// The fields of every version: they say whether the rest can be read.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let not_one = |e: serde_json::Error| StatementError::NotAStatement(e.to_string());
        let head: Head = serde_json::from_slice(json).map_err(not_one)?;
        if head.format != FORMAT || head.version != VERSION {
            return Err(StatementError::NotAStatement(format!(
                "its format is {:?}, its version {}",
                head.format, head.version
            )));
        }
        let file: File = serde_json::from_slice(json).map_err(not_one)?;
        let direction = Direction {
            agreement: file.agreement,
            mint: file.mint,
            decimals: file.decimals,
            currency: file.currency,
            home: file.home,
            visited: file.visited,
            tariff_sha256: file.tariff_sha256,
            first_month: file.first_month,
        };
        let statement = Self::of_ordered(direction, file.month, file.first_record, file.records)?;
        let is_ordered = statement
            .records
            .is_sorted_by_key(|record| record.sort_key());
        let commitment = statement.commitment();
        for (field, is_right) in [
            ("period", statement.period == file.period),
            ("number of records", commitment.records == file.record_count),
            ("total", commitment.total == file.total),
            ("root", commitment.root == file.root),
            ("order of records", is_ordered),
        ] {
            if !is_right {
                return Err(StatementError::Contradiction { field });
            }
        }
        if statement.to_json() != json {
            return Err(StatementError::NotCanonical);
        }
        Ok(statement)
    }
}

impl RecordProof {
    /// Whether the record belongs to the statement with this commitment.
    pub fn verify(&self, commitment: &Commitment) -> bool {
        let root = Sum {
            hash: commitment.root,
            total: commitment.total,
            count: commitment.records,
        };
        let index = self
            .sequence
            .checked_sub(commitment.first_record)
            .and_then(|index| u32::try_from(index).ok());
        index.is_some_and(|index| {
            let bytes = self.record.canonical_bytes(self.sequence);
            sum_proof::verify(&root, &bytes, self.record.amount, index, &self.proof)
        })
    }

    /// Levels of the tree that the proof is for.
    pub fn depth(&self) -> usize {
        self.proof.len() / STEP_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{DECIMALS, DTAG, TMUS, bwrp_imports, party};
    use super::super::record::Pricing;
    use super::*;
    use crate::roaming::decimal::Decimal;
    use proptest::prelude::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn direction(home: &str, visited: &str) -> Direction {
        Direction {
            agreement: [1; 32],
            mint: [2; 32],
            decimals: DECIMALS,
            currency: "EUR".parse().unwrap(),
            home: party(home),
            visited: party(visited),
            tariff_sha256: [3; 32],
            first_month: month("2019-01"),
        }
    }

    fn record(service: &str, charge: &str) -> Record {
        let charge = Decimal::parse(charge).unwrap();
        Record {
            month: month("2019-01"),
            home: "BELMO".parse().unwrap(),
            visited: "DEUD1".parse().unwrap(),
            service: service.to_owned(),
            usage: Decimal::parse("3").unwrap(),
            unit: "min".to_owned(),
            currency: "EUR".parse().unwrap(),
            pricing: Pricing::Stated,
            charge,
            amount: charge.round_to_units(DECIMALS).unwrap(),
        }
    }

    fn records() -> Vec<Record> {
        [
            ("MTC", "0.5"),
            ("GPRS", "2.0000005"),
            ("MTC", "0.5"),
            ("SMS MO", "1"),
        ]
        .map(|(service, charge)| record(service, charge))
        .to_vec()
    }

    fn statement() -> Statement {
        Statement::build(direction(TMUS, DTAG), month("2019-01"), 10, records()).unwrap()
    }

    fn json() -> String {
        String::from_utf8(statement().to_json()).unwrap()
    }

    #[test]
    fn the_same_records_give_the_same_statement() {
        let one = statement();
        assert_eq!(
            one.commitment(),
            Commitment {
                root: one.tree.root().hash,
                records: 4,
                first_record: 10,
                total: 4_000_000
            }
        );
        assert_eq!(
            (one.period(), one.last_record(), one.next_record()),
            (0, Some(13), 14)
        );
        let mut reversed = records();
        reversed.reverse();
        let other =
            Statement::build(direction(TMUS, DTAG), month("2019-01"), 10, reversed).unwrap();
        assert_eq!(other.commitment(), one.commitment());
        assert_eq!(other.sha256(), one.sha256());
        // The numbers count, and so does each record.
        let other = Statement::build(direction(TMUS, DTAG), month("2019-01"), 11, records());
        assert_ne!(other.unwrap().commitment().root, one.commitment().root);
        let other = Statement::build(
            direction(TMUS, DTAG),
            month("2019-01"),
            10,
            records()[1..].to_vec(),
        );
        assert_ne!(other.unwrap().commitment().root, one.commitment().root);
    }

    #[test]
    fn a_month_without_traffic() {
        let empty = Statement::build(direction(TMUS, DTAG), month("2020-12"), 7, vec![]).unwrap();
        assert_eq!(
            empty.commitment(),
            Commitment {
                root: [0; 32],
                records: 0,
                first_record: 7,
                total: 0
            }
        );
        assert_eq!(
            (empty.period(), empty.last_record(), empty.next_record()),
            (23, None, 7)
        );
        assert_eq!(empty.prove(7), None);
        assert_eq!(
            Statement::parse(&empty.to_json()).unwrap().commitment(),
            empty.commitment()
        );
    }

    #[test]
    fn records_that_do_not_belong_are_refused() {
        let build = |direction: Direction, month: Month, record: Record| {
            Statement::build(direction, month, 0, vec![record]).unwrap_err()
        };
        let january = month("2019-01");
        let foreign: [fn(&mut Record); 4] = [
            |r| r.month = "2019-02".parse().unwrap(),
            |r| r.currency = "USD".parse().unwrap(),
            |r| r.home = "DEUD1".parse().unwrap(),
            |r| r.visited = "BELMO".parse().unwrap(),
        ];
        for foreign in foreign {
            let mut record = record("MTC", "1");
            foreign(&mut record);
            assert!(matches!(
                build(direction(TMUS, DTAG), january, record),
                StatementError::Foreign { sequence: 0, .. }
            ));
        }
        let mut wrong = record("MTC", "1");
        wrong.amount += 1;
        assert_eq!(
            build(direction(TMUS, DTAG), january, wrong).to_string(),
            "record 0: 1000001 base units are not the charge of 1"
        );
        assert_eq!(
            build(direction(TMUS, DTAG), month("2018-12"), record("MTC", "1")),
            StatementError::BeforeFirst {
                month: month("2018-12"),
                first: january
            }
        );
        assert!(matches!(
            build(direction(TMUS, TMUS), january, record("MTC", "1")),
            StatementError::Parties(_)
        ));
        let most = record("MTC", "18446744073709.551615");
        assert_eq!(
            Statement::build(
                direction(TMUS, DTAG),
                january,
                0,
                vec![most, record("MTC", "0.000001")]
            )
            .unwrap_err(),
            StatementError::TotalTooLarge(TotalTooLarge)
        );
        assert_eq!(
            Statement::build(direction(TMUS, DTAG), january, u64::MAX - 3, records()).unwrap_err(),
            StatementError::TooManyRecords
        );
        assert!(Statement::build(direction(TMUS, DTAG), january, u64::MAX - 4, records()).is_ok());
    }

    #[test]
    fn the_file_there_and_back() {
        let read = Statement::parse(json().as_bytes()).unwrap();
        assert_eq!(read.commitment(), statement().commitment());
        assert_eq!(read.records(), statement().records());
        assert_eq!(read.direction(), statement().direction());
        assert_eq!(read.sha256(), *Sha256::digest(json()));
        assert!(json().starts_with("{\n  \"format\": \"wayfare-statement\",\n  \"version\": 1,\n"));
    }

    #[test]
    fn a_changed_file_is_refused() {
        let error = |from: &str, to: &str| {
            let json = json();
            assert!(json.contains(from), "{from}");
            Statement::parse(json.replacen(from, to, 1).as_bytes()).unwrap_err()
        };
        let contradiction = |field| StatementError::Contradiction { field };
        assert_eq!(
            error("\"total\": \"4000000\"", "\"total\": \"4000001\""),
            contradiction("total")
        );
        assert_eq!(
            error("\"period\": 0", "\"period\": 1"),
            contradiction("period")
        );
        assert_eq!(
            error("\"record_count\": \"4\"", "\"record_count\": \"5\""),
            contradiction("number of records")
        );
        assert_eq!(
            error("\"first_record\": \"10\"", "\"first_record\": \"11\""),
            contradiction("root")
        );
        assert_eq!(
            error("\"usage\": \"3\"", "\"usage\": \"4\""),
            contradiction("root")
        );
        // Cheaper by one unit, with a root to match, is still not the charge.
        assert!(matches!(
            error("\"amount\": \"1000000\"", "\"amount\": \"999999\""),
            StatementError::Inconsistent { .. }
        ));
        assert!(matches!(
            error("\"service\": \"GPRS\"", "\"service\": \"=PRS\""),
            StatementError::Inconsistent { .. }
        ));
        assert!(matches!(
            error("\"home\": \"BELMO\"", "\"home\": \"USAT1\""),
            StatementError::Foreign { .. }
        ));
        assert_eq!(
            error("  \"format\"", "\"format\""),
            StatementError::NotCanonical
        );
        let not_one = [
            ("wayfare-statement", "wayfare-epoch"),
            ("\"version\": 1", "\"version\": 2"),
            ("\"usage\": \"3\"", "\"usage\": \"3.0\""),
            ("\"amount\": \"1000000\"", "\"amount\": \"+1000000\""),
            ("\"mint\"", "\"extra\": 1, \"mint\""),
            ("BELMO+", "belmo+"),
        ];
        for (from, to) in not_one {
            assert!(
                matches!(error(from, to), StatementError::NotAStatement(_)),
                "{to}"
            );
        }
        // The terms are not in the root, but in the file's hash.
        let other = json().replacen("\"decimals\": 6", "\"decimals\": 7", 1);
        assert!(Statement::parse(other.as_bytes()).is_err());
        let other = Statement::build(
            Direction {
                tariff_sha256: [4; 32],
                ..direction(TMUS, DTAG)
            },
            month("2019-01"),
            10,
            records(),
        );
        assert_ne!(other.unwrap().sha256(), statement().sha256());
    }

    /// Records in another order have another root, so such a file can be consistent: it is refused all the same.
    #[test]
    fn records_in_another_order_are_refused() {
        let mut records = statement().records().to_vec();
        records.swap(0, 3);
        let other = Statement::of_ordered(direction(TMUS, DTAG), month("2019-01"), 10, records);
        assert_eq!(
            Statement::parse(&other.unwrap().to_json()).unwrap_err(),
            StatementError::Contradiction {
                field: "order of records"
            }
        );
    }

    #[test]
    fn every_record_can_be_proved() {
        let statement = statement();
        let commitment = statement.commitment();
        for sequence in 10..14 {
            let proof = statement.prove(sequence).unwrap();
            assert!(proof.verify(&commitment));
            assert_eq!(proof.depth(), 2);
            let read: RecordProof =
                serde_json::from_str(&serde_json::to_string(&proof).unwrap()).unwrap();
            assert_eq!(read, proof);
            let wrong: [fn(&mut RecordProof); 5] = [
                |p| p.sequence += 1,
                |p| p.sequence = 9,
                |p| p.record.amount += 1,
                |p| p.record.service.push('x'),
                |p| p.proof[0] ^= 1,
            ];
            for wrong in wrong {
                let mut proof = proof.clone();
                wrong(&mut proof);
                assert!(!proof.verify(&commitment));
            }
            for other in [
                Commitment {
                    total: commitment.total + 1,
                    ..commitment
                },
                Commitment {
                    records: 5,
                    ..commitment
                },
                Commitment {
                    first_record: 9,
                    ..commitment
                },
                Commitment {
                    root: [9; 32],
                    ..commitment
                },
            ] {
                assert!(!proof.verify(&other));
            }
        }
        assert_eq!(statement.prove(9), None);
        assert_eq!(statement.prove(14), None);
    }

    /// All 48 statements of the BWRP books: gapless, and adding up to the imported total.
    #[test]
    fn the_bwrp_books_in_48_statements() {
        let [dtag, tmus] = bwrp_imports();
        for (import, direction) in [(dtag, direction(TMUS, DTAG)), (tmus, direction(DTAG, TMUS))] {
            let (mut next, mut total) = (0, 0);
            let mut current = Some(import.months.0);
            for period in 0..24 {
                let month = current.unwrap();
                let records = import.inbound.iter().filter(|r| r.month == month);
                let statement =
                    Statement::build(direction.clone(), month, next, records.cloned().collect())
                        .unwrap();
                assert_eq!(statement.period(), period);
                let commitment = statement.commitment();
                assert_eq!(commitment.first_record, next);
                next = statement.next_record();
                total += commitment.total;
                for sequence in [commitment.first_record, next - 1] {
                    assert!(statement.prove(sequence).unwrap().verify(&commitment));
                }
                let read = Statement::parse(&statement.to_json()).unwrap();
                assert_eq!(read.commitment(), commitment);
                current = month.next();
            }
            assert_eq!(current, import.months.1.next());
            assert_eq!(next, import.inbound.len() as u64);
            assert_eq!(total, import.report.directions[0].total);
        }
    }

    proptest! {
        #[test]
        fn statements_there_and_back(
            charges in proptest::collection::vec((0u64..1_000_000_000, 0usize..4), 0..30),
            first in 0u64..1_000_000
        ) {
            let records: Vec<Record> = charges
                .iter()
                .map(|(charge, service)| record(
                    ["MTC", "GPRS", "SMS MO", "MOC Local"][*service],
                    &Decimal::from_units((*charge).into(), 8).unwrap().to_string(),
                ))
                .collect();
            let statement =
                Statement::build(direction(TMUS, DTAG), month("2019-01"), first, records).unwrap();
            let read = Statement::parse(&statement.to_json()).unwrap();
            let commitment = statement.commitment();
            prop_assert_eq!(read.commitment(), commitment);
            prop_assert_eq!(
                commitment.total,
                statement.records().iter().map(|r| r.amount).sum::<u64>()
            );
            for sequence in first..statement.next_record() {
                prop_assert!(read.prove(sequence).unwrap().verify(&commitment));
            }
        }
    }
}
