//! Every operation of the Katapult API as a typed request, generated from the API's OpenAPI document.
//!
//! Most people want `katapult-core`, which adds retries, errors that answer questions, and waiting.
//! This crate works alone over a plain [`reqwest::Client`]:
//!
#![cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use katapult_gen::{Client, PlainTransport, types::VirtualMachineLookup};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let katapult = Client::new(PlainTransport::new(reqwest::Client::new(), "token"));
//! let web = VirtualMachineLookup::fqdn("web-1.acme.example");
//! let task = katapult.virtual_machines().shutdown(&web).send().await?;
//! println!("{:?}", task.task.status);
//! # Ok(()) }
//! ```
//!
//! Each resource is a module behind a Cargo feature of the same name (`virtual-machines`, `disks`, …);
//! `full` turns all of them on.

#[macro_use]
mod object;
#[macro_use]
mod open_enum;
#[macro_use]
mod lookup;
#[macro_use]
mod polymorph;
mod api_error;
mod call;
mod client;
#[cfg(all(doctest, feature = "full"))]
mod does_not_compile;
#[allow(clippy::should_implement_trait)] // a setter is named after its field
#[rustfmt::skip]
mod generated;
mod operation;
mod patch;
mod plain;
#[cfg_attr(not(feature = "full"), allow(dead_code))]
mod query;
mod response;
mod secret;
mod timestamp;
mod transport;

pub use api_error::ApiError;
pub use call::Call;
pub use client::Client;
pub use generated::*;
pub use operation::{Api, ListOperation, Operation, OperationInfo, TaskOperation, TrashOperation};
pub use patch::Patch;
pub use plain::{PlainError, PlainTransport};
pub use response::{Quota, Response};
pub use secret::Secret;
pub use timestamp::Timestamp;
pub use transport::{RawResponse, Transport};
