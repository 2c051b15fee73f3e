//! The objects that the workflows work on.

use katapult_core::Client;
use katapult_core::types::{
    DataCenterLookup, DnsZoneLookup, LoadBalancerLookup, ObjectStorageClusterLookup,
    OrganizationLookup, SecurityGroupLookup, SecurityGroupRuleProtocol as Protocol,
    VirtualMachineLookup, VirtualMachinePackageLookup,
};
use katapult_sandbox::Sandbox;
use katapult_workflows::*;
use serde_json::{Value, json};

pub fn acme() -> OrganizationLookup {
    OrganizationLookup::sub_domain("acme")
}

/// The ids of `web-1` and `web-2`, which run when the sandbox starts.
pub const WEB: &str = "vm_eEbPNR4Dwu4AIhsB";
pub const WEB_2: &str = "vm_4bHM5gHLaEllhTZg";

pub fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::id(WEB)
}

pub fn web_by_name() -> VirtualMachineLookup {
    VirtualMachineLookup::fqdn("web-1.acme.example")
}

pub fn unseeded(_: &Sandbox) {}

/// Inserts an object of the organization `acme`.
pub fn put(sandbox: &Sandbox, kind: &str, mut fields: Value) -> String {
    let acme = sandbox.id_of("Organization", "sub_domain", "acme");
    fields["organization"] = acme.unwrap().into();
    sandbox.insert_object(kind, fields).unwrap()
}

pub fn zone(sandbox: &Sandbox) {
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

pub fn records(katapult: &Client) -> EnsureRecords {
    let a = |ip: &str| Record::new("www", RecordContent::A(ip.into())).ttl(300);
    let ten = RecordContent::Mx("mail.acme.example".into());
    EnsureRecords::new(katapult, DnsZoneLookup::name("acme.example"))
        .record(a("192.0.2.1"))
        .record(a("192.0.2.2"))
        .record(Record::new("API", RecordContent::Cname("WWW.acme.example".into())).ttl(300))
        .record(Record::new("@", ten).priority(10))
        .prune(true)
}

pub const GROUP: &str = "sg_web";

pub fn group(sandbox: &Sandbox) {
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

pub fn rules(katapult: &Client) -> EnsureRules {
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
        .prune(true)
}

/// Inserts a load balancer of `web-2` with two rules: for a port that is wanted otherwise, and for another one.
pub fn balancer(sandbox: &Sandbox) {
    let balancer = json!({"name": "web", "api_reference": "web", "resource_type": "virtual_machines",
                          "resource_ids": [WEB_2]});
    let balancer = put(sandbox, "LoadBalancer", balancer);
    for (port, to, check) in [(443, 8443, false), (8080, 8080, false)] {
        let rule = json!({"load_balancer": balancer, "protocol": "TCP", "listen_port": port,
                          "destination_port": to, "check_enabled": check, "check_interval": 20});
        put(sandbox, "LoadBalancerRule", rule);
    }
}

fn with_rules(ensure: EnsureLoadBalancer) -> EnsureLoadBalancer {
    ensure
        .machines([WEB])
        .rule(ForwardingRule::http(80).destination_port(8080))
        .rule(
            ForwardingRule::tcp(443)
                .destination_port(8443)
                .check_enabled(true)
                .check_interval(20),
        )
}

/// Keeps the machine and the rule that it does not name.
pub fn load_balancer(katapult: &Client) -> EnsureLoadBalancer {
    let web = LoadBalancerLookup::api_reference("web");
    with_rules(EnsureLoadBalancer::existing(katapult, web))
}

/// Found by its name, or created.
pub fn named_load_balancer(katapult: &Client) -> EnsureLoadBalancer {
    let north = DataCenterLookup::permalink("north-1");
    let ensure = EnsureLoadBalancer::new(katapult, acme(), north, "web");
    with_rules(ensure).prune(true)
}

pub fn absent_load_balancer(katapult: &Client) -> EnsureLoadBalancer {
    EnsureLoadBalancer::absent(katapult, acme(), "web")
}

pub const CHALLENGE: &str = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";

pub fn challenge(katapult: &Client) -> AcmeChallenge {
    AcmeChallenge::new(katapult, "acme.example.", "*.acme.example.", CHALLENGE)
}

/// Inserts a zone with two challenges of the same name, and the second one twice.
pub fn challenges(sandbox: &Sandbox) {
    let zone = put(sandbox, "DnsZone", json!({"name": "acme.example"}));
    for value in ["another", CHALLENGE, CHALLENGE] {
        let record = json!({"dns_zone": zone, "name": "_acme-challenge", "type": "TXT", "ttl": 60,
                            "content": value, "content_attributes": {"TXT": {"content": value}}});
        put(sandbox, "DnsRecord", record);
    }
}

pub fn free_disk(sandbox: &Sandbox) {
    let disk = json!({"id": "disk_data", "name": "data", "state": "built"});
    put(sandbox, "Disk", disk);
}

pub fn attached_disk(sandbox: &Sandbox) {
    let disk = json!({"id": "disk_data", "name": "data", "state": "built",
                      "virtual_machine": WEB, "attachment": "attached"});
    put(sandbox, "Disk", disk);
}

pub fn free_address(sandbox: &Sandbox) {
    let network = sandbox.id_of("Network", "permalink", "north-1-public");
    let address = json!({"address": "198.51.100.77", "network": network.unwrap()});
    put(sandbox, "IpAddress", address);
}

/// Enables object storage in the region `north-1`, long enough ago for credentials.
pub fn object_storage(sandbox: &Sandbox) {
    let region = sandbox.id_of("ObjectStorageCluster", "region", "north-1");
    let account = json!({"object_storage_cluster": region.unwrap(), "region": "north-1",
                         "provisioning_state": "provisioned", "provisioned_at": 0});
    put(sandbox, "ObjectStorageAccount", account);
}

pub fn credentials(katapult: &Client) -> CreateCredentials {
    let region = ObjectStorageClusterLookup::region("north-1");
    CreateCredentials::new(katapult, acme(), region, "backups")
}

pub fn build(katapult: &Client) -> BuildMachine {
    let package = VirtualMachinePackageLookup::permalink("pebble-3");
    BuildMachine::from_package(katapult, acme(), package, "Web-9")
        .configure_call(|call| call.data_center(DataCenterLookup::permalink("north-1")))
}
