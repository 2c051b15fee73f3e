//! Tasks.
use super::types::*;
use crate::{Api, Call, Client, Operation, Transport};
/// Tasks.
#[derive(Clone)]
pub struct Tasks<T> {
    transport: T,
}
impl<T: Transport> Client<T> {
    /// Tasks.
    pub fn tasks(&self) -> Tasks<T> {
        Tasks { transport: self.transport.clone() }
    }
}
impl<T: Transport> Tasks<T> {
    /// Gets a task.
    pub fn get(&self, task: impl Into<TaskLookup>) -> Call<T, Get> {
        Call::new(self.transport.clone(), Get { task: task.into() })
    }
}
/// Gets a task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Get {
    /// Which.
    pub task: TaskLookup,
}
/// Reply.
#[derive(Clone, Debug, serde::Deserialize)]
#[non_exhaustive]
pub struct GetReply {
    /// t
    pub task: Task,
}
impl std::ops::Deref for GetReply {
    type Target = Task;
    fn deref(&self) -> &Task {
        &self.task
    }
}
impl Operation for Get {
    type Reply = GetReply;
    const ID: &'static str = "tasks.get";
    const TITLE: &'static str = "get task";
    const METHOD: http::Method = http::Method::GET;
    const PATH: &'static str = "/tasks/task";
    const API: Api = Api::Core;
    const SCOPES: &'static [&'static str] = &["tasks:read"];
    const ERROR_CODES: &'static [(u16, &'static [&'static str])] = &[(404, &["task_not_found"])];
    const IDEMPOTENT: bool = true;
    fn request(&self, http: &reqwest::Client, base_url: &str) -> Result<reqwest::Request, reqwest::Error> {
        let url = format!("{base_url}/tasks/task");
        http.get(url).query(&crate::query::QueryParam::new("task", &self.task)).build()
    }
    fn decode(body: &[u8]) -> Result<GetReply, serde_json::Error> {
        crate::operation::decode_json(body)
    }
}
