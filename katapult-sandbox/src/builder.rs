//! The configuration and the start of a sandbox.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use katapult_openapi::Spec;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::faults::Fault;
use crate::http::limits::{
    MAX_LARGE_BODIES, MAX_LATE_EXECUTIONS, MAX_RECORDED_BYTES, REQUEST_TIMEOUT,
};
use crate::http::log::{Format, Log};
use crate::http::server::serve;
use crate::http::shared::Shared;
#[cfg(feature = "tls")]
use crate::http::tls::Tls;
use crate::request::token::Token;
use crate::sandbox::Sandbox;
use crate::spec::{self, DocumentError};
use crate::state::{Config, Initial};
use crate::world::clock::Time;
use crate::world::initial_state::{self, WorldError};

/// The secret of the token that is accepted when the builder gets none.
const DEFAULT_TOKEN: &str = "a-token-of-the-sandbox";

/// A builder of a [`Sandbox`], from [`Sandbox::builder`].
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use katapult_sandbox::{Fault, Sandbox, Time, Token};
///
/// let sandbox = Sandbox::builder()
///     .token(Token::new("reader").scopes(["virtual_machines:read"]))
///     .time(Time::Scaled(60.0))
///     .fault(Fault::rate_limit().on("tasks.get").times(1))
///     .start()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    address: SocketAddr,
    tokens: Vec<Token>,
    seed: u64,
    time: Time,
    start: Option<SystemTime>,
    faults: Vec<Fault>,
    world: Option<String>,
    core: Option<String>,
    journal: Option<PathBuf>,
    max_recorded_requests: usize,
    max_recorded_bytes: usize,
    history: Option<(u16, u8)>,
    log: Option<Format>,
    control: bool,
    request_timeout: Duration,
    /// The further names in the certificate; `None` without TLS.
    #[cfg(feature = "tls")]
    tls: Option<Vec<String>>,
}

