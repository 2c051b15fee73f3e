//! Calls for a long time: no call may fail, and neither the client nor the sandbox may grow.
//!
//! The sandbox is another process, so that each is measured alone. It refuses tokens and loses connections at random,
//! so that tokens are renewed and connections opened throughout. The [`report`] judges the samples of [`usage`].

pub mod report;
pub mod usage;
mod worker;

use std::error::Error;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use katapult_core::{Client, SecretString};
use katapult_sandbox::{Fault, ProxyStatus, Sandbox, Token};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use self::report::{Report, Sample};
use self::usage::Usage;
use self::worker::Counters;

/// A token is refused once in so many requests.
const REVOKED_EVERY: usize = 200;
/// The requests among which tokens are refused, more than an hour has.
const REQUESTS: usize = 2_000_000;
/// The number of tokens that the sandbox accepts. A renewal takes the next one, since a token that was refused stays
/// refused.
const TOKENS: usize = REQUESTS / REVOKED_EVERY + 1;
/// The number of requests that the sandbox keeps, few enough that it has them all after a short time.
const RECORDED: usize = 100;
/// The number of samples of a run: enough for a quarter of them to be a curve.
const SAMPLES: u32 = 60;

/// The settings of a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The duration of the run.
    pub duration: Duration,
    /// The number of calls in flight at a time.
    pub concurrency: u32,
    /// The time between two calls of each, so that an hour is not one of full load.
    pub pause: Duration,
}

/// Makes calls against a sandbox in a process of its own, and measures both.
///
/// # Errors
///
/// If the sandbox cannot be started, or the client cannot be built.
pub async fn run(settings: Settings) -> Result<Report, Box<dyn Error + Send + Sync>> {
    let (child, url) = start().await?;
    let counters = Arc::new(Counters::default());
    let client = client(&url, &counters)?;
    let began = Instant::now();
    let mut workers = JoinSet::new();
    for number in 0..settings.concurrency.max(1) {
        let (client, counters) = (client.clone(), Arc::clone(&counters));
        workers.spawn(async move {
            let mut round = 0;
            while began.elapsed() < settings.duration {
                worker::round(&client, &counters, number, round, settings.pause).await;
                round += 1;
            }
        });
    }
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        tokio::time::sleep(settings.duration / SAMPLES).await;
        samples.push(Sample {
            seconds: began.elapsed().as_secs(),
            client: Usage::of(std::process::id()),
            sandbox: child.id().and_then(Usage::of),
        });
    }
    // A worker that does not end is a fault as well.
    while let Some(worker) = workers.join_next().await {
        worker?;
    }
    let errors = counters.errors.lock().map_err(|_| "a worker panicked")?;
    Ok(Report {
        seconds: began.elapsed().as_secs(),
        calls: counters.calls.load(Ordering::Relaxed),
        renewals: counters.renewals.load(Ordering::Relaxed),
        errors: errors.clone(),
        samples,
    })
}

fn client(url: &str, counters: &Arc<Counters>) -> Result<Client, katapult_core::ConfigError> {
    let counters = Arc::clone(counters);
    let provider = move || {
        let number = counters.renewals.fetch_add(1, Ordering::Relaxed);
        async move { Ok(SecretString::from(token(number))) }
    };
    Client::builder()
        .base_url(url)
        .token_provider(provider)
        .build()
}

fn token(number: usize) -> String {
    format!("token-of-endurance-{number}")
}

/// Starts this program as the sandbox. Returns its address.
async fn start() -> Result<(Child, String), Box<dyn Error + Send + Sync>> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--sandbox")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let out = child.stdout.take().ok_or("the sandbox has no output")?;
    let url = BufReader::new(out).lines().next_line().await?;
    Ok((child, url.ok_or("the sandbox did not start")?))
}

/// Runs the sandbox, prints its address, and waits until the process is ended.
///
/// # Errors
///
/// If loopback has no free port.
pub async fn serve() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut builder = Sandbox::builder().max_recorded_requests(RECORDED).faults([
        // Not at random: a token that is refused right after its renewal is an error, rightly.
        Fault::revoked().script((0..REQUESTS).map(|number| number % REVOKED_EVERY == 0)),
        Fault::reset_before().probability(0.01),
        Fault::bare_before(ProxyStatus::ServiceUnavailable).probability(0.01),
    ]);
    for number in 0..TOKENS {
        builder = builder.token(Token::new(token(number)).permitted(u32::MAX));
    }
    let sandbox = builder.start().await?;
    println!("{}", sandbox.url());
    std::future::pending().await
}
