//! What was measured, as a table or JSON: the figure that counts first, then its goal, then what it was made of.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::environment::Machine;

/// One line: a figure and the goal that it should not pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) measure: &'static str,
    pub(crate) what: String,
    /// What counts: a ratio to the peer, unless `unit` says otherwise. `None` when it could not be measured.
    pub(crate) figure: Option<f64>,
    pub(crate) unit: Unit,
    pub(crate) goal: Option<f64>,
    pub(crate) ours: String,
    pub(crate) peer: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Ratio,
    Lines,
    Seconds,
}

impl Row {
    /// A ratio of two values that are measured alike.
    pub(crate) fn ratio(
        measure: &'static str,
        what: &str,
        ours: Value,
        peer: Value,
        goal: impl Into<Option<f64>>,
    ) -> Self {
        Self {
            measure,
            what: what.to_owned(),
            figure: ratio(ours.number, peer.number),
            unit: Unit::Ratio,
            goal: goal.into(),
            ours: ours.to_string(),
            peer: peer.to_string(),
        }
    }

    /// What could not be measured, and why.
    pub(crate) fn not_run(
        measure: &'static str,
        what: &str,
        unit: Unit,
        goal: f64,
        why: &str,
    ) -> Self {
        Self {
            measure,
            what: what.to_owned(),
            figure: None,
            unit,
            goal: Some(goal),
            ours: format!("not run: {why}"),
            peer: String::new(),
        }
    }

    fn verdict(&self) -> Verdict {
        match (self.figure, self.goal) {
            (None, _) => Verdict::NotRun,
            (_, None) => Verdict::Told,
            (Some(figure), Some(goal)) if figure <= goal => Verdict::Met,
            _ => Verdict::Missed,
        }
    }

    /// Whether there is a goal that is not known to be met.
    pub(crate) fn falls_short(&self) -> bool {
        matches!(self.verdict(), Verdict::Missed | Verdict::NotRun)
    }

    fn figure_text(&self) -> String {
        self.figure
            .map_or("–".to_owned(), |figure| self.unit.text(figure))
    }

    fn goal_text(&self) -> String {
        self.goal
            .map_or(String::new(), |goal| format!("≤ {}", self.unit.text(goal)))
    }
}

impl Unit {
    fn text(self, number: f64) -> String {
        match self {
            Unit::Ratio if number < 0.995 => format!("{number:.3}"),
            Unit::Ratio => format!("{number:.2}"),
            Unit::Lines => thousands(number),
            Unit::Seconds => format!("{number:.2} s"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    NotRun,
    /// There is no goal.
    Told,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::Missed => "MISSED",
            Verdict::NotRun => "NOT RUN",
            Verdict::Told => "",
        }
    }
}

/// A number and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) number: f64,
    pub(crate) of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Seconds,
    Millis,
    Micros,
    Bytes,
    Count,
}

impl Of {
    pub(crate) fn value(self, number: f64) -> Value {
        Value { number, of: self }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.number;
        match self.of {
            Of::Seconds => write!(f, "{number:.2} s"),
            Of::Millis => write!(f, "{number:.0} ms"),
            Of::Micros => write!(f, "{number:.1} µs"),
            Of::Bytes if number < 1e6 => write!(f, "{:.0} kB", number / 1e3),
            Of::Bytes => write!(f, "{:.2} MB", number / 1e6),
            Of::Count if number < 1000.0 => write!(f, "{number:.1}"),
            Of::Count => f.write_str(&thousands(number)),
        }
    }
}

/// `None` where there is nothing to divide by.
pub(crate) fn ratio(ours: f64, peer: f64) -> Option<f64> {
    let ratio = ours / peer;
    ratio.is_finite().then_some(ratio)
}

