//! The transport: the implementation of `katapult-gen`'s [`Transport`] with retries, rate limiting and time limits.
//!
//! [`request_loop`] executes a call; [`attempt`] sends one request through the [`HttpClient`].

mod additions;
mod attempt;
mod attempt_report;
pub(crate) mod credentials;
mod failure_cause;
mod http_client;
mod http_settings;
mod named_object;
mod options;
mod reconcile;
mod redact;
mod request_loop;
mod reqwest_client;
mod reqwest_error;
mod response_check;
mod shared;
mod telemetry;
mod token_remover;
#[cfg(feature = "tower")]
mod tower_client;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use katapult_gen::{
    Api, ApiError, BuildError, DecodeError, OperationInfo, OperationRef, RawResponse, SentRequest,
    Transport,
};
use tracing::{Instrument, debug};

use crate::error::{Error, ErrorContext, ErrorKind, FailureCause};
use crate::rate_limit::RateLimitState;
use request_loop::RequestLoop;
use telemetry::CallTelemetry;

pub use credentials::{TokenFuture, TokenProvider};
pub use http_client::{HttpBody, HttpClient, HttpFuture, HttpResponse};
pub(crate) use http_settings::HttpSettings;
pub(crate) use options::CallLimits;
pub use options::CallOptions;
pub use reqwest_client::DefaultHttpClient;
pub(crate) use shared::{Shared, TransportConfig};
#[cfg(feature = "tower")]
pub use tower_client::{HttpClientService, TowerClient};

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

    /// Returns the request of a call as its first attempt sends it, except for the token of a provider.
    ///
    /// # Errors
    ///
    /// If the request is refused before it is sent.
    #[cfg(feature = "httpmock")]
    pub(crate) fn first_request<O: katapult_gen::Operation>(
        &self,
        operation: &O,
        options: &CallOptions,
    ) -> Result<Request<Bytes>, Error> {
        let info = OperationRef::from(O::INFO);
        let request = katapult_gen::build_request(operation, self.base_url(O::INFO.api));
        let mut request = request.map_err(|error| self.build_error(info.clone(), error))?;
        prepare(&info, &mut request, options)?;
        let token = self.config().token.fixed_header();
        let token = token.filter(|_| O::INFO.api != Api::Public).cloned();
        // A mock does not depend on the version in the user agent.
        Ok(attempt::request(&request, None, token))
    }

    /// Sends a request, and checks the response as far as that is possible without its type.
    async fn call(
        &self,
        operation: &OperationRef,
        request: &mut Request<Bytes>,
        options: &CallOptions,
        telemetry: &mut CallTelemetry<'_>,
    ) -> Result<RawResponse, Error> {
        let sent = prepare(operation, request, options)?;
        let mut request_loop = RequestLoop::new(&self.shared, operation, options, telemetry);
        let check = request_loop.success_check();
        let result = request_loop.execute(request, &sent).await;
        let response =
            result.map_err(|error| error.with_lookup(displayed_lookup(operation, &sent)))?;
        let problem = response_check::problem(operation, &sent, &response);
        if let Some(check) = &check {
            if let Some(found) = check.replacement(problem.is_some(), &response).await {
                return Ok(found);
            }
        }
        match problem {
            None => Ok(response),
            Some(problem) => Err(unusual(operation.clone(), response, problem, true)),
        }
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
        operation: OperationRef,
        mut request: Request<Bytes>,
        options: CallOptions,
    ) -> Result<RawResponse, Error> {
        let mut telemetry = CallTelemetry::start(&self.shared, operation.clone());
        let span = telemetry.span();
        let call = self.call(&operation, &mut request, &options, &mut telemetry);
        let result = call.instrument(span).await;
        telemetry.finish(result)
    }

    fn finished(&self, operation: &OperationInfo, result: Result<&RawResponse, &Error>) {
        let duration = match result {
            Ok(response) => Some(response.elapsed),
            Err(error) => error.last_response().map(|(response, _)| response.elapsed),
        };
        telemetry::call_finished(
            &self.shared,
            operation,
            result,
            duration.unwrap_or_default(),
        );
    }

    fn validate(
        &self,
        operation: OperationRef,
        mut request: Request<Bytes>,
        options: &CallOptions,
    ) -> Result<(), Error> {
        prepare(&operation, &mut request, options).map(drop)
    }

    fn build_error(&self, operation: OperationRef, cause: BuildError) -> Error {
        refused(operation, cause, None)
    }

    fn decode_error(
        &self,
        operation: OperationRef,
        response: RawResponse,
        cause: serde_json::Error,
    ) -> Error {
        let cause = DecodeError::from(cause);
        debug!(target: "katapult_core", %cause, katapult.operation = operation.id, "response could not be decoded");
        // The API answers with an object, or with nothing. Anything else is from a proxy, which says
        // nothing about the request.
        let foreign = !response.body.is_empty() && !response_check::is_object(&response.body);
        unusual(operation, response, FailureCause::Decode(cause), foreign)
    }
}

/// Adds the additions of a call to its request, and returns what is kept of it for the response.
///
/// # Errors
///
/// If the request is refused before it is sent.
fn prepare(
    operation: &OperationRef,
    request: &mut Request<Bytes>,
    options: &CallOptions,
) -> Result<SentRequest, Error> {
    // First, so that the rules for names apply to the request as it is sent.
    let added = options.apply_additions(request);
    added.map_err(|problem| refused(operation.clone(), problem, None))?;
    let sent = SentRequest::of(request);
    match named_object::problem(&sent) {
        Some(problem) => {
            let lookup = displayed_lookup(operation, &sent);
            Err(refused(operation.clone(), problem, lookup))
        }
        None => Ok(sent),
    }
}

/// Returns the lookup of the object that a request is about, for an error.
fn displayed_lookup(operation: &OperationInfo, request: &SentRequest) -> Option<String> {
    let named = named_object::subject(operation, request);
    named.map(|named| named.to_string())
}

/// Returns the lookup of the object that a response is about, for an error.
pub(crate) fn lookup_of(operation: &OperationInfo, response: &RawResponse) -> Option<String> {
    displayed_lookup(operation, response.request.as_ref()?)
}

/// Returns the error of a request that is not sent.
fn refused(
    operation: OperationRef,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    lookup: Option<String>,
) -> Error {
    let mut context = ErrorContext::new(ErrorKind::Build, operation);
    context.cause = Some(FailureCause::Build(cause.into()));
    context.lookup = lookup;
    context.into()
}

/// Returns the error of a response with the status of a success that is not one. If it is `foreign`, a
/// write may or may not have been executed; otherwise it was.
fn unusual(
    operation: OperationRef,
    response: RawResponse,
    cause: FailureCause,
    foreign: bool,
) -> Error {
    let write = !operation.method.is_safe();
    let kind = match write && foreign {
        true => ErrorKind::Unconfirmed,
        false => ErrorKind::Decode,
    };
    let lookup = lookup_of(&operation, &response);
    let mut context = ErrorContext::new(kind, operation);
    context.lookup = lookup;
    context.attempts = response.attempts;
    context.may_have_happened = write;
    if matches!(cause, FailureCause::ErrorInSuccess) {
        context.api = ApiError::from_body(&response.body);
    }
    context.response = Some(response);
    context.cause = Some(cause);
    context.into()
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
