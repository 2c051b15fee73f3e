//! The builder's settings of the default HTTP client.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::ClientBuilder;
use crate::transport::{DefaultHttpClient, HttpClient};

/// HTTP settings, for the default HTTP client: [`build`](Self::build) fails if one of them is set together with
/// [`http_client`](Self::http_client).
///
/// The guide has examples, in its chapter on HTTP settings.
impl ClientBuilder {
    /// Adds certificate authorities to those that the system trusts, for a proxy that inspects TLS or a server of
    /// one's own. Default: none.
    ///
    /// ```
    /// use katapult_core::{Client, reqwest::Certificate};
    ///
    /// # fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let authority = Certificate::from_pem(&std::fs::read("/etc/company/ca.pem")?)?;
    /// let katapult = Client::builder().token("a-token").root_certificates([authority]).build()?;
    /// # drop(katapult); Ok(()) }
    /// ```
    #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
    pub fn root_certificates(
        mut self,
        authorities: impl IntoIterator<Item = reqwest::Certificate>,
    ) -> Self {
        let authorities: Vec<_> = authorities.into_iter().collect();
        self.http.add("root_certificates", move |http| {
            http.tls_certs_merge(authorities.iter().cloned())
        });
        self
    }

    /// Sets the certificate, with its key, by which the server or a gateway recognizes this client. Default: none.
    #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
    pub fn client_certificate(mut self, identity: reqwest::Identity) -> Self {
        self.http.add("client_certificate", move |http| {
            http.identity(identity.clone())
        });
        self
    }

    /// Sets the lowest version of TLS that is accepted. Default: 1.2.
    #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
    pub fn min_tls_version(mut self, version: reqwest::tls::Version) -> Self {
        self.http
            .add("min_tls_version", move |http| http.tls_version_min(version));
        self
    }

    /// Adds a proxy, in place of those in the environment. Default: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, for an
    /// https base URL; none for plain http, because a proxy would receive the token unencrypted.
    ///
    /// Of several proxies, the first that applies to a URL is used.
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.http
            .add("proxy", move |http| http.proxy(proxy.clone()));
        self
    }

    /// Sends requests without a proxy, also if the environment names one, and forgets those that
    /// [`proxy`](Self::proxy) added.
    pub fn no_proxy(mut self) -> Self {
        self.http.add("no_proxy", reqwest::ClientBuilder::no_proxy);
        self
    }

    /// Sets the addresses of a host, in place of those in DNS. Default: none.
    ///
    /// TLS still verifies the host's name. The port is that of the base URL. It has no effect on a host that a proxy
    /// looks up.
    pub fn resolve(mut self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let host = host.to_owned();
        // reqwest replaces the port 0 by that of the URL.
        let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
        let addresses: Vec<_> = addresses.collect();
        self.http.add("resolve", move |http| {
            http.resolve_to_addrs(&host, &addresses)
        });
        self
    }

    /// Sets the function that returns the `reqwest::ClientBuilder` to start from, for what has no setting here, such
    /// as a DNS resolver or a network interface. Default: `reqwest::Client::builder()`.
    ///
    /// The client completes it: redirects and reqwest's own retries off, the
    /// [connect timeout](Self::connect_timeout), idle connections closed after 20 s, HTTP/2 pings every 5 s with a
    /// timeout of 5 s, no proxy for plain http, and then the other settings of this builder. The function is called
    /// once in `build`, and again for each further tokio runtime that uses the client.
    ///
    /// ```
    /// use katapult_core::{Client, reqwest};
    ///
    /// # fn run() -> Result<(), katapult_core::ConfigError> {
    /// let katapult = Client::builder()
    ///     .token("a-token")
    ///     .reqwest_builder(|| reqwest::Client::builder().http1_only().tcp_nodelay(false))
    ///     .build()?;
    /// # drop(katapult); Ok(()) }
    /// ```
    pub fn reqwest_builder(
        mut self,
        builder: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http.set_base(builder);
        self
    }

    /// Wraps the default HTTP client, with its settings, in a layer: metrics, a limit, another header. Default: none.
    ///
    #[cfg_attr(
        feature = "tower",
        doc = "[`TowerClient`](crate::TowerClient) makes one of tower's layers."
    )]
    #[cfg_attr(
        not(feature = "tower"),
        doc = "The feature `tower` makes one of tower's layers."
    )]
    ///
    /// ```
    /// use katapult_core::bytes::Bytes;
    /// use katapult_core::http::Request;
    /// use katapult_core::{Client, HttpClient, HttpFuture};
    ///
    /// /// Prints each request, and the status of its response.
    /// struct Printed<C>(C);
    ///
    /// impl<C: HttpClient> HttpClient for Printed<C> {
    ///     fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
    ///         println!("{} {}", request.method(), request.uri().path());
    ///         Box::pin(async move {
    ///             let response = self.0.send(request).await?;
    ///             println!("{}", response.status());
    ///             Ok(response)
    ///         })
    ///     }
    /// }
    ///
    /// # fn run() -> Result<(), katapult_core::ConfigError> {
    /// let katapult = Client::builder().token("a-token").wrap_http_client(Printed).build()?;
    /// # drop(katapult); Ok(()) }
    /// ```
    pub fn wrap_http_client<C: HttpClient>(
        mut self,
        wrap: impl FnOnce(DefaultHttpClient) -> C + Send + Sync + 'static,
    ) -> Self {
        self.http.note("wrap_http_client");
        self.wrap_http_client = Some(Box::new(|default| Arc::new(wrap(default))));
        self
    }

    /// Permits a base URL with plain http beyond loopback addresses, for a network of containers or a tunnel.
    /// Default: not permitted.
    ///
    /// Everybody on the way between the client and the server can read the token, and use it.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Adds a product to the `User-Agent` header, such as `my-tool/1.2`, so that Katapult's support can recognize a
    /// program. Default: none.
    pub fn user_agent_suffix(mut self, product: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(product.into());
        self
    }
}
