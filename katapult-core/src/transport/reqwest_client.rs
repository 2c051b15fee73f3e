//! The default HTTP client: reqwest.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response, Version};

use super::http_client::{HttpBody, HttpClient, HttpFuture, HttpResponse};

impl HttpClient for reqwest::Client {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request)?;
            Ok(response(self.execute(request).await?))
        })
    }
}

fn response(mut received: reqwest::Response) -> HttpResponse {
    let status = received.status();
    let version = received.version();
    let headers = std::mem::take(received.headers_mut());
    let framed = version > Version::HTTP_11
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING);
    let mut response = Response::new(HttpBody::from_reqwest(received, !framed));
    *response.status_mut() = status;
    *response.version_mut() = version;
    *response.headers_mut() = headers;
    response
}
