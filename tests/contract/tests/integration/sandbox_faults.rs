//! Each fault of the sandbox, and its result for a user of the SDK.

use std::time::{Duration, Instant, UNIX_EPOCH};

use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup, VirtualMachineState};
use katapult_core::{Client, ClientBuilder, Error, ErrorKind, RateLimit, RetryPolicy};
use katapult_sandbox::{Builder, Fault, Sandbox, Time, Token};

/// A second before a minute ends, and with it the quota's window.
const LATE_IN_THE_MINUTE: Duration = Duration::from_secs(1_780_000_019);

fn faults<const N: usize>(texts: [&str; N]) -> Vec<Fault> {
    let faults = texts.iter().map(|text| text.parse().unwrap());
    faults.collect()
}

fn sandbox() -> Builder {
    Sandbox::builder().time(Time::Manual)
}

fn builder(sandbox: &Sandbox) -> ClientBuilder {
    let builder = Client::builder().base_url(sandbox.url());
    builder.token(sandbox.token()).rate_limit(RateLimit::Off)
}

/// A client that sends each request once.
fn once(sandbox: &Sandbox) -> Client {
    builder(sandbox).retry(RetryPolicy::none()).build().unwrap()
}

async fn read(client: &Client) -> Result<VirtualMachineState, Error> {
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let response = client.virtual_machines().get(&web).send().await?;
    Ok(response.state.clone().unwrap())
}

async fn write(client: &Client) -> Result<(), Error> {
    let acme = OrganizationLookup::sub_domain("acme");
    let tag = client.tags().create(acme, "new").send().await;
    tag.map(drop)
}

fn is_written(sandbox: &Sandbox) -> bool {
    sandbox.world(|world| world.find_by("Tag", "name", "new").count() == 1)
}

/// A fault, the error of a read and of a creation (`None` is a success), the creation's
/// `may_have_happened()`, and `true` if it was executed.
type Case = (
    &'static str,
    Option<ErrorKind>,
    Option<ErrorKind>,
    bool,
    bool,
);

