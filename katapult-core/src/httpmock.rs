//! Mocks of calls on an [`httpmock`] server, behind the feature `httpmock`.
//!
//! [`MockServerExt::mock_call`] expects exactly the request that a call sends, so that a test states neither paths nor
//! parameters, and answers it with the operation's response or an error of the API.
//!
//! The feature includes `test-util`.

use std::marker::PhantomData;

use bytes::Bytes;
use http::{HeaderMap, Request};
use katapult_gen::Operation;
use serde::Serialize;
use serde_json::Value;

use ::httpmock::When;

use crate::call::sealed::Sealed;
use crate::test_util::{encode, error_body};
use crate::transport::Call;

#[doc(no_inline)]
pub use ::httpmock::{Mock, MockServer, Then};

/// Mocks of calls, on [`MockServer`].
pub trait MockServerExt: Sealed {
    /// Expects the request of a call, and answers it.
    ///
    /// The request matches if it has the method, the path, the parameters of the query, the body as JSON, the token
    /// and the [added headers](crate::prelude::CallExt::header) of the call's request, and no further parameters.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_core::httpmock::{MockServer, MockServerExt};
    /// use katapult_core::{Client, types::VirtualMachineLookup, virtual_machines::GetResponse};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::start();
    /// let katapult = Client::builder().base_url(&server.base_url()).token("a-token").build()?;
    ///
    /// let get = katapult.virtual_machines().get(VirtualMachineLookup::id("vm_1"));
    /// let mut response = GetResponse::default();
    /// response.virtual_machine.id = "vm_1".into();
    /// let mock = server.mock_call(&get, |then| then.ok(&response));
    ///
    /// // The code under test sends the same request, from here or another process.
    /// assert_eq!(get.send().await?.id, "vm_1");
    /// mock.assert();
    /// # Ok(()) }
    /// ```
    ///
    /// The token of a [provider](crate::ClientBuilder::token_provider) is not known beforehand: any matches.
    ///
    /// # Panics
    ///
    /// If the call would be refused before it is sent, if its client sends requests to another port than that of the
    /// server, or if `then` is given a value that cannot be represented as JSON.
    #[track_caller]
    fn mock_call<O: Operation>(
        &self,
        call: &Call<O>,
        then: impl FnOnce(CallThen<O>) -> CallThen<O>,
    ) -> Mock<'_>;
}

impl MockServerExt for MockServer {
    #[track_caller]
    fn mock_call<O: Operation>(
        &self,
        call: &Call<O>,
        then: impl FnOnce(CallThen<O>) -> CallThen<O>,
    ) -> Mock<'_> {
        let request = match call
            .transport()
            .first_request(call.operation(), call.options())
        {
            Ok(request) => request,
            Err(error) => {
                panic!("the call cannot be mocked, because it would not be sent: {error}")
            }
        };
        let port = request.uri().port_u16();
        assert!(
            port == Some(self.port()),
            "the client of the call sends requests to {}, not to the mock server: build it with base_url(\"{}\")",
            request.uri(),
            self.base_url(),
        );
        self.mock(|when, response| {
            expect(when, &request);
            then(CallThen {
                then: response,
                operation: PhantomData,
            });
        })
    }
}

/// The response to a mocked call of an operation.
pub struct CallThen<O> {
    then: Then,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> CallThen<O> {
    /// Answers with a typed response of the operation, status 200.
    ///
    /// # Panics
    ///
    /// If it cannot be represented as JSON.
    #[track_caller]
    #[must_use]
    pub fn ok(self, response: &O::Response) -> Self
    where
        O::Response: Serialize,
    {
        match encode(response) {
            Ok((content_type, body)) => self.body(200, content_type, &body),
            Err(error) => panic!("the response of {} is not JSON: {error}", O::ID),
        }
    }

    /// Answers with a JSON body, status 200.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body(200, "application/json", body.to_string().as_bytes())
    }

    /// Answers with an error of the API, in its envelope, with an empty detail.
    #[must_use]
    pub fn api_error(self, status: u16, code: &str) -> Self {
        self.api_error_with(status, code, &Value::Object(serde_json::Map::new()))
    }

    /// Answers with an error of the API and its detail.
    #[must_use]
    pub fn api_error_with(self, status: u16, code: &str, detail: &Value) -> Self {
        let body = error_body(code, detail).to_string();
        self.body(status, "application/json", body.as_bytes())
    }

    /// Applies further settings of httpmock, such as a header or a delay.
    #[must_use]
    pub fn and(self, settings: impl FnOnce(Then) -> Then) -> Self {
        Self {
            then: settings(self.then),
            ..self
        }
    }

    fn body(self, status: u16, content_type: &str, body: &[u8]) -> Self {
        self.and(|then| {
            let then = then.status(status).header("content-type", content_type);
            then.body(body)
        })
    }
}

impl<O: Operation> std::fmt::Debug for CallThen<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallThen")
            .field("operation", &O::ID)
            .finish_non_exhaustive()
    }
}

/// Sets the conditions for a request.
fn expect(when: When, request: &Request<Bytes>) {
    let when = when.method(request.method().as_str());
    let when = expect_query(when.path(request.uri().path()), request);
    let when = expect_headers(when, request.headers());
    match serde_json::from_slice::<Value>(request.body()) {
        Ok(body) => when.json_body(body),
        // Bodies are JSON, or there is none; httpmock permits no condition for that of a GET.
        Err(_) => when.is_true(|request| request.body_ref().is_empty()),
    };
}

fn expect_query(mut when: When, request: &Request<Bytes>) -> When {
    let query = request.uri().query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    let pairs: Vec<(String, String)> = pairs.collect();
    // Each by itself, for the report of httpmock about the closest request; together, so that there are no others and
    // the items of a list are in order.
    for (name, value) in &pairs {
        when = when.query_param(name, value);
    }
    when.is_true(move |request| request.query_params() == pairs)
}

fn expect_headers(mut when: When, headers: &HeaderMap) -> When {
    for name in headers.keys() {
        for value in headers.get_all(name) {
            // A value that is not a text cannot be stated to httpmock.
            when = match value.to_str() {
                Ok(value) => when.header(name.as_str(), value),
                Err(_) => when.header_exists(name.as_str()),
            };
        }
    }
    when
}
