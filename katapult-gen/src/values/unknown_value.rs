//! The error of a text that is no known value of an enumeration.

use std::error::Error;
use std::fmt;

/// A text is no value of an enumeration that this version of the SDK knows.
///
/// The enumeration's `unknown` accepts any text, for a value that the API has since been given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValueError {
    enumeration: &'static str,
    text: String,
    known: &'static [&'static str],
}

impl UnknownValueError {
    pub(crate) fn new(
        enumeration: &'static str,
        text: &str,
        known: &'static [&'static str],
    ) -> Self {
        Self {
            enumeration,
            text: text.to_owned(),
            known,
        }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the known values.
    pub fn known(&self) -> &'static [&'static str] {
        self.known
    }
}

impl fmt::Display for UnknownValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            enumeration,
            text,
            known,
        } = self;
        write!(f, "unknown {enumeration} {text:?}, expected ")?;
        if known.len() > 1 {
            f.write_str("one of ")?;
        }
        f.write_str(&known.join(", "))
    }
}

impl Error for UnknownValueError {}

#[cfg(test)]
mod tests {
    use super::UnknownValueError;

    #[test]
    fn error_names_the_text_and_the_known_values() {
        for (known, expected) in [
            (&["red"][..], "unknown Color \"blau\", expected red"),
            (
                &["red", "dark-blue"],
                "unknown Color \"blau\", expected one of red, dark-blue",
            ),
        ] {
            let error = UnknownValueError::new("Color", "blau", known);
            assert_eq!(error.to_string(), expected);
            assert_eq!((error.text(), error.known()), ("blau", known));
        }
    }
}
