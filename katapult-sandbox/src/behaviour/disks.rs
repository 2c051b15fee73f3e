//! Disks: made, assigned, attached, resized.

use serde_json::{Value, json};

use super::tasks;
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Change, Object, World};

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "update" => update(call),
        "assign" => assign(call),
        "unassign" => unassign(call),
        "attach" => attach(call, "attached"),
        "detach" => attach(call, "detached"),
        "resize" => resize(call),
        "set_io_profile" => set_io_profile(call),
        "delete" => delete(call),
        "list_for_virtual_machine" => list_for_machine(call),
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Outcome {
    let mut errors = Vec::new();
    let wanted = call.wanted();
    let size = wanted.get("size_in_gb").and_then(Value::as_i64);
    if wanted
        .get("name")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        errors.push("Name can't be blank".to_owned());
    }
    if size.is_none_or(|size| size < 1) {
        errors.push("Size in GB must be greater than 0".to_owned());
    }
    if !errors.is_empty() {
        return Err(Refusal::validation(&errors));
    }
    let mut fields = generic::new_fields(call);
    let assigned = fields.remove("virtual_machine_disk").unwrap_or_default();
    let machine = assigned.get("virtual_machine").cloned().unwrap_or_default();
    let flag = |name: &str, otherwise: bool| {
        assigned
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(otherwise)
    };
    let center = call
        .world
        .of_kind("DataCenter")
        .next()
        .map(|center| center.id.clone());
    let profile = call
        .world
        .of_kind("DiskIoProfile")
        .next()
        .map(|profile| profile.id.clone());
    for (name, value) in [
        ("data_center", json!(center)),
        ("io_profile", json!(profile)),
        ("storage_speed", json!("nvme")),
        ("bus_type", json!("scsi")),
    ] {
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.into(), value);
        }
    }
    let wwn = call.world.random.hex(16);
    for (name, value) in [
        ("wwn", json!(wwn)),
        ("state", json!("not_built")),
        ("attachment", json!("detached")),
        ("boot", json!(flag("boot", false))),
        ("attach_on_boot", json!(flag("attach_on_boot", true))),
        ("virtual_machine", machine),
        ("installation", Value::Null),
    ] {
        fields.insert(name.into(), value);
    }
    let id = call.world.create("Disk", fields);
    boot_from(call.world, &id);
    let mut parts = call.shown(&id);
    let task = tasks::start(
        call.world,
        "Build disk",
        &id,
        vec![Change::State(id.clone(), "not_built", "built")],
    );
    call.show(&mut parts, "task", &task);
    Ok(parts)
}

/// A machine starts from one disk: the one that was told to it last.
fn boot_from(world: &mut World, id: &str) {
    let Some(disk) = world.get(id).filter(|disk| disk.is("boot")) else {
        return;
    };
    let disks = world.having("Disk", "virtual_machine", disk.text("virtual_machine"));
    let others = disks.filter(|other| other.id != id && other.is("boot"));
    let others: Vec<_> = others.map(|other| other.id.clone()).collect();
    for other in others {
        world.set(&other, "boot", false);
    }
}

fn update(call: &mut Call<'_>) -> Outcome {
    let Some(disk) = call.named("disk") else {
        return Ok(Parts::new());
    };
    super::present_if_set(call, "name")?;
    let mut wanted = call.wanted();
    wanted.remove("size_in_gb");
    if let Some(Value::Object(assigned)) = wanted.remove("virtual_machine_disk") {
        for name in ["attach_on_boot", "boot"] {
            if let Some(Value::Bool(value)) = assigned.get(name) {
                call.world.set(&disk.id, name, *value);
            }
        }
        boot_from(call.world, &disk.id);
    }
    call.arguments
        .insert("properties".into(), Value::Object(wanted));
    generic::update(call)
}

fn assign(call: &mut Call<'_>) -> Outcome {
    let (Some(disk), machine) = (call.named("disk"), call.text("virtual_machine")) else {
        return Ok(Parts::new());
    };
    if !disk.text("virtual_machine").is_empty() {
        let detail = json!({"errors": ["Disk is already assigned to a virtual machine"]});
        return Err(call.refusal(
            "unable_to_assign",
            422,
            "The disk could not be assigned to the virtual machine",
            detail,
        ));
    }
    call.world.set(&disk.id, "virtual_machine", machine);
    boot_from(call.world, &disk.id);
    call.world.set(&disk.id, "attach_on_boot", true);
    call.world.set(&disk.id, "attachment", "detached");
    Ok(call.shown(&disk.id))
}

fn unassign(call: &mut Call<'_>) -> Outcome {
    let Some(disk) = call.named("disk") else {
        return Ok(Parts::new());
    };
    let why = if disk.text("virtual_machine").is_empty() {
        Some("Disk is not assigned to a virtual machine")
    } else {
        let attached = disk.text("attachment") == "attached";
        attached.then_some("Disk is attached to a virtual machine")
    };
    if let Some(why) = why {
        let detail = json!({"errors": [why]});
        return Err(call.refusal(
            "unable_to_unassign",
            422,
            "The disk could not be unassigned from the virtual machine",
            detail,
        ));
    }
    call.world.set(&disk.id, "virtual_machine", Value::Null);
    call.world.set(&disk.id, "boot", false);
    Ok(call.shown(&disk.id))
}

