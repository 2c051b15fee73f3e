//! What a program that uses the API wants in scope: `use katapult_core::prelude::*;`.

pub use crate::call_ext::CallExt;
pub use crate::lists::ListExt;
pub use crate::safe_create::ReconcileByKey;
#[cfg(feature = "trash-objects")]
pub use crate::trash::TrashOperationExt;
#[cfg(feature = "disks")]
pub use crate::watches::DisksWaitExt;
#[cfg(feature = "file-storage-volumes")]
pub use crate::watches::FileStorageVolumesWaitExt;
#[cfg(feature = "object-storage")]
pub use crate::watches::ObjectStorageWaitExt;
#[cfg(feature = "virtual-machine-builds")]
pub use crate::watches::VirtualMachineBuildsWaitExt;
#[cfg(feature = "virtual-machines")]
pub use crate::watches::VirtualMachinesWaitExt;
#[cfg(feature = "trash-objects")]
pub use crate::watches::{RestoreWaitExt, TrashObjectsWaitExt};
#[cfg(feature = "tasks")]
pub use crate::watches::{TaskOperationExt, TasksWaitExt};
