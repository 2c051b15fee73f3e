//! The measures that run: a server and a client, each a process of its own, from `tests/bench`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value as Json;

use crate::measure::command::{Cargo, said, used};
use crate::measure::options::Options;
use crate::measure::report::{Of, Row, Unit};

/// The programs, built.
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
        used(&mut cargo.command(["build", "--release", "--package", "katapult-bench"]))?;
        Ok(Self {
            folder: target.join("release"),
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts a server.
    pub(crate) fn server(&self, arguments: &[&str]) -> Result<Server> {
        let mut child = Command::new(self.path("measure-server"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run measure-server")?;
        let mut url = String::new();
        let output = child
            .stdout
            .take()
            .context("measure-server has no output")?;
        BufReader::new(output).read_line(&mut url)?;
        Ok(Server {
            child,
            url: url.trim().to_owned(),
        })
    }

    /// Runs a measure against a server. Gives its figures.
    fn client(&self, server: &Server, arguments: &[&str]) -> Result<Json> {
        let (figures, _) = said(
            Command::new(self.path("measure-client"))
                .arg(&server.url)
                .args(arguments),
        )?;
        serde_json::from_str(&figures).context("the figures of measure-client are no JSON")
    }
}

/// A server that runs until this is dropped.
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

fn number(figures: &Json, name: &str) -> Result<f64> {
    figures[name]
        .as_f64()
        .with_context(|| format!("measure-client gave no `{name}`"))
}

/// What is asked for, on the command line and in words.
pub(crate) const ASKED: [(&str, &str); 2] = [("machine", "a machine"), ("page", "a page of 100")];

pub(crate) fn overhead(programs: &Programs, options: &Options) -> Result<Vec<Row>> {
    let requests = options.or_quick("20000", "2000");
    let mut rows = Vec::new();
    for (asked, words) in ASKED {
        let server = programs.server(&[])?;
        let both = programs.client(&server, &["overhead", asked, "--requests", requests])?;
        let (sdk, hand) = (&both["sdk"], &both["hand"]);
        for (name, what, of, goal) in [
            ("cpu_us", "CPU time", Of::Micros, Some(1.05)),
            ("p50_us", "p50", Of::Micros, None),
            ("p99_us", "p99", Of::Micros, Some(1.10)),
            ("allocations", "allocations", Of::Count, Some(1.25)),
        ] {
            let [ours, peer] =
                [number(sdk, name)?, number(hand, name)?].map(|number| of.value(number));
            rows.push(Row::ratio(
                "overhead",
                &format!("{what}, GET of {words}"),
                ours,
                peer,
                goal,
            ));
        }
    }
    Ok(rows)
}

/// Allocations of the SDK a request, for the guard.
pub(crate) fn allocations(programs: &Programs, asked: &str) -> Result<f64> {
    let server = programs.server(&[])?;
    let both = programs.client(&server, &["overhead", asked, "--requests", "200"])?;
    number(&both["sdk"], "allocations")
}

pub(crate) fn lists(programs: &Programs) -> Result<Vec<Row>> {
    let machines = "10000"; // takes seconds
    let server = programs.server(&["--delay", "50", "--machines", machines])?;
    let took = programs.client(&server, &["lists", "--machines", machines])?;
    let millis = |name: &str| Ok::<_, anyhow::Error>(Of::Millis.value(number(&took, name)?));
    Ok(vec![
        Row::ratio(
            "lists",
            "10 pages ahead against one by one by hand",
            millis("ahead_ms")?,
            millis("one_by_one_ms")?,
            0.125,
        ),
        Row::ratio(
            "lists",
            "10 pages ahead against raw requests, 10 at a time",
            millis("ahead_ms")?,
            millis("limit_ms")?,
            1.25,
        ),
        Row::ratio(
            "lists",
            "all pages ahead against raw requests, all at once (the first page tells how many)",
            millis("all_ahead_ms")?,
            millis("at_once_ms")?,
            None,
        ),
    ])
}

pub(crate) fn memory(programs: &Programs, options: &Options) -> Result<Vec<Row>> {
    let machines = options.or_quick("1000000", "200000");
    let server = programs.server(&["--machines", machines])?;
    let held = programs.client(&server, &["memory", "--machines", machines])?;
    let bytes = |name: &str| Ok::<_, anyhow::Error>(Of::Bytes.value(number(&held, name)?));
    let page = number(&held, "page_bytes")?;
    let most = Of::Bytes.value(page * number(&held, "pages_ahead")?);
    Ok(vec![
        Row::ratio(
            "memory",
            "the most that is held, against pages ahead × page",
            bytes("late_bytes")?,
            most,
            1.0,
        ),
        Row::ratio(
            "memory",
            "the same in the first tenth, to see that it is flat",
            bytes("late_bytes")?,
            bytes("early_bytes")?,
            1.05,
        ),
    ])
}

pub(crate) fn contention(programs: &Programs, options: &Options) -> Result<Vec<Row>> {
    let requests = options.or_quick("20000", "4000");
    let server = programs.server(&[])?;
    let used = programs.client(
        &server,
        &["contention", "--tasks", "64", "--requests", requests],
    )?;
    let micros = |name: &str| Ok::<_, anyhow::Error>(Of::Micros.value(number(&used, name)?));
    Ok(vec![Row::ratio(
        "contention",
        "CPU time a request, 64 tasks on one client against 1",
        micros("many_us")?,
        micros("one_us")?,
        1.10,
    )])
}

/// How many instructions a request is, by callgrind; `None` where there is no valgrind.
pub(crate) fn instructions(programs: &Programs, asked: &str, side: &str) -> Result<Option<f64>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(None);
    }
    let server = programs.server(&[])?;
    let run = |requests: u32| {
        let (_, errors) = said(
            Command::new("valgrind")
                .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
                .arg(programs.path("measure-client"))
                .args([
                    &server.url,
                    "alone",
                    asked,
                    side,
                    "--requests",
                    &requests.to_string(),
                ]),
        )?;
        collected(&errors).context("callgrind tells no `Collected`")
    };
    // What is done once is in both.
    const FEW: u32 = 50;
    const MANY: u32 = 250;
    Ok(Some((run(MANY)? - run(FEW)?) / f64::from(MANY - FEW)))
}

/// The sum at the end of what callgrind says.
fn collected(errors: &str) -> Option<f64> {
    let line = errors.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

pub(crate) fn instruction_rows(programs: &Programs) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (asked, words) in ASKED {
        let what = format!("instructions, GET of {words}");
        let ours = instructions(programs, asked, "sdk")?;
        let peer = instructions(programs, asked, "hand")?;
        rows.push(match (ours, peer) {
            (Some(ours), Some(peer)) => Row::ratio(
                "overhead",
                &what,
                Of::Count.value(ours),
                Of::Count.value(peer),
                None,
            ),
            _ => Row {
                goal: None,
                ..Row::not_run("overhead", &what, Unit::Ratio, 0.0, "there is no valgrind")
            },
        });
    }
    Ok(rows)
}

/// The size of a program without its symbols.
fn stripped(programs: &Programs, name: &str) -> Result<f64> {
    let path = programs.path(name);
    let bare = programs.path(&format!("{name}.stripped"));
    used(Command::new("strip").arg("-o").arg(&bare).arg(&path))?;
    Ok(std::fs::metadata(&bare)?.len() as f64)
}

pub(crate) fn size(programs: &Programs) -> Row {
    let what = "stripped size of the quickstart's story, against the same by hand";
    let both = (
        stripped(programs, "story-sdk"),
        stripped(programs, "story-by-hand"),
    );
    match both {
        (Ok(ours), Ok(peer)) => Row::ratio(
            "size",
            what,
            Of::Bytes.value(ours),
            Of::Bytes.value(peer),
            1.25,
        ),
        (Err(error), _) | (_, Err(error)) => {
            Row::not_run("size", what, Unit::Ratio, 1.25, &error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_read_from_what_callgrind_says() {
        let said = "==1== \n==1== Events    : Ir\n==1== Collected : 38753799\n==1== \n==1== I   refs:      38,753,799\n";
        assert_eq!(collected(said), Some(38_753_799.0));
        assert_eq!(collected("==1== Process terminating"), None);
    }
}
