//! Every list of the document, whole: three pages, a failure and a resume, a moved set, a large set.

mod script;

use std::marker::PhantomData;
use std::pin::Pin;

use katapult_contract::generators::minimal;
use katapult_contract::sdk::registry::spec_api;
use katapult_core::prelude::*;
use katapult_core::{Client, Error, ErrorKind, ListOperation, OperationInfo, ResumeToken};
use katapult_openapi::{ListFields, Operation, Spec};
use script::{Answer, Script, status};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// 37 of the core API, and one of the public one.
const LISTS: usize = 38;

/// What was read of a list: the ids, and the error at the end.
type Read = (Vec<String>, Option<Error>);

/// A list whose type is not known here.
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

/// One list, and how the document says that it looks.
struct Case<'a> {
    list: Box<dyn AnyList>,
    doc: &'a Operation,
    facts: &'a ListFields,
}

impl Case<'_> {
    fn id(&self) -> &str {
        &self.doc.id
    }

    /// An item of this id, in the document's form.
    fn item(&self, id: &str) -> Value {
        let response = self.doc.response().unwrap();
        let items = response.property(&self.facts.items).unwrap();
        let item = items.items().unwrap();
        let mut sample = minimal::value(item);
        match item.property("id") {
            Some(_) => sample["id"] = json!(id),
            None => {
                let held = self.facts.items.trim_end_matches('s');
                let object = item.property(held).map(minimal::value);
                sample[held] = object.unwrap_or_else(|| panic!("{}: no id", self.id()));
                sample[held]["id"] = json!(id);
            }
        }
        sample
    }

    /// The response that holds these ids, with a total or, of a large set, without.
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

    /// A server whose list has these pages, and that answers the page `broken` with this status, so many times.
    fn server(&self, pages: &[&[&str]], total: Option<usize>, broken: Broken) -> Script {
        let responses: Vec<Value> = (1..)
            .zip(pages)
            .map(|(number, ids)| self.page(number, ids, total))
            .collect();
        let past_the_end = self.page(pages.len() + 1, &[], total);
        let path = format!("{}{}", self.doc.api.prefix(), self.doc.path);
        Script::new(move |request| {
            assert_eq!(request.url.path(), path);
            assert_eq!(request.query("per_page").as_deref(), Some("2"));
            let page: usize = request.query("page").unwrap().parse().unwrap();
            let before = request.earlier(|earlier| earlier.query("page") == request.query("page"));
            match broken {
                Some((broken, code, times)) if page == broken && before < times => status(code),
                _ => Answer::json(responses.get(page - 1).unwrap_or(&past_the_end)),
            }
        })
    }

    async fn read(&self, server: &Script, from: Option<ResumeToken>) -> Read {
        let arguments = minimal::arguments(self.doc);
        self.list.read(&server.client(), &arguments, from).await
    }
}

type Broken = Option<(usize, u16, usize)>;

/// The pages that were asked for, in the order in which they were.
fn pages(server: &Script) -> Vec<usize> {
    let asked = server.seen();
    let page = asked.iter().map(|request| request.query("page").unwrap());
    page.map(|page| page.parse().unwrap()).collect()
}

