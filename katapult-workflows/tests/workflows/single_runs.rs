//! Single runs: the plans of the desired-state workflows, and states that a workflow starts from or refuses.

use crate::support::fixtures::*;
use crate::support::{Connection, World};
use katapult_core::types::{IpAddressVersion, VirtualMachinePackageLookup, VirtualMachineState};
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
    let lease = Lease::new("ci", std::time::Duration::from_secs(3600)).unwrap();
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
