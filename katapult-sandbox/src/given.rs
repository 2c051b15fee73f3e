//! A request's arguments as they came: its query, its body, the ids in its path.

use katapult_openapi::Route;
use serde_json::{Map, Value, json};

use crate::engine::Request;
use crate::query::nest;
use crate::refusal::Refusal;

/// A request's arguments as they came.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Map<String, Value>,
    /// Ids that stood in the path.
    pub(crate) ids: Vec<(String, String)>,
}

impl Given {
    /// Reads them out of a request.
    pub(crate) fn read(request: &Request, route: &Route<'_>) -> Result<Self, Refusal> {
        let unreadable = |what: &str| {
            Refusal::new(
                400,
                "invalid_request",
                format!("The request's {what} could not be read"),
                json!({}),
            )
        };
        let body = match request.body.trim() {
            "" => Map::new(),
            text => match serde_json::from_str(text) {
                Ok(Value::Object(body)) => body,
                Ok(Value::Null) => Map::new(),
                _ => return Err(unreadable("body")),
            },
        };
        let query = nest(&request.query).ok_or_else(|| unreadable("query"))?;
        Ok(Self {
            query,
            body,
            ids: route.ids.clone(),
        })
    }
}
