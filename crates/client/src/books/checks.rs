//! What checking rules gives: the sums that were compared, how often each rule was checked, and what does not hold.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};
use solana_pubkey::Pubkey;

use super::rule::Rule;

/// How the sides of a rule must stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    AtLeast,
    AtMost,
}

impl Relation {
    fn holds(self, left: u128, right: u128) -> bool {
        match self {
            Self::Equal => left == right,
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
        }
    }

    /// As it is written in a formula.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtLeast => "≥",
            Self::AtMost => "≤",
        }
    }
}

impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.sign())
    }
}

/// One side of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    pub what: &'static str,
    /// Base units, or a count.
    #[serde(serialize_with = "as_text")]
    pub amount: u128,
}

impl Side {
    pub fn new(what: &'static str, amount: impl Into<u128>) -> Self {
        Self {
            what,
            amount: amount.into(),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.amount)
    }
}

/// Two amounts that a rule compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub rule: Rule,
    /// The account that the rule is about.
    #[serde(serialize_with = "as_text")]
    pub account: Pubkey,
    pub left: Side,
    pub relation: Relation,
    pub right: Side,
}

impl Sum {
    pub fn holds(&self) -> bool {
        self.relation.holds(self.left.amount, self.right.amount)
    }

    /// Left less right.
    pub fn difference(&self) -> i128 {
        let signed = |amount: u128| i128::try_from(amount).unwrap_or(i128::MAX);
        signed(self.left.amount).saturating_sub(signed(self.right.amount))
    }
}

/// An account that makes up a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    #[serde(serialize_with = "as_text")]
    pub account: Pubkey,
    /// What it adds, in words and base units.
    pub adds: String,
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub rule: Rule,
    /// The account that it is about.
    #[serde(serialize_with = "as_text")]
    pub account: Pubkey,
    /// What there is, in words and base units.
    pub left: String,
    /// What it should be, or be held against.
    pub right: String,
    /// Left less right, where both are amounts.
    #[serde(serialize_with = "as_optional_text")]
    pub difference: Option<i128>,
    /// The accounts that make up the sides.
    pub parts: Vec<Part>,
}

/// How often a rule was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub checked: u64,
    pub broken: u64,
}

/// Rules checked so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// The conservation rules, each with both of its sides, whether it holds or not.
    pub sums: Vec<Sum>,
    pub tallies: BTreeMap<Rule, Tally>,
    /// What does not hold: empty, or something is badly wrong.
    pub findings: Vec<Finding>,
}

impl Checks {
    /// Whether everything checked so far holds.
    pub fn hold(&self) -> bool {
        self.findings.is_empty()
    }

    /// Compares two amounts of which there are few: they are kept even if the rule holds. `parts` are asked for only if
    /// it does not.
    pub fn sum(&mut self, sum: Sum, parts: impl FnOnce() -> Vec<Part>) {
        self.amounts(&sum, parts);
        self.sums.push(sum);
    }

    /// Compares two amounts of which there are many.
    pub fn amounts(&mut self, sum: &Sum, parts: impl FnOnce() -> Vec<Part>) {
        if self.count(sum.rule, sum.holds()) {
            return;
        }
        self.findings.push(Finding {
            rule: sum.rule,
            account: sum.account,
            left: sum.left.to_string(),
            right: sum.right.to_string(),
            difference: Some(sum.difference()),
            parts: parts(),
        });
    }

    /// Notes whether something other than an amount holds. `fault`: what there is instead of `expected`.
    pub fn fact(
        &mut self,
        rule: Rule,
        account: &Pubkey,
        fault: Option<impl Into<String>>,
        expected: impl Into<String>,
    ) {
        let Some(fault) = fault else {
            self.count(rule, true);
            return;
        };
        self.count(rule, false);
        self.findings.push(Finding {
            rule,
            account: *account,
            left: fault.into(),
            right: expected.into(),
            difference: None,
            parts: vec![],
        });
    }

