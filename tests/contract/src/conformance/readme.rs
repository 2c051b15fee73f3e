//! The table of similarity in a README, between two markers.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use super::Report;

const BEGIN: &str = "<!-- similarity: begin; written by replay -->";
const END: &str = "<!-- similarity: end -->";

/// A README whose table cannot be written, or is outdated.
#[derive(Debug)]
pub enum ReadmeError {
    /// The file cannot be read or written.
    Io(io::Error),
    /// The file lacks the markers.
    NoMarkers,
    /// The table is another one.
    Outdated,
}

impl fmt::Display for ReadmeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::NoMarkers => write!(f, "there is no line `{BEGIN}` before a line `{END}`"),
            Self::Outdated => {
                f.write_str("the table of similarity is outdated; write it with --readme")
            }
        }
    }
}

impl std::error::Error for ReadmeError {}

/// Writes the table of a report into a README.
///
/// # Errors
///
/// If the file cannot be read or written, or lacks the markers.
pub fn write_readme(report: &Report, path: &Path) -> Result<(), ReadmeError> {
    let text = fs::read_to_string(path).map_err(ReadmeError::Io)?;
    fs::write(path, with_table(&text, report)?).map_err(ReadmeError::Io)
}

/// Checks that a README has the table of a report.
///
/// # Errors
///
/// If the file cannot be read, lacks the markers, or has another table.
pub fn check_readme(report: &Report, path: &Path) -> Result<(), ReadmeError> {
    let text = fs::read_to_string(path).map_err(ReadmeError::Io)?;
    if with_table(&text, report)? == text {
        Ok(())
    } else {
        Err(ReadmeError::Outdated)
    }
}

/// Returns a text with the table of a report between the markers.
fn with_table(text: &str, report: &Report) -> Result<String, ReadmeError> {
    let (before, rest) = text.split_once(BEGIN).ok_or(ReadmeError::NoMarkers)?;
    let (_, after) = rest.split_once(END).ok_or(ReadmeError::NoMarkers)?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(report)))
}

/// Returns the similarity of each resource as a table in Markdown.
fn table(report: &Report) -> String {
    let mut rows = String::from(
        "| resource | operations | exchanges | same | known differences |\n| --- | ---: | ---: | ---: | --- |\n",
    );
    for (name, resource) in &report.resources {
        let causes = resource.causes.iter();
        let causes = causes.map(|(cause, count)| format!("{count} × {}", short(cause)));
        let causes: Vec<_> = causes.collect();
        rows += &format!(
            "| `{name}` | {} | {} | {} | {} |\n",
            resource.operations.len(),
            resource.exchanges,
            resource.same,
            causes.join("; ")
        );
    }
    let resources = report.resources.values();
    let operations: usize = resources.map(|resource| resource.operations.len()).sum();
    let same = (report.ratio * report.exchanges as f64).round();
    rows += &format!(
        "| all | {operations} | {} | {same} ({:.1}%) | |\n",
        report.exchanges,
        report.ratio * 100.0
    );
    rows
}

/// Returns a cause without the message of an error, and safe in a cell of a table.
fn short(cause: &str) -> String {
    let end = cause.find(':').unwrap_or(cause.len());
    cause[..end].trim_end().replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::{Comparison, Difference};
    use super::*;

    fn report() -> Report {
        let mut comparison = Comparison::default();
        for (number, status) in [(1, 200), (2, 404)] {
            let difference = Difference {
                number,
                operation: "tasks.get".into(),
                recorded_status: 200,
                status,
                shape: Vec::new(),
            };
            comparison.add(difference, None);
        }
        let mut report = Report::default();
        report.add(Path::new("v6provider-Disk_basic.jsonl"), &comparison);
        report
    }

    #[test]
    fn table_is_replaced_between_the_markers() {
        let report = report();
        let text = format!("# Title\n{BEGIN}\nold\n{END}\nend\n");
        let new = with_table(&text, &report).unwrap();
        assert!(
            new.starts_with("# Title\n") && new.ends_with("\nend\n"),
            "{new}"
        );
        let row =
            "| `tasks` | 1 | 2 | 1 | 1 × tasks.get object is missing earlier than recorded |\n";
        assert!(new.contains(row), "{new}");
        assert!(!new.contains("old"), "{new}");
        assert_eq!(with_table(&new, &report).unwrap(), new);
        assert!(matches!(
            with_table("# Title", &report),
            Err(ReadmeError::NoMarkers)
        ));
    }

    #[test]
    fn report_counts_by_family_and_resource() {
        let report = report();
        assert_eq!(report.families["Disk"].ratio(), 0.5);
        assert_eq!(report.resources["tasks"].same, 1);
        // Half of the responses differ.
        assert!(!report.is_success());
    }
}
