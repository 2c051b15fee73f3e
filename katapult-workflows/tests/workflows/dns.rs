//! DNS records as the API has them: at the zone itself, without a TTL, with trailing dots, and the challenges of ACME.

use crate::support::fixtures::*;
use crate::support::{Connection, World};
use http::Method;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{DnsRecordType, DnsZoneLookup};
use katapult_sandbox::Sandbox;
use katapult_workflows::*;
use serde_json::{Value, json};

/// Inserts a zone with an SOA record, two name servers, and an address, all of the zone itself.
fn own_records(sandbox: &Sandbox) {
    let zone = put(
        sandbox,
        "DnsZone",
        json!({"name": "acme.example", "default_ttl": 3600}),
    );
    for (kind, key, value) in [
        ("SOA", "mname", "ns1.katapult.example"),
        ("NS", "hostname", "ns1.katapult.example."),
        ("NS", "hostname", "ns2.katapult.example."),
        ("A", "ip_address", "192.0.2.1"),
    ] {
        let record = json!({"dns_zone": zone, "name": null, "type": kind, "ttl": null, "content": value,
                            "content_attributes": {kind: {key: value}}});
        put(sandbox, "DnsRecord", record);
    }
}

fn ensure(world: &World) -> EnsureRecords {
    let katapult = Connection::new(world).client();
    EnsureRecords::new(&katapult, DnsZoneLookup::name("acme.example"))
}

async fn plan(ensure: EnsureRecords) -> String {
    ensure.plan().await.unwrap().to_string()
}

fn ns(name: &str) -> Record {
    Record::new("@", RecordContent::Ns(name.into()))
}

#[tokio::test(start_paused = true)]
async fn soa_and_name_servers_of_the_zone_are_not_pruned() {
    let world = World::new().await;
    own_records(world.now());
    let pruned = ensure(&world).prune(true);
    assert_eq!(
        plan(pruned).await,
        "- @ 3600 A 192.0.2.1\n1 change; 0 unchanged"
    );
    // Named, they are changed.
    let named = ensure(&world).record(ns("ns1.katapult.example"));
    let expected = "- @ 3600 NS ns2.katapult.example.\n1 change; 1 unchanged";
    assert_eq!(plan(named).await, expected);
}

#[tokio::test(start_paused = true)]
async fn record_without_ttl_has_that_of_its_zone() {
    let world = World::new().await;
    own_records(world.now());
    let address = || Record::new("", RecordContent::A("192.0.2.1".into()));
    for wanted in [address(), address().ttl(3600)] {
        assert_eq!(
            plan(ensure(&world).record(wanted)).await,
            "no changes; 1 unchanged"
        );
    }
    let other = ensure(&world).record(address().ttl(300));
    let expected = "~ @ 3600 A 192.0.2.1 -> @ 300 A 192.0.2.1\n1 change; 0 unchanged";
    assert_eq!(plan(other).await, expected);
}

