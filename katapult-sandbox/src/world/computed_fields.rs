//! Fields that follow from other objects, such as the addresses of a virtual machine.

use serde_json::{Value, json};

use crate::world::{Object, World};

/// Returns the value of a computed field; `None` if the field is stored in the object.
pub(crate) fn computed_field(world: &World, object: &Object, field: &str) -> Option<Value> {
    match (object.kind.as_str(), field) {
        ("VirtualMachine", "ip_addresses") => {
            Some(ids(world.find_by("IpAddress", "allocation", &object.id)))
        }
        ("VirtualMachine", "cpu_cores" | "memory_in_gb" | "use_dedicated_cpus") => {
            match object.fields.get(field) {
                // A machine with flexible resources has its own values.
                Some(value) if !value.is_null() => None,
                _ => world
                    .get(object.text("package"))?
                    .fields
                    .get(field)
                    .cloned(),
            }
        }
        ("VirtualMachine", "tag_names") => Some(
            object
                .fields
                .get("tags")?
                .as_array()?
                .iter()
                .filter_map(|tag| Some(json!(world.get(tag.as_str()?)?.text("name"))))
                .collect(),
        ),
        ("IpAddress", "allocation_id") => object.fields.get("allocation").cloned(),
        ("IpAddress", "allocation_type") => Some(
            world
                .get(object.text("allocation"))
                .map_or(Value::Null, |holder| json!(holder.kind)),
        ),
        ("IpAddress", "reverse_dns") => reverse_dns(world, object),
        ("IpAddress", "address_with_mask") => {
            let mask = world
                .get(object.text("subnet"))
                .and_then(|subnet| subnet.number("mask"))
                // Only an address without a subnet, which is not in the default state.
                .unwrap_or(24);
            Some(json!(format!("{}/{mask}", object.text("address"))))
        }
        ("IpAddress", "subnet") => Some(subnet(world, object)),
        ("Disk", "virtual_machine_disk") => Some(match object.text("virtual_machine") {
            "" => Value::Null,
            machine => json!({
                "virtual_machine": machine,
                "attach_on_boot": object.flag("attach_on_boot"),
                "boot": object.flag("boot"),
                "state": object.text("attachment"),
            }),
        }),
        ("VirtualMachineNetworkInterface", "name") if object.text("name").is_empty() => {
            interface_name(world, object)
        }
        ("VirtualMachineNetworkInterface", "ip_addresses") => {
            Some(ids(world.find_by("IpAddress", "interface", &object.id)))
        }
        ("LoadBalancer", "ip_address") => Some(
            ids(world.find_by("IpAddress", "allocation", &object.id))
                .get(0)?
                .clone(),
        ),
        ("LoadBalancer", "weights") => weights(world, object),
        ("LoadBalancer", "resources") => object.fields.get("resource_ids").cloned(),
        ("AddressList", "entries") => Some(ids(world.find_by(
            "AddressListEntry",
            "address_list",
            &object.id,
        ))),
        ("User", "user") => Some(json!(object.id)),
        ("DnsRecord", "full_name") => full_name(world, object),
        ("ObjectStorageAccount", "bucket_count") => {
            let buckets = world.find_by(
                "ObjectStorageBucket",
                "organization",
                object.text("organization"),
            );
            Some(json!(buckets.count()))
        }
        ("ObjectStorageAccessKey", "read_buckets") => {
            Some(buckets_of_key(world, object, "read_key_ids"))
        }
        ("ObjectStorageAccessKey", "write_buckets") => {
            Some(buckets_of_key(world, object, "write_key_ids"))
        }
        ("VirtualMachineBuild", "virtual_machine") => {
            let machine = object.fields.get("virtual_machine")?;
            Some(if world.get(machine.as_str()?).is_some() {
                machine.clone()
            } else {
                Value::Null
            })
        }
        _ => None,
    }
}

/// Returns the ids of objects.
pub(crate) fn ids<'a>(objects: impl Iterator<Item = &'a Object>) -> Value {
    objects.map(|object| json!(object.id)).collect()
}

/// Returns the names of the buckets whose access control list has a key in one of its fields.
fn buckets_of_key(world: &World, key: &Object, field: &str) -> Value {
    let buckets = world.by_kind("ObjectStorageBucket").filter(|bucket| {
        let list = bucket.fields.get("access_control_list");
        let keys = list.and_then(|list| list.get(field)?.as_array());
        keys.is_some_and(|keys| keys.iter().any(|id| *id == key.id))
    });
    buckets.map(|bucket| json!(bucket.text("name"))).collect()
}

fn reverse_dns(world: &World, address: &Object) -> Option<Value> {
    if !address.text("reverse_dns").is_empty() {
        return None;
    }
    let machine = world
        .get(address.text("allocation"))
        .filter(|holder| holder.kind == "VirtualMachine" && holder.trash.is_none());
    let name = machine.map(|machine| machine.text("fqdn").to_owned());
    Some(json!(name.unwrap_or_else(|| format!(
        // The default name of an address that is not on a machine.
        "{}.rdns.katapult.example",
        address.text("address").replace(['.', ':'], "-")
    ))))
}

fn subnet(world: &World, address: &Object) -> Value {
    let Some(subnet) = world.get(address.text("subnet")) else {
        return Value::Null;
    };
    let rendered = ["id", "address", "gateway", "mask", "billable", "version"];
    let rendered = rendered.iter().map(|name| {
        (
            (*name).to_owned(),
            subnet.fields.get(*name).cloned().unwrap_or_default(),
        )
    });
    Value::Object(rendered.collect())
}

/// Returns the weight of each virtual machine of a load balancer, including those of its groups and
/// tags.
fn weights(world: &World, balancer: &Object) -> Option<Value> {
    let given = balancer.fields.get("weights").and_then(Value::as_array);
    if given.is_some_and(|given| !given.is_empty()) {
        return None;
    }
    let mut machines = Vec::new();
    for id in balancer
        .fields
        .get("resource_ids")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
    {
        match world.get(id).map(|resource| resource.kind.as_str()) {
            Some("VirtualMachineGroup") => {
                machines.extend(world.find_by("VirtualMachine", "group", id))
            }
            Some("Tag") => machines.extend(world.by_kind("VirtualMachine").filter(|machine| {
                let tags = machine.fields.get("tags").and_then(Value::as_array);
                tags.is_some_and(|tags| tags.iter().any(|tag| tag == id))
            })),
            _ => machines.extend(world.get(id)),
        }
    }
    // The API lists a machine only once its build is complete.
    machines.retain(|machine| {
        let mut builds = world.find_by("VirtualMachineBuild", "virtual_machine", &machine.id);
        builds.all(|build| build.text("state") == "complete")
    });
    Some(
        machines
            .iter()
            .map(|machine| json!({"virtual_machine_id": machine.id, "weight": 128}))
            .collect(),
    )
}

fn interface_name(world: &World, interface: &Object) -> Option<Value> {
    let network = world
        .get(interface.text("network"))
        .or_else(|| world.get(interface.text("virtual_network")))?;
    let machine = world.get(interface.text("virtual_machine"))?;
    Some(json!(format!(
        "{} on {}",
        network.text("name"),
        machine.text("name")
    )))
}

fn full_name(world: &World, record: &Object) -> Option<Value> {
    let zone = world.get(record.text("dns_zone"))?.text("name");
    Some(match record.text("name") {
        "" => json!(zone),
        name => json!(format!("{name}.{zone}")),
    })
}
