//! The JSON form of an operation's value, which the SDK stores: the body; or the query parameters by name, with `body`
//! beside them if there are both.

use katapult_gen::{Operation, OperationInfo};
use katapult_openapi::Spec;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use crate::spec::spec_api;

/// Returns the JSON form of an operation's value.
///
/// `arguments` has the query parameters by name, and `body`, whatever the operation.
///
/// # Errors
///
/// If the document is invalid, or lacks the operation or the arguments its body.
pub fn json_form<'a>(operation: &OperationInfo, arguments: &'a Value) -> Result<&'a Value, String> {
    let spec = Spec::embedded().map_err(|error| error.to_string())?;
    let documented = spec.operation(spec_api(operation.api), operation.id);
    let documented = documented.ok_or_else(|| format!("the document has no {}", operation.id))?;
    match documented.request_body() {
        Some(_) if documented.parameters.is_empty() => arguments
            .get("body")
            .ok_or_else(|| format!("the arguments have no body: {arguments}")),
        _ => Ok(arguments),
    }
}

/// Returns the operation with these arguments: the query parameters by name, and `body`.
///
/// # Errors
///
/// If the arguments are not ones of the operation.
pub fn operation<O: Operation + DeserializeOwned>(
    arguments: &Value,
) -> Result<O, serde_json::Error> {
    O::deserialize(json_form(O::INFO, arguments).map_err(serde_json::Error::custom)?)
}
