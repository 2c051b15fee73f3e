//! Distinguishes errors by their predicates.
//!
//! `cargo run --example error_handling`; it always uses the sandbox in this process.

mod common;

use std::time::Duration;

use common::ExampleResult;
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Client, Error, RetryPolicy};
use katapult_sandbox::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
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
        .base_url("http://127.0.0.1:9") // no server listens on this port
        .token("a-token")
        .retry(RetryPolicy::none())
        .deadline(Duration::from_secs(5))
        .build()?;

    let machine = |name: &str| VirtualMachineLookup::fqdn(name);
    let get = |client: &Client, name: &str| client.virtual_machines().get(machine(name));
    report(
        "not found",
        get(&katapult, "nobody.acme.example").send().await.err(),
    );
    report(
        "in the trash",
        get(&katapult, "old-1.acme.example").send().await.err(),
    );
    let stop = katapult
        .virtual_machines()
        .stop(machine("web-1.acme.example"));
    report("stopped already", stop.send().await.err());
    report(
        "a wrong token",
        get(&stranger, "web-1.acme.example").send().await.err(),
    );
    report(
        "no server",
        get(&nowhere, "web-1.acme.example").send().await.err(),
    );
    Ok(())
}

fn report(case: &str, error: Option<Error>) {
    let Some(error) = error else {
        println!("{case}: no error");
        return;
    };
    let advice = match &error {
        error if error.is_not_found() => "create it, or treat it as deleted".to_owned(),
        error if error.is_in_trash() => "restore it, or treat it as deleted".to_owned(),
        error if error.is_auth() => "fix the token".to_owned(),
        error if error.is_unconfirmed() => "check before retrying".to_owned(),
        error if error.is_retryable() => "retry later".to_owned(),
        error => format!("see the code, {}", common::or_unknown(&error.code())),
    };
    println!("{case}: {:?}, so {advice}", error.kind());
}
