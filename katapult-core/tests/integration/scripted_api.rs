//! The script of expected calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http::Method;
use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedApi, ScriptedResponse};
use katapult_core::types::{OrganizationLookup, TaskStatus, VirtualMachineLookup};
use katapult_core::virtual_machines::{AuthorizedKeys, Get, GetResponse, List, Shutdown};
use katapult_core::{Error, PollPolicy, Response, tasks};
use serde_json::{Value, json};

use crate::support::exact;

fn machine(id: &str) -> Value {
    json!({ "virtual_machine": { "id": id } })
}

fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::id("vm_1")
}

async fn get(scripted: &ScriptedApi) -> Result<Response<GetResponse>, Error> {
    let client = scripted.client_builder().retry(exact()).build().unwrap();
    client.virtual_machines().get(web()).send().await
}

async fn shutdown(scripted: &ScriptedApi) -> Result<(), Error> {
    let client = scripted.client().unwrap();
    let call = client.virtual_machines().shutdown(web());
    call.send().await.map(drop)
}

/// The message of a panic; `None` if there was none.
fn panic_message(run: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
}

#[tokio::test(start_paused = true)]
async fn calls_get_typed_responses_json_and_errors() {
    let scripted = ScriptedApi::new();
    scripted.on::<Get>(|get| {
        assert_eq!(get.virtual_machine, web());
        let mut response = GetResponse::default();
        response.virtual_machine.id = "vm_1".to_owned();
        response.virtual_machine.initial_root_password = Some("s3cret".to_owned().into());
        Ok(response)
    });
    scripted.on::<Get>(|_| machine("vm_1"));
    scripted.on::<Get>(|_| Err(ScriptedResponse::api_error(406, "object_in_trash")));
    scripted.on::<Get>(|_| ScriptedResponse::api_error(404, "virtual_machine_not_found"));

    // With its secrets, as the API would send it.
    let typed = get(&scripted).await.unwrap();
    let password = typed.initial_root_password.as_ref();
    assert_eq!(
        password.map(|password| password.expose_secret()),
        Some("s3cret")
    );
    assert_eq!(get(&scripted).await.unwrap().json(), Some(machine("vm_1")));
    assert!(get(&scripted).await.unwrap_err().is_in_trash());
    assert!(get(&scripted).await.unwrap_err().is_not_found());
    scripted.verify();
}

#[tokio::test(start_paused = true)]
async fn response_that_is_a_text_is_the_body_as_it_is() {
    let scripted = ScriptedApi::new();
    scripted.on::<AuthorizedKeys>(|_| Ok("ssh-ed25519 \"AAAA\"\n".to_owned()));
    let client = scripted.client().unwrap();
    let keys = client.virtual_machines().authorized_keys().send();
    assert_eq!(*keys.await.unwrap(), "ssh-ed25519 \"AAAA\"\n");
}

#[tokio::test(start_paused = true)]
async fn unexpected_call_fails_at_once_and_the_test_with_it() {
    let scripted = ScriptedApi::new();
    scripted.on::<Get>(|_| machine("vm_1"));
    get(&scripted).await.unwrap();

    let more = get(&scripted).await.unwrap_err();
    assert_eq!(more.attempts(), 1);
    let unknown = shutdown(&scripted).await.unwrap_err().to_string();
    let path = "/core/v1/virtual_machines/virtual_machine";
    let expected = [
        format!(
            "GET {path}?virtual_machine[id]=vm_1: all expected calls of this operation were made"
        ),
        format!("POST {path}/shutdown: no call of this operation is expected"),
    ];
    assert!(more.to_string().contains(&expected[0]), "{more}");
    assert!(unknown.contains(&expected[1]), "{unknown}");
    let message = panic_message(|| scripted.verify()).unwrap();
    for line in expected {
        assert!(
            message.contains(&format!("\n  unexpected: {line}")),
            "{message}"
        );
    }
    // The value itself must not panic at its end.
    std::mem::forget(scripted);
}