fn unassigned(call: &Call<'_>, disk: &Object) -> Result<(), Refusal> {
    if disk.text("virtual_machine").is_empty() {
        return Err(call.refusal(
            "unassigned_disk",
            422,
            "The disk is not assigned to a virtual machine",
            json!({}),
        ));
    }
    Ok(())
}

fn attach(call: &mut Call<'_>, state: &'static str) -> Outcome {
    let Some(disk) = call.named("disk") else {
        return Ok(Parts::new());
    };
    unassigned(call, &disk)?;
    let machine = call
        .world
        .get(disk.text("virtual_machine"))
        .map(|machine| machine.text("state").to_owned())
        .unwrap_or_default();
    if disk.text("attachment") == state {
        return Err(Refusal::queueing(&format!("The disk is already {state}")));
    }
    if state == "attached" && machine != "started" {
        return Err(Refusal::queueing("The virtual machine must be started"));
    }
    let name = if state == "attached" {
        "Attach disk to virtual machine"
    } else {
        "Detach disk from virtual machine"
    };
    let mut parts = call.shown(&disk.id);
    let task = tasks::start(
        call.world,
        name,
        &disk.id,
        vec![Change::Set(disk.id.clone(), "attachment", json!(state))],
    );
    call.show(&mut parts, "task", &task);
    Ok(parts)
}

/// Whether a disk may go to a size in this way, and the name of the task; else why not.
fn resizing(
    size: i64,
    wanted: i64,
    online: bool,
    running: bool,
) -> Result<&'static str, &'static str> {
    match (wanted.cmp(&size), online, running) {
        (std::cmp::Ordering::Equal, _, _) => Err("The disk is of that size already"),
        (std::cmp::Ordering::Less, true, _) => Err("A disk can be shrunk offline only"),
        (_, false, true) => Err("The virtual machine must be stopped to resize its disk offline"),
        (std::cmp::Ordering::Less, false, false) => Ok("Shrink disk"),
        (std::cmp::Ordering::Greater, true, true) => Ok("Grow disk online"),
        (std::cmp::Ordering::Greater, _, _) => Ok("Grow disk"),
    }
}

fn resize(call: &mut Call<'_>) -> Outcome {
    let Some(disk) = call.named("disk") else {
        return Ok(Parts::new());
    };
    let wanted = call
        .arguments
        .get("size_in_gb")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    if wanted < 1 {
        return Err(Refusal::invalid("Size in GB must be greater than 0"));
    }
    let online = call.text("resize_method") == "online";
    let running = disk.text("attachment") == "attached";
    let name = resizing(
        disk.number("size_in_gb").unwrap_or_default(),
        wanted,
        online,
        running,
    )
    .map_err(Refusal::queueing)?;
    let mut parts = call.shown(&disk.id);
    let task = tasks::start(
        call.world,
        name,
        &disk.id,
        vec![Change::Set(disk.id.clone(), "size_in_gb", json!(wanted))],
    );
    call.show(&mut parts, "task", &task);
    Ok(parts)
}

fn set_io_profile(call: &mut Call<'_>) -> Outcome {
    let Some(disk) = call.named("disk") else {
        return Ok(Parts::new());
    };
    let profile = call
        .lookups()
        .into_iter()
        .find(|(_, kind, _)| kind == "DiskIoProfile")
        .map(|(_, _, id)| id);
    let mut parts = call.shown(&disk.id);
    let changes = vec![Change::Set(disk.id.clone(), "io_profile", json!(profile))];
    let task = tasks::start(call.world, "Change disk IO profile", &disk.id, changes);
    call.show(&mut parts, "task", &task);
    Ok(parts)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let Some(disk) = call.named("disk") else {
        return Ok(Parts::new());
    };
    if disk.text("attachment") == "attached" && !disk.text("virtual_machine").is_empty() {
        let detail = json!({"errors": ["Disk is attached to a virtual machine"]});
        let code = if call.knows("deletion_restricted") {
            "deletion_restricted"
        } else {
            "validation_error"
        };
        return Err(call.refusal(code, 409, "The object cannot be deleted", detail));
    }
    generic::delete(call)
}

fn list_for_machine(call: &mut Call<'_>) -> Outcome {
    let disks = call
        .world
        .having("Disk", "virtual_machine", &call.text("virtual_machine"));
    let items = disks.filter(|disk| disk.trash.is_none()).map(|disk| json!({
        "disk": disk.id, "attach_on_boot": disk.is("attach_on_boot"), "boot": disk.is("boot"), "state": disk.text("attachment"),
    }));
    Ok(call.page("disks", &items.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_shrinks_only_offline() {
        let cases = [
            (10, 20, true, true, Some("Grow disk online")),
            (10, 20, false, false, Some("Grow disk")),
            (20, 10, false, false, Some("Shrink disk")),
            (20, 10, true, true, None),
            (10, 20, false, true, None),
            (10, 10, true, true, None),
        ];
        for (size, wanted, online, running, expected) in cases {
            assert_eq!(
                resizing(size, wanted, online, running).ok(),
                expected,
                "{size} {wanted} {online} {running}"
            );
        }
    }
}
