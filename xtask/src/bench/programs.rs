//! The benchmarks of `tests/bench`: a server and a client, each in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value as Json;

use crate::bench::command::{Cargo, measured, output};
use crate::bench::options::Options;
use crate::bench::report::Row;

/// The built programs.
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    pub(crate) fn build(root: &Path) -> Result<Self> {
        let target = root.join("target");
        let cargo = Cargo {
            folder: root.to_owned(),
            target: target.clone(),
        };
        measured(&mut cargo.command(["build", "--release", "--package", "katapult-bench"]))?;
        Ok(Self {
            folder: target.join("release"),
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts a server and reads its URL.
    pub(crate) fn server(&self, arguments: &[&str]) -> Result<Server> {
        let mut child = Command::new(self.path("bench-server"))
            .args(arguments)
            // The server ends with its input, even if this program is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run bench-server: build katapult-bench again")?;
        let mut url = String::new();
        let output = child
            .stdout
            .take()
            .context("bench-server has no output: build katapult-bench again")?;
        BufReader::new(output).read_line(&mut url)?;
        Ok(Server {
            child,
            url: url.trim().to_owned(),
        })
    }

    /// Runs a benchmark against a server. Returns its figures.
    fn client(&self, server: &Server, arguments: &[&str]) -> Result<Json> {
        let (figures, _) = output(
            Command::new(self.path("bench-client"))
                .arg(&server.url)
                .args(arguments),
        )?;
        serde_json::from_str(&figures)
            .context("the output of bench-client is not JSON: build katapult-bench again")
    }
}

/// A running server, which is stopped on drop.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(figures: &Json, pointer: &str) -> Result<f64> {
    let figure = figures.pointer(pointer).and_then(Json::as_f64);
    figure
        .with_context(|| format!("bench-client printed no `{pointer}`: build katapult-bench again"))
}

/// Returns two figures, by their JSON pointers.
fn both(figures: &Json, ours: &str, peer: &str) -> Result<[f64; 2]> {
    Ok([number(figures, ours)?, number(figures, peer)?])
}

/// A request: its names on the command line and in reports, and the goals of its ratios to the baseline.
pub(crate) struct Request {
    name: &'static str,
    pub(crate) words: &'static str,
    cpu: f64,
    /// The limit of the ratio to hyper-util alone.
    raw: Option<f64>,
}

pub(crate) const REQUESTS: [Request; 4] = [
    Request {
        name: "machine",
        words: "a machine",
        cpu: 1.03,
        raw: Some(1.35),
    },
    Request {
        name: "medium",
        words: "a machine of 2.7 kB",
        cpu: 1.05,
        raw: None,
    },
    Request {
        name: "small",
        words: "a machine of 500 bytes",
        cpu: 1.05,
        raw: None,
    },
    Request {
        name: "page",
        words: "a page of 100",
        cpu: 0.97,
        raw: None,
    },
];

pub(crate) fn overhead(programs: &Programs, options: &Options) -> Result<Vec<Row>> {
    let requests = options.or_quick("20000", "2000");
    let mut rows = Vec::new();
    for request in REQUESTS {
        let server = programs.server(&[])?;
        let arguments = ["overhead", request.name, "--requests", requests];
        let costs = programs.client(&server, &arguments)?;
        let ratio = |side: &str, peer: &str, name: &str| {
            both(
                &costs,
                &format!("/{side}/{name}"),
                &format!("/{peer}/{name}"),
            )
        };
        for (name, what, unit, goal) in [
            ("cpu_us", "CPU time", "µs", Some(request.cpu)),
            ("p50_us", "p50", "µs", None),
            ("p99_us", "p99", "µs", Some(1.10)),
            ("allocations", "allocations", "", Some(1.00)),
        ] {
            let what = format!("{what}, GET of {}", request.words);
            let values = ratio("sdk", "baseline", name)?;
            rows.push(Row::ratio("overhead", what, unit, values, goal));
        }
        if request.name == REQUESTS[0].name {
            rows.push(Row {
                measure: "overhead",
                what: "start of a client".to_owned(),
                unit: "ms",
                ours: Some(number(&costs, "/start_ms")?),
                peer: None,
                goal: Some(5.0),
            });
        }
        let cpu = format!("CPU time, GET of {}", request.words);
        let values = ratio("sdk", "raw", "cpu_us")?;
        let what = format!("{cpu}, against hyper-util");
        rows.push(Row::ratio("overhead", what, "µs", values, request.raw));
        let values = ratio("baseline", "raw", "cpu_us")?;
        let what = format!("{cpu}, reqwest's part: the baseline against hyper-util");
        rows.push(Row::ratio("overhead", what, "µs", values, None));
        let values = ratio("hyper", "raw", "cpu_us")?;
        let what = format!("{cpu}, the SDK's part: over hyper-util, against it alone");
        rows.push(Row::ratio("overhead", what, "µs", values, None));
    }
    Ok(rows)
}

/// Returns the allocations of a request of the SDK, and of the baseline.
pub(crate) fn allocations(programs: &Programs, request: &Request) -> Result<[f64; 2]> {
    let server = programs.server(&[])?;
    let arguments = ["overhead", request.name, "--requests", "200"];
    let costs = programs.client(&server, &arguments)?;
    both(&costs, "/sdk/allocations", "/baseline/allocations")
}

pub(crate) fn lists(programs: &Programs) -> Result<Vec<Row>> {
    let machines = "10000"; // 100 pages, which take seconds at 50 ms each
    let server = programs.server(&["--delay", "50", "--machines", machines])?;
    let took = programs.client(&server, &["lists", "--machines", machines])?;
    let row = |what, ours, peer, goal| {
        let values = both(&took, ours, peer)?;
        anyhow::Ok(Row::ratio("lists", what, "ms", values, goal))
    };
    let [ten, all] = ["/ahead_ms", "/all_ahead_ms"];
    let by_page = "prefetch of 10 pages, against page by page";
    let raw = "prefetch of 10 pages, against raw requests, 10 at a time";
    let at_once = "prefetch of all pages, against raw requests, all at once";
    Ok(vec![
        row(by_page, ten, "/one_by_one_ms", Some(0.125))?,
        row(raw, ten, "/limit_ms", Some(1.25))?,
        // No goal: raw requests for all pages need the first page's count, which the SDK waits for.
        row(at_once, all, "/at_once_ms", None)?,
    ])
}

pub(crate) fn memory(programs: &Programs, options: &Options) -> Result<Vec<Row>> {
    let machines = options.or_quick("1000000", "200000");
    let server = programs.server(&["--machines", machines])?;
    let memory = programs.client(&server, &["memory", "--machines", machines])?;
    let [late, early] = both(&memory, "/late_bytes", "/early_bytes")?;
    let [page, pages] = both(&memory, "/page_bytes", "/pages_ahead")?;
    let row =
        |what, peer: f64, goal| Row::ratio("memory", what, "MB", [late / 1e6, peer / 1e6], goal);
    Ok(vec![
        row("peak, against prefetch × page", page * pages, 1.0),
        row("peak, against that of the first tenth", early, 1.05),
    ])
}

pub(crate) fn contention(programs: &Programs, options: &Options) -> Result<Row> {
    let requests = options.or_quick("20000", "4000");
    let server = programs.server(&[])?;
    let arguments = ["contention", "--tasks", "64", "--requests", requests];
    let used = programs.client(&server, &arguments)?;
    let what = "CPU time of a request, 64 tasks on one client against 1";
    let values = both(&used, "/many_us", "/one_us")?;
    Ok(Row::ratio("contention", what, "µs", values, 1.10))
}

/// Returns the instructions of a request, counted by callgrind; `None` without valgrind.
pub(crate) fn instructions(
    programs: &Programs,
    request: &Request,
    side: &str,
) -> Result<Option<f64>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(None);
    }
    let server = programs.server(&[])?;
    let run = |requests: u32| {
        let (_, errors) = output(
            Command::new("valgrind")
                .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
                .arg(programs.path("bench-client"))
                .args([
                    &server.url,
                    "alone",
                    request.name,
                    side,
                    "--requests",
                    &requests.to_string(),
                ]),
        )?;
        collected(&errors).context("callgrind printed no `Collected`: run it yourself to see why")
    };
    // The difference of two runs removes the instructions of startup and connection.
    const FEW: u32 = 50;
    const MANY: u32 = 250;
    Ok(Some((run(MANY)? - run(FEW)?) / f64::from(MANY - FEW)))
}