    /// Takes over what was checked elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.sums.extend(other.sums);
        self.findings.extend(other.findings);
        for (rule, tally) in other.tallies {
            let sum = self.tallies.entry(rule).or_default();
            sum.checked = sum.checked.saturating_add(tally.checked);
            sum.broken = sum.broken.saturating_add(tally.broken);
        }
    }

    fn count(&mut self, rule: Rule, holds: bool) -> bool {
        let tally = self.tallies.entry(rule).or_default();
        tally.checked = tally.checked.saturating_add(1);
        tally.broken = tally.broken.saturating_add(u64::from(!holds));
        holds
    }
}

pub(crate) fn as_text<T: ToString, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn as_optional_text<T: ToString, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value
        .as_ref()
        .map(ToString::to_string)
        .serialize(serializer)
}

/// Checks that a pause ends within what a guardian can set at a time.
pub(crate) fn check_pause(checks: &mut Checks, rule: Rule, at: &Pubkey, until: i64, latest: i64) {
    checks.fact(
        rule,
        at,
        (until > latest).then(|| format!("paused until {until}")),
        format!("an end by {latest}, in Unix seconds"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Pubkey = Pubkey::new_from_array([1; 32]);

    fn sum(left: u128, relation: Relation, right: u128) -> Sum {
        Sum {
            rule: Rule::HeldIsOwed,
            account: AT,
            left: Side::new("held", left),
            relation,
            right: Side::new("owed", right),
        }
    }

    #[test]
    fn relations() {
        use Relation::{AtLeast, AtMost, Equal};
        for (relation, below, same, above) in [
            (Equal, false, true, false),
            (AtLeast, false, true, true),
            (AtMost, true, true, false),
        ] {
            assert_eq!(sum(1, relation, 2).holds(), below);
            assert_eq!(sum(2, relation, 2).holds(), same);
            assert_eq!(sum(3, relation, 2).holds(), above);
        }
        assert_eq!(sum(1, Equal, 3).difference(), -2);
        assert_eq!(sum(u128::MAX, Equal, 0).difference(), i128::MAX);
    }

    #[test]
    fn what_holds_is_counted_and_what_does_not_is_a_finding() {
        let mut checks = Checks::default();
        checks.sum(sum(1, Relation::Equal, 1), || panic!("nothing is wrong"));
        checks.amounts(&sum(1, Relation::AtMost, 2), || panic!("nothing is wrong"));
        checks.fact(Rule::AccountDecodes, &AT, None::<String>, "");
        assert!(checks.hold());
        let part = Part {
            account: AT,
            adds: "3".into(),
        };
        let mut more = Checks::default();
        more.sum(sum(1, Relation::AtLeast, 3), || vec![part.clone()]);
        more.fact(Rule::AccountDecodes, &AT, Some("nonsense"), "an account");
        checks.extend(more);
        assert_eq!(checks.sums.len(), 2);
        let tally = |checked, broken| Tally { checked, broken };
        assert_eq!(checks.tallies[&Rule::HeldIsOwed], tally(3, 1));
        assert_eq!(checks.tallies[&Rule::AccountDecodes], tally(2, 1));
        let [amount, fact] = &checks.findings[..] else {
            panic!("two findings")
        };
        assert_eq!(
            (amount.left.as_str(), amount.right.as_str()),
            ("held 1", "owed 3")
        );
        assert_eq!((amount.difference, &amount.parts), (Some(-2), &vec![part]));
        assert_eq!((fact.left.as_str(), fact.difference), ("nonsense", None));
        let json = serde_json::to_value(amount).unwrap();
        assert_eq!(json["difference"], "-2");
        assert_eq!(json["rule"]["id"], "EM-2");
        assert_eq!(
            serde_json::to_value(fact).unwrap()["difference"],
            serde_json::Value::Null
        );
    }
}
