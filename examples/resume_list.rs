//! Reads a list that fails at its third page, and continues it from there by a stored token.
//!
//! `cargo run --example resume_list`; it always uses the sandbox in this process.

use std::error::Error;

use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use katapult_core::{Client, RetryPolicy};
use katapult_sandbox::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::builder()
        .fault("virtual_machines.list:unavailable@001".parse()?)
        .start()
        .await?;
    for number in 1..=45 {
        sandbox.add_machine(&format!("job-{number}"), "pebble-1", "started")?;
    }
    let katapult = Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
        .build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    // Without retries, so that the page fails; otherwise it is simply requested again.
    let list = || {
        let call = katapult.virtual_machines().list(&acme).per_page(20);
        call.retry(RetryPolicy::none()).items().prefetch(1)
    };

    let mut before = 0;
    let mut machines = list();
    let stored = loop {
        match machines.try_next().await {
            Ok(Some(_)) => before += 1,
            Ok(None) => return Err("the list did not fail".into()),
            Err(error) => {
                println!("{:?} after {before} machines", error.kind());
                let token = error.resume_token().ok_or("the error has no token")?;
                break token.to_string(); // for a file or a database: another process can continue
            }
        }
    };

    let rest = list().resume(stored.parse()?).collect_all().await?;
    println!("{} more from the token", rest.len());
    println!("{} machines in all", before + rest.len());
    Ok(())
}
