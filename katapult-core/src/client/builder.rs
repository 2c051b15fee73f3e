//! The builder of a client, with the defaults of all settings.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::Client;
use super::base_url::BaseUrl;
use crate::error::ConfigError;
use crate::observer::{Observer, Observers};
use crate::rate_limit::RateLimit;
use crate::rate_limit::limiter::RateLimiter;
use crate::rate_limit::poll_queue::PollQueue;
use crate::rate_limit::poll_rate;
use crate::rate_limit::window::QuotaWindow;
use crate::retry::budget::TokenBucket;
use crate::retry::{RetryBudget, RetryPolicy};
use crate::transport::credentials::TokenCache;
use crate::transport::{
    CallLimits, DefaultHttpClient, HttpClient, HttpSettings, HttpTransport, TokenProvider,
    TransportConfig,
};
use crate::util::clock::Clock;
use crate::util::rng::{self, Rng};

/// The environment variable of the token.
const API_KEY: &str = "KATAPULT_API_KEY";
/// The environment variable of the base URL.
const API_URL: &str = "KATAPULT_API_URL";

impl Client {
    /// Returns a client with the token in `KATAPULT_API_KEY`, for the API at `KATAPULT_API_URL` (default:
    /// `https://api.katapult.io`), and the default settings of [`ClientBuilder`].
    ///
    /// [`ClientBuilder::from_env`] returns a builder for further settings.
    ///
    /// # Errors
    ///
    /// If `KATAPULT_API_KEY` is not set, or one of the two is not valid.
    pub fn from_env() -> Result<Self, ConfigError> {
        ClientBuilder::from_env()?.build()
    }

    /// Returns a builder of a client.
    ///
    /// ```
    /// use std::time::Duration;
    /// use katapult_core::{Client, RetryPolicy};
    ///
    /// # fn run() -> Result<(), katapult_core::ConfigError> {
    /// let katapult = Client::builder()
    ///     .token("a-token")
    ///     .retry(RetryPolicy::default().max_attempts(5))
    ///     .deadline(Duration::from_secs(60))
    ///     .build()?;
    /// # drop(katapult); Ok(()) }
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

/// A builder of a [`Client`], created by [`Client::builder`] or [`ClientBuilder::from_env`].
///
/// | setting | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.katapult.io` |
/// | [`token`](Self::token) | none: only the public API can be used |
/// | [`retry`](Self::retry) | [8 attempts, backoff from 500 ms to 60 s](RetryPolicy::default) |
/// | [`retry_budget`](Self::retry_budget) | [20 retries at once, then 10 per second](RetryBudget::default) |
/// | [`deadline`](Self::deadline) | 120 s for the whole call |
/// | [`attempt_timeout`](Self::attempt_timeout) | 30 s for each attempt |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s for each connection |
/// | [`rate_limit`](Self::rate_limit) | [`RateLimit::Auto`] |
/// | [`poll_share`](Self::poll_share) | 0.3 of the quota for the polls of all waiters |
/// | [`max_response_bytes`](Self::max_response_bytes) | 16 MiB |
/// | [`observer`](Self::observer) | none |
/// | [`proxy`](Self::proxy) | `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment |
/// | [`root_certificates`](Self::root_certificates) | those of the system |
///
/// The retry budget belongs to a client and its clones together, so that many callers of a failing API do not
/// multiply its load.
///
/// Redirects are not followed: the token is sent to the host of the base URL and to no other.
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: String,
    token: Option<TokenSource>,
    pub(super) retry: RetryPolicy,
    pub(super) retry_budget: RetryBudget,
    pub(super) deadline: Duration,
    pub(super) attempt_timeout: Duration,
    pub(super) http: HttpSettings,
    pub(super) allow_http: bool,
    pub(super) rate_limit: RateLimit,
    pub(super) poll_share: f64,
    user_agent: String,
    pub(super) user_agent_suffix: Option<String>,
    max_response_bytes: usize,
    http_client: Option<Arc<dyn HttpClient>>,
    pub(super) wrap_http_client: Option<WrapHttpClient>,
    observers: Observers,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// A function that wraps the default HTTP client.
pub(super) type WrapHttpClient =
    Box<dyn FnOnce(DefaultHttpClient) -> Arc<dyn HttpClient> + Send + Sync>;

enum TokenSource {
    Fixed(SecretString),
    Provider(Box<dyn TokenProvider>),
}

impl ClientBuilder {
    fn new() -> Self {
        Self {
            base_url: "https://api.katapult.io".to_owned(),
            token: None,
            retry: RetryPolicy::default(),
            retry_budget: RetryBudget::default(),
            // Room for the reset of the quota, a minute at most, and for a few retries besides.
            deadline: Duration::from_secs(120),
            // A quarter of the deadline, so that a lost response leaves time for other attempts.
            attempt_timeout: Duration::from_secs(30),
            http: HttpSettings::new(),
            allow_http: false,
            rate_limit: RateLimit::Auto,
            poll_share: poll_rate::DEFAULT_SHARE,
            user_agent: concat!("katapult-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            user_agent_suffix: None,
            // Many times the largest page of a list, and no danger to a small machine.
            max_response_bytes: 16 << 20,
            http_client: None,
            wrap_http_client: None,
            observers: Observers::default(),
            clock: Arc::new(SystemTime::now),
            rng: Arc::new(rng::system_random),
        }
    }

    /// Returns a builder with the token in `KATAPULT_API_KEY`, for the API at `KATAPULT_API_URL` (default:
    /// `https://api.katapult.io`).
    ///
    /// ```
    /// use std::time::Duration;
    /// use katapult_core::ClientBuilder;
    ///
    /// # fn run() -> Result<(), katapult_core::ConfigError> {
    /// let katapult = ClientBuilder::from_env()?
    ///     .deadline(Duration::from_secs(60))
    ///     .build()?;
    /// # drop(katapult); Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If `KATAPULT_API_KEY` is not set, or one of the two is not valid UTF-8.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_vars(env::var_os)
    }

