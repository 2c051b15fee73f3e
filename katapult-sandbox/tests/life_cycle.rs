//! A life cycle from a build to the purge, and the effect of each kind of fault.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use support::Raw;

impl Raw {
    async fn ok(&self, method: &str, path: &str, body: serde_json::Value) -> support::Response {
        let body = (method != "GET").then_some(body);
        let response = self
            .send(method, &format!("/core/v1/{path}"), body.as_ref())
            .await;
        assert!(
            response.status < 300,
            "{method} {path}: {} {}",
            response.status,
            response.body
        );
        response
    }

    fn objects(&self) -> BTreeSet<String> {
        self.sandbox.world(|world| {
            world
                .objects()
                .filter(|object| {
                    !matches!(
                        object.kind.as_str(),
                        "Task" | "VirtualMachineBuild" | "DiskInstallation"
                    )
                })
                .map(|object| object.id.clone())
                .collect()
        })
    }

    /// Waits for a task, by the sandbox's clock.
    async fn wait(&self, response: &support::Response) {
        let id = response.id("task");
        self.sandbox.advance(Duration::from_secs(15));
        let task = self
            .ok("GET", &format!("tasks/task?task[id]={id}"), json!({}))
            .await;
        assert_eq!(task.json()["task"]["status"], "completed", "{}", task.body);
    }
}

#[tokio::test]
async fn full_life_cycle_leaves_no_objects() {
    let raw = Raw::start().await;
    let before = raw.objects();
    let acme = json!({"sub_domain": "acme"});

    let build = json!({"organization": acme, "package": {"permalink": "pebble-3"}, "zone": {"permalink": "north-1-a"}, "hostname": "Life-1", "network": {"permalink": "north-1-public"}});
    let build = raw
        .ok(
            "POST",
            "organizations/organization/virtual_machines/build",
            build,
        )
        .await
        .id("virtual_machine_build");
    raw.sandbox.advance(Duration::from_secs(30));
    let built = raw
        .ok(
            "GET",
            &format!(
                "virtual_machines/builds/virtual_machine_build?virtual_machine_build[id]={build}"
            ),
            json!({}),
        )
        .await;
    assert_eq!(
        built.json()["virtual_machine_build"]["state"],
        "complete",
        "{}",
        built.body
    );
    let vm = json!({"id": built.json()["virtual_machine_build"]["virtual_machine"]["id"]});
    let get = format!(
        "virtual_machines/virtual_machine?virtual_machine[id]={}",
        vm["id"].as_str().unwrap()
    );
    let machine = raw.ok("GET", &get, json!({})).await.json();
    assert_eq!(
        (
            machine["virtual_machine"]["state"].as_str(),
            machine["virtual_machine"]["fqdn"].as_str()
        ),
        (Some("started"), Some("life-1.acme.example"))
    );
    let first_address = machine["virtual_machine"]["ip_addresses"][0]["id"].clone();

    let smaller =
        json!({"virtual_machine": vm, "virtual_machine_package": {"permalink": "pebble-1"}});
    let rejected = raw
        .send(
            "PUT",
            "/core/v1/virtual_machines/virtual_machine/package",
            Some(&smaller),
        )
        .await;
    assert_eq!(
        (rejected.status, rejected.code().as_str()),
        (406, "task_queueing_error")
    );
    let larger =
        json!({"virtual_machine": vm, "virtual_machine_package": {"permalink": "stone-6"}});
    let task = raw
        .ok("PUT", "virtual_machines/virtual_machine/package", larger)
        .await;
    raw.wait(&task).await;
    assert_eq!(
        raw.ok("GET", &get, json!({})).await.json()["virtual_machine"]["memory_in_gb"],
        6
    );

    let disk = raw
        .ok(
            "POST",
            "organizations/organization/disks",
            json!({"organization": acme, "properties": {"name": "data", "size_in_gb": 10, "data_center": {"permalink": "north-1"}}}),
        )
        .await;
    raw.wait(&disk).await;
    let disk = json!({"id": disk.id("disk")});
    raw.ok(
        "POST",
        "disks/disk/assign",
        json!({"disk": disk, "virtual_machine": vm}),
    )
    .await;
    let task = raw
        .ok("POST", "disks/disk/attach", json!({"disk": disk}))
        .await;
    raw.wait(&task).await;

    let address = raw.ok("POST", "organizations/organization/ip_addresses", json!({"organization": acme, "network": {"permalink": "north-1-public"}, "version": "ipv6"})).await.id("ip_address");
    raw.ok(
        "POST",
        "virtual_machines/virtual_machine/allocate_ip",
        json!({"virtual_machine": vm, "ip_address": {"id": address}}),
    )
    .await;
    let balancer = json!({"organization": acme, "properties": {"name": "front", "data_center": {"permalink": "north-1"}, "resource_type": "virtual_machines", "resource_ids": [vm["id"]]}});
    let balancer = json!({"id": raw.ok("POST", "organizations/organization/load_balancers", balancer).await.id("load_balancer")});
    raw.ok(
        "POST",
        "load_balancers/load_balancer/rules",
        json!({"load_balancer": balancer, "properties": {"listen_port": 443, "destination_port": 8443, "protocol": "TCP"}}),
    )
    .await;
    let zone = json!({"id": raw.ok("POST", "organizations/organization/dns_zones", json!({"organization": acme, "properties": {"name": "life.example"}})).await.id("dns_zone")});
    let list = format!(
        "dns_zones/dns_zone/records?dns_zone[id]={}",
        zone["id"].as_str().unwrap()
    );
    let records = raw.ok("GET", &list, json!({})).await.json()["dns_records"].clone();
    let own = records.as_array().unwrap().iter();
    let own: Vec<_> = own
        .map(|record| (&record["name"], &record["ttl"], &record["type"]))
        .collect();
    assert_eq!(json!(own), json!([[null, null, "SOA"]]));
    let record = json!({"dns_zone": zone, "properties": {"name": "www", "type": "AAAA", "content": {"AAAA": {"ip_address": "2001:db8::7"}}}});
    let record = raw.ok("POST", "dns_zones/dns_zone/records", record).await;
    assert_eq!(record.json()["dns_record"]["full_name"], "www.life.example");
    let apex = json!({"dns_zone": zone, "properties": {"name": "@", "type": "A", "content": {"A": {"ip_address": "192.0.2.7"}}}});
    let apex = raw.ok("POST", "dns_zones/dns_zone/records", apex).await;
    let apex = &apex.json()["dns_record"];
    assert!(apex["name"].is_null(), "{apex}");
    assert_eq!(apex["full_name"], "life.example");

    raw.ok("DELETE", "dns_zones/dns_zone", json!({"dns_zone": zone}))
        .await;
    raw.ok(
        "DELETE",
        "load_balancers/load_balancer",
        json!({"load_balancer": balancer}),
    )
    .await;
    let task = raw
        .ok(
            "POST",
            "virtual_machines/virtual_machine/stop",
            json!({"virtual_machine": vm}),
        )
        .await;
    raw.wait(&task).await;
    let again = raw
        .send(
            "POST",
            "/core/v1/virtual_machines/virtual_machine/stop",
            Some(&json!({"virtual_machine": vm})),
        )
        .await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (406, "task_queueing_error")
    );
    let trash = raw
        .ok(
            "DELETE",
            "virtual_machines/virtual_machine",
            json!({"virtual_machine": vm}),
        )
        .await
        .id("trash_object");
    let trashed = raw.send("GET", &format!("/core/v1/{get}"), None).await;
    assert_eq!(
        (trashed.status, trashed.code().as_str()),
        (406, "object_in_trash")
    );
    for address in [first_address, json!(address)] {
        raw.ok(
            "POST",
            "ip_addresses/ip_address/unallocate",
            json!({"ip_address": {"id": address}}),
        )
        .await;
        raw.ok(
            "DELETE",
            "ip_addresses/ip_address",
            json!({"ip_address": {"id": address}}),
        )
        .await;
    }
    let task = raw
        .ok(
            "DELETE",
            "trash_objects/trash_object",
            json!({"trash_object": {"id": trash}}),
        )
        .await;
    raw.wait(&task).await;
    assert_eq!(
        raw.send("GET", &format!("/core/v1/{get}"), None)
            .await
            .status,
        404
    );
    assert_eq!(raw.objects(), before);
}

