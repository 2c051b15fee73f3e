use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Exchange, world};

const ORGANIZATION: &str = "organization[sub_domain]=acme";

fn exchange(method: &str, target: &str, request: Value, status: u16, response: Value) -> Exchange {
    Exchange {
        method: method.into(),
        target: format!("/core/v1{target}"),
        request_body: match request {
            Value::Null => String::new(),
            body => body.to_string(),
        },
        status,
        response_body: response.to_string(),
    }
}

fn get(target: &str, response: Value) -> Exchange {
    exchange("GET", target, Value::Null, 200, response)
}

/// Returns the fields of the initial objects of a type, by id.
fn initial(exchanges: &[Exchange], kind: &str) -> BTreeMap<String, Value> {
    let world: Value = serde_json::from_str(&world(exchanges).unwrap()).unwrap();
    let objects = world["objects"].as_array().unwrap().iter();
    let objects = objects.filter(|object| object["type"] == kind);
    let fields = objects.map(|object| {
        let fields = &object["fields"];
        (fields["id"].as_str().unwrap().to_owned(), fields.clone())
    });
    fields.collect()
}

#[test]
fn object_that_a_recording_creates_is_not_initial() {
    let tag =
        |id: &str| json!({"tag": {"id": id, "name": "web", "color": "teal", "created_at": 1}});
    let (known, new) = ("tag_aaaaaaaaaaaaaaaa", "tag_bbbbbbbbbbbbbbbb");
    let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": "web"}});
    let recording = [
        get(&format!("/tags/tag?tag[id]={known}"), tag(known)),
        exchange(
            "POST",
            "/organizations/organization/tags",
            body,
            201,
            tag(new),
        ),
        get(&format!("/tags/tag?tag[id]={new}"), tag(new)),
    ];
    let tags = initial(&recording, "Tag");
    assert_eq!(tags.keys().collect::<Vec<_>>(), [known]);
}

#[test]
fn object_belongs_to_those_that_its_list_names() {
    let network = json!({"id": "vnet_aaaaaaaaaaaaaaaa", "name": "Inner"});
    let target = format!("/organizations/organization/available_networks?{ORGANIZATION}");
    let recording = [get(
        &target,
        json!({"networks": [], "virtual_networks": [network]}),
    )];
    let organizations = initial(&recording, "Organization");
    let (organization, fields) = organizations.first_key_value().unwrap();
    assert_eq!(fields["sub_domain"], "acme");
    let networks = initial(&recording, "VirtualNetwork");
    assert_eq!(
        networks["vnet_aaaaaaaaaaaaaaaa"]["organization"],
        *organization
    );
}

#[test]
fn account_without_an_id_is_known_by_its_lookups() {
    let cluster = "object_storage_cluster[region]=xx-1";
    let path = "/organizations/organization/object_storage/object_storage_cluster";
    let account = |state: &str| {
        let account = json!({"region": "xx-1", "provisioning_state": state, "size": 0});
        json!({"object_storage_account": account})
    };
    let read = get(
        &format!("{path}?{cluster}&{ORGANIZATION}"),
        account("provisioned"),
    );
    let missing = json!({"error": {"code": "object_storage_account_not_found"}});
    let missing = exchange(
        "GET",
        &read.target["/core/v1".len()..],
        Value::Null,
        404,
        missing,
    );
    let body = json!({"organization": {"sub_domain": "acme"}, "object_storage_cluster": {"region": "xx-1"}});
    let enable = exchange("POST", path, body, 201, account("provisioning"));
    let cases: [(&[Exchange], usize); 3] = [
        (std::slice::from_ref(&read), 1),
        (&[missing.clone(), enable, read.clone()], 0),
        (std::slice::from_ref(&missing), 0),
    ];
    for (recording, expected) in cases {
        let accounts = initial(recording, "ObjectStorageAccount");
        assert_eq!(accounts.len(), expected, "{recording:?}");
        for account in accounts.values() {
            let clusters = initial(recording, "ObjectStorageCluster");
            let cluster = account["object_storage_cluster"].as_str().unwrap();
            assert_eq!(clusters[cluster]["region"], "xx-1");
        }
    }
}

