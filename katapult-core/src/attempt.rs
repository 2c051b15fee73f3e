//! One attempt: a request is sent once, and its response read, within bounds of time and size.

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, timeout_at};

use crate::sender::{HttpClient, HttpClientError};

/// One request, sent once, and what came back.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// When the response's head came, if it did; else when the attempt ended.
    pub(crate) at: Instant,
    /// The response's head, if it came.
    pub(crate) head: Option<(StatusCode, HeaderMap)>,
    /// As much of the body as came.
    pub(crate) body: Bytes,
    pub(crate) end: End,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With a whole response.
    Whole,
    /// The body is larger than the limit; the rest was not read.
    TooLarge,
    /// The connection could not be made, or broke.
    Broken(HttpClientError),
    /// The time was up.
    TimedOut,
}

/// Sends a request and reads its response, until `end` and up to `limit` bytes.
pub(crate) async fn send_once(
    sender: &dyn HttpClient,
    request: reqwest::Request,
    end: Option<Instant>,
    limit: usize,
) -> Attempt {
    // Outside of what may be dropped when the time is up, so that what came is kept.
    let mut head: Option<(StatusCode, HeaderMap)> = None;
    let mut came = None;
    let mut body = Received::default();
    let exchange = async {
        let mut incoming = match sender.send(request).await {
            Ok(incoming) => incoming,
            Err(error) => return End::Broken(error),
        };
        came = Some(Instant::now());
        body.announced = announced(&incoming.headers).min(limit);
        head = Some((incoming.status, std::mem::take(&mut incoming.headers)));
        loop {
            match incoming.chunk().await {
                Ok(None) if incoming.until_close && ends_early(body.so_far()) => {
                    return End::Broken(HttpClientError::lost(
                        "the connection was closed too early",
                    ));
                }
                Ok(None) => return End::Whole,
                Ok(Some(chunk)) if chunk.len() > limit - body.so_far().len() => {
                    return End::TooLarge;
                }
                Ok(Some(chunk)) => body.add(chunk),
                Err(HttpClientError { cause, .. }) => {
                    return End::Broken(HttpClientError::lost(cause));
                }
            }
        }
    };
    let end = before(end, exchange).await.unwrap_or(End::TimedOut);
    Attempt {
        at: came.unwrap_or_else(Instant::now),
        head,
        body: body.whole(),
        end,
    }
}

/// A body that comes in pieces. The first is kept as it came, for most have no second.
#[derive(Default)]
struct Received {
    /// How long the body will be, if its head says so, within the limit.
    announced: usize,
    first: Bytes,
    /// All pieces, if there are several.
    all: BytesMut,
}

impl Received {
    fn add(&mut self, piece: Bytes) {
        if self.so_far().is_empty() {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            let least = self.first.len() + piece.len();
            self.all.reserve(self.announced.max(least));
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&piece);
    }

    fn so_far(&self) -> &[u8] {
        if self.all.is_empty() {
            &self.first
        } else {
            &self.all
        }
    }

    fn whole(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

/// The length in a response's head; 0 when it does not say.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH);
    length
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together_and_a_lone_one_is_not_copied() {
        for (announced, pieces) in [
            (0, vec![]),
            (3, vec!["abc"]),
            (0, vec!["", "abc"]),
            (6, vec!["abc", "", "def"]),
            (2, vec!["abc", "def", "g"]), // longer than was said
        ] {
            let mut body = Received {
                announced,
                ..Received::default()
            };
            let mut expected = String::new();
            for piece in &pieces {
                body.add(Bytes::from_static(piece.as_bytes()));
                expected.push_str(piece);
                assert_eq!(body.so_far(), expected.as_bytes(), "{pieces:?}");
            }
            assert_eq!(body.whole(), expected, "{pieces:?}");
        }
        let piece = Bytes::from("abc".to_owned());
        let mut body = Received::default();
        body.add(piece.clone());
        assert_eq!(body.whole().as_ptr(), piece.as_ptr());
    }

    #[test]
    fn an_unreadable_length_is_none() {
        let mut headers = HeaderMap::new();
        for (value, expected) in [("12", 12), ("-1", 0), ("twelve", 0)] {
            headers.insert(CONTENT_LENGTH, value.parse().expect("a value"));
            assert_eq!(announced(&headers), expected);
        }
        assert_eq!(announced(&HeaderMap::new()), 0);
    }
}
