//! Observers: metrics for Prometheus, and the operations of a run.

#[path = "../examples/prometheus.rs"]
mod prometheus_example;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::observer::{CallStarted, Observer};
use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};

/// Numbers that differ from run to run: durations, and the quota that others may use too.
fn is_stable(line: &str) -> bool {
    let name = line.split([' ', '{']).next().unwrap_or_default();
    ["_total", "_count", "_in_flight"]
        .iter()
        .any(|end| name.ends_with(end))
}

#[tokio::test]
async fn prometheus_metrics_have_the_kept_names_labels_and_counts() -> Result {
    let output = prometheus_example::run().await?;
    let lines = output.lines().map(|line| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') && !is_stable(line) => format!("{series} …\n"),
        _ => format!("{line}\n"),
    });
    let kept = include_str!("../examples/prometheus.txt");
    assert_eq!(lines.collect::<String>(), kept);
    let _: fn() -> Result = prometheus_example::main;
    Ok(())
}

/// The operations that a program uses, with the scopes that each accepts.
#[derive(Default)]
struct UsedOperations(Mutex<BTreeMap<&'static str, &'static [&'static str]>>);

impl Observer for UsedOperations {
    fn call_started(&self, event: &CallStarted<'_>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(event.operation.id, event.operation.scopes);
    }
}

#[tokio::test]
async fn operations_of_a_run_are_collected_with_their_scopes() -> Result {
    let sandbox = start_sandbox().await?;
    let used = Arc::new(UsedOperations::default());
    let katapult = builder(&sandbox).observer(Arc::clone(&used)).build()?;

    let acme = OrganizationLookup::sub_domain("acme");
    katapult
        .virtual_machines()
        .list(&acme)
        .collect_all()
        .await?;
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    katapult.virtual_machines().shutdown(&web).wait().await?;

    let used = used.0.lock().unwrap_or_else(PoisonError::into_inner);
    let operations: Vec<_> = used.keys().copied().collect();
    // A waiter's polls belong to the run.
    let expected = [
        "tasks.get",
        "virtual_machines.list",
        "virtual_machines.shutdown",
    ];
    assert_eq!(operations, expected);
    assert!(used["virtual_machines.list"].contains(&"virtual_machines:read"));
    Ok(())
}
