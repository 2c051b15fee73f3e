//! Waiting for what takes its time: look, judge, pause, and look again.
//!
//! One waiter serves all: what differs is what is looked at, and when it is done, which a [`WaitCondition`] tells.

mod course;
mod states;
mod watch;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use katapult_gen::{Operation, Response};

use crate::client::Client;
use crate::poll::PollPolicy;
use crate::wait_error::WaitError;
use crate::{Call, HttpTransport};
use course::{Course, Settings};

pub use states::StateStream;
pub use watch::{WaitCondition, WaitState};

/// The settings that every wait has.
macro_rules! settings {
    ($state:ty) => {
        /// Calls this with what each look sees, the last one included.
        pub fn progress(mut self, progress: impl FnMut(&$state) + Send + 'static) -> Self {
            self.settings.progress = Some(Box::new(progress));
            self
        }

        /// How long to wait, from when waiting begins. Default 10 min, and 30 min for builds and disks. [`Duration::MAX`]
        /// is no limit.
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.settings.timeout = Some(timeout);
            self
        }

        /// When to look, and how long to look past errors. Default [`PollPolicy::default`].
        pub fn poll(mut self, policy: PollPolicy) -> Self {
            self.settings.policy = policy;
            self
        }
    };
}

/// A wait for something that is under way; to be awaited, or read as a [stream](Waiter::states).
///
/// It gives the object when it is done, and else a [`WaitError`]. It begins with a pause, as what was just asked
/// for is hardly ever done at once. Nothing runs in the background: dropped, it stops looking.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Waiter<W: WaitCondition> {
    http: HttpTransport,
    watch: W,
    settings: Settings<W::State>,
}

impl<W: WaitCondition> Waiter<W> {
    /// A wait for anything that can be looked at.
    pub fn new(client: &Client, watch: W) -> Self {
        Self::over(client.transport(), watch)
    }

    pub(crate) fn over(http: &HttpTransport, watch: W) -> Self {
        Self {
            http: http.clone(),
            watch,
            settings: Settings::default(),
        }
    }

    settings!(W::State);

    /// What each look sees, as a stream. After the last state, which is the good end, there is no more; a bad end is
    /// an error, after which there is no more either.
    pub fn states(self) -> StateStream<W> {
        // The time is counted from the first poll.
        StateStream::of(async move {
            let course = Course::new(self.http, self.watch, self.settings, None);
            course.advance().await
        })
    }
}

impl<W: WaitCondition> IntoFuture for Waiter<W> {
    type Output = Result<W::State, WaitError<W::State>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let course = Course::new(self.http, self.watch, self.settings, None);
        Box::pin(course.run())
    }
}

impl<W: WaitCondition> fmt::Debug for Waiter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("policy", &self.settings.policy)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}

/// A call, and the wait for what it sets going; to be awaited, or read as a [stream](OperationWaiter::states).
///
/// It sends the call and gives [its response and the object](Completed) when that is done, and else a [`WaitError`].
/// Settings of the call, its deadline and retries say, hold for the call and not for the wait.
#[must_use = "a wait does nothing until it is awaited"]
pub struct OperationWaiter<O: Operation + 'static, W: WaitCondition> {
    call: Call<O>,
    then: Then<O, W>,
    settings: Settings<W::State>,
}

/// What to watch after a response, and what the response shows of it.
pub(crate) type Then<O, W> =
    fn(&HttpTransport, &<O as Operation>::Response) -> (W, Option<<W as WaitCondition>::State>);

impl<O: Operation + 'static, W: WaitCondition> OperationWaiter<O, W> {
    #[cfg_attr(not(feature = "full"), allow(dead_code))] // no call here sets anything going
    pub(crate) fn new(call: Call<O>, then: Then<O, W>) -> Self {
        Self {
            call,
            then,
            settings: Settings::default(),
        }
    }

    settings!(W::State);

    /// What the response and each look show, as a stream; the first poll sends the call. After the last state, which is
    /// the good end, there is no more; a bad end is an error, after which there is no more either.
    pub fn states(self) -> StateStream<W> {
        StateStream::of(async move {
            match self.begin().await {
                Ok((_, course)) => course.advance().await,
                Err(error) => (None, Err(error)),
            }
        })
    }

    async fn begin(self) -> Result<(Response<O::Response>, Course<W>), WaitError<W::State>> {
        let http = self.call.transport().clone();
        let response = self.call.send().await.map_err(WaitError::Request)?;
        let (watch, first) = (self.then)(&http, &response);
        Ok((response, Course::new(http, watch, self.settings, first)))
    }
}

impl<O: Operation + 'static, W: WaitCondition> IntoFuture for OperationWaiter<O, W> {
    type Output = Result<Completed<O::Response, W::State>, WaitError<W::State>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (response, course) = self.begin().await?;
            let state = course.run().await?;
            Ok(Completed { response, state })
        })
    }
}

impl<O: Operation + fmt::Debug + 'static, W: WaitCondition> fmt::Debug for OperationWaiter<O, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationWaiter")
            .field("call", &self.call)
            .field("policy", &self.settings.policy)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}

/// What a call answered, and what became of it; it dereferences to the latter.
#[derive(Clone, Debug)]
pub struct Completed<R, S> {
    response: Response<R>,
    state: S,
}

impl<R, S> Completed<R, S> {
    /// What the call answered when it set things going.
    pub fn response(&self) -> &Response<R> {
        &self.response
    }

    /// What became of it: the completed task, say.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Both, taken out.
    pub fn into_parts(self) -> (Response<R>, S) {
        (self.response, self.state)
    }
}

impl<R, S> Deref for Completed<R, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}
