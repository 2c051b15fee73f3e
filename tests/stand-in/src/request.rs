//! A request, as far as the story needs to know it.

use std::collections::HashMap;

use http::Method;
use http::request::Parts;
use serde_json::Value;

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The whole path, with the API's prefix.
    pub(crate) path: String,
    /// The token, if one was sent.
    pub(crate) token: Option<String>,
    query: HashMap<String, String>,
    body: Value,
}

impl Request {
    pub(crate) fn read(head: &Parts, body: &[u8]) -> Self {
        let token = head
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let query = head.uri.query().unwrap_or_default().as_bytes();
        Self {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            token: token
                .and_then(|value| value.strip_prefix("Bearer "))
                .map(str::to_owned),
            query: url::form_urlencoded::parse(query).into_owned().collect(),
            body: serde_json::from_slice(body).unwrap_or_default(),
        }
    }

    /// A number of the query.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.query.get(name)?.parse().ok()
    }

    /// What the body has at this place.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.body.pointer(pointer)
    }

    /// The text that the body has at this place.
    pub(crate) fn text(&self, pointer: &str) -> Option<String> {
        Some(self.at(pointer)?.as_str()?.to_owned())
    }

    /// The value by which an object is named, if it is named by this key: in the query, or in the
    /// body of a request that has one.
    pub(crate) fn lookup(&self, object: &str, key: &str) -> Option<&str> {
        let in_body = || self.body.get(object)?.get(key)?.as_str();
        let in_query = self
            .query
            .get(&format!("{object}[{key}]"))
            .map(String::as_str);
        in_query.or_else(in_body)
    }
}
