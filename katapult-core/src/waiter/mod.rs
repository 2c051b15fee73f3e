//! Waiters: futures that poll an object until a condition is met.
//!
//! One polling loop serves all of them; a [`WaitCondition`] states what to request and how to evaluate it.

mod completed;
mod condition;
mod error;
mod poll_policy;
mod poller;
pub(crate) mod resources;
mod stream;
mod wait_all;
mod wait_token;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use katapult_gen::{Operation, Response};

use crate::client::Client;
use crate::transport::{Call, HttpTransport};
use poller::{Poller, WaitSettings};

pub use completed::Completed;
pub use condition::{ResumableCondition, WaitCondition, WaitState};
pub use error::WaitError;
pub use poll_policy::PollPolicy;
pub use stream::StateStream;
pub use wait_all::{WaitAll, WaitAllOutcome, WaitProgress, wait_all};
pub use wait_token::{WaitToken, WaitTokenError};

/// Defines the settings of a waiter.
macro_rules! wait_settings {
    ($state:ty) => {
        /// Sets a callback that receives the state of each poll, including the last. Default: none.
        pub fn progress(mut self, progress: impl FnMut(&$state) + Send + 'static) -> Self {
            self.settings.progress = Some(Box::new(progress));
            self
        }

        /// Sets the timeout, counted from the first poll of the future. Default: 10 min, and 30 min for builds and
        /// disks; [`Duration::MAX`] means no timeout.
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.settings.timeout = Some(timeout);
            self
        }

        /// Sets the intervals between polls, and the tolerance for errors. Default: [`PollPolicy::default`].
        pub fn poll(mut self, policy: PollPolicy) -> Self {
            self.settings.policy = policy;
            self
        }
    };
}

/// A future that polls until a condition is met; await it, or read its [states](Waiter::states).
///
/// It returns the last state, or a [`WaitError`]. It begins with a pause, because an operation that was just
/// requested is hardly ever complete. No task runs in the background: dropping it ends the polling.
///
#[cfg_attr(feature = "tasks", doc = "```no_run")]
#[cfg_attr(not(feature = "tasks"), doc = "```ignore")]
/// use std::time::Duration;
/// use katapult_core::{prelude::*, types::TaskLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let task = katapult
///     .tasks()
///     .wait(TaskLookup::id("task_1"))
///     .timeout(Duration::from_secs(120))
///     .await?;
/// println!("finished at {:?}", task.finished_at);
/// # Ok(()) }
/// ```
#[must_use = "a waiter does nothing until it is awaited"]
pub struct Waiter<C: WaitCondition> {
    transport: HttpTransport,
    condition: C,
    settings: WaitSettings<C::State>,
}

impl<C: WaitCondition> Waiter<C> {
    /// Creates a waiter for a condition.
    pub fn new(client: &Client, condition: C) -> Self {
        Self::from_transport(client.transport().clone(), condition)
    }

    fn from_transport(transport: HttpTransport, condition: C) -> Self {
        Self {
            transport,
            condition,
            settings: WaitSettings::default(),
        }
    }

    wait_settings!(C::State);

    /// Returns the state of each poll as a stream. The state in which the condition is met is the last.
    pub fn states(self) -> StateStream<C> {
        // The poller is created by the first poll of the stream, from which the timeout is counted.
        StateStream::new(async move { self.into_poller().advance().await })
    }

    /// Returns the wait as a token, to store it as text. Another process continues it by the `resume_…` method of
    /// the resource.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_core::types::{VirtualMachineLookup, VirtualMachineState};
    /// use katapult_core::{WaitToken, prelude::*};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let web = VirtualMachineLookup::id("vm_1");
    /// let waiter = katapult.virtual_machines().wait_for(&web, VirtualMachineState::Started);
    /// let text = waiter.resume_token().to_string();
    /// // Later, in another process:
    /// let token: WaitToken = text.parse()?;
    /// let machine = katapult.virtual_machines().resume_wait(&token)?.await?;
    /// println!("{} has started", machine.id);
    /// # Ok(()) }
    /// ```
    pub fn resume_token(&self) -> WaitToken
    where
        C: ResumableCondition,
    {
        self.condition.token()
    }

    fn into_poller(self) -> Poller<C> {
        Poller::new(self.transport, self.condition, self.settings, None)
    }
}

