//! The objects that a workflow names: fixed by id at the first lookup, and refused before anything is sent if no object
//! can have the name.

use std::time::Duration;

use crate::support::fixtures::*;
use crate::support::{Connection, World};
use katapult_core::Client;
use katapult_core::types::*;
use katapult_workflows::*;

/// Asserts that a workflow is refused without a request.
async fn assert_refused<T, F>(name: &str, run: impl FnOnce(Client) -> F)
where
    F: Future<Output = Result<T, WorkflowError>>,
{
    let connection = Connection::new(&World::new().await);
    let result = run(connection.client()).await;
    assert!(result.is_err(), "{name}");
    assert_eq!(connection.sent(), 0, "{name}");
}

#[tokio::test(start_paused = true)]
async fn empty_lookup_and_id_of_another_kind_are_refused_before_anything_is_sent() {
    for id in ["", "task_123"] {
        let machine = || VirtualMachineLookup::id(id);
        let ip = || IpAddressLookup::address("198.51.100.2");
        let package = || VirtualMachinePackageLookup::permalink("pebble-1");
        let region = || ObjectStorageClusterLookup::region("north-1");
        let disk = || DiskLookup::id("disk_data");
        assert_refused("stop", |c| StopMachine::new(&c, machine()).run()).await;
        assert_refused("restart", |c| RestartMachine::new(&c, machine()).run()).await;
        assert_refused("delete", |c| DeleteMachine::new(&c, machine()).run()).await;
        assert_refused("resize", |c| {
            ResizeMachine::new(&c, machine(), package()).run()
        })
        .await;
        assert_refused("attach to", |c| AttachDisk::new(&c, disk(), id).run()).await;
        assert_refused("attach", |c| {
            AttachDisk::new(&c, DiskLookup::id(id), WEB).run()
        })
        .await;
        assert_refused("detach", |c| DetachDisk::new(&c, DiskLookup::id(id)).run()).await;
        assert_refused("allocate to", |c| {
            AllocateAddress::new(&c, machine(), IpAddressVersion::Ipv6).run()
        })
        .await;
        assert_refused("allocate existing to", |c| {
            AllocateAddress::existing(&c, machine(), ip()).run()
        })
        .await;
        assert_refused("allocate", |c| {
            AllocateAddress::existing(&c, web_by_name(), IpAddressLookup::id(id)).run()
        })
        .await;
        assert_refused("release", |c| {
            ReleaseAddress::new(&c, IpAddressLookup::id(id)).run()
        })
        .await;
        assert_refused("zone", |c| async move {
            let record = Record::new("www", RecordContent::A("192.0.2.1".into()));
            let ensure = EnsureRecords::new(&c, DnsZoneLookup::id(id)).record(record);
            ensure.apply().await
        })
        .await;
        assert_refused("group", |c| async move {
            EnsureRules::new(&c, SecurityGroupLookup::id(id))
                .apply()
                .await
        })
        .await;
        assert_refused("load balancer", |c| async move {
            EnsureLoadBalancer::existing(&c, LoadBalancerLookup::id(id))
                .apply()
                .await
        })
        .await;
        assert_refused("machine of load balancer", |c| async move {
            load_balancer(&c).machines([WEB, id]).apply().await
        })
        .await;
        assert_refused("group of load balancer", |c| async move {
            load_balancer(&c).groups([id]).apply().await
        })
        .await;
        assert_refused("tag of load balancer", |c| async move {
            load_balancer(&c).tags([id]).apply().await
        })
        .await;
        let organization = || OrganizationLookup::id(id);
        assert_refused("load balancer of organization", |c| async move {
            let ensure = EnsureLoadBalancer::absent(&c, organization(), "web");
            ensure.apply().await
        })
        .await;
        assert_refused("enable", |c| {
            EnableObjectStorage::new(&c, organization(), region()).run()
        })
        .await;
        assert_refused("credentials", |c| {
            CreateCredentials::new(&c, organization(), region(), "backups").run()
        })
        .await;
        assert_refused("sweep", |c| async move {
            Sweep::new(&c, OrganizationLookup::id(id)).apply().await
        })
        .await;
        assert_refused("build", |c| {
            BuildMachine::from_package(&c, organization(), package(), "web-9").run()
        })
        .await;
    }
    let region = ObjectStorageClusterLookup::region("north-1");
    assert_refused("name of key", |c| {
        CreateCredentials::new(&c, acme(), region, "").run()
    })
    .await;
    assert_refused("name of load balancer", |c| async move {
        EnsureLoadBalancer::absent(&c, acme(), "").apply().await
    })
    .await;
    assert_refused("challenge", |c| async move {
        AcmeChallenge::new(&c, "", "acme.example", "x").set().await
    })
    .await;
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    assert_refused("host name", |c| {
        BuildMachine::from_package(&c, acme(), package, "").run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn writes_name_their_objects_by_id() {
    let world = World::new().await;
    let sandbox = world.now();
    for seed in [zone, group, balancer, attached_disk, free_address] {
        seed(sandbox);
    }
    let katapult = Connection::new(&world).client();
    let machine = web_by_name;
    let free = IpAddressLookup::address("198.51.100.77");
    AllocateAddress::existing(&katapult, machine(), &free)
        .run()
        .await
        .unwrap();
    ReleaseAddress::new(&katapult, &free).run().await.unwrap();
    let new = AllocateAddress::new(&katapult, machine(), IpAddressVersion::Ipv6);
    new.run().await.unwrap();
    records(&katapult).apply().await.unwrap();
    rules(&katapult).apply().await.unwrap();
    load_balancer(&katapult).apply().await.unwrap();
    let disk = DiskLookup::id("disk_data");
    DetachDisk::new(&katapult, &disk).run().await.unwrap();
    AttachDisk::new(&katapult, &disk, WEB).run().await.unwrap();
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    let resize = ResizeMachine::new(&katapult, machine(), package);
    resize.allow_stop().run().await.unwrap();
    RestartMachine::new(&katapult, machine())
        .run()
        .await
        .unwrap();
    DeleteMachine::new(&katapult, machine())
        .run()
        .await
        .unwrap();

    let mut writes = 0;
    for request in world.now().requests() {
        if request.method == "GET" {
            continue;
        }
        writes += 1;
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
        // A lookup is an object with one key.
        let lookups = body.as_object().into_iter().flatten();
        let lookups = lookups.filter_map(|(name, value)| Some((name, value.as_object()?)));
        for (name, lookup) in
            lookups.filter(|(name, lookup)| *name != "properties" && lookup.len() == 1)
        {
            assert!(
                lookup.contains_key("id"),
                "{} {name}: {}",
                request.target,
                request.body
            );
        }
        for name in [
            "[fqdn]",
            "[address]",
            "[name]",
            "[permalink]",
            "[api_reference]",
        ] {
            let query = request.target.replace("%5B", "[").replace("%5D", "]");
            assert!(!query.contains(name), "{query}");
        }
    }
    assert!(writes > 20, "{writes}");
}

#[tokio::test(start_paused = true)]
async fn successor_of_a_host_name_is_not_changed() {
    let world = World::new().await;
    let katapult = Connection::new(&world).client();
    let delete = DeleteMachine::new(&katapult, web_by_name());
    let (deleted, successor) = tokio::join!(delete.run(), async {
        // While the first one is being stopped, it is renamed and another machine gets its name.
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.now().set_field(WEB, "hostname", "old".into());
        world
            .now()
            .set_field(WEB, "fqdn", "old.acme.example".into());
        world
            .now()
            .add_machine("web-1", "pebble-1", "started")
            .unwrap()
    });
    deleted.unwrap();
    let remaining = world.now().world(|world| {
        let exists = |id: &str| world.get(id).is_some_and(|object| object.trash.is_none());
        (exists(WEB), exists(&successor))
    });
    assert_eq!(remaining, (false, true));
}