#[tokio::test]
async fn fault_has_its_kind_of_error() {
    use ErrorKind::{Auth, Connect, Decode, RateLimited, Unavailable, Unconfirmed};
    let cases: [Case; 22] = [
        ("slow_body=40ms", None, None, false, true),
        ("clock_skew=-2h", None, None, false, true),
        ("quota=0", None, None, false, true),
        ("latency=20ms", None, None, false, true),
        ("429", Some(RateLimited), Some(RateLimited), false, false),
        (
            "unavailable",
            Some(Unavailable),
            Some(Unavailable),
            false,
            false,
        ),
        (
            "429_left",
            Some(RateLimited),
            Some(RateLimited),
            false,
            false,
        ),
        (
            "429_for=1s",
            Some(RateLimited),
            Some(RateLimited),
            false,
            false,
        ),
        (
            "502_before",
            Some(Unavailable),
            Some(Unconfirmed),
            true,
            false,
        ),
        (
            "503_before",
            Some(Unavailable),
            Some(Unconfirmed),
            true,
            false,
        ),
        (
            "504_before",
            Some(Unavailable),
            Some(Unconfirmed),
            true,
            false,
        ),
        ("502", Some(Unavailable), Some(Unconfirmed), true, true),
        ("503", Some(Unavailable), Some(Unconfirmed), true, true),
        ("504", Some(Unavailable), Some(Unconfirmed), true, true),
        (
            "reset_before",
            Some(Connect),
            Some(Unconfirmed),
            true,
            false,
        ),
        ("reset_after", Some(Connect), Some(Unconfirmed), true, true),
        ("truncated", Some(Decode), Some(Unconfirmed), true, true),
        ("wrong_content", Some(Decode), Some(Unconfirmed), true, true),
        ("unknown_field", None, None, false, true),
        ("unknown_value", None, None, false, true),
        ("shape=2024", None, None, false, true),
        ("revoked", Some(Auth), Some(Auth), false, false),
    ];
    for (fault, of_read, of_write, may_have_happened, happened) in cases {
        let sandbox = sandbox().faults(faults([fault])).start().await.unwrap();
        let found = read(&once(&sandbox)).await.err();
        assert_eq!(found.map(|error| error.kind()), of_read, "{fault}: read");
        let sandbox = self::sandbox()
            .faults(faults([fault]))
            .start()
            .await
            .unwrap();
        let found = write(&once(&sandbox)).await.err();
        let reported = found.as_ref().is_some_and(Error::may_have_happened);
        assert_eq!(found.map(|error| error.kind()), of_write, "{fault}: write");
        assert_eq!(
            (reported, is_written(&sandbox)),
            (may_have_happened, happened),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn single_fault_is_retried_if_that_is_safe() {
    // a fault that strikes once, the attempts of a read and of a creation; 0 if they fail
    let cases = [
        ("unavailable#1", 2, 2),
        ("502#1", 2, 0),
        ("504#1", 2, 0),
        ("reset_before#1", 2, 0),
        ("reset_after#1", 2, 0),
        ("truncated#1", 2, 0),
        ("tags.create:502#1", 1, 0),
        ("virtual_machines.get:502@011", 1, 1),
        ("revoked#1", 0, 0),
    ];
    for (fault, of_read, of_write) in cases {
        let retry = RetryPolicy::default().initial_backoff(Duration::from_millis(1));
        let sandbox = sandbox().faults(faults([fault])).start().await.unwrap();
        let client = builder(&sandbox).retry(retry.clone()).build().unwrap();
        let sent = |sandbox: &Sandbox, done: bool| if done { sandbox.requests().len() } else { 0 };
        let done = read(&client).await.is_ok();
        assert_eq!(sent(&sandbox, done), of_read, "{fault}: read");
        let sandbox = self::sandbox()
            .faults(faults([fault]))
            .start()
            .await
            .unwrap();
        let client = builder(&sandbox).retry(retry).build().unwrap();
        let done = write(&client).await.is_ok();
        assert_eq!(sent(&sandbox, done), of_write, "{fault}: write");
    }
}

#[tokio::test]
async fn latency_is_waited_for_up_to_the_attempt_timeout() {
    let sandbox = sandbox()
        .faults(faults(["latency=200ms"]))
        .start()
        .await
        .unwrap();
    let began = Instant::now();
    read(&once(&sandbox)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
    let hurried = builder(&sandbox).retry(RetryPolicy::none());
    let hurried = hurried
        .attempt_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    assert!(read(&hurried).await.unwrap_err().is_timeout());
    let error = write(&hurried).await.unwrap_err();
    assert!(
        error.is_unconfirmed() && error.may_have_happened(),
        "{error}"
    );
}

#[tokio::test]
async fn delivery_that_never_ends_is_ended_by_a_timeout() {
    // The head of a slow response arrives within the timeout, and its body does not.
    for fault in ["half_open", "slow_body=1h"] {
        let hurried = |sandbox: &Sandbox| {
            let builder = builder(sandbox).attempt_timeout(Duration::from_millis(200));
            builder.retry(RetryPolicy::none()).build().unwrap()
        };
        let sandbox = self::sandbox().faults(faults([fault]));
        let sandbox = sandbox.start().await.unwrap();
        let client = hurried(&sandbox);
        assert!(read(&client).await.unwrap_err().is_timeout(), "{fault}");
        let error = write(&client).await.unwrap_err();
        assert!(error.is_unconfirmed(), "{fault}: {error}");
        assert!(error.may_have_happened() && is_written(&sandbox), "{fault}");
        // A read is sent again, on another connection.
        let once = format!("virtual_machines.get:{fault}#1");
        let sandbox = self::sandbox().faults(faults([once.as_str()]));
        let sandbox = sandbox.start().await.unwrap();
        let retry = RetryPolicy::default().initial_backoff(Duration::from_millis(1));
        let client = builder(&sandbox).attempt_timeout(Duration::from_millis(200));
        let client = client.retry(retry).build().unwrap();
        read(&client).await.unwrap();
        assert_eq!(sandbox.requests().len(), 2, "{fault}");
    }
}

#[tokio::test]
async fn quota_that_others_used_is_waited_for() {
    // A second remains of the server's minute, and about half of one of this machine's.
    let half = UNIX_EPOCH + LATE_IN_THE_MINUTE - Duration::from_secs(30);
    for (start, skew) in [(UNIX_EPOCH + LATE_IN_THE_MINUTE, "0s"), (half, "30s")] {
        let skew = format!("clock_skew={skew}");
        let sandbox = Sandbox::builder().start_at(start);
        let sandbox = sandbox.faults(faults(["quota=0#1", skew.as_str()]));
        let sandbox = sandbox.start().await.unwrap();
        let client = Client::builder().base_url(sandbox.url());
        let client = client.token(sandbox.token()).build().unwrap();
        let began = Instant::now();
        read(&client).await.unwrap();
        read(&client).await.unwrap();
        let waited = began.elapsed();
        assert!(waited >= Duration::from_millis(900), "{skew}: {waited:?}");
        // Not until the minute of a clock that is right.
        assert!(waited < Duration::from_secs(20), "{skew}: {waited:?}");
        let statuses: Vec<_> = sandbox.requests().iter().map(|r| r.status).collect();
        assert_eq!(statuses, [200, 200], "{skew}: no request is refused");
    }
}

#[tokio::test]
async fn quota_is_reported_and_enforced() {
    let token = Token::new("few").permitted(3);
    let sandbox = sandbox()
        .token(token)
        .start_at(UNIX_EPOCH + LATE_IN_THE_MINUTE);
    let sandbox = sandbox.start().await.unwrap();
    let client = once(&sandbox);
    for left in [2, 1, 0] {
        let web = VirtualMachineLookup::fqdn("web-1.acme.example");
        let response = client.virtual_machines().get(&web).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let quota = (
            header("x-ratelimit-permitted"),
            header("x-ratelimit-remaining"),
        );
        assert_eq!(quota, ("3".into(), left.to_string()));
    }
    let error = read(&client).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    let detail = error.detail().unwrap();
    assert!(
        format!("{detail:?}").contains("total_permitted: Some(3)"),
        "{detail:?}"
    );
    sandbox.advance(Duration::from_secs(1));
    read(&client).await.unwrap();
}

#[tokio::test]
async fn responses_of_other_versions_are_read() {
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let with = async |fault: &str| {
        let sandbox = sandbox().faults(faults([fault])).start().await.unwrap();
        let response = once(&sandbox)
            .virtual_machines()
            .get(&web)
            .send()
            .await
            .unwrap();
        (
            response.state.clone().unwrap(),
            response.json().unwrap()["virtual_machine"].clone(),
        )
    };
    let (state, json) = with("unknown_field").await;
    assert_eq!(state, VirtualMachineState::Started);
    assert!(json.get("field_of_tomorrow").is_some(), "{json}");
    let (state, _) = with("unknown_value").await;
    assert_eq!(state.to_string(), "value_of_tomorrow");
    let (state, json) = with("shape=2024").await;
    assert_eq!(state, VirtualMachineState::Started);
    assert!(json.get("suspended").is_none(), "{json}");
    let (_, json) = with("shape=2026").await;
    assert!(json.get("suspended").is_some(), "{json}");
}

#[tokio::test]
async fn revoked_token_stays_revoked() {
    let sandbox = sandbox()
        .faults(faults(["revoked@001"]))
        .start()
        .await
        .unwrap();
    let client = once(&sandbox);
    let outcomes = [
        read(&client).await,
        read(&client).await,
        read(&client).await,
        read(&client).await,
    ];
    let rejected = outcomes.map(|outcome| outcome.map_or_else(|error| error.is_auth(), |_| false));
    assert_eq!(rejected, [false, false, true, true]);
}

#[tokio::test]
async fn random_faults_have_their_rate_and_depend_on_the_seed() {
    let struck = async |seed: u64, fault: &str| {
        let sandbox = sandbox().seed(seed).faults(faults([fault]));
        let sandbox = sandbox
            .token(Token::new("many").permitted(u32::MAX))
            .start()
            .await
            .unwrap();
        let counts = (0..400).map(|_| {
            sandbox
                .request("GET", "/core/v1/data_centers", "")
                .faults
                .len()
        });
        counts.collect::<Vec<_>>()
    };
    let first = struck(1, "502=0.25").await;
    let count: usize = first.iter().sum();
    assert!((70..130).contains(&count), "{count}");
    assert_eq!(first, struck(1, "502=0.25").await);
    assert_ne!(first, struck(2, "502=0.25").await);
    assert_eq!(struck(1, "zones.list:502").await, vec![0; 400]);
    assert_eq!(struck(1, "502#3").await.iter().sum::<usize>(), 3);
}

#[tokio::test]
async fn spent_quota_is_waited_for() {
    let sandbox = sandbox().start_at(UNIX_EPOCH + LATE_IN_THE_MINUTE);
    let sandbox = sandbox.faults(faults(["429#1"])).start().await.unwrap();
    let began = Instant::now();
    let client = builder(&sandbox).build().unwrap();
    read(&client).await.unwrap();
    // The window's last second, on the sandbox's clock.
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(sandbox.requests().len(), 2);
    assert_eq!(sandbox.rejected_requests().len(), 1);
}

#[tokio::test]
async fn late_execution_of_a_reconciled_creation_is_found() {
    for fault in ["tags.create:late=1s#1", "tags.create:late_reset=1s#1"] {
        let sandbox = sandbox().faults(faults([fault])).start().await.unwrap();
        let client = builder(&sandbox).build().unwrap();
        let acme = OrganizationLookup::sub_domain("acme");
        let create = client.tags().create(acme, "new").reconcile_by_key();
        let tag = create.send().await.unwrap();
        assert_eq!(tag.attempts(), 1, "{fault}");
        assert!(is_written(&sandbox), "{fault}");
    }
}

#[tokio::test]
async fn late_execution_follows_an_unconfirmed_creation() {
    let sandbox = sandbox().faults(faults(["late=300ms#1"]));
    let sandbox = sandbox.start().await.unwrap();
    let error = write(&once(&sandbox)).await.unwrap_err();
    assert!(error.is_unconfirmed());
    assert!(!is_written(&sandbox));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(is_written(&sandbox));
}
