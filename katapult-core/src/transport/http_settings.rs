//! The settings of the default HTTP client.

use std::time::Duration;

use reqwest::{ClientBuilder, redirect, retry};

/// The time after which idle connections are closed.
// Before most servers close them: of a request that meets the end of its connection, nobody knows whether it was
// executed.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// The interval of HTTP/2 pings, and the time limit for the response to one.
// Together 10 s, a third of the default time of an attempt: the pool learns nothing from an attempt that timed out,
// and would reuse a silent connection forever.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

type Step = Box<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// The settings of the default HTTP client. They build any number of equal clients.
pub(crate) struct HttpSettings {
    base: Option<Box<dyn Fn() -> ClientBuilder + Send + Sync>>,
    /// The settings of the builder's methods, in the order of the calls.
    steps: Vec<Step>,
    /// The method that was called first, for an error that names it.
    first: Option<&'static str>,
    pub(crate) connect_timeout: Duration,
    pub(crate) https_only: bool,
}

impl HttpSettings {
    pub(crate) fn new() -> Self {
        Self {
            base: None,
            steps: Vec::new(),
            first: None,
            connect_timeout: Duration::from_secs(10),
            https_only: true,
        }
    }

    /// Sets the function that returns the builder to complete.
    pub(crate) fn set_base(&mut self, base: impl Fn() -> ClientBuilder + Send + Sync + 'static) {
        self.note("reqwest_builder");
        self.base = Some(Box::new(base));
    }

    /// Adds a setting that the builder's method of this name made.
    pub(crate) fn add(
        &mut self,
        method: &'static str,
        step: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static,
    ) {
        self.note(method);
        self.steps.push(Box::new(step));
    }

    /// Notes that the builder's method of this name was called.
    pub(crate) fn note(&mut self, method: &'static str) {
        self.first.get_or_insert(method);
    }

    /// Returns the name of a builder's method that another HTTP client makes pointless.
    pub(crate) fn first(&self) -> Option<&'static str> {
        self.first
    }

    /// Builds a client.
    pub(super) fn build(&self) -> reqwest::Result<reqwest::Client> {
        let mut http = match &self.base {
            Some(base) => base(),
            None => default_builder(),
        };
        if !self.https_only {
            // A proxy of the environment would receive the token unencrypted.
            http = http.no_proxy();
            #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
            if self.first.is_none() {
                // Spares tests and tools on loopback the reading of certificates.
                http = http.tls_certs_only([]);
            }
        }
        for step in &self.steps {
            http = step(http);
        }
        // Last, since the safety of tokens and of retries depends on them.
        http.https_only(self.https_only)
            .redirect(redirect::Policy::none())
            // Its repetitions would not count as attempts.
            .retry(retry::never())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(POOL_IDLE)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .http2_keep_alive_while_idle(true)
            .build()
    }
}

fn default_builder() -> ClientBuilder {
    let http = reqwest::Client::builder();
    #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
    // Stated, because the default of native-tls is that of the platform.
    let http = http.tls_version_min(reqwest::tls::Version::TLS_1_2);
    http
}
