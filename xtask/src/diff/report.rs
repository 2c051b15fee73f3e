//! Renders a comparison: as a table, as Markdown for the changelog, as JSON.

use serde_json::{Value, json};

use crate::diff::compare::Change;
use crate::diff::severity::{SemverBump, Severity};
use crate::diff::verify::Verified;
use crate::public_api::Break;

/// The result of a comparison.
pub(crate) struct Report {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) changes: Vec<Change>,
    /// The public items that break, which [`Self::changes`] names in the words of the API.
    pub(crate) breaks: Vec<Break>,
    /// The comparison of the breaks with what rustdoc lists, if there was one.
    pub(crate) verified: Option<Verified>,
    pub(crate) bump: SemverBump,
    /// The current version of the crates.
    pub(crate) version: [u64; 3],
}

/// The widest column of names in a table: longer names are rare, and would push all descriptions off the screen.
const MAX_NAME_WIDTH: usize = 56;
const CRATE: &str = "katapult-core";

impl Report {
    fn of(&self, wanted: Severity) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.severity == wanted)
    }

    /// Returns the number of breaking changes.
    pub(crate) fn breaking(&self) -> usize {
        let breaks = |change: &&Change| change.severity.is_breaking();
        self.changes.iter().filter(breaks).count()
    }

    /// Returns the line that states the version that a release must have.
    pub(crate) fn semver(&self) -> String {
        let text = |version: [u64; 3]| version.map(|number| number.to_string()).join(".");
        let wire = self
            .changes
            .iter()
            .any(|change| change.severity.breaks_wire());
        let mut line = match self.bump {
            SemverBump::None => "semver: none, nothing changed".to_owned(),
            bump => format!(
                "semver: {} ({CRATE} {} → {})",
                bump.key(),
                text(self.version),
                text(bump.next(self.version))
            ),
        };
        if wire {
            line.push_str(
                "; programs made with the old document can fail: release soon, and say so",
            );
        }
        line
    }

    /// Renders the report for a terminal.
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![format!("{} → {}", self.from, self.to)];
        let width = |change: &Change| change.name.chars().count();
        let widest = self
            .changes
            .iter()
            .map(width)
            .max()
            .unwrap_or(0)
            .min(MAX_NAME_WIDTH);
        for level in Severity::ALL {
            let count = self.of(level).count();
            if count == 0 {
                continue;
            }
            lines.push(format!("\n{} ({count})", level.words()));
            for change in self.of(level) {
                let space = " ".repeat(widest.saturating_sub(width(change)));
                lines.push(format!(
                    "  {}{space}  {}{}",
                    change.name,
                    change.what,
                    places(change, "")
                ));
            }
        }
        lines.push(String::new());
        lines.push(self.semver());
        lines.extend(self.verified.iter().flat_map(Verified::lines));
        lines.join("\n")
    }

    /// Renders the report for the changelog.
    pub(crate) fn markdown(&self) -> String {
        let mut lines = vec![format!(
            "From document {} to {} of the API.",
            self.from, self.to
        )];
        for (title, levels) in [
            (
                "Breaking",
                &[Severity::RustAndWire, Severity::Rust] as &[Severity],
            ),
            (
                "Changed at the API: programs made with an older release can fail",
                &[Severity::Wire],
            ),
            ("Worth noting", &[Severity::Note]),
            ("Added, and what breaks nothing", &[Severity::Safe]),
        ] {
            let changes: Vec<&Change> = levels.iter().flat_map(|level| self.of(*level)).collect();
            if changes.is_empty() {
                continue;
            }
            lines.push(format!("\n### {title}\n"));
            for change in changes {
                lines.push(format!(
                    "- `{}`: {}{}.",
                    change.name,
                    change.what,
                    places(change, "`")
                ));
            }
        }
        lines.join("\n")
    }

    /// Renders the report for programs. The keys are an interface: they stay.
    pub(crate) fn json(&self) -> Value {
        let changes: Vec<Value> = self
            .changes
            .iter()
            .map(|change| {
                let severity = change.severity;
                json!({
                    "verdict": severity.key(),
                    "breaks_rust": severity.breaks_rust(),
                    "breaks_wire": severity.breaks_wire(),
                    "kind": kind(change),
                    "name": change.name,
                    "what": change.what,
                    "operations": change.operations,
                })
            })
            .collect();
        let mut report = json!({
            "from": self.from,
            "to": self.to,
            "changes": changes,
            "breaking": self.breaking(),
            "semver": self.bump.key(),
        });
        if let Some(verified) = &self.verified {
            report["public_api"] = verified.json();
        }
        report
    }
}

/// Returns the name of a kind without its facts: `InputAdded`.
fn kind(change: &Change) -> String {
    let text = format!("{:?}", change.kind);
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Lists the operations of a change: all of up to four, or the first three.
fn places(change: &Change, quote: &str) -> String {
    let quoted: Vec<String> = change
        .operations
        .iter()
        .map(|operation| format!("{quote}{operation}{quote}"))
        .collect();
    match quoted.as_slice() {
        [] => String::new(),
        few if few.len() <= 4 => format!(", in {}", few.join(", ")),
        many => format!(
            ", in {} and {} others",
            many[..3].join(", "),
            many.len() - 3
        ),
    }
}
