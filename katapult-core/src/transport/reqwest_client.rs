//! The default HTTP client: reqwest.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{Request, Response, Uri, Version};
use reqwest::{Url, redirect};
use tokio::runtime::{Handle, Id};
use tokio::task::JoinHandle;

use super::http_client::{HttpBody, HttpClient, HttpFuture, HttpResponse};
use super::http_settings::HttpSettings;
use crate::error::HttpClientError;

/// The default [`HttpClient`], with the builder's HTTP settings. It is reqwest's, with a client for each tokio runtime
/// that sends requests; [`ClientBuilder::wrap_http_client`](crate::ClientBuilder::wrap_http_client) returns it.
///
/// The runtime in which a connection is made drives it. A request from another runtime would wait until that one is
/// polled again, which may be never.
pub struct DefaultHttpClient {
    settings: HttpSettings,
    /// Requests of all runtimes look their clients up here. It is locked for no longer than that, and than the first
    /// request of a runtime takes to build its client.
    clients: Mutex<Clients>,
    /// The server of the first request, which is that of nearly all.
    server: OnceLock<ServerUrl>,
}

struct Clients {
    /// The client that was built with the settings, to validate them, until a runtime uses it.
    unused: Option<reqwest::Client>,
    used: Vec<RuntimeClient>,
}

/// The client of a runtime.
struct RuntimeClient {
    runtime: Id,
    /// A task that never ends by itself: it is finished when its runtime has shut down.
    sentinel: JoinHandle<()>,
    client: reqwest::Client,
}

impl DefaultHttpClient {
    /// # Errors
    ///
    /// If reqwest does not accept the settings.
    pub(crate) fn new(settings: HttpSettings) -> reqwest::Result<Self> {
        // Without settings, the first request builds it: that reads the certificates of the system, which takes
        // milliseconds, and a program may never send one.
        let unused = match settings.first() {
            Some(_) => Some(settings.build()?),
            None => None,
        };
        Ok(Self {
            settings,
            clients: Mutex::new(Clients {
                unused,
                used: Vec::new(),
            }),
            server: OnceLock::new(),
        })
    }

    /// Parses a URI as a URL.
    fn url(&self, uri: &Uri) -> Result<Url, HttpClientError> {
        if let Some(url) = self.server.get().and_then(|server| server.url(uri)) {
            return Ok(url);
        }
        let url = url(uri)?;
        if let Some(authority) = uri.authority() {
            self.server.get_or_init(|| ServerUrl {
                authority: authority.as_str().to_owned(),
                last: Mutex::new(url.clone()),
            });
        }
        Ok(url)
    }

    /// Returns the client of the current runtime.
    fn client(&self) -> Result<reqwest::Client, HttpClientError> {
        let runtime = Handle::try_current().map_err(HttpClientError::permanent)?;
        // Nothing panics between two changes that belong together, so a poisoned list is still consistent.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let id = runtime.id();
        if let Some(known) = clients.used.iter().find(|known| known.runtime == id) {
            return Ok(known.client.clone());
        }
        let client = match clients.unused.take() {
            Some(client) => client,
            None => self.settings.build()?,
        };
        clients.used.retain(|known| !known.sentinel.is_finished());
        clients.used.push(RuntimeClient {
            runtime: id,
            sentinel: runtime.spawn(std::future::pending()),
            client: client.clone(),
        });
        Ok(client)
    }
}

impl fmt::Debug for DefaultHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DefaultHttpClient").finish_non_exhaustive()
    }
}

impl Drop for RuntimeClient {
    fn drop(&mut self) {
        self.sentinel.abort();
    }
}

impl HttpClient for DefaultHttpClient {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let request = request_of_reqwest(request, |uri| self.url(uri))?;
            Ok(response(self.client()?.execute(request).await?))
        })
    }
}

