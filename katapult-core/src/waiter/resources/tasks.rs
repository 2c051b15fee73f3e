//! Tasks: of a call that queues one, or by their id.

use std::any::Any;
use std::time::Duration;

use katapult_gen::tasks::{Get, GetResponse, Tasks};
use katapult_gen::types::{Task, TaskLookup, TaskStatus};
use katapult_gen::{Operation, TaskOperation};
#[cfg(feature = "disks")]
use {
    super::states::{describe as describe_object, settled},
    katapult_gen::StateOperation,
    katapult_gen::Transport,
    katapult_gen::disks::{CreateResponse, Get as GetDisk},
    katapult_gen::types::DiskLookup,
    serde::Deserialize,
    serde_json::json,
};

use super::{ResourceCondition, describe_state};
use crate::call::sealed::Sealed;
use crate::error::Error;
use crate::transport::{Call, CallOptions, HttpTransport};
use crate::waiter::wait_token::{WaitTarget, WaitToken, WaitTokenError};
use crate::waiter::{OperationWaiter, ResumableCondition, WaitCondition, WaitState, Waiter};

/// The condition that a task is completed.
///
/// A disk whose creation was [reconciled](crate::prelude::CallExt::reconcile) has no task. Its own state is polled instead, and
/// reported as that of a task without an id: `completed` when the disk is built, `failed` when it failed.
#[derive(Debug)]
pub struct TaskCondition(Polled);

/// The object that is polled for the state of a task.
#[derive(Debug)]
enum Polled {
    Task(ResourceCondition<Get, Task>),
    #[cfg(feature = "disks")]
    Disk(Call<GetDisk>),
}

impl TaskCondition {
    fn of_task(get: Call<Get>) -> Self {
        // The evaluation is that of all tasks, below.
        let pending = |_: &Task| WaitState::Pending;
        let extract = |response: GetResponse| response.task;
        let target = WaitTarget::Settled;
        Self(Polled::Task(ResourceCondition::new(
            get, target, extract, pending, describe,
        )))
    }

    /// Returns the condition for a response without a task, if it is about an object with a state.
    #[cfg(feature = "disks")]
    fn of_object(transport: &HttpTransport, response: &dyn Any) -> Option<Self> {
        let created = response.downcast_ref::<CreateResponse>()?;
        let disks = katapult_gen::Client::new(transport.clone()).disks();
        let get = disks.get(DiskLookup::id(&created.disk.id));
        Some(Self(Polled::Disk(get)))
    }

    #[cfg(not(feature = "disks"))]
    fn of_object(_: &HttpTransport, _: &dyn Any) -> Option<Self> {
        None
    }

    fn into_waiter(self, transport: &HttpTransport) -> Waiter<Self> {
        Waiter::from_transport(transport.clone(), self)
    }
}

impl WaitCondition for TaskCondition {
    type State = Task;

    async fn poll(&mut self, options: CallOptions) -> Result<Task, Error> {
        match &mut self.0 {
            Polled::Task(condition) => condition.poll(options).await,
            #[cfg(feature = "disks")]
            Polled::Disk(get) => {
                let mut call = get.clone();
                *call.options_mut() = options;
                let (response, raw) = call.send().await?.into_parts();
                let status = match settled::<GetDisk>(&response.disk) {
                    WaitState::Succeeded => TaskStatus::Completed,
                    WaitState::Failed => TaskStatus::Failed,
                    WaitState::Pending => TaskStatus::Running,
                };
                let name = describe_object::<GetDisk>(&response.disk);
                let task = json!({ "name": name, "status": status.as_str() });
                Task::deserialize(task).map_err(|error| {
                    get.transport()
                        .decode_error(GetDisk::INFO.into(), raw, error)
                })
            }
        }
    }

