//! Secrets, such as passwords and keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A password or a key. Its `Debug` output is redacted; [`expose`](Secret::expose) returns it.
///
/// ```
/// let password = katapult_gen::Secret::from("x8-Tz");
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(password.expose(), "x8-Tz");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl From<String> for crate::Patch<Secret> {
    fn from(secret: String) -> Self {
        Self::Value(secret.into())
    }
}

impl From<&str> for crate::Patch<Secret> {
    fn from(secret: &str) -> Self {
        Self::Value(secret.into())
    }
}
