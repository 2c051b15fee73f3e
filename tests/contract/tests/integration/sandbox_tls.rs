//! The sandbox over TLS: the SDK and a plain client use it if they trust its certificate, and only then.

use katapult_core::prelude::*;
use katapult_core::{Client, ClientBuilder, RetryPolicy};
use katapult_sandbox::{Fault, Sandbox};

async fn start() -> (Sandbox, reqwest::Certificate) {
    let sandbox = Sandbox::builder().tls().start().await.unwrap();
    let pem = sandbox.certificate_pem().unwrap();
    let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    (sandbox, certificate)
}

fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
}

#[tokio::test]
async fn client_that_trusts_the_certificate_is_served() {
    let (sandbox, certificate) = start().await;
    assert!(sandbox.url().starts_with("https://127.0.0.1:"));
    let katapult = builder(&sandbox).root_certificates([certificate.clone()]);
    let katapult = katapult.build().unwrap();
    assert!(katapult.data_centers().list().send().await.is_ok());
    // Faults of the connection are those of plain HTTP.
    sandbox.add_fault(Fault::reset_after().times(1));
    sandbox.add_fault(Fault::truncated().script([false, true]));
    let retry = RetryPolicy::default().initial_backoff(std::time::Duration::from_millis(1));
    let retried = katapult.data_centers().list().retry(retry).send().await;
    assert_eq!(retried.unwrap().attempts(), 3);

    let plain = reqwest::Client::builder().add_root_certificate(certificate);
    let (_, port) = sandbox.url().rsplit_once(':').unwrap();
    let url = format!("https://localhost:{port}/core/v1/data_centers");
    let request = plain.build().unwrap().get(url).bearer_auth(sandbox.token());
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn certificate_is_valid_for_the_names_that_the_sandbox_is_given() {
    let sandbox = Sandbox::builder().tls_name("sandbox.test").start().await;
    let sandbox = sandbox.unwrap();
    let pem = sandbox.certificate_pem().unwrap();
    let (_, port) = sandbox.url().rsplit_once(':').unwrap();
    for (name, trusted) in [("sandbox.test", true), ("other.test", false)] {
        let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
        let katapult = builder(&sandbox)
            .base_url(&format!("https://{name}:{port}"))
            .resolve(name, [std::net::Ipv4Addr::LOCALHOST.into()])
            .root_certificates([certificate]);
        let zones = katapult.build().unwrap().zones().list().send().await;
        assert_eq!(zones.is_ok(), trusted, "{name}");
    }

    for invalid in ["", "two words", "sandbox.test:443", "https://sandbox.test"] {
        let started = Sandbox::builder().tls_name(invalid).start().await;
        let error = started.unwrap_err().to_string();
        assert!(error.contains(&format!("{invalid:?}")), "{error}");
    }
}

#[tokio::test]
async fn client_that_does_not_trust_the_certificate_is_refused() {
    let (sandbox, _) = start().await;
    let (_, certificate_of_another) = start().await;
    let others = [
        builder(&sandbox),
        builder(&sandbox).root_certificates([certificate_of_another]),
    ];
    for other in others {
        let katapult = other.build().unwrap();
        let error = katapult.data_centers().list().send().await.unwrap_err();
        assert!(error.is_connect() && !error.is_retryable(), "{error}");
        assert_eq!(error.attempts(), 1, "{error}");
    }
    let request = reqwest::Client::new().get(sandbox.url()).send().await;
    assert!(request.unwrap_err().is_connect());
    assert!(sandbox.requests().is_empty());
}
