//! The form in which the sandbox stores objects: a response also has fields that follow from others.

use serde_json::{Map, Value, json};

/// Returns an object's fields as the sandbox stores them. Objects in them are ids already.
pub(super) fn stored_fields(kind: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    match kind {
        "IpAddress" => {
            fields.remove("allocation_type");
            if let Some(holder) = fields.remove("allocation_id") {
                fields.insert("allocation".into(), holder);
            }
            // Derived from the machine, unless it was set.
            if fields.get("reverse_dns").is_some_and(Value::is_null) {
                fields.remove("reverse_dns");
            }
        }
        "LoadBalancer" => {
            if let Some(resources) = fields.remove("resources") {
                fields.entry("resource_ids").or_insert(resources);
            }
        }
        "Disk" => {
            if let Some(Value::Object(place)) = fields.remove("virtual_machine_disk") {
                for (from, to) in [
                    ("virtual_machine", "virtual_machine"),
                    ("attach_on_boot", "attach_on_boot"),
                    ("boot", "boot"),
                    ("state", "attachment"),
                ] {
                    if let Some(value) = place.get(from) {
                        fields.insert(to.into(), value.clone());
                    }
                }
            }
        }
        _ => {}
    }
    fields
}

/// Removes the fields of an object that other objects determine, and returns what they say about those:
/// id, field, value.
pub(super) fn take_links(
    kind: &str,
    id: &str,
    fields: &mut Map<String, Value>,
) -> Vec<(String, &'static str, Value)> {
    let owned = |field: &'static str, ids: Option<Value>| {
        let ids = ids.and_then(|ids| ids.as_array().cloned());
        let ids = ids.unwrap_or_default().into_iter();
        let ids = ids.filter_map(|id| id.as_str().map(str::to_owned));
        let links = ids.map(move |address| (address, field, json!(id)));
        links.collect::<Vec<_>>()
    };
    match kind {
        "VirtualMachine" => owned("allocation", fields.remove("ip_addresses")),
        "VirtualMachineNetworkInterface" => {
            let addresses = fields.remove("ip_addresses");
            let mut links = owned("interface", addresses.clone());
            if let Some(machine) = fields.get("virtual_machine") {
                let addresses = owned("allocation", addresses).into_iter();
                links
                    .extend(addresses.map(|(address, field, _)| (address, field, machine.clone())));
            }
            links
        }
        "LoadBalancer" => owned(
            "allocation",
            fields.remove("ip_address").map(|address| json!([address])),
        ),
        _ => {
            fields.remove("ip_addresses");
            Vec::new()
        }
    }
}
