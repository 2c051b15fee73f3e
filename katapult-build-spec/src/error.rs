//! What can be wrong with a specification, said by element.

use std::error::Error;
use std::fmt;

/// How much of a value is shown.
const SHOWN: usize = 60;

/// A file that is no specification. Says where, what was found, and what belongs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    place: Option<(usize, usize)>,
    path: String,
    message: String,
}

impl ParseError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            place: None,
            path: String::new(),
            message: message.into(),
        }
    }

    pub(super) fn at(mut self, line: usize, column: usize) -> Self {
        self.place = Some((line, column));
        self
    }

    /// Finds line and column of the byte at `offset`.
    pub(super) fn at_offset(self, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        self.at(line, column)
    }

    pub(super) fn within(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    /// The element, such as `SystemDisks/Disk[2]/Size`, in JSON the field, such as `system_disks[1].size`; empty when
    /// the trouble is not with one.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line, from 1, if it is known.
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column in characters, from 1, if it is known. For JSON it is in bytes.
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl Error for ParseError {}

/// One thing that is wrong, or may be, with a specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    path: String,
    message: String,
}

impl Problem {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }

    /// The element, such as `SystemDisks/Disk[2]/Size`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was found, and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A specification that the API can't take: everything that is wrong with it, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckError {
    problems: Vec<Problem>,
}

impl CheckError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// What is wrong, in the order of the elements; there is at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            let before = if place == 0 { "" } else { "; " };
            write!(f, "{before}{problem}")?;
        }
        Ok(())
    }
}

impl Error for CheckError {}

/// A value in backquotes, on one line, and not longer than can be read.
pub(super) fn quote(value: &str) -> String {
    format!("`{}`", shorten(value, SHOWN))
}

/// Text on one line, cut at this many characters.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let mut short = String::new();
    for (place, character) in text.chars().enumerate() {
        if place == most {
            short.push('…');
            break;
        }
        if character.is_control() {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    short
}

/// Whether XML 1.0 has this character at all.
pub(super) fn in_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}
