//! Removal of objects, with everything that depends on them.

use serde_json::{Value, json};

use crate::world::{Change, World};

/// The time that objects stay in the trash, in seconds: two days.
const TRASH_RETENTION: u64 = 2 * 24 * 60 * 60;

/// Dependent objects, which are removed with their owner: owner, dependent, the dependent's field.
const DEPENDENTS: &[(&str, &str, &str)] = &[
    ("AddressList", "AddressListEntry", "address_list"),
    ("Disk", "DiskBackupPolicy", "target"),
    ("DnsZone", "DnsRecord", "dns_zone"),
    ("LoadBalancer", "IpAddress", "allocation"),
    ("LoadBalancer", "LoadBalancerRule", "load_balancer"),
    ("ObjectStorageBucket", "ObjectStorageObject", "bucket"),
    ("SecurityGroup", "SecurityGroupRule", "security_group"),
    ("VirtualMachine", "ConsoleSession", "virtual_machine"),
    ("VirtualMachine", "Disk", "virtual_machine"),
    ("VirtualMachine", "DiskBackupPolicy", "target"),
    (
        "VirtualMachine",
        "VirtualMachineNetworkInterface",
        "virtual_machine",
    ),
];

/// Fields that are cleared when the object that they name is removed.
const REFERENCES: &[(&str, &str)] = &[
    ("IpAddress", "allocation"),
    ("IpAddress", "interface"),
    ("VirtualMachine", "group"),
    ("VirtualMachineBuild", "virtual_machine"),
];

/// Fields with a list of ids, from which the id of a removed object is taken.
const ID_LISTS: &[(&str, &str)] = &[
    ("FileStorageVolume", "associations"),
    ("LoadBalancer", "resource_ids"),
    ("LoadBalancer", "standby_vms"),
    ("SecurityGroup", "associations"),
    ("VirtualMachine", "tags"),
];

/// Moves an object to the trash and returns the id of its trash object; empty if there is no such
/// object.
pub(crate) fn move_to_trash(world: &mut World, id: &str) -> String {
    let Some(object) = world.get(id) else {
        return String::new();
    };
    let fields = json!({
        "keep_until": world.now_secs() + TRASH_RETENTION,
        "object_id": id,
        "object_type": object.kind,
        "organization": object.text("organization"),
    });
    let is_machine = object.kind == "VirtualMachine";
    let trash = world.create("TrashObject", fields);
    world.set_trash(id, Some(trash.clone()));
    // A machine in the trash does not run.
    if is_machine {
        world.set(id, "state", "stopped");
    }
    world.schedule(TRASH_RETENTION * 1000, Change::Remove(trash.clone()));
    trash
}

/// Removes an object with its dependents, and every reference to it. The removal of a trash object
/// removes the object in the trash.
pub(crate) fn remove_cascade(world: &mut World, id: &str) {
    let Some(object) = world.remove(id) else {
        return;
    };
    // A trash object is removed by a purge or by the end of its retention.
    if object.kind == "TrashObject" {
        return remove_cascade(world, object.text("object_id"));
    }
    if let Some(trash) = &object.trash {
        world.remove(trash);
    }
    if object.kind == "Disk" {
        // The disk refers to its installation, not the other way round.
        world.remove(object.text("installation"));
    }
    let dependents = DEPENDENTS
        .iter()
        .filter(|(owner, _, _)| *owner == object.kind);
    for (_, kind, field) in dependents {
        for id in ids_by(world, kind, field, id) {
            remove_cascade(world, &id);
        }
    }
    for (kind, field) in REFERENCES {
        for id in ids_by(world, kind, field, id) {
            world.set(&id, field, Value::Null);
            if *kind == "IpAddress" {
                // An address is never on an interface without an allocation.
                world.set(&id, "allocation", Value::Null);
                world.set(&id, "interface", Value::Null);
            }
        }
    }
    remove_from_lists(world, id);
    fail_tasks(world, id);
}

/// Removes every object of an organization.
pub(crate) fn remove_organization_objects(world: &mut World, organization: &str) {
    let objects = world.objects();
    let owned = objects.filter(|object| object.text("organization") == organization);
    let owned: Vec<_> = owned.map(|object| object.id.clone()).collect();
    for id in owned {
        remove_cascade(world, &id);
    }
}

fn ids_by(world: &World, kind: &str, field: &str, value: &str) -> Vec<String> {
    let found = world.find_by(kind, field, value);
    found.map(|object| object.id.clone()).collect()
}

fn remove_from_lists(world: &mut World, id: &str) {
    for (kind, field) in ID_LISTS {
        let owners = world.by_kind(kind).filter_map(|owner| {
            let list = owner.fields.get(*field)?.as_array()?;
            let others = list.iter().filter(|item| item.as_str() != Some(id));
            let others: Vec<_> = others.cloned().collect();
            (others.len() < list.len()).then(|| (owner.id.clone(), others))
        });
        let owners: Vec<_> = owners.collect();
        for (owner, others) in owners {
            world.set(&owner, field, Value::Array(others));
        }
    }
}

/// Fails the unfinished tasks on a removed object. Every task loses its target.
fn fail_tasks(world: &mut World, target: &str) {
    let tasks: Vec<_> = world
        .find_by("Task", "target", target)
        .map(|task| (task.id.clone(), task.number("finished_at").is_none()))
        .collect();
    for (task, unfinished) in tasks {
        if unfinished {
            world.set(&task, "status", "failed");
            world.set(&task, "finished_at", world.now_secs());
        }
        world.set(&task, "target", Value::Null);
    }
}
