//! Single runs: states that a workflow starts from or refuses.

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
