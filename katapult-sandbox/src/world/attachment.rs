//! The attachment of disks and network interfaces to a virtual machine.

use serde_json::json;

use crate::world::World;

/// Sets the attachment state of a machine's disks and interfaces: they are attached while it runs.
///
/// A disk that is not attached on boot stays detached when the machine starts.
pub(crate) fn set_attachment(world: &mut World, machine: &str, state: &'static str) {
    let disks = world
        .find_by("Disk", "virtual_machine", machine)
        .filter(|disk| disk.flag("attach_on_boot") || state == "detached");
    let disks: Vec<_> = disks.map(|disk| disk.id.clone()).collect();
    for disk in disks {
        world.set(&disk, "attachment", json!(state));
    }
    let interfaces: Vec<_> = world
        .find_by("VirtualMachineNetworkInterface", "virtual_machine", machine)
        .map(|interface| interface.id.clone())
        .collect();
    for interface in interfaces {
        world.set(&interface, "state", json!(state));
    }
}