impl<C: WaitCondition> IntoFuture for Waiter<C> {
    type Output = Result<C::State, WaitError<C::State>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.into_poller().run())
    }
}

impl<C: WaitCondition> fmt::Debug for Waiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("policy", &self.settings.policy)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}

/// A future that sends a call and polls until the operation that it starts is complete; await it, or read its
/// [states](OperationWaiter::states).
///
/// It returns the [object or the task](Completed), or a [`WaitError`]. Settings of the call, such as its
/// deadline and its retry policy, apply to the call and not to the polling.
#[must_use = "a waiter does nothing until it is awaited"]
pub struct OperationWaiter<O: Operation + 'static, C: WaitCondition> {
    call: Call<O>,
    start: StartCondition<O, C>,
    settings: WaitSettings<C::State>,
}

/// A function that derives the condition from the response, with the state that the response contains. `None` if the
/// response does not contain what the condition is about.
type StartCondition<O, C> = fn(
    &HttpTransport,
    &<O as Operation>::Response,
) -> Option<(C, Option<<C as WaitCondition>::State>)>;

/// The response of an operation, and what a waiter for the rest needs.
type Started<O, C> = (
    Response<<O as Operation>::Response>,
    C,
    Option<<C as WaitCondition>::State>,
    WaitSettings<<C as WaitCondition>::State>,
);

impl<O: Operation + 'static, C: WaitCondition> OperationWaiter<O, C> {
    #[cfg(any(feature = "tasks", feature = "trash-objects"))] // the operations that something waits for
    fn new(call: Call<O>, start: StartCondition<O, C>) -> Self {
        Self {
            call,
            start,
            settings: WaitSettings::default(),
        }
    }

    wait_settings!(C::State);

    /// Returns the state in the response and that of each poll as a stream; the first poll of the stream sends the
    /// call. The state in which the condition is met is the last.
    pub fn states(self) -> StateStream<C> {
        StateStream::new(async move {
            match self.send().await {
                Ok((_, poller)) => poller.advance().await,
                Err(error) => (None, Err(error)),
            }
        })
    }

    /// Sends the call. Returns its response, and the waiter for the rest, which can be
    /// [saved](Waiter::resume_token).
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// # use katapult_core::{prelude::*, types::VirtualMachineLookup};
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// # let web = VirtualMachineLookup::id("vm_1");
    /// let shutdown = katapult.virtual_machines().shutdown(&web);
    /// let (_, waiter) = shutdown.wait().start().await?;
    /// std::fs::write("wait", waiter.resume_token().to_string())?;
    /// waiter.await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`WaitError::Request`] and [`WaitError::NoTask`].
    pub async fn start(self) -> Result<(Response<O::Response>, Waiter<C>), WaitError<C::State>> {
        let transport = self.call.transport().clone();
        let (response, condition, _, settings) = self.request().await?;
        let waiter = Waiter {
            transport,
            condition,
            settings,
        };
        Ok((response, waiter))
    }

    async fn send(self) -> Result<(Response<O::Response>, Poller<C>), WaitError<C::State>> {
        let transport = self.call.transport().clone();
        let (response, condition, initial_state, settings) = self.request().await?;
        let poller = Poller::new(transport, condition, settings, initial_state);
        Ok((response, poller))
    }

    async fn request(self) -> Result<Started<O, C>, WaitError<C::State>> {
        let transport = self.call.transport().clone();
        let response = self.call.send().await.map_err(WaitError::Request)?;
        let started = (self.start)(&transport, &response);
        let (condition, initial_state) = started.ok_or_else(|| WaitError::NoTask {
            operation: O::INFO,
            request_id: response.request_id().map(str::to_owned),
        })?;
        Ok((response, condition, initial_state, self.settings))
    }
}

impl<O: Operation + 'static, C: WaitCondition> IntoFuture for OperationWaiter<O, C> {
    type Output = Result<Completed<O::Response, C::State>, WaitError<C::State>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (response, poller) = self.send().await?;
            let state = poller.run().await?;
            Ok(Completed::new(response, state))
        })
    }
}

impl<O: Operation + fmt::Debug + 'static, C: WaitCondition> fmt::Debug for OperationWaiter<O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationWaiter")
            .field("call", &self.call)
            .field("policy", &self.settings.policy)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}
