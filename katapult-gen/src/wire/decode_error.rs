//! The reason why a response does not decode, without the values that it contains.

use std::error::Error;
use std::fmt;

/// The reason why the body of a successful response is not what the operation returns.
///
/// Its texts name the place and the expected type, never the value, which may be a secret.
pub struct DecodeError(serde_json::Error);

impl DecodeError {
    /// Returns the line of the body, counted from 1; 0 if the error has no position.
    pub fn line(&self) -> usize {
        self.0.line()
    }

    /// Returns the column in the line, in bytes, counted from 1; 0 if the error has no position.
    pub fn column(&self) -> usize {
        self.0.column()
    }

    /// Returns `true` if the body is not JSON, or ends too early.
    pub fn is_syntax(&self) -> bool {
        self.0.is_syntax() || self.0.is_eof()
    }
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_values(&self.0))
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

// There is no source: serde's error would show the value.
impl Error for DecodeError {}

/// Returns the message of an error without the value that it quotes.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() {
        return text; // serde_json's own texts, which quote nothing
    }
    let position = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!(" at line {line} column {column}"),
    };
    let text = text.strip_suffix(&*position).unwrap_or(&text);
    for problem in ["invalid type: ", "invalid value: ", "invalid length "] {
        let rest = text.strip_prefix(problem);
        // The last one, since the value may contain the words.
        let parts = rest.and_then(|rest| rest.rsplit_once(", expected "));
        if let Some((value, expected)) = parts {
            let kind = value.split(['`', '"']).next().unwrap_or_default().trim();
            let kind = if problem == "invalid length " {
                ""
            } else {
                kind
            };
            let problem = problem.trim_end_matches([':', ' ']);
            let colon = if kind.is_empty() { "" } else { ": " };
            return format!("{problem}{colon}{kind}, expected {expected}{position}");
        }
    }
    // These name fields of the type, which come from the document.
    let names_a_field = ["missing field `", "duplicate field `"]
        .iter()
        .any(|problem| text.starts_with(problem))
        || text.ends_with(": missing field `id`");
    if names_a_field {
        format!("{text}{position}")
    } else {
        format!("unexpected value{position}")
    }
}

#[cfg(test)]
mod tests {
    use super::DecodeError;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Lamp {
        watts: u8,
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Led,
    }

    #[test]
    fn texts_have_the_place_and_no_value() {
        for (body, expected) in [
            (
                r#"{"watts":"hush"}"#,
                "invalid type: string, expected u8 at line 1 column 15",
            ),
            (
                r#"{"watts":7362514899}"#,
                "invalid value: integer, expected u8 at line 1 column 19",
            ),
            (
                r#"{"watts":73.5}"#,
                "invalid type: floating point, expected u8 at line 1 column 13",
            ),
            (
                r#"{"watts":null}"#,
                "invalid type: null, expected u8 at line 1 column 13",
            ),
            (
                r#"{"watts":"a, expected hush"}"#,
                "invalid type: string, expected u8 at line 1 column 27",
            ),
            (r#"{"kind":"hush"}"#, "unexpected value at line 1 column 14"),
            (r#"{"watts":1}"#, "missing field `kind` at line 1 column 11"),
            (
                r#"{"watts":"#,
                "EOF while parsing a value at line 1 column 9",
            ),
            ("hush", "expected value at line 1 column 1"),
        ] {
            let error: DecodeError = serde_json::from_str(body)
                .map(|lamp: Lamp| (lamp.watts, lamp.kind))
                .unwrap_err()
                .into();
            assert_eq!(error.to_string(), expected, "{body}");
            let texts = format!("{error} {error:?}");
            assert!(!texts.contains("hush") && !texts.contains("73"), "{texts}");
        }
    }
}
