//! Typed requests for every operation of the [Katapult](https://katapult.io) cloud API, generated
//! from the API's OpenAPI document.
//!
//! Most programs need [`katapult-core`](https://docs.rs/katapult-core), which adds retries, rate
//! limiting, pagination, waiters and one error type with predicates. This crate works alone over a
//! plain [`reqwest::Client`], with the feature `reqwest`:
//!
#![cfg_attr(
    all(feature = "reqwest", feature = "virtual-machines"),
    doc = "```no_run"
)]
#![cfg_attr(
    not(all(feature = "reqwest", feature = "virtual-machines")),
    doc = "```ignore"
)]
//! use katapult_gen::{Client, PlainTransport, types::VirtualMachineLookup};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let katapult = Client::new(PlainTransport::new(reqwest::Client::new(), "token"));
//! let web = VirtualMachineLookup::fqdn("web-1.acme.example");
//! let response = katapult.virtual_machines().shutdown(&web).send().await?;
//! println!("queued task {}", response.task.id);
//! # Ok(()) }
//! ```
//!
//! # Layout
//!
//! - Each resource is a module: [`Client`] has a method of its name, which returns a handle with a
//!   method for each operation.
//! - An operation's method takes the required arguments and returns a [`Call`]. Optional arguments
//!   are methods of the call.
//! - An operation is a type in the resource's module, such as `virtual_machines::Shutdown`, whose
//!   fields are the arguments. [`Call::operation`] returns it.
//! - [`types`] has the types of requests and responses, [`error_codes`] the error codes.
//! - [`Transport`] sends requests. Implement it for other policies than those of
//!   [`PlainTransport`].
//!
//! # Features
//!
//! Each resource is behind a Cargo feature of the same name (`virtual-machines`, `disks`, …);
//! `full` enables all. More features:
//!
//! - `reqwest`: [`PlainTransport`], which sends requests with a [`reqwest::Client`]
//! - `serde`: `Serialize` and `Deserialize` for all requests and responses
//! - `schemars`: a JSON Schema of each type that is sent or received
//! - `jiff`: conversions of [`Timestamp`] to and from jiff's

// docs.rs shows the feature of each item by it. Permitted by the compiler of the nightly toolchain alone.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod wire;
#[macro_use]
mod values;
mod api_error;
mod call;
#[macro_use]
mod client;
#[cfg(all(doctest, feature = "full"))]
mod compile_fail;
#[allow(clippy::should_implement_trait)] // A setter has the name of its field.
#[rustfmt::skip]
mod generated;
mod operation;
#[cfg(feature = "reqwest")]
mod plain_transport;
mod response;
mod states;
mod transport;

pub use api_error::ApiError;
pub use call::{Call, RawRequest};
pub use client::Client;
pub use generated::*;
pub use operation::{
    Api, IdempotencySource, ListOperation, Operation, OperationInfo, OperationRef, TaskOperation,
    TrashOperation,
};
#[cfg(feature = "reqwest")]
pub use plain_transport::{PlainError, PlainTransport};
pub use response::{IntoSubject, Response};
pub use states::{SettlingOperation, StateOperation, StateResource};
pub use transport::{RateLimitHeaders, RawResponse, SentRequest, Transport};
#[cfg(feature = "__lookup")]
pub use values::LookupError;
pub use values::{ExposeSecrets, IntoLookup, Patch, Secret, Timestamp, UnknownValueError};
pub use wire::decode_error::DecodeError;
pub use wire::query_pairs::QueryPairs;
pub use wire::request::{BuildError, build_request};

#[cfg(all(doctest, feature = "virtual-machines"))]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;

/// Items for `katapult-core` alone. They are not part of the public API, and may change in any version.
#[doc(hidden)]
pub mod __private {
    /// The prefixes of ids, by the kind of object.
    pub const ID_PREFIXES: &[(&str, &str)] = crate::generated::ID_PREFIXES;

    pub use crate::values::is_secret_name;
    pub use crate::wire::json::JSON;
}
