//! A comparison written down: as a table, as Markdown for the changelog, as JSON.

use serde_json::{Value, json};

use crate::diff::compare::Change;
use crate::diff::severity::{Step, Verdict, judge};

/// All that is to be told.
pub(crate) struct Report {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) step: Step,
    /// The crates' version now.
    pub(crate) version: [u64; 3],
}

const CRATE: &str = "katapult-core";

impl Report {
    fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| judge(change.kind) == verdict)
    }

    /// What breaks, in figures, or that nothing does.
    pub(crate) fn breaking(&self) -> usize {
        let breaks = |change: &&Change| judge(change.kind).is_breaking();
        self.changes.iter().filter(breaks).count()
    }

    /// The last line: what a release must be.
    pub(crate) fn semver(&self) -> String {
        let text = |version: [u64; 3]| version.map(|number| number.to_string()).join(".");
        let wire = self
            .changes
            .iter()
            .any(|change| judge(change.kind).breaks_wire());
        let mut line = match self.step {
            Step::None => "semver: none, nothing changed".to_owned(),
            step => format!(
                "semver: {} ({CRATE} {} → {})",
                step.word(),
                text(self.version),
                text(step.next(self.version))
            ),
        };
        if wire {
            line.push_str(
                "; programs made with the old document can fail: release soon, and say so",
            );
        }
        line
    }

    pub(crate) fn table(&self) -> String {
        let mut lines = vec![format!("{} → {}", self.from, self.to)];
        let width = |change: &Change| change.name.chars().count();
        let widest = self.changes.iter().map(width).max().unwrap_or(0).min(56);
        for verdict in Verdict::ALL {
            let count = self.of(verdict).count();
            if count == 0 {
                continue;
            }
            lines.push(format!("\n{} ({count})", verdict.words()));
            for change in self.of(verdict) {
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
        lines.join("\n")
    }

    pub(crate) fn markdown(&self) -> String {
        let mut lines = vec![format!(
            "From document {} to {} of the API.",
            self.from, self.to
        )];
        for (title, verdicts) in [
            (
                "Breaking",
                &[Verdict::RustAndWire, Verdict::Rust] as &[Verdict],
            ),
            (
                "Changed at the API: programs made with an older release can fail",
                &[Verdict::Wire],
            ),
            ("Worth noting", &[Verdict::Note]),
            ("Added, and what breaks nothing", &[Verdict::Safe]),
        ] {
            let changes: Vec<&Change> = verdicts
                .iter()
                .flat_map(|verdict| self.of(*verdict))
                .collect();
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

    pub(crate) fn json(&self) -> Value {
        let changes: Vec<Value> = self
            .changes
            .iter()
            .map(|change| {
                let verdict = judge(change.kind);
                json!({
                    "verdict": verdict.key(),
                    "breaks_rust": verdict.breaks_rust(),
                    "breaks_wire": verdict.breaks_wire(),
                    "kind": kind(change),
                    "name": change.name,
                    "what": change.what,
                    "operations": change.operations,
                })
            })
            .collect();
        json!({
            "from": self.from,
            "to": self.to,
            "changes": changes,
            "breaking": self.breaking(),
            "semver": self.step.word(),
        })
    }
}

/// The kind's name alone, as `InputAdded`.
fn kind(change: &Change) -> String {
    let text = format!("{:?}", change.kind);
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The operations of a change: all of a few, the first of many.
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
