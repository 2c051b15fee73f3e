//! The client as it is put together: that what is stated by default is in force.

#![cfg(feature = "virtual-machines")]

mod support;

use std::process::Command;
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::{Client, RetryPolicy};
use support::{Script, TOKEN, get, ok, refused};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test(start_paused = true)]
async fn attempts_jitter_and_back_off() {
    let script = Script::new([refused()]);
    let builder = Client::builder().token(TOKEN).http_client(script.clone());
    let client = builder.rng(|| 1.0).build().unwrap();
    assert_eq!(get(&client).send().await.unwrap_err().attempts(), 8);
    let waits: Vec<_> = script.waits().iter().map(Duration::as_millis).collect();
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000, 32_000]);
    let agent = script.seen()[0].user_agent.clone().unwrap();
    assert_eq!(
        agent,
        format!("katapult-rust/{}", env!("CARGO_PKG_VERSION"))
    );
    assert!(
        script.seen()[0]
            .url
            .starts_with("https://api.katapult.io/core/v1/virtual_machines/")
    );

    // Chance is on by default.
    let spread = Script::new([refused(), ok()]);
    let client = Client::builder()
        .token(TOKEN)
        .http_client(spread.clone())
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    get(&client).send().await.unwrap();
    assert!(spread.waits()[0] < Duration::from_millis(501));
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_time() {
    let slow = Script::new([ok().after(3600)]);
    let client = Client::builder()
        .token(TOKEN)
        .http_client(slow.clone())
        .rng(|| 0.0)
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let error = get(&client).send().await.unwrap_err();
    assert!(error.is_timeout());
    // Four attempts of 30 s fill the 120 s.
    assert_eq!((error.attempts(), started.elapsed().as_secs()), (4, 120));
    let once = get(&client).retry(RetryPolicy::none());
    let started = tokio::time::Instant::now();
    once.send().await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 30);
    // Without limits it waits.
    let client = Client::builder()
        .token(TOKEN)
        .http_client(slow)
        .deadline(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_budget_and_the_pace() {
    let script = Script::new([refused()]);
    let client = Client::builder()
        .token(TOKEN)
        .http_client(script)
        .build()
        .unwrap();
    let mut attempts = 0;
    for _ in 0..40 {
        attempts += get(&client).send().await.unwrap_err().attempts();
    }
    assert_eq!(attempts, 140);

    let spent = ok()
        .header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", "0");
    let script = Script::new([spent, ok()]);
    let client = Client::builder()
        .token(TOKEN)
        .http_client(script.clone())
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    let quota = client.rate_limit().unwrap();
    assert_eq!((quota.limit, quota.remaining), (1000, 0));
    get(&client).send().await.unwrap();
    let wait = script.waits()[0];
    assert!(
        wait >= Duration::from_secs(18) && wait < Duration::from_secs(19),
        "{wait:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_size_of_responses() {
    for (size, fits) in [((16 << 20) - 40, true), (17 << 20, false)] {
        let body = format!(r#"{{"virtual_machine":{{"id":"{}"}}}}"#, "x".repeat(size));
        let script = Script::new([support::response(200, body)]);
        let client = Client::builder()
            .token(TOKEN)
            .http_client(script)
            .build()
            .unwrap();
        assert_eq!(get(&client).send().await.is_ok(), fits);
    }
}

/// What the process below does: a client from the environment, and one call.
#[tokio::test]
#[ignore = "needs an environment of its own"]
async fn a_process_of_its_own() {
    match Client::from_env() {
        Err(error) => println!("no client: {error}"),
        Ok(client) => {
            println!("{client:?}");
            if std::env::var_os("STORM").is_some() {
                let mut attempts = 0;
                for _ in 0..40 {
                    let error = get(&client).send().await.unwrap_err();
                    attempts += error.attempts();
                }
                println!("{attempts} attempts in all, {:?}", client.rate_limit());
                return;
            }
            match get(&client).send().await {
                Ok(machine) => println!("found {} in {} attempts", machine.id, machine.attempts()),
                Err(error) => println!("failed: {error}"),
            }
        }
    }
}

fn in_process(vars: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "a_process_of_its_own",
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
async fn from_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/core/v1/", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut seen = String::new();
        for response in ["503 Service Unavailable\r\nretry-after: 0", "200 OK"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = socket.read(&mut request).await.unwrap();
            seen += &String::from_utf8_lossy(&request[..length]);
            let body =
                r#"{"virtual_machine":{"id":"vm_9"},"error":{"code":"service_unavailable"}}"#;
            let response = format!(
                "HTTP/1.1 {response}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(response.as_bytes()).await.unwrap();
        }
        seen
    });
    let vars = [
        ("KATAPULT_API_KEY", TOKEN.to_owned()),
        ("KATAPULT_API_URL", url),
    ];
    let said = tokio::task::spawn_blocking(move || {
        in_process(&vars.each_ref().map(|(name, value)| (*name, value.as_str())))
    });
    let said = said.await.unwrap();
    assert!(said.contains("found vm_9 in 2 attempts"), "{said}");
    // The defaults, as `Debug` has them; and no token.
    for part in [
        "max_attempts: 8",
        "initial_backoff: 500ms",
        "max_backoff: 60s",
        "jitter: Full",
        "deadline: 120s",
        "attempt_timeout: 30s",
        "rate_limit: Auto",
        "16777216",
        "[redacted]",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains(TOKEN), "{said}");
    let seen = serving.await.unwrap();
    assert!(
        seen.starts_with("GET /core/v1/virtual_machines/virtual_machine?"),
        "{seen}"
    );
    assert!(seen.contains(&format!("Bearer {TOKEN}")));
}

#[tokio::test]
async fn the_budget_and_the_pace_from_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let body = r#"{"error":{"code":"service_unavailable"}}"#;
        let response = format!(
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\nx-ratelimit-permitted: 1000\r\n\
             x-ratelimit-remaining: 900\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    let said = tokio::task::spawn_blocking(move || {
        in_process(&[
            ("KATAPULT_API_KEY", TOKEN),
            ("KATAPULT_API_URL", &url),
            ("STORM", "1"),
        ])
    });
    let said = said.await.unwrap();
    serving.abort();
    // 40 calls, and the hundred retries that a client has.
    assert!(said.contains("140 attempts in all"), "{said}");
    assert!(said.contains("limit: 1000"), "{said}");
}

#[test]
fn an_environment_that_does_not_do() {
    let said = in_process(&[]);
    assert!(
        said.contains("no client: KATAPULT_API_KEY is not set: set it"),
        "{said}"
    );
    let said = in_process(&[("KATAPULT_API_KEY", "  ")]);
    assert!(said.contains("KATAPULT_API_KEY is not set"), "{said}");
    let said = in_process(&[
        ("KATAPULT_API_KEY", TOKEN),
        ("KATAPULT_API_URL", "http://10.0.0.1"),
    ]);
    assert!(
        said.contains("the base URL http://10.0.0.1/ would send the token unencrypted"),
        "{said}"
    );
}
