//! The trash: purge by a task, restore.

use super::tasks;
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::world::Change;

/// The duration of a purge, in milliseconds. Volumes with files take longer.
const PURGE_DURATION: u64 = 5_500;
const FILE_PURGE_DURATION: u64 = 20_000;

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "purge" => purge(ctx),
        "purge_all" => purge_all(ctx),
        "restore" => restore(ctx),
        _ => return None,
    })
}

fn purge(ctx: &mut OperationContext<'_>) -> OperationResult {
    let trash = ctx.text("trash_object");
    let organization = ctx
        .world
        .get(&trash)
        .map(|trash| trash.text("organization").to_owned())
        .unwrap_or_default();
    start_purge(ctx, &organization, vec![trash])
}

fn purge_all(ctx: &mut OperationContext<'_>) -> OperationResult {
    let organization = ctx.text("organization");
    let all = ctx
        .world
        .find_by("TrashObject", "organization", &organization);
    let all = all.map(|trash| trash.id.clone()).collect();
    start_purge(ctx, &organization, all)
}

fn start_purge(
    ctx: &mut OperationContext<'_>,
    organization: &str,
    trash: Vec<String>,
) -> OperationResult {
    let is_file_storage = |trash: &String| {
        let trash = ctx.world.get(trash);
        trash.is_some_and(|trash| trash.text("object_type") == "FileStorageVolume")
    };
    let duration = if trash.iter().any(is_file_storage) {
        FILE_PURGE_DURATION
    } else {
        PURGE_DURATION
    };
    let changes = trash.into_iter().map(Change::Remove).collect();
    let name = "Purge items from trash";
    let task = tasks::start_with_duration(ctx.world, name, organization, duration, changes);
    Ok(ctx.rendered(&task))
}

fn restore(ctx: &mut OperationContext<'_>) -> OperationResult {
    let id = ctx.text("trash_object");
    let fields: ResponseFields = ctx.rendered(&id);
    // Without the cascade, which would remove the restored object too.
    if let Some(trash) = ctx.world.remove(&id) {
        ctx.world.set_trash(trash.text("object_id"), None);
    }
    Ok(fields)
}
