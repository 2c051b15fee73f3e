//! Response bodies: a virtual machine with every field of the API's document, and list items with the fields of a list.

use serde_json::{Value, json};

/// Returns the response of a GET of one virtual machine.
pub(crate) fn machine() -> Value {
    let attachment = json!({
        "url": "https://assets.example/icons/ubuntu.png", "file_name": "ubuntu.png", "file_type": "image/png",
        "file_size": 4821, "digest": "6c3f1a1d0f6e4d3b9b0b7c2f8f4d2e1a", "token": "2d5b8c1e-7f3a-4a57-9c1d-90ab12cd34ef",
    });
    json!({
        "annotations": [{ "key": "owner", "value": "web" }, { "key": "cost-centre", "value": "42" }],
        "virtual_machine": {
            "id": "vm_0000000000000001", "name": "Web 1", "hostname": "web-1", "fqdn": "web-1.acme.example",
            "description": "Serves the shop", "created_at": 1605785692, "initial_root_password": "correct-horse-battery",
            "state": "started", "suspended": false, "suspended_at": null, "cpu_cores": 4, "memory_in_gb": 16,
            "use_dedicated_cpus": false, "zone": zone(), "organization": organization(),
            "group": { "id": "vmgrp_0000000000000001", "name": "Web", "segregate": true, "auto_segregate": false, "created_at": 1605785600 },
            "hypervisor": { "id": "hv_0000000000000001", "name": "hv-1", "ip_address": "10.0.0.1" },
            "package": {
                "id": "vmpkg_0000000000000001", "name": "ROCK-6", "permalink": "rock-6", "cpu_cores": 4, "ipv4_addresses": 1,
                "memory_in_gb": 16, "storage_in_gb": 100, "monthly_bandwidth_allowance_in_gb": 4000, "privacy": "public",
                "use_dedicated_cpus": false, "icon": attachment, "group": { "id": "vmpkggrp_0000000000000001", "name": "ROCK" },
            },
            "attached_iso": {
                "id": "iso_0000000000000001", "name": "Rescue",
                "operating_system": { "id": "os_0000000000000001", "name": "Ubuntu", "badge": attachment },
            },
            "gpu_type": gpu_type(),
            "gpus": [{ "id": "gpu_0000000000000001", "available": true, "status": "attached", "pending_action": null, "type": gpu_type() }],
            "tag_names": ["web", "production"],
            "tags": [tag("web", "green"), tag("production", "dark_blue")],
            "ip_addresses": [address(1), address(2)],
        },
    })
}

/// Returns the response of a GET of a virtual machine of 2.7 kB.
pub(crate) fn medium_machine() -> Value {
    let mut response = machine();
    if let Some(machine) = response["virtual_machine"].as_object_mut() {
        for large in ["organization", "attached_iso", "gpu_type", "gpus"] {
            machine.remove(large);
        }
    }
    response
}

/// Returns the response of a GET of a virtual machine of 500 bytes.
pub(crate) fn small_machine() -> Value {
    json!({
        "annotations": [],
        "virtual_machine": {
            "id": "vm_0000000000000003", "name": "Web 3", "hostname": "web-3", "fqdn": "web-3.acme.example",
            "description": "Serves the shop", "created_at": 1605785692, "state": "started", "cpu_cores": 4,
            "memory_in_gb": 16, "zone": zone(), "tag_names": ["web"],
        },
    })
}

/// Returns the text of a list item before its id, and after it.
pub(crate) fn item() -> (String, String) {
    let item = json!({
        "id": "ID", "name": "Web 1", "hostname": "web-1", "fqdn": "web-1.acme.example", "created_at": 1605785692,
        "suspended": false, "suspended_at": null, "zone": zone(), "package": { "name": "ROCK-6" },
        "hypervisor": { "id": "hv_0000000000000001", "name": "hv-1" }, "gpu_type": null,
        "ip_addresses": [{ "address": "185.199.221.195", "subnet": null }, { "address": "2a03:2880:f10e::25de", "subnet": null }],
    })
    .to_string();
    match item.split_once("ID") {
        Some((before, after)) => (before.to_owned(), after.to_owned()),
        None => (item, String::new()),
    }
}

fn zone() -> Value {
    json!({ "id": "zone_0000000000000001", "name": "London 1", "permalink": "lon-1", "data_center": data_center() })
}

fn data_center() -> Value {
    json!({ "id": "loc_0000000000000001", "name": "London", "permalink": "london", "country": country() })
}

fn country() -> Value {
    json!({
        "id": "ctry_0000000000000001", "name": "United Kingdom", "iso_code2": "GB", "iso_code3": "GBR",
        "time_zone": "Europe/London", "eu": false,
    })
}

fn organization() -> Value {
    json!({
        "id": "org_0000000000000001", "name": "Acme", "sub_domain": "acme", "infrastructure_domain": "acme.example",
        "created_at": 1605785000, "activated_at": 1605785100, "suspended": false, "managed": false,
        "billing_name": "Acme Limited", "address1": "1 High Street", "address2": "First floor", "address3": "Poole",
        "address4": null, "postcode": "BH15 1AB", "phone_number": "+44 1202 000000", "vat_number": "GB123456789",
        "uuid": "6f1f5c1e-2d43-4c39-9a7b-0a1b2c3d4e5f",
        "currency": { "id": "cur_0000000000000001", "name": "Pound sterling", "iso_code": "GBP", "symbol": "£" },
        "country": country(),
        "country_state": { "id": "ctst_0000000000000001", "name": "Dorset", "code": "DOR", "country": country() },
    })
}

fn gpu_type() -> Value {
    json!({
        "id": "gputype_0000000000000001", "name": "L4", "permalink": "l4", "manufacturer": "NVIDIA",
        "memory_in_gb": 24, "memory_type": "GDDR6", "data_centers": [],
    })
}

fn tag(name: &str, color: &str) -> Value {
    json!({ "id": format!("tag_{name}"), "name": name, "color": color, "created_at": 1605785000 })
}

fn address(number: u32) -> Value {
    json!({
        "id": format!("ip_000000000000000{number}"), "address": format!("185.199.221.{number}"),
        "address_with_mask": format!("185.199.221.{number}/24"), "reverse_dns": "web-1.acme.example", "vip": false,
        "label": null, "allocation_id": "vmnet_0000000000000001", "allocation_type": "VirtualMachineNetworkInterface",
        "subnet": null,
        "network": { "id": "netw_0000000000000001", "name": "Public", "permalink": "public", "default": true, "data_center": data_center() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_have_the_sizes_that_their_names_state() {
        for (machine, expected) in [(small_machine(), 500), (medium_machine(), 2700)] {
            let size = machine.to_string().len();
            assert!(
                size.abs_diff(expected) * 10 < expected,
                "{size} of {expected} bytes"
            );
        }
    }
}
