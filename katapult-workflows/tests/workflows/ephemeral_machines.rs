//! Machines with a lease: deleted however their run ends, and otherwise by a sweep.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::fixtures::*;
use crate::support::{Connection, Fault, World, is_exhaustive};
use katapult_core::Client;
use katapult_core::types::*;
use katapult_workflows::katapult_build_spec::{BuildSpec, DataCenterRef, PackageRef};
use katapult_workflows::*;
use tokio::time::sleep;

const HOUR: Duration = Duration::from_secs(3600);
/// Longer than objects stay in the trash of the sandbox.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

fn ephemeral(katapult: &Client) -> EphemeralMachine {
    let package = VirtualMachinePackageLookup::permalink("pebble-3");
    let lease = Lease::new("ci", HOUR).unwrap();
    EphemeralMachine::from_package(katapult, acme(), package, &lease)
        .configure_call(|call| call.data_center(DataCenterLookup::permalink("north-1")))
        .release_addresses()
}

async fn job(machine: VirtualMachine) -> Result<String, &'static str> {
    assert_eq!(machine.state, Some(VirtualMachineState::Started));
    sleep(Duration::from_secs(30)).await;
    Ok(machine.id)
}

/// Returns the objects of some types.
fn objects(world: &World, types: &[&str]) -> Vec<String> {
    let is_of = |line: &String| {
        types
            .iter()
            .any(|kind| line.starts_with(&format!("{kind} ")))
    };
    let snapshot = world.now().snapshot();
    snapshot.into_iter().filter(is_of).collect()
}

/// Returns the machines with their disks, including those in the trash.
fn machines(world: &World) -> Vec<String> {
    objects(world, &["VirtualMachine", "Disk", "TrashObject"])
}

fn machines_and_addresses(world: &World) -> Vec<String> {
    objects(
        world,
        &["VirtualMachine", "Disk", "TrashObject", "IpAddress"],
    )
}

#[tokio::test(start_paused = true)]
async fn machine_is_deleted_when_the_job_returns() {
    let world = World::new().await;
    let before = machines_and_addresses(&world);
    let stages = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&stages);
    let run = ephemeral(&Connection::new(&world).client()).progress(move |stage| {
        let name = format!("{stage:?}");
        let name = name.split('(').next().unwrap_or_default().to_owned();
        let mut stages = record.lock().unwrap();
        if stages.last() != Some(&name) {
            stages.push(name);
        }
    });
    let id = run.run(job).await.unwrap();
    assert!(id.starts_with("vm_"), "{id}");
    assert_eq!(machines_and_addresses(&world), before);
    let stages = stages.lock().unwrap().join(" ");
    assert_eq!(stages, "Building WaitingUntilReady Running Deleting");
}

#[tokio::test(start_paused = true)]
async fn host_name_of_the_specification_is_the_lease() {
    let world = World::new().await;
    let katapult = Connection::new(&world).client();
    let lease = Lease::new("ci", HOUR).unwrap();
    let spec = BuildSpec::new()
        .hostname("web-9")
        .data_center(DataCenterRef::permalink("north-1"))
        .package(PackageRef::permalink("pebble-1"));
    let run = EphemeralMachine::from_spec(&katapult, acme(), spec, &lease).unwrap();
    let hostname = run
        .run(async |machine| Ok::<_, String>(machine.hostname))
        .await;
    assert_eq!(hostname.unwrap(), Some(lease.to_string()));
    let invalid = BuildSpec::new().package(PackageRef::permalink(""));
    let error = EphemeralMachine::from_spec(&katapult, acme(), invalid, &lease).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn machine_is_deleted_when_the_job_fails_or_panics() {
    let world = World::new().await;
    let before = machines(&world);
    let katapult = Connection::new(&world).client();
    let failed = ephemeral(&katapult)
        .run(async |_| Err::<(), _>("3 tests failed"))
        .await;
    let error = failed.unwrap_err();
    assert_eq!(error.to_string(), "the job failed: 3 tests failed");
    assert_eq!(error.job(), Some(&"3 tests failed"));
    assert_eq!(machines(&world), before);

    let run = ephemeral(&katapult).run(async |_| -> Result<(), String> { panic!("out of cheese") });
    // The task catches the panic that the run resumes.
    let handle = tokio::spawn(run);
    let panic = handle.await.unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref(), Some(&"out of cheese"));
    assert_eq!(machines(&world), before);
}

