//! Headers, query parameters and fields of the body that a caller adds to one call.

use http::Method;
use http::header::{HeaderName, HeaderValue};
use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedResponse;
use katapult_core::types::{OrganizationLookup, VirtualMachineLookup};
use katapult_core::{ErrorKind, ResumeToken};
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn additions_are_sent_with_each_attempt() {
    let (client, scripted) = client_of([unavailable(), ok()]);
    let call = client
        .virtual_machines()
        .update(VirtualMachineLookup::id("vm_1"))
        .name("web")
        .header("traceparent", "00-1")
        .header("x-tag", String::from("a"))
        .header(
            HeaderName::from_static("x-tag"),
            HeaderValue::from_static("b"),
        )
        .query_param("dry_run", true)
        .query_param("fields[]", "id")
        .query_param("fields[]", "name")
        .query_param("filter", json!({"tags": ["a b", "c"], "none": null}))
        .body_field("new_field", json!(1))
        .body_field("properties[new_field]", json!([null]));
    call.send().await.unwrap();
    let requests = scripted.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.header("traceparent"), Some("00-1"));
        let tags: Vec<_> = request.headers.get_all("x-tag").iter().collect();
        assert_eq!(tags, ["a", "b"]);
        let pairs = request.query_pairs();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(
            pairs,
            [
                ("dry_run", "true"),
                ("fields[]", "id"),
                ("fields[]", "name"),
                ("filter[tags][]", "a b"),
                ("filter[tags][]", "c"),
            ]
        );
        assert_eq!(
            request.json(),
            json!({
                "virtual_machine": {"id": "vm_1"},
                "properties": {"name": "web", "new_field": [null]},
                "new_field": 1,
            })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn addition_replaces_the_argument_of_its_name() {
    let page = response(
        200,
        r#"{"pagination":{"current_page":1,"total_pages":1},"virtual_machines":[]}"#,
    );
    let (client, scripted) = client_of([page, ok()]);
    let acme = OrganizationLookup::sub_domain("acme");
    let call = client.virtual_machines().list(&acme).page(1).per_page(10);
    let call = call
        .query_param("per_page", 20)
        .query_param("organization", json!({"id": "org_1"}));
    call.send().await.unwrap();
    let query = scripted.requests()[0].uri.query().map(str::to_owned);
    assert_eq!(
        query.as_deref(),
        Some("page=1&per_page=20&organization%5Bid%5D=org_1")
    );

    let call = client
        .virtual_machines()
        .update(VirtualMachineLookup::id("vm_1"));
    let call = call
        .name("typed")
        .hostname("web")
        .body_field("properties[name]", "first");
    call.body_field("properties[name]", "second")
        .send()
        .await
        .unwrap();
    let expected = json!({"name": "second", "hostname": "web"});
    assert_eq!(scripted.requests()[1].json()["properties"], expected);
}

#[tokio::test(start_paused = true)]
async fn body_field_makes_a_body_where_there_is_none() {
    let (client, scripted) = client_of([ok()]);
    let call = client
        .request(Method::POST, "/things")
        .body_field("name", "a");
    call.body_field("owner[id]", "org_1")
        .send::<Value>()
        .await
        .unwrap();
    let request = &scripted.requests()[0];
    assert_eq!(
        request.json(),
        json!({"name": "a", "owner": {"id": "org_1"}})
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[tokio::test(start_paused = true)]
async fn addition_that_cannot_be_sent_is_refused_before_anything_is_sent() {
    let (client, scripted) = client_of([ok()]);
    let update = || {
        client
            .virtual_machines()
            .update(VirtualMachineLookup::id("vm_1"))
    };
    let table = [
        (
            update().header("Authorization", "Bearer x"),
            "authorization is the client's, and cannot be set per call: set the token on",
        ),
        (
            update().header("HOST", "evil.example"),
            "host is the client's, and cannot be set per call: set the base URL on",
        ),
        (update().header("user-agent", "x"), "use user_agent_suffix"),
        (
            update().header("bad header", "x"),
            "\"bad header\" is not a valid name of a header",
        ),
        (
            update().header("x-token", "hunter2\r\n"),
            "the value of the header x-token has a control character",
        ),
        (
            update().query_param("", 1),
            "the query parameter has no name",
        ),
        (
            update().query_param("long", "x".repeat(70_000)),
            "the URL with its query of 70",
        ),
        (
            update().body_field("", 1),
            "\"\" is not the name of a field",
        ),
        (
            update().body_field("a[", 1),
            "\"a[\" is not the name of a field",
        ),
        (
            update().body_field("a[]", 1),
            "\"a[]\" is not the name of a field",
        ),
        (
            update().body_field("[a]", 1),
            "\"[a]\" is not the name of a field",
        ),
        (
            update().body_field("a[b]c", 1),
            "\"a[b]c\" is not the name of a field",
        ),
        (
            update().body_field("virtual_machine[id][x]", 1),
            "because id is not an object",
        ),
        // The rules for lookups apply to the request as it is sent.
        (
            update().body_field("virtual_machine[id]", ""),
            "virtual_machine[id] is empty",
        ),
    ];
    for (call, text) in table {
        let invalid = call.validate().unwrap_err();
        let error = call.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");
        let message = error.to_string();
        assert!(message.contains(text), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        assert_eq!(invalid.to_string(), message);
        assert_eq!(error.attempts(), 0);
    }
    let reserved = [
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "X-HTTP-Method-Override",
    ];
    for name in reserved {
        let error = get(&client).header(name, "x").send().await.unwrap_err();
        assert!(
            error.is_build() && error.to_string().contains("cannot be set per call"),
            "{error}"
        );
    }
    let error = get(&client).body_field("a", 1).send().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a GET request has no body: use query_param instead"),
        "{error}"
    );
    let call = client
        .request(Method::POST, "/things")
        .json(&[1])
        .body_field("a", 1);
    let error = call.send::<Value>().await.unwrap_err();
    assert!(
        error.to_string().contains("the body is not an object"),
        "{error}"
    );
    assert!(scripted.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn retry_safety_follows_the_request_as_it_is_sent() {
    // By name, a lost DELETE is not repeated; by the id that the caller set in its place, it is.
    let web = || VirtualMachineLookup::fqdn("web-1.acme.example");
    let (client, scripted) = client_of([reset(), ok()]);
    let error = client
        .virtual_machines()
        .delete(web())
        .send()
        .await
        .unwrap_err();
    assert!(error.is_unconfirmed(), "{error}");
    assert_eq!(scripted.requests().len(), 1);

    let trashed = response(200, r#"{"trash_object":{"id":"trsh_1"}}"#);
    let (client, scripted) = client_of([reset(), trashed]);
    let call = client.virtual_machines().delete(web());
    call.body_field("virtual_machine", json!({"id": "vm_1"}))
        .send()
        .await
        .unwrap();
    assert_eq!(scripted.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn additions_are_sent_with_every_page_and_distinguish_lists() {
    let page = |number: u32, id: &str| {
        response(
            200,
            json!({"pagination": {"current_page": number, "total_pages": 2, "total": 2, "per_page": 1},
                "virtual_machines": [{"id": id}]})
            .to_string(),
        )
    };
    let (client, scripted) = client_of([page(1, "vm_1"), page(2, "vm_2"), page(2, "vm_2")]);
    let acme = OrganizationLookup::sub_domain("acme");
    let list = || client.virtual_machines().list(&acme).per_page(1);
    let filtered = || list().query_param("tag", "web").header("x-tag", "a");
    let mut pages = filtered().pages().prefetch(0);
    pages.try_next().await.unwrap();
    let token: ResumeToken = pages.resume_token().unwrap();
    pages.try_next().await.unwrap();
    for request in scripted.requests() {
        assert_eq!(request.query("tag").as_deref(), Some("web"));
        assert_eq!(request.header("x-tag"), Some("a"));
    }
    filtered()
        .pages()
        .resume(token.clone())
        .try_next()
        .await
        .unwrap();
    let error = list().pages().resume(token).try_next().await.unwrap_err();
    assert!(error.is_pagination(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn page_as_an_addition_is_refused_where_all_pages_are_read() {
    let (client, scripted) = client_of([ok()]);
    let acme = OrganizationLookup::sub_domain("acme");
    let list = || client.virtual_machines().list(&acme).query_param("page", 2);
    for error in [
        list().items().try_next().await.unwrap_err(),
        list().pages().try_next().await.unwrap_err(),
        list().collect_all().await.unwrap_err(),
    ] {
        assert!(error.is_build(), "{error}");
        let text = error.to_string();
        assert!(text.contains("query_param(\"page\", …)"), "{text}");
        assert!(text.contains("set the first one with page(…)"), "{text}");
    }
    let mut pages = list().pages();
    assert!(pages.try_next().await.is_err());
    assert!(pages.try_next().await.unwrap().is_none());
    assert!(scripted.requests().is_empty());

    // One page is the caller's choice, and so are parameters whose names only begin like it.
    let (client, scripted) = client_of([empty_page()]);
    let list = || client.virtual_machines().list(&acme);
    assert!(list().query_param("page", 2).send().await.is_ok());
    let other = list().query_param("pages", 2).query_param("per_page", 5);
    assert!(other.collect_all().await.unwrap().is_empty());
    let pages = scripted.requests();
    let pages: Vec<_> = pages.iter().map(|request| request.query("page")).collect();
    assert_eq!(pages, [Some("2".to_owned()), Some("1".to_owned())]);
}

fn empty_page() -> ScriptedResponse {
    let pagination = json!({"current_page": 1, "total_pages": 1, "total": 0, "per_page": 30});
    let body = json!({"pagination": pagination, "virtual_machines": []});
    response(200, body.to_string())
}
