//! Tasks: of a call that queues one, or by their id.

use katapult_gen::tasks::{self, Tasks};
use katapult_gen::types::{Task, TaskLookup, TaskStatus};

use katapult_gen::TaskOperation;

use super::*;
use crate::wait::CallWait;

/// A task, waited for until it is completed.
pub type TaskWatch = Object<tasks::Get, Task>;

fn watch(get: Call<tasks::Get>) -> TaskWatch {
    let judge = |task: &Task| match task.status {
        Some(TaskStatus::Completed) => Verdict::Done,
        Some(TaskStatus::Failed) => Verdict::Failed,
        _ => Verdict::Pending,
    };
    Object::new(
        get,
        |reply| reply.task,
        judge,
        |task| {
            let state = task.status.as_ref().map(TaskStatus::as_str);
            let mut words = in_words("task", &task.id, state);
            if let Some(name) = &task.name {
                words.push_str(&format!(" ({name})"));
            }
            words
        },
    )
}

/// Waiting for the task that a call queues: on the call of every operation that answers one.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use std::time::Duration;
/// use katapult_core::{WaitError, prelude::*, types::VirtualMachineLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// let stopped = katapult
///     .virtual_machines()
///     .shutdown(&web)
///     .wait()
///     .progress(|task| println!("{} %", task.progress.unwrap_or(0)))
///     .timeout(Duration::from_secs(120))
///     .await;
/// match stopped {
///     Ok(task) => println!("it is off since {:?}", task.finished_at),
///     Err(WaitError::Failed { state, .. }) => println!("task {} failed", state.id),
///     Err(WaitError::TimedOut { last, .. }) => println!("still under way: {last:?}"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(()) }
/// ```
pub trait TaskExt<O: TaskOperation + 'static>: Sized {
    /// Sends the call, and waits until its task is completed.
    ///
    /// It fails if the call fails, if the task does, if the time runs out (10 min unless
    /// [said otherwise](CallWait::timeout)), or if it can't be seen how the task stands; [`WaitError`](crate::WaitError)
    /// tells them apart. The task's id, in the error too, lets anyone [go on waiting](TasksExt::wait).
    fn wait(self) -> CallWait<O, TaskWatch>;
}

impl<O: TaskOperation + 'static> TaskExt<O> for Call<O> {
    fn wait(self) -> CallWait<O, TaskWatch> {
        CallWait::new(self, |http, reply| {
            let task = O::task(reply);
            let get = client(http).tasks().get(TaskLookup::id(&task.id));
            (watch(get), Some(task.clone()))
        })
    }
}

/// Waiting for tasks that are under way.
pub trait TasksExt {
    /// Waits until a task is completed: one that this program queued, or another did.
    fn wait(&self, task: impl Into<TaskLookup>) -> Wait<TaskWatch>;
}

impl TasksExt for Tasks<Http> {
    fn wait(&self, task: impl Into<TaskLookup>) -> Wait<TaskWatch> {
        super::wait(watch(self.get(task)))
    }
}
