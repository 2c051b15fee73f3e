//! `cargo xtask bench`: the cost of building and using the SDK, as ratios to baselines that are measured in the same run.

mod budgets;
mod cold;
mod command;
mod compile;
mod generate;
mod options;
mod progenitor_baseline;
mod programs;
mod report;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

pub(crate) use crate::bench::options::Options;

use crate::bench::options::Benchmark;
use crate::bench::programs::Programs;
use crate::bench::report::Row;

/// Runs the selected benchmarks and prints their report.
pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode> {
    let names = &options.benchmarks;
    if names.contains(&Benchmark::Guard) {
        return budgets::run(root);
    }
    let mut rows = Vec::new();
    let mut programs = None;
    for benchmark in Benchmark::EACH {
        if !names.contains(&benchmark) && !names.contains(&Benchmark::All) {
            continue;
        }
        eprintln!("measuring: {benchmark:?}"); // a run takes minutes
        let builds = match benchmark {
            Benchmark::Compile => Some(compile::rows(root, options)?),
            Benchmark::Generate => Some(generate::rows(root, options)?),
            Benchmark::Cold => Some(cold::quickstart(root, options)?),
            _ => None,
        };
        if let Some(builds) = builds {
            rows.extend(builds);
            continue;
        }
        let programs = match &mut programs {
            Some(programs) => programs,
            none => none.insert(Programs::build(root)?),
        };
        match benchmark {
            Benchmark::Size => {
                rows.push(lines(root, options)?);
                rows.push(programs::size(programs)?);
            }
            Benchmark::Overhead => {
                rows.extend(programs::overhead(programs, options)?);
                rows.extend(programs::instruction_rows(programs)?);
            }
            Benchmark::Lists => rows.extend(programs::lists(programs)?),
            Benchmark::Memory => rows.extend(programs::memory(programs, options)?),
            _ => rows.push(programs::contention(programs, options)?),
        }
    }
    if names.contains(&Benchmark::Tests) {
        eprintln!("measuring: {:?}", Benchmark::Tests);
        rows.extend(cold::tests(root)?);
    }
    if options.json {
        println!("{:#}", report::json(&rows));
    } else {
        println!("{}", report::table(&rows));
    }
    let short = rows.iter().any(Row::falls_short);
    Ok(ExitCode::from(u8::from(options.strict && short)))
}

/// Counts the generated lines of both sides.
fn lines(root: &Path, options: &Options) -> Result<Row> {
    let folder = root.join("target/bench/progenitor-baseline");
    let peer = progenitor_baseline::write(&options.documents(root), &folder)?;
    let ours = budgets::generated_lines(root)?;
    let both = [ours as f64, peer as f64];
    // No goal, because `guard` limits the lines.
    Ok(Row::ratio("size", "lines generated", "", both, None))
}
