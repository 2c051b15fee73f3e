//! Single requests, in alternating batches of all sides.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};
use serde::Serialize;

use crate::baseline::raw::RawClient;
use crate::metrics::ResourceUsage;
use crate::{
    BenchError, MACHINE, MEDIUM_MACHINE, ORGANIZATION, SMALL_MACHINE, baseline, hyper_client,
};

/// Requests of one side before the next one's: short enough that a busy moment of the machine affects all.
const BATCH: u32 = 100;
/// Clients that are built to find the time of a start.
const STARTS: usize = 21;
/// Items a page.
const PER_PAGE: u64 = 100;

/// The request that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Request {
    /// A GET of a virtual machine with every field.
    Machine,
    /// A GET of a virtual machine of 2.7 kB.
    Medium,
    /// A GET of a virtual machine of 500 bytes.
    Small,
    /// A GET of a page of 100.
    Page,
}

impl Request {
    /// Returns the name of the virtual machine that is read; `None` if it is a page.
    fn machine(self) -> Option<&'static str> {
        match self {
            Self::Machine => Some(MACHINE),
            Self::Medium => Some(MEDIUM_MACHINE),
            Self::Small => Some(SMALL_MACHINE),
            Self::Page => None,
        }
    }
}

/// The code that sends the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// katapult-core.
    Sdk,
    /// reqwest and serde_json.
    Baseline,
    /// hyper-util and serde_json, without what reqwest adds.
    Raw,
    /// katapult-core over hyper-util, which it has in place of reqwest.
    Hyper,
}

impl Side {
    const ALL: [Self; 4] = [Self::Sdk, Self::Baseline, Self::Raw, Self::Hyper];
}

/// The cost of a side, for each request.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// CPU time, in microseconds.
    pub cpu_us: f64,
    /// The number of allocations.
    pub allocations: f64,
    /// The median latency, in microseconds.
    pub p50_us: f64,
    /// The 99th percentile of the latency, in microseconds.
    pub p99_us: f64,
}

/// The costs of all sides.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Overhead {
    /// The cost of the SDK.
    pub sdk: Cost,
    /// The cost of the baseline.
    pub baseline: Cost,
    /// The cost of hyper-util alone.
    pub raw: Cost,
    /// The cost of the SDK over hyper-util.
    pub hyper: Cost,
    /// The median time to build a client of the SDK, in milliseconds.
    pub start_ms: f64,
}

/// The clients of all sides, and the URL of the server.
pub struct Sides {
    sdk: katapult_core::Client,
    hyper: katapult_core::Client,
    baseline: reqwest::Client,
    raw: RawClient,
    url: String,
}

impl Sides {
    /// Returns the clients for a server.
    ///
    /// # Errors
    ///
    /// If the URL is not valid.
    pub fn new(url: &str) -> Result<Self, BenchError> {
        Ok(Self {
            sdk: crate::client(url)?,
            hyper: hyper_client::katapult(url)?,
            baseline: baseline::client()?,
            raw: RawClient::new(),
            url: url.to_owned(),
        })
    }

    /// Sends one request. Returns the number of virtual machines in the response.
    ///
    /// # Errors
    ///
    /// If the request fails.
    pub async fn send(&self, side: Side, request: Request) -> Result<usize, BenchError> {
        Ok(match (side, request.machine()) {
            (Side::Sdk, _) => katapult(&self.sdk, request).await?,
            (Side::Hyper, _) => katapult(&self.hyper, request).await?,
            (Side::Baseline, Some(machine)) => {
                let machine = baseline::machine(&self.baseline, &self.url, machine).await?;
                usize::from(!machine.id.is_empty())
            }
            (Side::Baseline, None) => {
                let page = baseline::page(&self.baseline, &self.url, 1, PER_PAGE).await?;
                page.len()
            }
            (Side::Raw, Some(machine)) => {
                let machine = self.raw.machine(&self.url, machine).await?;
                usize::from(!machine.id.is_empty())
            }
            (Side::Raw, None) => self.raw.page(&self.url, 1, PER_PAGE).await?.len(),
        })
    }

