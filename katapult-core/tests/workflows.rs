//! Every workflow, broken off at each of its requests in each way, and run again: the end is the same, with nothing made
//! twice and nothing left behind.

#![cfg(feature = "workflows")]

mod support;
#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use katapult_core::types::SecurityGroupRuleProtocol as Protocol;
use katapult_core::types::{
    DiskLookup, DnsZoneLookup, IpAddressLookup, IpAddressVersion, LoadBalancerLookup,
    ObjectStorageClusterLookup, OrganizationLookup, SecurityGroupLookup, VirtualMachineLookup,
    VirtualMachinePackageLookup, VirtualMachineState,
};
use katapult_core::workflows::*;
use katapult_stand_in::World;
use serde_json::json;
use world::{Way, survives};

fn acme() -> OrganizationLookup {
    OrganizationLookup::sub_domain("acme")
}

fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::id("vm_1")
}

fn running(world: &World) {
    world.machine("web-1", "rock-3", "started");
}

#[tokio::test(start_paused = true)]
async fn build_from_a_package() {
    let requests = survives(running, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("rock-3");
        let build = BuildMachine::from_package(&katapult, acme(), package, "Web-2");
        build.run().await.map(|machine| {
            assert_eq!(machine.hostname.as_deref(), Some("web-2"));
            assert_eq!(machine.state, Some(VirtualMachineState::Started));
        })
    });
    assert!(requests.await > 10);
}

