//! Faults planted in good exchanges, in responses and in requests: `replay` reports each with its path.

mod requests;
mod responses;

use std::fs;
use std::path::{Path, PathBuf};

use katapult_contract::replay::Replay;
use katapult_contract::replay::report::{Report, Side};
use serde_json::{Value, json};

/// Exchanges: a machine is read, machines are listed by annotations, an address is created, a machine
/// updated, an address read, and a disk not found.
fn exchanges() -> Vec<Value> {
    let exchange = |method: &str, path: &str, sent: Value, status: u16, response: Value| {
        json!({
            "method": method,
            "url": format!("https://api.katapult.io/core/v1{path}"),
            "request_body": if sent.is_null() { String::new() } else { sent.to_string() },
            "status": status,
            "headers": { "content-type": "application/json" },
            "response_body": response.to_string(),
        })
    };
    vec![
        exchange(
            "GET",
            "/virtual_machines/_?virtual_machine[id]=vm_1",
            Value::Null,
            200,
            json!({ "virtual_machine": {
                "id": "vm_1", "name": "web", "state": "started",
                "package": { "id": "vmpkg_1", "cpu_cores": 4 },
                "ip_addresses": [{ "id": "ip_1", "vip": false }, { "id": "ip_2", "vip": true }],
            } }),
        ),
        exchange(
            "GET",
            "/organizations/_/virtual_machines?annotations[][key]=team&annotations[][value]=web\
             &annotations[][key]=tier&annotations[][value]=gold&organization[sub_domain]=acme&page=2",
            Value::Null,
            200,
            json!({ "virtual_machines": [{ "id": "vm_1" }], "pagination": { "current_page": 2 } }),
        ),
        exchange(
            "POST",
            "/organizations/organization/ip_addresses",
            json!({ "organization": { "id": "org_1" }, "network": { "id": "netw_1" }, "version": "ipv4" }),
            200,
            json!({ "ip_address": { "id": "ip_1", "address": "192.0.2.1" } }),
        ),
        exchange(
            "PATCH",
            "/virtual_machines/virtual_machine",
            json!({ "virtual_machine": { "id": "vm_1" }, "properties": { "name": "web", "group": null, "tag_names": ["a"] } }),
            200,
            json!({ "virtual_machine": { "id": "vm_1" } }),
        ),
        exchange(
            "GET",
            "/ip_addresses/ip_1",
            Value::Null,
            200,
            json!({ "ip_address": { "id": "ip_1" }, "allocation": { "type": "VirtualMachine", "value": { "id": "vm_1" } } }),
        ),
        exchange(
            "DELETE",
            "/disks/disk_1",
            Value::Null,
            404,
            json!({ "error": { "code": "disk_not_found", "description": "None", "detail": {} } }),
        ),
    ]
}

async fn replay(name: &str, exchanges: &[Value]) -> Report {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}.jsonl", name.replace(' ', "-")));
    let lines: Vec<_> = exchanges.iter().map(Value::to_string).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    Replay::start().await.unwrap().run(&[file]).await.unwrap()
}

#[tokio::test]
async fn exchanges_without_faults_pass() {
    let report = replay("whole", &exchanges()).await;
    assert_eq!(report.failures, []);
    assert_eq!((report.decoded, report.requests_equal), (6, 6));
}

/// Changes a JSON text.
fn edit(text: &mut Value, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    change(&mut value);
    *text = json!(value.to_string());
}

fn rename(object: &mut Value, from: &str, to: &str) {
    let object = object.as_object_mut().unwrap();
    let value = object.remove(from).unwrap();
    object.insert(to.to_owned(), value);
}

fn assert_one_failure(name: &str, report: &Report, side: Side, line: usize, why: &str) {
    let [failure] = report.failures.as_slice() else {
        panic!("{name}: {:#?}", report.failures)
    };
    assert_eq!(
        (failure.side, failure.line),
        (side, line + 1),
        "{name}: {failure}"
    );
    assert!(failure.why.contains(why), "{name}: {failure}");
    assert!(!report.is_success(), "{name}");
}
