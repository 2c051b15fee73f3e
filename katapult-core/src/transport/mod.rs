//! The transport: the implementation of `katapult-gen`'s [`Transport`] with retries, rate limiting and time limits.
//!
//! [`request_loop`] executes a call; [`attempt`] sends one request through the [`HttpClient`].

mod attempt;
pub(crate) mod credentials;
mod http_client;
mod options;
mod redact;
mod request_loop;
mod reqwest_client;
mod shared;
mod telemetry;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request};
use katapult_gen::{Api, BuildError, OperationInfo, RawResponse, Transport};
use tracing::{Instrument, debug};

use crate::error::{Error, ErrorContext, ErrorKind, FailureCause};
use crate::rate_limit::RateLimitState;
use request_loop::RequestLoop;

pub use credentials::{TokenFuture, TokenProvider};
pub use http_client::{HttpBody, HttpClient, HttpFuture, HttpResponse};
pub(crate) use options::CallLimits;
pub use options::CallOptions;
pub(crate) use shared::{Shared, TransportConfig};

/// A request that is ready to be sent by a [`Client`](crate::Client).
pub type Call<O> = katapult_gen::Call<HttpTransport, O>;

/// The transport of a [`Client`](crate::Client): sends requests to the API with the client's settings.
#[derive(Clone)]
pub struct HttpTransport {
    shared: Arc<Shared>,
}

impl HttpTransport {
    pub(crate) fn new(config: TransportConfig) -> Self {
        Self {
            shared: Arc::new(Shared::new(config)),
        }
    }

    pub(crate) fn config(&self) -> &TransportConfig {
        &self.shared.config
    }

    pub(crate) fn rate_limit(&self) -> Option<RateLimitState> {
        self.config().limiter.state()
    }
}

impl Transport for HttpTransport {
    type Error = Error;
    type Options = CallOptions;

    fn base_url(&self, api: Api) -> &str {
        match api {
            Api::Public => &self.shared.public_url,
            _ => &self.shared.core_url,
        }
    }

    async fn execute(
        &self,
        operation: &'static OperationInfo,
        request: Request<Bytes>,
        options: CallOptions,
    ) -> Result<RawResponse, Error> {
        let span = telemetry::span(operation);
        let shared = Arc::clone(&self.shared);
        let request_loop = RequestLoop::new(shared, operation, options, span.clone());
        // Boxed, so that the futures of callers stay small.
        Box::pin(request_loop.execute(request).instrument(span)).await
    }

    fn build_error(&self, operation: &'static OperationInfo, cause: BuildError) -> Error {
        let mut context = ErrorContext::new(ErrorKind::Build, operation);
        context.cause = Some(FailureCause::Build(Box::new(cause)));
        context.into()
    }

    fn decode_error(
        &self,
        operation: &'static OperationInfo,
        response: RawResponse,
        cause: serde_json::Error,
    ) -> Error {
        debug!(target: "katapult_core", operation = operation.id, %cause, "response could not be decoded");
        let mut context = ErrorContext::new(ErrorKind::Decode, operation);
        context.attempts = response.attempts;
        context.may_have_happened = operation.method != Method::GET;
        context.response = Some(response);
        context.cause = Some(FailureCause::Decode(cause));
        context.into()
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.config();
        f.debug_struct("HttpTransport")
            .field("base_url", &config.base_url)
            .field("token", &config.token)
            .field("retry", &config.limits.retry)
            .field("deadline", &config.limits.deadline)
            .field("attempt_timeout", &config.limits.attempt_timeout)
            .field("rate_limit", &config.limiter.setting())
            .field("max_response_bytes", &config.max_response_bytes)
            .finish_non_exhaustive()
    }
}
