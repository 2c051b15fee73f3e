//! Failures below the API: of the HTTP client, and of the credentials.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The reason why a request got no response, returned by an [`HttpClient`](crate::HttpClient).
#[derive(Debug)]
pub struct HttpClientError {
    pub(crate) sent: bool,
    pub(crate) cause: Box<dyn Error + Send + Sync>,
}

impl HttpClientError {
    /// Creates the error of a request of which nothing was sent, so that any operation can be retried.
    pub fn not_sent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            sent: false,
            cause: cause.into(),
        }
    }

    /// Creates the error of a request that was sent, at least in part, before the connection was lost: the
    /// server may have executed it.
    pub fn lost(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            sent: true,
            cause: cause.into(),
        }
    }
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.sent {
            "the connection was lost"
        } else {
            "could not connect"
        };
        write!(f, "{what}: {}", self.cause)
    }
}

impl Error for HttpClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message includes the cause, so its source is next.
        self.cause.source()
    }
}

impl From<reqwest::Error> for HttpClientError {
    fn from(error: reqwest::Error) -> Self {
        // The error names the operation already, and the query may hold data that does not belong in a log.
        let error = error.without_url();
        // reqwest counts name lookup, TCP and TLS as "connect". Any other failure may come after the server
        // has read the request.
        if error.is_connect() || error.is_builder() {
            Self::not_sent(error)
        } else {
            Self::lost(error)
        }
    }
}

/// The reason why there is no token to send.
#[derive(Clone, Debug)]
pub(crate) enum CredentialError {
    /// The client was built without a token.
    Missing,
    /// The provider failed.
    Provider(Arc<dyn Error + Send + Sync>),
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
