//! One attempt: sends a request once and reads the response, within limits of time and size.

use std::pin::pin;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use katapult_gen::__private::JSON;
use tokio::time::{Instant, timeout_at};

use super::http_client::HttpFuture;
use crate::error::HttpClientError;
use crate::retry::classify::{Attempt, AttemptEnd};

/// Returns the request of an attempt: with the headers of each, and the token if the API takes one.
pub(super) fn request(
    request: &Request<Bytes>,
    user_agent: Option<HeaderValue>,
    token: Option<HeaderValue>,
) -> Request<Bytes> {
    // Most requests have no header yet, so that this copies none.
    let mut request = request.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, JSON);
    if let Some(user_agent) = user_agent {
        headers.insert(USER_AGENT, user_agent);
    }
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, token);
    }
    request
}

/// Waits for the response to a request and reads it, until `end` and up to `limit` bytes of the body.
pub(super) async fn send_once(
    response: HttpFuture<'_>,
    end: Option<Instant>,
    limit: usize,
) -> Attempt {
    // Outside of the future that a timeout drops, so that the part that was received is kept.
    let mut head: Option<(StatusCode, HeaderMap)> = None;
    let mut received_at = None;
    let mut body = BodyBuffer::default();
    let end = {
        // Pinned here, because a future contains each argument twice.
        let exchange = pin!(async {
            let (parts, mut chunks) = match response.await {
                Ok(response) => response.into_parts(),
                Err(error) => return AttemptEnd::ConnectionError(error),
            };
            received_at = Some(Instant::now());
            body.expected = content_length(&parts.headers).min(limit);
            head = Some((parts.status, parts.headers));
            // Not read at all: without a stated length, HTTP/1.1 would wait for the connection to end.
            if has_no_body(parts.status) {
                return AttemptEnd::Complete;
            }
            loop {
                match chunks.chunk().await {
                    Ok(None)
                        if chunks.ends_with_connection() && is_truncated_json(body.received()) =>
                    {
                        return AttemptEnd::ConnectionError(HttpClientError::lost(
                            "the connection was closed too early",
                        ));
                    }
                    Ok(None) => return AttemptEnd::Complete,
                    Ok(Some(chunk)) if chunk.len() > limit - body.received().len() => {
                        return AttemptEnd::BodyTooLarge;
                    }
                    Ok(Some(chunk)) => body.push(chunk),
                    // The head was received, so the request was sent, whatever the client says of its body.
                    Err(HttpClientError { cause, .. }) => {
                        return AttemptEnd::ConnectionError(HttpClientError::lost(cause));
                    }
                }
            }
        });
        timeout_at_opt(end, exchange).await
    };
    Attempt {
        received_at: received_at.unwrap_or_else(Instant::now),
        head,
        body: body.finish(),
        end: end.unwrap_or(AttemptEnd::TimedOut),
    }
}

/// A body that is received in chunks. A single chunk, the usual case, is not copied.
#[derive(Default)]
struct BodyBuffer {
    /// The length by the head of the response, within the limit; 0 if it is not stated.
    expected: usize,
    first: Bytes,
    /// All chunks, if there are several.
    all: BytesMut,
}

impl BodyBuffer {
    fn push(&mut self, chunk: Bytes) {
        if self.received().is_empty() {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            let least = self.first.len() + chunk.len();
            self.all.reserve(self.expected.max(least));
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&chunk);
    }

    fn received(&self) -> &[u8] {
        if self.all.is_empty() {
            &self.first
        } else {
            &self.all
        }
    }

    fn finish(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

/// Returns the length of the body by the head of a response; 0 if it is not stated.
fn content_length(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH);
    length
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

/// Returns `true` if a response of this status has no body, whatever its headers are (RFC 9110).
fn has_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

/// Returns `true` for JSON that ends too early. HTTP cannot detect that in a body that ends with the connection.
fn is_truncated_json(body: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err_and(|error| error.is_eof())
}

/// Waits for a future until `end`, if there is one; `None` if it did not complete in time.
pub(super) async fn timeout_at_opt<F: Future>(
    end: Option<Instant>,
    future: F,
) -> Option<F::Output> {
    match end {
        Some(end) => timeout_at(end, future).await.ok(),
        None => Some(future.await),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_chunks_are_joined_and_a_single_one_is_not_copied() {
        for (stated, chunks) in [
            (0, vec![]),
            (3, vec!["abc"]),
            (0, vec!["", "abc"]),
            (6, vec!["abc", "", "def"]),
            (2, vec!["abc", "def", "g"]), // longer than stated
        ] {
            let mut body = BodyBuffer {
                expected: stated,
                ..BodyBuffer::default()
            };
            let mut expected = String::new();
            for chunk in &chunks {
                body.push(Bytes::from_static(chunk.as_bytes()));
                expected.push_str(chunk);
                assert_eq!(body.received(), expected.as_bytes(), "{chunks:?}");
            }
            assert_eq!(body.finish(), expected, "{chunks:?}");
        }
        let chunk = Bytes::from("abc".to_owned());
        let mut body = BodyBuffer::default();
        body.push(chunk.clone());
        assert_eq!(body.finish().as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn unreadable_content_length_is_ignored() {
        let mut headers = HeaderMap::new();
        for (value, expected) in [("12", 12), ("-1", 0), ("twelve", 0)] {
            headers.insert(CONTENT_LENGTH, value.parse().expect("a header value"));
            assert_eq!(content_length(&headers), expected);
        }
        assert_eq!(content_length(&HeaderMap::new()), 0);
    }
}
