//! The server behind the quickstart answers the client as the API does.

use katapult_core::types::{OrganizationLookup, TaskLookup, TaskStatus, VirtualMachineLookup};
use katapult_core::{Client, ErrorKind, RetryPolicy};
use katapult_stand_in::StandIn;

fn client(server: &StandIn, token: &str) -> Client {
    let builder = Client::builder().base_url(&server.url()).token(token);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test]
async fn machines_are_listed_page_by_page() {
    let server = StandIn::start_calm().await.unwrap();
    let katapult = client(&server, server.token());
    let acme = OrganizationLookup::sub_domain(server.organization());
    let mut ids = Vec::new();
    for (page, expected) in [(1, 2), (2, 2), (3, 1), (4, 0)] {
        let call = katapult
            .virtual_machines()
            .list(&acme)
            .page(page)
            .per_page(2);
        let reply = call.send().await.unwrap();
        assert_eq!(reply.virtual_machines.len(), expected);
        ids.extend(
            reply
                .virtual_machines
                .iter()
                .map(|machine| machine.id.clone()),
        );
    }
    let quota = katapult.quota().unwrap();
    assert_eq!((quota.permitted, quota.remaining), (1000, 996));

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
    let server = StandIn::start_calm().await.unwrap();
    let katapult = client(&server, server.token());
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let state = async |expected: &str| {
        let machine = katapult.virtual_machines().get(&web).send().await.unwrap();
        assert_eq!(machine.state.as_ref().unwrap().to_string(), expected);
    };
    state("started").await;
    let reply = katapult
        .virtual_machines()
        .shutdown(&web)
        .send()
        .await
        .unwrap();
    state("stopping").await;
    let error = katapult
        .virtual_machines()
        .shutdown(&web)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let mut seen = Vec::new();
    while seen.last() != Some(&TaskStatus::Completed) {
        let task = katapult
            .tasks()
            .get(TaskLookup::id(&reply.task.id))
            .send()
            .await
            .unwrap();
        seen.extend(task.task.status.clone());
    }
    use TaskStatus::{Completed, Pending, Running};
    assert_eq!(seen, [Pending, Running, Running, Completed]);
    state("stopped").await;
}

#[tokio::test]
async fn only_its_token_is_taken() {
    let server = StandIn::start_calm().await.unwrap();
    let error = client(&server, "another")
        .tasks()
        .get(TaskLookup::id("task_1"))
        .send()
        .await;
    assert_eq!(
        error.unwrap_err().code().unwrap().as_str(),
        "invalid_api_token"
    );
    let error = client(&server, server.token())
        .tasks()
        .get(TaskLookup::id("task_1"))
        .send()
        .await;
    assert!(error.unwrap_err().is_not_found());
}

#[tokio::test]
async fn it_refuses_two_requests() {
    let server = StandIn::start().await.unwrap();
    let katapult = client(&server, server.token());
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let error = katapult
        .virtual_machines()
        .get(&web)
        .send()
        .await
        .unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    let error = katapult
        .tasks()
        .get(TaskLookup::id("task_1"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), "service_unavailable");
    assert_eq!(server.take_refusals(), [429, 503]);
    assert!(server.take_refusals().is_empty());
}
