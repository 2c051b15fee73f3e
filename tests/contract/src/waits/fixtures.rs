//! The names that all processes use, and their common clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The token of all processes.
pub(super) const TOKEN: &str = "token-of-the-waits";
/// The tag that calls read.
pub(super) const TAG: &str = "tag_waits00000000001";

/// Returns the id of a task.
pub(super) fn task_id(number: u32) -> String {
    format!("task_waits{number:010}")
}

/// Returns the time since 1970.
pub(super) fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
