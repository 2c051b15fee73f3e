//! Stops all machines whose host name contains a word, a few at a time, with a progress bar for each.
//!
//! `cargo run -p katapult-workflows --example drain -- WORD [AT_ONCE]`. On Ctrl-C it waits for the machines in progress
//! and stops no others. With a token in `KATAPULT_API_KEY` it uses the real API, where it stops machines only with
//! `--write`.

#[path = "../../examples/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{ExampleResult, Session, arguments, bar, or_unknown};
use indicatif::MultiProgress;
use katapult_core::prelude::*;
use katapult_core::types::VirtualMachineLookup;
use katapult_workflows::StopMachine;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        // In addition to web-1 to web-3, which the sandbox has.
        for number in 4..=7 {
            sandbox.add_machine(&format!("web-{number}"), "pebble-1", "started")?;
        }
        // The guest of one ignores the shutdown, so that it must be stopped by force.
        let unresponsive = sandbox.id_of("VirtualMachine", "name", "web-4")?;
        sandbox.set_field(&unresponsive, "ignores_shutdown", true.into());
        Ok(())
    })
    .await?;
    let mut words = arguments().into_iter();
    let word = words.next().unwrap_or_else(|| "web".into());
    let at_once = words
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or(3);

    let machines = session
        .katapult
        .virtual_machines()
        .list(&session.acme)
        .collect_all()
        .await?;
    let named = |host: &Option<String>| host.as_ref().is_some_and(|host| host.contains(&word));
    let machines: Vec<_> = machines
        .into_iter()
        .filter(|machine| named(&machine.hostname))
        .collect();
    println!("{} machines to stop, {at_once} at a time", machines.len());
    if !session.may_write() {
        return Ok(());
    }

    let (permits, bars) = (Arc::new(Semaphore::new(at_once)), MultiProgress::new());
    let mut stops = JoinSet::new();
    for machine in machines {
        let (permits, host) = (Arc::clone(&permits), or_unknown(&machine.hostname));
        let bar = bars.add(bar(1, &host));
        let progress = bar.clone();
        let stop = StopMachine::new(&session.katapult, VirtualMachineLookup::id(machine.id))
            .shutdown_timeout(Duration::from_secs(if session.is_real() { 60 } else { 2 }))
            .poll(session.poll.clone())
            .progress(move |machine| progress.set_message(or_unknown(&machine.state)));
        stops.spawn(async move {
            // Closed on Ctrl-C.
            let Ok(_permit) = permits.acquire_owned().await else {
                return (host, None);
            };
            let result = stop.run().await;
            bar.finish();
            (host, Some(result))
        });
    }

    let (mut lines, mut failures) = (Vec::new(), 0);
    loop {
        let (host, result) = tokio::select! {
            joined = stops.join_next() => match joined {
                Some(joined) => joined?,
                None => break,
            },
            Ok(()) = tokio::signal::ctrl_c() => {
                permits.close();
                continue;
            }
        };
        lines.push(match result {
            Some(Ok(machine)) => format!("{host}: {}", or_unknown(&machine.state)),
            Some(Err(error)) => {
                failures += 1;
                format!("{host}: {error}")
            }
            None => format!("{host}: not stopped"),
        });
    }
    lines.sort();
    println!("{}", lines.join("\n"));
    match failures {
        0 => Ok(()),
        _ => Err(format!("{failures} could not be stopped").into()),
    }
}
