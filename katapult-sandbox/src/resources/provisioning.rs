//! Creation of virtual machines, with their disks, network interfaces and IP addresses.

use serde_json::{Value, json};

use super::disks::default_io_profile;
use super::virtual_machines::{fqdn, tag_ids};
use super::{ip_addresses, network_interfaces};
use crate::world::World;
use crate::world::cascade::remove_cascade;

/// Creates a stopped machine from a build plan and returns its id; `None` if there is no free IP
/// address for it.
pub(crate) fn create_machine(
    world: &mut World,
    organization: &str,
    hostname: &str,
    plan: &Value,
) -> Option<String> {
    let text = |name: &str| plan.get(name).and_then(Value::as_str).unwrap_or_default();
    let tags = tag_ids(
        world,
        organization,
        plan.get("tag_names").unwrap_or(&Value::Null),
    );
    let or_null = |name: &str| plan.get(name).cloned().unwrap_or_default();
    let password = world.rng.alphanumeric(14);
    let fields = json!({
        "organization": organization, "zone": text("zone"), "package": or_null("package"), "group": or_null("group"),
        "cpu_cores": or_null("cpu_cores"), "memory_in_gb": or_null("memory_in_gb"), "attached_iso": or_null("attached_iso"),
        "name": if text("name").is_empty() { hostname } else { text("name") },
        "description": or_null("description"), "hostname": hostname, "fqdn": fqdn(world, organization, hostname),
        "state": "stopped", "initial_root_password": password, "tags": tags, "gpus": [], "suspended": false,
    });
    let machine = world.create("VirtualMachine", fields);
    let disks = plan
        .get("disks")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_else(|| {
            let size = world
                .get(text("package"))
                .and_then(|package| package.number("storage_in_gb"))
                .unwrap_or(10);
            vec![json!({"name": "System Disk", "size_in_gb": size})]
        });
    let system = disks
        .iter()
        // Without a mark, the first disk is the system disk.
        .position(|disk| disk.get("system") == Some(&json!(true)))
        .unwrap_or(0);
    for (index, disk) in disks.iter().enumerate() {
        create_disk(
            world,
            organization,
            &machine,
            text("disk_template"),
            text("zone"),
            disk,
            index == system,
        );
    }
    if !create_interfaces(world, organization, &machine, text("zone"), plan) {
        // Also releases the addresses of the interfaces before the one that failed.
        remove_cascade(world, &machine);
        return None;
    }
    Some(machine)
}

fn create_disk(
    world: &mut World,
    organization: &str,
    machine: &str,
    template: &str,
    zone: &str,
    requested: &Value,
    boot: bool,
) {
    let io_profile = requested
        .get("io_profile")
        .filter(|profile| !profile.is_null())
        .cloned();
    let io_profile = io_profile.or_else(|| default_io_profile(world, true).map(Value::from));
    let center = world
        .get(zone)
        .map(|zone| zone.text("data_center").to_owned())
        .unwrap_or_default();
    // Only the boot disk has an operating system.
    let installation = create_installation(world, template).filter(|_| boot);
    let fields = json!({
        "organization": organization, "virtual_machine": machine, "boot": boot, "attach_on_boot": true,
        "attachment": "detached", "state": "built", "bus_type": "scsi", "data_center": center, "io_profile": io_profile,
        "name": requested.get("name").filter(|name| !name.is_null()).cloned().unwrap_or(json!("Disk")),
        "size_in_gb": requested.get("size_in_gb"), "wwn": world.rng.hex(16), "installation": installation,
        "storage_speed": requested.get("storage_speed").filter(|speed| !speed.is_null()).cloned().unwrap_or(json!("nvme")),
    });
    world.create("Disk", fields);
}

/// Creates the installation of a template on a system disk.
fn create_installation(world: &mut World, template: &str) -> Option<Value> {
    let version = world.get(template)?.text("latest_version").to_owned();
    let password = world.rng.alphanumeric(14);
    let attributes = json!([{
        "key": "root_password", "label": "Root password", "value": password, "protect": true,
        "description": "The password that was set for the root user.",
    }]);
    let fields = json!({"attributes": attributes, "disk_template_version": version});
    Some(json!(world.create("DiskInstallation", fields)))
}

/// Creates the interfaces of a machine. Returns `false` if there is no free IP address for one.
fn create_interfaces(
    world: &mut World,
    organization: &str,
    machine: &str,
    zone: &str,
    plan: &Value,
) -> bool {
    let center = world
        .get(zone)
        .map(|zone| zone.text("data_center").to_owned())
        .unwrap_or_default();
    // A plan without interfaces gets the default network of its data center.
    let default = world
        .by_kind("Network")
        .find(|network| network.text("data_center") == center && network.flag("default"));
    let default = default.map(|network| network.id.clone());
    let requested = plan.get("interfaces").and_then(Value::as_array).cloned();
    let requested = requested
        .unwrap_or_else(|| vec![json!({"network": default, "addresses": [{"version": "ipv4"}]})]);
    let profile = world.first_id("NetworkSpeedProfile").unwrap_or_default();
    for interface in requested {
        let text = |name: &str| {
            interface
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let speed = if text("speed_profile").is_empty() {
            &profile
        } else {
            text("speed_profile")
        };
        let id = network_interfaces::create_interface(
            world,
            machine,
            text("network"),
            text("virtual_network"),
            speed,
        );
        for address in interface
            .get("addresses")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let address_id = match address.as_str() {
                Some(id) => world
                    .get(id)
                    .filter(|address| address.text("allocation").is_empty())
                    .map(|address| address.id.clone()),
                None => {
                    let version = address
                        .get("version")
                        .and_then(Value::as_str)
                        .unwrap_or("ipv4");
                    ip_addresses::create_in_network(world, organization, text("network"), version)
                }
            };
            let Some(address) = address_id else {
                return false;
            };
            ip_addresses::allocate(world, &address, machine, &id);
        }
    }
    true
}
