//! Whether what came is what was expected.

use std::fmt;
use std::time::Duration;

use katapult_core::{Error, ErrorKind};

use super::format::{ErrorExpected, Expect, Kind, Outcome};

/// What came of a scenario.
#[derive(Debug)]
pub struct Seen {
    /// How often it was sent.
    pub attempts: usize,
    /// The pauses.
    pub waits: Vec<Duration>,
    /// How it ended.
    pub ended: Ended,
}

/// How a call ended.
#[derive(Debug)]
pub enum Ended {
    /// With a response.
    Well,
    /// With an error.
    Error(Told),
    /// It could not be made.
    Broken(String),
}

/// What an error told.
#[derive(Debug)]
pub struct Told {
    /// Its kind; and when the time was up, that of the last answer too.
    pub kinds: Vec<Kind>,
    /// The API's code.
    pub code: Option<String>,
    /// The status of the last response.
    pub status: Option<u16>,
    /// Whether it may have been done.
    pub may_have_happened: bool,
    /// How it is shown.
    pub shown: String,
}

impl From<&Error> for Told {
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
        let last_answer = match (kind, status) {
            (Kind::Timeout, Some(429)) => Some(Kind::RateLimited),
            (Kind::Timeout, Some(502..=504)) => Some(Kind::Unavailable),
            _ => None,
        };
        Self {
            kinds: [kind].into_iter().chain(last_answer).collect(),
            code: error.code().map(ToString::to_string),
            status,
            may_have_happened: error.may_have_happened(),
            shown: error.to_string(),
        }
    }
}

/// How what came differs from what was expected; empty when it doesn't.
pub fn differences(expect: &Expect, seen: &Seen) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, expected: &dyn fmt::Display, came: &dyn fmt::Display| {
        differences.push(format!("{what}: expected {expected}, came {came}"));
    };
    if let Some(attempts) = expect.attempts
        && usize::try_from(attempts) != Ok(seen.attempts)
    {
        differ("attempts", &attempts, &seen.attempts);
    }
    if let Some(waits) = &expect.waits {
        let fits = waits.len() == seen.waits.len()
            && waits
                .iter()
                .zip(&seen.waits)
                .all(|(wait, seen)| wait.holds(*seen));
        if !fits {
            differ("waits", &List(waits), &format_args!("{:?}", seen.waits));
        }
    }
    match (&expect.outcome, &seen.ended) {
        (_, Ended::Broken(why)) => differ("outcome", &"a call", &why),
        (Some(Outcome::Ok), Ended::Error(told)) => differ("outcome", &"ok", told),
        (Some(Outcome::Error(error)), Ended::Well) => differ("outcome", error, &"ok"),
        (Some(Outcome::Error(error)), Ended::Error(told)) if !is(error, told) => {
            differ("outcome", error, told);
        }
        _ => {}
    }
    differences
}

fn is(expected: &ErrorExpected, told: &Told) -> bool {
    expected.error.is_none_or(|kind| told.kinds.contains(&kind))
        && (expected.code.is_none() || expected.code == told.code)
        && (expected.status.is_none() || expected.status == told.status)
        && expected
            .may_have_happened
            .is_none_or(|happened| happened == told.may_have_happened)
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = ErrorExpected {
            error: self.kinds.first().copied(),
            code: self.code.clone(),
            status: self.status,
            may_have_happened: Some(self.may_have_happened),
        };
        write!(f, "{expected} ({})", self.shown)
    }
}

impl fmt::Display for ErrorExpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.error.map(|kind| format!("error: {kind}")),
            self.code.as_ref().map(|code| format!("code: {code}")),
            self.status.map(|status| format!("status: {status}")),
            self.may_have_happened
                .map(|happened| format!("may_have_happened: {happened}")),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        write!(f, "{{ {} }}", parts.join(", "))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::NotFound => "not_found",
            Kind::InTrash => "in_trash",
            Kind::RateLimited => "rate_limited",
            Kind::Unavailable => "unavailable",
            Kind::Auth => "auth",
            Kind::Forbidden => "forbidden",
            Kind::Validation => "validation",
            Kind::Unconfirmed => "unconfirmed",
            Kind::Timeout => "timeout",
            Kind::Connect => "connect",
            Kind::Decode => "decode",
            Kind::Api => "api",
        })
    }
}

struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", items.join(", "))
    }
}