/// The middle one; of an even number, the mean of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => (values[count / 2 - 1] + values[count / 2]) / 2.0,
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The machine, the versions and all rows.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let mut json = serde_json::to_value(self)?;
        for (row, told) in self
            .rows
            .iter()
            .zip(json["rows"].as_array_mut().into_iter().flatten())
        {
            let met = match row.verdict() {
                Verdict::Met => Some(true),
                Verdict::Missed => Some(false),
                Verdict::NotRun | Verdict::Told => None,
            };
            told["met"] = serde_json::to_value(met)?;
        }
        serde_json::to_string_pretty(&json)
    }

    pub(crate) fn text(&self) -> String {
        let head = ["", "goal", "", "measure", "", "ours", "peer"].map(str::to_owned);
        let mut lines = vec![head];
        lines.extend(self.rows.iter().map(|row| {
            [
                row.figure_text(),
                row.goal_text(),
                row.verdict().text().to_owned(),
                row.measure.to_owned(),
                row.what.clone(),
                row.ours.clone(),
                row.peer.clone(),
            ]
        }));
        let width = |column: usize| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or(0)
        };
        let widths: [usize; 7] = std::array::from_fn(width);
        let mut text = String::new();
        for line in &lines {
            let mut shown = String::new();
            for (column, cell) in line.iter().enumerate() {
                // The figure stands at the right of its column.
                let _ = match column {
                    0 => write!(shown, "{cell:>0$}  ", widths[0]),
                    _ => write!(shown, "{cell:<0$}  ", widths[column]),
                };
            }
            let _ = writeln!(text, "{}", shown.trim_end());
        }
        let _ = writeln!(text, "\n{}", self.machine);
        text
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from(
            "| | goal | | measure | ours | peer |\n| ---: | --- | --- | --- | --- | --- |\n",
        );
        for row in &self.rows {
            let _ = writeln!(
                text,
                "| **{}** | {} | {} | {}: {} | {} | {} |",
                row.figure_text(),
                row.goal_text(),
                row.verdict().text(),
                row.measure,
                row.what,
                row.ours,
                row.peer
            );
        }
        let _ = writeln!(text, "\n{}", self.machine);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(figure: Option<f64>, goal: Option<f64>) -> Row {
        Row {
            measure: "size",
            what: "of it".to_owned(),
            figure,
            unit: Unit::Ratio,
            goal,
            ours: "1.00 s".to_owned(),
            peer: "4.00 s".to_owned(),
        }
    }

    #[test]
    fn medians_of_odd_and_even_numbers() {
        for (values, expected) in [
            (vec![3.0], 3.0),
            (vec![9.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 3.0, 2.0], 2.5),
        ] {
            assert_eq!(median(values.clone()), expected, "{values:?}");
        }
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_goal_is_met_at_its_very_value_and_unknown_when_not_run() {
        for (figure, goal, verdict, short) in [
            (Some(0.4), Some(0.4), Verdict::Met, false),
            (Some(0.401), Some(0.4), Verdict::Missed, true),
            (Some(9.0), None, Verdict::Told, false),
            (None, Some(0.4), Verdict::NotRun, true),
        ] {
            let row = row(figure, goal);
            assert_eq!(
                (row.verdict(), row.falls_short()),
                (verdict, short),
                "{figure:?} {goal:?}"
            );
        }
    }

    #[test]
    fn ratios_of_nothing_are_none() {
        assert_eq!(ratio(1.0, 4.0), Some(0.25));
        assert_eq!(ratio(1.0, 0.0), None);
        assert_eq!(ratio(0.0, 0.0), None);
    }

    #[test]
    fn values_are_told_in_their_units() {
        for (value, text) in [
            (Of::Seconds.value(1.234), "1.23 s"),
            (Of::Bytes.value(567_300.0), "567 kB"),
            (Of::Bytes.value(5_673_000.0), "5.67 MB"),
            (Of::Count.value(71.04), "71.0"),
            (Of::Count.value(1_234_567.0), "1,234,567"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn a_table_has_the_figure_first_and_the_machine_last() {
        let report = Report {
            machine: Machine::test(),
            rows: vec![row(Some(0.25), Some(0.4)), row(None, Some(0.4))],
        };
        let text = report.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1],
            "0.250  ≤ 0.400  met      size     of it  1.00 s  4.00 s"
        );
        assert_eq!(
            lines[2],
            "    –  ≤ 0.400  NOT RUN  size     of it  1.00 s  4.00 s"
        );
        assert_eq!(lines[4], report.machine.to_string());
        let markdown = report.markdown();
        assert!(
            markdown.contains("| **0.250** | ≤ 0.400 | met | size: of it | 1.00 s | 4.00 s |"),
            "{markdown}"
        );
        let json: serde_json::Value =
            serde_json::from_str(&report.json().expect("JSON")).expect("JSON");
        assert_eq!(json["rows"][0]["met"], true);
        assert_eq!(json["rows"][1]["met"], serde_json::Value::Null);
    }
}