#[tokio::test]
async fn faults_apply_to_their_operations() {
    let faults = [
        "429#1",
        "zones.list:503#1",
        "data_centers.list:truncated#1",
        "users.current:wrong_content#1",
        "currencies.list:unknown_field#1",
        "organizations.list:revoked@01",
    ];
    let raw = Raw::with(
        katapult_sandbox::Sandbox::builder().faults(faults.map(|fault| fault.parse().unwrap())),
    )
    .await;
    let limited = raw.send("GET", "/core/v1/countries", None).await;
    assert_eq!(
        (
            limited.status,
            limited.headers["x-ratelimit-remaining"].to_str().unwrap()
        ),
        (429, "0")
    );
    let http = reqwest::Client::new();
    let cut = http
        .get(format!("{}/core/v1/data_centers", raw.sandbox.url()))
        .bearer_auth("all")
        .send()
        .await
        .unwrap()
        .text()
        .await;
    assert!(cut.is_err(), "{cut:?}");
    assert!(
        raw.send("GET", "/core/v1/users/current", None)
            .await
            .body
            .starts_with("<html>")
    );
    assert!(
        raw.send("GET", "/core/v1/currencies", None)
            .await
            .body
            .contains("field_of_tomorrow")
    );
    raw.sandbox
        .add_fault("tags.create:reset_after#1".parse().unwrap());
    let tag = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": "lost"}});
    let lost = http
        .post(format!(
            "{}/core/v1/organizations/organization/tags",
            raw.sandbox.url()
        ))
        .bearer_auth("all")
        .json(&tag)
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(
        raw.sandbox
            .world(|world| world.find_by("Tag", "name", "lost").count()),
        1
    );
    raw.send("GET", "/core/v1/organizations", None).await;
    assert_eq!(
        raw.send("GET", "/core/v1/organizations", None).await.code(),
        "invalid_api_token"
    );
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    let raw = Raw::start().await;
    let nested = format!("/core/v1/organizations?a{}=1", "[a]".repeat(1800));
    let response = raw.send("GET", &nested, None).await;
    assert!((400..500).contains(&response.status), "{}", response.status);
    let large = json!({"name": "x".repeat(9 << 20)});
    let response = raw.send("POST", "/core/v1/tags", Some(&large)).await;
    assert_eq!(response.status, 413);
    let url = format!("{}/core/v1/organizations", raw.sandbox.url());
    let request = reqwest::Client::new().get(url);
    let response = request.header("authorization", "bearer all").send().await;
    assert_eq!(response.unwrap().status(), 200);
}

#[tokio::test]
async fn fault_of_an_unknown_operation_prevents_the_start() {
    let fault = katapult_sandbox::Fault::revoked().on("virtual_machine.get");
    let builder = katapult_sandbox::Sandbox::builder().fault(fault);
    let error = builder.start().await.unwrap_err().to_string();
    assert!(error.contains("virtual_machine.get:revoked"), "{error}");
}