    /// Sends `requests` requests on each side, in alternating batches.
    ///
    /// # Errors
    ///
    /// If a request fails, or a response is not complete.
    pub async fn compare(&self, request: Request, requests: u32) -> Result<Overhead, BenchError> {
        let mut sums: [Sum; Side::ALL.len()] = Default::default();
        for side in Side::ALL {
            self.batch(side, request, BATCH, &mut Sum::default())
                .await?; // to warm up
        }
        for round in 0..requests.div_ceil(BATCH) {
            for step in 0..Side::ALL.len() {
                // The first side alternates, so that none always has the warmer caches.
                let side = Side::ALL[(round as usize + step) % Side::ALL.len()];
                self.batch(side, request, BATCH, &mut sums[side as usize])
                    .await?;
            }
        }
        let [sdk, baseline, raw, hyper] = sums.map(Sum::cost);
        Ok(Overhead {
            sdk,
            baseline,
            raw,
            hyper,
            start_ms: start_ms()?,
        })
    }

    async fn batch(
        &self,
        side: Side,
        request: Request,
        requests: u32,
        sum: &mut Sum,
    ) -> Result<(), BenchError> {
        // Allocated before the metrics begin.
        let mut times = Vec::with_capacity(requests as usize);
        let used = ResourceUsage::now();
        for _ in 0..requests {
            let began = Instant::now();
            let received = self.send(side, request).await?;
            times.push(began.elapsed());
            let expected = match request.machine() {
                Some(_) => 1,
                None => PER_PAGE,
            };
            if received as u64 != expected {
                return Err(format!("received {received} of {expected} virtual machines").into());
            }
        }
        sum.cpu += used.cpu();
        sum.allocations += used.allocations();
        sum.times.append(&mut times);
        Ok(())
    }

    /// Sends `requests` requests on one side alone, to be run under callgrind.
    ///
    /// # Errors
    ///
    /// If the request fails.
    pub async fn alone(
        &self,
        side: Side,
        request: Request,
        requests: u32,
    ) -> Result<(), BenchError> {
        // Without metrics: valgrind does not support the system call by which rustix reads the clock.
        for _ in 0..requests {
            self.send(side, request).await?;
        }
        Ok(())
    }
}

/// Sends one request with a client of the SDK. Returns the number of virtual machines in the response.
async fn katapult(client: &katapult_core::Client, request: Request) -> Result<usize, BenchError> {
    let machines = client.virtual_machines();
    Ok(match request.machine() {
        Some(machine) => {
            let machine = VirtualMachineLookup::fqdn(machine);
            let response = machines.get(machine).send().await?;
            usize::from(!response.id.is_empty())
        }
        None => {
            let list = machines.list(OrganizationLookup::sub_domain(ORGANIZATION));
            let response = list.page(1).per_page(PER_PAGE as i64).send().await?;
            response.virtual_machines.len()
        }
    })
}

/// Returns the median time to build a client for the API itself, in milliseconds.
fn start_ms() -> Result<f64, BenchError> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let began = Instant::now();
        let client = crate::client("https://api.katapult.io")?;
        times.push(began.elapsed());
        drop(client);
    }
    times.sort_unstable();
    Ok(percentile(&times, 50).as_secs_f64() * 1e3)
}

#[derive(Default)]
struct Sum {
    cpu: Duration,
    allocations: usize,
    times: Vec<Duration>,
}

impl Sum {
    fn cost(mut self) -> Cost {
        self.times.sort_unstable();
        let requests = self.times.len().max(1) as f64;
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        Cost {
            cpu_us: micros(self.cpu) / requests,
            allocations: self.allocations as f64 / requests,
            p50_us: micros(percentile(&self.times, 50)),
            p99_us: micros(percentile(&self.times, 99)),
        }
    }
}

/// Returns a percentile of sorted values, by nearest rank.
fn percentile(sorted: &[Duration], part: usize) -> Duration {
    let rank = (sorted.len() * part).div_ceil(100);
    let at = rank.saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_micros).collect();
        for (part, micros) in [(50, 100), (99, 198), (100, 200)] {
            assert_eq!(percentile(&times, part), Duration::from_micros(micros));
        }
        assert_eq!(percentile(&times[..1], 99), Duration::from_micros(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
