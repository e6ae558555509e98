//! What can be done with an order or a statement, and when.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::output::Moment;

/// Something that can be done.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    pub action: &'static str,
    pub by: &'static str,
    /// Whether it can be done now.
    pub now: bool,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
}

impl Display for StepView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.by, self.action)?;
        match (self.now, self.from, self.until) {
            (true, _, Some(until)) => write!(f, ", until {until}"),
            (true, _, None) => Ok(()),
            (false, Some(from), _) => write!(f, ", from {from} on"),
            (false, None, _) => Ok(()),
        }
    }
}
