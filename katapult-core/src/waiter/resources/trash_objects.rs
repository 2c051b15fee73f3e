//! Objects in the trash.

use katapult_gen::Operation;
use katapult_gen::trash_objects::{Get, GetResponse, Restore, TrashObjects};
use katapult_gen::types::{TrashObject, TrashObjectLookup};

use super::{ResourceCondition, describe_state};
use crate::call::Trashed;
use crate::call::sealed::Sealed;
use crate::transport::{Call, HttpTransport};
use crate::waiter::wait_token::{WaitTarget, WaitToken, WaitTokenError};
use crate::waiter::{OperationWaiter, WaitState, Waiter};

/// The condition that an object has left the trash.
pub type TrashObjectCondition = ResourceCondition<Get, Option<TrashObject>>;

fn left_the_trash(get: Call<Get>) -> TrashObjectCondition {
    let evaluate = |object: &Option<TrashObject>| match object {
        None => WaitState::Succeeded,
        Some(_) => WaitState::Pending,
    };
    let extract = |response: GetResponse| Some(response.trash_object);
    let mut condition = ResourceCondition::new(
        get,
        WaitTarget::Gone,
        extract,
        evaluate,
        |object| match object {
            None => "no trash object".to_owned(),
            Some(object) => describe_state("trash object", &object.id, Some("still in the trash")),
        },
    );
    condition.on_not_found = Some(|| None);
    condition
}

/// Waiters for objects in the trash.
pub trait TrashObjectsWaitExt: Sealed {
    /// Returns a waiter until a trash object does not exist: its object was restored, or purged. Default
    /// [timeout](Waiter::timeout): 10 min.
    ///
    /// ```no_run
    /// use katapult_core::{prelude::*, types::TrashObjectLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let object = TrashObjectLookup::object_id("vm_1");
    /// katapult.trash_objects().wait_until_gone(object).await?;
    /// # Ok(()) }
    /// ```
    fn wait_until_gone(
        &self,
        trash_object: impl Into<TrashObjectLookup>,
    ) -> Waiter<TrashObjectCondition>;

    /// Returns a waiter that continues a [`wait_until_gone`](Self::wait_until_gone), which was
    /// [saved](Waiter::resume_token).
    ///
    /// # Errors
    ///
    /// If the token is of another resource.
    fn resume_wait_until_gone(
        &self,
        token: &WaitToken,
    ) -> Result<Waiter<TrashObjectCondition>, WaitTokenError>;
}

impl TrashObjectsWaitExt for TrashObjects<HttpTransport> {
    fn wait_until_gone(
        &self,
        trash_object: impl Into<TrashObjectLookup>,
    ) -> Waiter<TrashObjectCondition> {
        left_the_trash(self.get(trash_object)).into_waiter()
    }

    fn resume_wait_until_gone(
        &self,
        token: &WaitToken,
    ) -> Result<Waiter<TrashObjectCondition>, WaitTokenError> {
        match token.target_of(Get::ID)? {
            WaitTarget::Gone => {
                let lookup = token.lookup::<TrashObjectLookup>(None)?;
                Ok(self.wait_until_gone(lookup))
            }
            _ => Err(token.other_target()),
        }
    }
}

impl<R> Trashed<R> {
    /// Returns a waiter until the object has left the trash, restored or purged. Default
    /// [timeout](Waiter::timeout): 10 min.
    pub fn wait_until_gone(&self) -> Waiter<TrashObjectCondition> {
        self.trash_objects().wait_until_gone(self.lookup())
    }
}

/// A waiter for the restoration of an object.
pub trait RestoreWaitExt: Sealed {
    /// Returns a waiter that sends the call, and polls until the object has left the trash. Default
    /// [timeout](OperationWaiter::timeout): 10 min.
    fn wait(self) -> OperationWaiter<Restore, TrashObjectCondition>;
}

impl RestoreWaitExt for Call<Restore> {
    fn wait(self) -> OperationWaiter<Restore, TrashObjectCondition> {
        OperationWaiter::new(self, |transport, response| {
            let id = TrashObjectLookup::id(&response.trash_object.id);
            let objects = katapult_gen::Client::new(transport.clone()).trash_objects();
            Some((left_the_trash(objects.get(id)), None))
        })
    }
}
