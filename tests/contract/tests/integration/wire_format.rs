//! The wire format, by examples to be read as documentation: clearing and setting fields, lookups,
//! and values that are newer than the SDK.

use httpmock::prelude::*;
use katapult_core::test_util::{RecordedRequest, ScriptedClient, ScriptedResponse};
use katapult_core::types::{
    AnnotationFilter, IpAddressAllocation, IpAddressLookup, KeyValue, OrganizationLookup,
    TaskStatus, VirtualMachineGroupLookup, VirtualMachineLookup,
};
use katapult_core::{Client, Error, Patch};
use serde_json::{Value, json};

/// Returns a client whose calls get these responses, in turn; the last one repeats.
fn api<const N: usize>(responses: [Value; N]) -> (Client, ScriptedClient) {
    let responses = responses.iter().map(ScriptedResponse::json);
    let api = ScriptedClient::new(responses);
    (api.client().unwrap(), api)
}

/// Returns the last request.
fn sent(api: &ScriptedClient) -> RecordedRequest {
    api.requests().pop().unwrap()
}

#[tokio::test]
async fn optional_field_is_left_cleared_or_set() -> Result<(), Error> {
    let (katapult, api) = api([json!({ "virtual_machine": { "id": "vm_1" } })]);
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let properties = || sent(&api).json()["properties"].take();
    let update = || katapult.virtual_machines().update(&web);

    // Not called: the group stays as it is.
    update().name("web").send().await?;
    assert_eq!(properties(), json!({ "name": "web" }));

    // `None`: the machine leaves its group.
    update().group(None).send().await?;
    assert_eq!(properties(), json!({ "group": null }));

    // A value: the machine joins it.
    update()
        .group(VirtualMachineGroupLookup::id("vmgrp_1"))
        .send()
        .await?;
    assert_eq!(properties(), json!({ "group": { "id": "vmgrp_1" } }));

    // An empty value is not null: it is sent as such.
    update().description("").tag_names([""; 0]).send().await?;
    assert_eq!(properties(), json!({ "description": "", "tag_names": [] }));
    Ok(())
}

#[tokio::test]
async fn unknown_status_is_kept() -> Result<(), Error> {
    let (katapult, _) = api([json!({ "task": { "id": "task_1", "status": "paused" } })]);

    let task = katapult.tasks().get("task_1").send().await?;

    let status = task.status.as_ref().unwrap();
    assert!(!status.is_known());
    assert_eq!(*status, TaskStatus::Unknown("paused".into()));
    assert_eq!(status.as_str(), "paused");
    assert_eq!(*status, "paused");
    Ok(())
}

