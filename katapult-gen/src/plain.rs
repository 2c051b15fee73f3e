//! A transport without any policy of its own.

use std::error::Error;
use std::fmt;

use http::HeaderValue;
use http::header::AUTHORIZATION;

use crate::api_error::ApiError;
use crate::operation::{Api, OperationInfo};
use crate::transport::{RawResponse, Transport};

/// Sends each request once over a [`reqwest::Client`], whose settings (timeouts, proxies) hold.
#[derive(Clone)]
pub struct PlainTransport {
    http: reqwest::Client,
    token: String,
    core: String,
    public: String,
}

impl PlainTransport {
    /// A transport to `https://api.katapult.io`.
    pub fn new(http: reqwest::Client, token: impl Into<String>) -> Self {
        Self {
            http,
            token: token.into(),
            core: String::new(),
            public: String::new(),
        }
        .with_root("https://api.katapult.io")
    }

    /// The same to another host: `http://127.0.0.1:8080`.
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

    fn http(&self) -> &reqwest::Client {
        &self.http
    }

    fn base_url(&self, api: Api) -> &str {
        match api {
            Api::Core => &self.core,
            Api::Public => &self.public,
        }
    }

    async fn execute(
        &self,
        operation: &'static OperationInfo,
        mut request: reqwest::Request,
        _options: (),
    ) -> Result<RawResponse, PlainError> {
        if operation.api == Api::Core {
            let mut value = HeaderValue::try_from(format!("Bearer {}", self.token))
                .map_err(|_| PlainError::Token)?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let response = self.http.execute(request).await.map_err(PlainError::Http)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(PlainError::Http)?;
        let response = RawResponse {
            status,
            headers,
            body,
            attempts: 1,
        };
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

    fn build_error(&self, _: &'static OperationInfo, error: reqwest::Error) -> PlainError {
        PlainError::Http(error)
    }

    fn decode_error(
        &self,
        operation: &'static OperationInfo,
        response: RawResponse,
        error: serde_json::Error,
    ) -> PlainError {
        PlainError::Decode {
            operation,
            response: Box::new(response),
            error,
        }
    }
}

/// Why a call over [`PlainTransport`] failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlainError {
    /// The token holds a character that no header can carry.
    Token,
    /// The request could not be built or sent, or its response not be received.
    Http(reqwest::Error),
    /// The API, or something in front of it, answered with a failure.
    Api {
        /// What was asked for.
        operation: &'static OperationInfo,
        /// What the API said; `None` when the body does not come from the API.
        error: Option<Box<ApiError>>,
        /// The response as it came.
        response: Box<RawResponse>,
    },
    /// The response is a success, but not what the operation answers.
    Decode {
        /// What was asked for.
        operation: &'static OperationInfo,
        /// The response as it came.
        response: Box<RawResponse>,
        /// What does not fit.
        error: serde_json::Error,
    },
}

impl fmt::Display for PlainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlainError::Token => {
                f.write_str("the token holds a character that no header can carry")
            }
            PlainError::Http(error) => write!(f, "{error}"),
            PlainError::Api {
                operation,
                error,
                response,
            } => {
                write!(f, "{operation}: {}", response.status.as_u16())?;
                if let Some(error) = error {
                    write!(f, " {}", error.code)?;
                    if let Some(description) = &error.description {
                        write!(f, ": {description}")?;
                    }
                }
                match response.request_id() {
                    Some(id) => write!(f, " (request id {id})"),
                    None => Ok(()),
                }
            }
            PlainError::Decode {
                operation, error, ..
            } => write!(f, "{operation}: the response could not be read: {error}"),
        }
    }
}

impl Error for PlainError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            PlainError::Http(error) => error.source(),
            PlainError::Decode { error, .. } => Some(error),
            PlainError::Token | PlainError::Api { .. } => None,
        }
    }
}
