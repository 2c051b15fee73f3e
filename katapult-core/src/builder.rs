//! A client's settings, and their defaults.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::budget::RetryBudget;
use crate::client::{API_KEY, API_URL, Client};
use crate::clock::{Clock, SystemClock};
use crate::config::{BaseUrl, ConfigError};
use crate::ledger::Ledger;
use crate::pace::{Pacer, RateLimit};
use crate::random::{Rng, SystemRandom};
use crate::retry::RetryPolicy;
use crate::seam::{HttpTransport, Limits, Parts};
use crate::sender::HttpClient;
use crate::token::{TokenCell, TokenProvider};

/// Idle connections are closed after this time, before servers as a rule do: a request that meets a
/// connection's end may or may not have been read.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// Makes a [`Client`].
///
/// | setting | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.katapult.io` |
/// | [`token`](Self::token) | none: only the public API can be used |
/// | [`retry`](Self::retry) | [8 attempts, 500 ms to 60 s in between](RetryPolicy::default) |
/// | [`deadline`](Self::deadline) | 120 s for the whole call |
/// | [`attempt_timeout`](Self::attempt_timeout) | 30 s for each attempt |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s for each connection |
/// | [`pace`](Self::pace) | [on](RateLimit::Auto) |
/// | [`max_response_bytes`](Self::max_response_bytes) | 16 MiB |
///
/// There are no other limits, but one: a client and its clones may spend 100 retries, and earn half a one with each
/// call that ends well, so that a failing API is not stormed. Waiting for the quota costs nothing of it.
///
/// Redirects are not followed: the token goes to the base URL's host and to no other.
#[must_use = "a builder makes nothing until it is built"]
pub struct ClientBuilder {
    base_url: String,
    token: Option<TokenFrom>,
    retry: RetryPolicy,
    deadline: Duration,
    attempt_timeout: Duration,
    connect_timeout: Duration,
    pace: RateLimit,
    user_agent: String,
    max_response_bytes: usize,
    sender: Option<Arc<dyn HttpClient>>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Rng>,
}

enum TokenFrom {
    Fixed(SecretString),
    Provider(Box<dyn TokenProvider>),
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: "https://api.katapult.io".to_owned(),
            token: None,
            retry: RetryPolicy::default(),
            deadline: Duration::from_secs(120),
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            pace: RateLimit::Auto,
            user_agent: concat!("katapult-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_response_bytes: 16 << 20,
            sender: None,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }

    /// Reads the environment, which is handed in because a test can't change its own.
    pub(crate) fn from_vars(
        var: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let text = |name| match var(name).map(OsString::into_string) {
            None => Ok(None),
            // What is not text is not shown: it is next to a secret, if it is none itself.
            Some(Err(_)) => Err(ConfigError::new(format!("{name} is not UTF-8 text"))),
            Some(Ok(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        };
        let token = text(API_KEY)?.ok_or_else(|| {
            ConfigError::new(format!(
                "{API_KEY} is not set: set it to an API token, or use Client::builder() for what needs none"
            ))
        })?;
        let mut builder = Self::new().token(token);
        if let Some(url) = text(API_URL)? {
            builder = builder.base_url(&url);
        }
        Ok(builder)
    }

    /// The token: an API token or an OAuth2 access token.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(TokenFrom::Fixed(token.into()));
        self
    }

    /// Who gives the token, and another one when the API rejects it.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.token = Some(TokenFrom::Provider(Box::new(provider)));
        self
    }

    /// Where the API is: `https://api.katapult.io`. A `/core/v1` at its end is dropped. Plain http is for
    /// this machine alone.
    pub fn base_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.base_url);
        self
    }

    /// When calls are tried again. One call alone: [`CallExt::retry`](crate::CallExt::retry).
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The limit of a whole call, its waits and further attempts included. Default 120 s;
    /// [`Duration::MAX`] is no limit. No wait is begun that would pass it.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The limit of each attempt, from sending the request to the end of the response. Default 30 s;
    /// [`Duration::MAX`] is no limit.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// The limit for making a connection, name look-up and TLS included, within that of the attempt. Default 10 s.
    ///
    /// What doesn't connect in this time was surely not sent, so that anything can be tried again;
    /// of an attempt whose own time is up nobody knows.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Whether the client keeps to the quota by itself. Default [`RateLimit::Auto`].
    pub fn rate_limit(mut self, pace: RateLimit) -> Self {
        self.pace = pace;
        self
    }

    /// What the client calls itself. Default `katapult-rust/` and the version of this crate.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The size of a response's body beyond which it is not read. Default 16 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// What sends the requests. Default: reqwest, with connections that are kept for 20 s. For tests.
    pub fn http_client(mut self, sender: impl HttpClient) -> Self {
        self.sender = Some(Arc::new(sender));
        self
    }

    /// What tells the time of day. Default: the machine's clock. For tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What gives the random numbers. For tests.
    pub fn random(mut self, random: impl Rng) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// When the base URL, the token or the user agent can't be used, or TLS is not there or can't be set up.
    pub fn build(self) -> Result<Client, ConfigError> {
        let base = BaseUrl::parse(&self.base_url)?;
        let tls = cfg!(any(feature = "rustls-tls", feature = "native-tls"));
        if base.https && !tls && self.sender.is_none() {
            return Err(ConfigError::new(format!(
                "{} needs TLS: turn on the feature rustls-tls or native-tls of katapult-core",
                base.root
            )));
        }
        let token = match self.token {
            None => TokenCell::none(),
            Some(TokenFrom::Provider(provider)) => TokenCell::provided(provider),
            Some(TokenFrom::Fixed(token)) if token.expose_secret().is_empty() => {
                return Err(ConfigError::new("the token is empty"));
            }
            Some(TokenFrom::Fixed(token)) => {
                TokenCell::fixed(&token).map_err(|error| ConfigError::new(error.to_string()))?
            }
        };
        let user_agent = HeaderValue::try_from(&self.user_agent).map_err(|error| {
            ConfigError::new("the user agent holds a character that no header can carry")
                .caused(error)
        })?;
        let mut http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .https_only(base.https)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(POOL_IDLE);
        if !base.https {
            // A proxy would see the token in plain text.
            http = http.no_proxy();
        }
        let http = http
            .build()
            .map_err(|error| ConfigError::new("the HTTP client can't be set up").caused(error))?;
        let ledger = Ledger::new(Instant::now(), self.clock.now());
        Ok(Client::over(HttpTransport::new(Parts {
            sender: self.sender.unwrap_or_else(|| Arc::new(http.clone())),
            http,
            root: base.root,
            token,
            user_agent,
            limits: Limits {
                retry: self.retry,
                deadline: self.deadline,
                attempt_timeout: self.attempt_timeout,
            },
            pacer: Arc::new(Pacer::new(self.pace, Arc::clone(&self.random), ledger)),
            budget: RetryBudget::new(),
            random: self.random,
            max_response_bytes: self.max_response_bytes,
        })))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is not shown before it was checked: it may hold a password.
        f.debug_struct("ClientBuilder")
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("retry", &self.retry)
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("pace", &self.pace)
            .field("user_agent", &self.user_agent)
            .field("max_response_bytes", &self.max_response_bytes)
            .finish_non_exhaustive()
    }
}