#[tokio::test(start_paused = true)]
async fn records_of_each_type_are_equal_after_they_were_applied() {
    let world = World::new().await;
    own_records(world.now());
    let host = || "web.acme.example.".to_owned();
    let srv = RecordContent::Srv {
        weight: 5,
        port: 5060,
        target: host(),
    };
    let caa = RecordContent::Caa {
        flag: 0,
        tag: "issue".into(),
        value: "ca.example".into(),
    };
    let sshfp = RecordContent::Sshfp {
        algorithm: 4,
        fingerprint_type: 2,
        fingerprint: "AB12".into(),
    };
    let redirect = RecordContent::HttpRedirect {
        url: "https://acme.example".into(),
        status: 301,
    };
    let mut ensure = ensure(&world);
    for (name, content) in [
        ("@", RecordContent::Alias(host())),
        ("", RecordContent::Txt("v=spf1; -all".into())),
        ("acme.example.", RecordContent::Mx(host())),
        (
            "www.acme.example.",
            RecordContent::Aaaa("2001:DB8::1".into()),
        ),
        ("ftp", RecordContent::Cname(host())),
        ("1", RecordContent::Ptr(host())),
        ("sub", RecordContent::Ns(host())),
        ("_sip._udp", srv),
        ("@", caa),
        ("web", sshfp),
        ("old", redirect),
        ("web", RecordContent::VirtualMachine(WEB.into())),
    ] {
        ensure = ensure.record(Record::new(name, content).ttl(300).priority(10));
    }
    ensure.apply().await.unwrap();
    assert_eq!(plan(ensure).await, "no changes; 12 unchanged");
    let names: Vec<_> = world.now().world(|world| {
        let records = world.by_kind("DnsRecord").skip(4);
        records
            .map(|record| record.text("name").to_owned())
            .collect()
    });
    assert!(
        !names
            .iter()
            .any(|name| name.contains('@') || name.ends_with('.')),
        "{names:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn records_that_the_api_refuses_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    own_records(world.now());
    let connection = Connection::new(&world);
    let katapult = connection.client();
    let ptr = |name: &str| Record::new("1", RecordContent::Ptr(name.into()));
    let srv = RecordContent::Srv {
        weight: 5,
        port: 0,
        target: "sip.acme.example".into(),
    };
    let www = || Record::new("www", RecordContent::A("192.0.2.1".into()));
    for (records, reason) in [
        (vec![www().ttl(59)], "TTL must be at least 60 s, found 59"),
        (
            vec![Record::new("@", RecordContent::Mx(".".into()))],
            "no null MX",
        ),
        (vec![Record::new("_sip._udp", srv)], "port must not be 0"),
        (
            vec![ptr("a.acme.example"), ptr("b.acme.example")],
            "one PTR record only",
        ),
    ] {
        let mut ensure = EnsureRecords::new(&katapult, DnsZoneLookup::name("acme.example"));
        for record in records {
            ensure = ensure.record(record);
        }
        for result in [ensure.plan().await, ensure.apply().await] {
            let error = result.unwrap_err();
            assert!(error.is_invalid_input(), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
    assert_eq!(connection.sent(), 0);
}

#[tokio::test(start_paused = true)]
async fn name_outside_the_zone_is_refused_before_a_change() {
    let world = World::new().await;
    own_records(world.now());
    let outside = Record::new("www.other.example.", RecordContent::A("192.0.2.1".into()));
    let error = ensure(&world).record(outside).apply().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    let requests = world.now().requests();
    assert!(requests.iter().all(|request| request.method == "GET"));
}

#[tokio::test(start_paused = true)]
async fn last_of_two_equal_records_counts() {
    let world = World::new().await;
    own_records(world.now());
    let address = |name: &str| Record::new(name, RecordContent::A("192.0.2.1".into()));
    let ensure = ensure(&world)
        .record(address("@").ttl(300))
        .record(address("acme.example.").ttl(600));
    let expected = "~ @ 3600 A 192.0.2.1 -> @ 600 A 192.0.2.1\n1 change; 0 unchanged";
    assert_eq!(plan(ensure).await, expected);
}

#[tokio::test(start_paused = true)]
async fn challenge_is_set_and_cleared_by_its_value_without_the_zone() {
    let world = World::new().await;
    zone(world.now());
    let katapult = Connection::new(&world).client();
    let other = AcmeChallenge::new(&katapult, "acme.example", "acme.example", "other");
    let challenge = challenge(&katapult);
    assert_eq!(challenge.name(), "_acme-challenge.acme.example");
    let values = || {
        let texts = world.now().world(|world| {
            let records = world
                .by_kind("DnsRecord")
                .filter(|record| record.text("name") == "_acme-challenge");
            records
                .map(|record| record.text("content").to_owned())
                .collect::<Vec<_>>()
        });
        texts.join(" ")
    };
    other.set().await.unwrap();
    challenge.set().await.unwrap();
    challenge.set().await.unwrap();
    assert_eq!(values(), format!("other {CHALLENGE}"));
    challenge.clear().await.unwrap();
    assert_eq!(values(), "other");
    challenge.clear().await.unwrap();
    other.clear().await.unwrap();
    assert_eq!(values(), "");
    // The token may be one that cannot read zones.
    let requests = world.now().requests();
    let mut zones = requests.iter().filter(|request| {
        request.target.contains("/dns_zones") && !request.target.contains("/records")
    });
    assert_eq!(zones.next().map(|request| &request.target), None);
}

#[tokio::test(start_paused = true)]
async fn challenge_outside_its_zone_is_refused() {
    let world = World::new().await;
    let connection = Connection::new(&world);
    let challenge =
        AcmeChallenge::new(&connection.client(), "acme.example", "notacme.example", "x");
    let error = challenge.set().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert_eq!(connection.sent(), 0);
}

/// Returns a page of a list of records with one challenge.
fn page(page: u64, value: &str) -> Value {
    json!({
        "pagination": {"current_page": page, "total_pages": 2},
        "dns_records": [{
            "id": format!("dnsrec_{page}"), "type": "TXT", "name": "_acme-challenge",
            "full_name": "_acme-challenge.acme.example.", "content": value, "ttl": 60,
        }],
    })
}

#[tokio::test(start_paused = true)]
async fn challenges_on_all_pages_are_found() {
    let scripted = ScriptedClient::from_fn(|request, _| {
        if request.method == Method::DELETE {
            return ScriptedResponse::json(&json!({"deleted": true}));
        }
        assert_eq!(request.method, Method::GET);
        ScriptedResponse::json(&match request.query("page").as_deref() {
            None => page(1, "other"),
            _ => page(2, CHALLENGE),
        })
    });
    let katapult = scripted.client().unwrap();
    challenge(&katapult).set().await.unwrap();
    challenge(&katapult).clear().await.unwrap();
    let requests = scripted.requests();
    let deletions = requests
        .iter()
        .filter(|request| request.method == Method::DELETE);
    let bodies: Vec<_> = deletions
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert_eq!(bodies, [r#"{"dns_record":{"id":"dnsrec_2"}}"#]);
}

#[tokio::test(start_paused = true)]
async fn record_type_that_must_not_exist_is_deleted_by_its_full_name() {
    let world = World::new().await;
    own_records(world.now());
    let none = ensure(&world).absent("acme.example.", DnsRecordType::A);
    assert_eq!(
        plan(none).await,
        "- @ 3600 A 192.0.2.1\n1 change; 0 unchanged"
    );
}