#[test]
fn name_that_was_not_found_is_not_invented() {
    let target = "/networks/network?network[permalink]=inner";
    let missing = json!({"error": {"code": "network_not_found"}});
    let recording = [exchange("GET", target, Value::Null, 404, missing)];
    assert!(initial(&recording, "Network").is_empty());
}

#[test]
fn parts_of_a_new_machine_are_not_initial() {
    let machine = "vm_aaaaaaaaaaaaaaaa";
    let build = "vmbuild_aaaaaaaaaaaaaaaa";
    let created =
        json!({"virtual_machine_build": {"id": build, "state": "pending"}, "hostname": "web"});
    let body = json!({"organization": {"sub_domain": "acme"}, "xml": "<VirtualMachineSpec/>"});
    let disk = json!({"disk": {"id": "disk_aaaaaaaaaaaaaaaa", "name": "System"}, "boot": true});
    let recording = [
        exchange(
            "POST",
            "/organizations/organization/virtual_machines/build_from_spec",
            body,
            201,
            created,
        ),
        get(
            &format!(
                "/virtual_machines/builds/virtual_machine_build?virtual_machine_build[id]={build}"
            ),
            json!({"virtual_machine_build": {"id": build, "virtual_machine": {"id": machine}}}),
        ),
        get(
            &format!("/virtual_machines/virtual_machine/disks?virtual_machine[id]={machine}"),
            json!({"disks": [disk]}),
        ),
    ];
    assert!(initial(&recording, "VirtualMachine").is_empty());
    assert!(initial(&recording, "Disk").is_empty());
}

#[test]
fn line_without_a_status_is_no_exchange() {
    let line =
        r#"{"method": "GET", "url": "http://localhost/core/v1/zones?page=1", "status": 200}"#;
    let exchange = Exchange::from_json(line).unwrap();
    assert_eq!(exchange.target, "/core/v1/zones?page=1");
    for invalid in [
        "",
        "[]",
        r#"{"method": "GET", "url": "/"}"#,
        r#"{"method": "GET", "status": 200}"#,
    ] {
        assert!(Exchange::from_json(invalid).is_err(), "{invalid}");
    }
}

#[test]
fn address_of_a_machine_from_before_is_linked_to_it() {
    let (machine, address) = ("vm_aaaaaaaaaaaaaaaa", "ip_aaaaaaaaaaaaaaaa");
    let listed = json!({"id": address, "address": "192.0.2.7"});
    let target = format!("/virtual_machines/virtual_machine?virtual_machine[id]={machine}");
    let recording = [get(
        &target,
        json!({"virtual_machine": {"id": machine, "description": null, "ip_addresses": [listed]}}),
    )];
    let addresses = initial(&recording, "IpAddress");
    assert_eq!(addresses[address]["allocation"], machine);
}

#[test]
fn object_in_the_response_of_a_write_is_initial() {
    let group = json!({"id": "sg_aaaaaaaaaaaaaaaa", "name": "web"});
    let rule =
        json!({"id": "sgr_aaaaaaaaaaaaaaaa", "direction": "inbound", "security_group": group});
    let body = json!({
        "security_group_rule": {"id": "sgr_aaaaaaaaaaaaaaaa"},
        "properties": {"direction": "inbound"},
    });
    let recording = [exchange(
        "PATCH",
        "/security_groups/rules/security_group_rule",
        body,
        200,
        json!({"security_group_rule": rule}),
    )];
    assert_eq!(initial(&recording, "SecurityGroup").len(), 1);
    assert_eq!(initial(&recording, "SecurityGroupRule").len(), 1);
}

#[test]
fn first_state_of_an_object_counts() {
    let target = "/tags/tag?tag[id]=tag_aaaaaaaaaaaaaaaa";
    let tag = |color: Value| json!({"tag": {"id": "tag_aaaaaaaaaaaaaaaa", "color": color}});
    let recording = [
        get(target, tag(Value::Null)),
        get(target, tag(json!("teal"))),
    ];
    let tags = initial(&recording, "Tag");
    assert_eq!(tags["tag_aaaaaaaaaaaaaaaa"]["color"], Value::Null);
}
