//! A local Katapult API for tests: a server that implements every operation of the API document, keeps
//! state, and injects faults on request. It runs in the test's process, or as a program for clients in
//! any language.
//!
//! ```console
//! $ cargo add --dev katapult-sandbox --no-default-features   # the library
//! $ cargo install katapult-sandbox && katapult-sandbox       # the program
//! ```
//!
//! ```
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use katapult_sandbox::{Fault, Sandbox, Time};
//!
//! // The first request gets a 429, and time stands still until the test advances it.
//! let sandbox = Sandbox::builder()
//!     .time(Time::Manual)
//!     .fault(Fault::rate_limit().times(1))
//!     .start()
//!     .await?;
//! let id = sandbox.add_machine("web-9", "pebble-1", "started")?;
//! // … point a client at `sandbox.url()`, with `sandbox.token()` …
//! sandbox.advance(Duration::from_secs(30));
//! sandbox.world(|world| assert!(world.get(&id).is_some()));
//! assert!(sandbox.rejected_requests().is_empty());
//! # Ok(()) }
//! ```
//!
//! [`Builder`] has the settings, [`Fault`] the faults, and [`Sandbox`] the control of time, objects and recorded
//! requests. The page on [testing] of katapult-core's guide tests a program with them.
//!
//! [testing]: https://docs.rs/katapult-core/latest/katapult_core/guide/testing
//!
//! # Control over HTTP
//!
//! Clients in any language check that the sandbox runs by `GET /sandbox/health`. With [`Builder::control`],
//! or the program's option `--control`, they change it too, with JSON bodies and without a token:
//!
//! | request | effect |
//! | --- | --- |
//! | `POST /sandbox/reset` | returns to the state at the start |
//! | `POST /sandbox/snapshot` | saves the state; returns `snapshot`, its number, and `objects`, its objects as comparable lines |
//! | `POST /sandbox/restore` with `{"snapshot": 1}` | returns to a saved state |
//! | `GET`, `POST`, `DELETE /sandbox/faults` | lists the faults, adds `{"faults": ["tasks.get:504#1"]}`, removes all |
//! | `GET`, `POST /sandbox/clock` | returns the time, or advances it by `{"advance": "30s"}` |
//! | `GET`, `DELETE /sandbox/journal` | returns the recorded requests, or clears them |
//!
//! The API document determines the operations, their arguments, error codes and responses. Only
//! behaviour that the document cannot describe is written by hand, one file per resource in
//! `resources/`. The initial state is data: `data/world.json`, or another file.

mod builder;
mod duration;
mod faults;
mod fixtures;
mod http;
pub mod recording;
mod request;
mod resources;
mod response;
mod rng;
mod sandbox;
mod spec;
mod state;
mod world;

pub use crate::builder::{Builder, StartError};
pub use crate::faults::{Fault, FaultError, ProxyStatus};
pub use crate::http::journal::RecordedRequest;
pub use crate::request::token::Token;
pub use crate::sandbox::Sandbox;
pub use crate::spec::DocumentError;
pub use crate::state::Checkpoint;
pub use crate::world::clock::Time;
pub use crate::world::initial_state::WorldError;
pub use crate::world::{Object, World};

/// Items for the tests of this workspace alone. They are not part of the public API, and may change in any version.
#[doc(hidden)]
pub mod __private {
    pub use crate::request::query::nest_pairs;
}
