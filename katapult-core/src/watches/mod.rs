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
use crate::wait::{Verdict, Wait, Watch};
use crate::{Call, Http};

#[cfg(feature = "virtual-machine-builds")]
pub use builds::{BuildWatch, BuildsExt};
#[cfg(feature = "disks")]
pub use disks::{DiskWatch, DisksExt};
#[cfg(feature = "virtual-machines")]
pub use machines::{MachineGoneWatch, MachineWatch, MachinesExt};
#[cfg(feature = "object-storage")]
pub use object_storage::{AccountWatch, ObjectStorageExt};
#[cfg(feature = "tasks")]
pub use tasks::{TaskExt, TaskWatch, TasksExt};
#[cfg(feature = "trash-objects")]
pub use trash::{RestoreExt, TrashObjectsExt, TrashWatch};
#[cfg(feature = "file-storage-volumes")]
pub use volumes::{VolumeWatch, VolumesExt};

/// For builds and disks, whose images are copied.
const LONG: Duration = Duration::from_secs(30 * 60);

/// What is waited for: an object, looked at by the operation `O`; `S` is what a look gives.
///
/// Made by the methods that wait.
pub struct Object<O: Operation, S> {
    get: Call<O>,
    take: fn(O::Reply) -> S,
    judge: Box<dyn FnMut(&S) -> Verdict + Send>,
    describe: fn(&S) -> String,
    /// What a 404 means, if it means anything.
    gone: Option<fn() -> S>,
    forgives: fn(&Error) -> bool,
    timeout: Option<Duration>,
}

impl<O: Operation, S> Object<O, S> {
    fn new(
        get: Call<O>,
        take: fn(O::Reply) -> S,
        judge: impl FnMut(&S) -> Verdict + Send + 'static,
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

impl<O, S> Watch for Object<O, S>
where
    O: Operation + Clone + 'static,
    S: Clone + Send + 'static,
{
    type State = S;

    async fn look(&mut self, options: CallOptions) -> Result<S, Error> {
        let mut call = self.get.clone();
        *call.options_mut() = options;
        let (take, gone) = (self.take, self.gone);
        match (call.send().await, gone) {
            (Ok(reply), _) => Ok(take(reply.into_inner())),
            (Err(error), Some(gone)) if error.is_not_found() => Ok(gone()),
            (Err(error), _) => Err(error),
        }
    }

    fn judge(&mut self, state: &S) -> Verdict {
        (self.judge)(state)
    }

    fn describe(&self, state: &S) -> String {
        (self.describe)(state)
    }

    fn forgives(&self, error: &Error) -> bool {
        (self.forgives)(error)
    }

    fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(600))
    }
}

impl<O: Operation, S> std::fmt::Debug for Object<O, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object")
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

fn client(http: &Http) -> katapult_gen::Client<Http> {
    katapult_gen::Client::new(http.clone())
}

fn wait<O, S>(object: Object<O, S>) -> Wait<Object<O, S>>
where
    O: Operation + Clone + 'static,
    S: Clone + Send + 'static,
{
    let http = object.get.transport().clone();
    Wait::over(&http, object)
}
