//! The server's clock, as it follows from the dates of responses.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::Response;
use katapult_core::prelude::*;
use katapult_core::{Client, HttpBody, HttpClientError, HttpFuture};
use tokio::time::Sleep;

use crate::support::*;

/// A body that is received so long after its head.
struct SlowBody(Pin<Box<Sleep>>, Option<Bytes>);

impl Stream for SlowBody {
    type Item = Result<Bytes, HttpClientError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.0.as_mut().poll(context));
        Poll::Ready(self.1.take().map(Ok))
    }
}

#[tokio::test(start_paused = true)]
async fn date_of_a_response_is_that_of_its_head_however_slow_its_body_is() {
    let http = |_| -> HttpFuture<'static> {
        let body = Bytes::from_static(br#"{"virtual_machine":{"id":"vm_1"}}"#);
        let delay = Box::pin(tokio::time::sleep(Duration::from_secs(10)));
        let mut response = Response::new(HttpBody::from_stream(SlowBody(delay, Some(body))));
        let headers = response.headers_mut();
        headers.insert("date", "Mon, 24 Nov 2025 16:00:42 GMT".parse().unwrap());
        headers.insert("x-ratelimit-permitted", 1000.into());
        headers.insert("x-ratelimit-remaining", 0.into());
        Box::pin(async move { Ok(response) })
    };
    let client = Client::builder().token(TOKEN).retry(exact());
    let client = client.http_client(http).build().unwrap();
    get(&client).send().await.unwrap();
    // 18 s from the head, of which 10 s have passed.
    let error = get(&client).deadline(Duration::from_secs(5)).send().await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("waiting 8s for the rate limit"), "{text}");
}
