//! The entry in the changelog.

use anyhow::{Context, Result, bail};

use crate::diff::Report;

// The marks let a repeated run replace its own entry, and leave the handwritten ones alone.
const UNRELEASED: &str = "## Unreleased\n";
const BEGIN: &str = "<!-- by `cargo xtask update`, from ";
const END: &str = "<!-- end -->\n";

/// Returns the changelog with an entry for the report under "Unreleased". It replaces an entry for the same documents.
pub(crate) fn with_entry(changelog: &str, report: &Report) -> Result<String> {
    let begin = format!("{BEGIN}{} to {} -->\n", report.from, report.to);
    let entry = format!("{begin}{}\n{END}", report.markdown());
    if let Some(at) = changelog.find(&begin) {
        let Some(length) = changelog[at..].find(END) else {
            bail!(
                "has no line `{}` after `{}`: add it",
                END.trim_end(),
                begin.trim_end()
            );
        };
        let rest = &changelog[at + length + END.len()..];
        return Ok(format!("{}{entry}{rest}", &changelog[..at]));
    }
    let at = changelog
        .find(UNRELEASED)
        .context("has no line `## Unreleased`: add it above the last release")?
        + UNRELEASED.len();
    let (before, after) = changelog.split_at(at);
    Ok(format!("{before}\n{entry}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::SemverBump;

    fn report(to: &str) -> Report {
        Report {
            from: "1".to_owned(),
            to: to.to_owned(),
            changes: Vec::new(),
            bump: SemverBump::None,
            breaks: Vec::new(),
            verified: None,
            version: [0, 1, 0],
        }
    }

    #[test]
    fn entry_is_written_under_unreleased_once() {
        let before = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n";
        let once = with_entry(before, &report("2")).expect("an entry");
        assert!(once.contains(
            "## Unreleased\n\n<!-- by `cargo xtask update`, from 1 to 2 -->\nFrom document 1 to 2"
        ));
        assert!(once.ends_with("<!-- end -->\n\n### Added\n\n- A thing.\n"));
        assert_eq!(with_entry(&once, &report("2")).expect("an entry"), once);
        let twice = with_entry(&once, &report("3")).expect("an entry");
        assert!(twice.contains("from 1 to 2") && twice.contains("from 1 to 3"));
    }

    #[test]
    fn changelog_without_unreleased_section_is_an_error() {
        let error = with_entry("# Changelog\n", &report("2")).expect_err("no place");
        assert!(error.to_string().contains("## Unreleased"));
    }
}
