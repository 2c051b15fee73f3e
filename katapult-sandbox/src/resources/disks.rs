//! Disks: creation, assignment, attachment, resize.

use serde_json::{Value, json};

use super::{default, tasks, validation};
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;
use crate::world::{Change, Object, World};

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "update" => update(ctx),
        "assign" => assign(ctx),
        "unassign" => unassign(ctx),
        "attach" => attach(ctx, "attached"),
        "detach" => attach(ctx, "detached"),
        "resize" => resize(ctx),
        "set_io_profile" => set_io_profile(ctx),
        "delete" => delete(ctx),
        "list_for_virtual_machine" => list_for_machine(ctx),
        _ => return None,
    })
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    let mut errors = Vec::new();
    let requested = ctx.requested_fields();
    let size = requested.get("size_in_gb").and_then(Value::as_i64);
    if requested
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
    let mut fields = default::new_fields(ctx);
    let assigned = fields.remove("virtual_machine_disk").unwrap_or_default();
    let machine = assigned.get("virtual_machine").cloned().unwrap_or_default();
    let flag = |name: &str, default: bool| {
        assigned
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(default)
    };
    // The disks of a new machine have another default: see `provisioning`.
    let profile = default_io_profile(ctx.world, false);
    for (name, value) in [
        ("io_profile", json!(profile)),
        ("storage_speed", json!("nvme")),
        ("bus_type", json!("scsi")),
    ] {
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.into(), value);
        }
    }
    let wwn = ctx.world.rng.hex(16);
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
    let id = ctx.world.create("Disk", fields);
    set_boot_disk(ctx.world, &id);
    let mut response = ctx.rendered(&id);
    let task = tasks::start(
        ctx.world,
        "Build disk",
        &id,
        vec![Change::Transition(id.clone(), "not_built", "built")],
    );
    ctx.render_as(&mut response, "task", &task);
    Ok(response)
}

/// Returns the profile of a disk for which none was requested: a limited one for the disks of a new machine,
/// an unlimited one for others.
pub(crate) fn default_io_profile(world: &World, limited: bool) -> Option<String> {
    let mut profiles = world.by_kind("DiskIoProfile");
    let fitting = profiles.find(|profile| profile.number("iops").is_some() == limited);
    let fitting = fitting.map(|profile| profile.id.clone());
    fitting.or_else(|| world.first_id("DiskIoProfile"))
}

/// Makes a disk the only boot disk of its machine, if it is one.
fn set_boot_disk(world: &mut World, id: &str) {
    let Some(disk) = world.get(id).filter(|disk| disk.flag("boot")) else {
        return;
    };
    let disks = world.find_by("Disk", "virtual_machine", disk.text("virtual_machine"));
    let others = disks.filter(|other| other.id != id && other.flag("boot"));
    let others: Vec<_> = others.map(|other| other.id.clone()).collect();
    for other in others {
        world.set(&other, "boot", false);
    }
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    validation::require_present_if_set(ctx, "name")?;
    let mut requested = ctx.requested_fields();
    // The size changes only by a resize.
    requested.remove("size_in_gb");
    if let Some(Value::Object(assigned)) = requested.remove("virtual_machine_disk") {
        for name in ["attach_on_boot", "boot"] {
            if let Some(Value::Bool(value)) = assigned.get(name) {
                ctx.world.set(&disk.id, name, *value);
            }
        }
        set_boot_disk(ctx.world, &disk.id);
    }
    ctx.arguments
        .insert("properties".into(), Value::Object(requested));
    default::update(ctx)
}

fn assign(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    let machine = ctx.text("virtual_machine");
    if !disk.text("virtual_machine").is_empty() {
        let detail = json!({"errors": ["Disk is already assigned to a virtual machine"]});
        return Err(ctx.refusal(
            "unable_to_assign",
            422,
            "The disk could not be assigned to the virtual machine",
            detail,
        ));
    }
    ctx.world.set(&disk.id, "virtual_machine", machine);
    set_boot_disk(ctx.world, &disk.id);
    ctx.world.set(&disk.id, "attach_on_boot", true);
    ctx.world.set(&disk.id, "attachment", "detached");
    Ok(ctx.rendered(&disk.id))
}

fn unassign(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    let attached = disk.text("attachment") == "attached";
    // A disk that is not assigned stays so, without an error.
    if attached && !disk.text("virtual_machine").is_empty() {
        let detail = json!({"errors": ["Disk is attached to a virtual machine"]});
        return Err(ctx.refusal(
            "unable_to_unassign",
            422,
            "The disk could not be unassigned from the virtual machine",
            detail,
        ));
    }
    ctx.world.set(&disk.id, "virtual_machine", Value::Null);
    // A disk without a machine cannot be its boot disk.
    ctx.world.set(&disk.id, "boot", false);
    Ok(ctx.rendered(&disk.id))
}

fn require_assigned(ctx: &OperationContext<'_>, disk: &Object) -> Result<(), Refusal> {
    if disk.text("virtual_machine").is_empty() {
        return Err(ctx.refusal(
            "unassigned_disk",
            422,
            "The disk is not assigned to a virtual machine",
            json!({}),
        ));
    }
    Ok(())
}

