//! The baseline: reqwest, serde_json, and structs with the same fields as the SDK's.

pub mod raw;
pub mod types;

use std::time::Duration;

use reqwest::Client;
use types::{Machine, MachineResponse, Page};

use crate::{BenchError, ORGANIZATION, TOKEN};

/// Returns a client with timeouts, which any program needs.
///
/// # Errors
///
/// If TLS cannot be initialised.
pub fn client() -> Result<Client, BenchError> {
    Ok(Client::builder()
        // Requests to loopback must not go through a proxy of the environment.
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .build()?)
}

/// Reads one virtual machine.
///
/// # Errors
///
/// Those of reqwest and of serde_json.
pub async fn machine(http: &Client, url: &str, fqdn: &str) -> Result<Machine, BenchError> {
    let request = http
        .get(format!("{url}/core/v1/virtual_machines/virtual_machine"))
        .query(&[("virtual_machine[fqdn]", fqdn)]);
    let response = request.bearer_auth(TOKEN).send().await?;
    let response: MachineResponse = response.error_for_status()?.json().await?;
    Ok(response.virtual_machine)
}

/// Reads one page of virtual machines.
///
/// # Errors
///
/// Those of reqwest and of serde_json.
pub async fn page(
    http: &Client,
    url: &str,
    page: u64,
    per_page: u64,
) -> Result<Vec<Machine>, BenchError> {
    let response: Page = list(http, url, page, per_page)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(response.virtual_machines)
}

/// Reads one page without decoding it. Returns its length in bytes.
///
/// # Errors
///
/// Those of reqwest.
pub async fn raw_page(
    http: &Client,
    url: &str,
    page: u64,
    per_page: u64,
) -> Result<usize, BenchError> {
    let response = list(http, url, page, per_page)
        .send()
        .await?
        .error_for_status()?;
    Ok(response.bytes().await?.len())
}

fn list(http: &Client, url: &str, page: u64, per_page: u64) -> reqwest::RequestBuilder {
    http.get(format!(
        "{url}/core/v1/organizations/organization/virtual_machines"
    ))
    .query(&[("organization[sub_domain]", ORGANIZATION)])
    .query(&[("page", page), ("per_page", per_page)])
    .bearer_auth(TOKEN)
}
