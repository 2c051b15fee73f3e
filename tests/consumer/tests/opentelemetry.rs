//! Spans for OpenTelemetry. A process of its own, because it installs a subscriber.

#[path = "../examples/opentelemetry.rs"]
mod opentelemetry_example;

use katapult_consumer::Result;

/// Attributes that may differ: the port is a free one, the quota that of a minute, and the ids are the sandbox's.
const VARIABLE: [&str; 3] = ["server.port", "remaining", "request_id"];

#[tokio::test]
async fn exported_spans_have_the_kept_names_and_attributes() -> Result {
    let output = opentelemetry_example::run().await?;
    let lines = output.lines().map(|line| match line.split_once(" = ") {
        Some((name, _)) if VARIABLE.iter().any(|end| name.ends_with(end)) => {
            format!("{name} = …\n")
        }
        _ => format!("{line}\n"),
    });
    let kept = include_str!("../examples/opentelemetry.txt");
    assert_eq!(lines.collect::<String>(), kept);
    let _: fn() -> Result = opentelemetry_example::main;
    Ok(())
}
