//! The start of each program: a sandbox, and a client of it. The programs are in `tests` and `examples`.

use std::error::Error;

use katapult_core::{Client, ClientBuilder};
use katapult_sandbox::{Sandbox, Time};

/// The result of a program.
pub type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Starts a sandbox whose tasks take no time worth waiting for.
///
/// # Errors
///
/// Returns an error if no port on the loopback interface is free.
pub async fn start_sandbox() -> Result<Sandbox> {
    // A task of 10 s takes 0.2 s: still a state that a program can observe.
    Ok(Sandbox::builder().time(Time::Scaled(50.0)).start().await?)
}

/// Returns the builder of a client for a sandbox.
pub fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
}
