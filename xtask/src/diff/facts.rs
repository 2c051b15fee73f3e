//! Facts of a document that change no generated item, but that users depend on: addresses, statuses of success,
//! deprecations and default values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::naming::case::snake;
use crate::naming::reserved::identifier;

/// The facts of the documents of one side of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The addresses of each API, by its title.
    pub(crate) servers: BTreeMap<String, Vec<String>>,
    /// The statuses of success of each operation besides its usual one.
    pub(crate) statuses: BTreeMap<String, BTreeSet<u64>>,
    /// The names of deprecated operations, inputs and fields.
    pub(crate) deprecated: BTreeSet<String>,
    /// The default values of inputs and fields.
    pub(crate) defaults: BTreeMap<String, Value>,
}

impl Facts {
    /// Adds the facts of a canonical document.
    pub(crate) fn add(&mut self, document: &Value) {
        let urls = items(&document["servers"]).filter_map(|server| server["url"].as_str());
        let title = document["info"]["title"].as_str().unwrap_or("API");
        let urls = urls.map(str::to_owned).collect();
        self.servers.insert(title.to_owned(), urls);
        let operations = fields(&document["paths"]).flat_map(|(_, item)| fields(item));
        for (_, operation) in operations {
            self.operation(operation);
        }
        for (name, schema) in fields(&document["components"]["schemas"]) {
            // Several schemas can be one type, with different fields.
            let name = schema["x-katapult-type"].as_str().unwrap_or(name);
            self.schema(&format!("types::{name}"), schema);
        }
    }

    fn operation(&mut self, operation: &Value) {
        let metadata = &operation["x-katapult"];
        let [resource, action] =
            ["resource", "action"].map(|key| metadata[key].as_str().unwrap_or_default());
        let (resource, action) = (identifier(resource), identifier(&snake(action)));
        let name = format!("{resource}().{action}(…)");
        if operation["deprecated"] == true {
            self.deprecated.insert(name.clone());
        }
        let statuses = items(&metadata["other_statuses"]).filter_map(Value::as_u64);
        self.statuses.insert(name.clone(), statuses.collect());
        for parameter in items(&operation["parameters"]) {
            let input = identifier(parameter["name"].as_str().unwrap_or_default());
            let input = format!("{name}.{input}");
            if parameter["deprecated"] == true {
                self.deprecated.insert(input.clone());
            }
            self.value(input, &parameter["schema"]);
        }
        for (input, default) in fields(&metadata["defaults"]) {
            let input = format!("{name}.{}", identifier(input));
            self.defaults.insert(input, default.clone());
        }
        self.schema(
            &name,
            &operation["requestBody"]["content"]["application/json"]["schema"],
        );
    }

    fn schema(&mut self, name: &str, schema: &Value) {
        if schema["deprecated"] == true {
            self.deprecated.insert(name.to_owned());
        }
        for (field, schema) in fields(&schema["properties"]) {
            self.value(format!("{name}.{}", identifier(field)), schema);
        }
    }

    fn value(&mut self, name: String, schema: &Value) {
        if let Some(default) = schema.get("default") {
            self.defaults.insert(name.clone(), default.clone());
        }
        if schema["deprecated"] == true {
            self.deprecated.insert(name);
        }
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
