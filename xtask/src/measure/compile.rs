//! How long crates take to compile whose dependencies are built already, and how much memory: ours in turn with what
//! progenitor makes of the same documents.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::measure::command::{Cargo, Usage, used};
use crate::measure::options::Options;
use crate::measure::progenitor_baseline;
use crate::measure::report::{Of, Row, Value, median};

/// The resource that stands for one.
const RESOURCE: &str = "virtual-machines";

/// One way to compile, and its goals.
struct Case {
    what: &'static str,
    packages: &'static [&'static str],
    features: &'static [&'static str],
    time: f64,
    memory: Option<f64>,
}

const CASES: [Case; 3] = [
    Case {
        what: "all features",
        packages: &["katapult-gen"],
        features: &["--features", "full"],
        time: 0.40,
        memory: Some(0.40),
    },
    Case {
        what: "one resource (virtual-machines)",
        packages: &["katapult-gen"],
        features: &["--features", RESOURCE],
        time: 0.15,
        memory: None,
    },
    Case {
        what: "katapult-core as it is by default, with katapult-gen",
        packages: &["katapult-core", "katapult-gen"],
        features: &[],
        time: 0.30,
        memory: None,
    },
];

#[derive(Clone, Copy)]
enum Way {
    Check,
    Release,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Check => "check",
            Way::Release => "build --release",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Way::Check => &["check", "--quiet"],
            Way::Release => &["build", "--quiet", "--release"],
        }
    }

    fn profile(self) -> &'static [&'static str] {
        match self {
            Way::Check => &[],
            Way::Release => &["--release"],
        }
    }
}

/// A crate that is compiled again and again while its dependencies stay.
struct Subject<'a> {
    cargo: &'a Cargo,
    packages: &'a [&'a str],
    features: &'a [&'a str],
}

impl Subject<'_> {
    fn compile(&self, way: Way) -> Result<Usage> {
        let package = ["--package", self.packages[0]];
        let arguments = [way.arguments(), &package, self.features].concat();
        used(&mut self.cargo.command(arguments))
    }

    /// Compiles it alone.
    fn alone(&self, way: Way) -> Result<Usage> {
        let packages: Vec<&str> = self
            .packages
            .iter()
            .flat_map(|name| ["--package", name])
            .collect();
        used(
            &mut self
                .cargo
                .command([&["clean"], way.profile(), &packages].concat()),
        )?;
        self.compile(way)
    }
}

pub(crate) fn rows(root: &Path, options: &Options) -> Result<Vec<Row>> {
    let scratch = root.join("target").join("measure");
    let folder = scratch.join("naive");
    progenitor_baseline::write(&options.documents(root), &folder)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;
    let theirs = Cargo {
        folder,
        target: scratch.join("naive-target"),
    };
    let ours = Cargo {
        folder: root.to_owned(),
        target: scratch.join("target"),
    };
    let naive = Subject {
        cargo: &theirs,
        packages: &["naive"],
        features: &[],
    };
    let mut rows = Vec::new();
    for way in [Way::Check, Way::Release] {
        naive.compile(way)?; // the dependencies
        let mut peer = Vec::new();
        let mut mine: [Vec<Usage>; CASES.len()] = Default::default();
        let subjects = CASES.each_ref().map(|case| Subject {
            cargo: &ours,
            packages: case.packages,
            features: case.features,
        });
        for subject in &subjects {
            subject.compile(way)?;
        }
        for _ in 0..options.runs() {
            peer.push(naive.alone(way)?);
            for (subject, runs) in subjects.iter().zip(&mut mine) {
                runs.push(subject.alone(way)?);
            }
        }
        for (case, runs) in CASES.iter().zip(&mine) {
            let what = format!("cargo {}, {}", way.name(), case.what);
            rows.push(Row::ratio(
                "compile",
                &what,
                time(runs),
                time(&peer),
                case.time,
            ));
            if let Some(goal) = case.memory {
                let what = format!("peak memory of cargo {}, {}", way.name(), case.what);
                rows.push(Row::ratio(
                    "compile",
                    &what,
                    memory(runs),
                    memory(&peer),
                    goal,
                ));
            }
        }
    }
    Ok(rows)
}

fn time(runs: &[Usage]) -> Value {
    Of::Seconds.value(median(runs.iter().map(|run| run.wall.as_secs_f64())))
}

fn memory(runs: &[Usage]) -> Value {
    Of::Bytes.value(median(runs.iter().map(|run| run.peak_bytes as f64)))
}
