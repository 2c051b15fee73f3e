//! A wait as a stream.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::course::{Course, Seen};
use super::watch::{WaitCondition, WaitState};
use crate::wait_error::WaitError;

/// What a reader is told.
type Told<W> = Result<<W as WaitCondition>::State, WaitError<<W as WaitCondition>::State>>;
type Advance<W> = Pin<Box<dyn Future<Output = (Option<Course<W>>, Seen<W>)> + Send>>;

/// What each look sees, as a [`Stream`]; made by [`Wait::states`](crate::Wait::states) and [`OperationWaiter::states`](crate::OperationWaiter::states).
#[must_use = "a stream does nothing until it is polled"]
pub struct StateStream<W: WaitCondition> {
    next: Option<Advance<W>>,
}

impl<W: WaitCondition> StateStream<W> {
    /// The states of what this begins.
    pub(super) fn of(
        begin: impl Future<Output = (Option<Course<W>>, Seen<W>)> + Send + 'static,
    ) -> Self {
        Self {
            next: Some(Box::pin(begin)),
        }
    }

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
            (Some(course), Ok((_, WaitState::Pending))) => Some(Box::pin(course.advance())),
            _ => None,
        };
        Poll::Ready(Some(seen.map(|(state, _)| state)))
    }
}

impl<W: WaitCondition> Stream for StateStream<W> {
    type Item = Result<W::State, WaitError<W::State>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_state(context)
    }
}

impl<W: WaitCondition> fmt::Debug for StateStream<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateStream")
            .field("ended", &self.next.is_none())
            .finish_non_exhaustive()
    }
}
