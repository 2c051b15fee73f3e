//! Requests: built from an operation's method, path, query and body.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Uri};

use crate::operation::Operation;
use crate::wire::json::JSON;
use crate::wire::query_pairs::QueryPairs;

/// The length of the longest URL, in bytes: the limit of [`http::Uri`].
const MAX_URL_BYTES: usize = u16::MAX as usize - 1;

/// Builds the HTTP request of an operation, without the headers that a transport adds: `Accept`, and the token.
///
/// `base_url` is the URL of the operation's [API](crate::OperationInfo::api), without a trailing slash: in
/// production `https://api.katapult.io/core/v1`.
///
/// # Errors
///
/// Returns an error if `base_url` is not an absolute URL, if the arguments make the URL longer than
/// 65,534 bytes, or if they cannot be encoded.
pub fn build_request<O: Operation>(
    operation: &O,
    base_url: &str,
) -> Result<Request<Bytes>, BuildError> {
    let mut query = QueryPairs::default();
    operation.query(&mut query);
    let query = query.finish().map_err(BuildError::Encode)?;
    let body = operation.body().map_err(BuildError::Encode)?;
    let info = O::INFO;
    assemble(info.method.clone(), base_url, &info.path, &query, body)
}

// Not generic, so that it is compiled once and not for each operation.
pub(crate) fn assemble(
    method: Method,
    base_url: &str,
    path: &str,
    query: &str,
    body: Vec<u8>,
) -> Result<Request<Bytes>, BuildError> {
    let separator = if query.is_empty() { "" } else { "?" };
    let url = [base_url, path, separator, query].concat();
    if url.len() > MAX_URL_BYTES {
        return Err(BuildError::UrlTooLong(url.len()));
    }
    let uri = Uri::try_from(url).map_err(|error| BuildError::BaseUrl(Some(error)))?;
    if uri.scheme().is_none() || uri.host().is_none() {
        return Err(BuildError::BaseUrl(None));
    }
    let has_body = !body.is_empty();
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    if has_body {
        request.headers_mut().insert(CONTENT_TYPE, JSON);
    }
    Ok(request)
}

/// The reason why a request could not be built. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not an absolute URL.
    BaseUrl(Option<http::uri::InvalidUri>),
    /// The URL is longer than 65,534 bytes; with its length.
    UrlTooLong(usize),
    /// An argument cannot be encoded as JSON.
    Encode(serde_json::Error),
    /// The path of a raw request is not one below the API's prefix.
    #[non_exhaustive]
    Path {
        /// The path.
        path: String,
        /// The reason, with the way out.
        problem: &'static str,
    },
    /// The API has no requests with this method.
    Method(Method),
    /// A raw request with this method has a body.
    Body(Method),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::BaseUrl(None) => f.write_str("the base URL is not an absolute URL"),
            BuildError::BaseUrl(Some(error)) => write!(f, "the base URL is not valid: {error}"),
            BuildError::UrlTooLong(length) => write!(
                f,
                "the URL has {length} bytes, and at most {MAX_URL_BYTES} can be sent: shorten the arguments"
            ),
            BuildError::Encode(error) => {
                write!(f, "an argument cannot be encoded as JSON: {error}")
            }
            BuildError::Path { path, problem } => write!(f, "the path {path:?} {problem}"),
            BuildError::Method(method) => write!(f, "the API has no {method} requests"),
            BuildError::Body(method) => {
                write!(
                    f,
                    "a {method} request has no body: pass the arguments with query()"
                )
            }
        }
    }
}

// `Display` has the causes, so there is no `source`.
impl Error for BuildError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(base_url: &str, query: &str) -> Result<Request<Bytes>, BuildError> {
        assemble(Method::GET, base_url, "/things", query, Vec::new())
    }

    #[test]
    fn request_states_method_url_headers_and_body() {
        let body = b"{}".to_vec();
        let request = assemble(Method::PUT, "https://h/core/v1", "/t", "a=1", body);
        let request = request.expect("a request");
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.uri(), "https://h/core/v1/t?a=1");
        assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(request.body(), "{}");
        let request = get("https://h", "").expect("a request");
        assert_eq!(request.uri(), "https://h/things");
        assert!(request.headers().is_empty());
    }

    #[test]
    fn unusable_urls_are_refused_with_the_reason() {
        let long = "a=".to_owned() + &"x".repeat(70_000);
        for (base_url, query, reason) in [
            ("nonsense", "", "the base URL is not valid: invalid"),
            ("/core/v1", "", "not an absolute URL"),
            ("https://h h", "", "the base URL is not valid: invalid"),
            ("https://h", &*long, "the URL has 70019 bytes"),
        ] {
            let error = get(base_url, query).expect_err(base_url).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
