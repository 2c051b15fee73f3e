//! The JSON form, which other tools share. YAML and other formats work through serde.

use crate::error::{ParseError, shorten};
use crate::limits::utf8;
use crate::model::BuildSpec;
use crate::serde_helpers::Object;

/// The maximum length of the parser's message in an error, in characters.
// The longest message that is of use lists all fields of the root: 240 characters.
const MESSAGE_LENGTH: usize = 300;
/// The maximum length of a path in an error, in characters.
// A path contains keys of the input, which can be of any length.
const PATH_LENGTH: usize = 120;

impl BuildSpec {
    /// Reads the JSON form. If a reference has an id and another key, the id takes precedence.
    ///
    /// # Errors
    ///
    /// If the input is longer than [`MAX_BYTES`](crate::MAX_BYTES), is not UTF-8 or not JSON, or has a field that the
    /// format does not define.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let json = utf8(json.as_ref())?;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let Object(spec) = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| parse_error(&path(error.path()), error.inner()))?;
        deserializer
            .end()
            .map_err(|error| parse_error("", &error))?;
        Ok(spec)
    }

    /// Returns the JSON form on one line, without validation.
    pub fn to_json(&self) -> String {
        // It cannot fail: all keys are text, and the target is memory.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the JSON form indented by two spaces, without validation.
    pub fn to_json_pretty(&self) -> String {
        // As above.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Returns a path as text; that of the root is empty.
fn path(path: &serde_path_to_error::Path) -> String {
    // The crate displays the root as `.`, which reads like a field.
    match path.iter().next() {
        Some(_) => path.to_string(),
        None => String::new(),
    }
}

fn parse_error(path: &str, error: &serde_json::Error) -> ParseError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    // `ParseError` displays the position in front of the message.
    let position = format!(" at line {line} column {column}");
    let message = message.strip_suffix(&position).unwrap_or(&message);
    ParseError::new(shorten(message, MESSAGE_LENGTH))
        .at(line, column.max(1))
        .within(shorten(path, PATH_LENGTH))
}
