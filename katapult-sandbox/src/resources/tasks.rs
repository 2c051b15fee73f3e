//! Tasks: pending, running, completed.

use serde_json::json;

use crate::world::{Change, World};

/// The time until a task starts, in milliseconds.
const START_DELAY: u64 = 700;
/// The default duration of a task, in milliseconds.
const DEFAULT_DURATION: u64 = 4_000;
/// The time that completed tasks and builds are kept, in milliseconds: a day.
pub(crate) const RETENTION: u64 = 24 * 60 * 60 * 1000;

/// The field of an object with the time until which its tasks wait, in milliseconds since 1970.
pub(crate) const BUSY_UNTIL: &str = "busy_until";

/// The progress values of a running task, in percent.
const PROGRESS: &[u64] = &[25, 50, 75];

/// Starts a task on an object. `changes` are applied at its end.
pub(crate) fn start(world: &mut World, name: &str, target: &str, changes: Vec<Change>) -> String {
    start_with_duration(world, name, target, DEFAULT_DURATION, changes)
}

/// Starts a task with a duration in milliseconds. A task on an object that is busy starts when the object no
/// longer is.
pub(crate) fn start_with_duration(
    world: &mut World,
    name: &str,
    target: &str,
    duration: u64,
    changes: Vec<Change>,
) -> String {
    let target_object = world.get(target);
    let busy_until = target_object.and_then(|object| object.number(BUSY_UNTIL));
    let busy_until = busy_until.unwrap_or_default().unsigned_abs();
    let delay = busy_until.saturating_sub(world.now);
    start_after(world, name, target, delay, duration, changes)
}

/// Starts a task that stays `pending` for a delay before its duration, both in milliseconds.
pub(crate) fn start_after(
    world: &mut World,
    name: &str,
    target: &str,
    delay: u64,
    duration: u64,
    changes: Vec<Change>,
) -> String {
    let fields = json!({
        "name": name,
        "status": "pending",
        "progress": 0,
        "started_at": null,
        "finished_at": null,
        "target": target,
    });
    let task = world.create("Task", fields);
    world.schedule(delay + START_DELAY, Change::StartTask(task.clone()));
    for percent in PROGRESS {
        let at = delay + START_DELAY + duration.saturating_sub(START_DELAY) * percent / 100;
        world.schedule(at, Change::TaskProgress(task.clone(), *percent));
    }
    // Before the end of the task, so that a completed task has had its effect.
    for change in changes {
        world.schedule(delay + duration, change);
    }
    world.schedule(delay + duration, Change::CompleteTask(task.clone()));
    world.schedule(delay + duration + RETENTION, Change::Remove(task.clone()));
    task
}
