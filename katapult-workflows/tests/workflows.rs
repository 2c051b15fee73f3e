//! Every workflow, broken off at each of its requests in each way, and run again: what the sandbox holds in the end is
//! the same, with nothing made twice and nothing left behind.

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
use support::{Way, World, survives};

fn acme() -> OrganizationLookup {
    OrganizationLookup::sub_domain("acme")
}

/// Of the machines that the sandbox begins with, `web-1` and `web-2`; both run.
const WEB: &str = "vm_eEbPNR4Dwu4AIhsB";
const WEB_2: &str = "vm_4bHM5gHLaEllhTZg";

fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::id(WEB)
}

fn as_it_begins(_: &Sandbox) {}

/// Puts an object of the organization `acme` there.
fn put(sandbox: &Sandbox, kind: &str, mut fields: Value) -> String {
    let acme = sandbox.id_of("Organization", "sub_domain", "acme");
    fields["organization"] = acme.unwrap().into();
    sandbox.insert_object(kind, fields).unwrap()
}

#[tokio::test(start_paused = true)]
async fn build_from_a_package() {
    let requests = survives(as_it_begins, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("pebble-3");
        let build = BuildMachine::from_package(&katapult, acme(), package, "Web-9");
        let build =
            build.configure_call(|call| call.data_center(DataCenterLookup::permalink("north-1")));
        build.run().await.map(|machine| {
            assert_eq!(machine.hostname.as_deref(), Some("web-9"));
            assert_eq!(machine.state, Some(VirtualMachineState::Started));
        })
    });
    assert!(requests.await > 10);
}

