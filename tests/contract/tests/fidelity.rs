//! What the API says and what the SDK says are the same: how to clear, how to name, how to read what
//! this version of the SDK does not know. To be read as documentation.

use katapult_contract::mock_server::{CannedResponse, MockServer, ReceivedRequest};
use katapult_contract::sdk::client::connect;
use katapult_core::types::{
    IpAddressAllocation, IpAddressLookup, KeyValue, OrganizationLookup, TaskStatus,
    VirtualMachineGroupLookup, VirtualMachineLookup,
};
use katapult_core::{Client, Error, Patch};
use serde_json::{Value, json};

/// A client, and a server that answers each of its calls with what was prepared.
async fn api() -> (Client, MockServer) {
    let server = MockServer::start().await.unwrap();
    (connect(&server.url()).unwrap(), server)
}

fn answers(server: &MockServer, body: &Value) {
    server.enqueue(CannedResponse {
        body: body.to_string().into(),
        ..CannedResponse::default()
    });
}

/// The one request that arrived.
fn arrived(server: &MockServer) -> ReceivedRequest {
    let arrived = server.take_requests();
    assert_eq!(arrived.len(), 1);
    arrived.into_iter().next().unwrap()
}

fn body(arrived: &ReceivedRequest) -> Value {
    serde_json::from_slice(&arrived.body).unwrap()
}

