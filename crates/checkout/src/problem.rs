//! What a request ends with that cannot be answered: a status, a code for programs, and words that a person can act on.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wayfare_client::error::{ClientError, RpcTrouble};

/// When to come back while the RPC node does not answer, unless it says so itself.
const RETRY: Duration = Duration::from_secs(5);

/// Why a request was refused. As JSON it has the field `message` that Solana Pay and Solana Actions show to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(skip)]
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    /// The order that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            order: None,
            retry_after: None,
        }
    }

    /// The request itself is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// What is asked for does not go together with how things stand now.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The shop cannot answer now, and may be able to later.
    pub fn unavailable(message: impl Into<String>, retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
        }
    }

    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "too many requests from one place: wait a moment, then try again",
            )
        }
    }
}

impl From<ClientError> for Problem {
    /// What the RPC node says is for the log, not for customers: it may name the node.
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(refusal) if !refusal.is_transient() => {
                let next = refusal
                    .next_step()
                    .map_or_else(String::new, |next| format!(": {next}"));
                Self::conflict("refused", format!("the chain refuses it: {refusal}{next}"))
            }
            // A node may not know yet what has landed. Trying again is safe all the same: an order is paid once, since it is at
            // the address of its number.
            ClientError::Expired { .. } | ClientError::Unknown { .. } => Self::conflict(
                "expired",
                "it was signed too late to be passed on: try again; the same order is never paid twice",
            ),
            ClientError::Account(_) | ClientError::Input(_) | ClientError::Data(_) => {
                Self::conflict("refused", error.to_string())
            }
            ClientError::Rpc(RpcTrouble::RateLimited {
                retry_after: Some(retry_after),
                ..
            }) => Self::unavailable(UNREACHABLE, retry_after.max(Duration::from_secs(1))),
            error => {
                crate::log::log_trouble(&error);
                Self::unavailable(UNREACHABLE, RETRY)
            }
        }
    }
}

const UNREACHABLE: &str =
    "the shop cannot reach the Solana network now; nothing is lost: try again in a moment";

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        if let Some(retry_after) = self.retry_after {
            // Whole seconds, upwards.
            let seconds = retry_after.as_secs_f64().ceil() as u64;
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        // For the layer that makes a page of it where a browser asked.
        response.extensions_mut().insert(self);
        response
    }
}
