//! Every operation of the SDK as a value, so that one can be called by its name.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::LazyLock;

use katapult_core::prelude::*;
use katapult_core::{Client, Reconciled};
use katapult_gen::{Api, Operation, OperationInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::request::Request;

/// What became of a call.
pub type Outcome = Result<Value, CallError>;

/// A call under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Why a call gave no response.
#[derive(Debug)]
pub enum CallError {
    /// The arguments are not what the operation takes.
    Arguments(serde_json::Error),
    /// The client gave an error.
    Client(Box<katapult_core::Error>),
    /// The decoded response could not be written out again.
    Unwritable(serde_json::Error),
}

/// An operation whose type is not known here.
pub trait AnyOperation: Send + Sync {
    /// Its constants.
    fn info(&self) -> &'static OperationInfo;

    /// Whether `arguments`, in the operation's JSON form, are what it takes.
    ///
    /// # Errors
    ///
    /// Says what they lack or have too much.
    fn check(&self, arguments: &Value) -> Result<(), serde_json::Error>;

    /// Reads the body of a success and gives it as the typed value writes it out again.
    ///
    /// # Errors
    ///
    /// When it is not what the operation answers.
    fn read(&self, body: &[u8]) -> Result<Value, serde_json::Error>;

    /// The request that `arguments` make, without sending it.
    ///
    /// # Errors
    ///
    /// When they are not what the operation takes.
    fn request(&self, arguments: &Value) -> Result<Request, String>;

    /// Calls it and gives the response as the typed value writes it out again.
    fn send<'a>(&self, client: &'a Client, arguments: &Value) -> Sending<'a> {
        self.send_looking(client, arguments, Look::None)
    }

    /// The same, with what a look finds whether it was done.
    fn send_looking<'a>(&self, client: &'a Client, arguments: &Value, look: Look) -> Sending<'a>;
}

/// What a look whether a write was done finds.
#[derive(Clone, Debug)]
pub enum Look {
    /// There is no way to look.
    None,
    /// It was not done.
    Missing,
    /// It was, and this is what it would have answered.
    Reconciled(Value),
}

/// Builds requests that are not sent; one for all, since each reads the system's certificates.
static BUILDER: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

struct Entry<O>(PhantomData<fn() -> O>);

impl<O> AnyOperation for Entry<O>
where
    O: Operation + DeserializeOwned + 'static,
    O::Response: Serialize,
{
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn check(&self, arguments: &Value) -> Result<(), serde_json::Error> {
        O::deserialize(arguments).map(drop)
    }

    fn read(&self, body: &[u8]) -> Result<Value, serde_json::Error> {
        serde_json::to_value(O::decode(body)?)
    }

    fn request(&self, arguments: &Value) -> Result<Request, String> {
        let operation = O::deserialize(arguments).map_err(|error| error.to_string())?;
        let base_url = format!("http://localhost{}", O::API.prefix());
        let built = operation
            .request(&BUILDER, &base_url)
            .map_err(|error| error.to_string())?;
        let body = built.body().and_then(reqwest::Body::as_bytes);
        let body = body.map(serde_json::from_slice).transpose();
        Ok(Request {
            method: built.method().to_string(),
            path: built.url().path().to_owned(),
            query: built.url().query_pairs().into_owned().collect(),
            body: body.map_err(|error| error.to_string())?,
        })
    }

    fn send_looking<'a>(&self, client: &'a Client, arguments: &Value, look: Look) -> Sending<'a> {
        let operation = O::deserialize(arguments);
        Box::pin(async move {
            let operation = operation.map_err(CallError::Arguments)?;
            let mut call = client.call(operation);
            let found = match look {
                Look::None => None,
                Look::Missing => Some(None),
                Look::Reconciled(response) => Some(Some(Reconciled::from_json(&response))),
            };
            if let Some(found) = found {
                call = call.reconcile(move |_| std::future::ready(Ok(found.clone())));
            }
            let sent = call.send().await;
            let response = sent.map_err(|error| CallError::Client(Box::new(error)))?;
            serde_json::to_value(&*response).map_err(CallError::Unwritable)
        })
    }
}

/// Returns the API by the name that its documents give it.
pub fn spec_api(api: Api) -> katapult_openapi::Api {
    match api {
        Api::Public => katapult_openapi::Api::Public,
        _ => katapult_openapi::Api::Core,
    }
}

/// All operations.
pub fn all() -> Vec<Box<dyn AnyOperation>> {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData))),*]
        };
    }
    katapult_gen::for_each_operation!(entries)
}

/// All operations, found by API and name.
pub struct Registry(HashMap<&'static str, Vec<Box<dyn AnyOperation>>>);

impl Registry {
    /// The registry of all operations.
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

    /// The operation of that name.
    pub fn get(&self, api: katapult_openapi::Api, id: &str) -> Option<&dyn AnyOperation> {
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
