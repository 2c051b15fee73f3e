//! The results of workflows and the steps before them.

use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, World};
use katapult_core::types::{IpAddressVersion, VirtualMachinePackageLookup, VirtualMachineState};
use katapult_workflows::*;

#[tokio::test(start_paused = true)]
async fn results_are_the_wanted_objects() {
    let world = World::new().await;
    let katapult = Connection::new(&world).client();
    let started = Some(VirtualMachineState::Started);
    let machine = build(&katapult).run().await.unwrap();
    assert_eq!(machine.hostname.as_deref(), Some("web-9"));
    assert_eq!(machine.state, started);
    let package = VirtualMachinePackageLookup::permalink("stone-6");
    let machine = ResizeMachine::new(&katapult, web(), package).run().await;
    assert_eq!(
        machine.unwrap().state,
        started,
        "not stopped for a larger package"
    );
    let ip = AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6)
        .run()
        .await;
    assert_eq!(ip.unwrap().address.as_deref(), Some("2001:db8:1::2"));
}

#[tokio::test(start_paused = true)]
async fn steps_are_displayed_in_order() {
    let world = World::new().await;
    let katapult = Connection::new(&world).client();
    let text = |steps: Result<Vec<Step>, WorkflowError>| {
        let steps = steps.unwrap();
        steps
            .iter()
            .map(Step::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    let resize = ResizeMachine::new(&katapult, web(), &package).allow_stop();
    assert_eq!(
        text(resize.steps().await),
        "shut down the guest of the machine; stop the machine by force, unless its guest has shut down within 120s; \
         change the package of the machine to PEBBLE-1; start the machine"
    );
    let forbidden = ResizeMachine::new(&katapult, web(), &package).steps().await;
    assert!(forbidden.unwrap_err().is_precondition_failed());
    let delete = DeleteMachine::new(&katapult, web()).release_addresses();
    assert_eq!(
        text(delete.steps().await),
        "stop the machine by force; unallocate the IP address; delete the IP address; move the machine to the trash; \
         purge the machine from the trash"
    );
    let lease = Lease::new("ci", Duration::from_secs(3600)).unwrap();
    let ephemeral = EphemeralMachine::from_package(&katapult, acme(), package, &lease);
    assert_eq!(
        text(ephemeral.ready_when_port_opens(22).steps().await),
        format!(
            "request the build of {lease}; wait until the build is complete; wait until the machine is started; \
             wait until TCP port 22 is open; run the job; stop the machine by force; move the machine to the trash; \
             purge the machine from the trash"
        )
    );
    let steps = delete.steps().await.unwrap();
    let operations = steps.iter().filter_map(Step::operation);
    let scopes = katapult_core::required_scopes(operations).choice;
    assert_eq!(
        scopes,
        ["ip_addresses", "trash_objects:purge", "virtual_machines"]
    );
}
