//! Single runs: the plans of the desired-state workflows, and states that a workflow starts from or refuses.

use crate::support::fixtures::*;
use crate::support::{Connection, World};
use katapult_core::types::{VirtualMachinePackageLookup, VirtualMachineState};
use katapult_workflows::*;

#[tokio::test(start_paused = true)]
async fn build_of_existing_stopped_machine_starts_it() {
    let world = World::new().await;
    let stopped = world.now().add_machine("web-9", "pebble-1", "stopped");
    let katapult = Connection::new(&world).client();
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    let build = BuildMachine::from_package(&katapult, acme(), package, "web-9");
    let machine = build.run().await.unwrap();
    let started = Some(VirtualMachineState::Started);
    assert_eq!((machine.id, machine.state), (stopped.unwrap(), started));
}

#[tokio::test(start_paused = true)]
async fn resize_that_needs_forbidden_stop_changes_nothing() {
    let world = World::new().await;
    let katapult = Connection::new(&world).client();
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    let resize = ResizeMachine::new(&katapult, web(), package);
    let error = resize.run().await.unwrap_err();
    assert!(error.is_precondition_failed(), "{error}");
    let state = world
        .now()
        .world(|world| world.get(WEB).unwrap().text("state").to_owned());
    assert_eq!(state, "started");
}

#[tokio::test(start_paused = true)]
async fn ensure_records_applies_its_plan_once() {
    let world = World::new().await;
    zone(world.now());
    let connection = Connection::new(&world);
    let ensure = records(&connection.client());
    let expected = [
        "+ @ MX 10 mail.acme.example",
        "~ api 60 CNAME www.acme.example. -> api 300 CNAME WWW.acme.example",
        "~ www 300 A 192.0.2.8 -> www 300 A 192.0.2.2",
        "- www 300 A 192.0.2.9",
        "- old 300 TXT \"to go\"",
        "5 changes; 1 unchanged",
    ];
    let plan = ensure.plan().await.unwrap();
    assert_eq!(plan.to_string(), expected.join("\n"));
    assert_eq!(ensure.apply().await.unwrap(), plan);
    let sent = connection.sent();
    assert!(ensure.apply().await.unwrap().is_empty());
    // The zone and its records.
    assert_eq!(connection.sent(), sent + 2, "a second apply only reads");
}

#[tokio::test(start_paused = true)]
async fn ensure_rules_applies_its_plan_once() {
    let world = World::new().await;
    group(world.now());
    let ensure = rules(&Connection::new(&world).client());
    let expected = [
        "+ inbound allow ICMP [all:ipv4]",
        "~ inbound allow TCP 22 [all:ipv4] -> inbound allow TCP 22 [192.0.2.0/24] \"SSH\"",
        "- inbound allow UDP 53 [all:ipv4]",
        "3 changes; 1 unchanged",
    ];
    let plan = ensure.plan().await.unwrap();
    assert_eq!(plan.to_string(), expected.join("\n"));
    assert_eq!(ensure.apply().await.unwrap(), plan);
    assert!(ensure.apply().await.unwrap().is_empty());
}
