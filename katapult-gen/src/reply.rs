//! A decoded reply with what came around it.

use std::ops::Deref;

use http::{HeaderMap, HeaderName, StatusCode};

use crate::transport::RawReply;

// Names that are parsed once: every reply is looked at for them.
static PERMITTED: HeaderName = HeaderName::from_static("x-ratelimit-permitted");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A successful reply: the decoded value, and what came with it.
///
/// It dereferences to the value.
#[derive(Clone, Debug)]
pub struct Reply<T> {
    value: T,
    raw: RawReply,
}

impl<T> Reply<T> {
    pub(crate) fn new(value: T, raw: RawReply) -> Self {
        Self { value, raw }
    }

    /// The decoded value, taken out.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The status: 200 or 201 as a rule.
    pub fn status(&self) -> StatusCode {
        self.raw.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.raw.headers
    }

    /// The id under which the API logged the request; support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.raw.request_id()
    }

    /// What the API said of the token's quota.
    pub fn quota(&self) -> Option<Quota> {
        Quota::from_headers(&self.raw.headers)
    }

    /// How many times the request was sent: 1 unless it had to be tried again.
    pub fn attempts(&self) -> u32 {
        self.raw.attempts
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.raw.body
    }

    /// The body as JSON, with the fields that this SDK does not know; `None` if it is not JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.raw.body).ok()
    }

    /// The items of a list in the body as they came, with the fields that this SDK does not know:
    /// `reply.raw_items("disks")[2]` is the raw form of `reply.disks[2]`. Empty if there is no such list.
    pub fn raw_items(&self, list: &str) -> Vec<serde_json::Value> {
        let mut body = self.json().unwrap_or_default();
        // As the typed list is read: by a doubtful name, by its plural, or as one bare object.
        let names = [list.to_owned(), format!("{list}s")];
        let name = names.iter().find(|name| body.get(name).is_some());
        let found = name.and_then(|name| body.get_mut(name));
        match found.map(serde_json::Value::take) {
            Some(serde_json::Value::Array(items)) => items,
            Some(object @ serde_json::Value::Object(_)) => vec![object],
            _ => Vec::new(),
        }
    }

    /// The value and the reply as it came.
    pub fn into_parts(self) -> (T, RawReply) {
        (self.value, self.raw)
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Reply<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

/// The quota of a token: so many requests in each minute of the clock, shared by all who use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests permitted in a minute, from `X-RateLimit-Permitted`.
    pub permitted: u32,
    /// Requests left in this minute when the reply was made, from `X-RateLimit-Remaining`.
    pub remaining: u32,
}

impl Quota {
    /// Reads the quota from a reply's headers; `None` when they do not tell it.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        Some(Self {
            permitted: number(&PERMITTED)?,
            remaining: number(&REMAINING)?,
        })
    }
}
