//! Objects that a test adds, changes and removes directly.

use std::time::Duration;

use katapult_sandbox::{Sandbox, Time};
use serde_json::{Value, json};

const MACHINE: &str =
    "/core/v1/virtual_machines/virtual_machine?virtual_machine[fqdn]=web-9.acme.example";

async fn sandbox() -> Sandbox {
    let builder = Sandbox::builder().time(Time::Manual);
    builder.start().await.unwrap()
}

fn get(sandbox: &Sandbox, target: &str) -> Value {
    serde_json::from_str(sandbox.request("GET", target, "").response_body()).unwrap()
}

#[tokio::test]
async fn added_machine_is_removed_with_its_dependents() {
    let sandbox = sandbox().await;
    let before = sandbox.snapshot();
    let id = sandbox.add_machine("web-9", "pebble-1", "started").unwrap();
    let machine = &get(&sandbox, MACHINE)["virtual_machine"];
    assert_eq!(
        (&machine["id"], &machine["state"]),
        (&json!(id), &json!("started"))
    );
    assert_eq!(machine["package"]["permalink"], "pebble-1");
    assert_eq!(machine["ip_addresses"].as_array().unwrap().len(), 1);
    sandbox.world(|world| {
        let disk = world
            .find_by("Disk", "virtual_machine", &id)
            .next()
            .unwrap();
        assert_eq!(disk.text("attachment"), "attached");
    });
    assert_ne!(sandbox.snapshot(), before);

    let trash = sandbox.move_to_trash(&id);
    assert_eq!(get(&sandbox, MACHINE)["error"]["code"], "object_in_trash");
    sandbox.remove(&trash);
    assert_eq!(
        get(&sandbox, MACHINE)["error"]["code"],
        "virtual_machine_not_found"
    );
    let remaining = |lines: Vec<String>| -> Vec<_> {
        // The address stays with the organization, and the subnet stores the next address.
        let lines = lines.into_iter();
        lines
            .filter(|line| !line.starts_with("IpAddress") && !line.starts_with("Subnet"))
            .filter(|line| !line.starts_with("DiskInstallation"))
            .collect()
    };
    assert_eq!(remaining(sandbox.snapshot()), remaining(before));
}

#[tokio::test]
async fn machine_that_ignores_shutdown_stays_started() {
    let sandbox = sandbox().await;
    let id = sandbox.add_machine("web-9", "pebble-1", "started").unwrap();
    sandbox.set_field(&id, "ignores_shutdown", true.into());
    let body = json!({"virtual_machine": {"id": id}}).to_string();
    let path = "/core/v1/virtual_machines/virtual_machine/shutdown";
    assert_eq!(sandbox.request("POST", path, &body).status, 200);
    sandbox.advance(Duration::from_secs(60));
    let state = |sandbox: &Sandbox| get(sandbox, MACHINE)["virtual_machine"]["state"].clone();
    assert_eq!(state(&sandbox), "started");
    let path = path.replace("shutdown", "stop");
    assert_eq!(sandbox.request("POST", &path, &body).status, 200);
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(state(&sandbox), "stopped");
}

#[tokio::test]
async fn invalid_objects_are_errors_that_name_the_cause() {
    let sandbox = sandbox().await;
    let text = |error: katapult_sandbox::WorldError| error.to_string();
    let cases = [
        (
            text(sandbox.insert_object("Disk", json!([])).unwrap_err()),
            "not an object",
        ),
        (
            text(sandbox.insert_object("Disk", json!({"id": 1})).unwrap_err()),
            "the id is not a string",
        ),
        (
            text(
                sandbox
                    .add_machine("web-9", "gravel-1", "started")
                    .unwrap_err(),
            ),
            "no VirtualMachinePackage whose permalink is \"gravel-1\"",
        ),
        (
            text(sandbox.id_of("Disk", "name", "none").unwrap_err()),
            "no Disk whose name is \"none\"",
        ),
    ];
    for (text, part) in cases {
        assert!(text.contains(part), "{text}");
    }
}
