//! Every operation that queues a task, waited for: to its completion, to its failure, until the time is up. And every
//! one that moves its object to the trash.

mod script;

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_contract::generators::minimal;
use katapult_contract::sdk::registry::spec_api;
use katapult_core::prelude::*;
use katapult_core::types::{Task, TaskStatus};
use katapult_core::{Client, OperationInfo, PollPolicy, TaskOperation, TrashOperation, WaitError};
use katapult_openapi::{Operation, Spec};
use script::{Answer, Script, status};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

const TASKS: usize = 18;
const TRASH: usize = 4;

type Waited = Result<Task, WaitError<Task>>;
type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// An operation that queues a task and whose type is not known here.
trait AnyTask {
    fn info(&self) -> &'static OperationInfo;

    /// Calls it and waits for a minute at most; gives the states that progress was told.
    fn wait<'a>(&self, client: &'a Client, arguments: &Value)
    -> Waiting<'a, (Waited, Vec<String>)>;

    /// Calls it and reads the stream of states.
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
        let operation = O::deserialize(arguments).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = told.clone();
        Box::pin(async move {
            let waited = client
                .call(operation)
                .wait()
                .progress(move |task| telling.lock().unwrap().push(word(task)))
                .timeout(Duration::from_secs(60))
                .poll(steady())
                .await;
            let waited = waited.map(|completed| {
                assert_eq!(O::task(completed.response()).id, completed.id);
                completed.into_parts().1
            });
            let told = told.lock().unwrap().clone();
            (waited, told)
        })
    }

    fn states<'a>(&self, client: &'a Client, arguments: &Value) -> Waiting<'a, Vec<String>> {
        let operation = O::deserialize(arguments).unwrap();
        Box::pin(async move {
            let mut states = client.call(operation).wait().poll(steady()).states();
            let mut seen = Vec::new();
            while let Some(state) = states.next().await {
                seen.push(match state {
                    Ok(task) => word(&task),
                    Err(error) => format!("{error}"),
                });
            }
            seen
        })
    }
}

/// What the server answers to the call and to each look; the last look repeats.
#[derive(Clone)]
struct Looks(&'static [&'static str]);

