//! Deletions that move the object to the trash.

use std::fmt;
use std::future::Future;
use std::ops::Deref;

use katapult_gen::trash_objects::{Purge, Restore, TrashObjects};
use katapult_gen::types::{TrashObject, TrashObjectLookup};
use katapult_gen::{Response, TrashOperation};

use crate::call::sealed::Sealed;
use crate::error::Error;
use crate::transport::{Call, HttpTransport};

/// A deletion that returns the trash object: on the call of every operation that moves its object to the trash.
///
#[cfg_attr(
    all(feature = "virtual-machines", feature = "tasks"),
    doc = "```no_run"
)]
#[cfg_attr(
    not(all(feature = "virtual-machines", feature = "tasks")),
    doc = "```ignore"
)]
/// use katapult_core::{prelude::*, types::VirtualMachineLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// let trashed = katapult.virtual_machines().delete(&web).trash().await?;
/// println!("kept until {:?}", trashed.keep_until);
/// trashed.purge().wait().await?; // or: trashed.restore().wait().await?
/// # Ok(()) }
/// ```
pub trait TrashOperationExt<O: TrashOperation>: Sealed + Sized {
    /// Sends the call, and returns the trash object.
    ///
    /// # Errors
    ///
    /// Those of the call. An error that [is gone](Error::is_gone) means that the object does not exist or is in
    /// the trash already; [`TrashObjectLookup::object_id`] finds it there by the object's own id.
    fn trash(self) -> impl Future<Output = Result<Trashed<O::Response>, Error>> + Send;
}

impl<O: TrashOperation + 'static> TrashOperationExt<O> for Call<O> {
    async fn trash(self) -> Result<Trashed<O::Response>, Error> {
        let transport = self.transport().clone();
        let response = self.send().await?;
        let object = O::trash_object(&response).clone();
        Ok(Trashed {
            transport,
            object,
            response,
        })
    }
}

/// The result of a deletion: the [`TrashObject`], to which it dereferences, with operations on it.
///
/// Another process needs only its `id`: see [`trash_objects`](crate::trash_objects).
#[derive(Clone)]
pub struct Trashed<R> {
    transport: HttpTransport,
    object: TrashObject,
    response: Response<R>,
}

impl<R> Trashed<R> {
    /// Returns the trash object: the type and id of the deleted object, and the time until which it is kept.
    pub fn object(&self) -> &TrashObject {
        &self.object
    }

    /// Returns the response to the deletion.
    pub fn response(&self) -> &Response<R> {
        &self.response
    }

    /// Returns a call that deletes the object permanently. It queues a task: send it, or
    /// [wait](crate::prelude::TaskOperationExt::wait) for the task.
    pub fn purge(&self) -> Call<Purge> {
        self.trash_objects().purge(self.lookup())
    }

    /// Returns a call that restores the object: send it, or [wait](crate::prelude::RestoreWaitExt::wait) until
    /// the object has left the trash.
    pub fn restore(&self) -> Call<Restore> {
        self.trash_objects().restore(self.lookup())
    }

    pub(crate) fn trash_objects(&self) -> TrashObjects<HttpTransport> {
        katapult_gen::Client::new(self.transport.clone()).trash_objects()
    }

    pub(crate) fn lookup(&self) -> TrashObjectLookup {
        TrashObjectLookup::id(&self.object.id)
    }
}

impl<R> Deref for Trashed<R> {
    type Target = TrashObject;

    fn deref(&self) -> &TrashObject {
        &self.object
    }
}

impl<R> fmt::Debug for Trashed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trashed")
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}
