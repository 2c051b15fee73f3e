//! What happens to objects as time goes by.

use serde_json::json;

use super::{builds, trash};
use crate::world::{Change, World};

/// Lets everything happen that is due by `now`, in its order.
pub(crate) fn advance(world: &mut World, now: u64) {
    while let Some(change) = world.due(now) {
        apply(world, change);
    }
}

fn apply(world: &mut World, change: Change) {
    match change {
        Change::Set(id, field, value) => world.set(&id, field, value),
        Change::State(id, from, to) => {
            if world
                .get(&id)
                .is_some_and(|object| object.text("state") == from && object.trash.is_none())
            {
                world.set(&id, "state", to);
            }
        }
        Change::Begin(task) => begin(world, &task),
        Change::Progress(task, percent) => progress(world, &task, percent),
        Change::End(task) => end(world, &task),
        Change::Remove(id) => trash::remove_with_all(world, &id),
        Change::Build(id) => builds::build(world, &id),
        Change::Attached(machine, state) => attached(world, &machine, state),
    }
}

fn begin(world: &mut World, task: &str) {
    if is(world, task, "pending") {
        world.set(task, "status", "running");
        world.set(task, "progress", 5);
        world.set(task, "started_at", world.seconds());
    }
}

fn progress(world: &mut World, task: &str, percent: u64) {
    if is(world, task, "running") {
        world.set(task, "progress", percent);
    }
}

fn end(world: &mut World, task: &str) {
    if is(world, task, "running") {
        world.set(task, "status", "completed");
        world.set(task, "progress", 100);
        world.set(task, "finished_at", world.seconds());
    }
}

fn is(world: &World, task: &str, status: &str) -> bool {
    world
        .get(task)
        .is_some_and(|task| task.text("status") == status)
}

/// A machine's disks and interfaces are attached while it runs.
pub(crate) fn attached(world: &mut World, machine: &str, state: &'static str) {
    let disks = world
        .having("Disk", "virtual_machine", machine)
        .filter(|disk| disk.is("attach_on_boot") || state == "detached");
    let disks: Vec<_> = disks.map(|disk| disk.id.clone()).collect();
    for disk in disks {
        world.set(&disk, "attachment", json!(state));
    }
    let interfaces: Vec<_> = world
        .having("VirtualMachineNetworkInterface", "virtual_machine", machine)
        .map(|interface| interface.id.clone())
        .collect();
    for interface in interfaces {
        world.set(&interface, "state", json!(state));
    }
}
