//! The traits and the metadata of operations.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::Method;
use serde::de::DeserializeOwned;

use crate::error_codes::{COMMON_CORE, COMMON_PUBLIC};
use crate::types::{Pagination, Task, TrashObject};
use crate::wire::json::from_json;
use crate::wire::query_pairs::QueryPairs;

/// One of the two APIs of Katapult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Api {
    /// `https://api.katapult.io/core/v1`: the resources of an account. Requires a token.
    Core,
    /// `https://api.katapult.io/public/v1`: public data, such as prices. Takes no token.
    Public,
}

impl Api {
    /// Returns the part of a URL between the host and an operation's path: `/core/v1`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Api::Core => "/core/v1",
            Api::Public => "/public/v1",
        }
    }

    /// Returns the error codes that every operation of the API documents, by HTTP status:
    /// [`COMMON_CORE`] or [`COMMON_PUBLIC`].
    pub const fn common_error_codes(self) -> &'static [(u16, &'static str)] {
        match self {
            Api::Core => COMMON_CORE,
            Api::Public => COMMON_PUBLIC,
        }
    }
}

/// The metadata of an operation, from the API's document, or of a [raw request](crate::RawRequest).
///
/// ```
/// # use http::Method;
/// # use katapult_gen::OperationInfo;
/// const INFO: &OperationInfo = &OperationInfo::new(
///     "virtual_machines.shutdown",
///     "shutdown virtual machine",
///     Method::POST,
///     "/virtual_machines/virtual_machine/shutdown",
/// )
/// .scopes(&["virtual_machines:power"])
/// .error_codes(&[(404, "virtual_machine_not_found")]);
///
/// assert!(!INFO.idempotent);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationInfo {
    /// The resource and the action: `virtual_machines.shutdown`; `request` for all raw requests.
    pub id: &'static str,
    /// A phrase for messages: `shutdown virtual machine`; method and path of a raw request.
    pub title: Cow<'static, str>,
    /// The HTTP method.
    pub method: Method,
    /// The path after the API's base URL: `/virtual_machines/virtual_machine/shutdown`.
    pub path: Cow<'static, str>,
    /// The API that has the operation.
    pub api: Api,
    /// The scopes, any one of which a token needs. Empty if the operation requires none.
    pub scopes: &'static [&'static str],
    /// The documented error codes that are specific to the operation, by HTTP status; see
    /// [`all_error_codes`](Self::all_error_codes) for the others.
    pub error_codes: &'static [(u16, &'static str)],
    /// `true` if a repeated request has the effect of one.
    pub idempotent: bool,
    /// The source of `idempotent`.
    pub idempotency_source: IdempotencySource,
}

/// The source of an operation's idempotency. It decides which writes are repeated after a lost
/// response: a name may belong to another object by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdempotencySource {
    /// The API's document. A write that names an object by something else than its id is not
    /// repeated.
    Document,
    /// The method of a raw request. Only a write that names its object by its id is repeated.
    Method,
    /// The caller of a raw request, whose word is final.
    Caller,
}

impl OperationInfo {
    /// Returns the metadata of an operation of the [core API](Api::Core) that requires no scope, documents only the
    /// common error codes and is not idempotent.
    pub const fn new(
        id: &'static str,
        title: &'static str,
        method: Method,
        path: &'static str,
    ) -> Self {
        Self {
            id,
            title: Cow::Borrowed(title),
            method,
            path: Cow::Borrowed(path),
            api: Api::Core,
            scopes: &[],
            error_codes: &[],
            idempotent: false,
            idempotency_source: IdempotencySource::Document,
        }
    }

    /// Sets the API that has the operation.
    #[must_use]
    pub const fn api(mut self, api: Api) -> Self {
        self.api = api;
        self
    }

    /// Sets the scopes, any one of which a token needs.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// Sets the documented error codes that are specific to the operation, by HTTP status.
    #[must_use]
    pub const fn error_codes(mut self, error_codes: &'static [(u16, &'static str)]) -> Self {
        self.error_codes = error_codes;
        self
    }

    /// Sets whether a repeated request has the effect of one.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Returns the documented error codes with their HTTP status: those common to all operations of
    /// the API, then those specific to the operation.
    pub fn all_error_codes(&self) -> impl Iterator<Item = (u16, &'static str)> + use<> {
        let common = self.api.common_error_codes().iter();
        common.chain(self.error_codes).copied()
    }
}

impl fmt::Display for OperationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

