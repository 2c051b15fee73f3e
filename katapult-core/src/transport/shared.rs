//! The state that a client and its clones share.

use std::sync::Arc;

use http::HeaderValue;
use katapult_gen::Api;

use super::credentials::TokenCache;
use super::http_client::HttpClient;
use super::options::CallLimits;
use crate::rate_limit::limiter::RateLimiter;
use crate::retry::budget::RetryBudget;
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
    pub(crate) budget: RetryBudget,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) max_response_bytes: usize,
}

/// The state that a client and its clones share.
pub(crate) struct Shared {
    pub(crate) config: TransportConfig,
    pub(super) core_url: String,
    pub(super) public_url: String,
}

impl Shared {
    pub(super) fn new(config: TransportConfig) -> Self {
        let url = |api: Api| format!("{}{}", config.base_url, api.prefix());
        Self {
            core_url: url(Api::Core),
            public_url: url(Api::Public),
            config,
        }
    }
}
