//! Many waits at once, as a stream of their results.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until};

/// Returns a stream of the results of many waits, each under a key of the caller's, in the order of completion.
///
/// A wait is a [`Waiter`](crate::Waiter), an [`OperationWaiter`](crate::OperationWaiter), or any other future of a
/// `Result`: [`push`](WaitAll::push) adds waits of other kinds. The polls of all waits together use a
/// [share of the quota](crate::ClientBuilder::poll_share).
///
#[cfg_attr(feature = "tasks", doc = "```no_run")]
#[cfg_attr(not(feature = "tasks"), doc = "```ignore")]
/// use std::time::Duration;
/// use katapult_core::{prelude::*, types::TaskLookup, wait_all};
///
/// # async fn run(katapult: katapult_core::Client) {
/// let tasks = ["task_1", "task_2", "task_3"];
/// let waits = tasks.map(|id| (id, katapult.tasks().wait(TaskLookup::id(id))));
/// let mut waits = wait_all(waits).deadline(Duration::from_secs(600));
/// while let Some((id, result)) = waits.next().await {
///     match result {
///         Ok(task) => println!("{id} finished at {:?}", task.finished_at),
///         Err(error) => println!("{id}: {error}"),
///     }
///     println!("{}", waits.progress()); // 1 of 3 waits ended
/// }
/// for id in waits.unfinished() {
///     println!("{id} is still running");
/// }
/// # }
/// ```
pub fn wait_all<K, W, T, E>(waits: impl IntoIterator<Item = (K, W)>) -> WaitAll<K, T, E>
where
    W: IntoFuture<Output = Result<T, E>>,
    W::IntoFuture: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut all = WaitAll::new();
    for (key, wait) in waits {
        all.push(key, wait);
    }
    all
}

/// The results of many waits as a [`Stream`], in the order of completion; created by [`wait_all`]. Awaited, it
/// returns all results as a [`WaitAllOutcome`].
///
/// The waits run as tasks of the tokio runtime from the first poll of the stream; dropping the stream ends them.
/// The stream ends when all waits have ended, at the first failure if it [stops](Self::stop_at_failure) there, or
/// at its [deadline](Self::deadline). A panic in a wait is passed on.
#[must_use = "a stream does nothing until it is polled"]
pub struct WaitAll<K, T, E> {
    /// The keys by the number of their wait; `None` for a wait that has ended.
    keys: Vec<Option<K>>,
    /// The waits that have not been started.
    added: Vec<(usize, BoxedWait<T, E>)>,
    running: JoinSet<(usize, Result<T, E>)>,
    stop_at_failure: bool,
    deadline: Option<Duration>,
    end: Option<Pin<Box<Sleep>>>,
    ended: bool,
    progress: WaitProgress,
}

type BoxedWait<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

// No field is pinned in place.
impl<K, T, E> Unpin for WaitAll<K, T, E> {}

impl<K, T: Send + 'static, E: Send + 'static> WaitAll<K, T, E> {
    /// Returns a stream without waits.
    pub fn new() -> Self {
        Self {
            keys: Vec::new(),
            added: Vec::new(),
            running: JoinSet::new(),
            stop_at_failure: false,
            deadline: None,
            end: None,
            ended: false,
            progress: WaitProgress::default(),
        }
    }

