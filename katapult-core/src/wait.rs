//! Waiting for what takes its time: look, judge, pause, and look again.
//!
//! One waiter serves all: what differs is what is looked at, and when it is done, which a [`Watch`] tells.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use katapult_gen::{Operation, Reply};
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use crate::call_ext::CallOptions;
use crate::client::Client;
use crate::error::Error;
use crate::poll::PollPolicy;
use crate::wait_error::WaitError;
use crate::{Call, Http, random};

/// What the last look is given, when the time is up.
const LAST_LOOK: Duration = Duration::from_secs(10);

/// How things stand with what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not yet.
    Pending,
    /// As it was hoped for.
    Done,
    /// It ended badly, and no waiting will help.
    Failed,
}

/// What is waited for: how to look at it, and how to judge what was seen.
///
/// This crate has one for tasks, builds, machines, disks, volumes, object storage and trash objects; anything else that
/// takes its time can have one too:
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::types::{VirtualMachine, VirtualMachineLookup};
/// use katapult_core::{CallOptions, Client, Error, Verdict, Wait, Watch};
///
/// /// A machine that has its first address.
/// struct Address(Client, VirtualMachineLookup);
///
/// impl Watch for Address {
///     type State = VirtualMachine;
///
///     async fn look(&mut self, options: CallOptions) -> Result<VirtualMachine, Error> {
///         let mut get = self.0.virtual_machines().get(&self.1);
///         *get.options_mut() = options;
///         Ok(get.send().await?.into_inner().virtual_machine)
///     }
///
///     fn judge(&mut self, machine: &VirtualMachine) -> Verdict {
///         match machine.ip_addresses.as_deref() {
///             Some([_, ..]) => Verdict::Done,
///             _ => Verdict::Pending,
///         }
///     }
///
///     fn describe(&self, machine: &VirtualMachine) -> String {
///         format!("virtual machine {}", machine.id)
///     }
/// }
///
/// # async fn run(katapult: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// let machine = Wait::new(&katapult, Address(katapult.clone(), web)).await?;
/// # drop(machine); Ok(()) }
/// ```
pub trait Watch: Send + 'static {
    /// What a look sees.
    type State: Clone + Send + 'static;

    /// Looks once. The options are for the call that does it: its time is limited, and it is sent once.
    fn look(
        &mut self,
        options: CallOptions,
    ) -> impl Future<Output = Result<Self::State, Error>> + Send;

    /// Judges what was seen.
    fn judge(&mut self, state: &Self::State) -> Verdict;

    /// What was seen in a few words, for messages: `task task_1: running`.
    fn describe(&self, state: &Self::State) -> String;

    /// Whether an error may pass that does not look like it, such as one that is given until the object is there.
    /// Default: none.
    fn forgives(&self, error: &Error) -> bool {
        let _ = error;
        false
    }

    /// How long is waited unless the caller says otherwise. Default 10 min.
    fn timeout(&self) -> Duration {
        Duration::from_secs(600)
    }
}

type Progress<S> = Box<dyn FnMut(&S) + Send>;

/// What the caller asks of a wait.
struct Settings<S> {
    policy: PollPolicy,
    timeout: Option<Duration>,
    progress: Option<Progress<S>>,
}

impl<S> Default for Settings<S> {
    fn default() -> Self {
        Self {
            policy: PollPolicy::default(),
            timeout: None,
            progress: None,
        }
    }
}

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

/// A wait for something that is under way; to be awaited, or read as a [stream](Wait::states).
///
/// It gives the object when it is done, and else a [`WaitError`]. It begins with a pause, as what was just asked
/// for is hardly ever done at once. Nothing runs in the background: dropped, it stops looking.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<W: Watch> {
    http: Http,
    watch: W,
    settings: Settings<W::State>,
}

impl<W: Watch> Wait<W> {
    /// A wait for anything that can be looked at.
    pub fn new(client: &Client, watch: W) -> Self {
        Self::over(client.transport(), watch)
    }

    pub(crate) fn over(http: &Http, watch: W) -> Self {
        Self {
            http: http.clone(),
            watch,
            settings: Settings::default(),
        }
    }

    settings!(W::State);

    /// What each look sees, as a stream. After the last state, which is the good end, there is no more; a bad end is
    /// an error, after which there is no more either.
    pub fn states(self) -> States<W> {
        States {
            // The time is counted from the first poll.
            next: Some(Box::pin(async move {
                let course = Course::new(self.http, self.watch, self.settings, None);
                course.advance().await
            })),
        }
    }
}

