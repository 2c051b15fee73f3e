use katapult_core::prelude::*;
use katapult_core::virtual_machines::{Get, Shutdown};
use katapult_core::{Client, ListOperation, Operation, TaskOperation, TrashOperation};

pub fn methods(katapult: Client, web: katapult_core::types::VirtualMachineLookup) {
    let machines = katapult.virtual_machines();
    let _ = machines.get(&web).items(); //~ doesn't satisfy `_: ListOperation`
    let _ = machines.authorized_keys().wait(); //~ `AuthorizedKeys: TaskOperation`
    let _ = machines.get(&web).wait(); //~ returns an object without a state in which it is ready
    let _ = machines.get(&web).trash(); //~ doesn't satisfy `_: TrashOperation`
}

fn operation<O: Operation>() {}
fn list<O: ListOperation>() {}
fn task<O: TaskOperation>() {}
fn trash<O: TrashOperation>() {}

pub fn bounds() {
    operation::<Client>(); //~ is not an operation of the API
    list::<Get>(); //~ the operation `katapult_core::virtual_machines::Get` does not return a list in pages
    task::<Get>(); //~ the operation `katapult_core::virtual_machines::Get` does not queue a task
    trash::<Shutdown>(); //~ does not move its object to the trash
}
