//! Changes of objects that are due: progress of tasks, states of machines, ends of retention.

use super::builds;
use crate::world::attachment::set_attachment;
use crate::world::cascade::remove_cascade;
use crate::world::{Change, World};

/// Applies every change that is due by `now` (milliseconds since 1970), in order.
pub(crate) fn advance(world: &mut World, now: u64) {
    while let Some(change) = world.pop_due(now) {
        apply(world, change);
    }
}

fn apply(world: &mut World, change: Change) {
    match change {
        Change::Set(id, field, value) => world.set(&id, field, value),
        Change::Transition(id, from, to) => {
            if world
                .get(&id)
                // Another action may have changed the state since this was scheduled.
                .is_some_and(|object| object.text("state") == from && object.trash.is_none())
            {
                world.set(&id, "state", to);
            }
        }
        Change::StartTask(task) => start_task(world, &task),
        Change::TaskProgress(task, percent) => {
            if has_status(world, &task, "running") {
                world.set(&task, "progress", percent);
            }
        }
        Change::CompleteTask(task) => complete_task(world, &task),
        Change::Remove(id) => remove_cascade(world, &id),
        Change::CreateMachine(build) => builds::finish(world, &build),
        Change::SetAttachment(machine, state) => set_attachment(world, &machine, state),
    }
}

fn start_task(world: &mut World, task: &str) {
    if has_status(world, task, "pending") {
        world.set(task, "status", "running");
        world.set(task, "progress", 5);
        world.set(task, "started_at", world.now_secs());
    }
}

fn complete_task(world: &mut World, task: &str) {
    if has_status(world, task, "running") {
        world.set(task, "status", "completed");
        world.set(task, "progress", 100);
        world.set(task, "finished_at", world.now_secs());
    }
}

/// Returns `true` if a task has this status. A task that has failed does not complete.
fn has_status(world: &World, task: &str, status: &str) -> bool {
    world
        .get(task)
        .is_some_and(|task| task.text("status") == status)
}
