//! Every workflow, interrupted at each of its requests and run again: the final state is the same, nothing is created
//! twice and nothing is left behind.

use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, World, assert_converges};
use katapult_core::types::{
    DiskLookup, IpAddressLookup, IpAddressVersion, ObjectStorageClusterLookup,
    VirtualMachinePackageLookup, VirtualMachineState,
};
use katapult_sandbox::Sandbox;
use katapult_workflows::*;

#[tokio::test(start_paused = true)]
async fn build_from_package_interrupted_converges() {
    let requests = assert_converges(unseeded, |katapult| async move {
        let machine = build(&katapult).run().await?;
        assert_eq!(machine.hostname.as_deref(), Some("web-9"));
        assert_eq!(machine.state, Some(VirtualMachineState::Started));
        Ok(())
    });
    assert!(requests.await > 10);
}

#[tokio::test(start_paused = true)]
async fn build_from_specification_interrupted_converges() {
    assert_converges(unseeded, |katapult| {
        let xml = "<VirtualMachineSpec><DataCenter by=\"permalink\">north-1</DataCenter>\
            <Resources><Package by=\"permalink\">pebble-1</Package></Resources>\
            <Hostname><Hostname>web-9</Hostname></Hostname></VirtualMachineSpec>";
        BuildMachine::from_spec(&katapult, acme(), xml, "web-9").run()
    })
    .await;
}

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
async fn stop_interrupted_converges() {
    assert_converges(unseeded, |katapult| {
        StopMachine::new(&katapult, web()).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn stop_of_unresponsive_guest_interrupted_converges() {
    let seed = |sandbox: &Sandbox| sandbox.set_field(WEB, "ignores_shutdown", true.into());
    assert_converges(seed, |katapult| {
        let stop = StopMachine::new(&katapult, web());
        stop.shutdown_timeout(Duration::from_secs(20)).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn restart_interrupted_converges() {
    assert_converges(unseeded, |katapult| {
        RestartMachine::new(&katapult, web()).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resize_to_smaller_package_interrupted_converges() {
    assert_converges(unseeded, |katapult| {
        let package = VirtualMachinePackageLookup::permalink("pebble-1");
        ResizeMachine::new(&katapult, web(), package)
            .allow_stop()
            .run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resize_to_larger_package_interrupted_converges_without_stop() {
    assert_converges(unseeded, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("stone-6");
        let machine = ResizeMachine::new(&katapult, web(), package).run().await?;
        assert_eq!(machine.state, Some(VirtualMachineState::Started));
        Ok(())
    })
    .await;
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
async fn delete_interrupted_converges() {
    assert_converges(unseeded, |katapult| {
        DeleteMachine::new(&katapult, web()).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn attach_disk_interrupted_converges() {
    assert_converges(free_disk, |katapult| {
        AttachDisk::new(&katapult, DiskLookup::id("disk_data"), WEB).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn detach_disk_interrupted_converges() {
    assert_converges(attached_disk, |katapult| {
        DetachDisk::new(&katapult, DiskLookup::id("disk_data")).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn allocate_new_address_interrupted_converges() {
    assert_converges(unseeded, |katapult| async move {
        let allocate = AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6);
        let ip = allocate.run().await?;
        assert_eq!(ip.address.as_deref(), Some("2001:db8:1::2"));
        Ok(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn allocate_existing_address_interrupted_converges() {
    assert_converges(free_address, |katapult| {
        let ip = IpAddressLookup::address("198.51.100.77");
        AllocateAddress::existing(&katapult, web(), ip).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn release_address_interrupted_converges() {
    assert_converges(unseeded, |katapult| {
        ReleaseAddress::new(&katapult, IpAddressLookup::address("198.51.100.2")).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_load_balancer_interrupted_converges() {
    assert_converges(balancer, |katapult| async move {
        let ensure = load_balancer(&katapult);
        ensure.apply().await?;
        let plan = ensure.plan().await?;
        assert_eq!(plan.to_string(), "no changes; 3 unchanged");
        Ok(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_missing_load_balancer_interrupted_converges() {
    assert_converges(unseeded, |katapult| async move {
        named_load_balancer(&katapult).apply().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_and_delete_load_balancer_by_name_interrupted_converge() {
    assert_converges(balancer, |katapult| async move {
        named_load_balancer(&katapult).apply().await
    })
    .await;
    assert_converges(balancer, |katapult| async move {
        absent_load_balancer(&katapult).apply().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn acme_challenge_interrupted_converges() {
    assert_converges(
        zone,
        |katapult| async move { challenge(&katapult).set().await },
    )
    .await;
    assert_converges(challenges, |katapult| async move {
        challenge(&katapult).clear().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_records_interrupted_converges() {
    assert_converges(
        zone,
        |katapult| async move { records(&katapult).apply().await },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_rules_interrupted_converges() {
    assert_converges(
        group,
        |katapult| async move { rules(&katapult).apply().await },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn object_storage_and_credentials_interrupted_converge() {
    assert_converges(unseeded, |katapult| async move {
        let region = ObjectStorageClusterLookup::region("north-1");
        let enable = EnableObjectStorage::new(&katapult, acme(), &region);
        enable.run().await?;
        let credentials = credentials(&katapult).run().await?;
        let key = &credentials.access_key;
        assert!(key.starts_with("osak_"), "{credentials:?}");
        Ok(())
    })
    .await;
}