#[test]
fn dropped_script_lists_the_calls_that_were_not_made() {
    let message = panic_message(|| {
        let scripted = ScriptedApi::new();
        scripted.on::<Get>(|_| machine("vm_1")).times(2..);
        scripted.on::<Shutdown>(|_| json!({}));
        scripted.on::<List>(|_| json!({})).times(..);
        scripted.on::<List>(|_| json!({})).times(0);
    });
    let message = message.unwrap();
    let lines: Vec<_> = message.lines().collect();
    let [title, get, shutdown] = lines[..] else {
        panic!("{message}");
    };
    assert_eq!(title, "the calls differ from the script:");
    for (line, operation, times) in [
        (get, "virtual_machines.get", "at least 2 calls, got 0"),
        (shutdown, "virtual_machines.shutdown", "1 call, got 0"),
    ] {
        let beginning = format!("  not called: {operation} (set at ");
        assert!(line.starts_with(&beginning), "{message}");
        assert!(line.contains(file!()) && line.ends_with(times), "{message}");
    }
}

#[test]
fn panic_of_the_test_is_not_followed_by_another() {
    let message = panic_message(|| {
        let scripted = ScriptedApi::new();
        scripted.on::<Get>(|_| machine("vm_1"));
        panic!("the cause");
    });
    assert_eq!(message.as_deref(), Some("the cause"));
}

#[tokio::test(start_paused = true)]
async fn call_out_of_order_is_refused_with_the_one_to_come_first() {
    let scripted = ScriptedApi::new().in_order();
    scripted.on::<Get>(|_| machine("vm_1"));
    scripted.on::<List>(|_| json!({})).times(..=1);
    scripted.on::<Shutdown>(|_| json!({ "task": { "id": "task_1" } }));

    let early = shutdown(&scripted).await.unwrap_err().to_string();
    assert!(early.contains("virtual_machines.get (set at"), "{early}");
    get(&scripted).await.unwrap();
    shutdown(&scripted).await.unwrap();
    let late = get(&scripted).await.unwrap_err().to_string();
    assert!(late.contains("all expected calls"), "{late}");
    std::mem::forget(scripted);
}

#[tokio::test(start_paused = true)]
async fn condition_selects_the_expectation_by_its_arguments() {
    let scripted = ScriptedApi::new();
    for id in ["vm_2", "vm_1"] {
        scripted
            .on::<Get>(move |_| machine(id))
            .when(move |get| get.virtual_machine == VirtualMachineLookup::id(id));
    }
    let client = scripted.client().unwrap();
    for id in ["vm_1", "vm_2"] {
        let call = client.virtual_machines().get(VirtualMachineLookup::id(id));
        assert_eq!(call.send().await.unwrap().id, id);
    }
    let other = client
        .virtual_machines()
        .get(VirtualMachineLookup::id("vm_3"));
    let other = other.send().await.unwrap_err().to_string();
    assert!(other.contains("no call with these arguments"), "{other}");
    std::mem::forget(scripted);
}

#[tokio::test(start_paused = true)]
async fn attempts_pages_and_polls_are_calls() {
    let scripted = ScriptedApi::new();
    let unavailable = || ScriptedResponse::api_error(503, "service_unavailable");
    scripted.on::<Get>(move |_| unavailable()).times(2);
    scripted.on::<Get>(|_| machine("vm_1"));
    assert_eq!(get(&scripted).await.unwrap().attempts(), 3);

    scripted
        .on::<List>(|list| {
            let page = list.page.unwrap_or(1);
            json!({
                "pagination": { "current_page": page, "total": 2, "total_pages": 2, "per_page": 1 },
                "virtual_machines": [{ "id": format!("vm_{page}") }],
            })
        })
        .times(2);
    let client = scripted.client().unwrap();
    let acme = OrganizationLookup::sub_domain("acme");
    let machines = client.virtual_machines().list(&acme).collect_all().await;
    let ids: Vec<_> = machines
        .unwrap()
        .into_iter()
        .map(|machine| machine.id)
        .collect();
    assert_eq!(ids, ["vm_1", "vm_2"]);

    scripted.on::<Shutdown>(|_| json!({ "task": { "id": "task_1", "status": "pending" } }));
    let mut polls = 0;
    scripted
        .on::<tasks::Get>(move |get| {
            polls += 1;
            let status = if polls < 3 { "running" } else { "completed" };
            json!({ "task": { "id": get.task.to_string(), "status": status } })
        })
        .times(3);
    let poll = PollPolicy::default().initial_interval(Duration::from_secs(1));
    let task = client
        .virtual_machines()
        .shutdown(web())
        .wait()
        .poll(poll)
        .await;
    assert_eq!(task.unwrap().status, Some(TaskStatus::Completed));
}

