//! Every list of the documents: its pages, a resumed list, and items that move between pages.
//!
//! The reading of lists as such is proved in `katapult-core/tests/integration/lists.rs`.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::pin::Pin;

use katapult_contract::generators::minimal;
use katapult_contract::spec::spec_api;
use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Client, Error, ListOperation, OperationInfo, ResumeToken};
use katapult_openapi::{ListFields, Operation, Spec};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The ids that were read of a list, and the error at its end.
type Read = (Vec<String>, Option<Error>);

/// A list operation of any type.
trait AnyList {
    fn info(&self) -> &'static OperationInfo;

    /// Reads the whole list, two items a page.
    fn read<'a>(
        &self,
        client: &'a Client,
        arguments: &Value,
        from: Option<ResumeToken>,
    ) -> Pin<Box<dyn Future<Output = Read> + Send + 'a>>;
}

struct Entry<O>(PhantomData<fn() -> O>);

impl<O: ListOperation + DeserializeOwned + 'static> AnyList for Entry<O> {
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn read<'a>(
        &self,
        client: &'a Client,
        arguments: &Value,
        from: Option<ResumeToken>,
    ) -> Pin<Box<dyn Future<Output = Read> + Send + 'a>> {
        let mut operation = O::deserialize(arguments).unwrap();
        operation.set_per_page(2);
        Box::pin(async move {
            let mut items = client.call(operation).items();
            if let Some(token) = from {
                items = items.resume(token);
            }
            let mut all = Vec::new();
            let error = items.collect_into(&mut all).await.err();
            let ids = all.iter().map(|item| O::item_id(item).unwrap().to_owned());
            (ids.collect(), error)
        })
    }
}

fn all() -> Vec<Box<dyn AnyList>> {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData))),*]
        };
    }
    katapult_gen::for_each_list!(entries)
}

/// One list, and its schema in the document.
struct Case<'a> {
    list: Box<dyn AnyList>,
    doc: &'a Operation,
    facts: &'a ListFields,
}

impl Case<'_> {
    fn id(&self) -> &str {
        &self.doc.id
    }

    /// Returns an item with this id, as the document has it.
    fn item(&self, id: &str) -> Value {
        let response = self.doc.response().unwrap();
        let items = response.property(&self.facts.items).unwrap();
        let item = items.items().unwrap();
        let mut sample = minimal::value(item);
        match item.property("id") {
            Some(_) => sample["id"] = json!(id),
            None => {
                let nested = self.facts.items.trim_end_matches('s');
                let object = item.property(nested).map(minimal::value);
                sample[nested] = object.unwrap_or_else(|| panic!("{}: no id", self.id()));
                sample[nested]["id"] = json!(id);
            }
        }
        sample
    }

    /// Returns a page of these ids; without a total it is of a large set.
    fn page(&self, number: usize, ids: &[&str], total: Option<usize>) -> Value {
        let items: Vec<Value> = ids.iter().map(|id| self.item(id)).collect();
        let mut response = minimal::response(self.doc);
        response[&self.facts.items] = Value::Array(items);
        response[&self.facts.pagination] = json!({
            "current_page": number,
            "per_page": 2,
            "total": total,
            "total_pages": total.map(|total| total.div_ceil(2)),
            "large_set": total.is_none(),
        });
        response
    }

    /// Returns a server whose list has these pages; the page `broken` fails.
    fn server(
        &self,
        pages: &[&[&str]],
        total: Option<usize>,
        broken: Option<usize>,
    ) -> ScriptedClient {
        let responses: Vec<Value> = (1..)
            .zip(pages)
            .map(|(number, ids)| self.page(number, ids, total))
            .collect();
        let past_the_end = self.page(pages.len() + 1, &[], total);
        let path = format!("{}{}", self.doc.api.prefix(), self.doc.path);
        ScriptedClient::from_fn(move |request, _| {
            assert_eq!(request.path(), path);
            assert_eq!(request.query("per_page").as_deref(), Some("2"));
            let page: usize = request.query("page").unwrap().parse().unwrap();
            if broken == Some(page) {
                return ScriptedResponse::api_error(500, "internal_error");
            }
            ScriptedResponse::json(responses.get(page - 1).unwrap_or(&past_the_end))
        })
    }

    async fn read(&self, server: &ScriptedClient, from: Option<ResumeToken>) -> Read {
        let arguments = minimal::arguments(self.doc);
        self.list
            .read(&server.client().unwrap(), &arguments, from)
            .await
    }
}

/// The pages that were requested, in order.
fn requested(server: &ScriptedClient) -> Vec<usize> {
    let requests = server.requests();
    let pages = requests
        .iter()
        .map(|request| request.query("page").unwrap());
    pages.map(|page| page.parse().unwrap()).collect()
}

async fn for_each_list(check: impl AsyncFn(&Case<'_>)) {
    let documents = Spec::embedded().unwrap();
    let mut checked = BTreeSet::new();
    for list in all() {
        let info = list.info();
        let doc = documents.operation(spec_api(info.api), info.id).unwrap();
        let facts = doc.list.as_ref().unwrap();
        check(&Case { list, doc, facts }).await;
        checked.insert(&doc.id);
    }
    let documented = documents.operations();
    let documented = documented.filter(|operation| operation.list.is_some());
    assert_eq!(checked, documented.map(|operation| &operation.id).collect());
}

#[tokio::test(start_paused = true)]
async fn each_list_is_read_page_by_page() {
    for_each_list(async |case| {
        let pages: [&[&str]; 3] = [&["x_1", "x_2"], &["x_3", "x_4"], &["x_5"]];
        for total in [Some(5), None] {
            let server = case.server(&pages, total, None);
            let (ids, error) = case.read(&server, None).await;
            assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4", "x_5"], "{}", case.id());
            assert!(error.is_none(), "{}: {error:?}", case.id());
            assert_eq!(requested(&server), [1, 2, 3], "{}", case.id());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn each_list_is_resumed_after_a_failed_page() {
    for_each_list(async |case| {
        let pages: [&[&str]; 3] = [&["x_1", "x_2"], &["x_3", "x_4"], &["x_5"]];
        for total in [Some(5), None] {
            let server = case.server(&pages, total, Some(2));
            let (ids, error) = case.read(&server, None).await;
            assert_eq!(ids, ["x_1", "x_2"], "{}", case.id());
            let error = error.unwrap();
            assert_eq!(error.status().unwrap(), 500, "{}", case.id());
            let token = error.resume_token().unwrap().to_string();

            // Another process continues, after the items have moved by one.
            let moved: [&[&str]; 3] = [&["x_0", "x_1"], &["x_2", "x_3"], &["x_4", "x_5"]];
            let server = case.server(&moved, total.map(|total| total + 1), None);
            let (ids, error) = case.read(&server, Some(token.parse().unwrap())).await;
            assert_eq!(ids, ["x_3", "x_4", "x_5"], "{}", case.id());
            assert!(error.is_none(), "{}: {error:?}", case.id());
            assert!(!requested(&server).contains(&1), "{}", case.id());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn item_that_moves_to_a_later_page_is_returned_once() {
    for_each_list(async |case| {
        let pages: [&[&str]; 3] = [&["x_1", "x_2"], &["x_2", "x_3"], &["x_1", "x_4"]];
        for total in [Some(6), None] {
            let server = case.server(&pages, total, None);
            let (ids, error) = case.read(&server, None).await;
            assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4"], "{}", case.id());
            assert!(error.is_none(), "{}: {error:?}", case.id());
        }
    })
    .await;
}
