//! Prices of machines that are not built.

use crate::support::{Connection, World};
use katapult_core::types::{CountryLookup, CurrencyLookup, CustomerType};
use katapult_workflows::EstimatePrice;
use katapult_workflows::katapult_build_spec::{BuildSpec, PackageRef, SystemDisk};

fn spec(package: &str) -> BuildSpec {
    BuildSpec::new().package(PackageRef::permalink(package))
}

#[tokio::test(start_paused = true)]
async fn estimate_has_the_packages_and_names_the_rest() {
    let world = World::new().await;
    let connection = Connection::new(&world);
    let before = world.now().snapshot();
    let large = spec("stone-6").system_disk(SystemDisk::new().size_in_gb(100));
    let estimate = EstimatePrice::new(&connection.client())
        .spec(&spec("pebble-3"))
        .spec(&spec("pebble-3"))
        .spec(&large)
        .resource("boulder-12", 3)
        .resource("teapot", 1)
        .country(CountryLookup::iso_code2("NL"))
        .currency(CurrencyLookup::iso_code("EUR"))
        .customer("Acme", CustomerType::Consumer)
        .run()
        .await
        .unwrap();
    let expected = [
        "3 × BOULDER-12: 0.228 an hour, 153.216 a month",
        "2 × PEBBLE-3: 0.038 an hour, 25.536 a month",
        "1 × STONE-6: 0.038 an hour, 25.536 a month",
        "total: 0.304 EUR an hour, 204.288 EUR a month; with 20.00% tax 0.3648 and 245.1456",
        "not included: 1 × teapot",
        "not included: 40 GB of disks beyond the 60 GB of the package",
    ];
    assert_eq!(estimate.to_string(), expected.join("\n"));
    assert!(!estimate.is_complete());
    assert_eq!(world.now().snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn estimate_of_nothing_is_not_requested() {
    let world = World::new().await;
    let connection = Connection::new(&world);
    let flexible = BuildSpec::new().cpu_cores(2).memory_in_gb(4);
    let estimate = EstimatePrice::new(&connection.client())
        .spec(&flexible)
        .run()
        .await
        .unwrap();
    assert_eq!(estimate.unpriced, ["2 CPU cores and 4 GB of memory"]);
    assert!(estimate.lines.is_empty());
    assert!(connection.writes().is_empty());
}
