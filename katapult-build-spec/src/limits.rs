//! Limits of an input file, and the name of its root element.

use crate::error::ParseError;

/// The maximum length of an input file: 1 MiB.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The root element of the XML form.
pub(crate) const ROOT: &str = "VirtualMachineSpec";

/// Returns the text of a file, without its byte order mark.
///
/// # Errors
///
/// If the file is longer than [`MAX_BYTES`] or not UTF-8.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    if bytes.len() > MAX_BYTES {
        let message = format!("is longer than the limit of {MAX_BYTES} bytes");
        return Err(ParseError::new(message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let valid = String::from_utf8_lossy(valid);
        ParseError::new("is not UTF-8").at_offset(&valid, valid.len())
    })?;
    // Editors on Windows write one; neither parser accepts it.
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}