fn attach(ctx: &mut OperationContext<'_>, state: &'static str) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    require_assigned(ctx, &disk)?;
    let machine = ctx
        .world
        .get(disk.text("virtual_machine"))
        .map(|machine| machine.text("state").to_owned())
        .unwrap_or_default();
    if disk.text("attachment") == state {
        return Err(Refusal::task_queueing(&format!(
            "The disk is already {state}"
        )));
    }
    // Attachment is a hot-plug: a stopped machine attaches its disks when it starts.
    if state == "attached" && machine != "started" {
        return Err(Refusal::task_queueing(
            "The virtual machine must be started",
        ));
    }
    let name = if state == "attached" {
        "Attach disk to virtual machine"
    } else {
        "Detach disk from virtual machine"
    };
    let mut response = ctx.rendered(&disk.id);
    let task = tasks::start(
        ctx.world,
        name,
        &disk.id,
        vec![Change::Set(disk.id.clone(), "attachment", json!(state))],
    );
    ctx.render_as(&mut response, "task", &task);
    Ok(response)
}

/// Returns the duration of a task on a disk, in milliseconds. Copying a file system takes the longest.
fn task_duration(name: &str) -> u64 {
    match name {
        "Grow disk" => 7_500,
        "Shrink disk" => 5_000,
        _ => 2_500,
    }
}

/// Returns the name of a resize task, or the reason why the resize is impossible.
fn resize_task(
    size: i64,
    new_size: i64,
    online: bool,
    running: bool,
) -> Result<&'static str, &'static str> {
    match (new_size.cmp(&size), online, running) {
        (std::cmp::Ordering::Equal, _, _) => Err("The disk is of that size already"),
        (std::cmp::Ordering::Less, true, _) => Err("A disk can be shrunk offline only"),
        (_, false, true) => Err("The virtual machine must be stopped to resize its disk offline"),
        (std::cmp::Ordering::Less, false, false) => Ok("Shrink disk"),
        (std::cmp::Ordering::Greater, true, true) => Ok("Grow disk online"),
        (std::cmp::Ordering::Greater, _, _) => Ok("Grow disk"),
    }
}

fn resize(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    let requested = ctx
        .arguments
        .get("size_in_gb")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    if requested < 1 {
        return Err(Refusal::invalid("Size in GB must be greater than 0"));
    }
    let online = ctx.text("resize_method") == "online";
    let running = disk.text("attachment") == "attached";
    let name = resize_task(
        disk.number("size_in_gb").unwrap_or_default(),
        requested,
        online,
        running,
    )
    .map_err(Refusal::task_queueing)?;
    let mut response = ctx.rendered(&disk.id);
    let task = tasks::start_with_duration(
        ctx.world,
        name,
        &disk.id,
        task_duration(name),
        vec![Change::Set(disk.id.clone(), "size_in_gb", json!(requested))],
    );
    ctx.render_as(&mut response, "task", &task);
    Ok(response)
}

fn set_io_profile(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    let profile = ctx
        .lookups()
        .into_iter()
        .find(|(_, kind, _)| kind == "DiskIoProfile")
        .map(|(_, _, id)| id);
    let mut response = ctx.rendered(&disk.id);
    let changes = vec![Change::Set(disk.id.clone(), "io_profile", json!(profile))];
    let task = tasks::start(ctx.world, "Change disk IO profile", &disk.id, changes);
    ctx.render_as(&mut response, "task", &task);
    Ok(response)
}

fn delete(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disk = ctx.require_object("disk")?;
    if disk.text("attachment") == "attached" && !disk.text("virtual_machine").is_empty() {
        let detail = json!({"errors": ["Disk is attached to a virtual machine"]});
        // Not every version of the document has the specific code.
        let code = if ctx.documents_code("deletion_restricted") {
            "deletion_restricted"
        } else {
            "validation_error"
        };
        return Err(ctx.refusal(code, 409, "The object cannot be deleted", detail));
    }
    default::delete(ctx)
}

fn list_for_machine(ctx: &mut OperationContext<'_>) -> OperationResult {
    let disks = ctx
        .world
        .find_by("Disk", "virtual_machine", &ctx.text("virtual_machine"));
    let items = disks.filter(|disk| disk.trash.is_none()).map(|disk| json!({
        "disk": disk.id, "attach_on_boot": disk.flag("attach_on_boot"), "boot": disk.flag("boot"), "state": disk.text("attachment"),
    }));
    Ok(ctx.page("disks", &items.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_shrinks_only_offline() {
        let cases = [
            (10, 20, true, true, Some("Grow disk online")),
            (10, 20, false, false, Some("Grow disk")),
            (20, 10, false, false, Some("Shrink disk")),
            (20, 10, true, true, None),
            (10, 20, false, true, None),
            (10, 10, true, true, None),
        ];
        for (size, requested, online, running, expected) in cases {
            assert_eq!(
                resize_task(size, requested, online, running).ok(),
                expected,
                "{size} {requested} {online} {running}"
            );
        }
    }
}
