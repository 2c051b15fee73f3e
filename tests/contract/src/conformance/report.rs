//! The report of all comparisons.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::explain::explain;
use super::{Comparison, Difference};
use crate::{drift, table};

/// The share of responses that must have the recorded status and shape. The rest are differences in time,
/// which a recording does not determine: production runs the tasks of many clients.
const MIN_RATIO: f64 = 0.975;
/// The share in each family of recordings.
const MIN_FAMILY_RATIO: f64 = 0.93;

/// The conformance of the sandbox with recordings.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The number of exchanges.
    pub exchanges: usize,
    /// The number of responses with the recorded status.
    pub status_equal: usize,
    /// The number of responses with the recorded shape.
    pub shape_equal: usize,
    /// The share of responses with both, from 0.0 to 1.0.
    pub ratio: f64,
    /// The causes of differences, the most frequent first.
    pub causes: Vec<Cause>,
    /// The similarity of the recordings of each kind of object.
    pub families: BTreeMap<String, Similarity>,
    /// The similarity of the operations of each resource.
    pub resources: BTreeMap<String, Similarity>,
    /// The responses that differ, one text each.
    pub differences: Vec<String>,
    #[serde(skip)]
    both_equal: usize,
}

/// The similarity of a group of responses.
#[derive(Debug, Default, Serialize)]
pub struct Similarity {
    /// The operations.
    pub operations: BTreeSet<String>,
    /// The number of exchanges.
    pub exchanges: usize,
    /// The number of responses with the recorded status and shape.
    pub same: usize,
    /// The causes of differences, with the number of responses that differ by each.
    pub causes: BTreeMap<String, usize>,
}

impl Similarity {
    /// Returns the share of responses with the recorded status and shape, from 0.0 to 1.0.
    pub fn ratio(&self) -> f64 {
        self.same as f64 / self.exchanges.max(1) as f64
    }

    fn add(&mut self, operation: &str, difference: Option<&str>) {
        self.exchanges += 1;
        self.operations.insert(operation.to_owned());
        match difference {
            Some(cause) => *self.causes.entry(cause.to_owned()).or_default() += 1,
            None => self.same += 1,
        }
    }
}

/// A cause of differences.
#[derive(Debug, Serialize)]
pub struct Cause {
    /// The number of responses that differ by this cause.
    pub responses: usize,
    /// The operation, and the way in which its responses differ.
    pub cause: String,
}

impl Report {
    /// Adds the comparison of a recording in this file.
    pub(super) fn add(&mut self, path: &Path, comparison: &Comparison) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let family = self.families.entry(drift::family(path)).or_default();
        for (operation, difference) in &comparison.operations {
            let (resource, _) = operation.split_once('.').unwrap_or((operation, ""));
            let cause = difference.map(|index| &comparison.differences[index]);
            let cause = cause.map(|difference| format!("{operation} {}", explain(difference)));
            let resource = self.resources.entry(resource.to_owned()).or_default();
            for group in [&mut *family, resource] {
                group.add(operation, cause.as_deref());
            }
        }
        self.exchanges += comparison.exchanges;
        self.status_equal += comparison.status_equal;
        self.shape_equal += comparison.shape_equal;
        self.both_equal += comparison.both_equal;
        self.ratio = self.both_equal as f64 / self.exchanges.max(1) as f64;
        let texts = comparison.differences.iter();
        self.differences
            .extend(texts.map(|difference| format!("{name}:{difference}")));
        self.add_causes(&comparison.differences);
    }

    fn add_causes(&mut self, differences: &[Difference]) {
        let known = self.causes.drain(..);
        let mut counts: BTreeMap<_, _> =
            known.map(|cause| (cause.cause, cause.responses)).collect();
        for difference in differences {
            let cause = format!("{} {}", difference.operation, explain(difference));
            *counts.entry(cause).or_default() += 1;
        }
        let causes = counts.into_iter();
        self.causes
            .extend(causes.map(|(cause, responses)| Cause { responses, cause }));
        self.causes
            .sort_by_key(|cause| std::cmp::Reverse(cause.responses));
    }

    /// Returns `true` if enough responses are equal, in all and in each family of recordings.
    pub fn is_success(&self) -> bool {
        let mut families = self.families.values();
        self.exchanges > 0
            && self.ratio >= MIN_RATIO
            && families.all(|family| family.ratio() >= MIN_FAMILY_RATIO)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            operation,
            recorded_status,
            status,
            shape,
        } = self;
        write!(
            f,
            "{number}: {operation}: recorded status {recorded_status}, sandbox {status}"
        )?;
        if !shape.is_empty() {
            write!(f, "; {}", shape.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let causes = self.causes.iter();
        let causes = causes.map(|Cause { responses, cause }| (cause, responses));
        f.write_str(&table::counts("difference", causes))?;
        for (name, family) in &self.families {
            let (ratio, exchanges) = (family.ratio(), family.exchanges);
            writeln!(f, "{ratio:.3} of {exchanges} exchanges of {name}")?;
        }
        let Self {
            exchanges,
            status_equal,
            shape_equal,
            ratio,
            ..
        } = self;
        write!(
            f,
            "{exchanges} exchanges: status equal {status_equal}, shape equal {shape_equal}, both {ratio:.3}"
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[tokio::test]
    async fn differences_are_counted_by_cause() {
        let exchange = |path: &str, status: u16, body: serde_json::Value| {
            let line = json!({
                "method": "GET", "url": format!("https://api.katapult.io/core/v1/{path}"), "request_body": "",
                "status": status, "headers": {}, "response_body": body.to_string(),
            });
            line.to_string()
        };
        let missing = json!({"error": {"code": "task_not_found", "description": "", "detail": {}}});
        let lines = [
            exchange("currencies", 200, json!({"currencies": "none"})),
            exchange("currencies", 200, json!({"currencies": "none"})),
            exchange("tasks/task?task[id]=none", 404, missing),
            exchange(
                "tasks/task?task[id]=none",
                200,
                json!({"task": {"id": "none"}}),
            ),
        ];
        let path = std::env::temp_dir().join(format!("conformance-{}.jsonl", std::process::id()));
        std::fs::write(&path, lines.join("\n")).unwrap();
        let report = super::super::run(std::slice::from_ref(&path))
            .await
            .unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            (report.exchanges, report.status_equal, report.shape_equal),
            (4, 3, 1)
        );
        let text = report.to_string();
        let table: Vec<Vec<_>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(table[0], ["count", "difference"], "{text}");
        assert!(
            table[1].starts_with(&["2", "currencies.list", "currencies"]),
            "{text}"
        );
        let cause = "1 tasks.get object is missing earlier than recorded";
        assert_eq!(table[2].join(" "), cause, "{text}");
        assert!(
            table[4].starts_with(&["0.250", "of", "4", "exchanges", "of"]),
            "{text}"
        );
        assert_eq!(table.len(), 6, "{text}");
        let counted: usize = report.causes.iter().map(|cause| cause.responses).sum();
        assert_eq!(counted, report.differences.len());
        assert!(!report.is_success());
    }
}
