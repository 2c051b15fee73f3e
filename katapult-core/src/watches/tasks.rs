//! Tasks: of a call that queues one, or by their id.

use katapult_gen::tasks::{self, Tasks};
use katapult_gen::types::{Task, TaskLookup, TaskStatus};

use katapult_gen::TaskOperation;

use super::*;
use crate::wait::OperationWaiter;

/// A task, waited for until it is completed.
pub type TaskCondition = ResourceCondition<tasks::Get, Task>;

fn watch(get: Call<tasks::Get>) -> TaskCondition {
    let judge = |task: &Task| match task.status {
        Some(TaskStatus::Completed) => WaitState::Succeeded,
        Some(TaskStatus::Failed) => WaitState::Failed,
        _ => WaitState::Pending,
    };
    ResourceCondition::new(
        get,
        |response| response.task,
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
pub trait TaskOperationExt<O: TaskOperation + 'static>: Sized {
    /// Sends the call, and waits until its task is completed.
    ///
    /// It fails if the call fails, if the task does, if the time runs out (10 min unless
    /// [said otherwise](OperationWaiter::timeout)), or if it can't be seen how the task stands; [`WaitError`](crate::WaitError)
    /// tells them apart. The task's id, in the error too, lets anyone [go on waiting](TasksWaitExt::wait).
    fn wait(self) -> OperationWaiter<O, TaskCondition>;
}

impl<O: TaskOperation + 'static> TaskOperationExt<O> for Call<O> {
    fn wait(self) -> OperationWaiter<O, TaskCondition> {
        OperationWaiter::new(self, |http, response| {
            let task = O::task(response);
            let get = client(http).tasks().get(TaskLookup::id(&task.id));
            (watch(get), Some(task.clone()))
        })
    }
}

/// Waiting for tasks that are under way.
pub trait TasksWaitExt {
    /// Waits until a task is completed: one that this program queued, or another did.
    fn wait(&self, task: impl Into<TaskLookup>) -> Waiter<TaskCondition>;
}

impl TasksWaitExt for Tasks<HttpTransport> {
    fn wait(&self, task: impl Into<TaskLookup>) -> Waiter<TaskCondition> {
        super::wait(watch(self.get(task)))
    }
}
