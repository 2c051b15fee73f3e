//! The report: each figure with its goal and the two values that it compares, as a table or as JSON.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::{Value, json};

/// A measured value, and the goal for its ratio to that of a peer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) measure: &'static str,
    pub(crate) what: String,
    /// The unit of both values.
    pub(crate) unit: &'static str,
    /// `None` if it could not be measured.
    pub(crate) ours: Option<f64>,
    /// `None` if the goal is for our value alone.
    pub(crate) peer: Option<f64>,
    pub(crate) goal: Option<f64>,
}

impl Row {
    /// Returns a row with two values.
    pub(crate) fn ratio(
        measure: &'static str,
        what: impl Into<String>,
        unit: &'static str,
        [ours, peer]: [f64; 2],
        goal: impl Into<Option<f64>>,
    ) -> Self {
        Self {
            measure,
            what: what.into(),
            unit,
            ours: Some(ours),
            peer: Some(peer),
            goal: goal.into(),
        }
    }

    /// Returns the ratio to the peer, or our value if there is no peer.
    fn figure(&self) -> Option<f64> {
        let figure = self.ours? / self.peer.unwrap_or(1.0);
        figure.is_finite().then_some(figure)
    }

    /// Returns `true` if the figure is at most the goal; `None` without a figure or a goal.
    pub(crate) fn met(&self) -> Option<bool> {
        Some(self.figure()? <= self.goal?)
    }

    /// Returns `true` if there is a goal that is not known to be met.
    pub(crate) fn falls_short(&self) -> bool {
        self.goal.is_some() && self.met() != Some(true)
    }

    fn cells(&self) -> [String; 6] {
        let status = match (self.figure(), self.met()) {
            (None, _) => "NOT RUN",
            (_, None) => "",
            (_, Some(true)) => "met",
            (_, Some(false)) => "MISSED",
        };
        let value = |value: Option<f64>| value.map(|value| [&rounded(value), self.unit].join(" "));
        [
            self.figure().map(rounded).unwrap_or_default(),
            self.goal.map(rounded).unwrap_or_default(),
            status.to_owned(),
            format!("{}: {}", self.measure, self.what),
            value(self.ours).unwrap_or_default(),
            value(self.peer).unwrap_or_default(),
        ]
    }
}

/// Formats a number with at least three digits.
fn rounded(number: f64) -> String {
    let decimals = match number {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{number:.decimals$}")
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

pub(crate) fn json(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let mut json = json!(row);
        json["figure"] = json!(row.figure());
        json["met"] = json!(row.met());
        json
    };
    json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() })
}

/// Returns a table that is also Markdown, for BENCHMARKS.md.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_MARKDOWN)
        .set_header(["figure", "goal", "", "measure", "ours", "peer"])
        .add_rows(rows.iter().map(Row::cells));
    // Figures are aligned to the right, so that their magnitudes compare at a glance.
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: Option<f64>, peer: Option<f64>, goal: Option<f64>) -> Row {
        Row {
            measure: "size",
            what: "of it".to_owned(),
            unit: "s",
            ours,
            peer,
            goal,
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
        for (ours, peer, goal, met, short) in [
            (Some(2.0), Some(5.0), Some(0.4), Some(true), false),
            (Some(2.1), Some(5.0), Some(0.4), Some(false), true),
            (Some(9.0), None, Some(9.0), Some(true), false),
            (Some(9.0), None, None, None, false),
            (None, None, Some(0.4), None, true),
            (Some(1.0), Some(0.0), Some(0.4), None, true),
        ] {
            let row = row(ours, peer, goal);
            assert_eq!((row.met(), row.falls_short()), (met, short), "{row:?}");
        }
    }

    #[test]
    fn report_has_figures_and_goals_in_every_format() {
        let rows = [
            row(Some(1.0), Some(4.0), Some(0.4)),
            row(None, None, Some(0.4)),
            row(Some(123_456.7), None, Some(9.0)),
        ];
        let table = table(&rows);
        let lines: Vec<String> = table
            .lines()
            .skip(2)
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "| 0.250 | 0.400 | met | size: of it | 1.00 s | 4.00 s |",
                "| | 0.400 | NOT RUN | size: of it | | |",
                "| 123457 | 9.00 | MISSED | size: of it | 123457 s | |",
            ]
        );
        let json = json(&rows);
        assert_eq!(json["rows"][0]["met"], true);
        assert_eq!(json["rows"][0]["figure"], 0.25);
        assert_eq!(json["rows"][1]["met"], Value::Null);
    }
}
