//! Metrics for Prometheus: an observer that counts calls, attempts and retries, and measures durations.
//!
//! ```console
//! $ cargo run -p katapult-consumer --example prometheus
//! ```

use std::sync::Arc;
use std::time::Duration;

use katapult_consumer::{Result, builder};
use katapult_core::observer::{
    AttemptFinished, CallFinished, CallOutcome, CallStarted, Observer, RateLimitWaited,
    RetryScheduled,
};
use katapult_core::types::VirtualMachineLookup;
use katapult_sandbox::Sandbox;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

struct Metrics {
    calls: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    attempts: IntCounterVec,
    retries: IntCounterVec,
    rate_limit_waits: Histogram,
    quota_remaining: IntGauge,
}

impl Metrics {
    fn register(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name, help, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let gauge = |name, help| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            prometheus::Result::Ok(gauge)
        };
        let durations = HistogramVec::new(
            // From an answer at once to the deadline of a call.
            HistogramOpts::new("katapult_call_duration_seconds", "Duration of calls.")
                .buckets(vec![0.1, 1.0, 10.0, 120.0]),
            &["operation"],
        )?;
        registry.register(Box::new(durations.clone()))?;
        let rate_limit_waits = Histogram::with_opts(
            // The quota resets each minute.
            HistogramOpts::new("katapult_rate_limit_wait_seconds", "Waits for the quota.")
                .buckets(vec![1.0, 10.0, 60.0]),
        )?;
        registry.register(Box::new(rate_limit_waits.clone()))?;
        Ok(Self {
            calls: counter(
                "katapult_calls_total",
                "Calls by their result.",
                &["operation", "outcome", "error"],
            )?,
            durations,
            in_flight: gauge("katapult_calls_in_flight", "Calls that have not ended.")?,
            attempts: counter(
                "katapult_attempts_total",
                "Requests that were sent, by their result.",
                &["operation", "outcome"],
            )?,
            retries: counter(
                "katapult_retries_total",
                "Retries by their reason.",
                &["operation", "reason"],
            )?,
            rate_limit_waits,
            quota_remaining: gauge("katapult_quota_remaining", "Requests left in this minute.")?,
        })
    }
}

impl Observer for Metrics {
    fn call_started(&self, _: &CallStarted<'_>) {
        self.in_flight.inc();
    }

    fn attempt_finished(&self, event: &AttemptFinished<'_>) {
        let labels = [event.operation.id, event.outcome.as_str()];
        self.attempts.with_label_values(&labels).inc();
        if let Some(remaining) = event.quota_remaining {
            self.quota_remaining.set(remaining.into());
        }
    }

    fn retry_scheduled(&self, event: &RetryScheduled<'_>) {
        let labels = [event.operation.id, event.outcome.as_str()];
        self.retries.with_label_values(&labels).inc();
    }

    fn rate_limit_waited(&self, event: &RateLimitWaited<'_>) {
        self.rate_limit_waits.observe(event.waited.as_secs_f64());
    }

    fn call_finished(&self, event: &CallFinished<'_>) {
        self.in_flight.dec();
        let operation = event.operation.id;
        let error = event.error_kind.map_or("", |kind| kind.as_str());
        let labels = [operation, event.outcome.as_str(), error];
        self.calls.with_label_values(&labels).inc();
        // A cancelled call is as long as its caller's patience.
        if event.outcome != CallOutcome::Cancelled {
            let duration = self.durations.with_label_values(&[operation]);
            duration.observe(event.duration.as_secs_f64());
        }
    }
}

/// Calls the sandbox, and returns the metrics as an endpoint `/metrics` would.
pub(crate) async fn run() -> Result<String> {
    let sandbox = Sandbox::builder()
        .fault("virtual_machines.get:unavailable@1".parse()?) // the first request is refused
        .fault("virtual_machines.shutdown:latency=5s@1".parse()?)
        .start()
        .await?;
    let registry = Registry::new();
    let metrics = Arc::new(Metrics::register(&registry)?);
    let katapult = builder(&sandbox).observer(metrics).build()?;

    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    katapult.virtual_machines().get(&web).send().await?;
    let nobody = VirtualMachineLookup::fqdn("nobody.acme.example");
    let missing = katapult.virtual_machines().get(nobody).send().await;
    assert!(missing.is_err_and(|error| error.is_not_found()));
    let shutdown = katapult.virtual_machines().shutdown(&web).send();
    let patience = Duration::from_millis(100);
    assert!(tokio::time::timeout(patience, shutdown).await.is_err());

    Ok(TextEncoder::new().encode_to_string(&registry.gather())?)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result {
    print!("{}", run().await?);
    Ok(())
}
