//! How a command ends: the exit codes, and what is told of an error.

use std::fmt;
use std::process::ExitCode;

use thiserror::Error;
use wayfare_client::error::ClientError;

/// Exit codes. Published in the README; `clap` uses 2 itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing to do is done too.
    Done = 0,
    /// Refused by the user's input or by the chain.
    Refused = 1,
    /// Used wrongly.
    Usage = 2,
    /// The books do not balance.
    Unbalanced = 3,
    /// Worth retrying: the RPC node did not answer, or the transaction expired.
    Retry = 100,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The command line asks for what makes no sense, or leaves out what is needed.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Which exit code an error calls for.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if find::<Usage>(error).is_some() {
        Exit::Usage
    } else if find::<ClientError>(error).is_some_and(ClientError::is_retryable) {
        Exit::Retry
    } else {
        Exit::Refused
    }
}

/// Tells the next step, and with `verbose` what the programs logged.
pub fn explain(error: &anyhow::Error, verbose: bool) {
    let Some(error) = find::<ClientError>(error) else {
        return;
    };
    if let Some(step) = error.next_step() {
        eprintln!("next: {step}");
    }
    if let ClientError::Refused(refusal) = error
        && verbose
    {
        for line in &refusal.logs {
            eprintln!("  {line}");
        }
    }
}

/// An error of this type among the causes.
fn find<E: std::error::Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&E> {
    // The first also finds what was given as a context.
    error
        .downcast_ref()
        .or_else(|| error.chain().find_map(|cause| cause.downcast_ref()))
}

/// The causes of an error on one line, without what a cause only repeats.
pub struct OneLine<'a>(pub &'a anyhow::Error);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = String::new();
        for cause in self.0.chain().map(ToString::to_string) {
            // Many libraries put their source into their own text as well.
            if said.contains(&cause) {
                continue;
            }
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&cause);
        }
        f.write_str(&said)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use wayfare_client::account::AccountError;
    use wayfare_client::error::RpcTrouble;

    use super::*;

    #[test]
    fn every_class_of_error_has_its_exit_code() {
        let rate_limited = || {
            ClientError::from(RpcTrouble::Unavailable {
                request: "r".into(),
                status: 503,
            })
        };
        let missing = ClientError::from(AccountError::Missing(Default::default()));
        for (error, exit) in [
            (anyhow!("no"), Exit::Refused),
            (anyhow!(Usage("use it so".into())), Exit::Usage),
            (
                anyhow!(Usage("use it so".into())).context("outside"),
                Exit::Usage,
            ),
            (anyhow!(missing), Exit::Refused),
            (anyhow!(rate_limited()), Exit::Retry),
            (
                anyhow!(rate_limited()).context("inner").context("outer"),
                Exit::Retry,
            ),
        ] {
            assert_eq!(exit_of(&error), exit, "{error:#}");
        }
    }

    #[test]
    fn an_error_is_told_once() {
        let error = Err::<(), _>(anyhow!("the disk is full"))
            .context("cannot write a: the disk is full")
            .context("b")
            .unwrap_err();
        assert_eq!(
            OneLine(&error).to_string(),
            "b: cannot write a: the disk is full"
        );
    }
}
