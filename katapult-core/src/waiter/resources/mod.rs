//! The conditions of this crate: each is a get operation, and an evaluation of the object that it returns.

#[cfg(feature = "virtual-machine-builds")]
mod builds;
#[cfg(feature = "disks")]
mod disks;
#[cfg(feature = "file-storage-volumes")]
mod file_storage_volumes;
#[cfg(feature = "object-storage")]
mod object_storage;
#[cfg(feature = "tasks")]
mod tasks;
#[cfg(feature = "trash-objects")]
mod trash_objects;
#[cfg(feature = "virtual-machines")]
mod virtual_machines;

use std::fmt;
use std::time::Duration;

use katapult_gen::Operation;

use super::{WaitCondition, WaitState, Waiter};
use crate::error::Error;
use crate::transport::{Call, CallOptions};

#[cfg(feature = "virtual-machine-builds")]
pub use builds::{VirtualMachineBuildCondition, VirtualMachineBuildsWaitExt};
#[cfg(feature = "disks")]
pub use disks::{DiskCondition, DisksWaitExt};
#[cfg(feature = "file-storage-volumes")]
pub use file_storage_volumes::{FileStorageVolumeCondition, FileStorageVolumesWaitExt};
#[cfg(feature = "object-storage")]
pub use object_storage::{ObjectStorageCondition, ObjectStorageWaitExt};
#[cfg(feature = "tasks")]
pub use tasks::{TaskCondition, TaskOperationExt, TasksWaitExt};
#[cfg(feature = "trash-objects")]
pub use trash_objects::{RestoreWaitExt, TrashObjectCondition, TrashObjectsWaitExt};
#[cfg(feature = "virtual-machines")]
pub use virtual_machines::{
    VirtualMachineCondition, VirtualMachineDeletedCondition, VirtualMachinesWaitExt,
};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// The timeout of builds and disks.
// They copy images, which takes minutes.
#[cfg(any(feature = "disks", feature = "virtual-machine-builds"))]
const LONG_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// A condition on an object that the operation `O` returns; `S` is the state that a poll extracts from the response.
///
/// Created by the `wait` methods of the resources.
pub struct ResourceCondition<O: Operation, S> {
    get: Call<O>,
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
        extract: fn(O::Response) -> S,
        evaluate: impl FnMut(&S) -> WaitState + Send + 'static,
        describe: fn(&S) -> String,
    ) -> Self {
        Self {
            get,
            extract,
            evaluate: Box::new(evaluate),
            describe,
            on_not_found: None,
            is_transient: |_| false,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    #[cfg(any(feature = "disks", feature = "virtual-machine-builds"))]
    fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
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
