use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::Url;
use serde_json::Value;
use tokio::time::Instant;

/// A request that a [`ScriptedClient`](super::ScriptedClient) received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The time at which the request was sent, on tokio's clock.
    pub sent_at: Instant,
    /// The time at which the response was complete, or the request failed or was cancelled. `None`
    /// while the request is in flight.
    pub finished_at: Option<Instant>,
    /// The HTTP method.
    pub method: Method,
    /// The whole URL, with the query.
    pub url: Url,
    /// The headers, with the token in `authorization`.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
}

impl RecordedRequest {
    pub(crate) fn new(request: &reqwest::Request) -> Self {
        let body = request.body().and_then(|body| body.as_bytes());
        Self {
            sent_at: Instant::now(),
            finished_at: None,
            method: request.method().clone(),
            url: request.url().clone(),
            headers: request.headers().clone(),
            body: Bytes::copy_from_slice(body.unwrap_or_default()),
        }
    }

    /// Returns the path of the URL, such as `/core/v1/tasks/task`.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// Returns the first value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }

    /// Returns all parameters of the query, decoded, in their order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.url.query_pairs().into_owned().collect()
    }

    /// Returns the value of a header; `None` if it is absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body as JSON; [`Value::Null`] if it is empty or not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