#[tokio::test(start_paused = true)]
async fn build_from_a_specification() {
    survives(as_it_begins, |katapult| async move {
        let xml = "<VirtualMachineSpec><DataCenter by=\"permalink\">north-1</DataCenter>\
            <Resources><Package by=\"permalink\">pebble-1</Package></Resources>\
            <Hostname><Hostname>web-9</Hostname></Hostname></VirtualMachineSpec>";
        let build = BuildMachine::from_spec(&katapult, acme(), xml, "web-9");
        build.run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_built_and_is_off_is_started() {
    let world = World::new().await;
    let off = world
        .now()
        .add_machine("web-9", "pebble-1", "stopped")
        .unwrap();
    let katapult = Way::new(&world, None).client();
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    let build = BuildMachine::from_package(&katapult, acme(), package, "web-9");
    let machine = build.run().await.unwrap();
    assert_eq!(
        (machine.id, machine.state),
        (off, Some(VirtualMachineState::Started))
    );
}

#[tokio::test(start_paused = true)]
async fn stop() {
    survives(as_it_begins, |katapult| async move {
        StopMachine::new(&katapult, web()).run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn stop_one_that_does_not_listen() {
    let deaf = |sandbox: &Sandbox| sandbox.set_field(WEB, "ignores_shutdown", true.into());
    survives(deaf, |katapult| async move {
        let stop = StopMachine::new(&katapult, web()).shutdown_timeout(Duration::from_secs(20));
        stop.run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn restart() {
    survives(as_it_begins, |katapult| async move {
        RestartMachine::new(&katapult, web()).run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resize_down() {
    survives(as_it_begins, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("pebble-1");
        let resize = ResizeMachine::new(&katapult, web(), package).allow_stop();
        resize.run().await.map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resize_up_without_a_stop() {
    survives(as_it_begins, |katapult| async move {
        let package = VirtualMachinePackageLookup::permalink("stone-6");
        let machine = ResizeMachine::new(&katapult, web(), package).run().await?;
        assert_eq!(machine.state, Some(VirtualMachineState::Started));
        Ok(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_resize_that_needs_a_stop_is_refused_without_leave() {
    let world = World::new().await;
    let katapult = Way::new(&world, None).client();
    let package = VirtualMachinePackageLookup::permalink("pebble-1");
    let error = ResizeMachine::new(&katapult, web(), package)
        .run()
        .await
        .unwrap_err();
    assert!(error.is_precondition_failed(), "{error}");
    let state = world
        .now()
        .world(|world| world.get(WEB).unwrap().text("state").to_owned());
    assert_eq!(state, "started");
}

#[tokio::test(start_paused = true)]
async fn delete_for_good() {
    survives(as_it_begins, |katapult| async move {
        DeleteMachine::new(&katapult, web()).run().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn attach_a_disk() {
    let seed = |sandbox: &Sandbox| {
        let disk = json!({"id": "disk_data", "name": "data", "state": "built"});
        put(sandbox, "Disk", disk);
    };
    survives(seed, |katapult| async move {
        AttachDisk::new(&katapult, DiskLookup::id("disk_data"), WEB)
            .run()
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn detach_a_disk() {
    let seed = |sandbox: &Sandbox| {
        let disk = json!({"id": "disk_data", "name": "data", "state": "built",
                          "virtual_machine": WEB, "attachment": "attached"});
        put(sandbox, "Disk", disk);
    };
    survives(seed, |katapult| async move {
        DetachDisk::new(&katapult, DiskLookup::id("disk_data"))
            .run()
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn give_a_new_address() {
    survives(as_it_begins, |katapult| async move {
        let give = AllocateAddress::new(&katapult, web(), IpAddressVersion::Ipv6);
        give.run()
            .await
            .map(|ip| assert_eq!(ip.address.as_deref(), Some("2001:db8:1::2")))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn give_an_existing_address() {
    let seed = |sandbox: &Sandbox| {
        let network = sandbox.id_of("Network", "permalink", "north-1-public");
        let address = json!({"address": "198.51.100.77", "network": network.unwrap()});
        put(sandbox, "IpAddress", address);
    };
    survives(seed, |katapult| async move {
        let ip = IpAddressLookup::address("198.51.100.77");
        AllocateAddress::existing(&katapult, web(), ip)
            .run()
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn take_an_address() {
    survives(as_it_begins, |katapult| async move {
        ReleaseAddress::new(&katapult, IpAddressLookup::address("198.51.100.2"))
            .run()
            .await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ensure_balanced() {
    let seed = |sandbox: &Sandbox| {
        let balancer = json!({"name": "web", "api_reference": "web", "resource_type": "virtual_machines",
                              "resource_ids": [WEB_2]});
        put(sandbox, "LoadBalancer", balancer);
    };
    survives(seed, |katapult| async move {
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
async fn ensure_records() {
    let world = World::new().await;
    zone(world.now());
    let way = Way::new(&world, None);
    let ensure = records(&way.client());
    let says = [
        "+ @ MX 10 mail.acme.example",
        "~ api 60 CNAME www.acme.example. -> api 300 CNAME WWW.acme.example",
        "~ www 300 A 192.0.2.8 -> www 300 A 192.0.2.2",
        "- www 300 A 192.0.2.9",
        "- old 300 TXT \"to go\"",
        "5 changes; 1 unchanged",
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

const GROUP: &str = "sg_web";

#[tokio::test(start_paused = true)]
async fn ensure_rules() {
    let rules = |katapult: &katapult_core::Client| {
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
    };
    let world = World::new().await;
    group(world.now());
    let way = Way::new(&world, None);
    let ensure = rules(&way.client());
    let says = [
        "+ inbound allow ICMP [all:ipv4]",
        "~ inbound allow TCP 22 [all:ipv4] -> inbound allow TCP 22 [192.0.2.0/24] \"SSH\"",
        "- inbound allow UDP 53 [all:ipv4]",
        "3 changes; 1 unchanged",
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
    survives(as_it_begins, |katapult| async move {
        let region = ObjectStorageClusterLookup::region("north-1");
        EnableObjectStorage::new(&katapult, acme(), &region)
            .run()
            .await?;
        let make = CreateCredentials::new(&katapult, acme(), &region, "backups");
        let credentials = make.run().await?;
        assert!(
            credentials.access_key.starts_with("osak_"),
            "{credentials:?}"
        );
        Ok(())
    })
    .await;
}
