//! Tasks: of a call that queues one, or by their id.

use katapult_gen::TaskOperation;
use katapult_gen::tasks::{Get, Tasks};
use katapult_gen::types::{Task, TaskLookup, TaskStatus};

use super::{ResourceCondition, describe_state};
use crate::transport::{Call, HttpTransport};
use crate::waiter::{OperationWaiter, WaitState, Waiter};

/// The condition that a task is completed.
pub type TaskCondition = ResourceCondition<Get, Task>;

fn completed(get: Call<Get>) -> TaskCondition {
    let evaluate = |task: &Task| match task.status {
        Some(TaskStatus::Completed) => WaitState::Succeeded,
        Some(TaskStatus::Failed) => WaitState::Failed,
        _ => WaitState::Pending,
    };
    ResourceCondition::new(get, |response| response.task, evaluate, describe)
}

fn describe(task: &Task) -> String {
    let state = task.status.as_ref().map(TaskStatus::as_str);
    let description = describe_state("task", &task.id, state);
    match &task.name {
        Some(name) => format!("{description} ({name})"),
        None => description,
    }
}

/// A waiter for the task that a call queues: on the call of every operation that returns a task.
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
///     Ok(task) => println!("stopped at {:?}", task.finished_at),
///     Err(WaitError::Failed { state, .. }) => println!("task {} failed", state.id),
///     Err(WaitError::TimedOut { description, .. }) => println!("not finished: {description}"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(()) }
/// ```
pub trait TaskOperationExt<O: TaskOperation + 'static>: Sized {
    /// Returns a waiter that sends the call, and polls until its task is completed.
    ///
    /// Its [`WaitError`](crate::WaitError) states whether the call failed, the response was without a task, the task
    /// failed, the [timeout](OperationWaiter::timeout) passed (default: 10 min), or polling failed. With the id of the
    /// task, which the error contains too, any program can [continue to wait](TasksWaitExt::wait).
    fn wait(self) -> OperationWaiter<O, TaskCondition>;
}

impl<O: TaskOperation + 'static> TaskOperationExt<O> for Call<O> {
    fn wait(self) -> OperationWaiter<O, TaskCondition> {
        OperationWaiter::new(self, |transport, response| {
            let task = O::task(response)?;
            let tasks = katapult_gen::Client::new(transport.clone()).tasks();
            let condition = completed(tasks.get(TaskLookup::id(&task.id)));
            Some((condition, Some(task.clone())))
        })
    }
}

/// Waiters for tasks that are in progress.
pub trait TasksWaitExt {
    /// Returns a waiter until a task is completed, whichever program queued it. Default
    /// [timeout](Waiter::timeout): 10 min.
    fn wait(&self, task: impl Into<TaskLookup>) -> Waiter<TaskCondition>;
}

impl TasksWaitExt for Tasks<HttpTransport> {
    fn wait(&self, task: impl Into<TaskLookup>) -> Waiter<TaskCondition> {
        completed(self.get(task)).into_waiter()
    }
}