async fn for_each_list(check: impl AsyncFn(&Case<'_>)) {
    let documents = Spec::embedded().unwrap();
    let mut count = 0;
    for list in all() {
        let info = list.info();
        let doc = documents.operation(spec_api(info.api), info.id).unwrap();
        let facts = doc.list.as_ref().unwrap();
        check(&Case { list, doc, facts }).await;
        count += 1;
    }
    let documented = documents.operations();
    let documented = documented.filter(|operation| operation.list.is_some());
    assert_eq!((count, documented.count()), (LISTS, LISTS));
}

#[tokio::test(start_paused = true)]
async fn three_pages() {
    for_each_list(async |case| {
        let server = case.server(&[&["x_1", "x_2"], &["x_3", "x_4"], &["x_5"]], Some(5), None);
        let (ids, error) = case.read(&server, None).await;
        assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4", "x_5"], "{}", case.id());
        assert!(error.is_none(), "{}: {error:?}", case.id());
        assert_eq!(pages(&server), [1, 2, 3], "{}", case.id());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_once_is_asked_for_again_alone() {
    for_each_list(async |case| {
        let set: [&[&str]; 3] = [&["x_1", "x_2"], &["x_3", "x_4"], &["x_5"]];
        let server = case.server(&set, Some(5), Some((2, 503, 1)));
        let (ids, error) = case.read(&server, None).await;
        assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4", "x_5"], "{}", case.id());
        assert!(error.is_none(), "{}: {error:?}", case.id());
        assert_eq!(pages(&server), [1, 2, 3, 2], "{}", case.id());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_for_good_is_resumed_from() {
    for_each_list(async |case| {
        let set: [&[&str]; 3] = [&["x_1", "x_2"], &["x_3", "x_4"], &["x_5"]];
        for total in [Some(5), None] {
            let server = case.server(&set, total, Some((2, 500, usize::MAX)));
            let (ids, error) = case.read(&server, None).await;
            assert_eq!(ids, ["x_1", "x_2"], "{}", case.id());
            let error = error.unwrap();
            assert_eq!(error.status().unwrap(), 500, "{}", case.id());
            let token = error.resume_token().unwrap().to_string();

            // Another process, and a set that has moved by one meanwhile.
            let moved: [&[&str]; 3] = [&["x_0", "x_1"], &["x_2", "x_3"], &["x_4", "x_5"]];
            let server = case.server(&moved, total.map(|total| total + 1), None);
            let (ids, error) = case.read(&server, Some(token.parse().unwrap())).await;
            assert_eq!(ids, ["x_3", "x_4", "x_5"], "{}", case.id());
            assert!(error.is_none(), "{}: {error:?}", case.id());
            assert!(!pages(&server).contains(&1), "{}", case.id());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_moved_set() {
    for_each_list(async |case| {
        let set: [&[&str]; 3] = [&["x_1", "x_2"], &["x_2", "x_3"], &["x_1", "x_4"]];
        for total in [Some(6), None] {
            let server = case.server(&set, total, None);
            let (ids, error) = case.read(&server, None).await;
            assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4"], "{}", case.id());
            assert!(error.is_none(), "{}: {error:?}", case.id());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_large_set() {
    for_each_list(async |case| {
        let short: [&[&str]; 3] = [&["x_1", "x_2"], &["x_3", "x_4"], &["x_5"]];
        let server = case.server(&short, None, None);
        let (ids, error) = case.read(&server, None).await;
        assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4", "x_5"], "{}", case.id());
        assert!(error.is_none(), "{}: {error:?}", case.id());
        assert_eq!(pages(&server), [1, 2, 3], "{}", case.id());

        let full: [&[&str]; 2] = [&["x_1", "x_2"], &["x_3", "x_4"]];
        let server = case.server(&full, None, None);
        let (ids, _) = case.read(&server, None).await;
        assert_eq!(ids, ["x_1", "x_2", "x_3", "x_4"], "{}", case.id());
        assert_eq!(pages(&server), [1, 2, 3], "{}", case.id());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_token_is_of_one_list_alone() {
    for_each_list(async |case| {
        let set: [&[&str]; 2] = [&["x_1", "x_2"], &["x_3"]];
        let server = case.server(&set, Some(3), None);
        let broken = case.server(&set, Some(3), Some((2, 500, usize::MAX)));
        let (_, error) = case.read(&broken, None).await;
        let token = error.unwrap().resume_token().unwrap().to_string();
        let foreign = match token.contains(":virtual_machines.list:") {
            true => token.replace(":virtual_machines.list:", ":disks.list:"),
            false => "katapult-list-1:virtual_machines.list:0:2:2:".to_owned(),
        };
        let (ids, error) = case.read(&server, Some(foreign.parse().unwrap())).await;
        assert!(ids.is_empty());
        assert_eq!(
            error.unwrap().kind(),
            ErrorKind::Pagination,
            "{}",
            case.id()
        );
        assert_eq!(server.seen().len(), 0, "{}", case.id());
    })
    .await;
}
