//! The seal of the extension traits: only this crate implements them, so that they can get further methods.

use crate::transport::Call;
#[cfg(any(
    feature = "disks",
    feature = "object-storage",
    feature = "tasks",
    feature = "trash-objects"
))]
use crate::transport::HttpTransport;

/// The supertrait of the extension traits. Programs cannot name it, and so cannot implement them.
pub trait Sealed {}

impl<O> Sealed for Call<O> {}
#[cfg(feature = "disks")]
impl Sealed for katapult_gen::disks::Disks<HttpTransport> {}
#[cfg(feature = "object-storage")]
impl Sealed for katapult_gen::object_storage::ObjectStorage<HttpTransport> {}
#[cfg(feature = "tasks")]
impl Sealed for katapult_gen::tasks::Tasks<HttpTransport> {}
#[cfg(feature = "trash-objects")]
impl Sealed for katapult_gen::trash_objects::TrashObjects<HttpTransport> {}
#[cfg(feature = "httpmock")]
impl Sealed for httpmock::MockServer {}
