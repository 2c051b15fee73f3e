//! The trash: what is deleted is kept for a while, can be restored, and is purged by a task.

use serde_json::{Value, json};

use super::tasks;
use crate::prefix::snake;
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Change, World};

/// How long objects are kept, in seconds.
const KEPT: u64 = 2 * 24 * 60 * 60;
/// How long a purge takes, in milliseconds; longer where files have to go.
const PURGED: u64 = 5_500;
const FILES_PURGED: u64 = 20_000;
/// What goes with an object: its type, the type of what goes, the field that names it.
const BELONGS: &[(&str, &str, &str)] = &[
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
/// Lists of ids that objects hold.
const LISTED: &[(&str, &str)] = &[
    ("FileStorageVolume", "associations"),
    ("LoadBalancer", "resource_ids"),
    ("LoadBalancer", "standby_vms"),
    ("SecurityGroup", "associations"),
    ("VirtualMachine", "tags"),
];

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "purge" => purge(call),
        "purge_all" => purge_all(call),
        "restore" => restore(call),
        _ => return None,
    })
}

/// Puts an object into the trash and gives the id of its trash object.
pub(crate) fn put(world: &mut World, id: &str) -> String {
    let Some(object) = world.get(id) else {
        return String::new();
    };
    let fields = json!({
        "keep_until": world.seconds() + KEPT,
        "object_id": id,
        "object_type": object.kind,
        "organization": object.text("organization"),
    });
    let is_machine = object.kind == "VirtualMachine";
    let fields = fields.as_object().cloned().unwrap_or_default();
    let trash = world.create("TrashObject", fields);
    world.set_trash(id, Some(trash.clone()));
    if is_machine {
        world.set(id, "state", "stopped");
    }
    world.later(KEPT * 1000, Change::Remove(trash.clone()));
    trash
}

fn purge(call: &mut Call<'_>) -> Outcome {
    let trash = call.text("trash_object");
    let organization = call
        .world
        .get(&trash)
        .map(|trash| trash.text("organization").to_owned())
        .unwrap_or_default();
    purge_these(call, &organization, vec![trash])
}

fn purge_all(call: &mut Call<'_>) -> Outcome {
    let organization = call.text("organization");
    let all = call
        .world
        .having("TrashObject", "organization", &organization);
    let all = all.map(|trash| trash.id.clone()).collect();
    purge_these(call, &organization, all)
}

fn purge_these(call: &mut Call<'_>, organization: &str, trash: Vec<String>) -> Outcome {
    let of_files = |trash: &String| {
        let trash = call.world.get(trash);
        trash.is_some_and(|trash| trash.text("object_type") == "FileStorageVolume")
    };
    let takes = if trash.iter().any(of_files) {
        FILES_PURGED
    } else {
        PURGED
    };
    let changes = trash.into_iter().map(Change::Remove).collect();
    let name = "Purge items from trash";
    let task = tasks::start_for(call.world, name, organization, takes, changes);
    Ok(call.shown(&task))
}

fn restore(call: &mut Call<'_>) -> Outcome {
    let id = call.text("trash_object");
    let parts: Parts = call.shown(&id);
    if let Some(trash) = call.world.remove(&id) {
        call.world.set_trash(trash.text("object_id"), None);
    }
    Ok(parts)
}

/// Takes an object away with all that belongs to it, and forgets it where it is named.
pub(crate) fn remove_with_all(world: &mut World, id: &str) {
    let Some(object) = world.remove(id) else {
        return;
    };
    if object.kind == "TrashObject" {
        return remove_with_all(world, object.text("object_id"));
    }
    if let Some(trash) = &object.trash {
        world.remove(trash);
    }
    if object.kind == "Disk" {
        world.remove(object.text("installation"));
    }
    for (_, kind, field) in BELONGS.iter().filter(|(owner, _, _)| *owner == object.kind) {
        let gone: Vec<_> = world
            .having(kind, field, id)
            .map(|object| object.id.clone())
            .collect();
        for id in gone {
            remove_with_all(world, &id);
        }
    }
    for (kind, field) in [
        ("IpAddress", "allocation"),
        ("IpAddress", "interface"),
        ("VirtualMachine", "group"),
        ("VirtualMachineBuild", "virtual_machine"),
    ] {
        let free: Vec<_> = world
            .having(kind, field, id)
            .map(|object| object.id.clone())
            .collect();
        for id in free {
            world.set(&id, field, Value::Null);
            if kind == "IpAddress" {
                world.set(&id, "allocation", Value::Null);
                world.set(&id, "interface", Value::Null);
            }
        }
    }
    forget(world, id);
    let tasks: Vec<_> = world
        .having("Task", "target", id)
        .map(|task| (task.id.clone(), task.number("finished_at").is_none()))
        .collect();
    for (task, under_way) in tasks {
        if under_way {
            world.set(&task, "status", "failed");
            world.set(&task, "finished_at", world.seconds());
        }
        world.set(&task, "target", Value::Null);
    }
}

/// Takes an id out of the lists that hold it.
fn forget(world: &mut World, id: &str) {
    for (kind, field) in LISTED {
        let holders = world.of_kind(kind).filter_map(|holder| {
            let list = holder.fields.get(*field)?.as_array()?;
            let kept: Vec<_> = list
                .iter()
                .filter(|item| item.as_str() != Some(id))
                .cloned()
                .collect();
            (kept.len() < list.len()).then(|| (holder.id.clone(), kept))
        });
        let holders: Vec<_> = holders.collect();
        for (holder, kept) in holders {
            world.set(&holder, field, Value::Array(kept));
        }
    }
}

/// Removes everything of an organization.
pub(crate) fn remove_all_of(world: &mut World, organization: &str) {
    let all: Vec<_> = world
        .objects()
        .filter(|object| object.text(&snake("Organization")) == organization)
        .map(|object| object.id.clone())
        .collect();
    for id in all {
        remove_with_all(world, &id);
    }
}
