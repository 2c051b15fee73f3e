//! What a recording presumes: objects that it reads before it makes them, and what nobody can make.

use std::collections::{BTreeMap, HashSet};

use katapult_openapi::{Schema, Spec};
use serde_json::{Map, Value, json};

use super::names::is_name;
use super::{Exchange, target};
use crate::query::nest;

/// Types of which the API makes no object for a caller.
const CATALOG: &[&str] = &[
    "Country",
    "CountryState",
    "Currency",
    "DataCenter",
    "DiskIoProfile",
    "DiskTemplate",
    "DiskTemplateVersion",
    "GpuType",
    "Network",
    "NetworkSpeedProfile",
    "OperatingSystem",
    "Organization",
    "Subnet",
    "VirtualMachinePackage",
    "VirtualMachinePackageGroup",
    "Zone",
];
/// What a specification names, and of which type it is.
const NAMED: &[(&str, &str)] = &[
    ("<DataCenter by=\"permalink\">", "DataCenter"),
    ("<Package by=\"permalink\">", "VirtualMachinePackage"),
    ("<DiskTemplate by=\"permalink\">", "DiskTemplate"),
    ("<SpeedProfile by=\"permalink\">", "NetworkSpeedProfile"),
    ("<Network by=\"permalink\">", "Network"),
];

#[derive(Default)]
struct Found {
    objects: BTreeMap<String, (String, Map<String, Value>)>,
    presumed: HashSet<String>,
    order: Vec<String>,
}

/// The objects that a recording presumes, as a world's file has them.
pub(super) fn world(spec: &Spec, recording: &[Exchange]) -> Vec<Value> {
    let mut found = Found::default();
    for exchange in recording {
        let target = target(&exchange.url);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(route) = spec.route(&exchange.method, path) else {
            continue;
        };
        let operation = route.operation;
        named_in(&mut found, &exchange.request_body, query);
        let Some(response) = operation.response().filter(|_| exchange.status < 300) else {
            continue;
        };
        let body: Value = serde_json::from_str(&exchange.response_body).unwrap_or_default();
        let lists = exchange.method == "GET" && path.starts_with("/core/v1/organizations/");
        let asked = format!("{target} {}", exchange.request_body);
        found.walk(response, &body, &|kind, id| {
            asked.contains(id) || exchange.method == "GET" && (lists || kind == "Tag")
        });
    }
    complete(&mut found);
    let Found {
        mut objects,
        presumed,
        order,
    } = found;
    let kept = order
        .iter()
        .filter(|id| presumed.contains(*id))
        .filter_map(|id| {
            let (kind, mut fields) = objects.remove(id)?;
            fields.insert("type".into(), json!(kind));
            fields.insert("id".into(), json!(id));
            Some(Value::Object(fields))
        });
    kept.collect()
}

impl Found {
    fn put(&mut self, kind: &str, id: &str, fields: Map<String, Value>, presumed: bool) {
        let is_new = !self.objects.contains_key(id);
        if is_new {
            self.order.push(id.to_owned());
            if presumed || CATALOG.contains(&kind) {
                self.presumed.insert(id.to_owned());
            }
        }
        let (_, kept) = self
            .objects
            .entry(id.to_owned())
            .or_insert_with(|| (kind.to_owned(), Map::new()));
        for (name, value) in fields {
            if is_new || kept.get(&name).is_none_or(Value::is_null) || CATALOG.contains(&kind) {
                kept.insert(name, value);
            }
        }
    }

    /// Takes the objects out of a reply; what is left names them.
    fn walk(
        &mut self,
        schema: Schema<'_>,
        value: &Value,
        presumed: &dyn Fn(&str, &str) -> bool,
    ) -> Value {
        match value {
            Value::Array(items) => match schema.items() {
                Some(schema) => items
                    .iter()
                    .map(|item| self.walk(schema, item, presumed))
                    .collect(),
                None => value.clone(),
            },
            Value::Object(fields) => {
                if schema.is_tagged_union() {
                    let kind = fields
                        .get("type")
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    let inner = schema.variant(kind).zip(fields.get("value"));
                    return inner.map_or(Value::Null, |(schema, value)| {
                        self.walk(schema, value, presumed)
                    });
                }
                let mut kept = Map::new();
                for (name, value) in fields {
                    let inner = match schema.property(name) {
                        Some(_) if name == "subnet" => self.subnet(fields, value),
                        Some(schema) => self.walk(schema, value, presumed),
                        None => value.clone(),
                    };
                    kept.insert(name.clone(), inner);
                }
                let id = kept
                    .get("id")
                    .and_then(Value::as_str)
                    .filter(|id| is_name(id))
                    .map(str::to_owned);
                match (schema.type_name(), id) {
                    (Some(kind), Some(id)) => {
                        let presumed = presumed(kind, &id);
                        self.put(kind, &id, links(kind, kept), presumed);
                        json!(id)
                    }
                    _ => Value::Object(kept),
                }
            }
            other => other.clone(),
        }
    }

    fn subnet(&mut self, address: &Map<String, Value>, value: &Value) -> Value {
        let Some(id) = value.get("id").and_then(Value::as_str) else {
            return Value::Null;
        };
        let mut fields = value.as_object().cloned().unwrap_or_default();
        fields.insert(
            "network".into(),
            address
                .get("network")
                .and_then(|network| network.get("id"))
                .cloned()
                .unwrap_or_default(),
        );
        self.put("Subnet", id, fields, true);
        json!(id)
    }

