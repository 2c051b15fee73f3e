//! Errors and warnings, each with the element or field concerned.

use std::error::Error;
use std::fmt;

/// The maximum length of a quoted value, in characters.
// An SSH key or a description would fill the screen.
const QUOTE_LENGTH: usize = 60;

/// A file that is not a specification: the position, the content found and the content expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    position: Option<(usize, usize)>,
    path: String,
    message: String,
}

impl ParseError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            position: None,
            path: String::new(),
            message: message.into(),
        }
    }

    pub(crate) fn at(mut self, line: usize, column: usize) -> Self {
        self.position = Some((line, column));
        self
    }

    /// Sets line and column to those of the byte at `offset`.
    pub(crate) fn at_offset(self, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        // In characters, as editors count.
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        self.at(line, column)
    }

    pub(crate) fn within(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    /// Returns the path of the element, such as `SystemDisks/Disk[2]/Size`, or of the JSON field, such as
    /// `system_disks[1].size`. Empty if the error concerns the whole file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the line, from 1, if it is known.
    pub fn line(&self) -> Option<usize> {
        self.position.map(|(line, _)| line)
    }

    /// Returns the column, from 1, if it is known: in characters for XML, in bytes for JSON.
    pub fn column(&self) -> Option<usize> {
        self.position.map(|(_, column)| column)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl Error for ParseError {}

/// An error or a warning about one element of a specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    path: String,
    message: String,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }

    /// Returns the path of the element, such as `SystemDisks/Disk[2]/Size`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the value found, and the way to correct it.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A specification that the API cannot accept, with all its problems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    problems: Vec<Problem>,
}

impl ValidationError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Returns the problems in the order of the elements; at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let before = if index == 0 { "" } else { "; " };
            write!(f, "{before}{problem}")?;
        }
        Ok(())
    }
}

impl Error for ValidationError {}

/// Returns a value in backquotes, on one line, cut at [`QUOTE_LENGTH`].
pub(crate) fn quote(value: &str) -> String {
    format!("`{}`", shorten(value, QUOTE_LENGTH))
}

/// Returns text on one line, cut at `max` characters.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    let mut short = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == max {
            short.push('…');
            break;
        }
        // Escaped, so that a file cannot send control sequences to a terminal.
        if character.is_control() {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    short
}

/// Returns `true` if XML 1.0 can contain the character.
pub(crate) fn in_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Returns a character as its code point, since it cannot be displayed.
pub(crate) fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}
