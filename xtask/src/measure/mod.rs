//! `cargo xtask measure`: what it costs to build and to use the SDK, as ratios to something honest, measured in one run.

mod command;
mod compile;
mod guard;
mod machine;
mod naive;
mod pipeline;
mod programs;
mod readme;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::measure::machine::Machine;
use crate::measure::programs::Programs;
use crate::measure::report::{Of, Report, Row, Unit};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Compiling our crates alone, against what progenitor makes of the same documents
    Compile,
    /// Lines generated, and the quickstart's program against one by hand
    Size,
    /// A request, against reqwest and serde_json
    Overhead,
    /// A long list, against one page after the other and against the limit
    Lists,
    /// What a very long list holds
    Memory,
    /// Many tasks on one client, against one
    Contention,
    /// Vendor and generate
    Generate,
    /// All of these
    All,
    /// Only what does not depend on the machine, against the limits in xtask/limits.yaml
    Guard,
}

#[derive(Args)]
pub(crate) struct Options {
    #[arg(required = true)]
    what: Vec<What>,
    /// Write JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Write Markdown
    #[arg(long)]
    markdown: bool,
    /// Put the table into BENCHMARKS.md, between its marks
    #[arg(long)]
    write: bool,
    /// Fewer runs, to see that it works
    #[arg(long)]
    quick: bool,
    /// Exit with 1 when a goal is missed
    #[arg(long)]
    strict: bool,
    /// The publisher's core document, for progenitor in place of the canonical one
    #[arg(long, value_name = "FILE", requires = "public")]
    core: Option<PathBuf>,
    /// The publisher's public document
    #[arg(long, value_name = "FILE", requires = "core")]
    public: Option<PathBuf>,
}

impl Options {
    fn runs(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    fn or_quick<'a>(&self, whole: &'a str, quick: &'a str) -> &'a str {
        if self.quick { quick } else { whole }
    }

    fn given(&self) -> Option<[PathBuf; 2]> {
        Some([self.core.clone()?, self.public.clone()?])
    }

    /// What progenitor is given.
    fn documents(&self, root: &Path) -> [PathBuf; 2] {
        let canonical = |api: &str| root.join("openapi").join(format!("katapult-{api}.json"));
        self.given().unwrap_or_else(|| naive::APIS.map(canonical))
    }

    /// The publisher's documents: those given, or those beside the workspace.
    fn publishers(&self, root: &Path) -> Option<[PathBuf; 2]> {
        let beside =
            |api: &str| root.join(format!("../shared/upstream/katapult-{api}-2.68.0.json"));
        self.given().or_else(|| {
            let both = naive::APIS.map(beside);
            both.iter().all(|path| path.exists()).then_some(both)
        })
    }
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode> {
    if options.what.contains(&What::Guard) {
        return guard::run(root);
    }
    let asked = |what: What| options.what.contains(&what) || options.what.contains(&What::All);
    let mut rows = Vec::new();
    let machine = Machine::look(root)?;
    if asked(What::Compile) {
        told("compile");
        rows.extend(compile::rows(root, options)?);
    }
    let runs = [
        What::Size,
        What::Overhead,
        What::Lists,
        What::Memory,
        What::Contention,
    ];
    if runs.into_iter().any(asked) {
        told("the programs of tests/bench");
        let programs = Programs::build(root)?;
        if asked(What::Size) {
            rows.push(lines(root, options)?);
            rows.push(programs::size(&programs));
        }
        if asked(What::Overhead) {
            told("overhead");
            rows.extend(programs::overhead(&programs, options)?);
            rows.extend(programs::instruction_rows(&programs)?);
        }
        if asked(What::Lists) {
            told("lists");
            rows.extend(programs::lists(&programs)?);
        }
        if asked(What::Memory) {
            told("memory");
            rows.extend(programs::memory(&programs, options)?);
        }
        if asked(What::Contention) {
            told("contention");
            rows.extend(programs::contention(&programs, options)?);
        }
    }
    if asked(What::Generate) {
        told("generate");
        rows.extend(pipeline::rows(root, options)?);
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
    let ours = guard::generated_lines(root)?;
    let folder = root.join("target").join("measure").join("naive");
    let peer = naive::write(&options.documents(root), &folder)?;
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
