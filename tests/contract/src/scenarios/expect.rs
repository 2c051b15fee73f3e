//! The comparison of a scenario's result with what it expects.

use std::fmt;
use std::time::Duration;

use katapult_core::{Error, ErrorKind};

use super::format::{ErrorExpected, Expect, Kind, Outcome};

/// The observed behaviour of the client.
#[derive(Debug)]
pub struct Observation {
    /// The number of attempts.
    pub attempts: usize,
    /// The waits before and between attempts.
    pub waits: Vec<Duration>,
    /// The result of the call.
    pub end: End,
}

/// The result of a call.
#[derive(Debug)]
pub enum End {
    /// The call succeeded.
    Success,
    /// The call failed.
    Error(ObservedError),
    /// The call could not be made.
    Invalid(String),
}

/// The parts of an error that scenarios can expect.
#[derive(Debug)]
pub struct ObservedError {
    kind: Kind,
    /// The kind of the last response, where the kind of the error is a timeout.
    last_response: Option<Kind>,
    code: Option<String>,
    status: Option<u16>,
    may_have_happened: bool,
    message: String,
}

impl From<&Error> for ObservedError {
    fn from(error: &Error) -> Self {
        let status = error.status().map(|status| status.as_u16());
        let kind = match error.kind() {
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::InTrash => Kind::InTrash,
            ErrorKind::RateLimited => Kind::RateLimited,
            ErrorKind::Unavailable => Kind::Unavailable,
            ErrorKind::Auth => Kind::Auth,
            ErrorKind::Forbidden => Kind::Forbidden,
            ErrorKind::Validation => Kind::Validation,
            ErrorKind::Unconfirmed => Kind::Unconfirmed,
            ErrorKind::Timeout => Kind::Timeout,
            ErrorKind::Connect => Kind::Connect,
            ErrorKind::Decode => Kind::Decode,
            _ => Kind::Api,
        };
        let last_response = match (kind, status) {
            (Kind::Timeout, Some(429)) => Some(Kind::RateLimited),
            (Kind::Timeout, Some(502..=504)) => Some(Kind::Unavailable),
            _ => None,
        };
        Self {
            kind,
            last_response,
            code: error.code().map(ToString::to_string),
            status,
            may_have_happened: error.may_have_happened(),
            message: error.to_string(),
        }
    }
}

/// Returns the differences between the expected and the observed behaviour.
pub fn differences(expect: &Expect, observed: &Observation) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |subject: &str, expected: &dyn fmt::Display, found: &dyn fmt::Display| {
        differences.push(format!("{subject}: expected {expected}, got {found}"));
    };
    if let Some(attempts) = expect.attempts
        && usize::try_from(attempts) != Ok(observed.attempts)
    {
        differ("attempts", &attempts, &observed.attempts);
    }
    if let Some(waits) = &expect.waits {
        let mut pairs = waits.iter().zip(&observed.waits);
        if waits.len() != observed.waits.len() || !pairs.all(|(wait, found)| wait.matches(*found)) {
            let waits: Vec<_> = waits.iter().map(ToString::to_string).collect();
            let waits = format_args!("[{}]", waits.join(", "));
            differ("waits", &waits, &format_args!("{:?}", observed.waits));
        }
    }
    match (&expect.outcome, &observed.end) {
        (_, End::Invalid(why)) => differ("outcome", &"a call", &why),
        (Some(Outcome::Ok), End::Error(error)) => differ("outcome", &"ok", error),
        (Some(Outcome::Error(expected)), End::Success) => differ("outcome", expected, &"ok"),
        (Some(Outcome::Error(expected)), End::Error(error)) if !error.is(expected) => {
            differ("outcome", expected, error);
        }
        _ => {}
    }
    differences
}

impl ObservedError {
    fn is(&self, expected: &ErrorExpected) -> bool {
        let kind = expected.error;
        (kind.is_none() || kind == Some(self.kind) || kind == self.last_response)
            && (expected.code.is_none() || expected.code == self.code)
            && (expected.status.is_none() || expected.status == self.status)
            && expected
                .may_have_happened
                .is_none_or(|happened| happened == self.may_have_happened)
    }
}

impl fmt::Display for ObservedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = ErrorExpected {
            error: Some(self.kind),
            code: self.code.clone(),
            status: self.status,
            may_have_happened: Some(self.may_have_happened),
        };
        write!(f, "{expected} ({})", self.message)
    }
}

impl fmt::Display for ErrorExpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.error.map(serde_json::to_value).transpose();
        let kind = kind.ok().flatten().unwrap_or_default();
        let parts = [
            kind.as_str().map(|kind| format!("error: {kind}")),
            self.code.as_ref().map(|code| format!("code: {code}")),
            self.status.map(|status| format!("status: {status}")),
            self.may_have_happened
                .map(|happened| format!("may_have_happened: {happened}")),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        write!(f, "{{ {} }}", parts.join(", "))
    }
}
