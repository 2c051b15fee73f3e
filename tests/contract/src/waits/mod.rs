//! Many waits under one quota: processes that wait for tasks and make calls, against one sandbox whose quota has
//! the real window, a clock minute.

mod report;
pub mod worker;

use std::collections::HashMap;
use std::error::Error;
use std::process::Stdio;
use std::time::{Duration, Instant, UNIX_EPOCH};

use katapult_sandbox::Sandbox;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::quota::{shared_sandbox, since_1970};
use report::Line;
pub use report::Summary;
use worker::{Work, task_id};

type AnyError = Box<dyn Error + Send + Sync>;

/// The settings of a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of waits of all processes together.
    pub waits: u32,
    /// The server's quota, in requests per minute.
    pub permitted: u32,
    /// The number of processes.
    pub processes: u32,
    /// The share of the quota that the polls of each process use.
    pub share: f64,
    /// The server's latency.
    pub latency: Duration,
}

/// The factor on the time of one round of polls within which each completion is to be detected.
const SLACK: f64 = 1.2;
/// The time beyond the expected one after which a run is aborted.
const PATIENCE: Duration = Duration::from_secs(120);

impl Settings {
    /// Returns the time in which each wait is polled once.
    fn round(&self) -> Duration {
        let per_minute = self.share * f64::from(self.processes) * f64::from(self.permitted);
        Duration::from_secs_f64(60.0 * f64::from(self.waits) / per_minute)
    }

    /// Returns the work of each process: the first ones take the remainder of the division.
    fn work(&self, url: &str) -> Vec<Work> {
        let mut first = 0;
        let work = (0..self.processes).map(|process| {
            let more = u32::from(process < self.waits % self.processes);
            let waits = self.waits / self.processes + more;
            first += waits;
            Work {
                url: url.to_owned(),
                first: first - waits,
                waits,
                share: self.share,
                // All together use half of the quota.
                call_interval: Duration::from_secs(60) * self.processes * 2 / self.permitted,
            }
        });
        work.collect()
    }
}

/// Runs the processes against a sandbox of its own, whose tasks are completed during one round of polls.
///
/// # Errors
///
/// If a process cannot be started, fails, or exceeds the time limit.
pub async fn run(settings: Settings) -> Result<Summary, AnyError> {
    let sandbox = shared_sandbox(settings.permitted, settings.latency).await?;
    for number in 0..settings.waits {
        let task = json!({"id": task_id(number), "name": "Resize", "status": "running"});
        sandbox.insert_object("Task", task)?;
    }
    let mut processes = Vec::new();
    for work in settings.work(sandbox.url()) {
        processes.push(tokio::spawn(read_lines(start(&work)?)));
    }
    let completions = tokio::time::timeout(
        settings.round().mul_f64(1.0 + SLACK) + PATIENCE,
        complete_tasks(&sandbox, settings),
    );
    let completed_at = completions.await.map_err(|_| "timed out")?;
    let mut lines = Vec::new();
    for process in processes {
        // Dropping a child kills it, so a timeout ends the processes.
        let limit = settings.round().mul_f64(1.0 + SLACK) + PATIENCE;
        let read = tokio::time::timeout(limit, process).await;
        lines.extend(read.map_err(|_| "timed out: the processes were killed")???);
    }
    summary(settings, &sandbox, &completed_at, &lines)
}

/// Completes the tasks in random order, spread over one round of polls. Returns the time of each since 1970.
async fn complete_tasks(sandbox: &Sandbox, settings: Settings) -> HashMap<u32, Duration> {
    let mut numbers: Vec<u32> = (0..settings.waits).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut numbers);
    let started = Instant::now();
    let step = settings.round() / settings.waits.max(1);
    let mut completed_at = HashMap::new();
    for (index, number) in (1_u32..).zip(numbers) {
        let due = step * index;
        tokio::time::sleep(due.saturating_sub(started.elapsed())).await;
        completed_at.insert(number, since_1970());
        sandbox.set_field(&task_id(number), "status", json!("completed"));
    }
    completed_at
}

fn summary(
    settings: Settings,
    sandbox: &Sandbox,
    completed_at: &HashMap<u32, Duration>,
    lines: &[Line],
) -> Result<Summary, AnyError> {
    let mut detection = Duration::ZERO;
    let (mut detected, mut waited) = (0, Vec::new());
    for line in lines {
        match line {
            Line::Called(time) => waited.push(*time),
            Line::Completed(number, at) => {
                let completed = completed_at.get(number).ok_or("an unknown task")?;
                let after = at.checked_sub(*completed);
                // In milliseconds, which the lines have.
                let after = after.unwrap_or_default();
                detection = detection.max(after);
                detected += 1;
            }
        }
    }
    if detected != settings.waits {
        return Err(format!("{detected} of {} waits ended", settings.waits).into());
    }
    let requests = sandbox.requests();
    let dates = |operation: &'static str| {
        let requests = requests.iter();
        requests
            .filter(move |request| {
                operation.is_empty() || request.operation.as_deref() == Some(operation)
            })
            .filter_map(|request| {
                let mut headers = request.response_headers();
                let (_, date) = headers.find(|(name, _)| *name == "date")?;
                let date = httpdate::parse_http_date(date).ok()?;
                Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
            })
    };
    let polls = report::per_minute(dates("tasks.get"));
    let minutes = report::per_minute(dates(""));
    let most = polls.values().copied().max().unwrap_or(0);
    let rounded = |time: Duration| (time.as_secs_f64() * 1000.0).round() / 1000.0;
    Ok(Summary {
        waits: settings.waits,
        polls: polls.values().sum(),
        quota: settings.permitted * u32::try_from(minutes.len())?,
        poll_share: f64::from(most) / f64::from(settings.permitted),
        calls: u32::try_from(waited.len())?,
        call_wait_p95: rounded(report::percentile(&mut waited, 95)),
        detection_max: rounded(detection),
        detection_bound: rounded(settings.round().mul_f64(SLACK)),
        refused: u32::try_from(sandbox.rejected_requests().len())?,
    })
}

/// Starts this program as one of the processes.
fn start(work: &Work) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["--worker-of", &work.url])
        .args(["--first", &work.first.to_string()])
        .args(["--waits", &work.waits.to_string()])
        .args(["--share", &work.share.to_string()])
        .args([
            "--call-interval",
            &work.call_interval.as_millis().to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Reads what a process prints until its end.
async fn read_lines(mut process: Child) -> Result<Vec<Line>, AnyError> {
    let mut lines = Vec::new();
    if let Some(output) = process.stdout.take() {
        let mut output = BufReader::new(output).lines();
        while let Some(line) = output.next_line().await? {
            lines.push(line.parse::<Line>()?);
        }
    }
    let status = process.wait().await?;
    match status.success() {
        true => Ok(lines),
        false => Err(format!("a process failed: {status}").into()),
    }
}
