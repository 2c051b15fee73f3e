//! Estimates the price of machines from build specifications, before any of them is built.
//!
//! `cargo run -p katapult-workflows --example price -- [FILE.xml…]`. Without files, it estimates two specifications of its
//! own. With a token in `KATAPULT_API_KEY` it uses the real API, where it changes nothing.

#[path = "../../katapult-core/examples/common/mod.rs"]
mod common;

use common::{ExampleResult, Session, arguments};
use katapult_core::types::{CountryLookup, CurrencyLookup};
use katapult_workflows::EstimatePrice;
use katapult_workflows::katapult_build_spec::{BuildSpec, PackageRef, SystemDisk};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|_| Ok(())).await?;
    let mut specs = Vec::new();
    for file in arguments() {
        specs.push(BuildSpec::from_xml(&std::fs::read_to_string(file)?)?);
    }
    if specs.is_empty() {
        let web = BuildSpec::new().package(PackageRef::permalink("pebble-3"));
        let database = BuildSpec::new()
            .package(PackageRef::permalink("stone-6"))
            .system_disk(SystemDisk::new().size_in_gb(100));
        specs.extend([web.clone(), web, database]);
    }
    let estimate = EstimatePrice::new(&session.katapult)
        .country(CountryLookup::iso_code2("GB"))
        .currency(CurrencyLookup::iso_code("GBP"));
    let estimate = specs.iter().fold(estimate, EstimatePrice::spec);
    println!("{}", estimate.run().await?);
    Ok(())
}
