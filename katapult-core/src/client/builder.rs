//! The builder of a client, with the defaults of all settings.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::Client;
use super::base_url::BaseUrl;
use crate::error::ConfigError;
use crate::rate_limit::RateLimit;
use crate::rate_limit::limiter::RateLimiter;
use crate::rate_limit::window::QuotaWindow;
use crate::retry::RetryPolicy;
use crate::retry::budget::RetryBudget;
use crate::transport::credentials::TokenCache;
use crate::transport::{CallLimits, HttpClient, HttpTransport, TokenProvider, TransportConfig};
use crate::util::clock::Clock;
use crate::util::rng::{self, Rng};

/// The environment variable of the token.
const API_KEY: &str = "KATAPULT_API_KEY";
/// The environment variable of the base URL.
const API_URL: &str = "KATAPULT_API_URL";

/// The time after which idle connections are closed.
// Before most servers close them: of a request that meets the end of its connection, nobody knows whether it was
// executed.
const POOL_IDLE: Duration = Duration::from_secs(20);

impl Client {
    /// Returns a client with the token in `KATAPULT_API_KEY`, for the API at `KATAPULT_API_URL` (default:
    /// `https://api.katapult.io`), and the default settings of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// If `KATAPULT_API_KEY` is not set, or one of the two is not valid.
    pub fn from_env() -> Result<Self, ConfigError> {
        ClientBuilder::from_vars(env::var_os)?.build()
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

/// A builder of a [`Client`], created by [`Client::builder`].
///
/// | setting | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.katapult.io` |
/// | [`token`](Self::token) | none: only the public API can be used |
/// | [`retry`](Self::retry) | [8 attempts, backoff from 500 ms to 60 s](RetryPolicy::default) |
/// | [`deadline`](Self::deadline) | 120 s for the whole call |
/// | [`attempt_timeout`](Self::attempt_timeout) | 30 s for each attempt |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s for each connection |
/// | [`rate_limit`](Self::rate_limit) | [`RateLimit::Auto`] |
/// | [`max_response_bytes`](Self::max_response_bytes) | 16 MiB |
///
/// One more limit has no setting: the retry budget. A client and its clones have 100 retries, and regain half a
/// one with each successful call, so that many callers of a failing API do not multiply its load. Waiting for
/// the quota costs nothing of it.
///
/// Redirects are not followed: the token is sent to the host of the base URL and to no other.
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: String,
    token: Option<TokenSource>,
    retry: RetryPolicy,
    deadline: Duration,
    attempt_timeout: Duration,
    connect_timeout: Duration,
    rate_limit: RateLimit,
    user_agent: String,
    max_response_bytes: usize,
    http_client: Option<Arc<dyn HttpClient>>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

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
            // Room for the reset of the quota, a minute at most, and for a few retries besides.
            deadline: Duration::from_secs(120),
            // A quarter of the deadline, so that a lost response leaves time for other attempts.
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            rate_limit: RateLimit::Auto,
            user_agent: concat!("katapult-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            // Many times the largest page of a list, and no danger to a small machine.
            max_response_bytes: 16 << 20,
            http_client: None,
            clock: Arc::new(SystemTime::now),
            rng: Arc::new(rng::system_random),
        }
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
    /// A `/core/v1` at its end is dropped. Plain http is permitted only for a loopback address.
    pub fn base_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.base_url);
        self
    }

    /// Sets the retry policy. Default: [`RetryPolicy::default`]. For one call:
    /// [`CallExt::retry`](crate::CallExt::retry).
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the limit of a whole call, with its delays and retries. Default: 120 s; [`Duration::MAX`] means no
    /// limit. A delay that would exceed it is not started.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the limit of each attempt, from sending the request to the end of the response. Default: 30 s;
    /// [`Duration::MAX`] means no limit.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// Sets the limit for making a connection, with name lookup and TLS, within that of the attempt.
    /// Default: 10 s.
    ///
    /// A connection that exceeds it was never made, so that any operation can be retried. An attempt that
    /// exceeds its own limit may have been executed.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the client-side rate limit. Default: [`RateLimit::Auto`].
    pub fn rate_limit(mut self, rate_limit: RateLimit) -> Self {
        self.rate_limit = rate_limit;
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

    /// Sets the HTTP client. Default: reqwest, without redirects, with idle connections closed after 20 s.
    ///
    /// [`connect_timeout`](Self::connect_timeout) does not apply to it.
    pub fn http_client(mut self, http_client: impl HttpClient) -> Self {
        self.http_client = Some(Arc::new(http_client));
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
    /// If the base URL, the token or the user agent is not valid, or if TLS is missing or cannot be set up.
    pub fn build(self) -> Result<Client, ConfigError> {
        let base = BaseUrl::parse(&self.base_url)?;
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
        let user_agent = HeaderValue::try_from(&self.user_agent).map_err(|error| {
            ConfigError::new("the user agent contains a character that is not valid in a header")
                .with_source(error)
        })?;
        let mut http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .https_only(base.https)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(POOL_IDLE);
        if !base.https {
            // A proxy would receive the token unencrypted.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| {
            ConfigError::new("the HTTP client could not be set up").with_source(error)
        })?;
        let window = QuotaWindow::new(Instant::now(), self.clock.now());
        let limiter = RateLimiter::new(self.rate_limit, Arc::clone(&self.rng), window);
        Ok(Client::from_transport(HttpTransport::new(
            TransportConfig {
                http_client: self.http_client.unwrap_or_else(|| Arc::new(http)),
                base_url: base.root,
                token,
                user_agent,
                limits: CallLimits {
                    retry: self.retry,
                    deadline: self.deadline,
                    attempt_timeout: self.attempt_timeout,
                },
                limiter: Arc::new(limiter),
                budget: RetryBudget::new(),
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
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("rate_limit", &self.rate_limit)
            .field("user_agent", &self.user_agent)
            .field("max_response_bytes", &self.max_response_bytes)
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
