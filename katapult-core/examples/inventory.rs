//! A table of an organization's machines, those alone whose host name, package or zone holds a word.
//!
//! `cargo run --example inventory -- [WORD]`; with a token in `KATAPULT_API_KEY` of the real API, which it only reads.
//! It shows what the list tells of a machine; its state only a look at the machine itself would.

mod common;

use common::{Outcome, Session, arguments, or_unknown};
use katapult_core::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let session = Session::start(|sandbox| {
        // Beside web-1 to web-3, db-1 and db-2, which are there.
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
    let (mut shown, mut all) = (0, 0);
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
            shown += 1;
            let addresses = machine.ip_addresses.into_iter().flatten();
            let addresses: Vec<_> = addresses.filter_map(|ip| ip.address).collect();
            line(&machine.id, &host, &package, &zone, &addresses.join(", "));
        }
    }
    println!("{shown} of {all} machines");
    Ok(())
}