impl<W: Watch> IntoFuture for Wait<W> {
    type Output = Result<W::State, WaitError<W::State>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let course = Course::new(self.http, self.watch, self.settings, None);
        Box::pin(course.run())
    }
}

impl<W: Watch> fmt::Debug for Wait<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("policy", &self.settings.policy)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}

/// A call, and the wait for what it sets going; to be awaited, or read as a [stream](CallWait::states).
///
/// It sends the call and gives [its reply and the object](Completed) when that is done, and else a [`WaitError`].
/// Settings of the call, its deadline and retries say, hold for the call and not for the wait.
#[must_use = "a wait does nothing until it is awaited"]
pub struct CallWait<O: Operation + 'static, W: Watch> {
    call: Call<O>,
    then: Then<O, W>,
    settings: Settings<W::State>,
}

/// What to watch after a reply, and what the reply shows of it.
pub(crate) type Then<O, W> =
    fn(&Http, &<O as Operation>::Reply) -> (W, Option<<W as Watch>::State>);

impl<O: Operation + 'static, W: Watch> CallWait<O, W> {
    #[cfg_attr(not(feature = "full"), allow(dead_code))] // no call here sets anything going
    pub(crate) fn new(call: Call<O>, then: Then<O, W>) -> Self {
        Self {
            call,
            then,
            settings: Settings::default(),
        }
    }

    settings!(W::State);

    /// What the reply and each look show, as a stream; the first poll sends the call. After the last state, which is
    /// the good end, there is no more; a bad end is an error, after which there is no more either.
    pub fn states(self) -> States<W> {
        States {
            next: Some(Box::pin(async move {
                match self.begin().await {
                    Ok((_, course)) => course.advance().await,
                    Err(error) => (None, Err(error)),
                }
            })),
        }
    }

    async fn begin(self) -> Result<(Reply<O::Reply>, Course<W>), WaitError<W::State>> {
        let http = self.call.transport().clone();
        let reply = self.call.send().await.map_err(WaitError::Sending)?;
        let (watch, first) = (self.then)(&http, &reply);
        Ok((reply, Course::new(http, watch, self.settings, first)))
    }
}

impl<O: Operation + 'static, W: Watch> IntoFuture for CallWait<O, W> {
    type Output = Result<Completed<O::Reply, W::State>, WaitError<W::State>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (reply, course) = self.begin().await?;
            let state = course.run().await?;
            Ok(Completed { reply, state })
        })
    }
}

impl<O: Operation + fmt::Debug + 'static, W: Watch> fmt::Debug for CallWait<O, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallWait")
            .field("call", &self.call)
            .field("policy", &self.settings.policy)
            .field("timeout", &self.settings.timeout)
            .finish_non_exhaustive()
    }
}

/// What a call answered, and what became of it; it dereferences to the latter.
#[derive(Clone, Debug)]
pub struct Completed<R, S> {
    reply: Reply<R>,
    state: S,
}

impl<R, S> Completed<R, S> {
    /// What the call answered when it set things going.
    pub fn reply(&self) -> &Reply<R> {
        &self.reply
    }

    /// What became of it: the completed task, say.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Both, taken out.
    pub fn into_parts(self) -> (Reply<R>, S) {
        (self.reply, self.state)
    }
}

impl<R, S> Deref for Completed<R, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

/// What each look sees, as a [`Stream`]; made by [`Wait::states`] and [`CallWait::states`].
#[must_use = "a stream does nothing until it is polled"]
pub struct States<W: Watch> {
    next: Option<Advance<W>>,
}

/// What a reader is told.
type Told<W> = Result<<W as Watch>::State, WaitError<<W as Watch>::State>>;
/// What was seen and how it was judged.
type Seen<W> = Result<(<W as Watch>::State, Verdict), WaitError<<W as Watch>::State>>;
type Advance<W> = Pin<Box<dyn Future<Output = (Option<Course<W>>, Seen<W>)> + Send>>;

impl<W: Watch> States<W> {
    /// What the next look sees; `None` after the end. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<W::State, WaitError<W::State>>> {
        poll_fn(|context| self.poll_state(context)).await
    }

    /// What the next look sees, with the error first.
    ///
    /// # Errors
    ///
    /// Those of the wait.
    pub async fn try_next(&mut self) -> Result<Option<W::State>, WaitError<W::State>> {
        self.next().await.transpose()
    }

    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<Option<Told<W>>> {
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let (course, seen) = ready!(next.as_mut().poll(context));
        self.next = match (course, &seen) {
            (Some(course), Ok((_, Verdict::Pending))) => Some(Box::pin(course.advance())),
            _ => None,
        };
        Poll::Ready(Some(seen.map(|(state, _)| state)))
    }
}

