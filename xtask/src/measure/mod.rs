//! `cargo xtask measure`: the cost of building and using the SDK, as ratios to baselines that are measured in the same run.

mod budgets;
mod command;
mod compile;
mod environment;
mod generate;
mod options;
mod progenitor_baseline;
mod programs;
mod readme;
mod report;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

pub(crate) use crate::measure::options::Options;

use crate::measure::environment::Environment;
use crate::measure::options::Benchmark;
use crate::measure::programs::Programs;
use crate::measure::report::{FigureUnit, Report, Row, Unit};

/// Runs the selected benchmarks and prints their report.
pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode> {
    if options.benchmarks.contains(&Benchmark::Guard) {
        return budgets::run(root);
    }
    let selected = |benchmark: Benchmark| {
        options.benchmarks.contains(&benchmark) || options.benchmarks.contains(&Benchmark::All)
    };
    let mut rows = Vec::new();
    let environment = Environment::of(root)?;
    if selected(Benchmark::Compile) {
        progress("compile");
        rows.extend(compile::rows(root, options)?);
    }
    let runs = [
        Benchmark::Size,
        Benchmark::Overhead,
        Benchmark::Lists,
        Benchmark::Memory,
        Benchmark::Contention,
    ];
    if runs.into_iter().any(selected) {
        progress("the programs of tests/bench");
        let programs = Programs::build(root)?;
        if selected(Benchmark::Size) {
            rows.push(lines(root, options)?);
            rows.push(programs::size(&programs));
        }
        if selected(Benchmark::Overhead) {
            progress("overhead");
            rows.extend(programs::overhead(&programs, options)?);
            rows.extend(programs::instruction_rows(&programs)?);
        }
        if selected(Benchmark::Lists) {
            progress("lists");
            rows.extend(programs::lists(&programs)?);
        }
        if selected(Benchmark::Memory) {
            progress("memory");
            rows.extend(programs::memory(&programs, options)?);
        }
        if selected(Benchmark::Contention) {
            progress("contention");
            rows.extend(programs::contention(&programs, options)?);
        }
    }
    if selected(Benchmark::Generate) {
        progress("generate");
        rows.extend(generate::rows(root, options)?);
    }
    let report = Report { environment, rows };
    if options.json {
        println!("{}", report.json()?);
    } else if options.markdown {
        print!("{}", report.markdown());
    } else {
        print!("{}", report.text());
    }
    if options.write {
        readme::write(root, &report.markdown())?;
    }
    let short = report.rows.iter().any(Row::falls_short);
    Ok(if options.strict && short {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Prints the current step, because a run takes minutes.
fn progress(what: &str) {
    eprintln!("measuring: {what}");
}

/// Counts the generated lines of both sides.
fn lines(root: &Path, options: &Options) -> Result<Row> {
    let ours = budgets::generated_lines(root)?;
    let folder = root
        .join("target")
        .join("measure")
        .join("progenitor_baseline");
    let peer = progenitor_baseline::write(&options.documents(root), &folder)?;
    Ok(Row {
        measure: "size",
        what: "lines generated".to_owned(),
        figure: Some(ours as f64),
        unit: FigureUnit::Lines,
        goal: Some(35_000.0),
        ours: String::new(),
        peer: format!("{} by progenitor", Unit::Count.value(peer as f64)),
    })
}
