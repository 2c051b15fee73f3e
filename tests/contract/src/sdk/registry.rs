//! Operations of the SDK as values, called by name.

use std::any::TypeId;
use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use katapult_core::httpmock::MockServer;
use katapult_core::prelude::*;
use katapult_core::{Client, Reconciled};
use katapult_gen::{Api, ExposeSecrets, Operation, OperationInfo, build_request};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::sdk::request::Request;
use crate::sdk::storage::{schema, store};
use crate::sdk::{doubles, json_form};
use crate::spec::spec_api;

/// The result of a call: the response, encoded again.
pub type CallResult = Result<Value, CallError>;

/// A call in progress.
pub type CallFuture<'a> = Pin<Box<dyn Future<Output = CallResult> + Send + 'a>>;

/// A call on a test double in progress.
// Not `Send`: a mock is not.
pub type DoubleFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, String>> + 'a>>;

/// The reason why a call returned no response.
#[derive(Debug)]
pub enum CallError {
    /// The arguments are invalid.
    Arguments(serde_json::Error),
    /// The client returned an error.
    Client(Box<katapult_core::Error>),
    /// The decoded response could not be encoded again.
    Encode(serde_json::Error),
}

/// An operation of any type.
pub trait AnyOperation: Send + Sync {
    /// Returns the metadata of the operation.
    fn info(&self) -> &'static OperationInfo;

    /// Checks arguments in the operation's JSON form.
    ///
    /// # Errors
    ///
    /// If an argument is missing, unknown or of another type.
    fn check(&self, arguments: &Value) -> Result<(), serde_json::Error>;

    /// Decodes the body of a successful response, and encodes the typed value again.
    ///
    /// # Errors
    ///
    /// If the body is not a response of the operation.
    fn read(&self, body: &[u8]) -> Result<Value, serde_json::Error>;

    /// Decodes the body of a successful response, stores it and reads it again, with its secrets and without.
    ///
    /// # Errors
    ///
    /// If the body is not a response of the operation, or what is read differs from what was stored.
    fn store_response(&self, body: &[u8]) -> Result<(), String>;

    /// Stores a request and reads it again, with its secrets and without.
    ///
    /// # Errors
    ///
    /// If the arguments are invalid, or what is read differs from what was stored.
    fn store_request(&self, arguments: &Value) -> Result<(), String>;

    /// Returns the JSON Schema of the arguments.
    fn request_schema(&self) -> Value;

    /// Returns the JSON Schema of the response.
    fn response_schema(&self) -> Value;

    /// Returns the request for `arguments` without sending it.
    ///
    /// # Errors
    ///
    /// If the arguments are invalid.
    fn request(&self, arguments: &Value) -> Result<Request, String>;

    /// Calls the operation, and encodes the typed response again.
    fn send<'a>(&self, client: &'a Client, arguments: &Value) -> CallFuture<'a> {
        self.send_reconciling(client, arguments, ReconcileCheck::Disabled)
    }

    /// Sends the operation's request as a raw one, and encodes its response, decoded as that of the
    /// operation.
    fn send_raw<'a>(&self, client: &'a Client, arguments: &Value) -> CallFuture<'a>;

    /// Calls the operation on a script that returns a body as the typed response.
    ///
    /// The error is the one of the call, or says that the script received another operation.
    fn send_scripted(&self, arguments: &Value, body: &[u8]) -> DoubleFuture<'static>;

    /// Calls the operation on a mock of the call that returns a body as the typed response. `client` is one of the
    /// server.
    ///
    /// The error is the one of the call, or says that another call was answered.
    fn send_mocked<'a>(
        &self,
        server: &'a MockServer,
        client: &'a Client,
        arguments: &Value,
        body: &[u8],
    ) -> DoubleFuture<'a>;

    /// Calls the operation with a reconcile check.
    fn send_reconciling<'a>(
        &self,
        client: &'a Client,
        arguments: &Value,
        check: ReconcileCheck,
    ) -> CallFuture<'a>;
}

/// The result of the check for a write with an unknown outcome.
#[derive(Clone, Debug)]
pub enum ReconcileCheck {
    /// The call has no check.
    Disabled,
    /// The write did not happen.
    Absent,
    /// The write happened, with this response.
    Exists(Value),
}

struct Entry<O>(PhantomData<fn() -> O>);