#[tokio::test(start_paused = true)]
async fn raw_requests_and_additions_are_in_the_request_alone() {
    let scripted = ScriptedApi::new();
    scripted.on::<Get>(|_| machine("vm_1"));
    let client = scripted.client().unwrap();
    let call = client.virtual_machines().get(web());
    call.query_param("new", 1).send().await.unwrap();
    let path = "/virtual_machines/virtual_machine";
    let raw = client.request(Method::GET, path).send::<Value>();
    assert!(
        raw.await
            .unwrap_err()
            .to_string()
            .contains("unexpected call")
    );

    let [typed, raw] = &scripted.requests()[..] else {
        panic!("{:?}", scripted.requests());
    };
    assert_eq!(typed.operation::<Get>().unwrap().virtual_machine, web());
    assert!(typed.operation::<Shutdown>().is_none());
    assert_eq!(typed.query("new").as_deref(), Some("1"));
    assert!(raw.operation::<Get>().is_none());
    std::mem::forget(scripted);
}

#[tokio::test(start_paused = true)]
async fn raw_request_is_expected_by_method_and_path() {
    let scripted = ScriptedApi::new();
    let path = "/things/thing/freeze";
    scripted
        .on_request(
            Method::POST,
            path,
            |request| json!({ "depth": request.json()["depth"] }),
        )
        .when(|request| request.json()["depth"] != 0)
        .when(|request| request.query("thing[id]").is_some());
    scripted.on_request(Method::GET, "/prices", |_| {
        ScriptedResponse::api_error(404, "no_prices")
    });

    let builder = scripted.client_builder();
    let client = builder.base_url("https://proxy.example/katapult");
    let client = client.build().unwrap();
    let freeze = |depth: u32| {
        let freeze = client
            .request(Method::POST, path)
            .json(&json!({ "depth": depth }));
        freeze.query(&[("thing[id]", "thing_1")])
    };
    let refused = freeze(0).send::<Value>().await.unwrap_err().to_string();
    assert!(
        refused.contains("no call with these arguments"),
        "{refused}"
    );
    let frozen = freeze(3).send::<Value>().await.unwrap();
    assert_eq!(frozen.json(), Some(json!({ "depth": 3 })));
    let other = client.request(Method::PUT, path).send::<Value>().await;
    assert!(
        other
            .unwrap_err()
            .to_string()
            .contains("no call of this operation")
    );
    let prices = client.request(Method::GET, "/prices").public();
    assert!(prices.send::<Value>().await.unwrap_err().is_not_found());

    let message = panic_message(|| scripted.verify()).unwrap();
    assert!(!message.contains("not called"), "{message}");
    std::mem::forget(scripted);
}

#[test]
fn raw_request_that_is_not_sent_is_listed() {
    let message = panic_message(|| {
        let scripted = ScriptedApi::new();
        scripted.on_request(Method::PUT, "/things", |_| json!({}));
    });
    let message = message.unwrap();
    assert!(
        message.contains("not called: PUT /things (set at "),
        "{message}"
    );
    assert!(message.contains(file!()), "{message}");
}
