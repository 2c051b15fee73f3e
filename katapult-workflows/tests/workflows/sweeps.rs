//! Sweeps: machines whose lease has ended are deleted, and no others.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::fixtures::*;
use crate::support::{Connection, Fault, World, is_exhaustive};
use katapult_core::Client;
use katapult_sandbox::Sandbox;
use katapult_workflows::*;
use serde_json::json;

/// The leases end at 09:30.
const EXPIRED: &str = "ci-until-20260704t093000z-7k2m9d";
const EXPIRED_TOO: &str = "ci-until-20260704t093000z-000000";
const OTHER_PREFIX: &str = "db-until-20260704t093000z-7k2m9d";
const LATER: &str = "ci-until-20260704t100000z-7k2m9d";

/// 09:40.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_783_158_000)
}

pub(crate) fn leased(sandbox: &Sandbox) {
    for hostname in [EXPIRED, EXPIRED_TOO, OTHER_PREFIX, LATER, "ci-runner"] {
        sandbox
            .add_machine(hostname, "pebble-1", "started")
            .unwrap();
    }
}

pub(crate) fn sweep(katapult: &Client) -> Sweep {
    Sweep::new(katapult, acme()).at(now())
}

fn hostnames(world: &World) -> Vec<String> {
    let mut hostnames = world.now().world(|world| {
        let machines = world.by_kind("VirtualMachine");
        machines
            .map(|machine| machine.text("hostname").to_owned())
            .collect::<Vec<_>>()
    });
    hostnames.sort();
    hostnames
}

fn in_order(plan: &Plan<LeasedMachine>) -> Vec<String> {
    let mut lines: Vec<_> = plan.to_string().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test(start_paused = true)]
