//! Requests that the API executes long after their responses were lost: nothing is created twice, and no late request
//! undoes a later step.

use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, LATE, World, assert_same_when_executed_late};
use katapult_core::types::{
    DiskLookup, IpAddressLookup, IpAddressVersion, ObjectStorageClusterLookup,
    VirtualMachinePackageLookup,
};
use katapult_sandbox::Sandbox;
use katapult_workflows::*;

#[tokio::test(start_paused = true)]
async fn addresses_executed_late_are_not_allocated_twice() {
    assert_same_when_executed_late(unseeded, |katapult| {
        AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6).run()
    })
    .await;
    assert_same_when_executed_late(free_address, |katapult| {
        let ip = IpAddressLookup::address("198.51.100.77");
        AllocateAddress::existing(&katapult, web_by_name(), ip).run()
    })
    .await;
    assert_same_when_executed_late(unseeded, |katapult| {
        ReleaseAddress::new(&katapult, IpAddressLookup::address("198.51.100.2")).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn records_executed_late_are_not_created_twice() {
    assert_same_when_executed_late(
        zone,
        |katapult| async move { records(&katapult).apply().await },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn rules_executed_late_are_not_created_twice() {
    assert_same_when_executed_late(
        group,
        |katapult| async move { rules(&katapult).apply().await },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn rules_of_load_balancer_executed_late_are_not_created_twice() {
    assert_same_when_executed_late(balancer, |katapult| async move {
        load_balancer(&katapult).apply().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn load_balancer_executed_late_is_not_created_twice() {
    assert_same_when_executed_late(unseeded, |katapult| async move {
        named_load_balancer(&katapult).apply().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn challenge_executed_late_is_not_created_twice() {
    assert_same_when_executed_late(
        zone,
        |katapult| async move { challenge(&katapult).set().await },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn access_keys_executed_late_are_not_created_twice() {
    assert_same_when_executed_late(object_storage, |katapult| credentials(&katapult).run()).await;
}

#[tokio::test(start_paused = true)]
async fn credentials_executed_late_do_not_replace_the_returned_ones() {
    // The list of keys, the creation, the list, and the credentials.
    let generation = 3;
    for after in LATE {
        let world = World::new().await;
        object_storage(world.now());
        let katapult = Connection::executed_late(&world, generation, after).client();
        let created = credentials(&katapult).run().await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let current = world.now().world(|world| {
            let key = world.get(&created.access_key).unwrap();
            key.text("s3_access_key_id").to_owned()
        });
        assert_eq!(current, created.id, "after {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn object_storage_executed_late_is_enabled_once() {
    assert_same_when_executed_late(unseeded, |katapult| {
        let region = ObjectStorageClusterLookup::region("north-1");
        EnableObjectStorage::new(&katapult, acme(), region).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn machines_executed_late_are_not_built_twice() {
    assert_same_when_executed_late(unseeded, |katapult| build(&katapult).run()).await;
}

#[tokio::test(start_paused = true)]
async fn stops_executed_late_do_not_stop_a_restarted_machine() {
    assert_same_when_executed_late(unseeded, |katapult| {
        RestartMachine::new(&katapult, web()).run()
    })
    .await;
    let unresponsive = |sandbox: &Sandbox| sandbox.set_field(WEB, "ignores_shutdown", true.into());
    assert_same_when_executed_late(unresponsive, |katapult| {
        let restart = RestartMachine::new(&katapult, web_by_name());
        restart.shutdown_timeout(Duration::ZERO).run()
    })
    .await;
    assert_same_when_executed_late(unseeded, |katapult| {
        let package = VirtualMachinePackageLookup::permalink("pebble-1");
        let resize = ResizeMachine::new(&katapult, web(), package);
        resize.allow_stop().run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn deletions_executed_late_change_nothing() {
    assert_same_when_executed_late(unseeded, |katapult| {
        DeleteMachine::new(&katapult, web_by_name()).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn disks_executed_late_are_in_the_wanted_place() {
    assert_same_when_executed_late(free_disk, |katapult| {
        AttachDisk::new(&katapult, DiskLookup::id("disk_data"), WEB).run()
    })
    .await;
    assert_same_when_executed_late(attached_disk, |katapult| {
        DetachDisk::new(&katapult, DiskLookup::id("disk_data")).run()
    })
    .await;
}
