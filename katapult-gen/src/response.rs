//! Decoded responses.

use std::ops::Deref;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::transport::{RateLimitHeaders, RawResponse};

/// A successful response: the decoded value with the status, headers and body.
///
/// It dereferences to the value.
#[derive(Clone, Debug)]
pub struct Response<T> {
    // Some values have kilobytes, and a response is moved often.
    value: Box<T>,
    raw: RawResponse,
}

impl<T> Response<T> {
    pub(crate) fn new(value: Box<T>, raw: RawResponse) -> Self {
        Self { value, raw }
    }

    /// Returns the decoded value.
    pub fn into_inner(self) -> T {
        *self.value
    }

    /// Returns the HTTP status, usually 200 or 201.
    pub fn status(&self) -> StatusCode {
        self.raw.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.raw.headers
    }

    /// Returns the id under which the API logged the request, for support cases.
    pub fn request_id(&self) -> Option<&str> {
        self.raw.request_id()
    }

    /// Returns the token's quota, if the response has the headers for it.
    pub fn rate_limit(&self) -> Option<RateLimitHeaders> {
        self.raw.rate_limit()
    }

    /// Returns the number of times the request was sent: 1 without retries.
    pub fn attempts(&self) -> u32 {
        self.raw.attempts
    }

    /// Returns the body as it was received. A clone of it shares its memory.
    pub fn bytes(&self) -> &Bytes {
        &self.raw.body
    }

    /// Returns the body as JSON, including fields that this SDK does not know. `None` if the body is
    /// not JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        self.raw.json()
    }

    /// Returns the items of a list in the body as JSON, including fields that this SDK does not
    /// know: `response.raw_items("disks")[2]` is the raw form of `response.disks[2]`. Empty if the
    /// body has no such list.
    pub fn raw_items(&self, list: &str) -> Vec<serde_json::Value> {
        self.raw.raw_items(list)
    }

    /// Returns the decoded value and the raw response.
    pub fn into_parts(self) -> (T, RawResponse) {
        (*self.value, self.raw)
    }
}

impl<T: IntoSubject> Response<T> {
    /// Returns the object or the list that the response is about, without the fields beside it.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_gen::types::{VirtualMachine, VirtualMachineLookup};
    /// # use katapult_gen::{Client, PlainError, PlainTransport};
    ///
    /// # async fn run(katapult: Client<PlainTransport>) -> Result<(), PlainError> {
    /// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    /// let response = katapult.virtual_machines().get(&web).send().await?;
    /// let machine: VirtualMachine = response.into_subject();
    /// # Ok(()) }
    /// ```
    pub fn into_subject(self) -> T::Target {
        self.value.into_subject()
    }
}

/// Responses for tests, with the status 200.
#[cfg(feature = "test-util")]
impl<T: serde::de::DeserializeOwned> Response<T> {
    /// Returns the response with this JSON body.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_gen::{Response, virtual_machines::GetResponse};
    /// use serde_json::json;
    ///
    /// let body = json!({"virtual_machine": {"id": "vm_1", "name": "web-1"}});
    /// let response: Response<GetResponse> = Response::from_json(&body)?;
    /// assert_eq!(response.name.as_deref(), Some("web-1"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not one of the type.
    pub fn from_json(body: &serde_json::Value) -> Result<Self, serde_json::Error> {
        let body = Bytes::from(body.to_string());
        let value = Box::new(crate::wire::json::from_json(&body)?);
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, crate::wire::json::JSON);
        Ok(Self::new(
            value,
            RawResponse::new(StatusCode::OK, headers, body),
        ))
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

/// A response about one object or one list, to which it dereferences.
///
/// The generated responses implement it, except for those with several fields of equal rank.
pub trait IntoSubject: Deref<Target: Sized> {
    /// Returns the object or the list, without the fields beside it.
    fn into_subject(self) -> Self::Target;
}