    fn has(&self, kind: &str, field: &str, value: &str) -> bool {
        self.objects.values().any(|(known, fields)| {
            known == kind && fields.get(field).and_then(Value::as_str) == Some(value)
        })
    }

    fn ids(&self, kind: &str) -> Vec<String> {
        let found = self.order.iter().filter(|id| {
            self.objects
                .get(*id)
                .is_some_and(|(known, _)| known == kind)
        });
        found.cloned().collect()
    }

    fn invent(&mut self, kind: &str, fields: Value) -> String {
        let id = format!("{}_{:0>16}", crate::prefix::of(kind), self.order.len());
        self.put(
            kind,
            &id,
            fields.as_object().cloned().unwrap_or_default(),
            true,
        );
        id
    }
}

/// A reply's fields as the world keeps them.
fn links(kind: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    if kind == "IpAddress" {
        let allocation = fields.remove("allocation_id").unwrap_or_default();
        fields.remove("allocation_type");
        fields.insert("allocation".into(), allocation);
    }
    if kind == "LoadBalancer" {
        fields.remove("resources");
    }
    fields.remove("ip_addresses");
    fields
}

/// Objects that requests name by other things than their ids, and that no reply shows.
fn named_in(found: &mut Found, body: &str, query: &str) {
    let text = body
        .replace("\\u003c", "<")
        .replace("\\u003e", ">")
        .replace("\\\"", "\"");
    for (tag, kind) in NAMED {
        for part in text.split(tag).skip(1) {
            let name = part.split('<').next().unwrap_or_default();
            found.invent_later(kind, "permalink", name);
        }
    }
    let mut arguments = nest(query).unwrap_or_default();
    if let Ok(Value::Object(body)) = serde_json::from_str(body) {
        arguments.extend(body);
    }
    for (argument, kind) in [
        ("organization", "Organization"),
        ("virtual_machine_package", "VirtualMachinePackage"),
        ("data_center", "DataCenter"),
        ("network", "Network"),
        ("speed_profile", "NetworkSpeedProfile"),
    ] {
        let lookup = arguments.get(argument).and_then(Value::as_object);
        let named = lookup
            .into_iter()
            .flatten()
            .find(|(field, _)| *field != "id");
        if let Some((field, Value::String(value))) = named {
            found.invent_later(kind, field, value);
        }
    }
}

impl Found {
    /// Notes a name; at the end an object is invented for it if no reply showed one.
    fn invent_later(&mut self, kind: &str, field: &str, value: &str) {
        let id = format!("?{kind} {field} {value}");
        let note = [("kind", kind), ("field", field), ("value", value)];
        let note = note.map(|(name, text)| (name.to_owned(), json!(text)));
        let note = || (String::new(), Map::from_iter(note));
        self.objects.entry(id).or_insert_with(note);
    }
}

/// Adds what everything needs: a zone of each data center, a subnet of each network, and so on.
fn complete(found: &mut Found) {
    let notes: Vec<_> = found
        .objects
        .iter()
        .filter(|(id, _)| id.starts_with('?'))
        .map(|(id, (_, fields))| (id.clone(), fields.clone()))
        .collect();
    for (id, note) in notes {
        found.objects.remove(&id);
        let text = |name: &str| note.get(name).and_then(Value::as_str).unwrap_or_default();
        if !found.has(text("kind"), text("field"), text("value")) {
            let mut fields = json!({"name": text("value"), "memory_in_gb": 1, "cpu_cores": 1, "storage_in_gb": 10, "infrastructure_domain": format!("{}.katapult.example", text("value"))});
            fields[text("field")] = json!(text("value"));
            found.invent(text("kind"), fields);
        }
    }
    let country = found.ids("Country").first().cloned();
    for center in found.ids("DataCenter") {
        if let (Some((_, fields)), Some(country)) = (found.objects.get_mut(&center), &country) {
            fields.entry("country").or_insert(json!(country));
        }
        if !found.has("Zone", "data_center", &center) {
            found.invent(
                "Zone",
                json!({"name": "Zone", "permalink": "zone", "data_center": center}),
            );
        }
        if !found.has("Network", "data_center", &center) {
            found.invent("Network", json!({"name": "Public Network", "permalink": "public", "default": true, "data_center": center}));
        }
    }
    for network in found.ids("Network") {
        if let Some((_, fields)) = found.objects.get_mut(&network) {
            fields.entry("default").or_insert(json!(true));
        }
        if !found.has("Subnet", "network", &network) {
            found.invent("Subnet", json!({"network": network, "address": "10.9.0.0", "gateway": "10.9.0.1", "mask": 16, "version": 4, "billable": true}));
        }
    }
    if found.ids("DiskIoProfile").is_empty() {
        found.invent(
            "DiskIoProfile",
            json!({"name": "Fast", "permalink": "fast", "iops": 1000, "speed_in_mb": 100}),
        );
    }
    if found.ids("NetworkSpeedProfile").is_empty() {
        found.invent(
            "NetworkSpeedProfile",
            json!({"name": "Fast", "permalink": "fast"}),
        );
    }
    let system = found.ids("OperatingSystem").first().cloned();
    for template in found.ids("DiskTemplate") {
        let version = found.invent(
            "DiskTemplateVersion",
            json!({"number": 1, "stable": true, "disk_template": template}),
        );
        if let Some((_, fields)) = found.objects.get_mut(&template) {
            if fields.get("latest_version").is_none_or(Value::is_null) {
                fields.insert("latest_version".into(), json!(version));
            }
            fields.entry("operating_system").or_insert(json!(system));
        }
    }
}