#[tokio::test(start_paused = true)]
async fn machine_is_deleted_when_the_run_is_cancelled_at_any_time() {
    for seconds in [0, 1, 3, 5, 10, 20, 30, 50] {
        let world = World::new().await;
        let before = machines(&world);
        let run = ephemeral(&Connection::new(&world).client());
        let cancel = sleep(Duration::from_secs(seconds) + Duration::from_millis(30));
        let error = run.cancel_on(cancel).run(job).await.unwrap_err();
        assert!(error.is_cancelled(), "{seconds}: {error}");
        assert_eq!(machines(&world), before, "{seconds}");
        sleep(Duration::from_secs(300)).await;
        assert_eq!(machines(&world), before, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn machine_is_deleted_when_the_deadline_or_the_lease_ends() {
    let world = World::new().await;
    let before = machines(&world);
    let connection = Connection::new(&world);
    let run = ephemeral(&connection.client()).deadline(Duration::from_secs(100));
    let error = run
        .run(async |_| {
            sleep(HOUR).await;
            Ok::<_, String>(())
        })
        .await
        .unwrap_err();
    assert!(error.is_deadline_exceeded(), "{error}");
    assert_eq!(machines(&world), before);

    let error = ephemeral(&connection.client())
        .run(async |_| {
            sleep(2 * HOUR).await;
            Ok::<_, String>(())
        })
        .await;
    assert!(error.unwrap_err().is_deadline_exceeded());
    assert_eq!(machines(&world), before);

    let past: Lease = "ci-until-20200101t000000z-7k2m9d".parse().unwrap();
    let package = VirtualMachinePackageLookup::permalink("pebble-3");
    let run = EphemeralMachine::from_package(&connection.client(), acme(), package, &past);
    let sent = connection.writes().len();
    assert!(run.run(job).await.unwrap_err().is_deadline_exceeded());
    assert_eq!(
        connection.writes().len(),
        sent,
        "no machine is built for a lease that has ended"
    );
}

#[tokio::test(start_paused = true)]
async fn machine_that_is_not_ready_in_time_is_deleted() {
    let world = World::new().await;
    let before = machines(&world);
    let run = ephemeral(&Connection::new(&world).client())
        .ready_when(async |_| false)
        .ready_timeout(Duration::from_secs(20));
    let error = run.run(job).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the machine is not ready: timed out after 20s; last state: waiting until the check of the caller passes"
    );
    assert_eq!(machines(&world), before);
}

#[tokio::test(start_paused = true)]
async fn failed_deletion_is_reported_with_the_failure_before_it() {
    let world = World::new().await;
    let connection = Connection::new(&world);
    let katapult = connection.client();
    let run = ephemeral(&katapult).run(async |machine: VirtualMachine| {
        // A machine in this state is neither stopped nor deleted.
        world
            .now()
            .set_field(&machine.id, "state", "resetting".into());
        Err::<(), _>("the tests failed")
    });
    let error = run.await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("the job failed: the tests failed; the machine ci-until-"),
        "{text}"
    );
    assert!(
        text.contains(" was not deleted: timed out after "),
        "{text}"
    );
    assert_eq!(error.job(), Some(&"the tests failed"));
}

#[tokio::test(start_paused = true)]
async fn dropped_run_deletes_its_machine_in_the_background() {
    for seconds in [0, 1, 3, 5, 10, 20, 30, 50, 70, 75, 80, 85] {
        let world = World::new().await;
        let before = machines(&world);
        let run = ephemeral(&Connection::new(&world).client()).run(job);
        let time = Duration::from_secs(seconds) + Duration::from_millis(30);
        drop(tokio::time::timeout(time, run).await);
        sleep(Duration::from_secs(300)).await;
        assert_eq!(machines(&world), before, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_requests_and_late_executions_are_survived() {
    let world = World::new().await;
    let before = machines(&world);
    let connection = Connection::new(&world);
    ephemeral(&connection.client()).run(job).await.unwrap();
    let late = Duration::from_secs(20);
    let writes: Vec<_> = connection.writes().into_iter().map(|(at, _)| at).collect();
    for at in 0..connection.sent() {
        let mut faults = vec![Fault::RequestLost, Fault::ResponseLost];
        if writes.contains(&at) {
            faults.push(Fault::ExecutedLate(late));
        }
        for fault in faults {
            let world = World::new().await;
            let connection = Connection::with_fault(&world, at, fault);
            let result = ephemeral(&connection.client()).run(job).await;
            assert!(result.is_ok(), "request {at}, {fault:?}: {result:?}");
            sleep(Duration::from_secs(300)).await;
            assert_eq!(machines(&world), before, "request {at}, {fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn machine_of_a_program_that_ended_at_any_time_is_swept() {
    let mut swept = 0;
    // From before the build until after the deletion.
    for seconds in (0..110).step_by(if is_exhaustive() { 1 } else { 5 }) {
        let world = World::new().await;
        let before = machines(&world);
        let connection = Connection::new(&world);
        let run = ephemeral(&connection.client()).run(job);
        drop(tokio::time::timeout(Duration::from_secs(seconds), run).await);
        connection.kill();
        sleep(Duration::from_secs(60)).await;
        let sweep =
            Sweep::new(&Connection::new(&world).client(), acme()).at(SystemTime::now() + 2 * HOUR);
        let plan = sweep.plan().await.unwrap();
        swept += plan.changes().len();
        assert_eq!(sweep.apply().await.unwrap(), plan, "{seconds}");
        assert!(sweep.plan().await.unwrap().is_empty(), "{seconds}");
        // A machine that was deleted, but not purged, is in the trash until the API removes it.
        sleep(RETENTION).await;
        assert_eq!(machines(&world), before, "{seconds}");
    }
    assert!(swept > 5, "{swept}");
}
