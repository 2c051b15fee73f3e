//! The conditions of this crate: each is a get operation, and an evaluation of the object that it returns.

#[cfg(feature = "disks")]
mod disks;
#[cfg(feature = "object-storage")]
mod object_storage;
mod states;
#[cfg(feature = "tasks")]
mod tasks;
#[cfg(feature = "trash-objects")]
mod trash_objects;

use std::fmt;
use std::time::Duration;

use katapult_gen::{Operation, QueryPairs};

use super::Waiter;
use super::condition::{ResumableCondition, WaitCondition, WaitState};
use super::wait_token::{WaitTarget, WaitToken};
use crate::error::Error;
use crate::transport::{Call, CallOptions};

#[cfg(feature = "disks")]
pub use disks::DisksWaitExt;
#[cfg(feature = "object-storage")]
pub use object_storage::ObjectStorageWaitExt;
pub use states::{StateOperationExt, StateResourceExt};
#[cfg(feature = "tasks")]
pub use tasks::{TaskCondition, TaskOperationExt, TasksWaitExt};
#[cfg(feature = "trash-objects")]
pub use trash_objects::{RestoreWaitExt, TrashObjectCondition, TrashObjectsWaitExt};

/// The condition that a disk, or its attachment, is in a state.
#[cfg(feature = "disks")]
pub type DiskCondition = ResourceCondition<katapult_gen::disks::Get, katapult_gen::types::Disk>;
/// The condition that a file storage volume is in a state.
#[cfg(feature = "file-storage-volumes")]
pub type FileStorageVolumeCondition = ResourceCondition<
    katapult_gen::file_storage_volumes::Get,
    katapult_gen::types::FileStorageVolume,
>;
/// The condition that an object storage account is in a state.
#[cfg(feature = "object-storage")]
pub type ObjectStorageCondition =
    ResourceCondition<katapult_gen::object_storage::Get, katapult_gen::types::ObjectStorageAccount>;
/// The condition that a build is in a state.
#[cfg(feature = "virtual-machine-builds")]
pub type VirtualMachineBuildCondition = ResourceCondition<
    katapult_gen::virtual_machine_builds::Get,
    katapult_gen::types::VirtualMachineBuild,
>;
/// The condition that a virtual machine is in a state.
#[cfg(feature = "virtual-machines")]
pub type VirtualMachineCondition =
    ResourceCondition<katapult_gen::virtual_machines::Get, katapult_gen::types::VirtualMachine>;
/// The condition that a virtual machine does not exist.
#[cfg(feature = "virtual-machines")]
pub type VirtualMachineDeletedCondition = ResourceCondition<
    katapult_gen::virtual_machines::Get,
    Option<katapult_gen::types::VirtualMachine>,
>;

/// The default timeout of tasks and trash objects.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// A condition on an object that the operation `O` returns; `S` is the state that a poll extracts from the response.
///
/// Created by the `wait` methods of the resources.
pub struct ResourceCondition<O: Operation, S> {
    get: Call<O>,
    /// The thing that the wait is for, of a wait that is saved.
    target: WaitTarget,
    extract: fn(O::Response) -> S,
    evaluate: Box<dyn FnMut(&S) -> WaitState + Send>,
    describe: fn(&S) -> String,
    /// The state that a 404 means; `None` if it is an error.
    on_not_found: Option<fn() -> S>,
    is_transient: fn(&Error) -> bool,
    timeout: Duration,
}

impl<O: Operation, S> ResourceCondition<O, S> {
    fn new(
        get: Call<O>,
        target: WaitTarget,
        extract: fn(O::Response) -> S,
        evaluate: impl FnMut(&S) -> WaitState + Send + 'static,
        describe: fn(&S) -> String,
    ) -> Self {
        Self {
            get,
            target,
            extract,
            evaluate: Box::new(evaluate),
            describe,
            on_not_found: None,
            is_transient: |_| false,
            timeout: DEFAULT_TIMEOUT,
        }
    }
}

impl<O, S> ResourceCondition<O, S>
where
    O: Operation + Clone + 'static,
    S: Clone + Send + 'static,
{
    fn into_waiter(self) -> Waiter<Self> {
        Waiter::from_transport(self.get.transport().clone(), self)
    }
}

impl<O, S> WaitCondition for ResourceCondition<O, S>
where
    O: Operation + Clone + 'static,
    S: Clone + Send + 'static,
{
    type State = S;

    async fn poll(&mut self, options: CallOptions) -> Result<S, Error> {
        let mut call = self.get.clone();
        *call.options_mut() = options;
        let (extract, on_not_found) = (self.extract, self.on_not_found);
        match (call.send().await, on_not_found) {
            (Ok(response), _) => Ok(extract(response.into_inner())),
            (Err(error), Some(state)) if error.is_not_found() => Ok(state()),
            (Err(error), _) => Err(error),
        }
    }

    fn evaluate(&mut self, state: &S) -> WaitState {
        (self.evaluate)(state)
    }

    fn describe(&self, state: &S) -> String {
        (self.describe)(state)
    }

    fn is_transient(&self, error: &Error) -> bool {
        (self.is_transient)(error)
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

impl<O, S> ResumableCondition for ResourceCondition<O, S>
where
    O: Operation + Clone + 'static,
    S: Clone + Send + 'static,
{
    fn token(&self) -> WaitToken {
        token_of(&self.get, self.target.clone())
    }
}

/// Returns the token of a wait that polls by this call.
fn token_of<O: Operation>(get: &Call<O>, target: WaitTarget) -> WaitToken {
    let mut pairs = QueryPairs::default();
    // Never an error: the arguments are lookups, which are texts and numbers.
    get.operation().query(&mut pairs);
    WaitToken::new(O::ID, target, &pairs.finish().unwrap_or_default())
}

impl<O: Operation, S> fmt::Debug for ResourceCondition<O, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceCondition")
            .field("operation", &O::ID)
            .finish_non_exhaustive()
    }
}

/// Returns a description such as `virtual machine vm_1: starting`.
fn describe_state<S: AsRef<str>>(noun: &str, id: &str, state: Option<S>) -> String {
    let space = if id.is_empty() { "" } else { " " };
    match state {
        Some(state) => format!("{noun}{space}{id}: {}", state.as_ref()),
        None => format!("{noun}{space}{id}: state unknown"),
    }
}
