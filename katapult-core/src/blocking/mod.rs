//! The blocking interface: calls, lists and waiters for programs without an async runtime.
//!
//! All of it runs on one thread in the background, which the first blocking method of the process starts.

mod iter;
mod runtime;

use std::future::IntoFuture;

#[cfg(feature = "tasks")]
use katapult_gen::TaskOperation;
use katapult_gen::{ListOperation, Operation, Response};

use crate::call::sealed::Sealed;
use crate::error::{BlockingError, Error};
use crate::pagination::{Items, ListExt, Pages};
use crate::transport::Call;
#[cfg(feature = "tasks")]
use crate::waiter::resources::{TaskCondition, TaskOperationExt};
use crate::waiter::{
    Completed, OperationWaiter, WaitAll, WaitAllOutcome, WaitCondition, WaitError, Waiter,
};
use iter::Source;
use runtime::{Background, call_error};

pub use iter::BlockingIter;

/// Sending of a call from a thread that blocks until the response is there.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{Client, prelude::*, types::VirtualMachineLookup};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let katapult = Client::from_env()?;
/// let web: VirtualMachineLookup = "web-1.acme.example".parse()?;
/// let machine = katapult.virtual_machines().get(&web).send_blocking()?;
/// println!("{}", machine.id);
/// # Ok(()) }
/// ```
pub trait CallBlockingExt<O: Operation>: Sealed + Sized {
    /// Sends the request and returns the decoded response, as `send` does.
    ///
    /// # Errors
    ///
    /// Those of `send`, and one of the kind [`ErrorKind::Build`](crate::ErrorKind::Build) inside an async runtime.
    fn send_blocking(self) -> Result<Response<O::Response>, Error>;
}

impl<O: Operation + 'static> CallBlockingExt<O> for Call<O> {
    fn send_blocking(self) -> Result<Response<O::Response>, Error> {
        let background = Background::get().map_err(call_error::<O>)?;
        background.run(self.send()).map_err(call_error::<O>)?
    }
}

/// Lists as iterators.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::OrganizationLookup};
///
/// # fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// for machine in katapult.virtual_machines().list(&acme).items_blocking() {
///     println!("{}", machine?.id);
/// }
/// # Ok(()) }
/// ```
pub trait ListBlockingExt<O: ListOperation + 'static>: ListExt<O> {
    /// Returns the items of the list, from the call's page (default: the first) to the last.
    ///
    /// For other settings than the defaults: `items().prefetch(2).into_blocking()`.
    fn items_blocking(self) -> BlockingIter<Items<O>> {
        BlockingIter::new(self.items())
    }

    /// Returns the pages of the list, from the call's page (default: the first) to the last.
    fn pages_blocking(self) -> BlockingIter<Pages<O>> {
        BlockingIter::new(self.pages())
    }
}

impl<O: ListOperation + 'static> ListBlockingExt<O> for Call<O> {}

/// Conversion of the items or pages of a list, or the states of a waiter, into an iterator.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{ResumeToken, prelude::*, types::OrganizationLookup};
///
/// # fn run(katapult: katapult_core::Client, token: ResumeToken) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let list = katapult.virtual_machines().list(&acme);
/// for machine in list.items().resume(token).into_blocking() {
///     println!("{}", machine?.id);
/// }
/// # Ok(()) }
/// ```
pub trait StreamBlockingExt: Source + Sized {
    /// Returns the stream as an iterator.
    fn into_blocking(self) -> BlockingIter<Self> {
        BlockingIter::new(self)
    }
}

impl<S: Source> StreamBlockingExt for S {}

/// Waiting in a thread that blocks until the condition is met: on waiters, and on the calls that queue a task.
///
#[cfg_attr(
    all(feature = "tasks", feature = "virtual-machines"),
    doc = "```no_run"
)]
#[cfg_attr(
    not(all(feature = "tasks", feature = "virtual-machines")),
    doc = "```ignore"
)]
/// use std::time::Duration;
/// use katapult_core::{prelude::*, types::{TaskLookup, VirtualMachineLookup}};
///
/// # fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// katapult.virtual_machines().shutdown(&web).wait_blocking()?;
///
/// let waiter = katapult.tasks().wait(TaskLookup::id("task_1"));
/// let task = waiter.timeout(Duration::from_secs(120)).wait_blocking()?;
/// println!("finished at {:?}", task.finished_at);
/// # Ok(()) }
/// ```
pub trait WaitBlockingExt: Sealed {
    /// The last state, or the response with the last state.
    type Output;
    /// The last state.
    type State;

    /// Waits until the condition is met, as awaiting the waiter does.
    ///
    /// # Errors
    ///
    /// Those of the waiter, and [`WaitError::Blocking`] inside an async runtime.
    fn wait_blocking(self) -> Result<Self::Output, WaitError<Self::State>>;
}

impl<C: WaitCondition> WaitBlockingExt for Waiter<C> {
    type Output = C::State;
    type State = C::State;

    fn wait_blocking(self) -> Result<C::State, WaitError<C::State>> {
        wait(self)
    }
}

impl<O: Operation + 'static, C: WaitCondition> WaitBlockingExt for OperationWaiter<O, C> {
    type Output = Completed<O::Response, C::State>;
    type State = C::State;

    fn wait_blocking(self) -> Result<Self::Output, WaitError<C::State>> {
        wait(self)
    }
}

#[cfg(feature = "tasks")]
impl<O: TaskOperation + 'static> WaitBlockingExt for Call<O> {
    type Output = Completed<O::Response, <TaskCondition as WaitCondition>::State>;
    type State = <TaskCondition as WaitCondition>::State;

    fn wait_blocking(self) -> Result<Self::Output, WaitError<Self::State>> {
        wait(self.wait())
    }
}

impl<C: WaitCondition> Sealed for Waiter<C> {}
impl<O: Operation + 'static, C: WaitCondition> Sealed for OperationWaiter<O, C> {}

/// Waiting for many waits in a thread that blocks.
impl<K, T, E> WaitAll<K, T, E>
where
    K: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    /// Waits until all waits have ended, as awaiting it does, and blocks the thread.
    ///
    #[cfg_attr(feature = "tasks", doc = "```no_run")]
    #[cfg_attr(not(feature = "tasks"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, wait_all};
    ///
    /// # fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::BlockingError> {
    /// let waits = ["task_1", "task_2"].map(|id| (id, katapult.tasks().wait(id)));
    /// let outcome = wait_all(waits).wait_blocking()?;
    /// for (id, error) in outcome.failed {
    ///     println!("{id}: {error}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Inside an async runtime. The errors of the waits are in the outcome.
    pub fn wait_blocking(self) -> Result<WaitAllOutcome<K, T, E>, BlockingError> {
        Background::get()?.run(self.into_future())
    }
}

fn wait<W, T, S>(waiter: W) -> Result<T, WaitError<S>>
where
    W: IntoFuture<Output = Result<T, WaitError<S>>> + Send + 'static,
    W::IntoFuture: Send,
    T: Send + 'static,
    S: Send + 'static,
{
    let background = Background::get().map_err(WaitError::Blocking)?;
    // Converted within the runtime, whose time the waiter reads.
    let waiting = async move { waiter.into_future().await };
    background.run(waiting).map_err(WaitError::Blocking)?
}
