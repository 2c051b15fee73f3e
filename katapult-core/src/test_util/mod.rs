//! Test doubles for programs that use this crate, behind the feature `test-util`.
//!
//! [`ScriptedApi`] expects calls of operations, answers each with a typed response, JSON or an error, and checks at
//! the end that all were made. [`ScriptedClient`], on which it builds, takes the place of the network: it gives
//! prepared responses, delays, truncated bodies and connection failures, and records the requests with their times.
//! [`SimulatedClock`] and [`FixedRng`] take the place of the time of day and of random jitter. In
//! tokio's paused time (`#[tokio::test(start_paused = true)]`, feature `test-util` of tokio) a test
//! of retries or polling takes no real time and gives the same result in every run.
//!
//! Enable the feature for tests alone:
//!
//! ```toml
//! [dev-dependencies]
//! katapult-core = { version = "0.1", features = ["test-util"] }
//! tokio = { version = "1", features = ["macros", "test-util"] }
//! ```
//!
//! # Example
//!
#![cfg_attr(feature = "virtual-machines", doc = "```")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use std::time::Duration;
//!
//! use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
//! use katapult_core::types::VirtualMachineLookup;
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let scripted = ScriptedClient::new([
//!     ScriptedResponse::api_error(503, "service_unavailable").header("retry-after", "7"),
//!     ScriptedResponse::json(&json!({ "virtual_machine": { "id": "vm_1", "name": "web-1" } })),
//! ]);
//! let katapult = scripted.client()?;
//!
//! let web = VirtualMachineLookup::id("vm_1");
//! let machine = katapult.virtual_machines().get(&web).send().await?;
//!
//! assert_eq!(machine.name.as_deref(), Some("web-1"));
//! assert_eq!(machine.attempts(), 2);
//! // The header's 7 s, and half of the jitter of up to 1 s.
//! assert_eq!(scripted.pauses(), [Duration::from_millis(7500)]);
//! assert_eq!(scripted.requests()[0].query("virtual_machine[id]").as_deref(), Some("vm_1"));
//! # Ok(()) }
//! ```

mod call_script;
mod clock;
mod recorded_request;
mod respond;
mod rng;
mod scripted_api;
mod scripted_client;
mod scripted_response;
mod times;

pub use clock::SimulatedClock;
pub use recorded_request::RecordedRequest;
pub use respond::{IntoScriptedResponse, Respond};
pub use rng::FixedRng;
pub use scripted_api::{ExpectedCalls, ScriptedApi};
pub use scripted_client::ScriptedClient;
pub use scripted_response::ScriptedResponse;
#[cfg(feature = "httpmock")]
pub(crate) use scripted_response::{encode, error_body};
pub use times::Times;
