//! The body of a response, with the faults of its delivery.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Instant, Interval, interval_at};

/// The pieces of a slow body.
// Enough that no pause between two of them is as long as a timeout of the whole, and few enough to be cheap.
const PIECES: usize = 20;

/// The error that makes hyper close the connection.
#[derive(Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

/// A response body. A truncated one has half of the bytes, and then an error that closes the connection.
pub(crate) struct ResponseBody {
    /// The bytes that remain.
    bytes: Bytes,
    /// The size of each piece, in bytes.
    piece: usize,
    /// The times at which a slow body's pieces are sent.
    pauses: Option<Interval>,
    truncated: bool,
    flushed: bool,
}

impl ResponseBody {
    /// Returns a body that is sent over a time: at once, if that is zero.
    pub(crate) fn new(body: String, truncated: bool, time: Duration) -> Self {
        let mut bytes = Bytes::from(body);
        if truncated {
            bytes.truncate(bytes.len() / 2);
        }
        if time.is_zero() || bytes.is_empty() {
            return Self {
                piece: bytes.len(),
                bytes,
                pauses: None,
                truncated,
                flushed: false,
            };
        }
        let piece = bytes.len().div_ceil(PIECES);
        // A short body has fewer pieces.
        let pieces = u32::try_from(bytes.len().div_ceil(piece)).unwrap_or(1);
        // An interval of zero would panic.
        let pause = (time / pieces).max(Duration::from_nanos(1));
        Self {
            bytes,
            piece,
            pauses: Some(interval_at(Instant::now() + pause, pause)),
            truncated,
            flushed: false,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if !self.bytes.is_empty() {
            if let Some(pauses) = &mut self.pauses {
                ready!(pauses.poll_tick(context));
            }
            let piece = self.piece.min(self.bytes.len());
            return Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(piece)))));
        }
        if !self.truncated {
            return Poll::Ready(None);
        }
        // hyper must write the half before it gets the error, or the client would see none of it.
        if !self.flushed {
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Closed)))
    }
}
