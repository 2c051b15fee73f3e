//! The journal: the requests that the sandbox received, with its responses.

use std::collections::VecDeque;
use std::fmt;

use serde_json::{Value, json};

/// The recorded requests, oldest first. Their number and their size are bounded.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<RecordedRequest>,
    /// The size of all entries, in bytes.
    bytes: usize,
}

impl Journal {
    /// Adds a request, and drops the oldest ones that are too many, or too large together. The new one stays.
    pub(crate) fn push(&mut self, entry: RecordedRequest, max_requests: usize, max_bytes: usize) {
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > max_requests
            || (self.bytes > max_bytes && self.entries.len() > 1)
        {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= oldest.size();
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.entries.iter()
    }

    pub(crate) fn newest(&self) -> Option<&RecordedRequest> {
        self.entries.back()
    }
}

/// A request that the sandbox received, with its response.
///
/// Its [`Display`](fmt::Display) form is one line of a log:
///
/// ```text
/// 404 GET /core/v1/tasks/task?task[id]=none task_not_found (No task was found …)
/// 0 POST /core/v1/virtual_machines/virtual_machine/shutdown [reset_after]
/// ```
#[derive(Clone, Debug, Default)]
pub struct RecordedRequest {
    /// The operation's id, such as `virtual_machines.get`; `None` if the path matches no operation.
    pub operation: Option<String>,
    /// The method, in upper case.
    pub method: String,
    /// The path with the query.
    pub target: String,
    /// The request body.
    pub body: String,
    /// The response status; 0 if the connection was closed without a response.
    pub status: u16,
    /// `true` if the operation was executed, even if its response was lost or altered by a fault.
    pub executed: bool,
    /// The error code of a rejected request.
    pub error_code: Option<String>,
    /// The description and the detail of the error, for a log.
    pub error_message: Option<String>,
    /// The faults that were injected, in their text form without operation and schedule.
    pub faults: Vec<String>,
    /// The `x-request-id` of the response.
    pub request_id: String,
    pub(crate) response_headers: Vec<(&'static str, String)>,
    pub(crate) response_body: String,
}

impl RecordedRequest {
    /// Returns the response body.
    pub fn response_body(&self) -> &str {
        &self.response_body
    }

    /// Returns the response headers, with names in lower case.
    pub fn response_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.response_headers.iter();
        headers.map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns the size in bytes, nearly: the texts that a client can make long, and the rest.
    fn size(&self) -> usize {
        // The response's headers among it.
        const REST: usize = 1024;
        let message = self.error_message.as_ref().map_or(0, String::len);
        REST + self.target.len() + self.body.len() + message + self.response_body.len()
    }

    /// Returns the request as JSON, without the bodies.
    pub(crate) fn without_bodies(&self) -> Value {
        json!({
            "operation": self.operation,
            "method": self.method,
            "target": self.target,
            "status": self.status,
            "executed": self.executed,
            "error_code": self.error_code,
            "faults": self.faults,
            "request_id": self.request_id,
        })
    }

    /// Returns one line of a journal file, in the format of recorded exchanges.
    pub(crate) fn journal_line(&self, base: &str) -> String {
        let headers = self
            .response_headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)));
        let line = json!({
            "method": self.method,
            "url": format!("{base}{}", self.target),
            "request_body": self.body,
            "status": self.status,
            "headers": Value::Object(headers.collect()),
            "response_body": self.response_body,
        });
        line.to_string()
    }
}

impl fmt::Display for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.status, self.method, self.target)?;
        if let Some(code) = &self.error_code {
            write!(f, " {code}")?;
        }
        if let Some(message) = &self.error_message {
            write!(f, " ({message})")?;
        }
        if !self.faults.is_empty() {
            write!(f, " [{}]", self.faults.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journal_keeps_the_newest_requests_within_its_bounds() {
        let entry = |number: usize, body: usize| RecordedRequest {
            target: number.to_string(),
            body: "x".repeat(body),
            ..RecordedRequest::default()
        };
        let kept = |bodies: &[usize], max_requests, max_bytes| {
            let mut journal = Journal::default();
            for (number, body) in bodies.iter().enumerate() {
                journal.push(entry(number, *body), max_requests, max_bytes);
            }
            let targets: Vec<_> = journal.iter().map(|entry| entry.target.clone()).collect();
            targets.join(" ")
        };
        assert_eq!(kept(&[0, 0, 0], 2, usize::MAX), "1 2");
        assert_eq!(kept(&[9000, 0, 0], 10, 10_000), "1 2");
        assert_eq!(kept(&[0, 9000, 9000], 10, 10_000), "2");
        assert_eq!(kept(&[0, 20_000], 10, 10_000), "1", "the newest stays");
    }
}