#[tokio::test(start_paused = true)]
async fn build_from_a_specification() {
    survives(running, |katapult| async move {
        let xml = "<VirtualMachineSpec><Hostname><Hostname>web-2</Hostname></Hostname></VirtualMachineSpec>";
        BuildMachine::from_spec(&katapult, acme(), xml, "web-2").run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_built_and_is_off_is_started() {
    let world = World::new();
    world.machine("web-2", "rock-1", "stopped");
    let katapult = Way::new(&world, None).client();
    let package = VirtualMachinePackageLookup::permalink("rock-1");
    let build = BuildMachine::from_package(&katapult, acme(), package, "web-2");
    let machine = build.run().await.unwrap();
    assert_eq!(
        (&*machine.id, machine.state),
        ("vm_1", Some(VirtualMachineState::Started))
    );
}

#[tokio::test(start_paused = true)]
async fn stop() {
    survives(running, |katapult| async move {
        StopMachine::new(&katapult, web()).run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn stop_one_that_does_not_listen() {
    let deaf = |world: &World| {
        running(world);
        world.deafen("vm_1");
    };
    survives(deaf, |katapult| async move {
        let stop = StopMachine::new(&katapult, web()).limit(Duration::from_secs(20));
        stop.run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn restart() {
    survives(running, |katapult| async move {
        RestartMachine::new(&katapult, web()).run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resize_down() {
    survives(running, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("rock-1");
        let resize = ResizeMachine::new(&katapult, web(), package).may_stop();
        resize.run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resize_up_without_a_stop() {
    survives(
        |world| drop(world.machine("web-1", "rock-1", "started")),
        |katapult| async move {
            let package = VirtualMachinePackageLookup::permalink("rock-3");
            let machine = ResizeMachine::new(&katapult, web(), package).run().await?;
            assert_eq!(machine.state, Some(VirtualMachineState::Started));
            Ok(())
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_resize_that_needs_a_stop_is_refused_without_leave() {
    let world = World::new();
    running(&world);
    let katapult = Way::new(&world, None).client();
    let package = VirtualMachinePackageLookup::permalink("rock-1");
    let refused = ResizeMachine::new(&katapult, web(), package)
        .run()
        .await
        .unwrap_err();
    assert!(refused.is_refused(), "{refused}");
    assert_eq!(world.snapshot()["virtual_machines"][0]["state"], "started");
}

#[tokio::test(start_paused = true)]
async fn delete_for_good() {
    survives(running, |katapult| async move {
        DeleteMachine::new(&katapult, web()).run().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn attach_a_disk() {
    let seed = |world: &World| {
        running(world);
        world.add("disks", json!({"name": "data", "state": "built"}));
    };
    survives(seed, |katapult| async move {
        AttachDisk::new(&katapult, DiskLookup::id("disk_1"), "vm_1")
            .run()
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn detach_a_disk() {
    let seed = |world: &World| {
        running(world);
        let held = json!({"virtual_machine": {"id": "vm_1"}, "state": "attached"});
        world.add(
            "disks",
            json!({"name": "data", "virtual_machine_disk": held}),
        );
    };
    survives(seed, |katapult| async move {
        DetachDisk::new(&katapult, DiskLookup::id("disk_1"))
            .run()
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn give_a_new_address() {
    survives(running, |katapult| async move {
        let give = GiveAddress::new(&katapult, web(), IpAddressVersion::Ipv4);
        give.run()
            .await
            .map(|ip| assert_eq!(ip.address.as_deref(), Some("192.0.2.1")))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn give_an_existing_address() {
    let seed = |world: &World| {
        running(world);
        world.add("ip_addresses", json!({"address": "192.0.2.7"}));
    };
    survives(seed, |katapult| async move {
        let ip = IpAddressLookup::address("192.0.2.7");
        GiveAddress::existing(&katapult, web(), ip)
            .run()
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn take_an_address() {
    let seed = |world: &World| {
        running(world);
        let held =
            json!({"address": "192.0.2.7", "allocation_id": "vm_1", "_interface": "vmnet_1"});
        world.add("ip_addresses", held);
    };
    survives(seed, |katapult| async move {
        TakeAddress::new(&katapult, IpAddressLookup::address("192.0.2.7"))
            .run()
            .await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_balanced() {
    let seed = |world: &World| {
        running(world);
        world.machine("web-2", "rock-3", "started");
        let balancer = json!({"name": "web", "api_reference": "web", "resource_type": "virtual_machines",
                              "resource_ids": ["vm_2"]});
        world.add("load_balancers", balancer);
    };
    survives(seed, |katapult| async move {
        let ensure = EnsureBalanced::new(&katapult, LoadBalancerLookup::api_reference("web"))
            .machine("vm_1")
            .listen(80, 8080, "HTTP")
            .listen(443, 8443, "TCP");
        ensure.apply().await?;
        let plan = ensure.plan().await?;
        assert_eq!(plan.to_string(), "nothing to do; 3 as wanted");
        Ok(())
    })
    .await;
}

fn zone(world: &World) {
    world.add("dns_zones", json!({"name": "acme.example"}));
    for (name, kind, key, value, ttl) in [
        ("", "NS", "hostname", "ns1.katapult.example", 3600),
        ("www", "A", "ip_address", "192.0.2.1", 300),
        ("www", "A", "ip_address", "192.0.2.8", 300),
        ("www", "A", "ip_address", "192.0.2.9", 300),
        ("old", "TXT", "content", "to go", 300),
        ("api", "CNAME", "hostname", "www.acme.example.", 60),
    ] {
        world.add(
            "dns_records",
            json!({"_of": "dnszone_1", "name": name, "type": kind, "ttl": ttl, "content": value,
                   "content_attributes": {kind: {key: value}}}),
        );
    }
}

fn records(katapult: &katapult_core::Client) -> EnsureRecords {
    let a = |ip: &str| Record::new("www", RecordContent::A(ip.into())).ttl(300);
    let ten = RecordContent::Mx("mail.acme.example".into());
    EnsureRecords::new(katapult, DnsZoneLookup::name("acme.example"))
        .record(a("192.0.2.1"))
        .record(a("192.0.2.2"))
        .record(Record::new("API", RecordContent::Cname("WWW.acme.example".into())).ttl(300))
        .record(Record::new("@", ten).priority(10))
        .exactly()
}

#[tokio::test(start_paused = true)]
async fn ensure_records() {
    let world = World::new();
    zone(&world);
    let way = Way::new(&world, None);
    let ensure = records(&way.client());
    let says = [
        "+ @ MX 10 mail.acme.example",
        "~ api 60 CNAME www.acme.example. -> api 300 CNAME WWW.acme.example",
        "~ www 300 A 192.0.2.8 -> www 300 A 192.0.2.2",
        "- www 300 A 192.0.2.9",
        "- old 300 TXT \"to go\"",
        "5 changes; 1 as wanted",
    ];
    let plan = ensure.plan().await.unwrap();
    assert_eq!(plan.to_string(), says.join("\n"));
    assert_eq!(ensure.apply().await.unwrap(), plan);
    let sent = way.sent();
    assert!(ensure.apply().await.unwrap().is_empty());
    assert_eq!(way.sent(), sent + 1, "a second apply looks and no more");

    survives(zone, |katapult| async move {
        records(&katapult).apply().await.map(drop)
    })
    .await;
}

fn group(world: &World) {
    world.add("security_groups", json!({"name": "web"}));
    let rule = |protocol: &str, ports: serde_json::Value, targets: &[&str]| {
        world.add(
            "security_group_rules",
            json!({"_of": "sg_1", "direction": "inbound", "protocol": protocol, "ports": ports,
                   "targets": targets, "notes": null}),
        )
    };
    rule("TCP", json!("22"), &["all:ipv4"]);
    rule("TCP", json!("443"), &["all:ipv6", "all:ipv4"]);
    rule("UDP", json!("53"), &["all:ipv4"]);
}

#[tokio::test(start_paused = true)]
async fn ensure_rules() {
    let rules = |katapult: &katapult_core::Client| {
        EnsureRules::new(katapult, SecurityGroupLookup::id("sg_1"))
            .rule(
                Rule::inbound(Protocol::Tcp)
                    .ports("22")
                    .target("192.0.2.0/24")
                    .notes("SSH"),
            )
            .rule(
                Rule::inbound(Protocol::Tcp)
                    .ports("443")
                    .target("all:ipv4")
                    .target("all:ipv6"),
            )
            .rule(Rule::inbound(Protocol::Icmp).target("all:ipv4"))
    };
    let world = World::new();
    group(&world);
    let way = Way::new(&world, None);
    let ensure = rules(&way.client());
    let says = [
        "+ inbound allow ICMP [all:ipv4]",
        "~ inbound allow TCP 22 [all:ipv4] -> inbound allow TCP 22 [192.0.2.0/24] \"SSH\"",
        "- inbound allow UDP 53 [all:ipv4]",
        "3 changes; 1 as wanted",
    ];
    let plan = ensure.plan().await.unwrap();
    assert_eq!(plan.to_string(), says.join("\n"));
    assert_eq!(ensure.apply().await.unwrap(), plan);
    assert!(ensure.apply().await.unwrap().is_empty());

    survives(group, move |katapult| async move {
        rules(&katapult).apply().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn object_storage() {
    survives(
        |_| (),
        |katapult| async move {
            let region = ObjectStorageClusterLookup::region("uk-lon-01");
            EnableObjectStorage::new(&katapult, acme(), &region)
                .run()
                .await?;
            let make = MakeCredentials::new(&katapult, acme(), &region, "backups");
            let credentials = make.run().await?;
            assert_eq!(credentials.access_key, "osak_1");
            Ok(())
        },
    )
    .await;
}
