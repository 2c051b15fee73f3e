//! The metadata of responses, pages and items, and the scopes of operations.

use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedResponse;
use katapult_core::types::{OrganizationLookup, VirtualMachine};
use katapult_core::{Call, Operation, required_scopes, virtual_machines};
use serde_json::{Value, json};

use crate::support::*;

/// A page of two machines of a list of three pages. Each has a field that the SDK does not know.
fn page(number: i64, ids: [i64; 2]) -> ScriptedResponse {
    let machines = ids.map(|id| json!({ "id": format!("vm_{id}"), "mood": id }));
    let body = json!({
        "virtual_machines": machines,
        "pagination": { "current_page": number, "per_page": 2, "total": 5, "total_pages": 3 },
    });
    response(200, body.to_string())
        .header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", (900 - number).to_string())
}

/// A list, to be read page by page, in which one machine moves from the first page to the second during the reading.
fn list() -> Call<virtual_machines::List> {
    let pages = [
        page(1, [1, 2]),
        unavailable(),
        page(2, [2, 3]),
        page(3, [4, 5]),
    ];
    let (client, _) = client_of(pages);
    let acme = OrganizationLookup::sub_domain("acme");
    client.virtual_machines().list(acme)
}

#[tokio::test(start_paused = true)]
async fn response_has_the_metadata_of_its_last_attempt() {
    let (client, _) = client_of([unavailable(), ok_with_quota(1000, 998)]);
    let response = get(&client).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts()), (200, 2));
    assert_eq!(response.request_id(), Some(REQUEST_ID));
    assert_eq!(response.headers()["x-request-id"], REQUEST_ID);
    let quota = response.rate_limit().unwrap();
    assert_eq!((quota.limit, quota.remaining), (1000, 998));
    let json = response.json().unwrap();
    assert_eq!(json["task"]["id"], "task_1");
    assert_eq!(
        serde_json::from_slice::<Value>(response.bytes()).unwrap(),
        json
    );
    let machine: VirtualMachine = response.into_subject();
    assert_eq!(machine.id, "vm_1");
}

#[tokio::test(start_paused = true)]
async fn page_has_the_metadata_of_its_own_response() {
    let mut pages = list().pages().prefetch(1);
    for (number, attempts) in [(1, 1), (2, 2), (3, 1)] {
        let page = pages.try_next().await.unwrap().unwrap();
        assert_eq!((page.number(), page.attempts()), (number, attempts));
        assert_eq!(
            (page.status().as_u16(), page.request_id()),
            (200, Some(REQUEST_ID))
        );
        assert_eq!(page.headers()["x-ratelimit-permitted"], "1000");
        let remaining = page.rate_limit().map(|quota| i64::from(quota.remaining));
        assert_eq!(remaining, Some(900 - number));
        let json = page.json().unwrap();
        assert_eq!(json["pagination"]["current_page"], number);
        assert_eq!(serde_json::from_slice::<Value>(page.bytes()).unwrap(), json);
    }
    assert!(pages.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn raw_items_of_a_page_are_those_of_its_items() {
    let mut pages = list().pages().prefetch(1);
    let mut all = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        let raw = page.raw_items();
        assert_eq!(raw.len(), page.items().len());
        for (machine, raw) in page.items().iter().zip(raw) {
            assert_eq!(machine.id, raw["id"]);
            all.push(raw["mood"].clone());
        }
    }
    assert_eq!(all, [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn items_with_json_have_the_fields_that_are_not_known() {
    let mut items = list().items().prefetch(1).with_json();
    let mut all = Vec::new();
    while let Some((machine, json)) = items.try_next().await.unwrap() {
        assert_eq!(machine.id, json["id"]);
        all.push(json["mood"].clone());
        assert!(items.resume_token().is_some());
    }
    assert!(items.resume_token().is_none());
    assert_eq!(all, [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn items_of_a_page_that_was_begun_have_no_json() {
    let mut items = list().items().prefetch(1);
    items.try_next().await.unwrap().unwrap();
    let mut items = items.with_json();
    let mut all = Vec::new();
    while let Some((machine, json)) = items.try_next().await.unwrap() {
        all.push((machine.id, json["mood"].clone()));
    }
    let expected = [Value::Null, json!(3), json!(4), json!(5)];
    let expected: Vec<(String, Value)> = (2..).map(|id| format!("vm_{id}")).zip(expected).collect();
    assert_eq!(all, expected);
}

#[cfg(feature = "tasks")]
#[tokio::test(start_paused = true)]
async fn completed_operation_without_a_resource_is_its_completed_task() {
    use katapult_core::types::TaskStatus;

    let completed = || response(200, r#"{"task":{"id":"task_1","status":"completed"}}"#);
    let wait = || async {
        let (client, _) = client_of([ok(), completed()]);
        post(&client).wait().await.unwrap()
    };
    let stopped = wait().await;
    assert_eq!(stopped.status, Some(TaskStatus::Completed));
    assert_eq!(stopped.task().id, stopped.id);
    assert_eq!(stopped.response().status, Some(TaskStatus::Pending));
    let task = wait().await.into_subject();
    assert_eq!(task.status, Some(TaskStatus::Completed));
}

#[cfg(all(feature = "disks", feature = "tasks"))]
#[tokio::test(start_paused = true)]
async fn completed_operation_on_a_resource_is_the_resource() {
    use katapult_core::types::{Disk, DiskLookup};

    let task = |status: &str| json!({ "id": "task_1", "status": status });
    let queued = json!({ "disk": { "id": "disk_1", "size_in_gb": 20 }, "task": task("pending") });
    let (client, _) = client_of([
        response(200, queued.to_string()),
        response(200, json!({ "task": task("completed") }).to_string()),
    ]);
    let data = DiskLookup::id("disk_1");
    let resized = client.disks().resize(data, 20).wait().await.unwrap();
    assert_eq!(
        (resized.id.as_str(), resized.size_in_gb),
        ("disk_1", Some(20))
    );
    assert_eq!(resized.task().id, "task_1");
    let disk: Disk = resized.into_subject();
    assert_eq!(disk.id, "disk_1");
}

#[test]
fn scopes_of_operations_are_listed_once_and_the_narrowest_chosen() {
    use virtual_machines::{Delete, Get, List, Shutdown};

    let table: [(&[_], &[&str]); 3] = [
        (
            &[Get::INFO, List::INFO, Get::INFO],
            &["virtual_machines:read"],
        ),
        (
            &[Get::INFO, Shutdown::INFO],
            &["virtual_machines:power_actions", "virtual_machines:read"],
        ),
        (
            &[Get::INFO, Shutdown::INFO, Delete::INFO],
            &["virtual_machines"],
        ),
    ];
    for (operations, choice) in table {
        let required = required_scopes(operations.iter().copied());
        assert_eq!(required.choice, choice);
        for operation in operations {
            let listed = required.alternatives.iter();
            let listed: Vec<_> = listed.filter(|(listed, _)| listed == operation).collect();
            assert_eq!(listed, [&(*operation, operation.scopes)]);
        }
    }
}
