//! The differences between the generated files and those on disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use similar::TextDiff;

use crate::generate::files::HEADER;
use crate::util::fs as files;

/// Unchanged lines around a difference, as in `diff -u`.
const CONTEXT_LINES: usize = 3;

/// The most lines of a difference, so that a file that changed everywhere stays readable.
const MAX_HUNK_LINES: usize = 40;

/// Returns the generated files of an earlier document that are not generated any more. A file
/// without the header of generated files is none.
pub(super) fn stale_files(folder: &Path, expected: &[(PathBuf, String)]) -> Result<Vec<PathBuf>> {
    let expected: BTreeSet<&PathBuf> = expected.iter().map(|(path, _)| path).collect();
    let mut stale = Vec::new();
    for folder in [folder, &folder.join("types")] {
        if !folder.exists() {
            continue;
        }
        files::check_folder(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs")
                && !expected.contains(&path)
                // Hand-written files may be in the folder too.
                && fs::read_to_string(&path).is_ok_and(|text| text.starts_with(HEADER))
            {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// Returns a message for each file that differs from the expected one.
pub(super) fn differences(expected: &[(PathBuf, String)], stale: &[PathBuf]) -> Vec<String> {
    let changed = expected
        .iter()
        .filter_map(|(path, expected)| match fs::read_to_string(path) {
            Ok(actual) => first_hunk(path, &actual, expected),
            Err(error) => Some(format!("{}: {error}", path.display())),
        });
    let stale = stale
        .iter()
        .map(|path| format!("{}: is no longer generated", path.display()));
    changed.chain(stale).collect()
}

/// Returns the first difference of two texts with its place, or `None` if the texts are equal.
fn first_hunk(path: &Path, actual: &str, expected: &str) -> Option<String> {
    let diff = TextDiff::from_lines(actual, expected);
    let mut unified = diff.unified_diff();
    let unified = unified.context_radius(CONTEXT_LINES);
    let hunk = unified.iter_hunks().next()?;
    let more = unified.iter_hunks().count() - 1;
    // With their ends, since `\r\n` is a difference.
    let equal_lines = actual
        .split_inclusive('\n')
        .zip(expected.split_inclusive('\n'))
        .take_while(|(actual, expected)| actual == expected)
        .count();
    let hunk = hunk.to_string().replace('\r', "\\r");
    let mut message = format!("{}:{}:\n", path.display(), equal_lines + 1);
    message.extend(hunk.split_inclusive('\n').take(MAX_HUNK_LINES));
    if hunk.lines().count() > MAX_HUNK_LINES {
        message += "…\n";
    }
    if more > 0 {
        message += &format!("… and {more} more differences\n");
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_hunk_names_the_line_and_counts_the_rest() {
        let expected: String = (1..40).map(|number| format!("line {number}\n")).collect();
        let path = Path::new("lamps.rs");
        assert_eq!(first_hunk(path, &expected, &expected), None);

        let actual = expected
            .replace("line 5\n", "line V\n")
            .replace("line 30\n", "");
        let message = first_hunk(path, &actual, &expected).expect("a difference");
        assert_eq!(
            message,
            "lamps.rs:5:\n@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line V\n+line 5\n line 6\n line 7\n line 8\n\
             … and 1 more differences\n"
        );
    }

    #[test]
    fn first_hunk_shows_a_missing_newline() {
        let message = first_hunk(Path::new("a.rs"), "a", "a\n").expect("a difference");
        assert!(message.contains("No newline at end of file"), "{message}");
    }
}
