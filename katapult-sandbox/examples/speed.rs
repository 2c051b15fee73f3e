//! How fast the sandbox is, how much it takes, how many there can be: run it with `--release`. It
//! fails where it is slower, or takes more, than is promised.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use katapult_sandbox::{Sandbox, Token};
use serde_json::json;

/// Requests for one object, a second and core.
const LEAST_RATE: f64 = 5_000.0;
/// What 100,000 objects may take.
const MOST_BYTES: u64 = 1 << 30;
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
    let bare = clock.rate();
    println!("without a socket: {bare:.0} requests a second");
    let clock = Clock::start();
    for _ in 0..REQUESTS {
        get(&http, &sandbox).await?;
    }
    let served = clock.rate();
    println!("over HTTP, with the client on the same core: {served:.0} requests a second");

    for number in 0..OBJECTS {
        let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": format!("tag-{number}")}});
        let target = "/core/v1/organizations/organization/tags";
        sandbox.request("POST", target, &body.to_string());
    }
    let (objects, bytes) = (sandbox.world(|world| world.objects().count()), memory());
    println!("{objects} objects: {}", megabytes(bytes));

    let began = Instant::now();
    let mut many = Vec::new();
    for _ in 0..SANDBOXES {
        many.push(Sandbox::start().await?);
    }
    for sandbox in &many {
        get(&http, sandbox).await?;
    }
    let time = began.elapsed().as_secs_f64();
    println!(
        "{SANDBOXES} sandboxes, each asked, in {time:.1} s: {}",
        megabytes(memory())
    );

    let enough =
        served >= LEAST_RATE && objects >= OBJECTS && bytes.is_none_or(|bytes| bytes <= MOST_BYTES);
    if !enough {
        eprintln!(
            "promised: {LEAST_RATE} requests a second, {OBJECTS} objects in {MOST_BYTES} bytes"
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
    let reply = http.get(url).bearer_auth(sandbox.token()).send().await?;
    reply.error_for_status()?.bytes().await?;
    Ok(())
}

/// The time that this process computes, where the system tells it, so that what else a machine does
/// does not count; else the time that passes.
struct Clock {
    computed: Option<Duration>,
    began: Instant,
}

impl Clock {
    fn start() -> Self {
        Self {
            computed: computed(),
            began: Instant::now(),
        }
    }

    /// Requests a second since the start.
    fn rate(&self) -> f64 {
        let computed = computed().zip(self.computed).map(|(now, then)| now - then);
        f64::from(REQUESTS)
            / computed
                .unwrap_or_else(|| self.began.elapsed())
                .as_secs_f64()
    }
}

/// How long this process has computed: Linux tells it in hundredths of a second.
fn computed() -> Option<Duration> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = status.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut hundredths = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (hundredths()? + hundredths()?)))
}

/// The memory of this process, where the system tells it.
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
    bytes.map_or("memory is not told here".into(), |bytes| {
        format!("{} MiB", bytes >> 20)
    })
}