    fn evaluate(&mut self, task: &Task) -> WaitState {
        match task.status {
            Some(TaskStatus::Completed) => WaitState::Succeeded,
            Some(TaskStatus::Failed) => WaitState::Failed,
            _ => WaitState::Pending,
        }
    }

    fn describe(&self, task: &Task) -> String {
        match &task.name {
            // That of an object is its description.
            Some(name) if task.id.is_empty() => name.clone(),
            _ => describe(task),
        }
    }

    fn timeout(&self) -> Duration {
        match &self.0 {
            Polled::Task(condition) => condition.timeout(),
            #[cfg(feature = "disks")]
            Polled::Disk(_) => GetDisk::TIMEOUT,
        }
    }
}

impl ResumableCondition for TaskCondition {
    fn token(&self) -> WaitToken {
        match &self.0 {
            Polled::Task(condition) => condition.token(),
            #[cfg(feature = "disks")]
            Polled::Disk(get) => super::token_of(get, WaitTarget::Settled),
        }
    }
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
pub trait TaskOperationExt<O: TaskOperation + 'static>: Sealed + Sized {
    /// Returns a waiter that sends the call, and polls until its task is completed.
    ///
    /// After a reconciled creation of a disk, which has no task, it polls until the disk is built. Its
    /// [`WaitError`](crate::WaitError) states whether the call failed, the response was without a task, the task
    /// failed, the [timeout](OperationWaiter::timeout) passed (default: 10 min), or polling failed. With the id of the
    /// task, which the error contains too, any program can [continue to wait](TasksWaitExt::wait).
    fn wait(self) -> OperationWaiter<O, TaskCondition>;
}

impl<O: TaskOperation + 'static> TaskOperationExt<O> for Call<O> {
    fn wait(self) -> OperationWaiter<O, TaskCondition> {
        OperationWaiter::new(self, |transport, response| {
            let Some(task) = O::task(response) else {
                return Some((TaskCondition::of_object(transport, response)?, None));
            };
            let tasks = katapult_gen::Client::new(transport.clone()).tasks();
            let condition = TaskCondition::of_task(tasks.get(TaskLookup::id(&task.id)));
            Some((condition, Some(task.clone())))
        })
    }
}

/// Waiters for tasks that are in progress.
pub trait TasksWaitExt: Sealed {
    /// Returns a waiter until a task is completed, whichever program queued it. Default
    /// [timeout](Waiter::timeout): 10 min.
    fn wait(&self, task: impl Into<TaskLookup>) -> Waiter<TaskCondition>;

    /// Returns a waiter that continues a wait for a task, which was [saved](Waiter::resume_token).
    ///
    /// # Errors
    ///
    /// If the token is not of a task.
    fn resume_wait(&self, token: &WaitToken) -> Result<Waiter<TaskCondition>, WaitTokenError>;
}

impl TasksWaitExt for Tasks<HttpTransport> {
    fn wait(&self, task: impl Into<TaskLookup>) -> Waiter<TaskCondition> {
        let get = self.get(task);
        let transport = get.transport().clone();
        TaskCondition::of_task(get).into_waiter(&transport)
    }

    fn resume_wait(&self, token: &WaitToken) -> Result<Waiter<TaskCondition>, WaitTokenError> {
        // The token of a disk whose creation was reconciled, which has no task.
        #[cfg(feature = "disks")]
        if let Ok(WaitTarget::Settled) = token.target_of(GetDisk::ID) {
            // The resource gives access to its transport through its calls alone.
            let transport = self.get(TaskLookup::id("")).transport().clone();
            let disks = katapult_gen::Client::new(transport.clone()).disks();
            let get = disks.get(token.lookup::<DiskLookup>(None)?);
            return Ok(TaskCondition(Polled::Disk(get)).into_waiter(&transport));
        }
        match token.target_of(Get::ID)? {
            WaitTarget::Settled => Ok(self.wait(token.lookup::<TaskLookup>(None)?)),
            _ => Err(token.other_target()),
        }
    }
}
