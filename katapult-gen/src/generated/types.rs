//! Types.
use serde::{Deserialize, Serialize};
/// Where in a list a reply stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pagination {
    /// c
    pub current_page: Option<i64>,
    /// t
    pub total_pages: Option<i64>,
    /// t
    pub total: Option<i64>,
    /// p
    pub per_page: Option<i64>,
    /// l
    pub large_set: Option<bool>,
}
open_enum! {
    /// Task status.
    pub enum TaskStatus { Pending = "pending", Running = "running", Completed = "completed", Failed = "failed", }
}
/// A task.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Task {
    /// i
    pub id: String,
    /// n
    pub name: Option<String>,
    /// s
    pub status: Option<TaskStatus>,
}
/// A trash object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrashObject {
    /// i
    pub id: String,
    /// k
    pub keep_until: Option<i64>,
    /// o
    pub object_id: Option<String>,
    /// o
    pub object_type: Option<String>,
}
/// A machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VirtualMachine {
    /// i
    pub id: String,
    /// f
    pub fqdn: Option<String>,
}
lookup! {
    /// Names a machine.
    pub enum VirtualMachineLookup { Id = id, Fqdn = fqdn, }
}
lookup! {
    /// Names a task.
    pub enum TaskLookup { Id = id, }
}
