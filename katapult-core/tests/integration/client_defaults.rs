//! The stated defaults are in force, in a client that is built and in one from the environment.

use std::process::Command;
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{FixedRng, ScriptedClient};
use katapult_core::{Client, ClientBuilder, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::support::*;

/// A builder with nothing set but what a call needs.
fn defaults(scripted: &ScriptedClient) -> ClientBuilder {
    Client::builder().token(TOKEN).http_client(scripted.clone())
}

#[tokio::test(start_paused = true)]
async fn default_policy_makes_eight_attempts_with_full_jitter() {
    let scripted = ScriptedClient::new([unavailable()]);
    let client = defaults(&scripted).rng(FixedRng(1.0)).build().unwrap();
    assert_eq!(get(&client).send().await.unwrap_err().attempts(), 8);
    let pauses: Vec<_> = scripted.pauses().iter().map(Duration::as_millis).collect();
    assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 32_000]);
    let request = &scripted.requests()[0];
    let agent = concat!("katapult-rust/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
    assert_eq!(request.header("accept"), Some("application/json"));
    let url = request.uri.to_string();
    assert!(url.starts_with("https://api.katapult.io/core/v1/virtual_machines/"));

    // Jitter is on by default: ten clients do not retry in step.
    let mut first = Vec::new();
    for _ in 0..10 {
        let scripted = ScriptedClient::new([unavailable(), ok()]);
        let client = defaults(&scripted).build().unwrap();
        get(&client).send().await.unwrap();
        first.push(scripted.pauses()[0]);
    }
    assert!(first.iter().any(|pause| *pause != first[0]), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn default_limits_are_30s_an_attempt_and_120s_a_call() {
    let scripted = ScriptedClient::new([slow(3600)]);
    let client = defaults(&scripted).rng(FixedRng(0.0)).build().unwrap();
    let started = Instant::now();
    let error = get(&client).send().await.unwrap_err();
    assert!(error.is_timeout());
    // Four attempts of 30 s fill the 120 s.
    assert_eq!((error.attempts(), started.elapsed().as_secs()), (4, 120));
    let once = get(&client).retry(RetryPolicy::none());
    let started = Instant::now();
    once.send().await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 30);
    // `Duration::MAX` is no limit.
    let unlimited = defaults(&scripted).deadline(Duration::MAX);
    let client = unlimited.attempt_timeout(Duration::MAX).build().unwrap();
    get(&client).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn default_budget_is_20_retries_at_once_shared_by_all_clones() {
    let scripted = ScriptedClient::new([unavailable()]);
    let at_once = RetryPolicy::default().max_backoff(Duration::ZERO);
    let builder = defaults(&scripted).retry(at_once);
    // No time for the tenth of a second after which there is another.
    let client = builder.deadline(Duration::from_millis(50)).build().unwrap();
    let mut attempts = 0;
    for _ in 0..40 {
        attempts += get(&client.clone()).send().await.unwrap_err().attempts();
    }
    assert_eq!(attempts, 40 + 20);
}

#[tokio::test(start_paused = true)]
async fn default_rate_limit_waits_for_the_next_window() {
    let scripted = ScriptedClient::new([ok_with_quota(1000, 0), ok()]);
    let client = defaults(&scripted).build().unwrap();
    get(&client).send().await.unwrap();
    let quota = client.rate_limit().unwrap();
    assert_eq!((quota.limit, quota.remaining), (1000, 0));
    get(&client).send().await.unwrap();
    let pause = scripted.pauses()[0];
    assert!((18..19).contains(&pause.as_secs()), "{pause:?}");
}

#[tokio::test(start_paused = true)]
async fn default_response_limit_is_16_mib() {
    for (size, fits) in [((16 << 20) - 40, true), (17 << 20, false)] {
        let body = format!(r#"{{"virtual_machine":{{"id":"{}"}}}}"#, "x".repeat(size));
        let client = defaults(&ScriptedClient::new([response(200, body)]));
        assert_eq!(get(&client.build().unwrap()).send().await.is_ok(), fits);
    }
}

/// The program of [`in_process`]: a client from the environment, and one call.
#[tokio::test]
#[ignore = "run by the other tests, in an environment of its own"]
async fn process_from_the_environment() {
    match Client::from_env() {
        Err(error) => println!("no client: {error}"),
        Ok(client) => {
            println!("{client:?}");
            if std::env::var_os("STORM").is_some() {
                let at_once = RetryPolicy::default().max_backoff(Duration::ZERO);
                let started = Instant::now();
                let call = get(&client).retry(at_once.max_attempts(41));
                let attempts = call.send().await.unwrap_err().attempts();
                // Half of the retries have to wait for their tokens, a tenth of a second each.
                let waited = started.elapsed() >= Duration::from_millis(1900);
                println!(
                    "{attempts} attempts, waited: {waited}, {:?}",
                    client.rate_limit()
                );
                return;
            }
            match get(&client).send().await {
                Ok(machine) => println!("found {} in {} attempts", machine.id, machine.attempts()),
                Err(error) => println!("failed: {error}"),
            }
        }
    }
}

/// Returns what the program above prints with these variables.
pub(crate) fn in_process(vars: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "client_defaults::process_from_the_environment",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env_remove("KATAPULT_API_KEY")
        .env_remove("KATAPULT_API_URL");
    let output = command.envs(vars.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn client_from_the_environment_has_the_defaults() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/core/v1/", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut requests = String::new();
        for response in ["503 Service Unavailable\r\nretry-after: 0", "200 OK"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = socket.read(&mut request).await.unwrap();
            requests += &String::from_utf8_lossy(&request[..length]);
            let body =
                r#"{"virtual_machine":{"id":"vm_9"},"error":{"code":"service_unavailable"}}"#;
            let response = format!(
                "HTTP/1.1 {response}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(response.as_bytes()).await.unwrap();
        }
        requests
    });
    let vars = [
        ("KATAPULT_API_KEY", TOKEN.to_owned()),
        ("KATAPULT_API_URL", url),
    ];
    let output = tokio::task::spawn_blocking(move || {
        in_process(&vars.each_ref().map(|(name, value)| (*name, value.as_str())))
    });
    let output = output.await.unwrap();
    assert!(output.contains("found vm_9 in 2 attempts"), "{output}");
    // The defaults, as `Debug` has them; and no token.
    for part in [
        "max_attempts: 8",
        "initial_backoff: 500ms",
        "max_backoff: 60s",
        "jitter: Full",
        "deadline: 120s",
        "attempt_timeout: 30s",
        "Auto",
        "16777216",
        "[redacted]",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    assert!(!output.contains(TOKEN), "{output}");
    let requests = serving.await.unwrap();
    assert!(
        requests.starts_with("GET /core/v1/virtual_machines/virtual_machine?"),
        "{requests}"
    );
    assert!(requests.contains(&format!("Bearer {TOKEN}")));
}

#[tokio::test]
async fn client_from_the_environment_has_the_budget_and_the_rate_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let body = r#"{"error":{"code":"service_unavailable"}}"#;
        let response = format!(
            "HTTP/1.1 503 Service Unavailable\r\nx-ratelimit-permitted: 1000\r\n\
             x-ratelimit-remaining: 900\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    let output = tokio::task::spawn_blocking(move || {
        in_process(&[
            ("KATAPULT_API_KEY", TOKEN),
            ("KATAPULT_API_URL", &url),
            ("STORM", "1"),
        ])
    });
    let output = output.await.unwrap();
    serving.abort();
    assert!(output.contains("41 attempts, waited: true"), "{output}");
    assert!(output.contains("limit: 1000"), "{output}");
}

#[tokio::test]
async fn proxy_of_the_environment_gets_no_unencrypted_request() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut socket, _) = tokio::select! {
            direct = listener.accept() => direct.unwrap(),
            proxied = proxy.accept() => proxied.unwrap(),
        };
        let mut request = vec![0; 4096];
        let length = socket.read(&mut request).await.unwrap();
        let body = r#"{"virtual_machine":{"id":"vm_9"}}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all((head + body).as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let output = tokio::task::spawn_blocking(move || {
        in_process(&[
            ("KATAPULT_API_KEY", TOKEN),
            ("KATAPULT_API_URL", &url),
            ("HTTP_PROXY", &proxy_url),
            ("http_proxy", &proxy_url),
            ("ALL_PROXY", &proxy_url),
            ("NO_PROXY", ""),
            ("no_proxy", ""),
        ])
    });
    let output = output.await.unwrap();
    assert!(output.contains("found vm_9 in 1 attempts"), "{output}");
    // A proxy is sent the whole URL.
    let request = serving.await.unwrap();
    assert!(request.starts_with("GET /core/v1/"), "{request}");
}

#[test]
fn incomplete_environment_is_refused() {
    let output = in_process(&[]);
    assert!(
        output.contains("no client: KATAPULT_API_KEY is not set: set it"),
        "{output}"
    );
    let output = in_process(&[("KATAPULT_API_KEY", "  ")]);
    assert!(output.contains("KATAPULT_API_KEY is not set"), "{output}");
    let output = in_process(&[
        ("KATAPULT_API_KEY", TOKEN),
        ("KATAPULT_API_URL", "http://10.0.0.1"),
    ]);
    assert!(
        output.contains("the base URL http://10.0.0.1/ would send the token unencrypted"),
        "{output}"
    );
}
