//! Requests to paths that the API's document does not have.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{Method, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde_json::Value;

use super::{Call, finish};
use crate::client::Client;
use crate::operation::{Api, IdempotencySource, OperationInfo, OperationRef};
use crate::response::Response;
use crate::transport::{RawResponse, Transport};
use crate::values::ExposeSecrets;
use crate::wire::json::{from_json, to_json};
use crate::wire::query_pairs::QueryPairs;
use crate::wire::raw_path;
use crate::wire::request::{BuildError, assemble};

/// A request to a path that the SDK has no operation for, created by [`Client::request`].
#[derive(Clone)]
pub struct RawRequest {
    method: Method,
    path: String,
    api: Api,
    query: QueryPairs,
    body: Vec<u8>,
    /// `None` follows the method.
    idempotent: Option<bool>,
    /// The first argument that could not be encoded. As text, because the error cannot be cloned.
    encode_error: Option<String>,
}

impl RawRequest {
    fn info(&self) -> OperationInfo {
        let method = &self.method;
        let is_path = raw_path::problem(&self.path).is_none();
        let title = match is_path {
            true => format!("{method} {}", self.path),
            // The error names the path, whose text may be anything.
            false => format!("{method} request"),
        };
        OperationInfo {
            id: "request",
            title: Cow::Owned(title),
            method: method.clone(),
            path: Cow::Owned(self.path.clone()),
            api: self.api,
            scopes: &[],
            error_codes: &[],
            idempotent: self.idempotent.unwrap_or_else(|| method.is_idempotent()),
            idempotency_source: match self.idempotent {
                Some(_) => IdempotencySource::Caller,
                None => IdempotencySource::Method,
            },
        }
    }

    fn build(&self, base_url: &str) -> Result<Request<Bytes>, BuildError> {
        if [Method::CONNECT, Method::TRACE].contains(&self.method) {
            return Err(BuildError::Method(self.method.clone()));
        }
        if let Some(problem) = raw_path::problem(&self.path) {
            let path = self.path.clone();
            return Err(BuildError::Path { path, problem });
        }
        if let Some(problem) = &self.encode_error {
            return Err(BuildError::Encode(serde_json::Error::custom(problem)));
        }
        if !self.body.is_empty() && [Method::GET, Method::HEAD].contains(&self.method) {
            return Err(BuildError::Body(self.method.clone()));
        }
        let method = self.method.clone();
        let query = self.query.clone().finish().map_err(BuildError::Encode)?;
        assemble(method, base_url, &self.path, &query, self.body.clone())
    }

    fn add_query(&mut self, query: &impl Serialize) -> Result<(), serde_json::Error> {
        let not_pairs = || serde_json::Error::custom("the query is neither pairs nor an object");
        match serde_json::to_value(ExposeSecrets(query))? {
            Value::Null => {}
            Value::Object(fields) => {
                for (name, value) in &fields {
                    self.query.push(name, value);
                }
            }
            Value::Array(pairs) => {
                for pair in &pairs {
                    let [Value::String(name), value] = &**pair.as_array().ok_or_else(not_pairs)?
                    else {
                        return Err(not_pairs());
                    };
                    self.query.push(name, value);
                }
            }
            _ => return Err(not_pairs()),
        }
        Ok(())
    }

    fn record(&mut self, result: Result<(), serde_json::Error>) {
        if let (Err(error), None) = (result, &self.encode_error) {
            self.encode_error = Some(error.to_string());
        }
    }
}

// Without query and body, which may contain secrets.
impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("api", &self.api)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