fn query(arrived: &ReceivedRequest) -> Vec<(&str, &str)> {
    let pairs = arrived.query.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn a_group_is_left_alone_cleared_or_set() -> Result<(), Error> {
    let (katapult, server) = api().await;
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let update = || katapult.virtual_machines().update(&web);
    let answer = json!({ "virtual_machine": { "id": "vm_1" } });

    // Not called: the group stays as it is.
    answers(&server, &answer);
    update().name("web").send().await?;
    let sent = body(&arrived(&server));
    assert_eq!(sent["properties"], json!({ "name": "web" }));

    // `None`: the machine leaves its group.
    answers(&server, &answer);
    update().group(None).send().await?;
    let sent = body(&arrived(&server));
    assert_eq!(sent["properties"], json!({ "group": null }));

    // A value: the machine joins it.
    answers(&server, &answer);
    update()
        .group(VirtualMachineGroupLookup::id("vmgrp_1"))
        .send()
        .await?;
    let sent = body(&arrived(&server));
    assert_eq!(sent["properties"], json!({ "group": { "id": "vmgrp_1" } }));

    // Nothing is not null: what is empty is sent as such.
    answers(&server, &answer);
    update().description("").tag_names([""; 0]).send().await?;
    let sent = body(&arrived(&server));
    assert_eq!(
        sent["properties"],
        json!({ "description": "", "tag_names": [] })
    );
    Ok(())
}

#[tokio::test]
async fn a_status_that_is_new_is_kept() -> Result<(), Error> {
    let (katapult, server) = api().await;
    answers(
        &server,
        &json!({ "task": { "id": "task_1", "status": "paused" } }),
    );

    let task = katapult.tasks().get("task_1").send().await?;

    let status = task.status.as_ref().unwrap();
    assert!(!status.is_known());
    assert_eq!(*status, TaskStatus::Unknown("paused".into()));
    assert_eq!(status.as_str(), "paused");
    assert_eq!(*status, "paused");
    Ok(())
}

#[tokio::test]
async fn a_field_that_is_new_can_be_read() -> Result<(), Error> {
    let (katapult, server) = api().await;
    answers(
        &server,
        &json!({ "virtual_machine": { "id": "vm_1", "name": "web", "mood": "sunny" } }),
    );

    let vm = katapult
        .virtual_machines()
        .get(VirtualMachineLookup::id("vm_1"))
        .send()
        .await?;

    assert_eq!(vm.id, "vm_1");
    assert_eq!(vm.json().unwrap()["virtual_machine"]["mood"], "sunny");
    Ok(())
}

#[tokio::test]
async fn a_field_that_is_new_can_be_read_in_a_list_too() -> Result<(), Error> {
    let (katapult, server) = api().await;
    answers(
        &server,
        &json!({
            "virtual_machines": [{ "id": "vm_1" }, { "id": "vm_2", "mood": "sunny" }],
            "pagination": { "current_page": 1, "total_pages": 1, "total": 2, "per_page": 30, "large_set": false },
        }),
    );

    let acme = OrganizationLookup::sub_domain("acme");
    let page = katapult.virtual_machines().list(&acme).send().await?;

    let raw = page.raw_items("virtual_machines");
    assert_eq!(page.virtual_machines[1].id, raw[1]["id"]);
    assert_eq!(raw[1]["mood"], "sunny");
    Ok(())
}

#[tokio::test]
async fn a_value_of_several_kinds_is_matched_on() -> Result<(), Error> {
    let (katapult, server) = api().await;
    let allocated_to =
        |allocation: Value| json!({ "ip_address": { "id": "ip_1" }, "allocation": allocation });
    let ip = IpAddressLookup::id("ip_1");

    // A kind that the SDK knows is its type.
    let machine = json!({ "type": "VirtualMachine", "value": { "id": "vm_1", "name": "web" } });
    answers(&server, &allocated_to(machine));
    let response = katapult.ip_addresses().get(&ip).send().await?;
    match &response.allocation {
        Some(IpAddressAllocation::VirtualMachine(vm)) => assert_eq!(vm.id, "vm_1"),
        other => panic!("{other:?}"),
    }

    // Any other is kept as it came.
    let satellite = json!({ "type": "Satellite", "value": { "orbit": 7 } });
    answers(&server, &allocated_to(satellite));
    let response = katapult.ip_addresses().get(&ip).send().await?;
    match &response.allocation {
        Some(IpAddressAllocation::Unknown { kind, value, .. }) => {
            assert_eq!(kind, "Satellite");
            assert_eq!(value["orbit"], 7);
        }
        other => panic!("{other:?}"),
    }

    // So is one that comes without its kind.
    answers(&server, &allocated_to(json!({ "id": "vm_1" })));
    let response = katapult.ip_addresses().get(&ip).send().await?;
    assert_eq!(response.allocation.as_ref().unwrap().kind(), "");
    Ok(())
}

#[tokio::test]
async fn annotations_in_a_query_are_sent_pair_by_pair() -> Result<(), Error> {
    let (katapult, server) = api().await;
    answers(
        &server,
        &json!({ "virtual_machines": [], "pagination": {} }),
    );

    katapult
        .virtual_machines()
        .list(OrganizationLookup::sub_domain("acme"))
        .annotations([
            KeyValue::new("team").value("web"),
            KeyValue::new("tier").value("gold"),
        ])
        .send()
        .await?;

    // All keys first and then all values would be paired wrongly by the API, silently.
    assert_eq!(
        query(&arrived(&server)),
        [
            ("annotations[][key]", "team"),
            ("annotations[][value]", "web"),
            ("annotations[][key]", "tier"),
            ("annotations[][value]", "gold"),
            ("organization[sub_domain]", "acme"),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn an_ip_address_is_named_in_either_of_two_ways() -> Result<(), Error> {
    let (katapult, server) = api().await;
    let answer = json!({ "ip_address": { "id": "ip_1" }, "allocation": null });

    answers(&server, &answer);
    let ip = katapult
        .ip_addresses()
        .get(IpAddressLookup::id("ip_1"))
        .send()
        .await?;
    assert_eq!(query(&arrived(&server)), [("ip_address[id]", "ip_1")]);

    answers(&server, &answer);
    let address = IpAddressLookup::address("192.0.2.1");
    katapult.ip_addresses().get(address).send().await?;
    assert_eq!(
        query(&arrived(&server)),
        [("ip_address[address]", "192.0.2.1")]
    );

    // Those are all, and an object that is at hand stands for its id.
    assert_eq!(IpAddressLookup::KEYS, ["address", "id"]);
    answers(&server, &json!({}));
    katapult
        .ip_addresses()
        .delete(&ip.ip_address)
        .send()
        .await?;
    let sent = body(&arrived(&server));
    assert_eq!(sent, json!({ "ip_address": { "id": "ip_1" } }));
    Ok(())
}

#[tokio::test]
async fn an_object_at_the_top_of_a_response_has_its_id() {
    let (katapult, server) = api().await;
    for (answer, place) in [
        (json!({ "task": {} }), "task: missing field `id`"),
        (json!({}), "missing field `task`"),
    ] {
        answers(&server, &answer);
        let error = katapult.tasks().get("task_1").send().await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(place), "{cause}");
    }
    // In a list each has one, and the place says which has not.
    answers(
        &server,
        &json!({ "zones": [{ "id": "zone_1" }, { "name": "two" }] }),
    );
    let error = katapult.zones().list().send().await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("zones[1]: missing field `id`"), "{cause}");
}

#[tokio::test]
async fn a_nested_object_may_be_a_part_of_itself() -> Result<(), Error> {
    let (katapult, server) = api().await;
    let zone = json!({ "name": "North" });
    answers(
        &server,
        &json!({ "virtual_machine": { "id": "vm_1", "zone": zone } }),
    );

    let vm = katapult
        .virtual_machines()
        .get(VirtualMachineLookup::id("vm_1"))
        .send()
        .await?;

    let zone = vm.zone.as_ref().unwrap();
    assert_eq!(zone.name.as_deref(), Some("North"));
    assert_eq!(zone.id, "");
    Ok(())
}

#[tokio::test]
async fn times_are_seconds_that_compare() -> Result<(), Error> {
    let (katapult, server) = api().await;
    answers(
        &server,
        &json!({ "task": { "id": "task_1", "created_at": 1_700_000_000, "finished_at": 1_700_000_042 } }),
    );

    let task = katapult.tasks().get("task_1").send().await?;

    let (began, ended) = (task.created_at.unwrap(), task.finished_at.unwrap());
    assert!(began < ended);
    let took = ended
        .to_system_time()
        .duration_since(began.to_system_time());
    assert_eq!(took.unwrap().as_secs(), 42);
    Ok(())
}

#[tokio::test]
async fn an_annotation_has_a_value_none_or_says_nothing_of_it() -> Result<(), Error> {
    let (katapult, server) = api().await;
    let came = json!([{ "key": "a", "value": "1" }, { "key": "b", "value": null }, { "key": "c" }]);
    let machine = json!({ "virtual_machine": { "id": "vm_1" }, "annotations": came });
    answers(&server, &machine);
    let web = VirtualMachineLookup::id("vm_1");
    let vm = katapult.virtual_machines().get(&web).send().await?;
    arrived(&server);
    let mut annotations = vm.annotations.clone().unwrap();
    assert_eq!(annotations[0].value.value().unwrap(), "1");
    assert_eq!(annotations[1].value, Patch::Null);

    // What was read can be sent back as it came, with one more.
    answers(&server, &machine);
    annotations.push(KeyValue::new("d").value(None));
    let update = katapult.virtual_machines().update(&web);
    update.annotations(annotations).send().await?;
    let mut sent = came;
    sent.as_array_mut()
        .unwrap()
        .push(json!({ "key": "d", "value": null }));
    assert_eq!(body(&arrived(&server))["annotations"], sent);
    Ok(())
}

#[tokio::test]
async fn a_list_by_a_doubtful_name_is_read_by_its_plural_too() -> Result<(), Error> {
    let (katapult, server) = api().await;
    let list = || katapult.disks().list(OrganizationLookup::id("org_1"));
    for name in ["disk", "disks"] {
        let disks = json!([{ "id": "disk_1", "mood": "calm" }]);
        answers(&server, &json!({ "pagination": {}, name: disks }));
        let response = list().send().await?;
        assert_eq!(response.raw_items("disk")[0]["mood"], "calm", "{name}");
    }
    Ok(())
}
