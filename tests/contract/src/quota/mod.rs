//! Several processes that share one token against one sandbox, whose quota has the real window: a clock minute.

pub(crate) mod window;
pub mod worker;

use std::error::Error;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use katapult_sandbox::{Fault, Sandbox, Token};
use serde::Serialize;
use serde_json::json;
use tokio::process::{Child, Command};

/// The settings of a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of processes.
    pub workers: u32,
    /// The number of requests of all processes together.
    pub requests: u32,
    /// The server's quota, in requests per minute.
    pub permitted: u32,
    /// The server's latency.
    pub latency: Duration,
    /// `true` if the clients limit their rate.
    pub pace: bool,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The time from the start of the processes to the end of the last one, in seconds.
    pub makespan: f64,
    /// The time from that start until the quota admits the last request, in seconds.
    pub ideal: f64,
    /// The makespan divided by the ideal; 1 if all requests fit into the first minute.
    pub ratio: f64,
    /// The number of requests rejected with 429.
    pub refused: u32,
    /// The share of the requests that were rejected.
    pub refused_ratio: f64,
}

/// The token of all processes, and the tag that they read.
pub(crate) const TOKEN: &str = "token-of-the-quota";
pub(crate) const TAG: &str = "tag_quota00000000001";
/// A run that starts closer than this to the end of a minute could not use up that minute's quota.
const ROOM: Duration = Duration::from_secs(5);
/// The time beyond the ideal after which a run is aborted.
const PATIENCE: Duration = Duration::from_secs(150);

/// Runs the processes against a sandbox of its own.
///
/// # Errors
///
/// If a process cannot be started, fails, or exceeds the time limit.
pub async fn run(settings: Settings) -> Result<Summary, Box<dyn Error + Send + Sync>> {
    // Without latency, one worker alone would use up the quota at once.
    let sandbox = shared_sandbox(settings.permitted, settings.latency).await?;
    let left = window::left_of_minute(since_1970());
    // The ideal assumes that the whole quota of the first minute can be used.
    if left < ROOM {
        tokio::time::sleep(left).await;
    }
    let ideal = window::ideal(since_1970(), settings.requests, settings.permitted);
    let started = Instant::now();
    let children: Vec<Child> = (0..settings.workers.max(1))
        .map(|number| start(sandbox.url(), settings, number))
        .collect::<Result<_, _>>()?;
    let all = async {
        for mut child in children {
            succeeded(child.wait().await?)?;
        }
        Ok::<_, Box<dyn Error + Send + Sync>>(())
    };
    // Dropping a child kills it, so a timeout ends the remaining processes.
    tokio::time::timeout(ideal + PATIENCE, all)
        .await
        .map_err(|_| "timed out: the processes were killed")??;
    let makespan = started.elapsed();
    let refused = sandbox
        .rejected_requests()
        .len()
        .try_into()
        .unwrap_or(u32::MAX);
    Ok(summary(settings, makespan, ideal, refused))
}

fn summary(settings: Settings, makespan: Duration, ideal: Duration, refused: u32) -> Summary {
    let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
    let (makespan, ideal) = (makespan.as_secs_f64(), ideal.as_secs_f64());
    Summary {
        makespan: rounded(makespan),
        ideal: rounded(ideal),
        ratio: if ideal > 0.0 {
            rounded(makespan / ideal)
        } else {
            1.0
        },
        refused,
        refused_ratio: f64::from(refused) / f64::from(settings.requests.max(1)),
    }
}

/// Starts a sandbox with the tag, whose quota has the real window.
pub(crate) async fn shared_sandbox(
    permitted: u32,
    latency: Duration,
) -> Result<Sandbox, Box<dyn Error + Send + Sync>> {
    let builder = Sandbox::builder()
        .token(Token::new(TOKEN).permitted(permitted))
        .fault(Fault::latency(latency))
        .max_recorded_requests(usize::MAX)
        .max_recorded_bytes(usize::MAX);
    let sandbox = builder.start().await?;
    sandbox.insert_object("Tag", json!({"id": TAG, "name": "web"}))?;
    Ok(sandbox)
}

/// Returns the time since 1970, on the clock of all processes.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Starts this program as one of the worker processes.
fn start(url: &str, settings: Settings, number: u32) -> std::io::Result<Child> {
    let workers = settings.workers.max(1);
    // The first workers take the remainder of the division.
    let share = settings.requests / workers + u32::from(number < settings.requests % workers);
    Command::new(std::env::current_exe()?)
        .args(["--worker-of", url, "--requests", &share.to_string()])
        .args(["--pace", if settings.pace { "on" } else { "off" }])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

fn succeeded(status: ExitStatus) -> Result<(), String> {
    match status.success() {
        true => Ok(()),
        false => Err(format!("a worker failed: {status}")),
    }
}
