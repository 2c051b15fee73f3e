//! Updates the table in BENCHMARKS.md, between two marks.

use std::path::Path;

use anyhow::{Context, Result};

use crate::util::fs;

const FILE: &str = "BENCHMARKS.md";
const BEGIN: &str = "<!-- cargo xtask measure all --write -->";
const END: &str = "<!-- end of the table -->";

pub(crate) fn write(root: &Path, table: &str) -> Result<()> {
    let path = root.join(FILE);
    let text = with_table(&fs::read(&path)?, table)?;
    fs::write_all(&[(path, text)])
}

fn with_table(readme: &str, table: &str) -> Result<String> {
    let (before, rest) = readme
        .split_once(BEGIN)
        .with_context(|| format!("{FILE} has no line {BEGIN}: add it before the table"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("{FILE} has no line {END}: add it after the table"))?;
    Ok(format!(
        "{before}{BEGIN}\n{}\n{END}{after}",
        table.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_between_the_marks_is_replaced() {
        let readme = format!("one\n{BEGIN}\nold\n{END}\ntwo\n");
        let new = with_table(&readme, "| new |\n").expect("marks");
        assert_eq!(new, format!("one\n{BEGIN}\n| new |\n{END}\ntwo\n"));
        assert_eq!(with_table(&new, "| new |\n").expect("marks"), new);
        assert!(with_table("no marks", "").is_err());
        assert!(with_table(BEGIN, "").is_err());
    }
}
