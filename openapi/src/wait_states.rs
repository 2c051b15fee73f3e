//! The states by which an object is waited for.

use std::time::Duration;

use serde_json::Value;

/// The states of an object that changes in the background.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitStates {
    /// The field of the object with the state.
    pub field: String,
    /// The states in which the object is ready. Empty if that depends on the purpose.
    pub succeeded: Vec<String>,
    /// The states that the object does not leave by itself.
    pub failed: Vec<String>,
    /// The time for which a new object may be in a failed state and recover.
    pub failed_after: Duration,
    /// The error codes that the operation returns until the object exists.
    pub pending_codes: Vec<String>,
    /// The default timeout of a wait.
    pub timeout: Duration,
}

impl WaitStates {
    /// Reads the states from the extension `x-katapult`.
    pub(crate) fn read(node: &Value) -> Option<Self> {
        let text = |node: &Value| node.as_str().map(str::to_owned);
        let texts = |name: &str| match &node[name] {
            Value::Null => Some(Vec::new()),
            list => list.as_array()?.iter().map(text).collect(),
        };
        Some(Self {
            field: text(&node["field"])?,
            succeeded: texts("succeeded")?,
            failed: texts("failed")?,
            failed_after: Duration::from_secs(node["failed_after_seconds"].as_u64().unwrap_or(0)),
            pending_codes: texts("pending_codes")?,
            timeout: Duration::from_secs(node["timeout_minutes"].as_u64()?.checked_mul(60)?),
        })
    }
}
