//! Creations that are reconciled by their natural key, through the pages of its list.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{RecordedRequest, ScriptedClient, ScriptedResponse};
use katapult_core::types::{AddressListLookup, DataCenterLookup, OrganizationLookup};
use katapult_core::{Client, Error};
use serde_json::{Value, json};

/// Returns a server that loses the response to the first creation. Its list has these items, two a
/// page; with `shrinks` the first item is deleted after the first request of the list.
fn server(
    noun: &'static str,
    nouns: &'static str,
    items: Vec<Value>,
    shrinks: bool,
) -> ScriptedClient {
    server_with(
        ScriptedResponse::connection_reset(),
        noun,
        nouns,
        items,
        shrinks,
    )
}

/// Returns such a server with this response to the first creation.
fn server_with(
    first: ScriptedResponse,
    noun: &'static str,
    nouns: &'static str,
    items: Vec<Value>,
    shrinks: bool,
) -> ScriptedClient {
    ScriptedClient::from_fn(
        move |request, earlier| match summary(request, nouns).as_str() {
            "create" if earlier.is_empty() => first.clone(),
            "create" => ScriptedResponse::json(&json!({ noun: { "id": "made" } })),
            "list" => {
                let page: usize = request
                    .query("page")
                    .map_or(1, |page| page.parse().unwrap());
                // Some lists have no pages.
                let size = request.query("per_page").map_or(usize::MAX, |_| 2);
                let listed = earlier
                    .iter()
                    .any(|request| summary(request, nouns) == "list");
                let items = &items[usize::from(shrinks && listed)..];
                let chunk = items.chunks(size).nth(page - 1).unwrap_or_default();
                let pages = items.len().div_ceil(size);
                let pagination = json!({ "current_page": page, "total_pages": pages });
                ScriptedResponse::json(&json!({ nouns: chunk, "pagination": pagination }))
            }
            id => ScriptedResponse::json(&json!({ noun: { "id": id } })),
        },
    )
}

/// Returns `create`, `list`, or the id that is looked up.
fn summary(request: &RecordedRequest, nouns: &str) -> String {
    let is_list = |end: &&str| request.path().ends_with(end);
    if request.method == "POST" {
        "create".to_owned()
    } else if ["/entries", nouns].iter().any(is_list) {
        "list".to_owned()
    } else {
        let pairs = request.query_pairs();
        let id = pairs.into_iter().find(|(name, _)| name.ends_with("[id]"));
        id.unwrap().1
    }
}

/// Returns the requests in short: `create, list 1, id_3`.
fn history(server: &ScriptedClient, nouns: &str) -> String {
    let requests = server.requests();
    let requests = requests
        .iter()
        .map(|request| match summary(request, nouns) {
            list if list == "list" => {
                format!("list {}", request.query("page").as_deref().unwrap_or("1"))
            }
            other => other,
        });
    requests.collect::<Vec<_>>().join(", ")
}

fn named(key: &str) -> Vec<Value> {
    ["one", "two", "WEB", "web", "three"]
        .iter()
        .enumerate()
        .map(|(index, name)| json!({ "id": format!("id_{index}"), key: name }))
        .collect()
}

fn acme() -> OrganizationLookup {
    OrganizationLookup::sub_domain("acme")
}

/// Sends each creation: with the object in the list, without it, and without reconciliation.
macro_rules! creations {
    ($($noun:ident $nouns:ident by $key:literal: $call:expr => $found:literal;)*) => {
        $({
            const NOUNS: &str = stringify!($nouns);
            let call: fn(&Client) -> Result<_, Error> = $call;
            let server = |items| server(stringify!($noun), NOUNS, items, false);

            let lossy = server(named($key));
            let call_by_key = call(&lossy.client().unwrap()).unwrap().reconcile_by_key();
            let response = call_by_key.send().await.unwrap();
            assert_eq!(response.$noun.id, $found, stringify!($noun));
            assert_eq!(response.attempts(), 1);
            let history = self::history(&lossy, NOUNS);
            assert!(history.ends_with($found), "{history}");

            let lossy = server(Vec::new());
            let call_by_key = call(&lossy.client().unwrap()).unwrap().reconcile_by_key();
            // One check, which reads each page of the list.
            let call_by_key = call_by_key.reconcile_for(Duration::ZERO);
            let response = call_by_key.send().await.unwrap();
            assert_eq!((response.$noun.id.as_str(), response.attempts()), ("made", 2));
            assert_eq!(self::history(&lossy, NOUNS), "create, list 1, create");

            let lossy = server(named($key));
            let error = call(&lossy.client().unwrap()).unwrap().send().await.unwrap_err();
            assert!(error.is_unconfirmed());
            assert_eq!(self::history(&lossy, NOUNS), "create");
        })*
    };
}

