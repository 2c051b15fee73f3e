//! A transport without retries and rate limiting.

use std::error::Error;
use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request};

use crate::api_error::ApiError;
use crate::operation::{Api, OperationRef};
use crate::transport::{RawResponse, Transport};
use crate::wire::decode_error::DecodeError;
use crate::wire::json::JSON;
use crate::wire::request::BuildError;

/// A transport that sends each request once, with the settings (timeouts, proxies) of a
/// [`reqwest::Client`].
#[derive(Clone)]
pub struct PlainTransport {
    http: reqwest::Client,
    token: String,
    core: String,
    public: String,
}

impl PlainTransport {
    /// Creates a transport to `https://api.katapult.io`.
    pub fn new(http: reqwest::Client, token: impl Into<String>) -> Self {
        Self {
            http,
            token: token.into(),
            core: String::new(),
            public: String::new(),
        }
        .with_root("https://api.katapult.io")
    }

    /// Sets the URL of the API's host, such as `http://127.0.0.1:8080`. Default:
    /// `https://api.katapult.io`.
    #[must_use]
    pub fn with_root(mut self, root: &str) -> Self {
        let root = root.trim_end_matches('/');
        self.core = format!("{root}{}", Api::Core.prefix());
        self.public = format!("{root}{}", Api::Public.prefix());
        self
    }
}

impl fmt::Debug for PlainTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainTransport")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

impl Transport for PlainTransport {
    type Error = PlainError;
    type Options = ();

    fn base_url(&self, api: Api) -> &str {
        match api {
            Api::Core => &self.core,
            Api::Public => &self.public,
        }
    }

    async fn execute(
        &self,
        operation: OperationRef,
        mut request: Request<Bytes>,
        _options: (),
    ) -> Result<RawResponse, PlainError> {
        let started_at = Instant::now();
        request.headers_mut().insert(ACCEPT, JSON);
        // The public API takes no token, and must not learn it.
        if operation.api == Api::Core {
            let mut value = HeaderValue::try_from(format!("Bearer {}", self.token))
                .map_err(|_| PlainError::Token)?;
            // Keeps the token out of the `Debug` output of the request.
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let request = reqwest::Request::try_from(request).map_err(PlainError::Http)?;
        let response = self.http.execute(request).await.map_err(PlainError::Http)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(PlainError::Http)?;
        let mut response = RawResponse::new(status, headers, body);
        response.elapsed = started_at.elapsed();
        if status.is_success() {
            return Ok(response);
        }
        let error = ApiError::from_body(&response.body).map(Box::new);
        Err(PlainError::Api {
            operation,
            error,
            response: Box::new(response),
        })
    }

    fn build_error(&self, _: OperationRef, error: BuildError) -> PlainError {
        PlainError::Build(error)
    }

    fn decode_error(
        &self,
        operation: OperationRef,
        response: RawResponse,
        error: serde_json::Error,
    ) -> PlainError {
        PlainError::Decode {
            operation,
            response: Box::new(response),
            error: error.into(),
        }
    }
}

/// The error of a call over [`PlainTransport`].
#[derive(Debug)]
#[non_exhaustive]
pub enum PlainError {
    /// The token has a character that is invalid in a header.
    Token,
    /// The request could not be built.
    Build(BuildError),
    /// The request could not be sent, or its response could not be received.
    Http(reqwest::Error),
    /// The API, or a proxy in front of it, returned an error status.
    #[non_exhaustive]
    Api {
        /// The operation.
        operation: OperationRef,
        /// The API's error. `None` if the body is not one of the API.
        error: Option<Box<ApiError>>,
        /// The raw response.
        response: Box<RawResponse>,
    },
    /// The response has a success status, but its body does not decode.
    #[non_exhaustive]
    Decode {
        /// The operation.
        operation: OperationRef,
        /// The raw response.
        response: Box<RawResponse>,
        /// The reason.
        error: DecodeError,
    },
}

impl fmt::Display for PlainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlainError::Token => {
                f.write_str("the token has a character that is invalid in a header")
            }
            PlainError::Build(error) => write!(f, "{error}"),
            PlainError::Http(error) => write!(f, "{error}"),
            PlainError::Api {
                operation,
                error,
                response,
            } => {
                write!(f, "{operation}: {}", response.status.as_u16())?;
                if let Some(error) = error {
                    write!(f, " {error}")?;
                }
                match response.request_id() {
                    Some(id) => write!(f, " (request id {id})"),
                    None => Ok(()),
                }
            }
            PlainError::Decode {
                operation, error, ..
            } => write!(f, "{operation}: the response does not decode: {error}"),
        }
    }
}

impl Error for PlainError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // `Display` shows the error itself, so its source is next.
            PlainError::Http(error) => error.source(),
            PlainError::Token
            | PlainError::Build(_)
            | PlainError::Api { .. }
            | PlainError::Decode { .. } => None,
        }
    }
}
