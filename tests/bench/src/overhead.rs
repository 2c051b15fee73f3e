//! One request after the other, in turn by the SDK and by hand.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};
use serde::Serialize;

use crate::gauge::Used;
use crate::{Failure, MACHINE, ORGANIZATION, hand};

/// Requests of one side before it is the other's turn.
const TURN: u32 = 100;
/// Items a page.
const PER_PAGE: u64 = 100;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// One machine.
    Machine,
    /// A page of 100.
    Page,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// katapult-core.
    Sdk,
    /// reqwest and serde_json.
    Hand,
}

/// What a side used for each request.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// CPU time, in microseconds.
    pub cpu_us: f64,
    /// How often memory was asked for.
    pub allocations: f64,
    /// The time that half of the requests took at most, in microseconds.
    pub p50_us: f64,
    /// The time that 99 of 100 took at most, in microseconds.
    pub p99_us: f64,
}

/// Both sides' costs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Overhead {
    /// The SDK's.
    pub sdk: Cost,
    /// Those by hand.
    pub hand: Cost,
}

/// The clients of both sides, and the server's address.
pub struct Sides {
    sdk: katapult_core::Client,
    hand: reqwest::Client,
    url: String,
}

impl Sides {
    /// Both sides, to a server.
    ///
    /// # Errors
    ///
    /// When the address is none.
    pub fn new(url: &str) -> Result<Self, Failure> {
        Ok(Self {
            sdk: crate::client(url)?,
            hand: hand::client()?,
            url: url.to_owned(),
        })
    }

    /// Asks once. Gives the number of machines that came.
    ///
    /// # Errors
    ///
    /// Those of the side.
    pub async fn ask(&self, side: Side, what: What) -> Result<usize, Failure> {
        Ok(match (side, what) {
            (Side::Sdk, What::Machine) => {
                let web = VirtualMachineLookup::fqdn(MACHINE);
                let reply = self.sdk.virtual_machines().get(web).send().await?;
                usize::from(!reply.id.is_empty())
            }
            (Side::Sdk, What::Page) => {
                let acme = OrganizationLookup::sub_domain(ORGANIZATION);
                let list = self.sdk.virtual_machines().list(acme);
                let reply = list.page(1).per_page(PER_PAGE as i64).send().await?;
                reply.virtual_machines.len()
            }
            (Side::Hand, What::Machine) => {
                let machine = hand::machine(&self.hand, &self.url).await?;
                usize::from(!machine.id.is_empty())
            }
            (Side::Hand, What::Page) => {
                let page = hand::page(&self.hand, &self.url, 1, PER_PAGE).await?;
                page.len()
            }
        })
    }

    /// Asks so often on each side, in turn.
    ///
    /// # Errors
    ///
    /// Those of the sides, or that a reply lacks something.
    pub async fn compare(&self, what: What, requests: u32) -> Result<Overhead, Failure> {
        let mut sums = [Sum::default(), Sum::default()];
        for side in [Side::Sdk, Side::Hand] {
            self.turn(side, what, TURN, &mut Sum::default()).await?; // to warm up
        }
        for round in 0..requests.div_ceil(TURN) {
            for step in 0..2 {
                // Who begins changes.
                let side = [Side::Sdk, Side::Hand][((round + step) % 2) as usize];
                self.turn(side, what, TURN, &mut sums[side as usize])
                    .await?;
            }
        }
        let [sdk, hand] = sums.map(Sum::cost);
        Ok(Overhead { sdk, hand })
    }

    async fn turn(
        &self,
        side: Side,
        what: What,
        requests: u32,
        sum: &mut Sum,
    ) -> Result<(), Failure> {
        let mut times = Vec::with_capacity(requests as usize);
        let used = Used::now();
        for _ in 0..requests {
            let began = Instant::now();
            let came = self.ask(side, what).await?;
            times.push(began.elapsed());
            let expected = if what == What::Machine { 1 } else { PER_PAGE };
            if came as u64 != expected {
                return Err(format!("{came} machines came and not {expected}").into());
            }
        }
        sum.cpu += used.cpu();
        sum.allocations += used.allocations();
        sum.times.append(&mut times);
        Ok(())
    }

    /// Asks so often on one side alone: what is run under callgrind.
    ///
    /// # Errors
    ///
    /// Those of the side.
    pub async fn alone(&self, side: Side, what: What, requests: u32) -> Result<(), Failure> {
        // Nothing is gauged: valgrind does not know how rustix asks for the time.
        for _ in 0..requests {
            self.ask(side, what).await?;
        }
        Ok(())
    }
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

/// The value that so many of a hundred do not exceed, of values in order.
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
