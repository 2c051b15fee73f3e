//! Recorded exchanges: files of JSON lines, one exchange a line, in the order in which they happened.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One exchange as it was recorded.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    /// The method, in capitals.
    pub method: String,
    /// The whole address, with its query.
    pub url: String,
    /// The request's body; empty when it had none.
    #[serde(default)]
    pub request_body: String,
    /// The response's status.
    pub status: u16,
    /// The response's headers, names in small letters.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The response's body.
    #[serde(default)]
    pub response_body: String,
}

/// A line of a file: an exchange, or why it is none.
#[derive(Debug)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// What it holds.
    pub exchange: Result<Exchange, String>,
}

/// A path that could not be read.
#[derive(Debug)]
pub struct RecordingError {
    path: PathBuf,
    line: Option<usize>,
    source: io::Error,
}

impl RecordingError {
    fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            source,
        }
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}; give files or folders of JSON lines", self.source)
    }
}

impl std::error::Error for RecordingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The files that `paths` name: a file is itself, a folder every `.jsonl` file in and below it, by name.
///
/// # Errors
///
/// When a path does not exist or a folder cannot be read.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RecordingError> {
    let mut files = Vec::new();
    for path in paths {
        if fs::metadata(path)
            .map_err(|error| RecordingError::new(path, error))?
            .is_dir()
        {
            find_in_folder(path, &mut files).map_err(|error| RecordingError::new(path, error))?;
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn find_in_folder(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            find_in_folder(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The lines of a file; blank ones are left out.
///
/// # Errors
///
/// When the file cannot be read, or is not text. A line that is no exchange is no error here.
pub fn read(path: &Path) -> Result<Vec<Line>, RecordingError> {
    let file = fs::File::open(path).map_err(|error| RecordingError::new(path, error))?;
    let mut lines = Vec::new();
    for (index, text) in BufReader::new(file).lines().enumerate() {
        let number = index + 1;
        let text = text.map_err(|source| RecordingError {
            line: Some(number),
            ..RecordingError::new(path, source)
        })?;
        if !text.trim().is_empty() {
            lines.push(Line {
                number,
                exchange: parse(&text),
            });
        }
    }
    Ok(lines)
}

fn parse(line: &str) -> Result<Exchange, String> {
    serde_json::from_str(line).map_err(|error| format!("the line is no recorded exchange: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one() {
        let cases = [
            (
                r#"{"method":"GET","url":"https://x/core/v1/zones","status":200}"#,
                Ok(200),
            ),
            (
                r#"{"method":"GET","url":"https://x","status":"200"}"#,
                Err("invalid type: string"),
            ),
            (
                r#"{"method":"GET","status":200}"#,
                Err("missing field `url`"),
            ),
            ("zones", Err("expected value")),
        ];
        for (line, expected) in cases {
            match (parse(line), expected) {
                (Ok(exchange), Ok(status)) => assert_eq!(exchange.status, status),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (found, _) => panic!("{line}: {found:?}"),
            }
        }
    }
}
