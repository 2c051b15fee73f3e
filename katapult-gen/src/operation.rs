//! What every operation of the API tells about itself, at compile time and as a value.

use std::fmt;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::types::{Pagination, Task, TrashObject};

/// One of the two APIs that Katapult offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Api {
    /// `https://api.katapult.io/core/v1`: everything that belongs to somebody. Needs a token.
    Core,
    /// `https://api.katapult.io/public/v1`: prices, data centers and the like. Takes no token.
    Public,
}

impl Api {
    /// The part of the address that stands between the host and an operation's path: `/core/v1`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Api::Core => "/core/v1",
            Api::Public => "/public/v1",
        }
    }
}

/// The facts of one operation, as the API's document states them.
///
/// The same facts are associated constants of [`Operation`]; this is the form in which code that
/// does not know the operation's type can carry them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationInfo {
    /// The name by which this SDK knows the operation: `virtual_machines.shutdown`.
    pub id: &'static str,
    /// What it does in a few words, for messages: `shutdown virtual machine`.
    pub title: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path below the API's address: `/virtual_machines/virtual_machine/shutdown`.
    pub path: &'static str,
    /// Which of the two APIs it belongs to.
    pub api: Api,
    /// Any one of these scopes lets a token use it; empty when none is asked for.
    pub scopes: &'static [&'static str],
    /// The error codes that the document names, by status.
    pub error_codes: &'static [(u16, &'static [&'static str])],
    /// Whether doing it twice leaves the same state as doing it once.
    pub idempotent: bool,
}

impl fmt::Display for OperationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

/// An operation of the API: its arguments as a value, its facts as constants.
pub trait Operation: Send + Sync {
    /// What a successful response holds.
    type Response: Send + 'static;

    /// The name by which this SDK knows the operation: `virtual_machines.shutdown`.
    const ID: &'static str;
    /// What it does in a few words, for messages: `shutdown virtual machine`.
    const TITLE: &'static str;
    /// The HTTP method.
    const METHOD: Method;
    /// The path below the API's address: `/virtual_machines/virtual_machine/shutdown`.
    const PATH: &'static str;
    /// Which of the two APIs it belongs to.
    const API: Api;
    /// Any one of these scopes lets a token use it; empty when none is asked for.
    const SCOPES: &'static [&'static str];
    /// The error codes that the document names, by status. Others occur.
    const ERROR_CODES: &'static [(u16, &'static [&'static str])];
    /// Whether doing it twice leaves the same state as doing it once.
    const IDEMPOTENT: bool;

    /// All of the above as one value.
    const INFO: &'static OperationInfo = &OperationInfo {
        id: Self::ID,
        title: Self::TITLE,
        method: Self::METHOD,
        path: Self::PATH,
        api: Self::API,
        scopes: Self::SCOPES,
        error_codes: Self::ERROR_CODES,
        idempotent: Self::IDEMPOTENT,
    };

    /// Builds the HTTP request, without a token. `base_url` is the address of [`Self::API`],
    /// `https://api.katapult.io/core/v1` in life.
    ///
    /// # Errors
    ///
    /// When `base_url` is no URL.
    fn request(
        &self,
        http: &reqwest::Client,
        base_url: &str,
    ) -> Result<reqwest::Request, reqwest::Error>;

    /// Reads the body of a successful response.
    ///
    /// # Errors
    ///
    /// When the body is not what the operation answers.
    fn decode(body: &[u8]) -> Result<Self::Response, serde_json::Error>;
}

/// Reads a JSON body as any type; what the generated [`Operation::decode`] calls.
#[cfg_attr(not(feature = "full"), allow(dead_code))]
pub(crate) fn decode_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Lets an object at the top of a response pass only with its id, as serde would an absent field.
#[cfg_attr(not(feature = "full"), allow(dead_code))]
pub(crate) fn require_id(place: &str, id: &str) -> Result<(), serde_json::Error> {
    match id {
        "" => Err(missing_id(place)),
        _ => Ok(()),
    }
}

/// The same for every item of a list.
#[cfg_attr(not(feature = "full"), allow(dead_code))]
pub(crate) fn require_ids<'a>(
    place: &str,
    mut ids: impl Iterator<Item = &'a str>,
) -> Result<(), serde_json::Error> {
    match ids.position(str::is_empty) {
        Some(index) => Err(missing_id(&format!("{place}[{index}]"))),
        None => Ok(()),
    }
}

fn missing_id(place: &str) -> serde_json::Error {
    serde::de::Error::custom(format_args!("{place}: missing field `id`"))
}

/// Reads a list, and one object that stands where a list should be as a list of one.
#[cfg_attr(not(feature = "full"), allow(dead_code))]
pub(crate) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = match serde_json::Value::deserialize(deserializer)? {
        one @ serde_json::Value::Object(_) => serde_json::Value::Array(vec![one]),
        other => other,
    };
    serde_json::from_value(value).map_err(serde::de::Error::custom)
}

/// An operation that answers a list, one page at a time.
pub trait ListOperation: Operation + Clone {
    /// What the list is of.
    type Item: Send + 'static;

    /// The field of a response that holds the list: what [`Response::raw_items`](crate::Response::raw_items) takes.
    const ITEMS: &'static str;

    /// Asks for this page; pages count from 1.
    fn set_page(&mut self, page: i64);

    /// The page asked for, if one was; the API gives the first otherwise.
    fn page(&self) -> Option<i64>;

    /// Asks for this many items a page.
    fn set_per_page(&mut self, per_page: i64);

    /// The number of items asked for, if one was; the API gives 30 otherwise.
    fn per_page(&self) -> Option<i64>;

    /// Takes the items out of a response.
    fn into_items(response: Self::Response) -> Vec<Self::Item>;

    /// Where in the list a response stands.
    fn pagination(response: &Self::Response) -> &Pagination;

    /// The id by which an item is known again when the set has moved and it comes twice; `None` (or
    /// empty) where there is none.
    fn item_id(item: &Self::Item) -> Option<&str> {
        let _ = item;
        None
    }
}

/// An operation that queues a task.
pub trait TaskOperation: Operation {
    /// The task that a response names.
    fn task(response: &Self::Response) -> &Task;
}

/// An operation that moves its object to the trash.
pub trait TrashOperation: Operation {
    /// The trash object that a response names.
    fn trash_object(response: &Self::Response) -> &TrashObject;
}
