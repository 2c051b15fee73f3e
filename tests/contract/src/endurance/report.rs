//! The result of a run: counts, and growth from its second quarter to its last.

use std::fmt::{self, Display};

use super::usage::Usage;

/// The growth of memory that is no leak: a tenth, and what an allocator may keep of a process of any size, in KiB.
const MEMORY_SHARE: u64 = 10;
const MEMORY_SLACK: u64 = 4096;
/// The growth of open files that is no leak: connections come and go.
const FILES_SLACK: u64 = 8;

/// The resources at one time of a run.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The time since the start, in seconds.
    pub seconds: u64,
    /// The usage of the client; `None` where it is not counted.
    pub client: Option<Usage>,
    /// The usage of the sandbox.
    pub sandbox: Option<Usage>,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The duration in seconds.
    pub seconds: u64,
    /// The number of calls that succeeded.
    pub calls: usize,
    /// The number of times that the client requested a token.
    pub renewals: usize,
    /// The first errors of calls.
    pub errors: Vec<String>,
    /// The samples, by time.
    pub samples: Vec<Sample>,
}

impl Report {
    /// Returns a line for each expectation that the run did not meet.
    pub fn violations(&self) -> Vec<String> {
        let mut violations: Vec<_> = self.errors.iter().map(|e| format!("error: {e}")).collect();
        if self.calls == 0 {
            violations.push("no call succeeded".into());
        }
        // The first token is no renewal.
        if self.renewals < 2 {
            violations.push("the token was never renewed".into());
        }
        for (name, [before, after]) in self.growth() {
            let memory = before.memory + before.memory / MEMORY_SHARE + MEMORY_SLACK;
            if after.memory > memory {
                let (from, to) = (before.memory, after.memory);
                violations.push(format!("memory of the {name} grew from {from} to {to} KiB"));
            }
            if after.files > before.files + FILES_SLACK {
                let (from, to) = (before.files, after.files);
                violations.push(format!("open files of the {name} grew from {from} to {to}"));
            }
        }
        violations
    }

    /// Returns the usage of each process in the second quarter and in the last one.
    fn growth(&self) -> Vec<(&'static str, [Usage; 2])> {
        type Process = fn(&Sample) -> Option<Usage>;
        let processes: [(_, Process); 2] = [("client", |s| s.client), ("sandbox", |s| s.sandbox)];
        let quarter = self.samples.len() / 4;
        let (start, end) = (quarter, self.samples.len() - quarter);
        // In the first quarter, caches and pools are filled.
        let parts = [&self.samples[start..start + quarter], &self.samples[end..]];
        let of = |process: Process| Some([median(parts[0], process)?, median(parts[1], process)?]);
        let growth = processes.into_iter();
        growth
            .filter_map(|(name, process)| Some((name, of(process)?)))
            .collect()
    }
}

/// Returns the median of memory and of files.
fn median(samples: &[Sample], process: fn(&Sample) -> Option<Usage>) -> Option<Usage> {
    let middle = |count: fn(Usage) -> u64| {
        let mut counts: Vec<u64> = samples.iter().filter_map(process).map(count).collect();
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied()
    };
    Some(Usage {
        memory: middle(|usage| usage.memory)?,
        files: middle(|usage| usage.files)?,
    })
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, seconds, renewals) = (self.calls, self.seconds, self.renewals);
        let errors = self.errors.len();
        write!(
            f,
            "{calls} calls in {seconds} s, {renewals} tokens, {errors} errors"
        )?;
        let growth = self.growth();
        if growth.is_empty() {
            f.write_str("; memory and files are not counted on this system")?;
        }
        for (name, [before, after]) in growth {
            let (memory, files) = (before.memory, before.files);
            write!(
                f,
                "\n{name}: {memory} KiB and {files} files in the second quarter, "
            )?;
            write!(
                f,
                "{} KiB and {} files in the last",
                after.memory, after.files
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(usage: impl Fn(u64) -> Usage) -> Report {
        let sample = |seconds| Sample {
            seconds,
            client: Some(usage(seconds)),
            sandbox: None,
        };
        Report {
            seconds: 60,
            calls: 100,
            renewals: 3,
            errors: Vec::new(),
            samples: (0..60).map(sample).collect(),
        }
    }

    #[test]
    fn growth_in_the_first_quarter_is_no_violation() {
        let report = report(|seconds| Usage {
            memory: if seconds < 15 { 1000 } else { 20_000 },
            files: if seconds < 15 { 3 } else { 40 },
        });
        assert_eq!(report.violations(), [""; 0]);
    }

    #[test]
    fn growth_afterwards_is_a_violation() {
        let memory = report(|seconds| Usage {
            memory: 20_000 + seconds * 400,
            files: 10,
        });
        let violations = memory.violations();
        assert_eq!(
            violations,
            ["memory of the client grew from 28800 to 40800 KiB"]
        );
        let files = report(|seconds| Usage {
            memory: 20_000,
            files: 10 + seconds,
        });
        let violations = files.violations();
        assert_eq!(violations, ["open files of the client grew from 32 to 62"]);
    }

    #[test]
    fn run_without_calls_or_renewals_or_with_errors_is_a_violation() {
        let mut report = report(|_| Usage {
            memory: 1,
            files: 1,
        });
        (report.calls, report.renewals) = (0, 1);
        report.errors.push("get tag: 404".into());
        let expected = [
            "error: get tag: 404",
            "no call succeeded",
            "the token was never renewed",
        ];
        assert_eq!(report.violations(), expected);
    }
}
