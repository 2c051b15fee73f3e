//! What this crate waits for: each a get operation, and when what it gives is done.

#[cfg(feature = "virtual-machine-builds")]
mod builds;
#[cfg(feature = "disks")]
mod disks;
#[cfg(feature = "virtual-machines")]
mod machines;
#[cfg(feature = "object-storage")]
mod object_storage;
#[cfg(feature = "tasks")]
mod tasks;
#[cfg(feature = "trash-objects")]
mod trash;
#[cfg(feature = "file-storage-volumes")]
mod volumes;

use std::time::Duration;

use katapult_gen::Operation;

use crate::call_ext::CallOptions;
use crate::error::Error;
use crate::wait::{WaitCondition, WaitState, Waiter};
use crate::{Call, HttpTransport};

#[cfg(feature = "virtual-machine-builds")]
pub use builds::{VirtualMachineBuildCondition, VirtualMachineBuildsWaitExt};
#[cfg(feature = "disks")]
pub use disks::{DiskCondition, DisksWaitExt};
#[cfg(feature = "virtual-machines")]
pub use machines::{
    VirtualMachineCondition, VirtualMachineDeletedCondition, VirtualMachinesWaitExt,
};
#[cfg(feature = "object-storage")]
pub use object_storage::{ObjectStorageCondition, ObjectStorageWaitExt};
#[cfg(feature = "tasks")]
pub use tasks::{TaskCondition, TaskOperationExt, TasksWaitExt};
#[cfg(feature = "trash-objects")]
pub use trash::{RestoreWaitExt, TrashObjectCondition, TrashObjectsWaitExt};
#[cfg(feature = "file-storage-volumes")]
pub use volumes::{FileStorageVolumeCondition, FileStorageVolumesWaitExt};

/// For builds and disks, whose images are copied.
const LONG: Duration = Duration::from_secs(30 * 60);

/// What is waited for: an object, looked at by the operation `O`; `S` is what a look gives.
///
/// Made by the methods that wait.
pub struct ResourceCondition<O: Operation, S> {
    get: Call<O>,
    take: fn(O::Response) -> S,
    judge: Box<dyn FnMut(&S) -> WaitState + Send>,
    describe: fn(&S) -> String,
    /// What a 404 means, if it means anything.
    gone: Option<fn() -> S>,
    forgives: fn(&Error) -> bool,
    timeout: Option<Duration>,
}

impl<O: Operation, S> ResourceCondition<O, S> {
    fn new(
        get: Call<O>,
        take: fn(O::Response) -> S,
        judge: impl FnMut(&S) -> WaitState + Send + 'static,
        describe: fn(&S) -> String,
    ) -> Self {
        Self {
            get,
            take,
            judge: Box::new(judge),
            describe,
            gone: None,
            forgives: |_| false,
            timeout: None,
        }
    }

    fn lasting(self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self
        }
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
        let (take, gone) = (self.take, self.gone);
        match (call.send().await, gone) {
            (Ok(response), _) => Ok(take(response.into_inner())),
            (Err(error), Some(gone)) if error.is_not_found() => Ok(gone()),
            (Err(error), _) => Err(error),
        }
    }

    fn evaluate(&mut self, state: &S) -> WaitState {
        (self.judge)(state)
    }

    fn describe(&self, state: &S) -> String {
        (self.describe)(state)
    }

    fn is_transient(&self, error: &Error) -> bool {
        (self.forgives)(error)
    }

    fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(600))
    }
}

impl<O: Operation, S> std::fmt::Debug for ResourceCondition<O, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceCondition")
            .field("operation", &O::ID)
            .finish_non_exhaustive()
    }
}

/// `virtual machine vm_1: starting`
fn in_words<S: AsRef<str>>(noun: &str, id: &str, state: Option<S>) -> String {
    let space = if id.is_empty() { "" } else { " " };
    match state {
        Some(state) => format!("{noun}{space}{id}: {}", state.as_ref()),
        None => format!("{noun}{space}{id}: its state is not told"),
    }
}

fn client(http: &HttpTransport) -> katapult_gen::Client<HttpTransport> {
    katapult_gen::Client::new(http.clone())
}

fn wait<O, S>(object: ResourceCondition<O, S>) -> Waiter<ResourceCondition<O, S>>
where
    O: Operation + Clone + 'static,
    S: Clone + Send + 'static,
{
    let http = object.get.transport().clone();
    Waiter::over(&http, object)
}
