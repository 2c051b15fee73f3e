//! The result of a waiter that sent a call.

use std::any::Any;
use std::ops::Deref;

use katapult_gen::types::Task;
use katapult_gen::{IntoSubject, Response};

/// The result of an operation that was waited for. It dereferences to the object that the operation is about, as the
/// response to the call described it before the task ran; without such an object, to the completed task.
///
#[cfg_attr(all(feature = "disks", feature = "tasks"), doc = "```no_run")]
#[cfg_attr(not(all(feature = "disks", feature = "tasks")), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::DiskLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let data = DiskLookup::id("disk_1");
/// let resized = katapult.disks().resize(&data, 20).wait().await?;
/// println!("disk {} was resized at {:?}", resized.id, resized.task().finished_at);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Completed<R, S> {
    response: Response<R>,
    state: S,
}

impl<R, S> Completed<R, S> {
    pub(super) fn new(response: Response<R>, state: S) -> Self {
        Self { response, state }
    }

    /// Returns the response that started the operation.
    pub fn response(&self) -> &Response<R> {
        &self.response
    }

    /// Returns the response and the last state by value. The last state is the completed task; of a restoration, it is
    /// the trash object, which is `None` then.
    pub fn into_parts(self) -> (Response<R>, S) {
        (self.response, self.state)
    }
}

impl<R> Completed<R, Task> {
    /// Returns the completed task.
    pub fn task(&self) -> &Task {
        &self.state
    }
}

impl<R, S> Completed<R, S>
where
    R: IntoSubject,
    R::Target: 'static,
    S: 'static,
{
    /// Returns the object or the completed task to which this dereferences.
    pub fn into_subject(self) -> R::Target {
        let mut state = Some(self.state);
        // An `Option` can be moved out of a `dyn Any`.
        let newer = (&mut state as &mut dyn Any).downcast_mut::<Option<R::Target>>();
        newer
            .and_then(Option::take)
            .unwrap_or_else(|| self.response.into_subject())
    }
}

impl<R, S> Deref for Completed<R, S>
where
    R: IntoSubject,
    R::Target: 'static,
    S: 'static,
{
    type Target = R::Target;

    fn deref(&self) -> &R::Target {
        // Where the subject of the response is the queued task, the last state is the same task, completed.
        (&self.state as &dyn Any)
            .downcast_ref()
            .unwrap_or(&self.response)
    }
}
