//! Replies in the form that the API gives them.

use http::StatusCode;
use serde_json::{Value, json};

/// A reply, but for its date.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            body,
        }
    }

    /// A failure in the API's envelope.
    pub(crate) fn error(status: StatusCode, code: &str, description: &str, detail: Value) -> Self {
        Self {
            status,
            headers: vec![("x-api-schema", "json-error".into())],
            body: json!({"error": {"code": code, "description": description, "detail": detail}}),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn not_found(object: &str) -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            &format!("{object}_not_found"),
            &format!(
                "No {} was found matching any of the criteria provided",
                object.replace('_', " ")
            ),
            json!({}),
        )
    }

    pub(crate) fn unavailable() -> Self {
        Self::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
            "The service is unavailable at the moment",
            json!({}),
        )
    }

    pub(crate) fn rate_limited(permitted: u32) -> Self {
        Self::error(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit_reached",
            "Too many requests in this minute",
            json!({"total_permitted": permitted}),
        )
    }
}
