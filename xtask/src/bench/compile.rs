//! Time and memory of compiling crates whose dependencies are built: ours, alternating with plain progenitor's crate for
//! the same documents.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::bench::command::{Cargo, ResourceUsage, measured};
use crate::bench::options::Options;
use crate::bench::progenitor_baseline;
use crate::bench::report::{Row, median};

/// The resource of the case with a single one: one of the largest.
const RESOURCE: &str = "virtual-machines";

/// A selection of packages and features, with its goals.
struct Case {
    what: &'static str,
    packages: &'static [&'static str],
    features: &'static [&'static str],
    check: f64,
    release: f64,
    memory: Option<f64>,
}

const CASES: [Case; 3] = [
    Case {
        what: "all features",
        packages: &["katapult-gen"],
        features: &["--features", "full"],
        check: 0.20,
        release: 0.22,
        memory: Some(0.40),
    },
    Case {
        what: "one resource (virtual-machines)",
        packages: &["katapult-gen"],
        features: &["--features", RESOURCE],
        check: 0.15,
        release: 0.15,
        memory: None,
    },
    Case {
        what: "katapult-core with default features, and katapult-gen",
        packages: &["katapult-core", "katapult-gen"],
        features: &[],
        check: 0.30,
        release: 0.30,
        memory: None,
    },
];

#[derive(Clone, Copy)]
enum Mode {
    Check,
    Release,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Check => "check",
            Mode::Release => "build --release",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Mode::Check => &["check", "--quiet"],
            Mode::Release => &["build", "--quiet", "--release"],
        }
    }

    fn profile(self) -> &'static [&'static str] {
        match self {
            Mode::Check => &[],
            Mode::Release => &["--release"],
        }
    }
}

/// Crates that are compiled repeatedly while their dependencies stay built.
struct Subject<'a> {
    cargo: &'a Cargo,
    packages: &'a [&'a str],
    features: &'a [&'a str],
}

impl Subject<'_> {
    fn compile(&self, mode: Mode) -> Result<ResourceUsage> {
        let package = ["--package", self.packages[0]];
        let arguments = [mode.arguments(), &package, self.features].concat();
        measured(&mut self.cargo.command(arguments))
    }

    /// Compiles the crates without their dependencies.
    fn alone(&self, mode: Mode) -> Result<ResourceUsage> {
        let packages: Vec<&str> = self
            .packages
            .iter()
            .flat_map(|name| ["--package", name])
            .collect();
        measured(
            &mut self
                .cargo
                .command([&["clean"], mode.profile(), &packages].concat()),
        )?;
        self.compile(mode)
    }
}

pub(crate) fn rows(root: &Path, options: &Options) -> Result<Vec<Row>> {
    let scratch = root.join("target").join("bench");
    let folder = scratch.join("progenitor-baseline");
    progenitor_baseline::write(&options.documents(root), &folder)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock: build the workspace once, which writes it")?;
    let theirs = Cargo {
        folder,
        target: scratch.join("progenitor-baseline-target"),
    };
    let ours = Cargo {
        folder: root.to_owned(),
        target: scratch.join("target"),
    };
    let baseline = Subject {
        cargo: &theirs,
        packages: &["progenitor-baseline"],
        features: &[],
    };
    let mut rows = Vec::new();
    for mode in [Mode::Check, Mode::Release] {
        baseline.compile(mode)?; // builds the dependencies
        let mut peer = Vec::new();
        let mut mine: [Vec<ResourceUsage>; CASES.len()] = Default::default();
        let subjects = CASES.each_ref().map(|case| Subject {
            cargo: &ours,
            packages: case.packages,
            features: case.features,
        });
        for subject in &subjects {
            subject.compile(mode)?;
        }
        // Alternating, so that a busy moment of the machine affects both sides.
        for _ in 0..options.runs() {
            peer.push(baseline.alone(mode)?);
            for (subject, runs) in subjects.iter().zip(&mut mine) {
                runs.push(subject.alone(mode)?);
            }
        }
        for (case, runs) in CASES.iter().zip(&mine) {
            let what = format!("cargo {}, {}", mode.name(), case.what);
            let times = [time(runs), time(&peer)];
            let goal = match mode {
                Mode::Check => case.check,
                Mode::Release => case.release,
            };
            rows.push(Row::ratio("compile", &what, "s", times, goal));
            if let Some(goal) = case.memory {
                let what = format!("peak memory of {what}");
                let memory = [memory(runs), memory(&peer)];
                rows.push(Row::ratio("compile", what, "MB", memory, goal));
            }
        }
    }
    Ok(rows)
}

fn time(runs: &[ResourceUsage]) -> f64 {
    median(runs.iter().map(|run| run.wall.as_secs_f64()))
}

fn memory(runs: &[ResourceUsage]) -> f64 {
    median(runs.iter().map(|run| run.peak_bytes as f64 / 1e6))
}
