//! What `cargo xtask measure` runs: a server on loopback that is a process of its own, and a client that does
//! everything twice in turn, once with the SDK and once by hand on reqwest and serde_json.
//!
//! Each measure gives figures; what is good and what is not is decided by the xtask.

pub mod contention;
pub mod gauge;
pub mod hand;
pub mod lists;
pub mod memory;
pub mod overhead;
pub mod server;

mod body;

use katapult_core::Client;

/// What a measure fails with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A client of the SDK with the settings that a user gets who sets none.
///
/// # Errors
///
/// When the address is none.
pub fn client(url: &str) -> Result<Client, Failure> {
    Ok(Client::builder().base_url(url).token(TOKEN).build()?)
}

/// The token that both sides send.
pub const TOKEN: &str = "a-token-as-long-as-those-of-the-api-are-0123456789";
/// The machine that is asked for.
pub const MACHINE: &str = "web-1.acme.example";
/// The organization whose machines are listed.
pub const ORGANIZATION: &str = "acme";
