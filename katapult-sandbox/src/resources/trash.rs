//! The trash: purge by a task, restore.

use super::tasks;
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::world::Change;

/// The name of a purge's task.
const TASK_NAME: &str = "Purge items from trash";
/// The duration of a purge, in milliseconds.
const PURGE_DURATION: u64 = 5_500;
/// Types whose purge takes longer, as there are stored files to delete.
const LONG_PURGES: &[(&str, u64)] = &[
    ("FileStorageVolume", 26_500),
    ("ObjectStorageAccount", 11_000),
];
/// The delay of a purge during another one of the same organization, in milliseconds: the API runs one at
/// a time and tries again later.
const RETRY_DELAY: u64 = 15_000;

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
    let durations = trash
        .iter()
        .filter_map(|trash| ctx.world.get(trash))
        .map(|trash| purge_duration(trash.text("object_type")));
    let duration = durations.max().unwrap_or(PURGE_DURATION);
    let mut tasks = ctx.world.find_by("Task", "target", organization);
    let is_purging = tasks.any(|task| {
        task.text("name") == TASK_NAME && ["pending", "running"].contains(&task.text("status"))
    });
    drop(tasks);
    let delay = if is_purging { RETRY_DELAY } else { 0 };
    let changes = trash.into_iter().map(Change::Remove).collect();
    let task = tasks::start_after(ctx.world, TASK_NAME, organization, delay, duration, changes);
    Ok(ctx.rendered(&task))
}

/// Returns the duration of the purge of an object, in milliseconds.
fn purge_duration(kind: &str) -> u64 {
    let long = LONG_PURGES.iter().find(|(long, _)| *long == kind);
    long.map_or(PURGE_DURATION, |(_, duration)| *duration)
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
