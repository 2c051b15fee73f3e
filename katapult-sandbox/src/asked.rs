//! What the sandbox was asked, and what it said.

use serde_json::{Value, json};

/// A request that the sandbox was asked, and its answer.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The operation; `None` when the address is of none.
    pub operation: Option<String>,
    /// The method, in capitals.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The request's body.
    pub body: String,
    /// The reply's status; 0 when the connection was closed instead.
    pub status: u16,
    /// Whether it was done, even where the reply was lost or spoilt.
    pub done: bool,
    /// The code of a refusal.
    pub code: Option<String>,
    /// Why it was refused: the refusal's description and detail.
    pub why: Option<String>,
    /// Which faults were put on.
    pub faults: Vec<String>,
    /// The id that the reply carried.
    pub request_id: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) reply: String,
}

impl Asked {
    /// The body of the reply.
    pub fn reply(&self) -> &str {
        &self.reply
    }

    /// The headers of the reply.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (*name, value.as_str()))
    }

    /// One line of a journal, in the form of a recording.
    pub(crate) fn journal(&self, base: &str) -> String {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)));
        let line = json!({
            "method": self.method,
            "url": format!("{base}{}", self.target),
            "request_body": self.body,
            "status": self.status,
            "headers": Value::Object(headers.collect()),
            "response_body": self.reply,
        });
        line.to_string()
    }

    /// One line of a log.
    pub fn line(&self) -> String {
        let mut line = format!("{} {} {}", self.status, self.method, self.target);
        if let Some(code) = &self.code {
            line.push_str(&format!(" {code}"));
        }
        if let Some(why) = &self.why {
            line.push_str(&format!(" ({why})"));
        }
        if !self.faults.is_empty() {
            line.push_str(&format!(" [{}]", self.faults.join(", ")));
        }
        line
    }
}
