//! Prints a table of an organization's virtual machines, filtered by a word in the host name, package or zone.
//!
//! `cargo run --example inventory -- [WORD]`. With a token in `KATAPULT_API_KEY` it uses the real API, which it only
//! reads. The list does not contain the state of a virtual machine; the get operation does.

mod common;

use common::{ExampleResult, Session, arguments, or_unknown};
use katapult_core::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        // In addition to web-1 to web-3, db-1 and db-2, with which the sandbox starts.
        for number in 4..=65 {
            let package = if number % 8 == 0 {
                "stone-6"
            } else {
                "pebble-1"
            };
            sandbox.add_machine(&format!("web-{number}"), package, "started")?;
        }
        Ok(())
    })
    .await?;
    let word = arguments()
        .into_iter()
        .next()
        .unwrap_or_default()
        .to_lowercase();

    let line = |id: &str, host: &str, package: &str, zone: &str, address: &str| {
        println!("{id:<19} {host:<20} {package:<8} {zone:<9} {address}");
    };
    line("id", "host", "package", "zone", "address");
    let (mut matching, mut all) = (0, 0);
    let machines = session.katapult.virtual_machines();
    let mut items = machines.list(&session.acme).items();
    while let Some(machine) = items.try_next().await? {
        all += 1;
        let host = or_unknown(&machine.fqdn);
        let package = machine.package.and_then(|package| package.name);
        let zone = machine.zone.and_then(|zone| zone.name);
        let (package, zone) = (or_unknown(&package), or_unknown(&zone));
        if [&host, &package, &zone]
            .iter()
            .any(|text| text.to_lowercase().contains(&word))
        {
            matching += 1;
            let addresses = machine.ip_addresses.into_iter().flatten();
            let addresses: Vec<_> = addresses.filter_map(|ip| ip.address).collect();
            line(&machine.id, &host, &package, &zone, &addresses.join(", "));
        }
    }
    println!("{matching} of {all} machines");
    Ok(())
}
