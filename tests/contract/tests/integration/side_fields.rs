//! Responses without the fields beside their subject, which the API leaves out.

use katapult_contract::generators::minimal;
use katapult_contract::sdk::registry::Registry;
use katapult_openapi::{Api, Operation, Spec};
use serde_json::{Value, json};

/// Returns the field that every success of an operation has.
fn subject(documented: &Operation) -> Option<&str> {
    let subject = documented.trash.as_ref().or(documented.subject.as_ref());
    subject.map(String::as_str)
}

/// Reads a response of an operation of the core API.
fn read(id: &str, response: &Value) -> Result<Value, String> {
    let registry = Registry::new();
    let operation = registry.get(Api::Core, id).unwrap();
    let read = operation.read(response.to_string().as_bytes());
    read.map_err(|error| error.to_string())
}

#[test]
fn each_response_decodes_with_its_subject_alone() {
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let (Some(subject), Some(_)) = (subject(documented), documented.response()) else {
            continue;
        };
        let operation = registry.get(documented.api, &documented.id).unwrap();
        let mut response = minimal::response(documented);
        let fields = response.as_object_mut().unwrap();
        let pagination = documented.list.as_ref().map(|list| &list.pagination);
        fields.retain(|name, _| name == subject || Some(name) == pagination);
        let read = operation.read(response.to_string().as_bytes());
        assert!(read.is_ok(), "{}: {read:?}", documented.id);

        response.as_object_mut().unwrap().remove(subject);
        let error = operation.read(response.to_string().as_bytes());
        let error = error.unwrap_err().to_string();
        let expected = format!("missing field `{subject}`");
        assert!(error.starts_with(&expected), "{}: {error}", documented.id);
    }
}

#[test]
fn address_without_its_allocation_is_read() {
    let response = json!({ "ip_address": { "id": "ip_1" } });
    let read = read("ip_addresses.get", &response).unwrap();
    assert_eq!(read["ip_address"]["id"], "ip_1");
}

#[test]
fn deletion_with_the_trash_object_alone_is_read() {
    let response = json!({ "trash_object": { "id": "trsh_1", "keep_until": 1_700_000_000 } });
    let read = read("virtual_machines.delete", &response).unwrap();
    assert_eq!(read["trash_object"]["id"], "trsh_1");
}

#[test]
fn build_is_read_by_either_of_its_names() {
    let build = json!({ "id": "vmbuild_1", "state": "pending" });
    for response in [
        json!({ "task": { "id": "task_1" }, "build": build, "hostname": "web-1" }),
        json!({ "virtual_machine_build": build }),
        json!({ "virtual_machine_build": build, "build": build }),
    ] {
        let read = read("virtual_machine_builds.create", &response).unwrap();
        assert_eq!(read["virtual_machine_build"]["id"], "vmbuild_1");
    }
    let error = read(
        "virtual_machine_builds.create",
        &json!({ "hostname": "web-1" }),
    );
    assert_eq!(
        error.unwrap_err().split(" at ").next(),
        Some("missing field `virtual_machine_build`")
    );
}

#[test]
fn certificate_is_read_as_an_object_and_as_a_list() {
    let certificate = json!({ "id": "cert_1", "name": "example.com" });
    for response in [
        json!({ "certificate": certificate }),
        json!({ "certificate": [certificate] }),
        json!({ "certificates": [certificate] }),
    ] {
        let read = read("certificates.get", &response).unwrap();
        assert_eq!(read["certificate"][0]["id"], "cert_1");
    }
}
