//! The SDK over hyper-util, to tell its own part of a request from reqwest's.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::Request;
use http_body_util::{BodyDataStream, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use katapult_core::{HttpBody, HttpClientError, HttpFuture};

use crate::{BenchError, TOKEN};

/// Returns a client of the SDK whose HTTP client is that of hyper-util, with its default settings.
pub(crate) fn katapult(url: &str) -> Result<katapult_core::Client, BenchError> {
    let hyper = Client::builder(TokioExecutor::new()).build_http();
    let send = move |request: Request<Bytes>| -> HttpFuture<'static> {
        let response = hyper.request(request.map(Full::new));
        Box::pin(async move {
            let response = response.await.map_err(HttpClientError::lost)?;
            Ok(response.map(|body| {
                HttpBody::from_stream(BodyDataStream::new(body).map_err(HttpClientError::lost))
            }))
        })
    };
    let client = katapult_core::Client::builder().base_url(url).token(TOKEN);
    Ok(client.http_client(send).build()?)
}
