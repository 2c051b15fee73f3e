//! The traits whose methods a program calls: `use katapult_core::prelude::*;`.

#[cfg(feature = "blocking")]
pub use crate::blocking::{CallBlockingExt, ListBlockingExt, StreamBlockingExt, WaitBlockingExt};
pub use crate::call::CallExt;
pub use crate::call::ReconcileByKey;
#[cfg(feature = "trash-objects")]
pub use crate::call::TrashOperationExt;
pub use crate::pagination::ListExt;
#[cfg(feature = "disks")]
pub use crate::waiter::resources::DisksWaitExt;
#[cfg(feature = "object-storage")]
pub use crate::waiter::resources::ObjectStorageWaitExt;
#[cfg(feature = "trash-objects")]
pub use crate::waiter::resources::{RestoreWaitExt, TrashObjectsWaitExt};
pub use crate::waiter::resources::{StateOperationExt, StateResourceExt};
#[cfg(feature = "tasks")]
pub use crate::waiter::resources::{TaskOperationExt, TasksWaitExt};
