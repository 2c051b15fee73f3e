//! The progress of an update: a bar on a terminal, and the time of each step.

use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

pub(super) const STEPS: [&str; 7] = [
    "vendor",
    "diff",
    "generate",
    "check",
    "public API",
    "replay",
    "changelog",
];

pub(super) struct Progress {
    bar: ProgressBar,
    begun: Vec<(&'static str, Instant)>,
}

impl Progress {
    pub(super) fn new() -> Result<Self> {
        let bar = ProgressBar::new(STEPS.len() as u64); // draws nothing without a terminal
        let style =
            ProgressStyle::with_template("{spinner} {pos}/{len} [{bar:18}] {msg} {elapsed}");
        bar.set_style(style?);
        // Some steps print nothing for minutes: the spinner proves that they run.
        bar.enable_steady_tick(Duration::from_millis(120));
        Ok(Self {
            bar,
            begun: Vec::new(),
        })
    }

    /// Begins a step, and ends the one before it.
    pub(super) fn begin(&mut self, step: &'static str) {
        self.bar.set_message(step);
        self.bar.set_position(self.begun.len() as u64);
        self.print(format!("\n== {step}"));
        self.begun.push((step, Instant::now()));
    }

    /// Prints lines above the bar.
    pub(super) fn print(&self, text: impl AsRef<str>) {
        self.bar.suspend(|| println!("{}", text.as_ref()));
    }

    /// Runs a function that prints.
    pub(super) fn while_hidden<T>(&self, run: impl FnOnce() -> T) -> T {
        self.bar.suspend(run)
    }

    /// Removes the bar. Returns the time of each step in words: `9 s: vendor 1 s, diff 8 s`.
    pub(super) fn end(self) -> String {
        self.bar.finish_and_clear();
        let ends = self.begun.iter().skip(1).map(|(_, begun)| *begun);
        let ends = ends.chain([Instant::now()]);
        let steps = self.begun.iter().zip(ends);
        let times = steps.map(|((step, begun), end)| (*step, end.duration_since(*begun)));
        in_words(&Vec::from_iter(times))
    }
}

fn in_words(times: &[(&str, Duration)]) -> String {
    let seconds = |time: Duration| format!("{:.0} s", time.as_secs_f64());
    let all = seconds(times.iter().map(|(_, time)| *time).sum());
    let steps = times
        .iter()
        .map(|(step, time)| format!("{step} {}", seconds(*time)));
    format!("{all}: {}", Vec::from_iter(steps).join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_seconds_by_step() {
        let times = [("vendor", 1_400), ("diff", 7_900)];
        let times = times.map(|(step, time)| (step, Duration::from_millis(time)));
        assert_eq!(in_words(&times), "9 s: vendor 1 s, diff 8 s");
    }
}
