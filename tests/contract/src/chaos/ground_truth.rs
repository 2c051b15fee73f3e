//! The ground truth of a run: the sandbox's final state, and its log of requests.

use std::collections::{HashMap, HashSet};

use katapult_sandbox::Sandbox;
use serde_json::Value;

/// The sandbox's final state and what it executed.
#[derive(Clone, Debug, Default)]
pub struct GroundTruth {
    /// The name of each existing list, by id, and the notes of each rule, by the id of its security group.
    pub(super) names: HashMap<String, String>,
    /// The number of lists created with each name, and of rules with each note.
    pub(super) created: HashMap<String, u32>,
    /// Every id with each name that an update gave it.
    pub(super) renamed: HashSet<(String, String)>,
    /// The number of requests that the server received.
    pub(super) requests: u32,
    /// The number of requests that were executed after their responses were lost.
    pub(super) late: u32,
}

impl GroundTruth {
    /// Reads the state and the log of a sandbox.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut truth = Self::default();
        sandbox.world(|world| {
            let lists = world.by_kind("AddressList");
            let named = lists.map(|list| (list.id.clone(), list.text("name").to_owned()));
            truth.names.extend(named);
            let rules = world.by_kind("SecurityGroupRule");
            let noted = rules.map(|rule| {
                let group = rule.text("security_group").to_owned();
                (group, rule.text("notes").to_owned())
            });
            truth.names.extend(noted);
        });
        for request in sandbox.requests() {
            // A late execution has an entry of its own, after that of its request.
            match request.faults.iter().any(|fault| fault == "executed_late") {
                true => truth.late += 1,
                false => truth.requests += 1,
            }
            let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
            let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
            let name = text("/properties/name").unwrap_or_default().to_owned();
            match request.operation.as_deref() {
                // Only executed requests count; injected faults may have prevented the others.
                Some("address_lists.create") if request.executed => {
                    *truth.created.entry(name).or_default() += 1;
                }
                Some("security_group_rules.create") if request.executed => {
                    let notes = text("/properties/notes").unwrap_or_default().to_owned();
                    *truth.created.entry(notes).or_default() += 1;
                }
                Some("address_lists.update") if request.executed => {
                    let id = text("/address_list/id").unwrap_or_default();
                    truth.renamed.insert((id.to_owned(), name));
                }
                _ => {}
            }
        }
        truth
    }

    /// Returns the name of a list that exists, or the notes of the rule in a security group.
    pub fn name(&self, id: &str) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// Returns how many lists, or rules, of this name were created.
    pub fn created(&self, name: &str) -> u32 {
        self.created.get(name).copied().unwrap_or_default()
    }

    /// Returns `true` if an update gave the list this name.
    pub fn was_renamed(&self, id: &str, name: &str) -> bool {
        self.renamed.contains(&(id.to_owned(), name.to_owned()))
    }
}
