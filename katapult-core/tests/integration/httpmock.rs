//! Mocks of calls on an httpmock server.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use katapult_core::httpmock::{MockServer, MockServerExt};
use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};
use katapult_core::virtual_machines::GetResponse;
use katapult_core::{Client, RetryPolicy, SecretString};
use serde_json::json;

use crate::support::TOKEN;

fn client_with(server: &MockServer, token: &str) -> Client {
    let builder = Client::builder().base_url(&server.base_url()).token(token);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

fn client(server: &MockServer) -> Client {
    client_with(server, TOKEN)
}

fn web() -> VirtualMachineLookup {
    VirtualMachineLookup::fqdn("web 1+&=.acme.example")
}

#[tokio::test]
async fn mocked_call_gets_its_typed_response_json_or_error() {
    let server = MockServer::start();
    let katapult = client(&server);
    let get = || katapult.virtual_machines().get(web());

    let mut response = GetResponse::default();
    response.virtual_machine.id = "vm_1".to_owned();
    response.virtual_machine.initial_root_password = Some("s3cret".to_owned().into());
    let mut typed = server.mock_call(&get(), |then| then.ok(&response));
    let received = get().send().await.unwrap();
    assert_eq!(received.into_inner(), response);
    typed.assert();
    typed.delete();

    let body = json!({"virtual_machine": {"id": "vm_2"}, "new": 1});
    let mut json = server.mock_call(&get(), |then| {
        then.json(&body)
            .and(|then| then.header("x-request-id", "01J"))
    });
    let received = get().send().await.unwrap();
    assert_eq!(received.request_id(), Some("01J"));
    assert_eq!(received.json(), Some(body));
    json.delete();

    let detail = json!({"details": "Out of stock"});
    let mut error = server.mock_call(&get(), |then| {
        then.api_error_with(406, "object_in_trash", &detail)
    });
    let received = get().send().await.unwrap_err();
    assert!(received.is_in_trash(), "{received}");
    error.delete();

    server.mock_call(&get(), |then| {
        then.api_error(404, "virtual_machine_not_found")
    });
    assert!(get().send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn request_that_differs_in_anything_is_not_the_mocked_one() {
    let server = MockServer::start();
    let katapult = client(&server);
    let update = || {
        let update = katapult.virtual_machines().update(web()).name("web");
        update.header("x-tag", "a").query_param("dry_run", true)
    };
    let task = json!({"virtual_machine": {"id": "vm_1"}, "task": {"id": "task_1"}});
    let mock = server.mock_call(&update(), |then| then.json(&task));
    for (difference, call) in [
        ("the query", update().query_param("more", 1)),
        (
            "a value in the query",
            update().query_param("dry_run", false),
        ),
        ("the body", update().body_field("more", 1)),
        ("a value in the body", update().name("db")),
        ("the lookup", {
            let mut call = update();
            call.operation_mut().virtual_machine = VirtualMachineLookup::id("vm_1");
            call
        }),
        ("the token", {
            let other = client_with(&server, "another");
            let call = other.virtual_machines().update(web()).name("web");
            call.header("x-tag", "a").query_param("dry_run", true)
        }),
        ("a header", {
            let call = katapult.virtual_machines().update(web()).name("web");
            call.header("x-tag", "b").query_param("dry_run", true)
        }),
    ] {
        assert!(call.send().await.is_err(), "{difference}");
    }
    let action = katapult.virtual_machines().shutdown(web()).send().await;
    assert!(action.is_err());
    mock.assert_calls(0);
    update().send().await.unwrap();
    mock.assert();
}

#[tokio::test]
async fn list_items_are_expected_in_their_order() {
    let server = MockServer::start();
    let katapult = client(&server);
    let acme = OrganizationLookup::sub_domain("acme");
    let list = |tags: [&str; 2]| {
        let list = katapult.virtual_machines().list(&acme);
        list.query_param("tags", tags)
    };
    let page = json!({"pagination": {"current_page": 1, "total_pages": 1, "total": 0}, "virtual_machines": []});
    let mock = server.mock_call(&list(["a", "b"]), |then| then.json(&page));
    assert!(list(["b", "a"]).send().await.is_err());
    assert!(list(["a", "b"]).send().await.is_ok());
    mock.assert();
}

#[tokio::test]
async fn token_of_a_provider_is_any_token() {
    let server = MockServer::start();
    let builder = Client::builder().base_url(&server.base_url());
    let katapult = builder
        .token_provider(|| async { Ok(SecretString::from("of-now")) })
        .build()
        .unwrap();
    let get = || katapult.virtual_machines().get(web());
    let body = json!({"virtual_machine": {"id": "vm_1"}});
    let mock = server.mock_call(&get(), |then| then.json(&body));
    get().send().await.unwrap();
    mock.assert();
}

#[tokio::test]
async fn delay_of_httpmock_applies() {
    let server = MockServer::start();
    let katapult = client(&server);
    let get = || katapult.virtual_machines().get(web());
    let time = Duration::from_millis(50);
    server.mock_call(&get(), |then| {
        then.api_error(503, "service_unavailable")
            .and(|then| then.delay(time))
    });
    let start = Instant::now();
    assert!(get().send().await.unwrap_err().is_unavailable());
    assert!(start.elapsed() >= time);
}

#[test]
fn call_that_cannot_reach_the_server_panics_with_the_reason() {
    let server = MockServer::start();
    let elsewhere = Client::builder().token(TOKEN).build().unwrap();
    for (call, reason) in [
        (
            elsewhere.virtual_machines().get(web()),
            format!("build it with base_url(\"{}\")", server.base_url()),
        ),
        (
            client(&server)
                .virtual_machines()
                .get(VirtualMachineLookup::id("")),
            "it would not be sent: get virtual machine".to_owned(),
        ),
    ] {
        let mock = || {
            let _ = server.mock_call(&call, |then| then.json(&json!({})));
        };
        let panic = catch_unwind(AssertUnwindSafe(mock)).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains(&reason), "{message}");
    }
}
