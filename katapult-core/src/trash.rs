//! What a deletion leaves in the trash: to be purged, or brought back.

use std::fmt;
use std::future::Future;
use std::ops::Deref;

use katapult_gen::trash_objects::{Purge, Restore};
use katapult_gen::types::{TrashObject, TrashObjectLookup};
use katapult_gen::{Response, TrashOperation};

use crate::error::Error;
use crate::wait::Waiter;
use crate::watches::{TrashObjectCondition, TrashObjectsWaitExt};
use crate::{Call, HttpTransport};

/// Deleting, with a hold on what is then in the trash: on the call of every operation that moves its object there.
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
pub trait TrashOperationExt<O: TrashOperation>: Sized {
    /// Sends the call, and gives what is then in the trash.
    ///
    /// # Errors
    ///
    /// Those of the call. One that [is gone](Error::is_gone) says that there is no such object, or that it is in the trash
    /// already; [`TrashObjectLookup::object_id`] names it there by the object's own id.
    fn trash(self) -> impl Future<Output = Result<Trashed<O::Response>, Error>> + Send;
}

impl<O: TrashOperation + 'static> TrashOperationExt<O> for Call<O> {
    async fn trash(self) -> Result<Trashed<O::Response>, Error> {
        let http = self.transport().clone();
        let response = self.send().await?;
        let object = O::trash_object(&response).clone();
        Ok(Trashed {
            http,
            object,
            response,
        })
    }
}

/// What a deletion left in the trash; it dereferences to the [`TrashObject`].
///
/// Its `id` is all that another process needs: see [`trash_objects`](crate::trash_objects).
#[derive(Clone)]
pub struct Trashed<R> {
    http: HttpTransport,
    object: TrashObject,
    response: Response<R>,
}

impl<R> Trashed<R> {
    /// The trash object: what it is of, and until when it is kept.
    pub fn object(&self) -> &TrashObject {
        &self.object
    }

    /// What the deletion answered.
    pub fn response(&self) -> &Response<R> {
        &self.response
    }

    /// Deletes it for good: a call that queues a task, so that it can be sent, or
    /// [waited for](crate::prelude::TaskOperationExt::wait).
    pub fn purge(&self) -> Call<Purge> {
        self.objects().purge(self.lookup())
    }

    /// Brings it back: a call that can be sent, or [waited for](crate::prelude::RestoreWaitExt::wait).
    pub fn restore(&self) -> Call<Restore> {
        self.objects().restore(self.lookup())
    }

    /// Waits until it has left the trash, either way.
    pub fn wait_until_gone(&self) -> Waiter<TrashObjectCondition> {
        self.objects().wait_until_gone(self.lookup())
    }

    fn objects(&self) -> katapult_gen::trash_objects::TrashObjects<HttpTransport> {
        katapult_gen::Client::new(self.http.clone()).trash_objects()
    }

    fn lookup(&self) -> TrashObjectLookup {
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
