//! Every operation that queues a task, polled to its completion and to its failure; and every
//! operation that moves its object to the trash.
//!
//! Polling as such is proved in `katapult-core/tests/integration/waits.rs`.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_contract::generators::minimal;
use katapult_contract::sdk::json_form;
use katapult_contract::spec::spec_api;
use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{Task, TaskStatus};
use katapult_core::{Client, OperationInfo, PollPolicy, TaskOperation, TrashOperation, WaitError};
use katapult_openapi::{Operation, Spec};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Waited = Result<Task, WaitError<Task>>;
type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// An operation of any type that queues a task.
trait AnyTask {
    fn info(&self) -> &'static OperationInfo;

    /// Sends it and polls; returns the states that were passed to `progress`, too.
    fn wait<'a>(&self, client: &'a Client, arguments: &Value)
    -> Waiting<'a, (Waited, Vec<String>)>;

    /// Sends it and reads the stream of states.
    fn states<'a>(&self, client: &'a Client, arguments: &Value) -> Waiting<'a, Vec<String>>;
}

struct Entry<O>(PhantomData<fn() -> O>);

fn steady() -> PollPolicy {
    PollPolicy::default().jitter(0.0)
}

fn word(task: &Task) -> String {
    task.status
        .as_ref()
        .map_or("none", TaskStatus::as_str)
        .to_owned()
}

impl<O: TaskOperation + DeserializeOwned + 'static> AnyTask for Entry<O> {
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn wait<'a>(
        &self,
        client: &'a Client,
        arguments: &Value,
    ) -> Waiting<'a, (Waited, Vec<String>)> {
        let operation = json_form::operation::<O>(arguments).unwrap();
        let states = Arc::new(Mutex::new(Vec::new()));
        let observed = states.clone();
        Box::pin(async move {
            let waited = client
                .call(operation)
                .wait()
                .progress(move |task| observed.lock().unwrap().push(word(task)))
                .poll(steady())
                .await;
            let waited = waited.map(|completed| {
                let queued = O::task(completed.response());
                assert_eq!(queued.unwrap().id, completed.task().id);
                completed.into_parts().1
            });
            let states = states.lock().unwrap().clone();
            (waited, states)
        })
    }

    fn states<'a>(&self, client: &'a Client, arguments: &Value) -> Waiting<'a, Vec<String>> {
        let operation = json_form::operation::<O>(arguments).unwrap();
        Box::pin(async move {
            let mut states = client.call(operation).wait().poll(steady()).states();
            let mut all = Vec::new();
            while let Some(state) = states.next().await {
                all.push(match state {
                    Ok(task) => word(&task),
                    Err(error) => format!("{error}"),
                });
            }
            all
        })
    }
}

/// Returns a server on which the operation's task passes through these states; the last one
/// repeats, and a state that is a number is a failure.
fn server(doc: &Operation, states: &'static [&'static str]) -> ScriptedClient {
    let field = doc.task.clone().unwrap();
    let mut response = minimal::response(doc);
    let task = |state: &str| json!({ "id": "task_1", "name": "Something", "status": state });
    response[&field] = task("pending");
    let path = format!("{}{}", doc.api.prefix(), doc.path);
    let method = doc.method.clone();
    ScriptedClient::from_fn(move |request, earlier| {
        if earlier.is_empty() {
            assert_eq!(
                (request.path(), request.method.as_str()),
                (&*path, &*method)
            );
            return ScriptedResponse::json(&response);
        }
        assert_eq!(request.path(), "/core/v1/tasks/task");
        assert_eq!(request.query("task[id]").as_deref(), Some("task_1"));
        let state = states[(earlier.len() - 1).min(states.len() - 1)];
        match state.parse() {
            Ok(status) => ScriptedResponse::api_error(status, "service_unavailable"),
            Err(_) => ScriptedResponse::json(&json!({ "task": task(state) })),
        }
    })
}

async fn for_each_task(check: impl AsyncFn(&dyn AnyTask, &Operation)) {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData)) as Box<dyn AnyTask>),*]
        };
    }
    let all = katapult_gen::for_each_task!(entries);
    let documents = Spec::embedded().unwrap();
    let mut checked = BTreeSet::new();
    for task in &all {
        let doc = documents
            .operation(spec_api(task.info().api), task.info().id)
            .unwrap();
        check(&**task, doc).await;
        checked.insert(&doc.id);
    }
    let documented = documents.operations();
    let documented = documented.filter(|operation| operation.task.is_some());
    assert_eq!(checked, documented.map(|operation| &operation.id).collect());
}

