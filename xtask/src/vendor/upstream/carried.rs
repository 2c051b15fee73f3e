//! Facts that the canonical document carries as they are: addresses, and the default values of arguments.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The facts of one upstream document.
#[derive(Debug)]
pub(crate) struct Carried {
    servers: Vec<Value>,
    /// The default values of an operation's arguments, by its path and its method.
    defaults: BTreeMap<(String, String), BTreeMap<String, Value>>,
}

impl Carried {
    /// Reads the facts of a document, whose paths are those of the canonical one after `canonical`.
    pub(super) fn of(document: &Value, canonical: fn(&str) -> String) -> Self {
        let urls = items(&document["servers"]).filter_map(|server| server["url"].as_str());
        let mut defaults = BTreeMap::new();
        for (path, item) in fields(&document["paths"]) {
            for (method, operation) in fields(item) {
                let mut of = BTreeMap::new();
                for parameter in items(&item["parameters"]).chain(items(&operation["parameters"])) {
                    let parameter = followed(document, parameter);
                    let schema = followed(document, &parameter["schema"]);
                    if let (Some(name), Some(default)) =
                        (parameter["name"].as_str(), schema.get("default"))
                    {
                        of.insert(name.to_owned(), default.clone());
                    }
                }
                let content = &followed(document, &operation["requestBody"])["content"];
                let body = followed(document, &content["application/json"]["schema"]);
                // The fields of `properties` are arguments like those beside it.
                let properties = followed(document, &body["properties"]["properties"]);
                for schema in [properties, body] {
                    for (name, field) in fields(&schema["properties"]) {
                        if let Some(default) = followed(document, field).get("default") {
                            of.insert(name.clone(), default.clone());
                        }
                    }
                }
                if !of.is_empty() {
                    defaults.insert((canonical(path), method.clone()), of);
                }
            }
        }
        Self {
            servers: urls.map(|url| json!({ "url": url })).collect(),
            defaults,
        }
    }

    /// Adds the facts to the canonical document.
    pub(crate) fn add_to(&self, canonical: &mut Value) {
        if !self.servers.is_empty() {
            canonical["servers"] = json!(self.servers);
        }
        for ((path, method), defaults) in &self.defaults {
            // Corrections can leave an operation out.
            let operation = canonical["paths"]
                .get_mut(path)
                .and_then(|item| item.get_mut(method));
            if let Some(operation) = operation {
                operation["x-katapult"]["defaults"] = json!(defaults);
            }
        }
    }
}

/// References that follow each other. Documents have one or two; more is a reference to itself.
const MAX_REFERENCES: usize = 8;

/// Returns what a value refers to, or the value itself.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut at = value;
    for _ in 0..MAX_REFERENCES {
        let reference = at["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix('#'));
        match reference.and_then(|pointer| document.pointer(pointer)) {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
