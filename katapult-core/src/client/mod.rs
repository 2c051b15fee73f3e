//! The client.

mod base_url;
mod builder;
mod http;
mod limits;

use std::fmt;
use std::ops::Deref;

use crate::rate_limit::RateLimitState;
use crate::transport::HttpTransport;

pub use builder::ClientBuilder;

/// A client of the Katapult API. Its methods are the resources of the API.
///
/// Created by [`Client::from_env`] or [`Client::builder`]. Cloning is cheap; clones share the connections, the
/// rate limiter, the retry budget and the token.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{Client, prelude::*, types::OrganizationLookup};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let katapult = Client::from_env()?;
/// let acme = OrganizationLookup::sub_domain("acme");
/// let machines = katapult.virtual_machines().list(&acme).collect_all().await?;
/// println!("{} virtual machines", machines.len());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: katapult_gen::Client<HttpTransport>,
}

impl Client {
    pub(crate) fn from_transport(transport: HttpTransport) -> Self {
        Self {
            inner: katapult_gen::Client::new(transport),
        }
    }

    /// Returns the state of the rate limiter; `None` until a response has stated the quota.
    ///
    /// ```no_run
    /// # fn run(katapult: katapult_core::Client) {
    /// if let Some(quota) = katapult.rate_limit() {
    ///     println!("{} of {} requests remain", quota.remaining, quota.limit);
    /// }
    /// # }
    /// ```
    pub fn rate_limit(&self) -> Option<RateLimitState> {
        self.transport().rate_limit()
    }
}

impl Deref for Client {
    type Target = katapult_gen::Client<HttpTransport>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(self.transport()).finish()
    }
}