/// A reference to the metadata of an operation, to which it dereferences. Cloning is cheap.
///
/// The metadata of an [`Operation`] is static. That of a raw request has its path, and is freed with
/// its last reference.
#[derive(Clone)]
pub struct OperationRef(Metadata);

#[derive(Clone)]
enum Metadata {
    Static(&'static OperationInfo),
    Shared(Arc<OperationInfo>),
}

impl Deref for OperationRef {
    type Target = OperationInfo;

    fn deref(&self) -> &OperationInfo {
        match &self.0 {
            Metadata::Static(info) => info,
            Metadata::Shared(info) => info,
        }
    }
}

impl From<&'static OperationInfo> for OperationRef {
    fn from(info: &'static OperationInfo) -> Self {
        Self(Metadata::Static(info))
    }
}

impl From<OperationInfo> for OperationRef {
    fn from(info: OperationInfo) -> Self {
        Self(Metadata::Shared(Arc::new(info)))
    }
}

impl fmt::Debug for OperationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for OperationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

/// An operation of the API: a value with its arguments, and its metadata as constants.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation of the API",
    label = "not an operation",
    note = "the operations are the types in the modules of the resources, such as `virtual_machines::Get`"
)]
pub trait Operation: Send + Sync + 'static {
    /// The decoded body of a successful response.
    type Response: DeserializeOwned + Send + 'static;

    /// The metadata. It is a constant, so that it costs nothing and can be used without a value.
    const INFO: &'static OperationInfo;

    /// The [id](OperationInfo::id): `virtual_machines.shutdown`.
    const ID: &'static str = Self::INFO.id;

    /// Adds the arguments that the request carries in its query. Default: none.
    fn query(&self, query: &mut QueryPairs) {
        // Named `query` in the documentation of the trait, and unused here.
        let _ = query;
    }

    /// Returns the JSON body of the request; empty if the operation has none. Default: empty.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument cannot be represented as JSON.
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        Ok(Vec::new())
    }

    /// Decodes the body of a successful response. Default: from JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not a response of the operation.
    fn decode(body: &[u8]) -> Result<Self::Response, serde_json::Error> {
        from_json(body)
    }
}

/// An operation that returns a list, one page at a time.
#[diagnostic::on_unimplemented(
    message = "the operation `{Self}` does not return a list in pages",
    label = "not a list",
    note = "its response has the result: `.send().await?`; lists in pages, such as `virtual_machines::List`, have `.items()` and `.pages()` too"
)]
pub trait ListOperation: Operation + Clone {
    /// The type of the items.
    type Item: Send + 'static;

    /// The field of a response with the list, for
    /// [`Response::raw_items`](crate::Response::raw_items).
    const ITEMS: &'static str;

    /// Sets the page, counted from 1. Default: 1.
    fn set_page(&mut self, page: i64);

    /// Returns the page, if it is set.
    fn page(&self) -> Option<i64>;

    /// Sets the number of items per page. Default: 30.
    fn set_per_page(&mut self, per_page: i64);

    /// Returns the number of items per page, if it is set.
    fn per_page(&self) -> Option<i64>;

    /// Returns the items of a response.
    fn into_items(response: Self::Response) -> Vec<Self::Item>;

    /// Returns the position of a response in the list.
    fn pagination(response: &Self::Response) -> &Pagination;

    /// Returns the id of an item, by which an item that moved to a later page between two requests
    /// is recognized. `None` or empty if the item has no id.
    fn item_id(item: &Self::Item) -> Option<&str> {
        // Named `item` in the documentation of the trait, and unused here.
        let _ = item;
        None
    }
}

/// An operation that queues a task.
#[diagnostic::on_unimplemented(
    message = "the operation `{Self}` does not queue a task",
    label = "queues no task",
    note = "there is no task to wait for: it is complete when its response arrives, `.send().await?`"
)]
pub trait TaskOperation: Operation {
    /// Returns the queued task of a response. `None` if the response is without it, which happens
    /// where the task is beside the object that the operation is about.
    fn task(response: &Self::Response) -> Option<&Task>;
}

/// An operation that moves its object to the trash.
#[diagnostic::on_unimplemented(
    message = "the operation `{Self}` does not move its object to the trash",
    label = "has no trash object",
    note = "send it with `.send().await?`; a deletion that the trash does not keep cannot be undone"
)]
pub trait TrashOperation: Operation {
    /// Returns the trash object of a response.
    fn trash_object(response: &Self::Response) -> &TrashObject;
}
