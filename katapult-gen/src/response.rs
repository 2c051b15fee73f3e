//! A decoded response with what came around it.

use std::ops::Deref;

use http::{HeaderMap, HeaderName, StatusCode};

use crate::transport::RawResponse;

// Names that are parsed once: every response is looked at for them.
static PERMITTED: HeaderName = HeaderName::from_static("x-ratelimit-permitted");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A successful response: the decoded value, and what came with it.
///
/// It dereferences to the value.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    raw: RawResponse,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, raw: RawResponse) -> Self {
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
    /// `response.raw_items("disks")[2]` is the raw form of `response.disks[2]`. Empty if there is no such list.
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

    /// The value and the response as it came.
    pub fn into_parts(self) -> (T, RawResponse) {
        (self.value, self.raw)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

/// The quota of a token: so many requests in each minute of the clock, shared by all who use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests permitted in a minute, from `X-RateLimit-Permitted`.
    pub limit: u32,
    /// Requests left in this minute when the response was made, from `X-RateLimit-Remaining`.
    pub remaining: u32,
}

impl Quota {
    /// Reads the quota from a response's headers; `None` when they do not tell it.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        Some(Self {
            limit: number(&PERMITTED)?,
            remaining: number(&REMAINING)?,
        })
    }
}