    /// Reads the environment through `var`, because a test cannot change its own safely.
    fn from_vars(var: impl Fn(&'static str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let text = |name| match var(name).map(OsString::into_string) {
            None => Ok(None),
            // The value is not displayed: it may be a secret.
            Some(Err(_)) => Err(ConfigError::new(format!("{name} is not valid UTF-8"))),
            Some(Ok(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        };
        let token = text(API_KEY)?.ok_or_else(|| {
            ConfigError::new(format!(
                "{API_KEY} is not set: set it to an API token, or use Client::builder() for operations that need none"
            ))
        })?;
        let mut builder = Self::new().token(token);
        if let Some(url) = text(API_URL)? {
            builder = builder.base_url(&url);
        }
        Ok(builder)
    }

    /// Sets the token: an API token or an OAuth2 access token. Default: none.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(TokenSource::Fixed(token.into()));
        self
    }

    /// Sets the provider of the token, which also replaces a token that the API rejects. Default: none.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.token = Some(TokenSource::Provider(Box::new(provider)));
        self
    }

    /// Sets the base URL of the API. Default: `https://api.katapult.io`.
    ///
    /// A `/core/v1` at its end is dropped. Plain http is permitted only for a loopback address, unless
    /// [`allow_http`](Self::allow_http) is called.
    pub fn base_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.base_url);
        self
    }

    /// Sets the limit for making a connection, with name lookup and TLS, within that of the attempt.
    /// Default: 10 s.
    ///
    /// A connection that exceeds it was never made, so that any operation can be retried. An attempt that
    /// exceeds its own limit may have been executed.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.http.connect_timeout = limit;
        self
    }

    /// Sets the `User-Agent` header. Default: `katapult-rust/` and the version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sets the maximum size of a response's body. A larger body is not read further, and is an error.
    /// Default: 16 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Sets the HTTP client. Default: reqwest, without redirects, with idle connections closed after 20 s, and
    /// HTTP/2 connections that do not respond to pings after 10 s.
    ///
    /// [`connect_timeout`](Self::connect_timeout) does not apply to it. A `reqwest::Client` must not follow redirects:
    /// a call that was redirected fails. It belongs to the tokio runtime in which it is first used;
    /// [`reqwest_builder`](Self::reqwest_builder) configures one for any number of runtimes.
    pub fn http_client(mut self, http_client: impl HttpClient) -> Self {
        self.http_client = Some(Arc::new(http_client));
        self
    }

    /// Adds an [observer](crate::observer): a hook for metrics, called at each step of each call. Default: none.
    ///
    /// Several observers are called in the order in which they were added.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.add(observer);
        self
    }

    /// Sets the source of the calendar time. Default: the clock of the machine.
    #[cfg(feature = "test-util")]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the source of random numbers for jitter. Default: the random keys of the standard library's hash maps.
    #[cfg(feature = "test-util")]
    pub fn rng(mut self, rng: impl Rng) -> Self {
        self.rng = Arc::new(rng);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// If the base URL, the token, the user agent or an HTTP setting is not valid, or if TLS is missing or cannot be
    /// set up.
    pub fn build(mut self) -> Result<Client, ConfigError> {
        let base = BaseUrl::parse(&self.base_url, self.allow_http)?;
        let tls = cfg!(any(feature = "rustls-tls", feature = "native-tls"));
        if base.https && !tls && self.http_client.is_none() {
            return Err(ConfigError::new(format!(
                "{} needs TLS: enable the feature rustls-tls or native-tls of katapult-core",
                base.root
            )));
        }
        let token = match self.token {
            None => TokenCache::none(),
            Some(TokenSource::Provider(provider)) => TokenCache::from_provider(provider),
            Some(TokenSource::Fixed(token)) if token.expose_secret().is_empty() => {
                return Err(ConfigError::new("the token is empty"));
            }
            Some(TokenSource::Fixed(token)) => {
                TokenCache::fixed(&token).map_err(|error| ConfigError::new(error.to_string()))?
            }
        };
        let user_agent = match &self.user_agent_suffix {
            Some(product) => HeaderValue::try_from(format!("{} {product}", self.user_agent)),
            None => HeaderValue::try_from(&self.user_agent),
        };
        let user_agent = user_agent.map_err(|error| {
            ConfigError::new("the user agent contains a character that is not valid in a header")
                .with_source(error)
        })?;
        let http_client = match self.http_client {
            Some(http_client) => match self.http.first() {
                None => http_client,
                Some(setting) => {
                    return Err(ConfigError::new(format!(
                        "{setting}(…) has no effect on the client that http_client(…) sets: configure that client, or use reqwest_builder(…)"
                    )));
                }
            },
            None => {
                self.http.https_only = base.https;
                let http = DefaultHttpClient::new(self.http).map_err(|error| {
                    ConfigError::new("the HTTP client could not be set up").with_source(error)
                })?;
                match self.wrap_http_client {
                    None => Arc::new(http),
                    Some(wrap) => wrap(http),
                }
            }
        };
        let window = QuotaWindow::new(Instant::now(), self.clock.now());
        let limiter = RateLimiter::new(self.rate_limit, Arc::clone(&self.rng), window);
        let limiter = Arc::new(limiter);
        Ok(Client::from_transport(HttpTransport::new(
            TransportConfig {
                http_client,
                base_url: base.root,
                token,
                user_agent,
                limits: CallLimits {
                    retry: self.retry,
                    deadline: self.deadline,
                    attempt_timeout: self.attempt_timeout,
                },
                polls: PollQueue::new(Arc::clone(&limiter), self.poll_share),
                limiter,
                budget: TokenBucket::new(self.retry_budget),
                observers: self.observers,
                rng: self.rng,
                max_response_bytes: self.max_response_bytes,
            },
        )))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is left out until it has been checked: it may contain a password.
        f.debug_struct("ClientBuilder")
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("retry", &self.retry)
            .field("retry_budget", &self.retry_budget)
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("connect_timeout", &self.http.connect_timeout)
            .field("rate_limit", &self.rate_limit)
            .field("poll_share", &self.poll_share)
            .field("user_agent", &self.user_agent)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("observers", &self.observers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &'static [(&str, &str)]) -> Result<ClientBuilder, ConfigError> {
        ClientBuilder::from_vars(|name| {
            let var = vars.iter().find(|(key, _)| *key == name);
            var.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn environment_without_a_token_is_refused() {
        for vars in [&[][..], &[(API_KEY, " ")]] {
            let error = from(vars).unwrap_err().to_string();
            assert!(error.starts_with("KATAPULT_API_KEY is not set"), "{error}");
        }
    }

    #[test]
    fn environment_values_are_trimmed_and_an_empty_url_is_the_default() {
        let builder = from(&[(API_KEY, " a-token\n"), (API_URL, "")]).unwrap();
        assert_eq!(builder.base_url, "https://api.katapult.io");
        let Some(TokenSource::Fixed(token)) = &builder.token else {
            panic!("no token: {builder:?}");
        };
        assert_eq!(token.expose_secret(), "a-token");
        let builder = from(&[(API_KEY, "a"), (API_URL, " http://localhost:1 ")]).unwrap();
        assert_eq!(builder.base_url, "http://localhost:1");
    }
}