impl<W: Watch> Stream for States<W> {
    type Item = Result<W::State, WaitError<W::State>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_state(context)
    }
}

impl<W: Watch> fmt::Debug for States<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States")
            .field("ended", &self.next.is_none())
            .finish_non_exhaustive()
    }
}

/// A wait on its way.
struct Course<W: Watch> {
    http: Http,
    watch: W,
    settings: Settings<W::State>,
    /// What is known without a look.
    first: Option<W::State>,
    last: Option<W::State>,
    looks: u32,
    begun: Instant,
    end: Option<Instant>,
    /// Since when looks have failed.
    troubled: Option<Instant>,
}

impl<W: Watch> Course<W> {
    fn new(http: Http, watch: W, settings: Settings<W::State>, first: Option<W::State>) -> Self {
        let begun = Instant::now();
        let timeout = settings.timeout.unwrap_or_else(|| watch.timeout());
        Self {
            http,
            watch,
            settings,
            first,
            last: None,
            looks: 0,
            begun,
            end: begun.checked_add(timeout),
            troubled: None,
        }
    }

    async fn run(mut self) -> Result<W::State, WaitError<W::State>> {
        loop {
            if let (state, Verdict::Done) = self.step().await? {
                return Ok(state);
            }
        }
    }

    async fn advance(mut self) -> (Option<Self>, Seen<W>) {
        let seen = self.step().await;
        (Some(self), seen)
    }

    /// Goes on until something was seen.
    async fn step(&mut self) -> Seen<W> {
        if let Some(state) = self.first.take() {
            return self.seen(state, false);
        }
        loop {
            self.pause().await;
            let began = Instant::now();
            let options = self.options(began);
            let looked = self.watch.look(options).await;
            // A look that was under way when the time ran out counts as the last.
            let over = self.end.is_some_and(|end| end <= Instant::now());
            match looked {
                Ok(state) => return self.seen(state, over),
                Err(error) => self.missed(error, began, over)?,
            }
        }
    }

    async fn pause(&mut self) {
        let chance = random::unit(&*self.http.parts().random);
        let pause = self.settings.policy.pause(self.looks, chance);
        self.looks = self.looks.saturating_add(1);
        let until = Instant::now().checked_add(pause);
        let until = match (until, self.end) {
            (Some(until), Some(end)) => Some(until.min(end)),
            (until, end) => until.or(end),
        };
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// One attempt, in the time that is left, and a little more at the end.
    fn options(&self, now: Instant) -> CallOptions {
        let limits = &self.http.parts().limits;
        let left = self
            .end
            .map_or(Duration::MAX, |end| end.saturating_duration_since(now));
        CallOptions {
            retry: Some(limits.retry.clone().attempts(1)),
            deadline: Some(left.max(LAST_LOOK).min(limits.deadline)),
            ..CallOptions::default()
        }
    }

    fn seen(&mut self, state: W::State, over: bool) -> Seen<W> {
        self.troubled = None;
        if let Some(progress) = &mut self.settings.progress {
            progress(&state);
        }
        let verdict = self.watch.judge(&state);
        debug!(target: "katapult_core", ?verdict, looks = self.looks, "{}", self.watch.describe(&state));
        match verdict {
            Verdict::Failed => Err(WaitError::Failed {
                what: self.watch.describe(&state),
                state: Box::new(state),
            }),
            Verdict::Pending if over => {
                self.last = Some(state);
                Err(self.timed_out(None))
            }
            Verdict::Pending | Verdict::Done => {
                self.last = Some(state.clone());
                Ok((state, verdict))
            }
        }
    }

    /// Looks past an error, or gives it.
    fn missed(
        &mut self,
        error: Error,
        began: Instant,
        over: bool,
    ) -> Result<(), WaitError<W::State>> {
        let passes = error.is_retryable() || self.watch.forgives(&error);
        let since = *self.troubled.get_or_insert(began);
        debug!(target: "katapult_core", %error, passes, "a look failed");
        if passes && over {
            return Err(self.timed_out(Some(error)));
        }
        if !passes || since.elapsed() >= self.settings.policy.patience() {
            let last = self.last.take().map(Box::new);
            return Err(WaitError::Looking { error, last });
        }
        Ok(())
    }

    fn timed_out(&mut self, error: Option<Error>) -> WaitError<W::State> {
        let last = self.last.take();
        WaitError::TimedOut {
            what: match &last {
                Some(state) => self.watch.describe(state),
                None => "nothing".to_owned(),
            },
            last: last.map(Box::new),
            after: self.begun.elapsed(),
            error,
        }
    }
}
