//! What is, and what was done: what the sandbox holds, and its log of what it was asked.

use std::collections::{HashMap, HashSet};

use katapult_sandbox::Sandbox;
use serde_json::Value;

/// What is, and what was done.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// The name of each list that is there, by its id.
    pub(super) names: HashMap<String, String>,
    /// How often a list of a name was made.
    pub(super) made: HashMap<String, u32>,
    /// Ids with names that they were given.
    pub(super) named: HashSet<(String, String)>,
    /// How many requests came.
    pub(super) requests: u32,
}

impl Truth {
    /// What a sandbox holds and logged.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut truth = Self::default();
        sandbox.world(|world| {
            let lists = world.by_kind("AddressList");
            let named = lists.map(|list| (list.id.clone(), list.text("name").to_owned()));
            truth.names.extend(named);
        });
        for asked in sandbox.requests() {
            truth.requests += 1;
            let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
            let name = text("/properties/name").unwrap_or_default().to_owned();
            match asked.operation.as_deref() {
                Some("address_lists.create") if asked.executed => {
                    *truth.made.entry(name).or_default() += 1;
                }
                Some("address_lists.update") if asked.executed => {
                    let id = text("/address_list/id").unwrap_or_default();
                    truth.named.insert((id.to_owned(), name));
                }
                _ => {}
            }
        }
        truth
    }

    /// The name of a list, if it is there.
    pub fn name(&self, id: &str) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// How often a list of that name was made.
    pub fn made(&self, name: &str) -> u32 {
        self.made.get(name).copied().unwrap_or_default()
    }

    /// Whether the list was ever given that name.
    pub fn was_named(&self, id: &str, name: &str) -> bool {
        self.named.contains(&(id.to_owned(), name.to_owned()))
    }
}
