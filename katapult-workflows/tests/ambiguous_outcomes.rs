//! Steps whose outcome only the state shows, over a scripted API in paused time.

#![cfg(feature = "virtual-machines")]

use std::time::Duration;

use http::Method;
use katapult_core::test_util::{RecordedRequest, ScriptedClient, ScriptedResponse};
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup, VirtualMachinePackageLookup};
use katapult_workflows::{BuildMachine, DeleteMachine, WorkflowError};
use serde_json::json;

fn count(requests: &[RecordedRequest], method: &Method) -> usize {
    let requests = requests.iter();
    requests.filter(|request| request.method == *method).count()
}

/// Deletes a stopped machine, whose first DELETE gets this response. Returns the result and the number of DELETEs.
async fn delete(first: ScriptedResponse) -> (Result<(), WorkflowError>, usize) {
    let scripted = ScriptedClient::from_fn(move |request, before| {
        let deletions = count(before, &Method::DELETE);
        if request.method == Method::DELETE {
            return match deletions {
                0 => first.clone(),
                _ => ScriptedResponse::json(&json!({ "trash_object": { "id": "trsh_1" } })),
            };
        }
        match deletions {
            0 | 1 => {
                let machine = json!({ "id": "vm_1", "state": "stopped" });
                ScriptedResponse::json(&json!({ "virtual_machine": machine }))
            }
            _ => ScriptedResponse::api_error(404, "virtual_machine_not_found"),
        }
    });
    let client = scripted.client().unwrap();
    let run = DeleteMachine::new(&client, VirtualMachineLookup::id("vm_1")).run();
    (run.await, count(&scripted.requests(), &Method::DELETE))
}

#[tokio::test(start_paused = true)]
async fn step_that_may_have_happened_or_conflicts_is_decided_by_the_state() {
    for (status, code) in [
        (500, "internal_error"),
        (409, "resource_locked"),
        (406, "task_queueing_error"),
    ] {
        let (result, sent) = delete(ScriptedResponse::api_error(status, code)).await;
        assert!(result.is_ok() && sent == 2, "{code}: {result:?}, {sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn step_that_was_refused_ends_the_workflow() {
    for (status, code) in [(403, "permission_denied"), (400, "parameter_missing")] {
        let (result, sent) = delete(ScriptedResponse::api_error(status, code)).await;
        assert!(result.is_err() && sent == 1, "{code}: {result:?}, {sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_build_is_waited_for_although_the_name_needs_no_wait() {
    /// Less than the longest time after which a machine of the production API became visible.
    const VISIBLE_AFTER: Duration = Duration::from_secs(20);
    let scripted = ScriptedClient::from_fn(|request, before| {
        if request.method == Method::POST {
            return ScriptedResponse::connection_reset();
        }
        let machine = json!({ "id": "vm_9", "hostname": "web-9", "state": "started" });
        if request.query("virtual_machine[id]").is_some() {
            return ScriptedResponse::json(&json!({ "virtual_machine": machine }));
        }
        let mut builds = before
            .iter()
            .filter(|earlier| earlier.method == Method::POST);
        let visible = builds.any(|build| request.sent_at - build.sent_at >= VISIBLE_AFTER);
        let machines = if visible { vec![machine] } else { Vec::new() };
        let pagination = json!({ "current_page": 1, "total_pages": 1, "total": machines.len() });
        ScriptedResponse::json(&json!({ "virtual_machines": machines, "pagination": pagination }))
    });
    let client = scripted.client().unwrap();
    let acme = OrganizationLookup::sub_domain("acme");
    let package = VirtualMachinePackageLookup::permalink("rock-3");
    let build = BuildMachine::from_package(&client, acme, package, "web-9");
    let built = build.visibility_delay(Duration::ZERO).run().await.unwrap();
    assert_eq!(built.id, "vm_9");
    assert_eq!(count(&scripted.requests(), &Method::POST), 1);
}
