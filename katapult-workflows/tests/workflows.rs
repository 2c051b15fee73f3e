//! Every workflow, interrupted at each of its requests and run again: the final state is the same, nothing is created
//! twice and nothing is left behind.

mod support;

use std::time::Duration;

use katapult_core::types::SecurityGroupRuleProtocol as Protocol;
use katapult_core::types::{
    DataCenterLookup, DiskLookup, DnsZoneLookup, IpAddressLookup, IpAddressVersion,
    LoadBalancerLookup, ObjectStorageClusterLookup, OrganizationLookup, SecurityGroupLookup,
    VirtualMachineLookup, VirtualMachinePackageLookup, VirtualMachineState,
};
use katapult_sandbox::Sandbox;
use katapult_workflows::*;
use serde_json::{Value, json};
use support::{
    Connection, World, assert_concurrent_runs_converge, assert_converges, assert_creates_once,
};

fn acme() -> OrganizationLookup {
    OrganizationLookup::sub_domain("acme")
}

/// The ids of `web-1` and `web-2`, which run when the sandbox starts.
const WEB: &str = "vm_eEbPNR4Dwu4AIhsB";
const WEB_2: &str = "vm_4bHM5gHLaEllhTZg";

fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::id(WEB)
}

fn unseeded(_: &Sandbox) {}

/// Inserts an object of the organization `acme`.
fn put(sandbox: &Sandbox, kind: &str, mut fields: Value) -> String {
    let acme = sandbox.id_of("Organization", "sub_domain", "acme");
    fields["organization"] = acme.unwrap().into();
    sandbox.insert_object(kind, fields).unwrap()
}

#[tokio::test(start_paused = true)]
async fn build_from_package_interrupted_converges() {
    let requests = assert_converges(unseeded, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("pebble-3");
        let build = BuildMachine::from_package(&katapult, acme(), package, "Web-9")
            .configure_call(|call| call.data_center(DataCenterLookup::permalink("north-1")));
        let machine = build.run().await?;
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
    let seed = |sandbox: &Sandbox| {
        let disk = json!({"id": "disk_data", "name": "data", "state": "built"});
        put(sandbox, "Disk", disk);
    };
    assert_converges(seed, |katapult| {
        AttachDisk::new(&katapult, DiskLookup::id("disk_data"), WEB).run()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn detach_disk_interrupted_converges() {
    let seed = |sandbox: &Sandbox| {
        let disk = json!({"id": "disk_data", "name": "data", "state": "built",
                          "virtual_machine": WEB, "attachment": "attached"});
        put(sandbox, "Disk", disk);
    };
    assert_converges(seed, |katapult| {
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
    let seed = |sandbox: &Sandbox| {
        let network = sandbox.id_of("Network", "permalink", "north-1-public");
        let address = json!({"address": "198.51.100.77", "network": network.unwrap()});
        put(sandbox, "IpAddress", address);
    };
    assert_converges(seed, |katapult| {
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
    let seed = |sandbox: &Sandbox| {
        let balancer = json!({"name": "web", "api_reference": "web", "resource_type": "virtual_machines",
                              "resource_ids": [WEB_2]});
        put(sandbox, "LoadBalancer", balancer);
    };
    assert_converges(seed, |katapult| async move {
        let ensure = EnsureLoadBalancer::new(&katapult, LoadBalancerLookup::api_reference("web"))
            .machine(WEB)
            .listen(80, 8080, "HTTP")
            .listen(443, 8443, "TCP");
        ensure.apply().await?;
        let plan = ensure.plan().await?;
        assert_eq!(plan.to_string(), "no changes; 3 unchanged");
        Ok(())
    })
    .await;
}

fn zone(sandbox: &Sandbox) {
    let zone = put(sandbox, "DnsZone", json!({"name": "acme.example"}));
    for (name, kind, key, value, ttl) in [
        ("", "NS", "hostname", "ns1.katapult.example", 3600),
        ("www", "A", "ip_address", "192.0.2.1", 300),
        ("www", "A", "ip_address", "192.0.2.8", 300),
        ("www", "A", "ip_address", "192.0.2.9", 300),
        ("old", "TXT", "content", "to go", 300),
        ("api", "CNAME", "hostname", "www.acme.example.", 60),
    ] {
        let record = json!({"dns_zone": zone, "name": name, "type": kind, "ttl": ttl, "content": value,
                            "content_attributes": {kind: {key: value}}});
        put(sandbox, "DnsRecord", record);
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
    assert_eq!(connection.sent(), sent + 1, "a second apply only reads");
}

#[tokio::test(start_paused = true)]
async fn ensure_records_interrupted_converges() {
    assert_converges(
        zone,
        |katapult| async move { records(&katapult).apply().await },
    )
    .await;
}

const GROUP: &str = "sg_web";

fn group(sandbox: &Sandbox) {
    let group = put(
        sandbox,
        "SecurityGroup",
        json!({"id": GROUP, "name": "web"}),
    );
    let rule = |protocol: &str, ports: &str, targets: &[&str]| {
        let rule = json!({"security_group": group, "direction": "inbound", "action": "allow",
                          "protocol": protocol, "ports": ports, "targets": targets, "notes": null});
        put(sandbox, "SecurityGroupRule", rule);
    };
    rule("TCP", "22", &["all:ipv4"]);
    rule("TCP", "443", &["all:ipv6", "all:ipv4"]);
    rule("UDP", "53", &["all:ipv4"]);
}

fn rules(katapult: &katapult_core::Client) -> EnsureRules {
    EnsureRules::new(katapult, SecurityGroupLookup::id(GROUP))
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
        let create = CreateCredentials::new(&katapult, acme(), &region, "backups");
        let credentials = create.run().await?;
        let key = &credentials.access_key;
        assert!(key.starts_with("osak_"), "{credentials:?}");
        Ok(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn creation_executed_late_is_not_repeated() {
    assert_creates_once(unseeded, |katapult| {
        AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6).run()
    })
    .await;
    assert_creates_once(
        zone,
        |katapult| async move { records(&katapult).apply().await },
    )
    .await;
    assert_creates_once(
        group,
        |katapult| async move { rules(&katapult).apply().await },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn deletion_of_an_invalid_lookup_is_refused() {
    for id in ["", "task_123"] {
        let connection = Connection::new(&World::new().await);
        let lookup = VirtualMachineLookup::id(id);
        let deleted = DeleteMachine::new(&connection.client(), lookup).run().await;
        assert!(deleted.is_err(), "{id:?}");
        assert_eq!(connection.sent(), 0, "{id:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_of_workflows_that_create_nothing_converge() {
    assert_concurrent_runs_converge(unseeded, |katapult| {
        DeleteMachine::new(&katapult, web()).run()
    })
    .await;
    assert_concurrent_runs_converge(unseeded, |katapult| {
        ReleaseAddress::new(&katapult, IpAddressLookup::address("198.51.100.2")).run()
    })
    .await;
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