#[tokio::test(start_paused = true)]
async fn each_task_is_polled_to_its_completion() {
    for_each_task(async |task, doc| {
        let states = &["pending", "running", "running", "503", "completed"];
        let arguments = minimal::arguments(doc);
        let server = server(doc, states);
        let (waited, observed) = task.wait(&server.client().unwrap(), &arguments).await;
        assert_eq!(waited.unwrap().status.unwrap(), "completed", "{}", doc.id);
        let expected = ["pending", "pending", "running", "running", "completed"];
        assert_eq!(observed, expected, "{}", doc.id);
        let pauses = server.pauses();
        assert_eq!(
            pauses,
            [1, 2, 4, 5, 5].map(Duration::from_secs),
            "{}",
            doc.id
        );

        let server = self::server(doc, states);
        let streamed = task.states(&server.client().unwrap(), &arguments).await;
        assert_eq!(streamed, expected, "{}", doc.id);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn each_failed_task_is_an_error() {
    for_each_task(async |task, doc| {
        let arguments = minimal::arguments(doc);
        let server = server(doc, &["running", "failed"]);
        let (waited, observed) = task.wait(&server.client().unwrap(), &arguments).await;
        let error = waited.unwrap_err();
        assert!(error.is_failed(), "{}: {error}", doc.id);
        assert_eq!(error.state().unwrap().id, "task_1");
        assert_eq!(observed, ["pending", "running", "failed"], "{}", doc.id);

        let server = self::server(doc, &["running", "failed"]);
        let streamed = task.states(&server.client().unwrap(), &arguments).await;
        let (last, before) = streamed.split_last().unwrap();
        assert_eq!(before, ["pending", "running"], "{}", doc.id);
        assert_eq!(*last, error.to_string(), "{}", doc.id);
    })
    .await;
}

/// An operation that moves its object to the trash.
trait AnyTrash {
    fn info(&self) -> &'static OperationInfo;

    /// Deletes the object, and then purges or restores it, and polls to the end.
    fn run<'a>(&self, client: &'a Client, arguments: &Value, purge: bool) -> Waiting<'a, ()>;
}

impl<O: TrashOperation + DeserializeOwned + 'static> AnyTrash for Entry<O> {
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn run<'a>(&self, client: &'a Client, arguments: &Value, purge: bool) -> Waiting<'a, ()> {
        let operation = json_form::operation::<O>(arguments).unwrap();
        Box::pin(async move {
            let trashed = client.call(operation).trash().await.unwrap();
            assert_eq!(trashed.id, "trsh_1");
            if purge {
                let task = trashed.purge().wait().await.unwrap();
                assert_eq!(task.status.as_ref().unwrap(), "completed");
            } else {
                let restored = trashed.restore().wait().await.unwrap();
                assert!(restored.into_parts().1.is_none());
            }
            assert!(trashed.wait_until_gone().await.unwrap().is_none());
        })
    }
}

#[tokio::test(start_paused = true)]
async fn each_trashed_object_is_purged_or_restored() {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData)) as Box<dyn AnyTrash>),*]
        };
    }
    let all = katapult_gen::for_each_trash!(entries);
    let documents = Spec::embedded().unwrap();
    let mut checked = BTreeSet::new();
    for trash in &all {
        let doc = documents.operation(spec_api(trash.info().api), trash.info().id);
        let doc = doc.unwrap();
        checked.insert(&doc.id);
        for purge in [true, false] {
            let field = doc.trash.as_ref().unwrap();
            let object = json!({ "id": "trsh_1", "keep_until": 1, "object_id": "x_1" });
            let mut response = minimal::response(doc);
            response[field] = object.clone();
            let path = format!("/core/v1{}", doc.path);
            let server = ScriptedClient::from_fn(move |request, earlier| {
                let polls = earlier.iter().filter(|earlier| earlier.method == "GET");
                let polls = polls.count();
                match (request.method.as_str(), request.path()) {
                    ("DELETE", "/core/v1/trash_objects/trash_object") => {
                        ScriptedResponse::json(&json!({ "task": { "id": "task_1" } }))
                    }
                    ("POST", "/core/v1/trash_objects/trash_object/restore")
                    | ("GET", "/core/v1/trash_objects/trash_object")
                        if polls < 2 =>
                    {
                        ScriptedResponse::json(&json!({ "trash_object": object }))
                    }
                    ("GET", "/core/v1/trash_objects/trash_object") => {
                        ScriptedResponse::api_error(404, "trash_object_not_found")
                    }
                    ("GET", "/core/v1/tasks/task") => {
                        let state = if polls < 2 { "running" } else { "completed" };
                        ScriptedResponse::json(
                            &json!({ "task": { "id": "task_1", "status": state } }),
                        )
                    }
                    ("DELETE", at) if at == path => ScriptedResponse::json(&response),
                    other => panic!("{other:?}"),
                }
            });
            let arguments = minimal::arguments(doc);
            trash
                .run(&server.client().unwrap(), &arguments, purge)
                .await;
        }
    }
    let documented = documents.operations();
    let documented = documented.filter(|operation| operation.trash.is_some());
    assert_eq!(checked, documented.map(|operation| &operation.id).collect());
}
