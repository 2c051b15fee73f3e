//! Tokens: renewal, failing providers, and calls without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedClient;
use katapult_core::{Client, RetryPolicy, SecretString};

use crate::support::*;

/// Returns a provider of the tokens that `token` returns for each request by its number, and the count of requests.
fn counted<R>(token: impl Fn(u32) -> R) -> (impl Fn() -> R, Arc<AtomicU32>) {
    let provided = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&provided);
    (
        move || token(counter.fetch_add(1, Ordering::SeqCst)),
        provided,
    )
}

#[tokio::test(start_paused = true)]
async fn rejected_token_is_renewed_once_for_all_calls() {
    let rejected = || failure(403, "invalid_api_token", "No", "{}");
    let late = || rejected().delay(Duration::from_secs(1));
    // The first three are in flight together when the token has expired.
    let scripted = ScriptedClient::new([late(), late(), late(), ok()]);
    let (provider, provided) = counted(|count| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(SecretString::from(format!("token-{count}")))
    });
    let client = builder(&scripted).token_provider(provider);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(post(&client).into_future()))
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().attempts(), 2);
    }
    assert_eq!(provided.load(Ordering::SeqCst), 2);
    let requests = scripted.requests();
    let sent: Vec<_> = requests
        .iter()
        .filter_map(|request| request.header("authorization"))
        .collect();
    assert_eq!(sent[..3], ["Bearer token-0"; 3]);
    assert_eq!(sent[3..], ["Bearer token-1"; 3]);

    // Once for a call, and no more.
    let scripted = ScriptedClient::new([rejected()]);
    let provider = || async { Ok(SecretString::from("stale")) };
    let client = builder(&scripted).token_provider(provider).build().unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert!(error.is_auth());
    assert_eq!(error.attempts(), 2);

    // The request with the rejected token is no attempt of the policy, and does not double the backoff.
    let scripted = ScriptedClient::new([rejected(), unavailable(), ok()]);
    let provider = || async { Ok(SecretString::from("renewed")) };
    let client = builder(&scripted).token_provider(provider);
    let client = client.retry(exact().max_attempts(2)).build().unwrap();
    assert_eq!(get(&client).send().await.unwrap().attempts(), 3);
    assert_eq!(scripted.pauses(), secs(&[0, 1]));

    // A fixed token cannot be renewed.
    let (client, _) = client_of([rejected()]);
    assert_eq!(get(&client).send().await.unwrap_err().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn header_of_the_token_is_marked_as_sensitive() {
    let (client, fixed) = client_of([ok()]);
    get(&client).send().await.unwrap();
    let provided = ScriptedClient::new([ok()]);
    let provider = || async { Ok(SecretString::from(TOKEN)) };
    let client = builder(&provided).token_provider(provider).build().unwrap();
    get(&client).send().await.unwrap();
    for scripted in [fixed, provided] {
        let request = &scripted.requests()[0];
        // Keeps it out of `Debug`, and out of the compression table of HTTP/2.
        assert!(request.headers["authorization"].is_sensitive());
        let text = format!("{request:?} {scripted:?}");
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn failing_provider_fails_all_waiting_calls() {
    let (provider, provided) = counted(|_| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Err("the vault is sealed".into())
    });
    let scripted = ScriptedClient::new([ok()]);
    let client = builder(&scripted).token_provider(provider).build().unwrap();
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(get(&client).into_future()))
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_auth());
        assert_eq!(
            error.to_string(),
            "get virtual machine fqdn web-1.acme.example: the token provider failed: the vault is sealed (not sent)"
        );
    }
    assert_eq!(provided.load(Ordering::SeqCst), 1);
    let call = get(&client).deadline(Duration::from_millis(10));
    let error = call.send().await.unwrap_err();
    assert!(error.is_timeout());
    let text = error.to_string();
    assert!(text.contains("while waiting for the token"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn request_for_a_token_ends_with_the_calls_that_wait_for_it() {
    let (provider, provided) = counted(|count| async move {
        if count == 0 {
            std::future::pending::<()>().await;
        }
        Ok(SecretString::from("token"))
    });
    let scripted = ScriptedClient::new([ok()]);
    let client = builder(&scripted).token_provider(provider).build().unwrap();
    let limit = Duration::from_secs(1);
    for _ in 0..2 {
        let calls = [(); 2].map(|()| tokio::spawn(get(&client).deadline(limit).into_future()));
        let mut failed = 0;
        for call in calls {
            failed += u32::from(call.await.unwrap().is_err());
        }
        // The first two wait for a request that does not end; the next ones make another.
        assert_eq!(failed, 4 - 2 * provided.load(Ordering::SeqCst));
    }
}

#[tokio::test(start_paused = true)]
async fn panic_of_a_provider_is_an_error_of_all_waiting_calls() {
    let (provider, _) = counted(|count| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(count > 0, "the first request panics");
        Ok(SecretString::from("token"))
    });
    let scripted = ScriptedClient::new([ok()]);
    let client = builder(&scripted).token_provider(provider).build().unwrap();
    let calls = [(); 3].map(|()| tokio::spawn(get(&client).into_future()));
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_auth());
        assert_eq!(
            error.to_string(),
            "get virtual machine fqdn web-1.acme.example: the token provider panicked (not sent)"
        );
    }
    get(&client).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn call_without_a_token_fails_before_it_is_sent() {
    let scripted = ScriptedClient::new([ok()]);
    let client = Client::builder().http_client(scripted.clone());
    let error = get(&client.build().unwrap()).send().await.unwrap_err();
    assert!(error.is_auth());
    assert_eq!(scripted.requests().len(), 0);
    assert_eq!(
        error.to_string(),
        "get virtual machine fqdn web-1.acme.example: the client has no token: pass one to Client::builder().token(…), \
         or set KATAPULT_API_KEY and use Client::from_env() (not sent)"
    );
}

#[tokio::test(start_paused = true)]
async fn malformed_token_is_refused_with_the_reason() {
    let table = [
        ("", "the token is empty"),
        (" \n", "the token is empty"),
        (" kat-token", "whitespace around it"),
        ("kat-token\n", "whitespace around it"),
        ("Bearer kat-token", "begins with \"Bearer\""),
        ("bearer  kat-token", "begins with \"Bearer\""),
        ("kat token", "not valid in a header"),
        ("kat\u{7}token", "not valid in a header"),
        ("kat-t\u{f6}ken", "not valid in a header"),
        ("kat-t\u{200b}oken", "not valid in a header"),
    ];
    for (token, reason) in table {
        let built = Client::builder().token(token).build();
        let text = built.unwrap_err().to_string();
        assert!(text.contains(reason), "{token:?}: {text}");

        let scripted = ScriptedClient::new([ok()]);
        let provider = move || async move { Ok(SecretString::from(token)) };
        let client = builder(&scripted).token_provider(provider).build().unwrap();
        let error = get(&client).send().await.unwrap_err();
        assert!(
            error.is_auth() && error.to_string().contains(reason),
            "{token:?}: {error}"
        );
        assert_eq!(scripted.requests().len(), 0);
    }
}
