//! The same by hand: reqwest, serde_json, and structs of the same fields as the SDK's.

pub mod types;

use std::time::Duration;

use reqwest::Client;
use types::{Machine, MachineReply, Page};

use crate::{Failure, MACHINE, ORGANIZATION, TOKEN};

/// What a program by hand makes once: with limits of time, as any program needs that is not to hang.
///
/// # Errors
///
/// When TLS can't be set up.
pub fn client() -> Result<Client, Failure> {
    Ok(Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .build()?)
}

/// Reads one machine.
///
/// # Errors
///
/// Those of reqwest and of serde_json.
pub async fn machine(http: &Client, url: &str) -> Result<Machine, Failure> {
    let request = http
        .get(format!("{url}/core/v1/virtual_machines/virtual_machine"))
        .query(&[("virtual_machine[fqdn]", MACHINE)]);
    let reply = request.bearer_auth(TOKEN).send().await?;
    let reply: MachineReply = reply.error_for_status()?.json().await?;
    Ok(reply.virtual_machine)
}

/// Reads one page of machines.
///
/// # Errors
///
/// Those of reqwest and of serde_json.
pub async fn page(
    http: &Client,
    url: &str,
    page: u64,
    per_page: u64,
) -> Result<Vec<Machine>, Failure> {
    let reply: Page = list(http, url, page, per_page)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(reply.virtual_machines)
}

/// Reads one page and nothing of what it says. Gives its length.
///
/// # Errors
///
/// Those of reqwest.
pub async fn raw_page(
    http: &Client,
    url: &str,
    page: u64,
    per_page: u64,
) -> Result<usize, Failure> {
    let reply = list(http, url, page, per_page)
        .send()
        .await?
        .error_for_status()?;
    Ok(reply.bytes().await?.len())
}

fn list(http: &Client, url: &str, page: u64, per_page: u64) -> reqwest::RequestBuilder {
    http.get(format!(
        "{url}/core/v1/organizations/organization/virtual_machines"
    ))
    .query(&[("organization[sub_domain]", ORGANIZATION)])
    .query(&[("page", page), ("per_page", per_page)])
    .bearer_auth(TOKEN)
}
