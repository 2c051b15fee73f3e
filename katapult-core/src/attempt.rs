//! One attempt: a request is sent once, and its reply read, within bounds of time and size.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, timeout_at};

use crate::sender::{SendError, Sender};

/// One request, sent once, and what came back.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// When the reply's head came, if it did; else when the attempt ended.
    pub(crate) at: Instant,
    /// The reply's head, if it came.
    pub(crate) head: Option<(StatusCode, HeaderMap)>,
    /// As much of the body as came.
    pub(crate) body: Bytes,
    pub(crate) end: End,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With a whole reply.
    Whole,
    /// The body is larger than the limit; the rest was not read.
    TooLarge,
    /// The connection could not be made, or broke.
    Broken(SendError),
    /// The time was up.
    TimedOut,
}

/// Sends a request and reads its reply, until `end` and up to `limit` bytes.
pub(crate) async fn send_once(
    sender: &dyn Sender,
    request: reqwest::Request,
    end: Option<Instant>,
    limit: usize,
) -> Attempt {
    // Outside of what may be dropped when the time is up, so that what came is kept.
    let mut head: Option<(StatusCode, HeaderMap)> = None;
    let mut came = None;
    let mut body = BytesMut::new();
    let exchange = async {
        let mut incoming = match sender.send(request).await {
            Ok(incoming) => incoming,
            Err(error) => return End::Broken(error),
        };
        came = Some(Instant::now());
        head = Some((incoming.status, std::mem::take(&mut incoming.headers)));
        loop {
            match incoming.chunk().await {
                Ok(None) if incoming.until_close && ends_early(&body) => {
                    return End::Broken(SendError::lost("the connection was closed too early"));
                }
                Ok(None) => return End::Whole,
                Ok(Some(chunk)) if chunk.len() > limit - body.len() => return End::TooLarge,
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(SendError { cause, .. }) => return End::Broken(SendError::lost(cause)),
            }
        }
    };
    let end = before(end, exchange).await.unwrap_or(End::TimedOut);
    Attempt {
        at: came.unwrap_or_else(Instant::now),
        head,
        body: Bytes::from(body),
        end,
    }
}

/// A body that lasts until the connection is closed looks whole when it was cut off; JSON knows better.
fn ends_early(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_err_and(|error| error.is_eof())
}

/// Waits for a future, but not past this moment.
pub(crate) async fn before<F: Future>(end: Option<Instant>, future: F) -> Option<F::Output> {
    match end {
        Some(end) => timeout_at(end, future).await.ok(),
        None => Some(future.await),
    }
}
