//! An async Rust SDK for the Katapult cloud: typed, with safe retries, rate limiting, pagination and waiters.
//!
#![cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use katapult_core::{Client, types::VirtualMachineLookup};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let katapult = Client::from_env()?; // KATAPULT_API_KEY, KATAPULT_API_URL
//! let web = VirtualMachineLookup::fqdn("web-1.acme.example");
//!
//! match katapult.virtual_machines().get(&web).send().await {
//!     Ok(machine) => println!("{}", machine.id),
//!     Err(error) if error.is_not_found() => println!("no such machine"),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(()) }
//! ```
//!
//! The `guide` module continues from here: lookups, lists, waiting, errors, retries.
//!
//! # Execution of a call
//!
//! A call waits for the [rate limit](RateLimit), is sent, and is retried by the [policy](RetryPolicy), within a
//! time limit for each attempt and a deadline for the whole. [`ClientBuilder`] lists the defaults. A write that
//! may have been executed is never executed twice: see [`Error::is_unconfirmed`], [`CallExt::reconcile`], and
//! [`ReconcileByKey`] for objects with a natural key.
//!
//! # Cargo features
//!
//! | feature | effect |
//! | --- | --- |
//! | `rustls-tls` (default), `native-tls` | the TLS implementation |
//! | one per resource, such as `virtual-machines` | the operations of that resource |
//! | `full` | all resources |
//! | `serde` | `Serialize` and `Deserialize` for all requests and responses |
//! | `schemars` | a JSON Schema of each type that is sent or received |
//! | `jiff` | conversions of [`Timestamp`] to and from jiff's |
//! | `test-util` | the test doubles of `test_util`, and `Clock` and `Rng` to replace time and randomness |
//! | `blocking` | calls, lists and waiters that block the thread: `send_blocking`, `items_blocking`, `wait_blocking` |
//! | `tower` | a `tower` service as the HTTP client, and layers round it: `TowerClient` |
//!
//! Proxies are taken from `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, unless [`ClientBuilder::proxy`] sets one; the
//! settings of the operating system are not used.
//!
//! # Logs
//!
//! Through [`tracing`], under the target `katapult_core`: a span for each call and each attempt, events at DEBUG for
//! each attempt and each delay, at INFO and WARN for long waits, and at TRACE the bodies without their secrets. An
//! [`Observer`] receives the same steps as values, for metrics. The page `guide::observability` lists everything.

#[cfg(feature = "blocking")]
mod blocking;
mod call;
mod client;
mod error;
#[cfg(feature = "virtual-machines")] // its examples use virtual machines, a default feature
pub mod guide;
pub mod observer;
mod pagination;
pub mod prelude;
mod rate_limit;
mod resume_token;
mod retry;
mod scopes;
#[cfg(feature = "test-util")]
pub mod test_util;
mod transport;
mod util;
mod waiter;

#[cfg(feature = "blocking")]
pub use blocking::BlockingIter;
#[cfg(feature = "trash-objects")]
pub use call::Trashed;
pub use call::{CallExt, ReconcileByKey, Reconciled};
pub use client::{Client, ClientBuilder};
#[cfg(feature = "blocking")]
pub use error::BlockingError;
pub use error::{ConfigError, Error, ErrorKind, HttpClientError};
#[doc(no_inline)]
pub use katapult_gen::*;
pub use observer::Observer;
pub use pagination::{Items, ItemsWithJson, Page, Pages};
pub use rate_limit::{RateLimit, RateLimitState};
pub use resume_token::{ResumeToken, ResumeTokenError};
pub use retry::{Jitter, RetryBudget, RetryPolicy};
pub use scopes::{RequiredScopes, required_scopes};
pub use secrecy::SecretString;
pub use transport::{
    Call, CallOptions, DefaultHttpClient, HttpBody, HttpClient, HttpFuture, HttpResponse,
    HttpTransport, TokenFuture, TokenProvider,
};
#[cfg(feature = "tower")]
pub use transport::{HttpClientService, TowerClient};
#[cfg(feature = "test-util")]
pub use util::{clock::Clock, rng::Rng};
#[cfg(feature = "disks")]
pub use waiter::resources::DiskCondition;
#[cfg(feature = "file-storage-volumes")]
pub use waiter::resources::FileStorageVolumeCondition;
#[cfg(feature = "object-storage")]
pub use waiter::resources::ObjectStorageCondition;
pub use waiter::resources::ResourceCondition;
#[cfg(feature = "tasks")]
pub use waiter::resources::TaskCondition;
#[cfg(feature = "trash-objects")]
pub use waiter::resources::TrashObjectCondition;
#[cfg(feature = "virtual-machine-builds")]
pub use waiter::resources::VirtualMachineBuildCondition;
#[cfg(feature = "virtual-machines")]
pub use waiter::resources::{VirtualMachineCondition, VirtualMachineDeletedCondition};
pub use waiter::{
    Completed, OperationWaiter, PollPolicy, ResumableCondition, StateStream, WaitAll,
    WaitAllOutcome, WaitCondition, WaitError, WaitProgress, WaitState, WaitToken, WaitTokenError,
    Waiter, wait_all,
};

// The crates whose types appear in this one's.
#[cfg(feature = "jiff")]
#[doc(no_inline)]
pub use jiff;
#[cfg(feature = "schemars")]
#[doc(no_inline)]
pub use schemars;
#[doc(no_inline)]
pub use {bytes, http, reqwest, serde_json};
