//! Tasks: pending, running, completed.

use serde_json::json;

use crate::world::{Change, World};

/// After how long a task begins, in milliseconds.
pub(crate) const BEGINS: u64 = 700;
/// How long a task takes that says nothing else.
pub(crate) const TAKES: u64 = 4_000;
/// How long tasks and builds are remembered, in milliseconds.
pub(crate) const REMEMBERED: u64 = 24 * 60 * 60 * 1000;

/// What a task that runs shows of its progress on the way, in percent.
const PROGRESS: &[u64] = &[25, 50, 75];

/// Starts a task on an object; at its end, `changes` happen.
pub(crate) fn start(world: &mut World, name: &str, target: &str, changes: Vec<Change>) -> String {
    start_for(world, name, target, TAKES, changes)
}

/// Starts a task that takes so many milliseconds.
pub(crate) fn start_for(
    world: &mut World,
    name: &str,
    target: &str,
    takes: u64,
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
    let fields = fields.as_object().cloned().unwrap_or_default();
    let task = world.create("Task", fields);
    world.later(BEGINS, Change::Begin(task.clone()));
    for percent in PROGRESS {
        let at = BEGINS + takes.saturating_sub(BEGINS) * percent / 100;
        world.later(at, Change::Progress(task.clone(), *percent));
    }
    for change in changes {
        world.later(takes, change);
    }
    world.later(takes, Change::End(task.clone()));
    world.later(takes + REMEMBERED, Change::Remove(task.clone()));
    task
}