async fn sweep_deletes_its_plan_and_nothing_else() {
    let world = World::new().await;
    leased(world.now());
    let connection = Connection::new(&world);
    let before = hostnames(&world);
    let sweep = sweep(&connection.client()).prefix("ci");
    let plan = sweep.plan().await.unwrap();
    let lines = in_order(&plan);
    assert!(
        lines[0].starts_with("- ci-until-20260704t093000z-000000 (vm_"),
        "{lines:?}"
    );
    assert!(
        lines[0].ends_with("), leased until 2026-07-04T09:30:00Z"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("- ci-until-20260704t093000z-7k2m9d (vm_"),
        "{lines:?}"
    );
    assert_eq!(lines[2..], ["2 changes; 1 unchanged"]);
    assert!(connection.writes().is_empty(), "a plan only reads");

    assert_eq!(in_order(&sweep.apply().await.unwrap()), lines);
    let plan = sweep.plan().await.unwrap();
    assert_eq!(plan.to_string(), "no changes; 1 unchanged");
    let kept: Vec<_> = before
        .into_iter()
        .filter(|name| ![EXPIRED, EXPIRED_TOO].contains(&name.as_str()))
        .collect();
    assert_eq!(hostnames(&world), kept);
}

#[tokio::test(start_paused = true)]
async fn machines_with_the_tag_are_swept_by_their_age() {
    let world = World::new().await;
    let sandbox = world.now();
    let tag = put(sandbox, "Tag", json!({"name": "ephemeral"}));
    let other = put(sandbox, "Tag", json!({"name": "ephemeral-not"}));
    let created = |hours: u64| {
        let time = now().duration_since(UNIX_EPOCH).unwrap().as_secs() - hours * 3600;
        json!(time)
    };
    for (hostname, hours, tags) in [
        ("old", 3, json!([tag])),
        ("young", 1, json!([tag])),
        ("untagged", 3, json!([])),
        ("tagged-otherwise", 3, json!([other])),
    ] {
        let id = sandbox
            .add_machine(hostname, "pebble-1", "started")
            .unwrap();
        sandbox.set_field(&id, "created_at", created(hours));
        sandbox.set_field(&id, "tags", tags);
    }
    let connection = Connection::new(&world);
    let sweep = sweep(&connection.client()).tag("ephemeral", Duration::from_secs(2 * 3600));
    let plan = in_order(&sweep.plan().await.unwrap());
    assert_eq!(plan.len(), 2, "{plan:?}");
    assert!(plan[0].starts_with("- old (vm_"), "{plan:?}");
    assert!(
        plan[0].ends_with("), leased until 2026-07-04T08:40:00Z"),
        "{plan:?}"
    );
    sweep.apply().await.unwrap();
    let left = hostnames(&world);
    assert!(!left.contains(&"old".to_owned()), "{left:?}");
    for kept in ["young", "untagged", "tagged-otherwise", "web-1"] {
        assert!(left.contains(&kept.to_owned()), "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn machine_whose_lease_changes_during_a_sweep_is_kept() {
    let world = World::new().await;
    leased(world.now());
    let kept = world
        .now()
        .id_of("VirtualMachine", "hostname", OTHER_PREFIX)
        .unwrap();
    let (other, id) = (world.clone(), kept.clone());
    let katapult = Connection::new(&world).client();
    let sweep = sweep(&katapult).concurrency(1).progress(move |_, _| {
        let extended = "db-until-20260705t093000z-7k2m9d";
        other.now().set_field(&id, "hostname", extended.into());
    });
    let deleted = sweep.apply().await.unwrap();
    assert_eq!(deleted.changes().len(), 2, "{deleted}");
    assert!(world.now().world(|world| world.get(&kept).is_some()));
}

#[tokio::test(start_paused = true)]
async fn failed_deletion_does_not_end_the_others() {
    let world = World::new().await;
    leased(world.now());
    let stuck = world
        .now()
        .id_of("VirtualMachine", "hostname", EXPIRED)
        .unwrap();
    // A machine in this state is neither stopped nor deleted.
    world.now().set_field(&stuck, "state", "resetting".into());
    let results = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&results);
    let sweep = sweep(&Connection::new(&world).client()).progress(move |machine, result| {
        record
            .lock()
            .unwrap()
            .push((machine.hostname.clone(), result.is_ok()));
    });
    let error = sweep.apply().await.unwrap_err();
    assert!(error.is_timed_out(), "{error}");
    let mut results = results.lock().unwrap().clone();
    results.sort();
    let expected = [(EXPIRED_TOO, true), (EXPIRED, false), (OTHER_PREFIX, true)];
    assert_eq!(results, expected.map(|(name, ok)| (name.to_owned(), ok)));
    assert!(hostnames(&world).contains(&EXPIRED.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn lost_request_does_not_end_a_sweep() {
    let one_expired = |sandbox: &Sandbox| {
        for hostname in [EXPIRED, LATER] {
            sandbox
                .add_machine(hostname, "pebble-1", "started")
                .unwrap();
        }
    };
    let world = World::new().await;
    one_expired(world.now());
    let connection = Connection::new(&world);
    sweep(&connection.client()).apply().await.unwrap();
    let wanted = hostnames(&world);
    for at in 0..connection.sent() {
        for fault in [
            Fault::RequestLost,
            Fault::ResponseLost,
            Fault::ExecutedLate(Duration::from_secs(20)),
        ] {
            let world = World::new().await;
            one_expired(world.now());
            let katapult = Connection::with_fault(&world, at, fault).client();
            let result = sweep(&katapult).apply().await;
            assert!(result.is_ok(), "request {at}, {fault:?}: {result:?}");
            assert_eq!(hostnames(&world), wanted, "request {at}, {fault:?}");
        }
    }
}

/// A sweep of many machines stays within the quota of the sandbox: no request is refused.
#[tokio::test(start_paused = true)]
async fn sweep_of_many_machines_stays_within_the_quota() {
    let machines = if is_exhaustive() { 1_000 } else { 100 };
    let world = World::new().await;
    for number in 0..machines {
        let hostname = format!("ci-until-20260704t093000z-{number:06}");
        let zone = world.now().id_of("Zone", "permalink", "north-1-a").unwrap();
        let machine = json!({"hostname": hostname, "fqdn": format!("{hostname}.acme.example"), "name": hostname,
                             "state": "started", "zone": zone, "tags": []});
        put(world.now(), "VirtualMachine", machine);
    }
    let connection = Connection::new(&world);
    let began = tokio::time::Instant::now();
    let deleted = sweep(&connection.client())
        .concurrency(64)
        .apply()
        .await
        .unwrap();
    assert_eq!(deleted.changes().len(), machines);
    let minutes = began.elapsed().as_secs() / 60 + 2;
    let sent = connection.sent();
    println!(
        "{machines} machines, {sent} requests, {:?}",
        began.elapsed()
    );
    assert!(
        sent as u64 <= minutes * 1_000,
        "{sent} requests in {minutes} minutes"
    );
    let rejected = world.now().rejected_requests();
    assert!(rejected.iter().all(|request| request.status != 429));
}
