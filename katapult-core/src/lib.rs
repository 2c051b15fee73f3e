//! A Rust SDK for the Katapult cloud API.
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
//!     Err(error) if error.is_not_found() => println!("there is no such machine"),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(()) }
//! ```
//!
//! The `guide` module goes on from here: lookups, lists, waiting, errors, retries.
//!
//! # What happens to a call
//!
//! It waits for its place in the quota ([`RateLimit`]), is sent, and if need be is sent again ([`RetryPolicy`]),
//! within a limit for each attempt and a deadline for the whole ([`ClientBuilder`] states the defaults).
//! What may have been done already is never done twice: see [`Error::is_unconfirmed`] and
//! [`CallExt::reconcile`], and [`ReconcileByKey`] for what has a name.
//!
//! # Features
//!
//! `rustls-tls` (default) or `native-tls`; one feature for each resource of the API, named after it; `full` for all of them;
//! `test-util` for the test doubles of the module `test_util`.
//!
//! Proxies are taken from `HTTPS_PROXY` and `NO_PROXY`; the settings of the operating system are not looked at.
//!
//! # Logs
//!
//! Through [`tracing`], under the target `katapult_core`: a span for each call, at DEBUG an event for each
//! attempt and each wait, and at TRACE the bodies, less what is secret in them.

mod attempt;
mod budget;
mod builder;
mod call_ext;
mod classify;
mod client;
mod clock;
mod config;
mod error;
mod error_display;
#[cfg(feature = "virtual-machines")] // its examples are about machines, which are in `default`
pub mod guide;
mod ledger;
mod lists;
mod pace;
mod pages;
mod poll;
pub mod prelude;
mod random;
mod redact;
mod resume;
mod retry;
mod safe_create;
mod seam;
mod sender;
mod server_time;
#[cfg(feature = "test-util")]
pub mod test_util;
mod token;
mod trace;
mod transport;
#[cfg(feature = "trash-objects")]
mod trash;
mod wait;
mod wait_error;
#[cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))] // what serves any resource
mod watches;

pub use builder::ClientBuilder;
pub use call_ext::{CallExt, CallOptions, Reconciled};
pub use client::Client;
pub use clock::Clock;
pub use config::ConfigError;
pub use error::{Error, ErrorKind};
#[doc(no_inline)]
pub use katapult_gen::*;
pub use lists::Items;
pub use pace::{RateLimit, RateLimitState};
pub use pages::{Page, Pages};
pub use poll::PollPolicy;
pub use random::Rng;
pub use resume::{ResumeToken, ResumeTokenError};
pub use retry::{Jitter, RetryPolicy};
pub use safe_create::ReconcileByKey;
pub use seam::HttpTransport;
pub use secrecy::SecretString;
pub use sender::{HttpClient, HttpClientError, HttpFuture, HttpResponse};
pub use token::{TokenFuture, TokenProvider};
#[cfg(feature = "trash-objects")]
pub use trash::Trashed;
pub use wait::{Completed, OperationWaiter, StateStream, WaitCondition, WaitState, Waiter};
pub use wait_error::WaitError;
#[cfg(feature = "disks")]
pub use watches::DiskCondition;
#[cfg(feature = "file-storage-volumes")]
pub use watches::FileStorageVolumeCondition;
#[cfg(feature = "object-storage")]
pub use watches::ObjectStorageCondition;
pub use watches::ResourceCondition;
#[cfg(feature = "tasks")]
pub use watches::TaskCondition;
#[cfg(feature = "trash-objects")]
pub use watches::TrashObjectCondition;
#[cfg(feature = "virtual-machine-builds")]
pub use watches::VirtualMachineBuildCondition;
#[cfg(feature = "virtual-machines")]
pub use watches::{VirtualMachineCondition, VirtualMachineDeletedCondition};

// The crates whose types appear in this one's.
#[doc(no_inline)]
pub use {bytes, http, reqwest, serde_json};

/// A request that is ready to be sent by a [`Client`].
pub type Call<O> = katapult_gen::Call<HttpTransport, O>;
