//! The state that a client and its clones share.

use std::sync::Arc;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use katapult_gen::Api;

use super::credentials::TokenCache;
use super::http_client::HttpClient;
use super::options::CallLimits;
use crate::observer::Observers;
use crate::rate_limit::limiter::RateLimiter;
use crate::rate_limit::poll_queue::PollQueue;
use crate::retry::budget::TokenBucket;
use crate::util::rng::Rng;

/// The components of a transport.
pub(crate) struct TransportConfig {
    pub(crate) http_client: Arc<dyn HttpClient>,
    /// The base URL without a slash at its end.
    pub(crate) base_url: String,
    pub(crate) token: TokenCache,
    pub(crate) user_agent: HeaderValue,
    pub(crate) limits: CallLimits,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) polls: PollQueue,
    pub(crate) budget: TokenBucket,
    pub(crate) observers: Observers,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) max_response_bytes: usize,
}

/// The state that a client and its clones share.
pub(crate) struct Shared {
    pub(crate) config: TransportConfig,
    pub(super) core_url: String,
    pub(super) public_url: String,
    pub(super) server: ServerName,
}

/// The server of the API, as spans name it.
pub(super) struct ServerName {
    pub(super) address: String,
    pub(super) port: u16,
}

impl ServerName {
    /// Returns the server of a base URL.
    fn of(base_url: &str) -> Self {
        let uri = base_url.parse::<Uri>().unwrap_or_default();
        let port = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            _ => 443,
        };
        let host = uri.host().unwrap_or_default();
        Self {
            // An IPv6 address is in brackets in a URL alone.
            address: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(port),
        }
    }
}

impl Shared {
    pub(super) fn new(config: TransportConfig) -> Self {
        let url = |api: Api| format!("{}{}", config.base_url, api.prefix());
        Self {
            core_url: url(Api::Core),
            public_url: url(Api::Public),
            server: ServerName::of(&config.base_url),
            config,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_of_a_base_url_has_a_port_and_no_brackets() {
        for (base_url, address, port) in [
            ("https://api.katapult.io", "api.katapult.io", 443),
            ("http://localhost/katapult", "localhost", 80),
            ("http://127.0.0.1:8080", "127.0.0.1", 8080),
            ("https://[::1]:8443", "::1", 8443),
        ] {
            let server = ServerName::of(base_url);
            assert_eq!((server.address.as_str(), server.port), (address, port));
        }
    }
}
