//! The quickstart's story: the sandbox answers the client as the API does.

use std::time::Duration;

use katapult_core::types::{OrganizationLookup, TaskLookup, TaskStatus, VirtualMachineLookup};
use katapult_core::{Client, ErrorKind, RetryPolicy};
use katapult_sandbox::{Sandbox, Time};

fn client(sandbox: &Sandbox, token: &str) -> Client {
    let builder = Client::builder().base_url(sandbox.url()).token(token);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test]
async fn machines_are_listed_page_by_page() {
    let sandbox = Sandbox::start().await.unwrap();
    let katapult = client(&sandbox, sandbox.token());
    let acme = OrganizationLookup::sub_domain("acme");
    let mut ids = Vec::new();
    for (page, expected) in [(1, 2), (2, 2), (3, 1), (4, 0)] {
        let call = katapult
            .virtual_machines()
            .list(&acme)
            .page(page)
            .per_page(2);
        let response = call.send().await.unwrap();
        assert_eq!(response.virtual_machines.len(), expected);
        ids.extend(
            response
                .virtual_machines
                .iter()
                .map(|machine| machine.id.clone()),
        );
    }
    let quota = katapult.rate_limit().unwrap();
    assert_eq!((quota.limit, quota.remaining), (1000, 996));

    let all = katapult
        .virtual_machines()
        .list(&acme)
        .send()
        .await
        .unwrap();
    assert_eq!(
        all.virtual_machines
            .iter()
            .map(|machine| &machine.id)
            .collect::<Vec<_>>(),
        ids.iter().collect::<Vec<_>>()
    );
    assert!(all.request_id().is_some());

    let nobody = OrganizationLookup::sub_domain("nobody");
    let error = katapult
        .virtual_machines()
        .list(&nobody)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), "organization_not_found");
}

#[tokio::test]
async fn a_shutdown_takes_its_course() {
    let builder = Sandbox::builder().time(Time::Manual);
    let sandbox = builder.start().await.unwrap();
    let katapult = client(&sandbox, sandbox.token());
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let state = async |expected: &str| {
        let machine = katapult.virtual_machines().get(&web).send().await.unwrap();
        assert_eq!(machine.state.as_ref().unwrap().to_string(), expected);
    };
    state("started").await;
    let machines = katapult.virtual_machines();
    let response = machines.shutdown(&web).send().await.unwrap();
    state("shutting_down").await;
    let error = machines.shutdown(&web).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let mut seen = Vec::new();
    for seconds in [0, 1, 4, 5] {
        sandbox.advance(Duration::from_secs(seconds));
        let task = katapult.tasks().get(TaskLookup::id(&response.task.id));
        let task = task.send().await.unwrap().into_inner().task;
        seen.push((task.status.unwrap(), task.progress));
    }
    use TaskStatus::{Completed, Pending, Running};
    let course = [(Pending, 0), (Running, 5), (Running, 50), (Completed, 100)];
    assert_eq!(
        seen,
        course.map(|(status, progress)| (status, Some(progress)))
    );
    state("stopped").await;
}

#[tokio::test]
async fn only_its_token_is_taken() {
    let sandbox = Sandbox::start().await.unwrap();
    let error = client(&sandbox, "another")
        .tasks()
        .get(TaskLookup::id("task_1"))
        .send()
        .await;
    assert_eq!(
        error.unwrap_err().code().unwrap().as_str(),
        "invalid_api_token"
    );
    let error = client(&sandbox, sandbox.token())
        .tasks()
        .get(TaskLookup::id("task_1"))
        .send()
        .await;
    assert!(error.unwrap_err().is_not_found());
}

#[tokio::test]
async fn it_refuses_what_it_is_asked_to() {
    let builder = Sandbox::builder()
        .fault("virtual_machines.get:429#1".parse().unwrap())
        .fault("tasks.get:unavailable#1".parse().unwrap());
    let sandbox = builder.start().await.unwrap();
    let katapult = client(&sandbox, sandbox.token());
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let machine = katapult.virtual_machines().get(&web).send().await;
    assert!(machine.unwrap_err().is_rate_limited());
    let katapult = client(&sandbox, sandbox.token());
    let task = katapult.tasks().get(TaskLookup::id("task_1")).send().await;
    let error = task.unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), "service_unavailable");
    let refused: Vec<_> = sandbox
        .rejected_requests()
        .iter()
        .map(|asked| asked.status)
        .collect();
    assert_eq!(refused, [429, 503]);
}