/// A server on which the operation's task goes through these states; a state that is a number is a failure.
fn server(doc: &Operation, looks: Looks) -> Script {
    let field = doc.task.clone().unwrap();
    let mut response = minimal::response(doc);
    let task = |state: &str| json!({ "id": "task_1", "name": "Something", "status": state });
    response[&field] = task("pending");
    let path = format!("{}{}", doc.api.prefix(), doc.path);
    let method = doc.method.clone();
    Script::new(move |request| {
        if request.url.path() == path && request.method == method {
            return Answer::json(&response);
        }
        assert_eq!(request.url.path(), "/core/v1/tasks/task");
        assert_eq!(request.query("task[id]").as_deref(), Some("task_1"));
        let looked = request.earlier(|earlier| earlier.url.path() == "/core/v1/tasks/task");
        let state = looks.0[looked.min(looks.0.len() - 1)];
        match state.parse() {
            Ok(code) => status(code),
            Err(_) => Answer::json(&json!({ "task": task(state) })),
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
    for task in &all {
        let doc = documents.operation(spec_api(task.info().api), task.info().id);
        check(&**task, doc.unwrap()).await;
    }
    let documented = documents.operations();
    let documented = documented.filter(|operation| operation.task.is_some());
    assert_eq!((all.len(), documented.count()), (TASKS, TASKS));
}

/// When each request came, in seconds after the first.
fn times(server: &Script) -> Vec<u64> {
    let seen = server.seen();
    let first = seen[0].at;
    let times = seen.iter().map(|request| (request.at - first).as_secs());
    times.collect()
}

#[tokio::test(start_paused = true)]
async fn to_completion() {
    for_each_task(async |task, doc| {
        let looks = Looks(&["pending", "running", "running", "503", "completed"]);
        let arguments = minimal::arguments(doc);
        let server = server(doc, looks.clone());
        let (waited, told) = task.wait(&server.client(), &arguments).await;
        assert_eq!(waited.unwrap().status.unwrap(), "completed", "{}", doc.id);
        let states = ["pending", "pending", "running", "running", "completed"];
        assert_eq!(told, states, "{}", doc.id);
        assert_eq!(times(&server), [0, 1, 3, 7, 12, 17], "{}", doc.id);

        let server = self::server(doc, looks);
        let seen = task.states(&server.client(), &arguments).await;
        assert_eq!(seen, states, "{}", doc.id);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn to_failure() {
    for_each_task(async |task, doc| {
        let looks = Looks(&["running", "failed"]);
        let arguments = minimal::arguments(doc);
        let server = server(doc, looks.clone());
        let (waited, told) = task.wait(&server.client(), &arguments).await;
        let error = waited.unwrap_err();
        assert!(error.is_failed(), "{}: {error}", doc.id);
        assert_eq!(error.state().unwrap().id, "task_1");
        assert_eq!(
            error.to_string(),
            "wait failed: task task_1: failed (Something)"
        );
        assert_eq!(told, ["pending", "running", "failed"], "{}", doc.id);

        let server = self::server(doc, looks);
        let seen = task.states(&server.client(), &arguments).await;
        assert_eq!(
            seen,
            [
                "pending",
                "running",
                "wait failed: task task_1: failed (Something)"
            ],
            "{}",
            doc.id
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn to_the_end_of_the_time() {
    for_each_task(async |task, doc| {
        let arguments = minimal::arguments(doc);
        let server = server(doc, Looks(&["running"]));
        let begun = Instant::now();
        let (waited, _) = task.wait(&server.client(), &arguments).await;
        let error = waited.unwrap_err();
        assert!(error.is_timed_out(), "{}: {error}", doc.id);
        assert_eq!(error.state().unwrap().status.as_ref().unwrap(), "running");
        assert_eq!(begun.elapsed(), Duration::from_secs(60), "{}", doc.id);
        let times = times(&server);
        assert_eq!(times.last(), Some(&60), "{}: one last look", doc.id);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn to_an_error_that_does_not_pass() {
    for_each_task(async |task, doc| {
        let arguments = minimal::arguments(doc);
        let server = server(doc, Looks(&["running", "404"]));
        let (waited, _) = task.wait(&server.client(), &arguments).await;
        let error = waited.unwrap_err();
        assert!(error.is_polling(), "{}: {error}", doc.id);
        assert!(error.error().unwrap().is_not_found(), "{}", doc.id);
        assert_eq!(error.state().unwrap().status.as_ref().unwrap(), "running");
        assert_eq!(server.seen().len(), 3, "{}", doc.id);
    })
    .await;
}

/// An operation that moves its object to the trash.
trait AnyTrash {
    fn info(&self) -> &'static OperationInfo;

    /// Deletes, and then purges or restores, and waits for that.
    fn run<'a>(&self, client: &'a Client, arguments: &Value, purge: bool) -> Waiting<'a, ()>;
}

impl<O: TrashOperation + DeserializeOwned + 'static> AnyTrash for Entry<O> {
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn run<'a>(&self, client: &'a Client, arguments: &Value, purge: bool) -> Waiting<'a, ()> {
        let operation = O::deserialize(arguments).unwrap();
        Box::pin(async move {
            let trashed = client.call(operation).trash().await.unwrap();
            assert_eq!(trashed.id, "trsh_1");
            if purge {
                let task = trashed.purge().wait().await.unwrap();
                assert_eq!(task.status.as_ref().unwrap(), "completed");
            } else {
                let restored = trashed.restore().wait().await.unwrap();
                assert!(restored.state().is_none());
            }
            assert!(trashed.wait_until_gone().await.unwrap().is_none());
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_purged_or_restored() {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData)) as Box<dyn AnyTrash>),*]
        };
    }
    let all = katapult_gen::for_each_trash!(entries);
    let documents = Spec::embedded().unwrap();
    for trash in &all {
        let doc = documents.operation(spec_api(trash.info().api), trash.info().id);
        let doc = doc.unwrap();
        for purge in [true, false] {
            let field = doc.trash.as_ref().unwrap();
            let object = json!({ "id": "trsh_1", "keep_until": 1, "object_id": "x_1" });
            let mut response = minimal::response(doc);
            response[field] = object.clone();
            let path = format!("/core/v1{}", doc.path);
            let server = Script::new(move |request| {
                let looks = request.earlier(|earlier| earlier.method == "GET");
                match (request.method.as_str(), request.url.path()) {
                    ("DELETE", "/core/v1/trash_objects/trash_object") => {
                        Answer::json(&json!({ "task": { "id": "task_1" } }))
                    }
                    ("POST", "/core/v1/trash_objects/trash_object/restore")
                    | ("GET", "/core/v1/trash_objects/trash_object")
                        if looks < 2 =>
                    {
                        Answer::json(&json!({ "trash_object": object }))
                    }
                    ("GET", "/core/v1/trash_objects/trash_object") => status(404),
                    ("GET", "/core/v1/tasks/task") => {
                        let state = if looks < 2 { "running" } else { "completed" };
                        Answer::json(&json!({ "task": { "id": "task_1", "status": state } }))
                    }
                    ("DELETE", at) if at == path => Answer::json(&response),
                    other => panic!("{other:?}"),
                }
            });
            let arguments = minimal::arguments(doc);
            trash.run(&server.client(), &arguments, purge).await;
        }
    }
    let documented = documents.operations();
    let documented = documented.filter(|operation| operation.trash.is_some());
    assert_eq!((all.len(), documented.count()), (TRASH, TRASH));
}