#[tokio::test]
async fn unknown_field_can_be_read() -> Result<(), Error> {
    let (katapult, _) =
        api([json!({ "virtual_machine": { "id": "vm_1", "name": "web", "mood": "sunny" } })]);

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
async fn unknown_field_of_a_list_item_can_be_read() -> Result<(), Error> {
    let (katapult, _) = api([json!({
        "virtual_machines": [{ "id": "vm_1" }, { "id": "vm_2", "mood": "sunny" }],
        "pagination": { "current_page": 1, "total_pages": 1, "total": 2, "per_page": 30, "large_set": false },
    })]);

    let acme = OrganizationLookup::sub_domain("acme");
    let page = katapult.virtual_machines().list(&acme).send().await?;

    let raw = page.raw_items("virtual_machines");
    assert_eq!(page.virtual_machines[1].id, raw[1]["id"]);
    assert_eq!(raw[1]["mood"], "sunny");
    Ok(())
}

#[tokio::test]
async fn tagged_union_is_matched_and_unknown_variants_are_kept() -> Result<(), Error> {
    let allocated_to =
        |allocation: Value| json!({ "ip_address": { "id": "ip_1" }, "allocation": allocation });
    let ip = IpAddressLookup::id("ip_1");

    let machine = json!({ "type": "VirtualMachine", "value": { "id": "vm_1", "name": "web" } });
    let satellite = json!({ "type": "Satellite", "value": { "orbit": 7 } });
    let (katapult, _) = api([
        allocated_to(machine),
        allocated_to(satellite),
        allocated_to(json!({ "id": "vm_1" })),
    ]);

    // A known variant has its type.
    let response = katapult.ip_addresses().get(&ip).send().await?;
    match &response.allocation {
        Some(IpAddressAllocation::VirtualMachine(vm)) => assert_eq!(vm.id, "vm_1"),
        other => panic!("{other:?}"),
    }

    // Any other variant is kept unchanged.
    let response = katapult.ip_addresses().get(&ip).send().await?;
    match &response.allocation {
        Some(IpAddressAllocation::Unknown { kind, value, .. }) => {
            assert_eq!(kind, "Satellite");
            assert_eq!(value["orbit"], 7);
        }
        other => panic!("{other:?}"),
    }

    // So is a value without its type.
    let response = katapult.ip_addresses().get(&ip).send().await?;
    assert_eq!(response.allocation.as_ref().unwrap().kind(), "");
    Ok(())
}

#[tokio::test]
async fn annotations_in_a_query_are_sent_pair_by_pair() -> Result<(), Error> {
    let (katapult, api) = api([json!({ "virtual_machines": [], "pagination": {} })]);

    katapult
        .virtual_machines()
        .list(OrganizationLookup::sub_domain("acme"))
        .annotations([
            AnnotationFilter::new("team", "web"),
            AnnotationFilter::new("tier", "gold"),
        ])
        .send()
        .await?;

    // All keys first and then all values would be paired wrongly by the API, silently.
    let query = sent(&api).query_pairs();
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        query,
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
async fn ip_address_is_looked_up_by_id_or_address() -> Result<(), Error> {
    let (katapult, api) = api([json!({ "ip_address": { "id": "ip_1" }, "allocation": null })]);

    let ip = katapult
        .ip_addresses()
        .get(IpAddressLookup::id("ip_1"))
        .send()
        .await?;
    assert_eq!(sent(&api).uri.query(), Some("ip_address%5Bid%5D=ip_1"));

    let address = IpAddressLookup::address("192.0.2.1");
    katapult.ip_addresses().get(address).send().await?;
    assert_eq!(
        sent(&api).uri.query(),
        Some("ip_address%5Baddress%5D=192.0.2.1")
    );

    // These are all keys; an object converts into the lookup by its id.
    assert_eq!(IpAddressLookup::KEYS, ["address", "id"]);
    katapult
        .ip_addresses()
        .delete(IpAddressLookup::try_from(&ip.ip_address).unwrap())
        .send()
        .await?;
    assert_eq!(sent(&api).json(), json!({ "ip_address": { "id": "ip_1" } }));
    Ok(())
}

#[tokio::test]
async fn top_level_object_without_id_is_a_decode_error() {
    for (answer, place) in [
        (json!({ "task": {} }), "task: missing field `id`"),
        (json!({}), "missing field `task`"),
    ] {
        let (katapult, _) = api([answer]);
        let error = katapult.tasks().get("task_1").send().await.unwrap_err();
        let cause = error.to_string();
        assert!(cause.contains(place), "{cause}");
    }
    // In a list the error names the item without an id.
    let (katapult, _) = api([json!({ "zones": [{ "id": "zone_1" }, { "name": "two" }] })]);
    let error = katapult.zones().list().send().await.unwrap_err();
    let cause = error.to_string();
    assert!(cause.contains("zones[1]: missing field `id`"), "{cause}");
}

#[tokio::test]
async fn nested_object_may_lack_its_id() -> Result<(), Error> {
    let (katapult, _) =
        api([json!({ "virtual_machine": { "id": "vm_1", "zone": { "name": "North" } } })]);

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
async fn timestamps_compare_and_convert() -> Result<(), Error> {
    let (katapult, _) = api([
        json!({ "task": { "id": "task_1", "created_at": 1_700_000_000, "finished_at": 1_700_000_042 } }),
    ]);

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
async fn annotation_value_is_present_null_or_absent() -> Result<(), Error> {
    let received =
        json!([{ "key": "a", "value": "1" }, { "key": "b", "value": null }, { "key": "c" }]);
    let machine = json!({ "virtual_machine": { "id": "vm_1" }, "annotations": received });
    let (katapult, api) = api([machine]);
    let web = VirtualMachineLookup::id("vm_1");
    let vm = katapult.virtual_machines().get(&web).send().await?;
    let mut annotations = vm.annotations.clone().unwrap();
    assert_eq!(annotations[0].value.value().unwrap(), "1");
    assert_eq!(annotations[1].value, Patch::Null);

    // The annotations that were read can be sent back, with one more.
    annotations.push(KeyValue::new("d").value(None));
    let update = katapult.virtual_machines().update(&web);
    update.annotations(annotations).send().await?;
    let mut expected = received;
    expected
        .as_array_mut()
        .unwrap()
        .push(json!({ "key": "d", "value": null }));
    assert_eq!(sent(&api).json()["annotations"], expected);
    Ok(())
}

#[tokio::test]
async fn list_field_is_read_by_its_plural_too() -> Result<(), Error> {
    for name in ["disk", "disks"] {
        let disks = json!([{ "id": "disk_1", "mood": "calm" }]);
        let (katapult, _) = api([json!({ "pagination": {}, name: disks })]);
        let list = katapult.disks().list(OrganizationLookup::id("org_1"));
        let response = list.send().await?;
        assert_eq!(response.raw_items("disk")[0]["mood"], "calm", "{name}");
    }
    Ok(())
}

/// Over HTTP: the headers that the scripted client cannot see are those of the transport.
#[tokio::test]
async fn request_is_sent_with_token_and_json_body() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method(POST)
                .path("/core/v1/virtual_machines/virtual_machine/shutdown")
                .header("authorization", "Bearer token-of-the-contract-tests")
                .header("content-type", "application/json")
                .json_body(json!({ "virtual_machine": { "fqdn": "web-1.acme.example" } }))
                .is_true(|request| request.query_params().is_empty());
            then.status(200)
                .header("x-request-id", "01J8ZK")
                .json_body(json!({ "task": { "id": "task_1" } }));
        })
        .await;
    let builder = Client::builder().base_url(&server.base_url());
    let katapult = builder
        .token("token-of-the-contract-tests")
        .build()
        .unwrap();
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let response = katapult.virtual_machines().shutdown(web).send().await;
    let response = response.unwrap();
    assert_eq!(response.task.id, "task_1");
    assert_eq!(
        (response.request_id(), response.attempts()),
        (Some("01J8ZK"), 1)
    );
    mock.assert_calls_async(1).await;
}
