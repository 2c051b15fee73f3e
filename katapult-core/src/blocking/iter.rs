//! Streams as iterators.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use katapult_gen::ListOperation;

use super::runtime::{Background, call_error};
use crate::error::{BlockingError, Error};
use crate::pagination::{Items, Page, Pages};
use crate::resume_token::ResumeToken;
use crate::waiter::{StateStream, WaitCondition, WaitError};

/// The properties of a stream that [`BlockingIter`] needs.
pub trait Source: Stream<Item = Result<Self::Value, Self::Error>> + Unpin + Send + 'static {
    /// The values of the stream.
    type Value: Send;
    /// The error that ends the stream.
    type Error: Send;

    /// Returns the next value, if it is in memory.
    fn take_buffered(&mut self) -> Option<Self::Value> {
        None
    }

    /// Returns the error of a blocking method.
    fn error(error: BlockingError) -> Self::Error;
}

impl<O: ListOperation + 'static> Source for Items<O> {
    type Value = O::Item;
    type Error = Error;

    fn take_buffered(&mut self) -> Option<O::Item> {
        self.take_item()
    }

    fn error(error: BlockingError) -> Error {
        call_error::<O>(error)
    }
}

impl<O: ListOperation + 'static> Source for Pages<O> {
    type Value = Page<O::Item>;
    type Error = Error;

    fn error(error: BlockingError) -> Error {
        call_error::<O>(error)
    }
}

impl<C: WaitCondition> Source for StateStream<C> {
    type Value = C::State;
    type Error = WaitError<C::State>;

    fn error(error: BlockingError) -> WaitError<C::State> {
        WaitError::Blocking(error)
    }
}

/// A stream as an iterator: the [items](Items) or the [pages](Pages) of a list, or the [states](StateStream) of a
/// waiter.
///
/// `next` blocks the thread until the next value is there. The pages that are prefetched continue only during `next`.
/// An error ends the iterator, except that of a call inside an async runtime, after which it can be used elsewhere.
#[must_use = "an iterator does nothing until it is used"]
pub struct BlockingIter<S> {
    /// `None` if the thread of the blocking calls stopped.
    stream: Option<S>,
}

impl<S> BlockingIter<S> {
    pub(super) fn new(stream: S) -> Self {
        let stream = Some(stream);
        Self { stream }
    }
}

impl<O: ListOperation + 'static> BlockingIter<Items<O>> {
    /// Returns the position after the item that was returned last; see [`Items::resume_token`].
    pub fn resume_token(&self) -> Option<ResumeToken> {
        self.stream.as_ref()?.resume_token()
    }
}

impl<O: ListOperation + 'static> BlockingIter<Pages<O>> {
    /// Returns the position after the page that was returned last; see [`Pages::resume_token`].
    pub fn resume_token(&self) -> Option<ResumeToken> {
        self.stream.as_ref()?.resume_token()
    }
}

impl<S: Source> Iterator for BlockingIter<S> {
    type Item = Result<S::Value, S::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // The items of one page need no change of threads.
        if let Some(value) = self.stream.as_mut()?.take_buffered() {
            return Some(Ok(value));
        }
        let background = match Background::get() {
            Ok(background) => background,
            Err(error) => return Some(Err(S::error(error))),
        };
        let mut stream = self.stream.take()?;
        let result = background.run(async move {
            let next = poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await;
            (stream, next)
        });
        match result {
            Ok((stream, next)) => {
                self.stream = Some(stream);
                next
            }
            Err(error) => Some(Err(S::error(error))),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for BlockingIter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingIter")
            .field("stream", &self.stream)
            .finish()
    }
}
