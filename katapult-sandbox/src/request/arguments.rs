//! The arguments of a request before validation: its body, its query, the ids in its path.

use katapult_openapi::Route;
use serde_json::{Map, Value, json};

use crate::http::message::Request;
use crate::request::query::nest;
use crate::response::refusal::Refusal;

/// The arguments of a request, by where they were given.
#[derive(Debug, Default)]
pub(crate) struct RawArguments {
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Map<String, Value>,
    /// Ids in the path, each with the name of its argument.
    pub(crate) ids: Vec<(String, String)>,
}

impl RawArguments {
    /// Reads the arguments of a request.
    pub(crate) fn read(request: &Request, route: &Route<'_>) -> Result<Self, Refusal> {
        let unreadable = |part: &str| {
            Refusal::new(
                400,
                "invalid_request",
                format!("The request's {part} could not be read"),
                json!({}),
            )
        };
        let body = match request.body.trim() {
            _ if request.body_is_binary => return Err(unreadable("body")),
            // A request without a body has no arguments in it.
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
