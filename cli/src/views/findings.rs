//! What does not hold in an audit or in books.

use std::fmt::{self, Display};

use wayfare_client::books::Finding;

/// Accounts that are named beside a finding; JSON has all.
const PARTS_SHOWN: usize = 10;

/// Findings for people: a paragraph for each.
pub struct Findings<'a>(pub &'a [Finding]);

impl Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.0 {
            writeln!(f, "{} {}", finding.rule.id(), finding.rule.name())?;
            writeln!(f, "  account     {}", finding.account)?;
            writeln!(f, "  there is    {}", finding.left)?;
            writeln!(f, "  expected    {}", finding.right)?;
            if let Some(difference) = finding.difference {
                writeln!(f, "  difference  {difference}")?;
            }
            for part in finding.parts.iter().take(PARTS_SHOWN) {
                writeln!(f, "  from        {} {}", part.account, part.adds)?;
            }
            let more = finding.parts.len().saturating_sub(PARTS_SHOWN);
            if more > 0 {
                writeln!(f, "  from        {more} more accounts: see --output json")?;
            }
        }
        Ok(())
    }
}
