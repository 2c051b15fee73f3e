//! Runs the jobs of a CI system, each on a machine of its own, and sweeps machines that outlived their leases.
//!
//! `cargo run -p katapult-workflows --example ci_runner -- [JOB…]`. On Ctrl-C it deletes the machines and ends. With a
//! token in `KATAPULT_API_KEY` it uses the real API, where it builds and deletes machines only with `--write`, in the data
//! center `KATAPULT_DATA_CENTER` and from the template `KATAPULT_DISK_TEMPLATE` (ids or permalinks).

#[path = "../../examples/common/mod.rs"]
mod common;

use std::time::Duration;

use common::{ExampleResult, Session, arguments, bar, or_unknown};
use katapult_core::types::{
    DataCenterLookup, DiskTemplateLookup, VirtualMachine, VirtualMachinePackageLookup,
};
use katapult_workflows::{Change, EphemeralMachine, EphemeralStage, Lease, Sweep};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The group of machines that this program builds and sweeps.
const PREFIX: &str = "ci";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        // Machines that earlier runners left behind, and one whose lease has not ended.
        for hostname in [
            "ci-until-20200704t093000z-7k2m9d",
            "ci-until-20200704t101500z-w3x8q1",
            "ci-until-20990101t000000z-p0d5ma",
        ] {
            sandbox.add_machine(hostname, "pebble-1", "started")?;
        }
        Ok(())
    })
    .await?;

    let sweep = Sweep::new(&session.katapult, &session.acme)
        .prefix(PREFIX)
        .release_addresses()
        .poll(session.poll.clone());
    let plan = sweep.plan().await?;
    for change in plan.changes() {
        if let Change::Delete { was, .. } = change {
            println!("sweep: {}, expired {}", was.hostname, was.expires_at);
        }
    }
    if !session.may_write() {
        return Ok(());
    }
    let deleted = sweep.apply().await?.changes().len();
    println!(
        "sweep: {deleted} machines deleted, {} in use",
        plan.unchanged()
    );

    let (data_center, template) = match session.is_real() {
        true => (
            DataCenterLookup::from_env()?,
            DiskTemplateLookup::from_env()?,
        ),
        false => ("north-1".parse()?, "templates/ubuntu-24-04".parse()?),
    };
    let jobs = match arguments() {
        jobs if jobs.is_empty() => ["lint", "test", "broken"].map(str::to_owned).to_vec(),
        jobs => jobs,
    };
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    for name in jobs {
        let package = VirtualMachinePackageLookup::permalink("pebble-3");
        let lease = Lease::new(PREFIX, Duration::from_secs(3600))?;
        let bar = bar(1, &name);
        let mut stopped = stopped.clone();
        let mut machine =
            EphemeralMachine::from_package(&session.katapult, &session.acme, package, &lease)
                .configure_call(|call| call.data_center(&data_center).disk_template(&template))
                .deadline(Duration::from_secs(1800))
                .cancel_on(async move { drop(stopped.wait_for(|stop| *stop).await) })
                .release_addresses()
                .poll(session.poll.clone())
                .progress(move |stage| bar.set_message(describe(stage)));
        // The machines of the sandbox exist in its memory only.
        if session.is_real() {
            machine = machine.ready_when_port_opens(22);
        }
        running.spawn(async move {
            let result = machine.run(|machine| job(name.clone(), machine)).await;
            (name, result)
        });
    }

    let mut lines = Vec::new();
    loop {
        tokio::select! {
            joined = running.join_next() => match joined {
                Some(joined) => lines.push(match joined? {
                    (name, Ok(output)) => format!("{name}: {output}"),
                    (name, Err(error)) => format!("{name}: {error}"),
                }),
                None => break,
            },
            Ok(()) = tokio::signal::ctrl_c() => {
                stop.send_replace(true);
            }
        }
    }
    lines.sort();
    println!("{}", lines.join("\n"));
    let left = sweep.plan().await?;
    println!(
        "machines with a lease: {}",
        left.changes().len() + left.unchanged()
    );
    Ok(())
}

/// The job, which would connect to the machine.
async fn job(name: String, machine: VirtualMachine) -> Result<String, String> {
    let addresses = machine.ip_addresses.iter().flatten().count();
    match name.as_str() {
        "broken" => Err("exit status 1".to_owned()),
        _ => Ok(format!("done, on a machine with {addresses} address")),
    }
}

fn describe(stage: &EphemeralStage) -> String {
    match stage {
        EphemeralStage::Building(_) => "building".to_owned(),
        EphemeralStage::WaitingUntilReady(_) => "waiting until ready".to_owned(),
        EphemeralStage::Running(machine) => format!("on {}", or_unknown(&machine.hostname)),
        EphemeralStage::Deleting => "deleting".to_owned(),
        _ => String::new(),
    }
}
