//! Virtual machines.
use super::types::*;
use crate::{Api, Call, Client, Operation, TaskOperation, Transport};
/// Virtual machines.
#[derive(Clone)]
pub struct VirtualMachines<T> {
    transport: T,
}
impl<T: Transport> Client<T> {
    /// Virtual machines.
    pub fn virtual_machines(&self) -> VirtualMachines<T> {
        VirtualMachines { transport: self.transport.clone() }
    }
}
impl<T: Transport> VirtualMachines<T> {
    /// Gets.
    pub fn get(&self, virtual_machine: impl Into<VirtualMachineLookup>) -> Call<T, Get> {
        Call::new(self.transport.clone(), Get { virtual_machine: virtual_machine.into() })
    }
    /// Shuts down.
    pub fn shutdown(&self, virtual_machine: impl Into<VirtualMachineLookup>) -> Call<T, Shutdown> {
        Call::new(self.transport.clone(), Shutdown { body: ShutdownBody { virtual_machine: virtual_machine.into() } })
    }
}
/// Gets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Get {
    /// Which.
    pub virtual_machine: VirtualMachineLookup,
}
/// Reply.
#[derive(Clone, Debug, serde::Deserialize)]
#[non_exhaustive]
pub struct GetReply {
    /// v
    pub virtual_machine: VirtualMachine,
}
impl std::ops::Deref for GetReply {
    type Target = VirtualMachine;
    fn deref(&self) -> &VirtualMachine {
        &self.virtual_machine
    }
}
impl Operation for Get {
    type Reply = GetReply;
    const ID: &'static str = "virtual_machines.get";
    const TITLE: &'static str = "get virtual machine";
    const METHOD: http::Method = http::Method::GET;
    const PATH: &'static str = "/virtual_machines/virtual_machine";
    const API: Api = Api::Core;
    const SCOPES: &'static [&'static str] = &["virtual_machines", "virtual_machines:read"];
    const ERROR_CODES: &'static [(u16, &'static [&'static str])] = &[(404, &["virtual_machine_not_found"])];
    const IDEMPOTENT: bool = true;
    fn request(&self, http: &reqwest::Client, base_url: &str) -> Result<reqwest::Request, reqwest::Error> {
        let url = format!("{base_url}/virtual_machines/virtual_machine");
        http.get(url).query(&crate::query::QueryParam::new("virtual_machine", &self.virtual_machine)).build()
    }
    fn decode(body: &[u8]) -> Result<GetReply, serde_json::Error> {
        crate::operation::decode_json(body)
    }
}
/// Shuts down.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shutdown {
    /// b
    pub body: ShutdownBody,
}
/// Body.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ShutdownBody {
    /// v
    pub virtual_machine: VirtualMachineLookup,
}
/// Reply.
#[derive(Clone, Debug, serde::Deserialize)]
#[non_exhaustive]
pub struct ShutdownReply {
    /// t
    pub task: Task,
}
impl std::ops::Deref for ShutdownReply {
    type Target = Task;
    fn deref(&self) -> &Task {
        &self.task
    }
}
impl Operation for Shutdown {
    type Reply = ShutdownReply;
    const ID: &'static str = "virtual_machines.shutdown";
    const TITLE: &'static str = "shutdown virtual machine";
    const METHOD: http::Method = http::Method::POST;
    const PATH: &'static str = "/virtual_machines/virtual_machine/shutdown";
    const API: Api = Api::Core;
    const SCOPES: &'static [&'static str] = &["virtual_machines", "virtual_machines:power_actions"];
    const ERROR_CODES: &'static [(u16, &'static [&'static str])] = &[(404, &["virtual_machine_not_found"])];
    const IDEMPOTENT: bool = false;
    fn request(&self, http: &reqwest::Client, base_url: &str) -> Result<reqwest::Request, reqwest::Error> {
        let url = format!("{base_url}/virtual_machines/virtual_machine/shutdown");
        http.post(url).json(&self.body).build()
    }
    fn decode(body: &[u8]) -> Result<ShutdownReply, serde_json::Error> {
        crate::operation::decode_json(body)
    }
}
impl TaskOperation for Shutdown {
    fn task(reply: &ShutdownReply) -> &Task {
        &reply.task
    }
}