/// Parses the sum at the end of callgrind's output.
fn collected(errors: &str) -> Option<f64> {
    let line = errors.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

pub(crate) fn instruction_rows(programs: &Programs) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for request in REQUESTS {
        let ours = instructions(programs, &request, "sdk")?;
        let peer = instructions(programs, &request, "baseline")?;
        let row = |what: &str, ours, peer, goal| Row {
            measure: "overhead",
            what: format!("{what}, GET of {}", request.words),
            unit: "",
            ours,
            peer,
            goal,
        };
        rows.push(row("instructions", ours, peer, Some(request.cpu)));
        let beyond = ours.zip(peer).map(|(ours, peer)| ours - peer);
        let limit = (request.name == "machine").then_some(12_000.0);
        rows.push(row("instructions beyond the baseline", beyond, None, limit));
    }
    Ok(rows)
}

/// Returns the size of a program without its symbols.
fn stripped(programs: &Programs, name: &str) -> Result<f64> {
    let path = programs.path(name);
    let bare = programs.path(&format!("{name}.stripped"));
    measured(Command::new("strip").arg("-o").arg(&bare).arg(&path))?;
    Ok(std::fs::metadata(&bare)?.len() as f64)
}

pub(crate) fn size(programs: &Programs) -> Result<Row> {
    let what = "stripped size of the quickstart, against the baseline";
    let both = [
        stripped(programs, "sdk-app")? / 1e6,
        stripped(programs, "baseline-app")? / 1e6,
    ];
    Ok(Row::ratio("size", what, "MB", both, 1.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_is_parsed_from_callgrind_output() {
        let text = "==1== \n==1== Events    : Ir\n==1== Collected : 38753799\n==1== \n==1== I   refs:      38,753,799\n";
        assert_eq!(collected(text), Some(38_753_799.0));
        assert_eq!(collected("==1== Process terminating"), None);
    }
}
