//! The SDK over hyper-util, to tell its own part of a request from reqwest's.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::Request;
use http_body_util::{BodyDataStream, Full};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use katapult_core::{HttpBody, HttpClient, HttpClientError, HttpFuture};

use crate::{BenchError, TOKEN};

/// Returns a client of the SDK whose HTTP client is that of hyper-util, as in the guide.
pub(crate) fn katapult(url: &str) -> Result<katapult_core::Client, BenchError> {
    let client = katapult_core::Client::builder().base_url(url).token(TOKEN);
    Ok(client
        .http_client(over_hyper(HttpConnector::new()))
        .build()?)
}

fn over_hyper<C>(connector: C) -> impl HttpClient
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let hyper = Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .build(connector);
    move |request: Request<Bytes>| -> HttpFuture<'static> {
        let response = hyper.request(request.map(Full::new));
        Box::pin(async move {
            let response = response
                .await
                .map_err(|error: Error| match error.is_connect() {
                    true => HttpClientError::not_sent(error),
                    false => HttpClientError::lost(error),
                })?;
            let chunks = |body| BodyDataStream::new(body).map_err(HttpClientError::lost);
            Ok(response.map(|body| HttpBody::from_stream(chunks(body))))
        })
    }
}
