//! Tables of counts, for people.

use std::fmt::Display;

use comfy_table::{CellAlignment, Table, presets};

/// Returns a table with a count in front of each name, and an empty line after it; empty without rows.
pub(crate) fn counts<N: Display, C: Display>(
    title: &str,
    rows: impl IntoIterator<Item = (N, C)>,
) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["count", title]);
    for (name, count) in rows {
        table.add_row([count.to_string(), name.to_string()]);
    }
    if table.is_empty() {
        return String::new();
    }
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{}\n\n", table.trim_fmt())
}
