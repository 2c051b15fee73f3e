//! Spans for OpenTelemetry, through `tracing-opentelemetry`. They are printed here; the exporter of
//! `opentelemetry-otlp` in place of this one sends them to a collector.
//!
//! ```console
//! $ cargo run -p katapult-consumer --example opentelemetry
//! ```

use std::fmt::Write as _;

use katapult_consumer::{Result, builder};
use katapult_core::types::VirtualMachineLookup;
use katapult_sandbox::Sandbox;
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Calls the sandbox, and returns the spans as text.
pub(crate) async fn run() -> Result<String> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("inventory"))
        // Attributes of the program that makes the spans.
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let spans_of_sdk = Targets::new().with_target("katapult_core", LevelFilter::INFO);
    tracing_subscriber::registry()
        .with(layer.with_filter(spans_of_sdk))
        .init();

    let sandbox = Sandbox::builder()
        .fault("virtual_machines.get:unavailable@1".parse()?) // the first request is refused
        .start()
        .await?;
    let katapult = builder(&sandbox).build()?;
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    katapult.virtual_machines().get(&web).send().await?;
    let nobody = VirtualMachineLookup::fqdn("nobody.acme.example");
    let missing = katapult.virtual_machines().get(nobody).send().await;
    assert!(missing.is_err_and(|error| error.is_not_found()));

    provider.force_flush()?;
    let mut spans = exporter.get_finished_spans()?;
    spans.sort_by_key(|span| span.start_time);
    let mut text = String::new();
    print_children(&mut text, &spans, SpanId::INVALID, "")?;
    Ok(text)
}

fn print_children(text: &mut String, spans: &[SpanData], parent: SpanId, indent: &str) -> Result {
    for span in spans.iter().filter(|span| span.parent_span_id == parent) {
        let (kind, status) = (&span.span_kind, &span.status);
        writeln!(text, "{indent}{} ({kind:?}, {status:?})", span.name)?;
        for attribute in &span.attributes {
            writeln!(text, "{indent}  {} = {}", attribute.key, attribute.value)?;
        }
        let id = span.span_context.span_id();
        print_children(text, spans, id, &format!("{indent}    "))?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result {
    print!("{}", run().await?);
    Ok(())
}