impl<O> AnyOperation for Entry<O>
where
    O: Operation + Serialize + DeserializeOwned + PartialEq + JsonSchema + 'static,
    O::Response: Serialize + DeserializeOwned + PartialEq + JsonSchema + Default,
{
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn check(&self, arguments: &Value) -> Result<(), serde_json::Error> {
        // The JSON form rejects unknown fields and lookups with two keys, so decoding is the check.
        json_form::operation::<O>(arguments).map(drop)
    }

    fn read(&self, body: &[u8]) -> Result<Value, serde_json::Error> {
        serde_json::to_value(ExposeSecrets(&O::decode(body)?))
    }

    fn store_response(&self, body: &[u8]) -> Result<(), String> {
        let response = O::decode(body).map_err(|error| error.to_string())?;
        store(&response)
    }

    fn store_request(&self, arguments: &Value) -> Result<(), String> {
        let operation = json_form::operation::<O>(arguments).map_err(|error| error.to_string())?;
        store(&operation)
    }

    fn request_schema(&self) -> Value {
        schema::<O>()
    }

    fn response_schema(&self) -> Value {
        schema::<O::Response>()
    }

    fn request(&self, arguments: &Value) -> Result<Request, String> {
        let operation = json_form::operation::<O>(arguments).map_err(|error| error.to_string())?;
        // The request is not sent: any base URL will do.
        let base_url = format!("http://localhost{}", O::INFO.api.prefix());
        let built = build_request(&operation, &base_url).map_err(|error| error.to_string())?;
        let body = Some(built.body()).filter(|body| !body.is_empty());
        let body = body.map(|body| serde_json::from_slice(body)).transpose();
        let query = built.uri().query().unwrap_or_default();
        Ok(Request {
            method: built.method().to_string(),
            path: built.uri().path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            body: body.map_err(|error| error.to_string())?,
        })
    }

    fn send_raw<'a>(&self, client: &'a Client, arguments: &Value) -> CallFuture<'a> {
        let arguments = self.request(arguments).map_err(invalid_arguments);
        Box::pin(async move {
            let request = arguments.map_err(CallError::Arguments)?;
            let mut call = client
                .request(O::INFO.method.clone(), &*O::INFO.path)
                .query(&request.query);
            if let Some(body) = &request.body {
                call = call.json(body);
            }
            if O::INFO.api == Api::Public {
                call = call.public();
            }
            // One response is plain text.
            let sent = match TypeId::of::<O::Response>() == TypeId::of::<String>() {
                true => call.send_bytes().await.map(|bytes| bytes.to_vec()),
                false => call
                    .send::<Value>()
                    .await
                    .map(|json| json.to_string().into()),
            };
            let body = sent.map_err(|error| CallError::Client(Box::new(error)))?;
            let typed = O::decode(&body).map_err(CallError::Encode)?;
            serde_json::to_value(ExposeSecrets(&typed)).map_err(CallError::Encode)
        })
    }

    fn send_scripted(&self, arguments: &Value, body: &[u8]) -> DoubleFuture<'static> {
        Box::pin(doubles::scripted::<O>(arguments.clone(), body.to_vec()))
    }

    fn send_mocked<'a>(
        &self,
        server: &'a MockServer,
        client: &'a Client,
        arguments: &Value,
        body: &[u8],
    ) -> DoubleFuture<'a> {
        let (arguments, body) = (arguments.clone(), body.to_vec());
        Box::pin(doubles::mocked::<O>(server, client, arguments, body))
    }

    fn send_reconciling<'a>(
        &self,
        client: &'a Client,
        arguments: &Value,
        check: ReconcileCheck,
    ) -> CallFuture<'a> {
        let operation = json_form::operation::<O>(arguments);
        Box::pin(async move {
            let operation = operation.map_err(CallError::Arguments)?;
            let mut call = client.call(operation);
            let found = match check {
                ReconcileCheck::Disabled => None,
                ReconcileCheck::Absent => Some(None),
                ReconcileCheck::Exists(response) => Some(Some(Reconciled::from_json(&response))),
            };
            if let Some(found) = found {
                // The scenario fixes the result of the check, so it makes no request of its own.
                call = call.reconcile(move |_| std::future::ready(Ok(found.clone())));
            }
            let sent = call.send().await;
            let response = sent.map_err(|error| CallError::Client(Box::new(error)))?;
            serde_json::to_value(ExposeSecrets(&*response)).map_err(CallError::Encode)
        })
    }
}

fn invalid_arguments(problem: String) -> serde_json::Error {
    serde::de::Error::custom(problem)
}

/// Returns all operations.
pub fn all() -> Vec<Box<dyn AnyOperation>> {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData))),*]
        };
    }
    katapult_gen::for_each_operation!(entries)
}

/// All operations, by API and id.
pub struct Registry(HashMap<&'static str, Vec<Box<dyn AnyOperation>>>);

impl Registry {
    /// Returns the registry of all operations.
    pub fn new() -> Self {
        let mut entries = HashMap::<_, Vec<_>>::new();
        for operation in all() {
            entries
                .entry(operation.info().id)
                .or_default()
                .push(operation);
        }
        Self(entries)
    }

    /// Returns the operation with this id.
    pub fn get(&self, api: katapult_openapi::Api, id: &str) -> Option<&dyn AnyOperation> {
        // Both APIs have operations with the same id.
        let named = self.0.get(id)?.iter().map(Box::as_ref);
        named
            .into_iter()
            .find(|operation| spec_api(operation.info().api) == api)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}
