//! The states of a waiter as a stream.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::condition::{WaitCondition, WaitState};
use super::error::WaitError;
use super::poller::{PollResult, Poller};

type StateResult<C> = Result<<C as WaitCondition>::State, WaitError<<C as WaitCondition>::State>>;
type Advance<C> = Pin<Box<dyn Future<Output = (Option<Poller<C>>, PollResult<C>)> + Send>>;

/// The states of a waiter, one for each poll, as a [`Stream`]; created by [`Waiter::states`](crate::Waiter::states)
/// and [`OperationWaiter::states`](crate::OperationWaiter::states).
///
/// The state in which the condition is met is the last. An error ends the stream.
#[must_use = "a stream does nothing until it is polled"]
pub struct StateStream<C: WaitCondition> {
    next: Option<Advance<C>>,
}

impl<C: WaitCondition> StateStream<C> {
    /// Returns the states of the poller that `start` creates.
    pub(super) fn new(
        start: impl Future<Output = (Option<Poller<C>>, PollResult<C>)> + Send + 'static,
    ) -> Self {
        Self {
            next: Some(Box::pin(start)),
        }
    }

    /// Returns the next state; `None` after the last one. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<C::State, WaitError<C::State>>> {
        poll_fn(|context| self.poll_state(context)).await
    }

    /// Returns the next state; `None` after the last one. For `while let Some(state) = states.try_next().await?`.
    ///
    /// # Errors
    ///
    /// That of the waiter.
    pub async fn try_next(&mut self) -> Result<Option<C::State>, WaitError<C::State>> {
        self.next().await.transpose()
    }

    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<Option<StateResult<C>>> {
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let (poller, result) = ready!(next.as_mut().poll(context));
        self.next = match (poller, &result) {
            (Some(poller), Ok((_, WaitState::Pending))) => Some(Box::pin(poller.advance())),
            _ => None,
        };
        Poll::Ready(Some(result.map(|(state, _)| state)))
    }
}

impl<C: WaitCondition> Stream for StateStream<C> {
    type Item = Result<C::State, WaitError<C::State>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_state(context)
    }
}

impl<C: WaitCondition> fmt::Debug for StateStream<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateStream")
            .field("ended", &self.next.is_none())
            .finish_non_exhaustive()
    }
}
