//! Secrets, such as passwords and keys.

use std::cell::Cell;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// The text in place of a secret that is serialized.
const REDACTED: &str = "[REDACTED]";

/// A password or a key. Its `Debug` output is redacted, and so is what it serializes to;
/// [`expose_secret`](Secret::expose_secret) returns it, and [`ExposeSecrets`] serializes it.
///
/// ```
/// let password = katapult_gen::Secret::from("x8-Tz");
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(serde_json::to_string(&password)?, r#""[REDACTED]""#);
/// assert_eq!(password.expose_secret(), "x8-Tz");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret.
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if EXPOSED.get() { &self.0 } else { REDACTED })
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

/// A value that serializes with its secrets, for storage that is as safe as they are.
///
/// ```
/// use katapult_gen::{ExposeSecrets, Secret};
///
/// let password = Secret::from("x8-Tz");
/// assert_eq!(serde_json::to_string(&ExposeSecrets(&password))?, r#""x8-Tz""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct ExposeSecrets<'a, T: ?Sized>(pub &'a T);

impl<T: ?Sized + fmt::Debug> fmt::Debug for ExposeSecrets<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExposeSecrets").field(&self.0).finish()
    }
}

impl<T: ?Sized + Serialize> Serialize for ExposeSecrets<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _exposed = Exposed::begin();
        self.0.serialize(serializer)
    }
}

thread_local! {
    /// Whether the value that this thread serializes is in an `ExposeSecrets`.
    // Serialization is one call on one thread. A serializer that wraps each other one would do
    // without, and would double the code of every request.
    static EXPOSED: Cell<bool> = const { Cell::new(false) };
}

/// The time during which secrets are exposed. Its end restores the former state, after a panic too.
struct Exposed {
    before: bool,
}

impl Exposed {
    fn begin() -> Self {
        Self {
            before: EXPOSED.replace(true),
        }
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        EXPOSED.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::ser::Error as _;

    #[derive(Serialize)]
    struct Login {
        user: &'static str,
        password: Secret,
    }

    fn login() -> Login {
        Login {
            user: "root",
            password: "x8-Tz".into(),
        }
    }

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn secret_is_serialized_only_within_expose_secrets() {
        let redacted = r#"{"user":"root","password":"[REDACTED]"}"#;
        assert_eq!(json(&login()), redacted);
        let exposed = r#"{"user":"root","password":"x8-Tz"}"#;
        assert_eq!(json(&ExposeSecrets(&login())), exposed);
        let mixed = (login().password, ExposeSecrets(&login()), login().password);
        let expected = format!(r#"["[REDACTED]",{exposed},"[REDACTED]"]"#);
        assert_eq!(json(&mixed), expected);
        let nested = ExposeSecrets(&mixed);
        assert!(!json(&nested).contains("REDACTED"));
    }

    #[test]
    fn failed_serialization_leaves_secrets_redacted() {
        struct Failing;
        impl Serialize for Failing {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(S::Error::custom("failed"))
            }
        }
        assert!(serde_json::to_string(&ExposeSecrets(&Failing)).is_err());
        assert_eq!(json(&login().password), r#""[REDACTED]""#);
    }

    #[test]
    fn debug_output_never_has_the_secret() {
        let password = login().password;
        let written = format!("{:?}", ExposeSecrets(&password));
        assert_eq!(written, "ExposeSecrets([redacted])");
    }
}
