//! The HTTP settings of the builder, each over a socket.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedClient;
use katapult_core::{Client, ClientBuilder, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::version::TLS12;

use crate::support::*;
use crate::tls::Authority;

const HOST: &str = "api.katapult.test";
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn builder_of_url(url: &str) -> ClientBuilder {
    let builder = Client::builder().token(TOKEN).base_url(url);
    builder.retry(RetryPolicy::none())
}

fn root_of(authority: &Authority) -> reqwest::Certificate {
    reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap()
}

/// A server over plain HTTP that gives each request this response; it ends with the requests, once there were `count`.
async fn plain_server(count: usize, response: String) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let mut requests = Vec::new();
        while requests.len() < count {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let length = socket.read(&mut request).await.unwrap();
            requests.push(String::from_utf8_lossy(&request[..length]).into_owned());
            socket.write_all(response.as_bytes()).await.unwrap();
            let _ = socket.shutdown().await;
        }
        requests
    });
    (port, serving)
}

fn machine_response() -> String {
    let body = r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"task_1"}}"#;
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn root_certificate_and_address_of_the_host_are_used() {
    let authority = Authority::new();
    let server = authority.server("http/1.1", None).await;
    let url = format!("https://{HOST}:{}", server.address().port());
    let serving = tokio::spawn(server.serve_machine());
    let client = builder_of_url(&url)
        .root_certificates([root_of(&authority)])
        .resolve(HOST, [LOCALHOST])
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    serving.abort();
}

#[cfg(feature = "rustls-tls")] // reads a certificate with its key from one PEM text
#[tokio::test]
async fn server_that_requires_a_client_certificate_gets_it() {
    let authority = Authority::new();
    let clients = Authority::new();
    let server = authority.server("http/1.1", Some(&clients)).await;
    let url = format!("https://{}", server.address());
    let serving = tokio::spawn(server.serve_machine());
    let with = |pem: Option<String>| {
        let builder = Client::builder().token(TOKEN).base_url(&url);
        let builder = builder.root_certificates([root_of(&authority)]);
        let builder = match pem {
            None => builder,
            Some(pem) => {
                let identity = reqwest::Identity::from_pem(pem.as_bytes()).unwrap();
                builder.client_certificate(identity)
            }
        };
        builder.build().unwrap()
    };
    let trusted = with(Some(clients.client_pem()));
    get(&trusted).send().await.unwrap();
    for (pem, reason) in [
        (None, "CertificateRequired"),
        (Some(Authority::new().client_pem()), "fatal alert: "),
    ] {
        let client = with(pem);
        for error in [
            get(&client).send().await.unwrap_err(),
            post(&client).send().await.unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(
                text.contains(reason) && text.contains("client_certificate"),
                "{text}"
            );
            assert_eq!(error.attempts(), 1, "{text}");
            assert!(
                !error.is_retryable() && !error.may_have_happened(),
                "{text}"
            );
        }
    }
    serving.abort();
}

#[tokio::test]
async fn server_with_an_older_version_of_tls_than_permitted_is_refused() {
    use reqwest::tls::Version;
    static OLD: [&SupportedProtocolVersion; 1] = [&TLS12];
    let authority = Authority::new().with_version(&OLD);
    let server = authority.server("http/1.1", None).await;
    let url = format!("https://{}", server.address());
    let serving = tokio::spawn(server.serve_machine());
    let builder = || builder_of_url(&url).root_certificates([root_of(&authority)]);
    get(&builder().build().unwrap()).send().await.unwrap();
    let client = builder().min_tls_version(Version::TLS_1_3).build();
    let retry = RetryPolicy::default();
    let error = get(&client.unwrap()).retry(retry).send().await;
    let error = error.unwrap_err();
    assert_eq!(error.attempts(), 1, "{error}");
    assert!(!error.is_retryable(), "{error}");
    serving.abort();
}

#[tokio::test]
async fn plain_http_to_another_host_needs_permission() {
    let (port, serving) = plain_server(1, machine_response()).await;
    let url = format!("http://{HOST}:{port}");
    let error = builder_of_url(&url).build().unwrap_err().to_string();
    assert!(error.contains("allow_http()"), "{error}");
    let client = builder_of_url(&url).resolve(HOST, [LOCALHOST]).allow_http();
    get(&client.build().unwrap()).send().await.unwrap();
    assert!(serving.await.unwrap()[0].starts_with("GET /core/v1/"));
}

#[tokio::test]
async fn proxy_receives_the_requests_unless_it_is_taken_back() {
    let (proxy, proxied) = plain_server(1, machine_response()).await;
    let proxy = reqwest::Proxy::all(format!("http://127.0.0.1:{proxy}")).unwrap();
    let (port, serving) = plain_server(1, machine_response()).await;
    let url = format!("http://127.0.0.1:{port}");
    let client = builder_of_url(&url).proxy(proxy.clone()).build().unwrap();
    get(&client).send().await.unwrap();
    let request = &proxied.await.unwrap()[0];
    assert!(
        request.starts_with(&format!("GET {url}/core/v1/")),
        "{request}"
    );
    let client = builder_of_url(&url)
        .proxy(proxy)
        .no_proxy()
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    assert!(serving.await.unwrap()[0].starts_with("GET /core/v1/"));
}

#[tokio::test]
async fn reqwest_builder_is_completed() {
    let redirect = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let (port, serving) = plain_server(1, redirect.to_owned()).await;
    let client = builder_of_url(&format!("http://127.0.0.1:{port}"))
        .reqwest_builder(|| {
            let mut headers = http::HeaderMap::new();
            headers.insert("x-company", "acme".parse().unwrap());
            let proxy = reqwest::Proxy::all("http://127.0.0.1:1").unwrap();
            reqwest::Client::builder()
                .default_headers(headers)
                .proxy(proxy)
                .redirect(reqwest::redirect::Policy::limited(5))
        })
        .build()
        .unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(
        error.status().map(|status| status.as_u16()),
        Some(302),
        "{error}"
    );
    let requests = serving.await.unwrap();
    assert!(requests[0].contains("x-company: acme"), "{}", requests[0]);
}

#[tokio::test]
async fn user_agent_ends_with_the_suffix() {
    let scripted = ScriptedClient::new([ok()]);
    let client = builder(&scripted).user_agent_suffix("my-tool/1.2").build();
    get(&client.unwrap()).send().await.unwrap();
    let expected = concat!("katapult-rust/", env!("CARGO_PKG_VERSION"), " my-tool/1.2");
    let requests = scripted.requests();
    assert_eq!(requests[0].header("user-agent"), Some(expected));
    let error = builder(&scripted).user_agent_suffix("a\nb").build();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("the user agent contains"), "{error}");
}

#[test]
fn setting_that_another_client_would_ignore_is_refused() {
    let scripted = ScriptedClient::new([]);
    let error = builder(&scripted).no_proxy().build().unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("no_proxy(…) has no effect on the client"),
        "{text}"
    );
    let wrapped = builder(&scripted).wrap_http_client(|default| default);
    let text = wrapped.build().unwrap_err().to_string();
    assert!(
        text.starts_with("wrap_http_client(…) has no effect"),
        "{text}"
    );
    // This one is stated to have no effect.
    let with_timeout = builder(&scripted).connect_timeout(Duration::from_secs(1));
    with_timeout.build().unwrap();
}
