//! What is in the trash, until it has left it.

use katapult_gen::trash_objects::{self, Restore, TrashObjects};
use katapult_gen::types::{TrashObject, TrashObjectLookup};

use super::*;
use crate::wait::OperationWaiter;

/// A trash object, waited for until there is none.
pub type TrashObjectCondition = ResourceCondition<trash_objects::Get, Option<TrashObject>>;

fn watch(get: Call<trash_objects::Get>) -> TrashObjectCondition {
    let judge = |object: &Option<TrashObject>| match object {
        None => WaitState::Succeeded,
        Some(_) => WaitState::Pending,
    };
    let mut object = ResourceCondition::new(
        get,
        |response| Some(response.trash_object),
        judge,
        |object| match object {
            None => "no trash object".to_owned(),
            Some(object) => format!("trash object {}: still in the trash", object.id),
        },
    );
    object.gone = Some(|| None);
    object
}

/// Waiting for what is in the trash to leave it.
pub trait TrashObjectsWaitExt {
    /// Waits until a trash object is no more: its object was restored, or purged. The time is 10 min unless
    /// [said otherwise](Wait::timeout).
    fn wait_until_gone(
        &self,
        trash_object: impl Into<TrashObjectLookup>,
    ) -> Waiter<TrashObjectCondition>;
}

impl TrashObjectsWaitExt for TrashObjects<HttpTransport> {
    fn wait_until_gone(
        &self,
        trash_object: impl Into<TrashObjectLookup>,
    ) -> Waiter<TrashObjectCondition> {
        super::wait(watch(self.get(trash_object)))
    }
}

/// Waiting for what is restored.
pub trait RestoreWaitExt {
    /// Sends the call, and waits until the object has left the trash. The time is 10 min unless
    /// [said otherwise](OperationWaiter::timeout).
    fn wait(self) -> OperationWaiter<Restore, TrashObjectCondition>;
}

impl RestoreWaitExt for Call<Restore> {
    fn wait(self) -> OperationWaiter<Restore, TrashObjectCondition> {
        OperationWaiter::new(self, |http, response| {
            let id = TrashObjectLookup::id(&response.trash_object.id);
            (watch(client(http).trash_objects().get(id)), None)
        })
    }
}
