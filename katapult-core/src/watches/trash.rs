//! What is in the trash, until it has left it.

use katapult_gen::trash_objects::{self, Restore, TrashObjects};
use katapult_gen::types::{TrashObject, TrashObjectLookup};

use super::*;
use crate::wait::CallWait;

/// A trash object, waited for until there is none.
pub type TrashWatch = Object<trash_objects::Get, Option<TrashObject>>;

fn watch(get: Call<trash_objects::Get>) -> TrashWatch {
    let judge = |object: &Option<TrashObject>| match object {
        None => Verdict::Done,
        Some(_) => Verdict::Pending,
    };
    let mut object = Object::new(
        get,
        |reply| Some(reply.trash_object),
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
pub trait TrashObjectsExt {
    /// Waits until a trash object is no more: its object was restored, or purged. The time is 10 min unless
    /// [said otherwise](Wait::timeout).
    fn wait_until_gone(&self, trash_object: impl Into<TrashObjectLookup>) -> Wait<TrashWatch>;
}

impl TrashObjectsExt for TrashObjects<Http> {
    fn wait_until_gone(&self, trash_object: impl Into<TrashObjectLookup>) -> Wait<TrashWatch> {
        super::wait(watch(self.get(trash_object)))
    }
}

/// Waiting for what is restored.
pub trait RestoreExt {
    /// Sends the call, and waits until the object has left the trash. The time is 10 min unless
    /// [said otherwise](CallWait::timeout).
    fn wait(self) -> CallWait<Restore, TrashWatch>;
}

impl RestoreExt for Call<Restore> {
    fn wait(self) -> CallWait<Restore, TrashWatch> {
        CallWait::new(self, |http, reply| {
            let id = TrashObjectLookup::id(&reply.trash_object.id);
            (watch(client(http).trash_objects().get(id)), None)
        })
    }
}
