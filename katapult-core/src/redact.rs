//! Bodies as they may be logged: at TRACE only, and without what is secret.

use std::fmt;

use serde_json::Value;

/// How much of a body is shown.
const SHOWN: usize = 4096;

/// Words in the names of fields whose values are secret: passwords, keys, tokens.
const SECRET: &[&str] = &[
    "password",
    "secret",
    "token",
    "private",
    "credential",
    "_key",
];

/// Shows a body as JSON with its secrets blanked, and anything else by its length alone.
pub(crate) struct Redacted<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("empty");
        }
        let Ok(mut value) = serde_json::from_slice::<Value>(self.0) else {
            return write!(f, "{} bytes that are not JSON", self.0.len());
        };
        blank(&mut value);
        let text = value.to_string();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}… ({} bytes)", &text[..end], self.0.len()),
            None => f.write_str(&text),
        }
    }
}

fn blank(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(blank),
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.to_ascii_lowercase();
                if SECRET.iter().any(|word| name.contains(word)) && !field.is_null() {
                    *field = Value::from("[redacted]");
                } else {
                    blank(field);
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
    fn secrets_are_blanked_at_any_depth() {
        let body = br#"{"a":[{"initial_root_password":"x1","name":"web"}],"access_key":"x2","secret_key":{"v":"x3"},"token":null}"#;
        let shown = Redacted(body).to_string();
        assert_eq!(
            shown,
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
}
