//! What a program that uses the API wants in scope: `use katapult_core::prelude::*;`.

pub use crate::call_ext::CallExt;
pub use crate::lists::ListExt;
#[cfg(feature = "trash-objects")]
pub use crate::trash::TrashExt;
#[cfg(feature = "virtual-machine-builds")]
pub use crate::watches::BuildsExt;
#[cfg(feature = "disks")]
pub use crate::watches::DisksExt;
#[cfg(feature = "virtual-machines")]
pub use crate::watches::MachinesExt;
#[cfg(feature = "object-storage")]
pub use crate::watches::ObjectStorageExt;
#[cfg(feature = "file-storage-volumes")]
pub use crate::watches::VolumesExt;
#[cfg(feature = "trash-objects")]
pub use crate::watches::{RestoreExt, TrashObjectsExt};
#[cfg(feature = "tasks")]
pub use crate::watches::{TaskExt, TasksExt};