impl<T: Transport> Client<T> {
    /// Creates a call of a path that the SDK has no operation for, such as a new one of the API.
    ///
    /// `path` follows the API's prefix: `/virtual_machines/virtual_machine/hibernate`. Segments with
    /// text of your own must be percent-encoded. The path, the query and the body are checked when the
    /// call is sent: a path with a host, a query or a `..` is an error then.
    ///
    /// ```no_run
    /// use katapult_gen::{Client, PlainError, PlainTransport};
    /// use serde_json::{Value, json};
    ///
    /// # async fn run(katapult: Client<PlainTransport>) -> Result<(), PlainError> {
    /// let response = katapult
    ///     .request(http::Method::POST, "/virtual_machines/virtual_machine/hibernate")
    ///     .query(&[("virtual_machine[id]", "vm_1")])
    ///     .json(&json!({"keep_addresses": true}))
    ///     .send::<Value>()
    ///     .await?;
    /// println!("{}", response["task"]["id"]);
    /// # Ok(()) }
    /// ```
    pub fn request(&self, method: Method, path: impl Into<String>) -> Call<T, RawRequest> {
        self.call(RawRequest {
            method,
            path: path.into(),
            api: Api::Core,
            query: QueryPairs::default(),
            body: Vec::new(),
            idempotent: None,
            encode_error: None,
        })
    }
}

/// Raw requests.
impl<T: Transport> Call<T, RawRequest> {
    /// Adds arguments to the query: pairs, or an object (a map, a struct or JSON) in the API's
    /// notation, `{"disk": {"id": "…"}}` for `disk[id]=…`. Default: none.
    pub fn query(mut self, query: &(impl Serialize + ?Sized)) -> Self {
        let result = self.operation.add_query(&query);
        self.operation.record(result);
        self
    }

    /// Sets the body, which is sent as JSON. Default: none. A GET or HEAD has no body.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let result = to_json(body).map(|body| self.operation.body = body);
        self.operation.record(result);
        self
    }

    /// Sets whether the request may be sent again after a lost response. Default: by the method, `true`
    /// for GET, HEAD, OPTIONS, PUT and DELETE.
    ///
    /// By default, a PUT or DELETE is repeated only if it names its object by its id, because a name may
    /// belong to another object by then; with `true`, whatever it names.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.operation.idempotent = Some(idempotent);
        self
    }

    /// Sends the request to the [public API](Api::Public), without a token. Default: the core API.
    pub fn public(mut self) -> Self {
        self.operation.api = Api::Public;
        self
    }

    /// Sends the request and returns the response, decoded as `R`: a type of your own or of
    /// [`types`](crate::types), or [`serde_json::Value`]. An empty body is decoded as `null`, and if that
    /// fails as `{}`.
    ///
    /// # Errors
    ///
    /// Returns the transport's error if the request cannot be built or fails, or if the response
    /// cannot be decoded.
    pub async fn send<R: DeserializeOwned>(self) -> Result<Response<R>, T::Error> {
        let (transport, info, raw) = self.execute().await?;
        let decoded = match &raw.body[..] {
            b"" => from_json(b"null").or_else(|_| from_json(b"{}")),
            body => from_json(body),
        };
        finish(&transport, &info, raw, decoded.map(Box::new))
    }

    /// Sends the request and returns the response with its body as it is, for text or binary data.
    ///
    /// # Errors
    ///
    /// Returns the transport's error if the request cannot be built or fails.
    pub async fn send_bytes(self) -> Result<Response<Bytes>, T::Error> {
        let (transport, info, raw) = self.execute().await?;
        let body = raw.body.clone();
        finish(&transport, &info, raw, Ok(Box::new(body)))
    }

    async fn execute(self) -> Result<(T, OperationRef, RawResponse), T::Error> {
        let request = self.build()?;
        let info = OperationRef::from(self.operation.info());
        let transport = self.transport;
        let raw = transport.execute(info.clone(), request, self.options);
        let raw = raw.await?;
        Ok((transport, info, raw))
    }

    /// Checks the request without sending anything.
    ///
    /// # Errors
    ///
    /// Returns the transport's error if the request cannot be built, or would be refused before it is sent.
    pub fn validate(&self) -> Result<(), T::Error> {
        let request = self.build()?;
        let info = self.operation.info().into();
        self.transport.validate(info, request, &self.options)
    }

    fn build(&self) -> Result<Request<Bytes>, T::Error> {
        let operation = &self.operation;
        let request = operation.build(self.transport.base_url(operation.api));
        request.map_err(|error| self.transport.build_error(operation.info().into(), error))
    }
}
