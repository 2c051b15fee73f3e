//! Requests per second, memory for many objects, and many sandboxes at once. Run it with `--release`; it
//! fails if a figure of the README is not reached.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use katapult_sandbox::{Sandbox, Token};
use serde_json::json;

/// Requests per second and core, each for one object.
const MIN_RATE: f64 = 5_000.0;
/// The memory for 100,000 objects, in bytes.
const MAX_BYTES: u64 = 1 << 30;
const REQUESTS: u32 = 20_000;
const OBJECTS: usize = 100_000;
const SANDBOXES: usize = 100;
const MACHINE: &str =
    "/core/v1/virtual_machines/virtual_machine?virtual_machine[fqdn]=web-1.acme.example";

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Failure> {
    let token = Token::new("speed").permitted(u32::MAX);
    let builder = Sandbox::builder().max_recorded_requests(10).token(token);
    let sandbox = builder.start().await?;
    let http = reqwest::Client::new();

    let clock = Clock::start();
    for _ in 0..REQUESTS {
        sandbox.request("GET", MACHINE, "");
    }
    let direct = clock.rate();
    println!("without a connection: {direct:.0} requests per second");
    let clock = Clock::start();
    for _ in 0..REQUESTS {
        get(&http, &sandbox).await?;
    }
    let served = clock.rate();
    println!("over HTTP, with the client on the same core: {served:.0} requests per second");

    for number in 0..OBJECTS {
        let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": format!("tag-{number}")}});
        let target = "/core/v1/organizations/organization/tags";
        sandbox.request("POST", target, &body.to_string());
    }
    let (objects, bytes) = (sandbox.world(|world| world.objects().count()), memory());
    println!("{objects} objects: {}", megabytes(bytes));

    let started = Instant::now();
    let mut many = Vec::new();
    for _ in 0..SANDBOXES {
        many.push(Sandbox::start().await?);
    }
    for sandbox in &many {
        get(&http, sandbox).await?;
    }
    let time = started.elapsed().as_secs_f64();
    println!(
        "{SANDBOXES} sandboxes, one request each, in {time:.1} s: {}",
        megabytes(memory())
    );

    let enough =
        served >= MIN_RATE && objects >= OBJECTS && bytes.is_none_or(|bytes| bytes <= MAX_BYTES);
    if !enough {
        eprintln!(
            "expected: {MIN_RATE} requests per second, {OBJECTS} objects in {MAX_BYTES} bytes"
        );
    }
    Ok(if enough {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn get(http: &reqwest::Client, sandbox: &Sandbox) -> Result<(), Failure> {
    let url = format!("{}{MACHINE}", sandbox.url());
    let response = http.get(url).bearer_auth(sandbox.token()).send().await?;
    response.error_for_status()?.bytes().await?;
    Ok(())
}

/// A clock of this process's CPU time, so that other processes do not count; of real time where the
/// system does not report CPU time.
struct Clock {
    cpu: Option<Duration>,
    started: Instant,
}

impl Clock {
    fn start() -> Self {
        Self {
            cpu: cpu_time(),
            started: Instant::now(),
        }
    }

    /// Returns the requests per second since the start.
    fn rate(&self) -> f64 {
        let cpu = cpu_time().zip(self.cpu).map(|(now, then)| now - then);
        f64::from(REQUESTS) / cpu.unwrap_or_else(|| self.started.elapsed()).as_secs_f64()
    }
}

/// Returns the CPU time of this process, which Linux reports in hundredths of a second.
fn cpu_time() -> Option<Duration> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = status.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut hundredths = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (hundredths()? + hundredths()?)))
}

/// Returns the resident memory of this process, if the system reports it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes = line.trim().strip_suffix(" kB")?;
    kilobytes
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes << 10)
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or("memory unknown".into(), |bytes| {
        format!("{} MiB", bytes >> 20)
    })
}
