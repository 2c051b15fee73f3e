//! Decoded responses.

use std::ops::Deref;

use http::{HeaderMap, HeaderName, StatusCode};

use crate::transport::RawResponse;

// Static names are parsed once; the quota is read from every response.
static PERMITTED: HeaderName = HeaderName::from_static("x-ratelimit-permitted");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// A successful response: the decoded value with the status, headers and body.
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

    /// Returns the decoded value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the HTTP status, usually 200 or 201.
    pub fn status(&self) -> StatusCode {
        self.raw.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.raw.headers
    }

    /// Returns the id under which the API logged the request, for support cases.
    pub fn request_id(&self) -> Option<&str> {
        self.raw.request_id()
    }

    /// Returns the token's quota, if the response has the headers for it.
    pub fn quota(&self) -> Option<Quota> {
        Quota::from_headers(&self.raw.headers)
    }

    /// Returns the number of times the request was sent: 1 without retries.
    pub fn attempts(&self) -> u32 {
        self.raw.attempts
    }

    /// Returns the raw body.
    pub fn body(&self) -> &[u8] {
        &self.raw.body
    }

    /// Returns the body as JSON, including fields that this SDK does not know. `None` if the body is
    /// not JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.raw.body).ok()
    }

    /// Returns the items of a list in the body as JSON, including fields that this SDK does not
    /// know: `response.raw_items("disks")[2]` is the raw form of `response.disks[2]`. Empty if the
    /// body has no such list.
    pub fn raw_items(&self, list: &str) -> Vec<serde_json::Value> {
        let mut body = self.json().unwrap_or_default();
        // As the typed list is read: a list with a singular name may have its plural, or be one object.
        let names = [list.to_owned(), format!("{list}s")];
        let name = names.iter().find(|name| body.get(name).is_some());
        let found = name.and_then(|name| body.get_mut(name));
        match found.map(serde_json::Value::take) {
            Some(serde_json::Value::Array(items)) => items,
            Some(object @ serde_json::Value::Object(_)) => vec![object],
            _ => Vec::new(),
        }
    }

    /// Returns the decoded value and the raw response.
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

/// The quota of a token: the requests permitted in each minute, shared by all users of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// The number of requests permitted per minute, from `X-RateLimit-Permitted`.
    pub limit: u32,
    /// The number of requests left in the minute of the response, from `X-RateLimit-Remaining`.
    pub remaining: u32,
}

impl Quota {
    /// Reads the quota from a response's headers. `None` if a header is absent or not a number.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        Some(Self {
            limit: number(&PERMITTED)?,
            remaining: number(&REMAINING)?,
        })
    }
}
