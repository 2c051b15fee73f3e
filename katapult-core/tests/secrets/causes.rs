//! Settings and values with the token, and causes below HTTP that name it.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{
    Client, HttpBody, HttpClientError, HttpFuture, HttpResponse, ResumeToken, SecretString, http,
    reqwest,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{ENCODED, Places, SECRET, TOKEN, chain, error_with, machine};

/// Settings, and values that hold the token.
pub(crate) async fn values_with_the_token(places: &mut Places) {
    let scripted = ScriptedClient::new([ScriptedResponse::never()]);
    let builder = scripted.client_builder().token(TOKEN);
    places.debug("Debug of a builder", &builder);
    let client = builder.build().unwrap();
    places.debug("Debug of a client", &client);
    places.debug("Debug of a transport", client.transport());
    let call = client.virtual_machines().get(machine());
    places.debug("Debug of a call", &call);
    places.debug("Debug of options", call.options());
    let call = call.deadline(Duration::from_secs(1));
    places.error("deadline of a call", &call.send().await.unwrap_err());
    places.debug("Debug of a sent request", &scripted.requests());

    let url = |url: &str| Client::builder().base_url(url).token(TOKEN).build();
    let table = [
        (
            "user of the base URL",
            url(&format!("https://{SECRET}@api.example")),
        ),
        (
            "password of the base URL",
            url(&format!("https://u:{SECRET}@api.example")),
        ),
        (
            "query of the base URL",
            url(&format!("https://api.example?t={SECRET}")),
        ),
        ("text for a base URL", url(SECRET)),
        (
            "token with a line break",
            Client::builder().token(format!("{TOKEN}\n")).build(),
        ),
        (
            "token with its scheme",
            Client::builder().token(format!("Bearer {TOKEN}")).build(),
        ),
        (
            "token beyond ASCII",
            Client::builder().token(format!("{TOKEN}é")).build(),
        ),
    ];
    for (place, result) in table {
        places.add(place, chain(&result.unwrap_err()));
    }
    let malformed = || async { Ok(SecretString::from(format!("{TOKEN}\n"))) };
    let provider = Client::builder().token_provider(malformed);
    let client = provider.build().unwrap();
    let call = client.virtual_machines().get(machine());
    places.error("token of a provider", &call.send().await.unwrap_err());
    places.debug("Debug of a provider's client", &client);
    places.add(
        "text for a resume token",
        chain(&TOKEN.parse::<ResumeToken>().unwrap_err()),
    );
}

/// Causes below HTTP that name the token.
pub(crate) async fn causes_with_the_token(places: &mut Places) {
    let cause = || format!("refused: authorization: Bearer {TOKEN}");
    type Respond = fn(String) -> Result<HttpResponse, HttpClientError>;
    let table: [(&'static str, Respond); 3] = [
        ("cause of no connection", |cause| {
            Err(HttpClientError::not_sent(cause))
        }),
        ("cause of a lost connection", |cause| {
            Err(HttpClientError::lost(cause))
        }),
        ("cause of a truncated body", |cause| {
            let body = async_stream_of(HttpClientError::lost(cause));
            Ok(http::Response::new(body))
        }),
    ];
    for (place, respond) in table {
        let client = move |_| -> HttpFuture<'static> {
            let response = respond(cause());
            Box::pin(async move { response })
        };
        places.error(
            place,
            &error_with(Client::builder().http_client(client)).await,
        );
    }
    let nested = io::Error::other(io::Error::other(cause()));
    let nested = Mutex::new(Some(HttpClientError::lost(nested)));
    let client = move |_| -> HttpFuture<'static> {
        let error = nested.lock().unwrap().take().unwrap();
        Box::pin(async move { Err(error) })
    };
    places.error(
        "cause of a cause",
        &error_with(Client::builder().http_client(client)).await,
    );
    // The text of a lost connection is logged too, before it is in an error.
    let proxy = format!("http://user:{SECRET}@127.0.0.1:9");
    let proxy = reqwest::Proxy::all(proxy).unwrap();
    let proxied = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let builder = Client::builder().http_client(proxied);
    places.error("proxy with a password", &error_with(builder).await);
    let dns = reqwest::Client::builder().dns_resolver(Arc::new(FailingDns));
    let builder = Client::builder().http_client(dns.build().unwrap());
    places.error("name lookup", &error_with(builder).await);
}

/// Returns a body that ends with this error.
fn async_stream_of(error: HttpClientError) -> HttpBody {
    struct Once(Option<HttpClientError>);
    impl futures_core::Stream for Once {
        type Item = Result<bytes::Bytes, HttpClientError>;

        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(self.0.take().map(Err))
        }
    }
    HttpBody::from_stream(Once(Some(error)))
}

struct FailingDns;

impl reqwest::dns::Resolve for FailingDns {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async { Err(format!("no such host for Bearer {TOKEN}").into()) })
    }
}

/// Bytes on the wire that repeat the token.
pub(crate) async fn sockets_with_the_token(places: &mut Places) {
    let (half, rest) = TOKEN.split_at(9);
    let chunked = format!(
        "HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\ntrailer: x-echo\r\n\r\n{:x}\r\n{half}\r\n{:x}\r\n{rest}\r\n0\r\nx-echo: {TOKEN}\r\n\r\n",
        half.len(),
        rest.len()
    );
    let table = [
        (
            "reason phrase",
            format!("HTTP/1.1 500 Bearer {TOKEN}\r\ncontent-length: 0\r\n\r\n"),
        ),
        ("chunks of a body", chunked),
        ("malformed head", format!("HTTP/1.1 {TOKEN}\r\n\r\n")),
        ("other protocol", format!("SSH-2.0-{TOKEN}\r\n")),
        (
            "cookie",
            format!("HTTP/1.1 400 Bad\r\nset-cookie: t={ENCODED}\r\ncontent-length: 0\r\n\r\n"),
        ),
    ];
    for (place, bytes) in table {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(bytes.as_bytes()).await;
        });
        let error = error_with(Client::builder().base_url(&url)).await;
        places.error(place, &error);
        let body = error.body().map(String::from_utf8_lossy);
        places.0.last_mut().unwrap().1 += &format!("{body:?}");
        serving.await.unwrap();
    }
}
