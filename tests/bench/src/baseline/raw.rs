//! The least that a request can cost: hyper-util and serde_json, without timeouts, redirects, decompression, proxies or
//! TLS.

use http::header::AUTHORIZATION;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;

use super::types::{Machine, MachineResponse, Page};
use crate::{BenchError, ORGANIZATION, TOKEN};

/// A client of hyper-util, with its default settings.
pub struct RawClient(Client<HttpConnector, Empty<axum::body::Bytes>>);

impl Default for RawClient {
    fn default() -> Self {
        Self::new()
    }
}

impl RawClient {
    /// Returns a client.
    pub fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Reads one virtual machine.
    ///
    /// # Errors
    ///
    /// Those of hyper-util and of serde_json.
    pub async fn machine(&self, url: &str, fqdn: &str) -> Result<Machine, BenchError> {
        let url = format!(
            "{url}/core/v1/virtual_machines/virtual_machine?virtual_machine%5Bfqdn%5D={fqdn}"
        );
        let response: MachineResponse = self.get(&url).await?;
        Ok(response.virtual_machine)
    }

    /// Reads one page of virtual machines.
    ///
    /// # Errors
    ///
    /// Those of hyper-util and of serde_json.
    pub async fn page(
        &self,
        url: &str,
        page: u64,
        per_page: u64,
    ) -> Result<Vec<Machine>, BenchError> {
        let url = format!(
            "{url}/core/v1/organizations/organization/virtual_machines?organization%5Bsub_domain%5D={ORGANIZATION}&page={page}&per_page={per_page}"
        );
        let response: Page = self.get(&url).await?;
        Ok(response.virtual_machines)
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, BenchError> {
        let request = http::Request::get(url)
            .header(AUTHORIZATION, format!("Bearer {TOKEN}"))
            .body(Empty::new())?;
        let response = self.0.request(request).await?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()).into());
        }
        let body = response.into_body().collect().await?.to_bytes();
        Ok(serde_json::from_slice(&body)?)
    }
}
