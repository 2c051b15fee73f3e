//! What can go wrong, and how it is told apart.
//!
//! `cargo run --example error_handling`; it always talks to the sandbox, in this process.

mod common;

use std::time::Duration;

use common::Outcome;
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Client, Error, RetryPolicy};
use katapult_sandbox::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let sandbox = Sandbox::start().await?;
    let off = sandbox.id_of("VirtualMachine", "name", "web-1")?;
    sandbox.set_field(&off, "state", "stopped".into());
    let old = sandbox.add_machine("old-1", "pebble-1", "stopped")?;
    sandbox.move_to_trash(&old);
    let client = |token: &str| {
        Client::builder()
            .base_url(sandbox.url())
            .token(token)
            .build()
    };
    let (katapult, stranger) = (client(sandbox.token())?, client("some-other-token")?);
    let nowhere = Client::builder()
        .base_url("http://127.0.0.1:9") // where nobody listens
        .token("a-token")
        .retry(RetryPolicy::none())
        .deadline(Duration::from_secs(5))
        .build()?;

    let machine = |name: &str| VirtualMachineLookup::fqdn(name);
    let get = |client: &Client, name: &str| client.virtual_machines().get(machine(name));
    tell(
        "there is none",
        get(&katapult, "nobody.acme.example").send().await.err(),
    );
    tell(
        "in the trash",
        get(&katapult, "old-1.acme.example").send().await.err(),
    );
    let stop = katapult
        .virtual_machines()
        .stop(machine("web-1.acme.example"));
    tell("it is off already", stop.send().await.err());
    tell(
        "a wrong token",
        get(&stranger, "web-1.acme.example").send().await.err(),
    );
    tell(
        "no server",
        get(&nowhere, "web-1.acme.example").send().await.err(),
    );
    Ok(())
}

fn tell(case: &str, error: Option<Error>) {
    let Some(error) = error else {
        println!("{case}: no error");
        return;
    };
    let what = match &error {
        error if error.is_not_found() => "make it, or take it as gone".to_owned(),
        error if error.is_in_trash() => "restore it, or take it as gone".to_owned(),
        error if error.is_auth() => "mend the token".to_owned(),
        error if error.is_unconfirmed() => "look whether it was done".to_owned(),
        error if error.is_retryable() => "try again later".to_owned(),
        error => format!("look at the code, {}", common::or_unknown(&error.code())),
    };
    println!("{case}: {:?}, so {what}", error.kind());
}
