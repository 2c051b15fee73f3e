//! Calls a path without a typed operation, and adds a header to a typed one.
//!
//! `cargo run --example raw_request`. With a token in `KATAPULT_API_KEY` it uses the real API, which it only reads.

mod common;

use common::{ExampleResult, Session};
use katapult_core::http::Method;
use katapult_core::prelude::*;
use katapult_core::serde_json::Value;
use serde::Deserialize;

/// The part of the response that this program needs.
#[derive(Deserialize)]
struct DataCenters {
    data_centers: Vec<DataCenter>,
}

#[derive(Deserialize)]
struct DataCenter {
    name: String,
    permalink: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|_| Ok(())).await?;
    let katapult = &session.katapult;

    // With the token, the rate limit, retries and errors of any other call.
    let path = katapult.request(Method::GET, "/data_centers");
    for data_center in &path.send::<DataCenters>().await?.data_centers {
        println!("{}: {}", data_center.permalink, data_center.name);
    }
    let public = katapult.request(Method::GET, "/stats").public(); // sent without the token
    let stats = public.send::<Value>().await?;
    println!("statistics: {}", *stats);

    // A typed call with a header of its own; one that the client sets is refused before anything is sent.
    let list = || katapult.virtual_machines().list(&session.acme).per_page(1);
    let response = list().header("x-trace", "one").send().await?;
    if let Some(json) = response.json() {
        println!("machines a page: {}", json["pagination"]["per_page"]);
    }
    if let Err(error) = list().header("authorization", "none").send().await {
        println!("{error}");
    }
    Ok(())
}
