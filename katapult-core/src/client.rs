//! The client.

use std::env;
use std::fmt;
use std::ops::Deref;

use crate::builder::ClientBuilder;
use crate::config::ConfigError;
use crate::pace::RateLimitState;
use crate::seam::HttpTransport;

/// The environment variable that holds the token.
pub(crate) const API_KEY: &str = "KATAPULT_API_KEY";
/// The environment variable that holds the API's address.
pub(crate) const API_URL: &str = "KATAPULT_API_URL";

/// A client of the Katapult API. Its methods are the API's resources.
///
/// Cheap to clone; clones share connections, quota, retry budget and token.
#[derive(Clone)]
pub struct Client {
    inner: katapult_gen::Client<HttpTransport>,
}

impl Client {
    /// A client with the token in `KATAPULT_API_KEY`, for the API at `KATAPULT_API_URL` (if that is
    /// not set, at `https://api.katapult.io`). All else is as [`ClientBuilder`] has it by default.
    ///
    /// # Errors
    ///
    /// When `KATAPULT_API_KEY` is not set, or one of the two can't be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        ClientBuilder::from_vars(env::var_os)?.build()
    }

    /// The way to a client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// What is known of the token's quota; `None` until a response told it.
    pub fn quota(&self) -> Option<RateLimitState> {
        self.transport().quota()
    }

    pub(crate) fn over(transport: HttpTransport) -> Self {
        Self {
            inner: katapult_gen::Client::new(transport),
        }
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
