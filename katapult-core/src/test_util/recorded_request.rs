use std::sync::Arc;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Request, Uri};
use katapult_gen::Operation;
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
    /// The whole URI, with the query.
    pub uri: Uri,
    /// The headers, with the token in `authorization`.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
    extensions: Extensions,
}

impl RecordedRequest {
    pub(crate) fn new(request: &Request<Bytes>) -> Self {
        Self {
            sent_at: Instant::now(),
            finished_at: None,
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            extensions: request.extensions().clone(),
        }
    }

    /// Returns the operation with its arguments, if the request is one of that operation. Additions to the call,
    /// such as [`query_param`](crate::prelude::CallExt::query_param), are in the request alone.
    pub fn operation<O: Operation>(&self) -> Option<&O> {
        self.extensions
            .get::<Arc<O>>()
            .map(|operation| &**operation)
    }

    /// Returns the path of the URL, such as `/core/v1/tasks/task`.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Returns the first value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.query_pairs().into_iter();
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns all parameters of the query, decoded, in their order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        // Never an error: an absolute URI of HTTP is a URL.
        let url = reqwest::Url::parse(&self.uri.to_string());
        url.map(|url| url.query_pairs().into_owned().collect())
            .unwrap_or_default()
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
