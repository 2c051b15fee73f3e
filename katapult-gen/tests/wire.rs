//! What goes over the wire: requests as the API reads them, responses as it writes them.

use bytes::Bytes;
use katapult_gen::types::{
    AnnotationFilter, DataCenterLookup, DiskBus, IpAddressAllocation, IpAddressLookup,
    OrganizationLookup, TaskStatus, VirtualMachineGroupLookup, VirtualMachineLookup,
};
use katapult_gen::{Api, Client, Operation, Patch, PlainTransport, build_request};
use serde_json::{Value, json};

fn katapult() -> Client<PlainTransport> {
    Client::new(PlainTransport::new(reqwest::Client::new(), "token"))
}

fn request<O: Operation>(operation: &O) -> http::Request<Bytes> {
    build_request(operation, "https://api.example/core/v1").expect("the request can be built")
}

fn body<O: Operation>(operation: &O) -> Value {
    let request = request(operation);
    serde_json::from_slice(request.body()).expect("the body is JSON")
}

fn query<O: Operation>(operation: &O) -> Vec<(String, String)> {
    let request = request(operation);
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_lookup_is_sent_in_the_query_or_in_the_body() {
    let web = VirtualMachineLookup::fqdn("web 1.acme.example");
    let get = katapult().virtual_machines().get(&web);
    let built = request(get.operation());
    assert_eq!(
        built.uri().path(),
        "/core/v1/virtual_machines/virtual_machine"
    );
    assert!(built.headers().is_empty(), "those of a transport follow");
    assert_eq!(
        query(get.operation()),
        pairs(&[("virtual_machine[fqdn]", "web 1.acme.example")])
    );

    let shutdown = katapult().virtual_machines().shutdown(&web);
    assert_eq!(
        body(shutdown.operation()),
        json!({ "virtual_machine": { "fqdn": "web 1.acme.example" } })
    );
    assert_eq!(query(shutdown.operation()), []);
}

#[test]
fn every_way_to_name_an_object_is_one_key() {
    for (lookup, pair) in [
        (IpAddressLookup::id("ip_1"), ("id", "ip_1")),
        (
            IpAddressLookup::address("192.0.2.1"),
            ("address", "192.0.2.1"),
        ),
    ] {
        let (key, value) = lookup.as_pair();
        assert_eq!((key, value.as_ref()), pair);
    }
    assert_eq!(IpAddressLookup::KEYS, ["address", "id"]);
}

#[test]
fn arrays_of_objects_are_interleaved_in_a_query() {
    let list = katapult()
        .virtual_machines()
        .list(OrganizationLookup::sub_domain("acme"))
        .annotations([
            AnnotationFilter::new("team", "web"),
            AnnotationFilter::new("tier", ""),
        ])
        .page(2)
        .per_page(50);
    let sent = query(list.operation());
    let annotations: Vec<_> = sent
        .iter()
        .filter(|(key, _)| key.starts_with("annotations"))
        .cloned()
        .collect();
    assert_eq!(
        annotations,
        pairs(&[
            ("annotations[][key]", "team"),
            ("annotations[][value]", "web"),
            ("annotations[][key]", "tier"),
            ("annotations[][value]", ""),
        ])
    );
    assert!(
        sent.contains(&("page".into(), "2".into()))
            && sent.contains(&("per_page".into(), "50".into()))
    );
}

#[test]
fn what_is_not_said_is_not_sent_and_null_is() {
    let web = VirtualMachineLookup::id("vm_1");
    let katapult = katapult();
    let update = || katapult.virtual_machines().update(&web);
    let cases = [
        (update(), json!({})),
        (update().group(None), json!({ "group": null })),
        (
            update().group(VirtualMachineGroupLookup::id("vmgrp_1")),
            json!({ "group": { "id": "vmgrp_1" } }),
        ),
        (update().description(""), json!({ "description": "" })),
        (update().tag_names(Vec::new()), json!({ "tag_names": [] })),
        (
            update().tag_names(["web", "prod"]),
            json!({ "tag_names": ["web", "prod"] }),
        ),
        (
            update().name("web").hostname(String::from("web-1")),
            json!({ "name": "web", "hostname": "web-1" }),
        ),
    ];
    for (call, properties) in cases {
        let expected = json!({ "virtual_machine": { "id": "vm_1" }, "properties": properties });
        assert_eq!(body(call.operation()), expected);
    }
}

#[test]
fn arguments_inside_the_properties_are_sent_there() {
    let create = katapult()
        .disks()
        .create(
            OrganizationLookup::sub_domain("acme"),
            DataCenterLookup::permalink("lon"),
            "data",
            20,
        )
        .bus_type(DiskBus::Scsi);
    assert_eq!(
        body(create.operation())["properties"],
        json!({ "bus_type": "scsi", "data_center": { "permalink": "lon" }, "name": "data", "size_in_gb": 20 })
    );
}

#[test]
fn unknown_values_of_an_enumeration_survive() {
    let status: TaskStatus = serde_json::from_value(json!("paused")).expect("any text is a status");
    assert_eq!(status, TaskStatus::Unknown("paused".into()));
    assert!(!status.is_known());
    assert_eq!(serde_json::to_value(&status).ok(), Some(json!("paused")));
    assert_eq!(
        "running".parse::<TaskStatus>().ok(),
        Some(TaskStatus::Running)
    );
}

#[test]
fn a_value_of_unknown_kind_survives() {
    for sent in [
        json!({ "type": "VirtualMachine", "value": { "id": "vm_1", "name": "web" } }),
        json!({ "type": "Satellite", "value": { "orbit": 7 } }),
    ] {
        let allocation: IpAddressAllocation =
            serde_json::from_value(sent.clone()).expect("any kind is read");
        assert_eq!(allocation.kind(), sent["type"]);
        assert_eq!(serde_json::to_value(&allocation).ok(), Some(sent));
    }
}

#[test]
fn responses_with_fields_that_nobody_knows_are_read() {
    let response = json!({ "task": { "id": "task_1", "name": "Stop", "status": "pending", "mood": "good" }, "more": [] });
    type Shutdown = katapult_gen::virtual_machines::Shutdown;
    let read = Shutdown::decode(response.to_string().as_bytes()).expect("it is read");
    assert_eq!(read.id, "task_1");
    assert_eq!(read.task.status, Some(TaskStatus::Pending));
    assert_eq!(Shutdown::INFO.api, Api::Core);
}

#[test]
fn a_patch_is_made_of_what_it_may_hold() {
    assert_eq!(Patch::from("a"), Patch::Value("a".to_owned()));
    assert_eq!(Patch::<String>::from(None), Patch::Null);
    assert_eq!(Patch::<i64>::default(), Patch::Absent);
    assert!(Patch::<i64>::Absent.is_absent() && Patch::from(3_i64).value() == Some(&3));
}

#[test]
fn secrets_of_responses_are_not_in_their_debug_text() {
    use katapult_gen::{access_keys, buckets, disks, virtual_machines};
    fn debug<O: Operation>(body: Value) -> String
    where
        O::Response: std::fmt::Debug,
    {
        let decoded = O::decode(body.to_string().as_bytes());
        format!("{:?}", decoded.expect("it is read"))
    }
    let session =
        json!({ "console_session": { "id": "cs_1", "url": "https://console.example/hush" } });
    let key =
        json!({ "object_storage_access_key": { "id": "key_1", "s3_secret_access_key": "hush" } });
    let attribute = json!({ "key": "root_password", "protect": true, "value": "hush" });
    let installation = json!({ "attributes": [attribute] });
    let disk = json!({ "disk": { "id": "disk_1", "installation": installation } });
    for text in [
        debug::<virtual_machines::CreateConsoleSession>(session),
        debug::<access_keys::Get>(key),
        debug::<buckets::PresignedUrl>(json!({ "url": "https://storage.example/hush" })),
        debug::<disks::Get>(disk),
    ] {
        assert!(
            !text.contains("hush") && text.contains("[redacted]"),
            "{text}"
        );
    }
}
