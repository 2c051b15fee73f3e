//! A function of a program, tested with the doubles of the SDK: a script of calls, and mocks on an HTTP server.

use katapult_consumer::Result;
use katapult_core::httpmock::{MockServer, MockServerExt};
use katapult_core::serde_json::json;
use katapult_core::test_util::{ScriptedApi, ScriptedResponse};
use katapult_core::types::{VirtualMachine, VirtualMachineLookup, VirtualMachineState};
use katapult_core::virtual_machines::{Get, GetResponse, Shutdown, Start};
use katapult_core::{Client, Error, Response, RetryPolicy};

/// The function under test: starts a machine unless it runs, and returns its name.
async fn ensure_started(katapult: &Client, fqdn: &str) -> std::result::Result<String, Error> {
    let lookup = VirtualMachineLookup::fqdn(fqdn);
    let machine = katapult.virtual_machines().get(&lookup).send().await?;
    if machine.state != Some(VirtualMachineState::Started) {
        let by_id = VirtualMachineLookup::id(&machine.id);
        katapult.virtual_machines().start(by_id).send().await?;
    }
    Ok(name_of(&machine))
}

/// Another one, which takes a response.
fn name_of(response: &Response<GetResponse>) -> String {
    response.name.clone().unwrap_or_default()
}

/// A machine as the tests need it.
fn web(state: VirtualMachineState) -> GetResponse {
    let mut machine = VirtualMachine::default();
    machine.id = "vm_web".to_owned();
    machine.name = Some("web-1".to_owned());
    machine.state = Some(state);
    let mut response = GetResponse::default();
    response.virtual_machine = machine;
    response
}

#[tokio::test]
async fn stopped_machine_is_started_by_its_id() -> Result {
    let scripted = ScriptedApi::new().in_order();
    scripted.on::<Get>(|_| Ok(web(VirtualMachineState::Stopped)));
    scripted.on::<Start>(|start| {
        assert_eq!(start.virtual_machine, VirtualMachineLookup::id("vm_web"));
        json!({"task": {"id": "task_1", "status": "pending"}})
    });

    let katapult = scripted.client()?;
    assert_eq!(
        ensure_started(&katapult, "web-1.acme.example").await?,
        "web-1"
    );
    Ok(())
}

#[tokio::test]
async fn started_machine_is_left_alone_and_a_missing_one_is_an_error() -> Result {
    let scripted = ScriptedApi::new();
    let is_web =
        |get: &Get| get.virtual_machine == VirtualMachineLookup::fqdn("web-1.acme.example");
    scripted
        .on::<Get>(|_| Ok(web(VirtualMachineState::Started)))
        .when(is_web)
        .times(2);
    scripted
        .on::<Get>(|_| ScriptedResponse::api_error(404, "virtual_machine_not_found"))
        .when(move |get| !is_web(get));
    scripted.on::<Shutdown>(|_| json!({})).times(0);

    let katapult = scripted.client()?;
    ensure_started(&katapult, "web-1.acme.example").await?;
    ensure_started(&katapult, "web-1.acme.example").await?;
    let missing = ensure_started(&katapult, "db-1.acme.example").await;
    assert!(missing.is_err_and(|error| error.is_not_found()));
    scripted.verify();
    Ok(())
}

#[test]
#[should_panic(expected = "not called: virtual_machines.get (set at ")]
fn call_that_is_not_made_fails_the_test() {
    let scripted = ScriptedApi::new();
    scripted.on::<Get>(|_| Ok(web(VirtualMachineState::Started)));
}

#[test]
fn response_is_made_from_json() -> Result {
    let body = json!({"virtual_machine": {"id": "vm_web", "name": "web-1"}});
    assert_eq!(name_of(&Response::from_json(&body)?), "web-1");
    Ok(())
}

#[tokio::test]
async fn mock_server_answers_exactly_the_calls_of_the_program() -> Result {
    let server = MockServer::start();
    let builder = Client::builder().base_url(&server.base_url());
    let katapult = builder
        .token("a-token")
        .retry(RetryPolicy::none())
        .build()?;

    // The calls that the program is to make, built as it builds them.
    let machines = katapult.virtual_machines();
    let get = machines.get(VirtualMachineLookup::fqdn("web-1.acme.example"));
    let start = machines.start(VirtualMachineLookup::id("vm_web"));
    let get = server.mock_call(&get, |then| then.ok(&web(VirtualMachineState::Stopped)));
    let start = server.mock_call(&start, |then| then.api_error(403, "permission_denied"));

    let refused = ensure_started(&katapult, "web-1.acme.example").await;
    assert!(refused.is_err_and(|error| error.is_forbidden()));
    get.assert();
    start.assert();
    Ok(())
}
