use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use katapult_gen::ExposeSecrets;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{HttpBody, HttpClientError, HttpResponse};

/// A response that a [`ScriptedClient`](super::ScriptedClient) gives to a request, or the failure of
/// the connection.
///
/// A status or header that HTTP does not allow fails the request, with the cause in the error's
/// text.
#[derive(Clone, Debug)]
pub struct ScriptedResponse {
    status: u16,
    headers: Vec<(String, Bytes)>,
    dated: bool,
    body: Bytes,
    delay: Duration,
    fault: Option<Fault>,
}

#[derive(Clone, Debug)]
enum Fault {
    ConnectionRefused,
    ConnectionReset,
    Never,
    Truncated(usize),
    /// Fails the request for good, with this text.
    Permanent(String),
}

impl ScriptedResponse {
    /// Returns a response with this status and body. Its only header is `date`.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            dated: true,
            body: body.into(),
            delay: Duration::ZERO,
            fault: None,
        }
    }

    /// Returns a success, 200, with this JSON body.
    pub fn json(body: &Value) -> Self {
        Self::new(200, body.to_string()).header("content-type", "application/json")
    }

    /// Returns a success, 200, with this value as its body, secrets included: a response of an operation, or any
    /// other value. A text is the body as it is, as for the operations that return a file; all else is JSON.
    ///
    /// A value that has no form in JSON fails the request, with the cause in the error's text.
    pub fn value(value: &(impl Serialize + ?Sized)) -> Self {
        match encode(value) {
            Ok((content_type, body)) => Self::new(200, body).header("content-type", content_type),
            Err(error) => Self::unexpected(format!("the scripted value is not JSON: {error}")),
        }
    }

    /// Returns the failure of a request that the script has no response for; it is not retried.
    pub(super) fn unexpected(problem: String) -> Self {
        Self {
            fault: Some(Fault::Permanent(problem)),
            ..Self::new(200, "")
        }
    }

    /// Returns an error of the API with this code, in the API's envelope, with an empty detail.
    pub fn api_error(status: u16, code: &str) -> Self {
        Self::api_error_with(status, code, &json!({}))
    }

    /// Returns an error of the API with this code and detail.
    pub fn api_error_with(status: u16, code: &str, detail: &Value) -> Self {
        Self {
            status,
            ..Self::json(&error_body(code, detail))
        }
    }

    /// Returns the failure to connect: the server did not get the request.
    pub fn connection_refused() -> Self {
        Self {
            fault: Some(Fault::ConnectionRefused),
            ..Self::new(200, "")
        }
    }

    /// Returns the loss of the connection before the response: the server may have acted on the
    /// request.
    pub fn connection_reset() -> Self {
        Self {
            fault: Some(Fault::ConnectionReset),
            ..Self::new(200, "")
        }
    }

    /// Returns the lack of any response: the request stays in flight until it is cancelled, for
    /// example by a time limit.
    pub fn never() -> Self {
        Self {
            fault: Some(Fault::Never),
            ..Self::new(200, "")
        }
    }

    /// Closes the connection after the first `bytes` bytes of the body.
    #[must_use]
    pub fn truncated(mut self, bytes: usize) -> Self {
        self.fault = Some(Fault::Truncated(bytes.min(self.body.len())));
        self
    }

    /// Adds a header. Several values of one name are kept.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = Bytes::copy_from_slice(value.as_ref());
        self.dated &= !name.eq_ignore_ascii_case(DATE.as_str());
        self.headers.push((name.to_owned(), value));
        self
    }

    /// Leaves out the header `date`, from which the client learns the server's clock.
    #[must_use]
    pub fn without_date(mut self) -> Self {
        self.dated = false;
        self
    }

    /// Sets the time from the request to the response or the failure. Default: none.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends it, `server_time` being the time of day once the delay is over.
    pub(crate) async fn deliver(
        self,
        server_time: impl FnOnce() -> SystemTime,
    ) -> Result<HttpResponse, HttpClientError> {
        tokio::time::sleep(self.delay).await;
        let status = StatusCode::from_u16(self.status).map_err(HttpClientError::not_sent)?;
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).map_err(HttpClientError::not_sent)?;
            let value = HeaderValue::from_maybe_shared(value).map_err(HttpClientError::not_sent)?;
            headers.append(name, value);
        }
        if self.dated {
            let date = httpdate::fmt_http_date(server_time());
            let date = HeaderValue::try_from(date).map_err(HttpClientError::not_sent)?;
            headers.insert(DATE, date);
        }
        let body = match self.fault {
            None => HttpBody::new(self.body),
            Some(Fault::Truncated(bytes)) => HttpBody::truncated(self.body.slice(..bytes)),
            Some(Fault::Permanent(problem)) => return Err(HttpClientError::permanent(problem)),
            Some(Fault::Never) => std::future::pending().await,
            Some(Fault::ConnectionRefused) => {
                return Err(HttpClientError::not_sent("connection refused"));
            }
            Some(Fault::ConnectionReset) => {
                return Err(HttpClientError::lost("connection reset by peer"));
            }
        };
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// Returns the content type and the body of a success with this value.
pub(crate) fn encode(
    value: &(impl Serialize + ?Sized),
) -> Result<(&'static str, Bytes), serde_json::Error> {
    Ok(match serde_json::to_value(ExposeSecrets(value))? {
        Value::String(text) => ("text/plain", text.into()),
        body => ("application/json", body.to_string().into()),
    })
}

/// Returns the body of an error of the API.
pub(crate) fn error_body(code: &str, detail: &Value) -> Value {
    let error = json!({ "code": code, "description": "Scripted error", "detail": detail });
    json!({ "error": error })
}
