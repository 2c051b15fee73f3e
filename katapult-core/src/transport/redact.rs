//! Bodies in logs: at TRACE only, without secrets.

use std::fmt;

use katapult_gen::__private::is_secret_name;
use serde_json::Value;

/// Characters of a body that are logged.
// Enough for an object, and too few for a page of a list to flood a log.
const MAX_LOGGED: usize = 4096;

/// The largest body that is parsed for a log.
// Values take many times the size of their text.
const MAX_PARSED: usize = 256 * 1024;

/// Replaces a secret.
const REDACTED: &str = "[redacted]";

/// Displays a body: JSON with redacted secrets, and anything else only by its length.
pub(super) struct Redacted<'a>(pub(super) &'a [u8]);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("empty");
        }
        if self.0.len() > MAX_PARSED {
            return write!(f, "{} bytes", self.0.len());
        }
        let Ok(mut value) = serde_json::from_slice::<Value>(self.0) else {
            // Fields cannot be told apart here, so nothing of it is safe to log.
            return write!(f, "{} bytes that are not JSON", self.0.len());
        };
        redact_value(&mut value);
        let text = value.to_string();
        match text.char_indices().nth(MAX_LOGGED) {
            Some((end, _)) => write!(f, "{}… ({} bytes)", &text[..end], self.0.len()),
            None => f.write_str(&text),
        }
    }
}

fn redact_value(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(fields) => {
            // An attribute such as {"key": "root_password", "protect": true, "value": …}.
            let protected = fields
                .get("protect")
                .is_some_and(|protect| *protect != Value::Bool(false))
                || ["key", "name"].iter().any(|name| {
                    fields
                        .get(*name)
                        .and_then(Value::as_str)
                        .is_some_and(is_secret_name)
                });
            for (name, field) in fields {
                let secret = is_secret_name(name) || (protected && name == "value");
                if secret && !field.is_null() {
                    *field = Value::from(REDACTED);
                } else {
                    redact_value(field);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_redacted_at_any_depth() {
        let body = br#"{"a":[{"initial_root_password":"x1","name":"web"}],"access_key":"x2","secret_key":{"v":"x3"},"token":null}"#;
        let logged = Redacted(body).to_string();
        assert_eq!(
            logged,
            r#"{"a":[{"initial_root_password":"[redacted]","name":"web"}],"access_key":"[redacted]","secret_key":"[redacted]","token":null}"#
        );
        assert_eq!(
            Redacted(b"token=x").to_string(),
            "7 bytes that are not JSON"
        );
        assert_eq!(Redacted(b"").to_string(), "empty");
        let long = format!("\"{}\"", "é".repeat(5000));
        assert!(
            Redacted(long.as_bytes())
                .to_string()
                .ends_with("… (10002 bytes)")
        );
    }

    #[test]
    fn protected_attribute_console_url_and_access_key_are_redacted() {
        for body in [
            r#"{"attributes":[{"key":"root_password","protect":true,"value":"hush"},{"key":"user","protect":false,"value":"root"}]}"#,
            r#"{"attributes":[{"key":"motd","protect":true,"value":["hush"]},{"value":"root"}]}"#,
            r#"{"console_session":{"id":"root","url":"https://console.example/?t=hush"}}"#,
            r#"{"object_storage_access_key":{"name":"root","s3_secret_access_key":"hush"},"name":"root"}"#,
            r#"{"otp":"hush","recovery_codes":["hush"],"passphrase":"hush","apiKey":"hush","name":"root"}"#,
        ] {
            let logged = Redacted(body.as_bytes()).to_string();
            assert!(
                !logged.contains("hush") && logged.contains("root"),
                "{logged}"
            );
        }
    }
}