    /// Adds a wait, also while others run. A wait of another kind than the others is an `async` block that converts
    /// its result.
    ///
    #[cfg_attr(
        all(feature = "tasks", feature = "virtual-machines"),
        doc = "```no_run"
    )]
    #[cfg_attr(
        not(all(feature = "tasks", feature = "virtual-machines")),
        doc = "```ignore"
    )]
    /// use katapult_core::{WaitAll, prelude::*, types::VirtualMachineLookup, types::VirtualMachineState};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// # type AnyError = Box<dyn std::error::Error + Send + Sync>;
    /// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    /// let started = katapult.virtual_machines().wait_for(&web, VirtualMachineState::Started);
    /// let task = katapult.tasks().wait("task_1");
    ///
    /// let mut waits = WaitAll::<&str, String, AnyError>::new();
    /// waits.push("web", async { Ok(started.await?.id) });
    /// waits.push("task", async { Ok(task.await?.id) });
    /// let outcome = waits.stop_at_failure().await;
    /// println!("{} succeeded", outcome.succeeded.len());
    /// # Ok(()) }
    /// ```
    pub fn push<W>(&mut self, key: K, wait: W)
    where
        W: IntoFuture<Output = Result<T, E>>,
        W::IntoFuture: Send + 'static,
    {
        self.added
            .push((self.keys.len(), Box::pin(wait.into_future())));
        self.keys.push(Some(key));
        self.progress.total += 1;
    }

    /// Ends the stream after the first failure. Default: the other waits continue.
    pub fn stop_at_failure(mut self) -> Self {
        self.stop_at_failure = true;
        self
    }

    /// Sets the time after which the stream ends, counted from its first poll. Default: none; each wait has its own
    /// timeout. [`unfinished`](Self::unfinished) then returns the waits that have not ended.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Returns the number of waits that have ended, of all.
    pub fn progress(&self) -> WaitProgress {
        self.progress
    }

    /// Returns the keys of the waits that have not ended, in the order in which they were added.
    pub fn unfinished(&self) -> impl Iterator<Item = &K> {
        self.keys.iter().flatten()
    }

    /// Returns the result of the next wait that ends; `None` at the end of the stream. Nothing is lost if the future
    /// is dropped.
    pub async fn next(&mut self) -> Option<(K, Result<T, E>)> {
        poll_fn(|context| self.poll_result(context)).await
    }

    fn poll_result(&mut self, context: &mut Context<'_>) -> Poll<Option<(K, Result<T, E>)>> {
        if self.ended {
            return Poll::Ready(None);
        }
        for (number, wait) in self.added.drain(..) {
            self.running.spawn(async move { (number, wait.await) });
        }
        match self.running.poll_join_next(context) {
            Poll::Ready(Some(Ok((number, result)))) => {
                self.progress.count(result.is_err());
                if self.stop_at_failure && result.is_err() {
                    self.stop();
                }
                let key = self.keys.get_mut(number).and_then(Option::take);
                return Poll::Ready(key.map(|key| (key, result)));
            }
            Poll::Ready(Some(Err(error))) if error.is_panic() => resume_unwind(error.into_panic()),
            // None is left, or the runtime has shut down.
            Poll::Ready(_) => {
                self.stop();
                return Poll::Ready(None);
            }
            Poll::Pending => {}
        }
        if self.end.is_none() {
            // No timer when it overflows: `Duration::MAX` means no deadline.
            let end = self
                .deadline
                .and_then(|time| Instant::now().checked_add(time));
            self.end = end.map(|end| Box::pin(sleep_until(end)));
        }
        match &mut self.end {
            Some(end) => ready!(end.as_mut().poll(context)),
            None => return Poll::Pending,
        }
        self.stop();
        Poll::Ready(None)
    }

    fn stop(&mut self) {
        self.ended = true;
        self.running.abort_all();
    }
}

impl<K, T: Send + 'static, E: Send + 'static> Default for WaitAll<K, T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, T: Send + 'static, E: Send + 'static> Stream for WaitAll<K, T, E> {
    type Item = (K, Result<T, E>);

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_result(context)
    }
}

impl<K, T, E> IntoFuture for WaitAll<K, T, E>
where
    K: Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    type Output = WaitAllOutcome<K, T, E>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
            while let Some((key, result)) = self.next().await {
                match result {
                    Ok(state) => succeeded.push((key, state)),
                    Err(error) => failed.push((key, error)),
                }
            }
            WaitAllOutcome {
                succeeded,
                failed,
                unfinished: self.keys.into_iter().flatten().collect(),
            }
        })
    }
}

impl<K: fmt::Debug, T, E> fmt::Debug for WaitAll<K, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unfinished: Vec<&K> = self.keys.iter().flatten().collect();
        f.debug_struct("WaitAll")
            .field("progress", &self.progress)
            .field("unfinished", &unfinished)
            .finish_non_exhaustive()
    }
}

/// The progress of many waits, returned by [`WaitAll::progress`].
///
/// Its text is one line: `3 of 40 waits ended, 1 failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitProgress {
    /// All waits that were added.
    pub total: usize,
    /// The waits that succeeded.
    pub succeeded: usize,
    /// The waits that failed.
    pub failed: usize,
}

impl WaitProgress {
    /// Returns the number of waits that have ended.
    pub fn ended(&self) -> usize {
        self.succeeded + self.failed
    }

    fn count(&mut self, failed: bool) {
        match failed {
            true => self.failed += 1,
            false => self.succeeded += 1,
        }
    }
}

impl fmt::Display for WaitProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} waits ended", self.ended(), self.total)?;
        match self.failed {
            0 => Ok(()),
            failed => write!(f, ", {failed} failed"),
        }
    }
}

/// The results of many waits, returned by a [`WaitAll`] that is awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "waits may have failed, or not have ended"]
#[non_exhaustive]
pub struct WaitAllOutcome<K, T, E> {
    /// The states of the waits that succeeded, in the order of completion.
    pub succeeded: Vec<(K, T)>,
    /// The errors of the waits that failed, in the order of completion.
    pub failed: Vec<(K, E)>,
    /// The waits that had not ended at the deadline, or at the first failure.
    pub unfinished: Vec<K>,
}

impl<K, T, E> WaitAllOutcome<K, T, E> {
    /// Returns `true` if all waits succeeded.
    pub fn is_success(&self) -> bool {
        self.failed.is_empty() && self.unfinished.is_empty()
    }
}
