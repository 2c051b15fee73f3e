//! Recorded exchanges: files of JSON lines, one exchange per line, in chronological order.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;

/// A recorded exchange.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    /// The method, in upper case.
    pub method: String,
    /// The URL with its query.
    pub url: String,
    /// The request body; empty if there was none.
    #[serde(default)]
    pub request_body: String,
    /// The status of the response.
    pub status: u16,
    /// The headers of the response, with lower-case names.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body of the response.
    #[serde(default)]
    pub response_body: String,
}

impl Exchange {
    /// Returns the path and query of the URL.
    pub(crate) fn target(&self) -> &str {
        let url = self.url.as_str();
        let authority = url.find("://").map_or(0, |scheme| scheme + 3);
        let path = url[authority..].find('/');
        path.map_or("", |path| &url[authority + path..])
    }

    /// Returns the `Date` of the response.
    pub(crate) fn date_header(&self) -> Option<&str> {
        self.headers.get("date").map(String::as_str)
    }

    /// Returns the time of the response.
    pub(crate) fn time(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.date_header()?).ok()
    }
}

/// A line of a file.
#[derive(Debug)]
pub struct Line {
    /// The line number, from 1.
    pub number: usize,
    /// The exchange, or the reason why the line is invalid.
    pub exchange: Result<Exchange, String>,
}

/// A path that cannot be read.
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

/// Returns the recordings at `paths`: files, and all `.jsonl` files in folders and below, by name.
///
/// # Errors
///
/// If a path does not exist or a folder cannot be read.
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
    // The order of entries differs between file systems; that of a report must not.
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

/// Returns the lines of a file, except for blank ones.
///
/// # Errors
///
/// If the file cannot be read, or is not UTF-8. A line that is not an exchange is not an error here.
pub fn read(path: &Path) -> Result<Vec<Line>, RecordingError> {
    let file = fs::File::open(path).map_err(|error| RecordingError::new(path, error))?;
    let mut lines = Vec::new();
    for (index, text) in BufReader::new(file).lines().enumerate() {
        let number = index + 1;
        let text = text.map_err(|source| RecordingError {
            line: Some(number),
            ..RecordingError::new(path, source)
        })?;
        // Editors and concatenation leave blank lines.
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
    serde_json::from_str(line).map_err(|error| format!("not a recorded exchange: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_line_is_reported_with_its_reason() {
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
