//! A request in canonical form.

use serde_json::Value;

/// A request as the API understands it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// The path with the API's prefix, with bare nouns in place of ids.
    pub path: String,
    /// The decoded query pairs, in their order.
    pub query: Vec<(String, String)>,
    /// The body; `None` when nothing is sent.
    pub body: Option<Value>,
}
