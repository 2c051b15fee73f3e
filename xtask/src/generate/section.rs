//! The generated section of a file that is otherwise written by hand.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::util::fs;

/// Returns the text of a file with these lines between the line `begin` and the line `end`.
pub(super) fn replaced(path: &Path, begin: &str, end: &str, lines: &str) -> Result<String> {
    let text = fs::read(path)?;
    let start = text.find(begin).with_context(|| {
        format!(
            "{} has no line `{begin}`: add it, and `{end}` below it",
            path.display()
        )
    })?;
    let Some(length) = text[start..].find(end) else {
        bail!(
            "{} has no line `{end}` after `{begin}`: add it",
            path.display()
        );
    };
    Ok(format!(
        "{}{begin}\n{lines}{}",
        &text[..start],
        &text[start + length..]
    ))
}