/// An error that prevents a sandbox from starting.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The port or the journal file cannot be opened, or no certificate can be made.
    Io(std::io::Error),
    /// The initial state is invalid.
    World(WorldError),
    /// The API document is invalid.
    Document(DocumentError),
    /// A fault is restricted to an operation that the API does not have.
    Fault(Fault),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the sandbox could not start: {error}"),
            Self::World(error) => write!(f, "the sandbox could not start: {error}"),
            Self::Document(error) => write!(f, "the sandbox could not start: {error}"),
            Self::Fault(fault) => write!(
                f,
                "the sandbox could not start: the operation of the fault {fault} does not exist; write one like virtual_machines.get"
            ),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::World(error) => Some(error),
            Self::Document(error) => Some(error),
            Self::Fault(_) => None,
        }
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            // Loopback only: the sandbox has no real protection.
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            tokens: Vec::new(),
            seed: 1,
            time: Time::Real,
            start: None,
            faults: Vec::new(),
            world: None,
            core: None,
            journal: None,
            // A long-running program must not grow without bound.
            max_recorded_requests: 10_000,
            max_recorded_bytes: MAX_RECORDED_BYTES,
            history: None,
            log: None,
            control: false,
            request_timeout: REQUEST_TIMEOUT,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl Builder {
    /// Sets the port. Default: 0, a free port.
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// Sets the address to listen on. Default: the loopback address, 127.0.0.1. The sandbox has no real
    /// protection, so that another address is for containers and private networks only.
    pub fn bind(mut self, address: IpAddr) -> Self {
        self.address.set_ip(address);
        self
    }

    /// Uses HTTPS, with a self-signed certificate made at the start for `localhost`, 127.0.0.1, ::1 and the address
    /// that the sandbox listens on: [`Sandbox::certificate_pem`]. Default: plain HTTP. Needs the feature `tls`.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sandbox = katapult_sandbox::Sandbox::builder().tls().start().await?;
    /// assert!(sandbox.url().starts_with("https://127.0.0.1:"));
    /// // A client trusts it by `reqwest::Certificate::from_pem(…)`, such as with `ClientBuilder::root_certificates`.
    /// assert!(sandbox.certificate_pem().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----")));
    /// # Ok::<(), katapult_sandbox::StartError>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls.get_or_insert_default();
        self
    }

    /// Uses [TLS](Self::tls) with a certificate that is also valid for a host name or an IP address, such as the name of
    /// a container. Can be called several times. Default: none. Needs the feature `tls`.
    #[cfg(feature = "tls")]
    pub fn tls_name(mut self, name: impl Into<String>) -> Self {
        self.tls.get_or_insert_default().push(name.into());
        self
    }

    /// Lets clients control the sandbox over HTTP, by the paths under `/sandbox/`: see
    /// [`guide`](crate#control-over-http). They need no token. Default: off.
    pub fn control(mut self) -> Self {
        self.control = true;
        self
    }

    /// Adds a token to accept. The first one is [`Sandbox::token`]. Default: one token with all scopes.
    pub fn token(mut self, token: Token) -> Self {
        self.tokens.push(token);
        self
    }

    /// Sets the seed of object ids, request ids and faults. Default: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the way in which time passes. Default: [`Time::Real`].
    pub fn time(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    /// Sets the time at the start. Default: the system time.
    pub fn start_at(mut self, start: SystemTime) -> Self {
        self.start = Some(start);
        self
    }

    /// Adds a fault, such as `Fault::rate_limit().times(1)` or `"429#1".parse()?`.
    pub fn fault(self, fault: Fault) -> Self {
        self.faults([fault])
    }

    /// Adds faults.
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// Sets the initial state, as JSON in the format of `data/world.json`. Default: that file.
    pub fn world(mut self, json: impl Into<String>) -> Self {
        self.world = Some(json.into());
        self
    }

    /// Sets another core document, as canonical OpenAPI in JSON. Its operations work without further
    /// code. Default: the document of this version.
    pub fn core_document(mut self, json: impl Into<String>) -> Self {
        self.core = Some(json.into());
        self
    }

    /// Sets a file to which every exchange is written, one JSON object per line. An existing file is
    /// overwritten. Default: none.
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Sets the number of requests that [`Sandbox::requests`] returns at most, the newest; at least 1.
    /// Default: 10,000.
    pub fn max_recorded_requests(mut self, requests: usize) -> Self {
        self.max_recorded_requests = requests.max(1);
        self
    }

    /// Sets the size of the requests that [`Sandbox::requests`] returns at most, the newest with their responses, in
    /// bytes. The newest one is always kept. Default: 256 MiB.
    pub fn max_recorded_bytes(mut self, bytes: usize) -> Self {
        self.max_recorded_bytes = bytes;
        self
    }

    /// Sets the longest time in which the head of a request must arrive, then its body, and in which the client must
    /// read some of the response. A slower client is disconnected; so is one that keeps a connection without a
    /// request for so long. Default: 30 s.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use std::time::Duration;
    ///
    /// let builder = katapult_sandbox::Sandbox::builder();
    /// let sandbox = builder.request_timeout(Duration::from_secs(5)).start().await?;
    /// # Ok::<(), katapult_sandbox::StartError>(())
    /// # }).unwrap();
    /// ```
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Sets the month whose responses to imitate, for clients of that time: fields that the API added
    /// later are left out. Default: the newest responses.
    pub fn as_of(mut self, year: u16, month: u8) -> Self {
        self.history = Some((year, month));
        self
    }

    /// Prints a line on standard output for each request. Default: off.
    pub fn log(mut self) -> Self {
        self.log = Some(Format::Text);
        self
    }

    /// Prints a JSON object on standard output for each request, one per line, instead of [`log`](Self::log)'s
    /// text. Its fields are `event` (`request`), `operation`, `method`, `target`, `status`, `executed`,
    /// `error_code`, `error_message`, `faults` and `request_id`, as in [`RecordedRequest`](crate::RecordedRequest).
    /// Default: off.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sandbox = katapult_sandbox::Sandbox::builder().log_json().start().await?;
    /// # Ok::<(), katapult_sandbox::StartError>(())
    /// # }).unwrap();
    /// ```
    pub fn log_json(mut self) -> Self {
        self.log = Some(Format::Json);
        self
    }

    /// Starts the sandbox on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If the port is taken, the journal file cannot be created, the initial state or the document is
    /// invalid, or a fault names an operation that does not exist.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let spec = match &self.core {
            None => Spec::embedded().map_err(DocumentError::from),
            Some(core) => spec::with_core(core),
        };
        let spec = spec.map_err(StartError::Document)?;
        let mut faults = self.faults.iter();
        if let Some(fault) = faults.find(|fault| !spec::has_operation(&spec, fault.operation())) {
            return Err(StartError::Fault(fault.clone()));
        }
        let mut tokens = self.tokens;
        if tokens.is_empty() {
            tokens.push(Token::new(DEFAULT_TOKEN));
        }
        // Never empty: see above.
        let token = tokens[0].secret.clone();
        let tokens = tokens
            .into_iter()
            .map(|token| (token.secret.clone(), token));
        let initial = Initial {
            world: self.world.unwrap_or_else(|| initial_state::DEFAULT.into()),
            time: self.time,
            start: self.start,
            seed: self.seed,
            tokens: tokens.collect(),
            faults: self.faults,
            history: self.history,
        };
        let state = initial.state().map_err(StartError::World)?;
        let journal = self.journal.map(std::fs::File::create).transpose();
        let journal = journal.map_err(StartError::Io)?;
        let listener = TcpListener::bind(self.address).await;
        let listener = listener.map_err(StartError::Io)?;
        let address = listener.local_addr().map_err(StartError::Io)?;
        #[cfg(feature = "tls")]
        let tls = self
            .tls
            .map(|names| Tls::new(address.ip(), names))
            .transpose();
        #[cfg(feature = "tls")]
        let tls = tls.map_err(|error| StartError::Io(std::io::Error::other(error)))?;
        #[cfg(not(feature = "tls"))]
        let tls = None::<()>;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let config = Config {
            spec,
            max_recorded_requests: self.max_recorded_requests,
            max_recorded_bytes: self.max_recorded_bytes,
            initial,
            control: self.control,
            request_timeout: self.request_timeout,
        };
        let shared = Arc::new(Shared {
            config,
            state: Mutex::new(state),
            journal: journal.map(Mutex::new),
            base: format!("{scheme}://{}", reachable(address)),
            #[cfg(feature = "tls")]
            tls,
            log: self.log.map(Log::start),
            large_bodies: Semaphore::new(MAX_LARGE_BODIES),
            late_executions: Arc::new(Semaphore::new(MAX_LATE_EXECUTIONS)),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Sandbox {
            shared,
            token,
            task,
        })
    }
}

/// Returns an address at which clients on this machine reach a server that listens on an address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

impl Sandbox {
    /// Returns a builder.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a sandbox with the default settings.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }
}
