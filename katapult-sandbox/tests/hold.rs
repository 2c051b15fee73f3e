//! What a test puts there by hand is there for whoever asks.

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
    serde_json::from_str(sandbox.request("GET", target, "").response()).unwrap()
}

#[tokio::test]
async fn a_machine_is_whole_and_goes_whole() {
    let sandbox = sandbox().await;
    let before = sandbox.snapshot();
    let id = sandbox.add_machine("web-9", "pebble-1", "started").unwrap();
    let shown = &get(&sandbox, MACHINE)["virtual_machine"];
    assert_eq!(
        (&shown["id"], &shown["state"]),
        (&json!(id), &json!("started"))
    );
    assert_eq!(shown["package"]["permalink"], "pebble-1");
    assert_eq!(shown["ip_addresses"].as_array().unwrap().len(), 1);
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
    let kept = |lines: Vec<String>| -> Vec<_> {
        // The address stays with the organization, and the subnet counts on.
        let lines = lines.into_iter();
        lines
            .filter(|line| !line.starts_with("IpAddress") && !line.starts_with("Subnet"))
            .filter(|line| !line.starts_with("DiskInstallation"))
            .collect()
    };
    assert_eq!(kept(sandbox.snapshot()), kept(before));
}

#[tokio::test]
async fn a_deaf_guest_stays_started() {
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
async fn what_cannot_be_put_there_is_said() {
    let sandbox = sandbox().await;
    let said = |error: katapult_sandbox::WorldError| error.to_string();
    let wrong = [
        (
            said(sandbox.insert_object("Disk", json!([])).unwrap_err()),
            "no object",
        ),
        (
            said(sandbox.insert_object("Disk", json!({"id": 1})).unwrap_err()),
            "id is no text",
        ),
        (
            said(
                sandbox
                    .add_machine("web-9", "gravel-1", "started")
                    .unwrap_err(),
            ),
            "no VirtualMachinePackage whose permalink is \"gravel-1\"",
        ),
        (
            said(sandbox.id_of("Disk", "name", "none").unwrap_err()),
            "no Disk whose name is \"none\"",
        ),
    ];
    for (said, part) in wrong {
        assert!(said.contains(part), "{said}");
    }
}