/// A client of the user's, which may follow redirects although it must not.
impl HttpClient for reqwest::Client {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let request = request_of_reqwest(request, url)?;
            let url = request.url().clone();
            let is_write = !request.method().is_safe();
            match self.execute(request).await {
                Ok(received) if *received.url() == url => Ok(response(received)),
                Ok(received) => Err(redirected(Some(received.url()))),
                Err(error) if error.is_redirect() => Err(redirected(None)),
                Err(error) if error.url().is_some_and(|at| *at != url) => {
                    Err(redirected(error.url()))
                }
                // The server may have executed the request before it redirected to where the error is from.
                Err(error) if is_write && !is_without_redirects(self) => {
                    let error = HttpClientError::from(error);
                    Err(HttpClientError::lost(error.cause))
                }
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// Returns a request in reqwest's type.
fn request_of_reqwest(
    request: Request<Bytes>,
    url: impl FnOnce(&Uri) -> Result<Url, HttpClientError>,
) -> Result<reqwest::Request, HttpClientError> {
    if !request.extensions().is_empty() {
        return Ok(reqwest::Request::try_from(request)?); // the only way to keep them
    }
    let (parts, body) = request.into_parts();
    let url = url(&parts.uri)?;
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    *request.version_mut() = parts.version;
    *request.body_mut() = Some(body.into());
    Ok(request)
}

/// The parsed URL of the last request to a server, to which those of others are joined: parsing the host takes longer
/// than all the rest, and the path longer than the query.
struct ServerUrl {
    authority: String,
    last: Mutex<Url>,
}

impl ServerUrl {
    /// Parses the URI of a request to this server as a URL; `None` if that needs more than its path and query.
    fn url(&self, uri: &Uri) -> Option<Url> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let same = uri.scheme_str() == Some(last.scheme())
            && uri.authority().map(Authority::as_str) == Some(&*self.authority);
        let target = uri.path_and_query().filter(|_| same)?.as_str();
        // Equal to a path that was parsed, so that parsing it again would not change it.
        if uri.path() == last.path() {
            let mut url = last.clone();
            url.set_query(uri.query());
            return Some(url);
        }
        // In a relative URL, two slashes are followed by a host, and a backslash is a slash.
        let path = target.strip_prefix('/')?;
        if path.starts_with(['/', '\\']) {
            return None;
        }
        let url = last.join(target).ok()?;
        last.clone_from(&url);
        Some(url)
    }
}

/// Parses a URI as a URL, from a text of the right size: `to_string` would allocate it several times.
fn url(uri: &Uri) -> Result<Url, HttpClientError> {
    let parts = [
        uri.scheme_str().unwrap_or_default(),
        "://",
        uri.authority().map_or("", |authority| authority.as_str()),
        uri.path_and_query().map_or("/", |path| path.as_str()),
    ];
    Url::parse(&parts.concat()).map_err(HttpClientError::permanent)
}

/// Returns the error of a request that was redirected.
fn redirected(to: Option<&Url>) -> HttpClientError {
    let host = to.and_then(Url::host_str).unwrap_or("an unknown host");
    HttpClientError::redirected(format!(
        "to {host}; configure it with reqwest::redirect::Policy::none(), and check the client's base URL"
    ))
}

/// Returns `true` if a client surely follows no redirects.
// reqwest has no method for that. If its `Debug` output changes, errors are less precise, and no less safe.
fn is_without_redirects(client: &reqwest::Client) -> bool {
    format!("{client:?}").contains(&format!("{:?}", redirect::Policy::none()))
}

fn response(mut received: reqwest::Response) -> HttpResponse {
    let status = received.status();
    let version = received.version();
    let headers = std::mem::take(received.headers_mut());
    let framed = version > Version::HTTP_11
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING);
    let mut response = Response::new(HttpBody::from_reqwest(received, !framed));
    *response.status_mut() = status;
    *response.version_mut() = version;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::HttpFailure;

    #[test]
    fn client_without_redirects_is_recognized() {
        let follows = reqwest::Client::new();
        assert!(!is_without_redirects(&follows));
        let limited = reqwest::Client::builder().redirect(redirect::Policy::limited(3));
        assert!(!is_without_redirects(&limited.build().unwrap()));
        let none = reqwest::Client::builder().redirect(redirect::Policy::none());
        assert!(is_without_redirects(&none.build().unwrap()));
    }

    #[test]
    fn url_of_a_known_server_is_what_parsing_it_returns() {
        let client = DefaultHttpClient::new(HttpSettings::new()).unwrap();
        for text in [
            "http://api.example/core/v1/tasks/task?task[id]=task_1",
            "http://api.example/core/v1/tasks/task?task%5Bid%5D=a+b&x=//c?d",
            "http://api.example",
            "http://api.example/",
            "http://api.example?page=2",
            "http://api.example//evil.example/path",
            "http://api.example/\\evil.example/path",
            "http://api.example/a/../b/./c//d",
            "http://api.example/scheme:path",
            "http://API.example/other-case",
            "https://api.example/other-scheme",
            "http://api.example:8080/other-port",
            "http://[::1]:80/other-host",
        ] {
            let uri: Uri = text.parse().unwrap();
            let expected = Url::parse(text).unwrap();
            // The second time the path is that of the last request.
            for _ in 0..2 {
                assert_eq!(client.url(&uri).unwrap().as_str(), expected.as_str());
            }
        }
        let server = client.server.get().unwrap();
        assert_eq!(server.authority, "api.example");
    }

    #[test]
    fn client_is_built_at_once_only_to_validate_settings() {
        let client = DefaultHttpClient::new(HttpSettings::new()).unwrap();
        assert!(client.clients.lock().unwrap().unused.is_none());
        let mut settings = HttpSettings::new();
        settings.add("user_agent", |http| http.user_agent("test"));
        let client = DefaultHttpClient::new(settings).unwrap();
        assert!(client.clients.lock().unwrap().unused.is_some());
        let mut settings = HttpSettings::new();
        settings.add("user_agent", |http| http.user_agent("a\nb"));
        assert!(DefaultHttpClient::new(settings).is_err());
    }

    #[test]
    fn client_of_a_runtime_that_has_ended_is_dropped() {
        let client = DefaultHttpClient::new(HttpSettings::new()).unwrap();
        for _ in 0..5 {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.build().unwrap();
            let used = runtime.block_on(async {
                client.client().unwrap();
                client.client().unwrap();
                client.clients.lock().unwrap().used.len()
            });
            assert_eq!(used, 1);
        }
        // Outside of a runtime, reqwest would panic.
        let error = client.client().unwrap_err();
        assert_eq!(error.failure, HttpFailure::Permanent);
    }
}
