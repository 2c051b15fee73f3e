//! Creations that look for what they made: by its natural key, through the pages of its list.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method, StatusCode};
use katapult_core::prelude::*;
use katapult_core::types::{AddressListLookup, DataCenterLookup, OrganizationLookup};
use katapult_core::{Client, Error, HttpClientError, HttpFuture, HttpResponse};
use serde_json::{Value, json};

/// A server that loses the response of the first creations, and has one object among others.
#[derive(Clone)]
struct Lossy {
    /// `tag`
    noun: &'static str,
    /// `tags`
    nouns: &'static str,
    /// What the list holds, two a page.
    items: Vec<Value>,
    /// Whether the first of them goes away after the first look at the list.
    shrinks: bool,
    losses: usize,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Lossy {
    fn new(noun: &'static str, nouns: &'static str, items: Vec<Value>) -> Self {
        let seen = Arc::default();
        let losses = 1;
        Self {
            noun,
            nouns,
            items,
            shrinks: false,
            losses,
            seen,
        }
    }

    fn client(&self) -> Client {
        let server = self.clone();
        Client::builder()
            .token("t")
            .http_client(move |request| server.answer(&request))
            .build()
            .unwrap()
    }

    fn answer(&self, request: &reqwest::Request) -> HttpFuture<'static> {
        let query: Vec<(String, String)> = request.url().query_pairs().into_owned().collect();
        let asked = |name: &str| {
            let mut query = query.iter();
            query.find_map(|(key, value)| (key == name).then(|| value.clone()))
        };
        let id = query.iter().find(|(key, _)| key.ends_with("[id]"));
        let id = id.map(|(_, id)| id.clone());
        let mut seen = self.seen.lock().unwrap();
        let created = seen.iter().filter(|seen| *seen == "create").count();
        let (what, response) = if request.method() == Method::POST {
            let made = json!({ self.noun: { "id": "made" } });
            (
                "create".to_owned(),
                (created >= self.losses).then_some(made),
            )
        } else if ["/entries", self.nouns]
            .iter()
            .any(|end| request.url().path().ends_with(end))
        {
            let page: usize = asked("page").map_or(1, |page| page.parse().unwrap());
            // Some lists have no pages.
            let size = asked("per_page").map_or(usize::MAX, |_| 2);
            let looked = seen.iter().any(|seen| seen.starts_with("list"));
            let all = &self.items[usize::from(self.shrinks && looked)..];
            let items = all.chunks(size).nth(page - 1).unwrap_or_default();
            let pages = all.len().div_ceil(size);
            let list = json!({ self.nouns: items, "pagination": { "current_page": page, "total_pages": pages } });
            (format!("list {page}"), Some(list))
        } else {
            let id = id.unwrap();
            let item = json!({ self.noun: { "id": id } });
            (format!("get {id}"), Some(item))
        };
        seen.push(what);
        Box::pin(async move {
            let response =
                response.ok_or_else(|| HttpClientError::lost("connection reset by peer"))?;
            Ok(HttpResponse::new(
                StatusCode::OK,
                HeaderMap::new(),
                response.to_string(),
            ))
        })
    }

    fn seen(&self) -> String {
        self.seen.lock().unwrap().join(", ")
    }
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

/// Makes the creation of each sort, with and without something to be found.
macro_rules! creations {
    ($($noun:ident $nouns:ident by $key:literal: $call:expr => $found:literal;)*) => {
        $(
            let call: fn(&Client) -> Result<_, Error> = $call;
            let lossy = Lossy::new(stringify!($noun), stringify!($nouns), named($key));
            let response = call(&lossy.client()).unwrap().reconcile_by_key().send().await.unwrap();
            assert_eq!(response.$noun.id, $found, stringify!($noun));
            assert_eq!(response.attempts(), 1);
            assert!(lossy.seen().ends_with(concat!("get ", $found)), "{}", lossy.seen());

            let lossy = Lossy::new(stringify!($noun), stringify!($nouns), Vec::new());
            let response = call(&lossy.client()).unwrap().reconcile_by_key().send().await.unwrap();
            assert_eq!((response.$noun.id.as_str(), response.attempts()), ("made", 2));
            assert_eq!(lossy.seen(), "create, list 1, create");

            let lossy = Lossy::new(stringify!($noun), stringify!($nouns), named($key));
            let error = call(&lossy.client()).unwrap().send().await.unwrap_err();
            assert!(error.is_unconfirmed());
            assert_eq!(lossy.seen(), "create");
        )*
    };
}

#[tokio::test(start_paused = true)]
async fn what_was_made_is_found_by_its_key() {
    creations! {
        tag tags by "name": |client| Ok(client.tags().create(acme()).name("web")) => "id_3";
        security_group security_groups by "name": |client| Ok(client.security_groups().create(acme()).name("web")) => "id_3";
        load_balancer load_balancers by "name": |client| Ok(client.load_balancers().create(acme()).name("web")) => "id_3";
        address_list address_lists by "name": |client| Ok(client.address_lists().create(acme()).name("web")) => "id_3";
        file_storage_volume file_storage_volumes by "name":
            |client| Ok(client.file_storage_volumes().create(acme()).name("web")) => "id_3";
        virtual_network virtual_networks by "name":
            |client| Ok(client.virtual_networks().create(acme(), DataCenterLookup::id("dc_1"), "web")) => "id_3";
        virtual_machine_group virtual_machine_groups by "name":
            |client| Ok(client.virtual_machine_groups().create(acme()).name("web")) => "id_3";
        address_list_entry address_list_entries by "address":
            |client| Ok(client.address_list_entries().create(AddressListLookup::id("al_1")).address("web")) => "id_3";
        dns_zone dns_zones by "name": |client| Ok(client.dns_zones().create(acme()).name("Web")) => "id_2";
    }
}

async fn make(lossy: &Lossy, name: &str) -> String {
    let create = lossy.client().tags().create(acme()).name(name);
    create.reconcile_by_key().send().await.unwrap();
    lossy.seen()
}

#[tokio::test(start_paused = true)]
async fn every_page_is_looked_at_and_no_more() {
    let lossy = || Lossy::new("tag", "tags", named("name"));
    let cases = [
        ("two", "create, list 1, get id_1"),
        ("web", "create, list 1, list 3, list 2, get id_3"),
        ("four", "create, list 1, list 3, list 2, list 1, create"),
    ];
    for (name, seen) in cases {
        assert_eq!(make(&lossy(), name).await, seen, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_moves_to_an_earlier_page_is_found() {
    let mut lossy = Lossy::new("tag", "tags", named("name"));
    lossy.shrinks = true;
    let seen = "create, list 1, list 3, list 2, list 1, get id_2";
    assert_eq!(make(&lossy, "WEB").await, seen);
}

#[tokio::test(start_paused = true)]
async fn without_a_key_there_is_nothing_to_look_for() {
    let lossy = Lossy::new("tag", "tags", named("name"));
    let error = lossy
        .client()
        .tags()
        .create(acme())
        .reconcile_by_key()
        .send()
        .await
        .unwrap_err();
    assert!(error.is_unconfirmed() && error.may_have_happened());
    assert_eq!(lossy.seen(), "create");
}
