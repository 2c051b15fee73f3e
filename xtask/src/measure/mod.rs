//! `cargo xtask measure`: what it costs to build and to use the SDK, as ratios to something honest, measured in one run.

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

use crate::measure::environment::Machine;
use crate::measure::options::Benchmark;
use crate::measure::programs::Programs;
use crate::measure::report::{Of, Report, Row, Unit};

pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode> {
    if options.benchmarks.contains(&Benchmark::Guard) {
        return budgets::run(root);
    }
    let asked = |benchmark: Benchmark| {
        options.benchmarks.contains(&benchmark) || options.benchmarks.contains(&Benchmark::All)
    };
    let mut rows = Vec::new();
    let machine = Machine::look(root)?;
    if asked(Benchmark::Compile) {
        told("compile");
        rows.extend(compile::rows(root, options)?);
    }
    let runs = [
        Benchmark::Size,
        Benchmark::Overhead,
        Benchmark::Lists,
        Benchmark::Memory,
        Benchmark::Contention,
    ];
    if runs.into_iter().any(asked) {
        told("the programs of tests/bench");
        let programs = Programs::build(root)?;
        if asked(Benchmark::Size) {
            rows.push(lines(root, options)?);
            rows.push(programs::size(&programs));
        }
        if asked(Benchmark::Overhead) {
            told("overhead");
            rows.extend(programs::overhead(&programs, options)?);
            rows.extend(programs::instruction_rows(&programs)?);
        }
        if asked(Benchmark::Lists) {
            told("lists");
            rows.extend(programs::lists(&programs)?);
        }
        if asked(Benchmark::Memory) {
            told("memory");
            rows.extend(programs::memory(&programs, options)?);
        }
        if asked(Benchmark::Contention) {
            told("contention");
            rows.extend(programs::contention(&programs, options)?);
        }
    }
    if asked(Benchmark::Generate) {
        told("generate");
        rows.extend(generate::rows(root, options)?);
    }
    let report = Report { machine, rows };
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

/// Says what is done now, for it takes minutes.
fn told(what: &str) {
    eprintln!("measuring: {what}");
}

/// The lines that are generated; progenitor's are counted the same way.
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
        unit: Unit::Lines,
        goal: Some(35_000.0),
        ours: String::new(),
        peer: format!("{} by progenitor", Of::Count.value(peer as f64)),
    })
}
