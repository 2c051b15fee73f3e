//! Benchmarks of the SDK against a baseline that is written by hand on reqwest and serde_json.
//!
//! `bench-server` serves the requests on loopback, in a process of its own; `bench-client` sends them, in alternating
//! batches of all sides. The client prints figures; `cargo xtask bench` compares them with the goals.

pub mod baseline;
pub mod contention;
pub mod lists;
pub mod memory;
pub mod metrics;
pub mod overhead;
pub mod server;

mod fixtures;
mod hyper_client;

use katapult_core::Client;

/// The error of a benchmark.
pub type BenchError = Box<dyn std::error::Error + Send + Sync>;

/// Returns a client of the SDK with default settings.
///
/// # Errors
///
/// If the URL is not valid.
pub fn client(url: &str) -> Result<Client, BenchError> {
    Ok(Client::builder().base_url(url).token(TOKEN).build()?)
}

/// The token that both sides send.
pub const TOKEN: &str = "a-token-as-long-as-those-of-the-api-are-0123456789";
/// The name of the virtual machine with every field.
pub const MACHINE: &str = "web-1.acme.example";
/// The name of a virtual machine of 2.7 kB, as 90% of the recorded responses are at most.
pub const MEDIUM_MACHINE: &str = "web-2.acme.example";
/// The name of a virtual machine of 500 bytes, the median of the recorded responses.
pub const SMALL_MACHINE: &str = "web-3.acme.example";
/// The organization whose virtual machines are listed.
pub const ORGANIZATION: &str = "acme";
