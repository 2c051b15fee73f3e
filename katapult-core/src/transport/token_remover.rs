//! Removal of the token from what a server or an HTTP client returns, so that no text or log shows it.

use std::error::Error;
use std::fmt::Write as _;

use bytes::Bytes;
use http::HeaderValue;
use memchr::memmem::Finder;
use serde_json::Value;

use crate::retry::classify::{Attempt, AttemptEnd};

/// Characters that a token has at least to be searched for.
// A shorter one is that of a test, and may occur in words. The API's have 40 and more.
const MIN_TOKEN: usize = 16;
/// The largest error response whose escapes are decoded to find the token.
// Decoded JSON takes many times the size of its text.
const MAX_DECODED: usize = 256 * 1024;
/// Replaces the token.
const REDACTED: &str = "[redacted]";

/// The forms of a token that are removed from foreign texts.
#[derive(Clone)]
pub(super) struct TokenRemover {
    /// The longest first: a shorter one may be part of it.
    forms: Vec<String>,
    /// Searches of those forms of which each form contains one.
    searches: Vec<Finder<'static>>,
}

impl TokenRemover {
    pub(super) fn new(token: &str) -> Self {
        let forms = match token.len() {
            ..MIN_TOKEN => Vec::new(),
            _ => {
                let mut forms = vec![format!("Bearer {token}"), percent_encoded(token)];
                // Most tokens have no character to encode: the same form is not searched for twice.
                if forms[1] != token {
                    forms.push(token.to_owned());
                }
                forms
            }
        };
        // The first form contains one of the others.
        let searched = forms.iter().skip(1);
        let searches = searched
            .map(|form| Finder::new(form.as_bytes()).into_owned())
            .collect();
        Self { forms, searches }
    }

    /// Removes the token from an attempt: the headers, the body, and the cause of a lost connection.
    pub(super) fn clean(&self, attempt: &mut Attempt) {
        if let AttemptEnd::ConnectionError(error) = &mut attempt.end {
            if let Some(text) = self.text(&chain(&*error.cause)) {
                error.cause = text.into();
            }
        }
        let Some((status, headers)) = &mut attempt.head else {
            return;
        };
        for value in headers.values_mut() {
            if let Some(text) = self.bytes(value.as_bytes()) {
                *value = HeaderValue::try_from(text)
                    .unwrap_or_else(|_| HeaderValue::from_static(REDACTED));
            }
        }
        self.body(&mut attempt.body, status.is_success());
    }

    fn body(&self, body: &mut Bytes, success: bool) {
        if let Some(text) = self.bytes(body) {
            *body = text.into();
        }
        // An error's texts are displayed after decoding, which would restore an escaped token.
        if success || body.len() > MAX_DECODED || !body.contains(&b'\\') {
            return;
        }
        if let Ok(mut value) = serde_json::from_slice(body) {
            if self.json(&mut value) {
                *body = value.to_string().into();
            }
        }
    }

    /// Returns the text without the token; `None` if it does not contain it.
    fn text(&self, text: &str) -> Option<String> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&self, text: &[u8]) -> Option<String> {
        // Nearly no text contains it.
        let mut searches = self.searches.iter();
        searches.find_map(|form| form.find(text))?;
        let mut text = String::from_utf8_lossy(text).into_owned();
        for form in &self.forms {
            text = text.replace(form, REDACTED);
        }
        Some(text)
    }

    /// Removes the token from all texts of a value; returns `true` if there was one.
    fn json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.text(text) {
                Some(clean) => {
                    *text = clean;
                    true
                }
                None => false,
            },
            // Not `any`, which would stop at the first one.
            Value::Array(items) => items
                .iter_mut()
                .fold(false, |found, item| self.json(item) | found),
            Value::Object(fields) => {
                let mut found = false;
                let mut clean = serde_json::Map::new();
                for (name, mut field) in std::mem::take(fields) {
                    found |= self.json(&mut field);
                    let other = self.text(&name);
                    found |= other.is_some();
                    clean.insert(other.unwrap_or(name), field);
                }
                *fields = clean;
                found
            }
            _ => false,
        }
    }
}

/// Returns the texts of an error and of its causes, their `Debug` output included.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Returns a text as it is in a URL.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "kat-tok-5f1d0c9be2/+";

    #[test]
    fn each_form_of_the_token_is_removed() {
        let remover = TokenRemover::new(TOKEN);
        for (text, expected) in [
            (
                format!("a {TOKEN} b {TOKEN}"),
                Some("a [redacted] b [redacted]"),
            ),
            (
                format!("Authorization: Bearer {TOKEN}"),
                Some("Authorization: [redacted]"),
            ),
            (
                "/x?token=kat-tok-5f1d0c9be2%2F%2B&y".to_owned(),
                Some("/x?token=[redacted]&y"),
            ),
            ("nothing".to_owned(), None),
        ] {
            assert_eq!(remover.text(&text).as_deref(), expected);
        }
        let mut body = Bytes::from(r#"{"error":{"code":"\u006bat-tok-5f1d0c9be2\/+"}}"#);
        remover.body(&mut body, false);
        assert_eq!(body, r#"{"error":{"code":"[redacted]"}}"#);
        let mut body = Bytes::from(r#"{"error":{"\u006bat-tok-5f1d0c9be2\/+":1}}"#);
        remover.body(&mut body, false);
        assert_eq!(body, r#"{"error":{"[redacted]":1}}"#);
    }

    #[test]
    fn short_token_is_not_searched_for() {
        assert_eq!(TokenRemover::new("token").text("the token"), None);
    }
}