#[tokio::test(start_paused = true)]
async fn lost_creation_is_found_by_its_key() {
    creations! {
        tag tags by "name": |client| Ok(client.tags().create(acme(), "web")) => "id_3";
        security_group security_groups by "name": |client| Ok(client.security_groups().create(acme(), "web")) => "id_3";
        load_balancer load_balancers by "name": |client| Ok(client.load_balancers().create(acme(), DataCenterLookup::id("dc_1"), "web")) => "id_3";
        address_list address_lists by "name": |client| Ok(client.address_lists().create(acme()).name("web")) => "id_3";
        file_storage_volume file_storage_volumes by "name":
            |client| Ok(client.file_storage_volumes().create(acme(), DataCenterLookup::id("dc_1"), "web")) => "id_3";
        virtual_network virtual_networks by "name":
            |client| Ok(client.virtual_networks().create(acme(), DataCenterLookup::id("dc_1"), "web")) => "id_3";
        virtual_machine_group virtual_machine_groups by "name":
            |client| Ok(client.virtual_machine_groups().create(acme(), "web")) => "id_3";
        address_list_entry address_list_entries by "address":
            |client| Ok(client.address_list_entries().create(AddressListLookup::id("al_1")).address("web")) => "id_3";
        dns_zone dns_zones by "name": |client| Ok(client.dns_zones().create(acme()).name("Web")) => "id_2";
    }
}

/// Creates a tag by its name, and returns the history.
async fn create_tag(name: &str, shrinks: bool) -> String {
    let server = server("tag", "tags", named("name"), shrinks);
    let create = server.client().unwrap().tags().create(acme(), name);
    let create = create.reconcile_by_key().reconcile_for(Duration::ZERO);
    create.send().await.unwrap();
    history(&server, "tags")
}

#[tokio::test(start_paused = true)]
async fn lost_creation_is_searched_on_each_page_once() {
    let cases = [
        ("two", "create, list 1, id_1"),
        ("web", "create, list 1, list 3, list 2, id_3"),
        // The first page is read again, in case the object has moved there.
        ("four", "create, list 1, list 3, list 2, list 1, create"),
    ];
    for (name, history) in cases {
        assert_eq!(create_tag(name, false).await, history, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_creation_that_moves_to_an_earlier_page_is_found() {
    let history = "create, list 1, list 3, list 2, list 1, id_2";
    assert_eq!(create_tag("WEB", true).await, history);
}

#[tokio::test(start_paused = true)]
async fn lost_creation_without_a_key_is_unconfirmed() {
    let server = server("address_list", "address_lists", named("name"), false);
    let create = server.client().unwrap().address_lists().create(acme());
    let error = create.reconcile_by_key().send().await.unwrap_err();
    assert!(error.is_unconfirmed() && error.may_have_happened());
    assert_eq!(history(&server, "address_lists"), "create");
}

#[tokio::test(start_paused = true)]
async fn success_that_does_not_show_the_object_is_reconciled() {
    let proxy = "<html>Please wait</html>";
    let error = r#"{"error":{"code":"permission_denied"}}"#;
    let found = "create, list 1, list 3, list 2, id_3";
    let absent = "create, list 1, list 3, list 2, list 1";
    // Status and body of the response to the creation, the name, the requests, and the error: whether it is unconfirmed.
    let cases = [
        (200, "", "web", found, None),
        (201, "", "web", found, None),
        (200, proxy, "web", found, None),
        (200, error, "web", found, None),
        // Executed, according to the status.
        (200, "", "four", absent, Some(false)),
        // A proxy says nothing about the request.
        (200, proxy, "four", absent, Some(true)),
        // The response shows the object, so that nothing is searched.
        (200, r#"{"tag":{"id":"made"}}"#, "web", "create", None),
    ];
    for (status, body, name, requests, unconfirmed) in cases {
        let first = ScriptedResponse::new(status, body);
        let server = server_with(first, "tag", "tags", named("name"), false);
        let create = server.client().unwrap().tags().create(acme(), name);
        let create = create.reconcile_by_key().reconcile_for(Duration::ZERO);
        let error = create.send().await.err();
        let case = format!("{status} {body} {name}: {error:?}");
        assert_eq!(history(&server, "tags"), requests, "{case}");
        let found = error.as_ref().map(Error::is_unconfirmed);
        assert_eq!(found, unconfirmed, "{case}");
        assert!(
            error.is_none_or(|error| error.may_have_happened()),
            "{case}"
        );
    }
}
