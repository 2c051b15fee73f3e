//! Several processes that share one token, against one sandbox with the quota's real window, a clock minute.

pub mod minute;
pub mod worker;

use std::error::Error;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use katapult_sandbox::{Fault, FaultKind, Sandbox, Schedule, Token};
use serde::Serialize;
use serde_json::json;
use tokio::process::{Child, Command};

/// How a run is made.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many processes.
    pub workers: u32,
    /// How many requests they make together.
    pub requests: u32,
    /// How many the server permits in a minute.
    pub permitted: u32,
    /// How long the server takes for a response.
    pub latency: Duration,
    /// Whether the clients keep to the quota by themselves.
    pub pace: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Seconds from the start of the processes to the end of the last one.
    pub makespan: f64,
    /// Seconds from that start until the quota has room for the last request.
    pub ideal: f64,
    /// The one over the other; 1 when all fits into the first minute, for then the quota costs nothing.
    pub ratio: f64,
    /// Requests that were refused.
    pub refused: u32,
    /// The part of the requests that were.
    pub refused_ratio: f64,
}

/// The token that the processes share, and the tag that they read.
const TOKEN: &str = "token-of-the-quota";
const TAG: &str = "tag_quota00000000001";
/// Nearer than this to a minute's end no run is started: it could not spend that minute's quota.
const ROOM: Duration = Duration::from_secs(5);
/// How much longer than the ideal a run may take before it is ended.
const PATIENCE: Duration = Duration::from_secs(150);

/// Runs it.
///
/// # Errors
///
/// When a process can't be started, fails, or takes far too long.
pub async fn run(settings: Settings) -> Result<Summary, Box<dyn Error + Send + Sync>> {
    let latency = Fault::new(FaultKind::Latency(settings.latency), Schedule::Rate(1.0));
    let builder = Sandbox::builder()
        .token(Token::new(TOKEN).permitted(settings.permitted))
        .fault(latency)
        .max_recorded_requests(usize::MAX);
    let sandbox = builder.start().await?;
    sandbox.insert_object("Tag", json!({"id": TAG, "name": "web"}))?;
    let left = minute::left_of_minute(since_1970());
    if left < ROOM {
        tokio::time::sleep(left).await;
    }
    let ideal = minute::ideal(since_1970(), settings.requests, settings.permitted);
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
    // Who is not done by then is killed, by being dropped.
    tokio::time::timeout(ideal + PATIENCE, all)
        .await
        .map_err(|_| "the processes took far too long, and were ended")??;
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

fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Starts one of the processes: this program, told to be a worker.
fn start(url: &str, settings: Settings, number: u32) -> std::io::Result<Child> {
    let workers = settings.workers.max(1);
    // What doesn't divide goes to the first ones.
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
        false => Err(format!("a worker ended with {status}")),
    }
}
