//! Stops all machines whose host name holds a word, a few at a time, with a bar for each.
//!
//! `cargo run -p katapult-workflows --example drain -- WORD [AT_ONCE]`. Ctrl-C lets those end that are under way, and begins no other. With a
//! token in `KATAPULT_API_KEY` it uses the real API, where it stops them only with `--write`.

#[path = "../../katapult-core/examples/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Outcome, Session, arguments, bar, or_unknown};
use indicatif::MultiProgress;
use katapult_core::prelude::*;
use katapult_core::types::VirtualMachineLookup;
use katapult_workflows::StopMachine;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let session = Session::start(|sandbox| {
        // Beside web-1 to web-3, which are there.
        for number in 4..=7 {
            sandbox.machine(&format!("web-{number}"), "pebble-1", "started")?;
        }
        // One whose guest does not listen, so that it has to be switched off.
        let deaf = sandbox.id_of("VirtualMachine", "name", "web-4")?;
        sandbox.set(&deaf, "ignores_shutdown", true.into());
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

    let (places, bars) = (Arc::new(Semaphore::new(at_once)), MultiProgress::new());
    let mut stops = JoinSet::new();
    for machine in machines {
        let (places, host) = (Arc::clone(&places), or_unknown(&machine.hostname));
        let bar = bars.add(bar(1, &host));
        let seen = bar.clone();
        let stop = StopMachine::new(&session.katapult, VirtualMachineLookup::id(machine.id))
            .limit(Duration::from_secs(if session.is_real() { 60 } else { 2 }))
            .poll(session.poll.clone())
            .progress(move |machine| seen.set_message(or_unknown(&machine.state)));
        stops.spawn(async move {
            // Closed: no more are to begin.
            let Ok(_place) = places.acquire_owned().await else {
                return (host, None);
            };
            let ended = stop.run().await;
            bar.finish();
            (host, Some(ended))
        });
    }

    let (mut lines, mut failures) = (Vec::new(), 0);
    loop {
        let (host, ended) = tokio::select! {
            ended = stops.join_next() => match ended {
                Some(ended) => ended?,
                None => break,
            },
            Ok(()) = tokio::signal::ctrl_c() => {
                places.close();
                continue;
            }
        };
        lines.push(match ended {
            Some(Ok(machine)) => format!("{host}: {}", or_unknown(&machine.state)),
            Some(Err(error)) => {
                failures += 1;
                format!("{host}: {error}")
            }
            None => format!("{host}: left as it was"),
        });
    }
    lines.sort();
    println!("{}", lines.join("\n"));
    match failures {
        0 => Ok(()),
        _ => Err(format!("{failures} could not be stopped").into()),
    }
}
