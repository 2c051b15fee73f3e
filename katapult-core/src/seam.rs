//! The transport as `katapult-gen` sees it: what a client is made of, behind the seam.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method};
use katapult_gen::{Api, OperationInfo, RawResponse, Transport};
use tracing::{Instrument, debug};

use crate::budget::RetryBudget;
use crate::call_ext::CallOptions;
use crate::error::{self, Error, ErrorKind, Trouble};
use crate::pace::{Pacer, RateLimitState};
use crate::random::Rng;
use crate::retry::RetryPolicy;
use crate::sender::HttpClient;
use crate::token::TokenCell;
use crate::trace;
use crate::transport::Life;

/// The transport of a [`Client`](crate::Client): carries requests to the API by its settings.
#[derive(Clone)]
pub struct HttpTransport {
    inner: Arc<Inner>,
}

/// What a transport is made of.
pub(crate) struct Parts {
    pub(crate) http: reqwest::Client,
    pub(crate) sender: Arc<dyn HttpClient>,
    pub(crate) root: String,
    pub(crate) token: TokenCell,
    pub(crate) user_agent: HeaderValue,
    pub(crate) limits: Limits,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) budget: RetryBudget,
    pub(crate) random: Arc<dyn Rng>,
    pub(crate) max_response_bytes: usize,
}

/// What holds for a call.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) retry: RetryPolicy,
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
}

struct Inner {
    parts: Parts,
    core: String,
    public: String,
}

impl HttpTransport {
    pub(crate) fn new(parts: Parts) -> Self {
        let address = |api: Api| format!("{}{}", parts.root, api.prefix());
        Self {
            inner: Arc::new(Inner {
                core: address(Api::Core),
                public: address(Api::Public),
                parts,
            }),
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    pub(crate) fn quota(&self) -> Option<RateLimitState> {
        self.inner.parts.pacer.state()
    }
}

impl Transport for HttpTransport {
    type Error = Error;
    type Options = CallOptions;

    fn http(&self) -> &reqwest::Client {
        &self.inner.parts.http
    }

    fn base_url(&self, api: Api) -> &str {
        match api {
            Api::Public => &self.inner.public,
            _ => &self.inner.core,
        }
    }

    async fn execute(
        &self,
        operation: &'static OperationInfo,
        request: reqwest::Request,
        options: CallOptions,
    ) -> Result<RawResponse, Error> {
        let span = trace::span(operation);
        let life = Life::new(self.clone(), operation, options, span.clone());
        // Boxed, so that the futures of those who call stay small.
        Box::pin(life.run(request).instrument(span)).await
    }

    fn build_error(&self, operation: &'static OperationInfo, cause: reqwest::Error) -> Error {
        let mut parts = error::Parts::new(ErrorKind::Build, operation);
        parts.trouble = Some(Trouble::Unbuildable(Box::new(cause.without_url())));
        parts.into()
    }

    fn decode_error(
        &self,
        operation: &'static OperationInfo,
        response: RawResponse,
        cause: serde_json::Error,
    ) -> Error {
        debug!(target: "katapult_core", operation = operation.id, %cause, "the response could not be read");
        let mut parts = error::Parts::new(ErrorKind::Decode, operation);
        parts.attempts = response.attempts;
        parts.may_have_happened = operation.method != Method::GET;
        parts.response = Some(response);
        parts.trouble = Some(Trouble::Undecodable(cause));
        parts.into()
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.inner.parts;
        f.debug_struct("HttpTransport")
            .field("base_url", &parts.root)
            .field("token", &parts.token)
            .field("retry", &parts.limits.retry)
            .field("deadline", &parts.limits.deadline)
            .field("attempt_timeout", &parts.limits.attempt_timeout)
            .field("pace", &parts.pacer.rate_limit())
            .field("max_response_bytes", &parts.max_response_bytes)
            .finish_non_exhaustive()
    }
}
