//! The report: a table or JSON, with each figure, its goal, and the two values that it compares.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::environment::Environment;

/// One line: a figure and the goal that it should not exceed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) measure: &'static str,
    pub(crate) what: String,
    /// The ratio to the peer, or a number in `unit`. `None` if it could not be measured.
    pub(crate) figure: Option<f64>,
    pub(crate) unit: FigureUnit,
    pub(crate) goal: Option<f64>,
    pub(crate) ours: String,
    pub(crate) peer: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FigureUnit {
    Ratio,
    Lines,
    Seconds,
}

impl Row {
    /// Returns a row with the ratio of two values.
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
            unit: FigureUnit::Ratio,
            goal: goal.into(),
            ours: ours.to_string(),
            peer: peer.to_string(),
        }
    }

    /// Returns a row for a benchmark that could not run.
    pub(crate) fn not_run(
        measure: &'static str,
        what: &str,
        unit: FigureUnit,
        goal: f64,
        reason: &str,
    ) -> Self {
        Self {
            measure,
            what: what.to_owned(),
            figure: None,
            unit,
            goal: Some(goal),
            ours: format!("not run: {reason}"),
            peer: String::new(),
        }
    }

    fn status(&self) -> GoalStatus {
        match (self.figure, self.goal) {
            (None, _) => GoalStatus::NotRun,
            (_, None) => GoalStatus::None,
            (Some(figure), Some(goal)) if figure <= goal => GoalStatus::Met,
            _ => GoalStatus::Missed,
        }
    }

    /// Returns `true` if there is a goal that is not known to be met.
    pub(crate) fn falls_short(&self) -> bool {
        matches!(self.status(), GoalStatus::Missed | GoalStatus::NotRun)
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

impl FigureUnit {
    fn text(self, number: f64) -> String {
        match self {
            // Three digits, as in the goals below 1.
            FigureUnit::Ratio if number < 0.995 => format!("{number:.3}"),
            FigureUnit::Ratio => format!("{number:.2}"),
            FigureUnit::Lines => thousands(number),
            FigureUnit::Seconds => format!("{number:.2} s"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoalStatus {
    Met,
    Missed,
    NotRun,
    /// There is no goal.
    None,
}

impl GoalStatus {
    fn text(self) -> &'static str {
        match self {
            GoalStatus::Met => "met",
            GoalStatus::Missed => "MISSED",
            GoalStatus::NotRun => "NOT RUN",
            GoalStatus::None => "",
        }
    }
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) number: f64,
    pub(crate) unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
    Bytes,
    Count,
}

impl Unit {
    pub(crate) fn value(self, number: f64) -> Value {
        Value { number, unit: self }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.number;
        match self.unit {
            Unit::Seconds => write!(f, "{number:.2} s"),
            Unit::Millis => write!(f, "{number:.0} ms"),
            Unit::Micros => write!(f, "{number:.1} µs"),
            Unit::Bytes if number < 1e6 => write!(f, "{:.0} kB", number / 1e3),
            Unit::Bytes => write!(f, "{:.2} MB", number / 1e6),
            Unit::Count if number < 1000.0 => write!(f, "{number:.1}"),
            Unit::Count => f.write_str(&thousands(number)),
        }
    }
}

/// Divides; `None` if the peer is zero.
pub(crate) fn ratio(ours: f64, peer: f64) -> Option<f64> {
    let ratio = ours / peer;
    ratio.is_finite().then_some(ratio)
}

/// Returns the median; of an even number of values, the mean of the middle two.
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

/// The environment and all rows.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    #[serde(rename = "machine")]
    pub(crate) environment: Environment,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let mut json = serde_json::to_value(self)?;
        for (row, json) in self
            .rows
            .iter()
            .zip(json["rows"].as_array_mut().into_iter().flatten())
        {
            let met = match row.status() {
                GoalStatus::Met => Some(true),
                GoalStatus::Missed => Some(false),
                GoalStatus::NotRun | GoalStatus::None => None,
            };
            json["met"] = serde_json::to_value(met)?;
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
                row.status().text().to_owned(),
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
            let mut text_line = String::new();
            for (column, cell) in line.iter().enumerate() {
                // Figures are aligned to the right, so that their magnitudes compare at a glance.
                let _ = match column {
                    0 => write!(text_line, "{cell:>0$}  ", widths[0]),
                    _ => write!(text_line, "{cell:<0$}  ", widths[column]),
                };
            }
            let _ = writeln!(text, "{}", text_line.trim_end());
        }
        let _ = writeln!(text, "\n{}", self.environment);
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
                row.status().text(),
                row.measure,
                row.what,
                row.ours,
                row.peer
            );
        }
        let _ = writeln!(text, "\n{}", self.environment);
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
            unit: FigureUnit::Ratio,
            goal,
            ours: "1.00 s".to_owned(),
            peer: "4.00 s".to_owned(),
        }
    }

    #[test]
    fn median_of_an_even_number_is_a_mean() {
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
    fn goal_is_met_at_its_value_and_unknown_without_a_figure() {
        for (figure, goal, verdict, short) in [
            (Some(0.4), Some(0.4), GoalStatus::Met, false),
            (Some(0.401), Some(0.4), GoalStatus::Missed, true),
            (Some(9.0), None, GoalStatus::None, false),
            (None, Some(0.4), GoalStatus::NotRun, true),
        ] {
            let row = row(figure, goal);
            assert_eq!(
                (row.status(), row.falls_short()),
                (verdict, short),
                "{figure:?} {goal:?}"
            );
        }
    }

    #[test]
    fn ratio_to_zero_is_none() {
        assert_eq!(ratio(1.0, 4.0), Some(0.25));
        assert_eq!(ratio(1.0, 0.0), None);
        assert_eq!(ratio(0.0, 0.0), None);
    }

    #[test]
    fn values_are_rendered_in_their_units() {
        for (value, text) in [
            (Unit::Seconds.value(1.234), "1.23 s"),
            (Unit::Bytes.value(567_300.0), "567 kB"),
            (Unit::Bytes.value(5_673_000.0), "5.67 MB"),
            (Unit::Count.value(71.04), "71.0"),
            (Unit::Count.value(1_234_567.0), "1,234,567"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn table_begins_with_the_figure_and_ends_with_the_environment() {
        let report = Report {
            environment: Environment::test(),
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
        assert_eq!(lines[4], report.environment.to_string());
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
