//! Failures below the API: of the HTTP client, and of the credentials.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The reason why a request got no response, returned by an [`HttpClient`](crate::HttpClient).
#[derive(Debug)]
pub struct HttpClientError {
    pub(crate) failure: HttpFailure,
    pub(crate) cause: Box<dyn Error + Send + Sync>,
}

/// The stage at which a request failed, on which its retries depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpFailure {
    /// Nothing was sent.
    NotSent,
    /// Nothing was sent, and another attempt would fail in the same way.
    Permanent,
    /// The request was sent, at least in part.
    Lost,
    /// The client sent the request, and followed a redirect although it must not.
    Redirected,
}

impl HttpClientError {
    /// Creates the error of a request of which nothing was sent, so that any operation can be retried.
    pub fn not_sent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(HttpFailure::NotSent, cause)
    }

    /// Creates the error of a request of which nothing was sent, and nothing will be until somebody changes the
    /// configuration: an untrusted certificate, for example. No operation is retried.
    pub fn permanent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(HttpFailure::Permanent, cause)
    }

    /// Creates the error of a request that was sent, at least in part, before the connection was lost: the
    /// server may have executed it.
    pub fn lost(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(HttpFailure::Lost, cause)
    }

    /// Creates the error of a request that was redirected, so that its outcome is unknown.
    pub(crate) fn redirected(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(HttpFailure::Redirected, cause)
    }

    fn new(failure: HttpFailure, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure,
            cause: cause.into(),
        }
    }
}

impl HttpFailure {
    /// Returns the failure as the beginning of a message.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            HttpFailure::NotSent => "could not connect",
            HttpFailure::Permanent => "the request cannot be sent",
            HttpFailure::Lost => "the connection was lost",
            HttpFailure::Redirected => "the HTTP client followed a redirect",
        }
    }
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.failure.as_str(), self.cause)
    }
}

impl Error for HttpClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message includes the cause, so its source is next.
        self.cause.source()
    }
}

/// The reason why there is no token to send.
#[derive(Clone, Debug)]
pub(crate) enum CredentialError {
    /// The client was built without a token.
    Missing,
    /// The provider failed.
    Provider(Arc<dyn Error + Send + Sync>),
    /// The provider panicked.
    ProviderPanicked,
    /// The token has no characters but whitespace.
    Empty,
    /// There is whitespace around the token.
    Whitespace,
    /// The token begins with the scheme, which the client adds.
    BearerPrefix,
    /// The token contains a control character, whitespace, or a character beyond ASCII.
    InvalidCharacter,
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CredentialError::Missing => f.write_str(
                "the client has no token: pass one to Client::builder().token(…), or set KATAPULT_API_KEY and use Client::from_env()",
            ),
            CredentialError::Provider(error) => write!(f, "the token provider failed: {error}"),
            CredentialError::ProviderPanicked => f.write_str("the token provider panicked"),
            CredentialError::Empty => f.write_str("the token is empty"),
            CredentialError::Whitespace => f.write_str(
                "the token has whitespace around it: remove the spaces or line breaks, which files and variables often end with",
            ),
            CredentialError::BearerPrefix => f.write_str(
                "the token begins with \"Bearer\": pass the token alone, since the client adds the scheme",
            ),
            CredentialError::InvalidCharacter => f.write_str(
                "the token contains a character that is not valid in a header: only visible ASCII characters are",
            ),
        }
    }
}

impl Error for CredentialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The message includes the provider's error, so its source is next.
            CredentialError::Provider(error) => error.source(),
            _ => None,
        }
    }
}
