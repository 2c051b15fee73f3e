//! A certificate by ACME's DNS-01 challenge.

#[path = "../examples/acme.rs"]
mod acme_example;

use katapult_consumer::Result;

#[tokio::test]
async fn certificate_is_issued_with_the_kept_steps() -> Result {
    let output = acme_example::run().await?;
    assert_eq!(output, include_str!("../examples/acme.txt"));
    let _: fn() -> Result = acme_example::main;
    Ok(())
}
