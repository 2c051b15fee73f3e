//! The tables of the guide's page on observability, compared with the spans and events that occur. A process of its
//! own: tracing caches per call site whether anyone listens, for all threads.

#![cfg(all(feature = "virtual-machines", feature = "tasks"))]

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use katapult_core::observer::{CallStarted, Observer};
use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{TaskLookup, VirtualMachineLookup};
use katapult_core::{Client, Jitter, Reconciled, RetryPolicy};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

const PAGE: &str = include_str!("../src/guide/observability.md");

/// The rows of both tables, as they occurred: `call | INFO | otel.name`, `DEBUG | polled | state, polls`.
#[derive(Default)]
struct Occurred {
    spans: BTreeSet<String>,
    /// The fields of spans that had a value.
    recorded: BTreeSet<String>,
    events: BTreeSet<String>,
}

static OCCURRED: Mutex<Option<Occurred>> = Mutex::new(None);

fn occurred<R>(with: impl FnOnce(&mut Occurred) -> R) -> R {
    with(OCCURRED.lock().unwrap().get_or_insert_default())
}

struct Collector;

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "katapult_core"
}

fn span_row(metadata: &Metadata<'_>, field: &str) -> String {
    format!("{} | {} | {field}", metadata.name(), metadata.level())
}

/// Keeps the names of the fields with a value, and the message.
#[derive(Default)]
struct Fields {
    names: Vec<&'static str>,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.names.push(name),
        }
    }
}

