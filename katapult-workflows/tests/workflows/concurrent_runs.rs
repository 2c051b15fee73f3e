//! Two runs of the same workflow at the same time, with the outcomes that the documentation of the crate states.

use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, World, assert_concurrent_runs_converge};
use katapult_core::types::{
    DiskLookup, IpAddressLookup, IpAddressVersion, ObjectStorageClusterLookup,
    VirtualMachinePackageLookup,
};
use katapult_workflows::*;

#[tokio::test(start_paused = true)]
async fn concurrent_runs_for_one_machine_are_as_one() {
    assert_concurrent_runs_converge(unseeded, |katapult| {
        StopMachine::new(&katapult, web()).run()
    })
    .await;
    assert_concurrent_runs_converge(unseeded, |katapult| {
        RestartMachine::new(&katapult, web()).run()
    })
    .await;
    assert_concurrent_runs_converge(unseeded, |katapult| {
        let package = VirtualMachinePackageLookup::permalink("pebble-1");
        let resize = ResizeMachine::new(&katapult, web(), package);
        resize.allow_stop().run()
    })
    .await;
    assert_concurrent_runs_converge(unseeded, |katapult| {
        DeleteMachine::new(&katapult, web()).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn concurrent_builds_of_a_host_name_are_one_machine() {
    assert_concurrent_runs_converge(unseeded, |katapult| build(&katapult).run()).await;
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_for_one_disk_are_as_one() {
    assert_concurrent_runs_converge(free_disk, |katapult| {
        AttachDisk::new(&katapult, DiskLookup::id("disk_data"), WEB).run()
    })
    .await;
    assert_concurrent_runs_converge(attached_disk, |katapult| {
        DetachDisk::new(&katapult, DiskLookup::id("disk_data")).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn disk_that_two_machines_want_goes_to_one() {
    let world = World::new().await;
    free_disk(world.now());
    let attach = |machine: &'static str| {
        let katapult = Connection::new(&world).client();
        AttachDisk::new(&katapult, DiskLookup::id("disk_data"), machine).run()
    };
    let (one, other) = tokio::join!(attach(WEB), attach(WEB_2));
    let refused = [&one, &other].map(|result| {
        let error = result.as_ref().err();
        error.is_some_and(WorkflowError::is_precondition_failed)
    });
    assert!(refused[0] != refused[1], "{one:?} {other:?}");
    assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_for_one_existing_address_are_as_one() {
    assert_concurrent_runs_converge(free_address, |katapult| {
        let ip = IpAddressLookup::address("198.51.100.77");
        AllocateAddress::existing(&katapult, web(), ip).run()
    })
    .await;
    assert_concurrent_runs_converge(unseeded, |katapult| {
        ReleaseAddress::new(&katapult, IpAddressLookup::address("198.51.100.2")).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn second_address_of_concurrent_runs_is_reported() {
    let world = World::new().await;
    let allocate = || {
        let katapult = Connection::new(&world).client();
        AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6).run()
    };
    let (one, other) = tokio::join!(allocate(), allocate());
    let errors = [one.err(), other.err()];
    let reported = errors.iter().flatten();
    assert!(reported.clone().count() > 0, "{errors:?}");
    for error in reported {
        assert!(error.is_duplicate(), "{error}");
        let text = error.to_string();
        assert_eq!(text.matches("ip_").count(), 2, "{text}");
    }
    // Nothing is released, and the next run is content with either.
    let address = allocate().await.unwrap();
    assert!(address.address.is_some_and(|text| text.contains(':')));
}

#[tokio::test(start_paused = true)]
async fn second_machine_of_a_host_name_is_reported() {
    let world = World::new().await;
    let katapult = Connection::new(&world).client();
    let (other, mut added) = (world.clone(), false);
    let build = build(&katapult).progress(move |stage| {
        if matches!(stage, BuildStage::Starting(_)) && !added {
            added = true;
            let machine = other.now().add_machine("web-9", "pebble-1", "started");
            machine.unwrap();
        }
    });
    let error = build.run().await.unwrap_err();
    assert!(error.is_duplicate(), "{error}");
    assert_eq!(error.to_string().matches("vm_").count(), 2, "{error}");
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_for_one_load_balancer_are_as_one() {
    assert_concurrent_runs_converge(balancer, |katapult| async move {
        load_balancer(&katapult).apply().await
    })
    .await;
    assert_concurrent_runs_converge(balancer, |katapult| async move {
        absent_load_balancer(&katapult).apply().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn second_load_balancer_of_a_name_is_reported() {
    let world = World::new().await;
    let ensure = || named_load_balancer(&Connection::new(&world).client());
    let (one, other) = (ensure(), ensure());
    let (one, other) = tokio::join!(one.apply(), other.apply());
    let errors = [one.err(), other.err()];
    let reported = errors.iter().flatten();
    assert!(reported.clone().count() > 0, "{errors:?}");
    for error in reported {
        assert!(error.is_duplicate(), "{error}");
        let text = error.to_string();
        assert_eq!(text.matches("lb_").count(), 2, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_enable_object_storage_once() {
    assert_concurrent_runs_converge(unseeded, |katapult| {
        let region = ObjectStorageClusterLookup::region("north-1");
        EnableObjectStorage::new(&katapult, acme(), region).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn second_access_key_is_deleted_by_the_run_that_created_it() {
    // The second run begins so long after the first one.
    for delay in [0, 1, 40, 90, 170, 250, 330].map(Duration::from_millis) {
        let world = World::new().await;
        object_storage(world.now());
        let create = || credentials(&Connection::new(&world).client()).run();
        let (one, other) = tokio::join!(create(), async {
            tokio::time::sleep(delay).await;
            create().await
        });
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.access_key, other.access_key, "{delay:?}");
        let (keys, current) = world.now().world(|world| {
            let key = world.get(&one.access_key).unwrap();
            let current = key.text("s3_access_key_id").to_owned();
            (world.by_kind("ObjectStorageAccessKey").count(), current)
        });
        assert_eq!(keys, 1, "{delay:?}");
        // The credentials of the other run are replaced.
        assert!(current == one.id || current == other.id, "{delay:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn access_key_of_another_run_is_not_deleted() {
    let world = World::new().await;
    object_storage(world.now());
    let katapult = Connection::new(&world).client();
    let insert = || {
        let key = serde_json::json!({"name": "backups", "region": "north-1"});
        put(world.now(), "ObjectStorageAccessKey", key)
    };
    let ours = async { credentials(&katapult).run().await };
    let (ours, _) = tokio::join!(ours, async {
        // After the creation, before the list that follows it.
        tokio::time::sleep(Duration::from_millis(180)).await;
        insert()
    });
    let error = ours.unwrap_err();
    assert!(error.is_duplicate(), "{error}");
    let keys = world
        .now()
        .world(|world| world.by_kind("ObjectStorageAccessKey").count());
    assert_eq!(keys, 2);
    // The next run uses the first one.
    assert!(credentials(&katapult).run().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn surplus_of_concurrent_runs_is_deleted_by_the_next_one() {
    let world = World::new().await;
    zone(world.now());
    let (one, other) = (Connection::new(&world), Connection::new(&world));
    let (one, other) = (records(&one.client()), records(&other.client()));
    let _ = tokio::join!(one.apply(), other.apply());
    one.apply().await.unwrap();
    assert!(one.plan().await.unwrap().is_empty());
    let records = world
        .now()
        .world(|world| world.by_kind("DnsRecord").count());
    // The wanted four, and the name server.
    assert_eq!(records, 5);
}

#[tokio::test(start_paused = true)]
async fn surplus_rule_of_concurrent_runs_is_deleted_by_the_next_one() {
    let world = World::new().await;
    group(world.now());
    let (one, other) = (Connection::new(&world), Connection::new(&world));
    let (one, other) = (rules(&one.client()), rules(&other.client()));
    let _ = tokio::join!(one.apply(), other.apply());
    one.apply().await.unwrap();
    assert!(one.plan().await.unwrap().is_empty());
    let rules = world
        .now()
        .world(|world| world.by_kind("SecurityGroupRule").count());
    assert_eq!(rules, 3);
}
