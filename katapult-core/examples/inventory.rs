//! A table of an organization's machines, those alone whose name or state holds a word.
//!
//! `cargo run --example inventory -- [WORD]`; with a token in `KATAPULT_API_KEY` of the real API, which it only reads.

mod common;

use common::{Outcome, Session, arguments, or_unknown};
use katapult_core::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let session = Session::start(|world| {
        for number in 1..=65 {
            let package = if number % 3 == 0 { "rock-3" } else { "rock-1" };
            let state = if number % 8 == 0 {
                "stopped"
            } else {
                "started"
            };
            world.machine(&format!("web-{number}"), package, state);
        }
    })
    .await?;
    let word = arguments().into_iter().next().unwrap_or_default();

    println!(
        "{:<10} {:<22} {:<8} {:>5} {:>6}",
        "id", "host", "state", "cores", "memory"
    );
    let (mut shown, mut all) = (0, 0);
    let machines = session.katapult.virtual_machines();
    let mut items = machines.list(&session.acme).items();
    while let Some(machine) = items.try_next().await? {
        all += 1;
        let (host, state) = (or_unknown(&machine.fqdn), or_unknown(&machine.state));
        if host.contains(&word) || state.contains(&word) {
            shown += 1;
            // A list tells less of a machine than a look at it.
            let cores = machine
                .cpu_cores
                .map_or("-".into(), |cores| cores.to_string());
            let memory = machine
                .memory_in_gb
                .map_or("-".into(), |gb| format!("{gb} GB"));
            println!(
                "{:<10} {host:<22} {state:<8} {cores:>5} {memory:>6}",
                machine.id
            );
        }
    }
    println!("{shown} of {all} machines");
    Ok(())
}