impl Fields {
    fn of_span(self, metadata: &'static Metadata<'static>) {
        for name in self.names {
            occurred(|occurred| occurred.recorded.insert(span_row(metadata, name)));
        }
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        if is_ours(metadata) {
            for field in metadata.fields() {
                occurred(|occurred| occurred.spans.insert(span_row(metadata, field.name())));
            }
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            fields.of_span(metadata);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let metadata = context.metadata(id).unwrap();
        if is_ours(metadata) {
            let mut fields = Fields::default();
            values.record(&mut fields);
            fields.of_span(metadata);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if !is_ours(metadata) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        // All fields that the event can have, in the order of the code.
        let names = metadata.fields().iter().map(|field| field.name());
        let names: Vec<_> = names.filter(|name| *name != "message").collect();
        let message = match fields.message.as_str() {
            message @ "waiting for the rate limit" => message,
            message if message.starts_with("waiting ") => "waiting …",
            message if message.starts_with("still waiting ") => "still waiting …",
            message => message,
        };
        let row = format!("{} | {message} | {}", metadata.level(), names.join(", "));
        occurred(|occurred| occurred.events.insert(row));
    }
}

/// Returns the cells of the first table after a text of the page.
fn rows(before: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let start = PAGE.find(before).unwrap();
    let lines = PAGE[start..]
        .lines()
        .skip_while(|line| !line.starts_with('|'));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
}

/// Returns the code in a cell.
fn code(cell: &str) -> String {
    let parts: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
    parts.join(", ")
}

fn documented_spans() -> BTreeSet<String> {
    assert!(PAGE.contains("Both spans are at INFO."));
    let tables = [
        ("call", "Fields of a `call`"),
        ("attempt", "Fields of an `attempt`"),
    ];
    let rows = tables.into_iter().flat_map(|(span, before)| {
        rows(before).map(move |cells| format!("{span} | INFO | {}", code(cells[0])))
    });
    rows.collect()
}

fn documented_events() -> BTreeSet<String> {
    let rows = rows("# Events");
    rows.map(|cells| format!("{} | {} | {}", cells[0], code(cells[1]), code(cells[2])))
        .collect()
}

struct Panicking;

impl Observer for Panicking {
    fn call_started(&self, _: &CallStarted<'_>) {
        panic!("a fault of the observer");
    }
}

fn ok() -> ScriptedResponse {
    let body = json!({
        "virtual_machine": { "id": "vm_1" },
        "task": { "id": "task_1", "status": "pending" },
    });
    ScriptedResponse::json(&body).header("x-request-id", "01J8ZK")
}

fn quota(remaining: &str) -> ScriptedResponse {
    ok().header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", remaining)
}

fn limited(secs: &str) -> ScriptedResponse {
    ScriptedResponse::api_error(429, "rate_limit_reached").header("retry-after", secs)
}

fn client(responses: impl IntoIterator<Item = ScriptedResponse>) -> Client {
    let retry = RetryPolicy::default().max_attempts(4).jitter(Jitter::None);
    let builder = ScriptedClient::new(responses).client_builder();
    builder.retry(retry).build().unwrap()
}

fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::fqdn("web-1.acme.example")
}

/// Calls with every kind of step.
async fn run() {
    // Delays of all lengths, and a wait for the rate limiter.
    let unavailable = ScriptedResponse::api_error(503, "service_unavailable");
    let delayed = client([unavailable, limited("3"), limited("20"), quota("0"), ok()]);
    for _ in 0..2 {
        delayed.virtual_machines().get(web()).send().await.unwrap();
    }
    // The end of the attempts, with a cause.
    let refused = client([ScriptedResponse::connection_refused()]);
    refused
        .virtual_machines()
        .get(web())
        .send()
        .await
        .unwrap_err();
    let denied = client([ScriptedResponse::api_error(403, "permission_denied")]);
    let denied = denied.virtual_machines().get(web()).send();
    denied.await.unwrap_err();
    // A check that finds the lost write, and a success that is none.
    let lost = client([ScriptedResponse::connection_reset(), ok()]);
    let shutdown = lost.virtual_machines().shutdown(web());
    let check = |client: Client| async move {
        Reconciled::from_get_result(client.virtual_machines().get(web()).send().await)
    };
    shutdown.reconcile(check).send().await.unwrap();
    let undecodable = json!({ "virtual_machine": { "id": [] } });
    let undecodable = client([ScriptedResponse::json(&undecodable)]);
    undecodable
        .virtual_machines()
        .get(web())
        .send()
        .await
        .unwrap_err();
    // A wait whose polls fail, and then succeed until the limit.
    let bad_gateway = ScriptedResponse::new(502, "");
    let polled = client([ok(), bad_gateway, ok()]);
    let wait = polled.virtual_machines().shutdown(web()).wait();
    wait.timeout(Duration::from_secs(9)).await.unwrap_err();
    // Waits that are not polled when their turn comes.
    let few = ok().header("x-ratelimit-permitted", "10");
    let queued = client([few.header("x-ratelimit-remaining", "9")]);
    let wait = || queued.tasks().wait(TaskLookup::id("task_1")).into_future();
    let mut unpolled = join_all([wait(), wait()]);
    let limit = Duration::from_secs(10);
    let unfinished = tokio::time::timeout(limit, &mut unpolled).await;
    unfinished.unwrap_err();
    let polled = tokio::time::timeout(limit * 3, wait()).await;
    polled.unwrap_err();
    // A call that is dropped.
    let slow = client([ok().delay(Duration::from_secs(20))]);
    let dropped = slow.virtual_machines().get(web()).send();
    let dropped = tokio::time::timeout(Duration::from_secs(2), dropped);
    dropped.await.unwrap_err();
    // An observer that panics.
    let scripted = ScriptedClient::new([ok()]);
    let observed = scripted.client_builder().observer(Panicking).build();
    let get = observed.unwrap().virtual_machines().get(web()).send();
    get.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn guide_lists_every_span_field_and_event_and_no_others() {
    let subscriber = tracing_subscriber::registry().with(Collector);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    run().await;
    let Occurred {
        spans,
        recorded,
        events,
    } = occurred(std::mem::take);
    assert_eq!(spans, documented_spans());
    // Each of them has a value in some call.
    assert_eq!(recorded, spans);
    assert_eq!(events, documented_events());
}
