//! The objects that a recording presupposes: those that it reads before it creates them, and those that
//! the API does not create.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use katapult_openapi::{Schema, Spec};
use katapult_sandbox::query::nest_pairs;

use super::id_map::is_id;
use crate::replay::recording::Exchange;

/// Types whose objects the API does not create for callers.
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
/// Elements of a build specification that name objects, with their types.
const SPEC_ELEMENTS: &[(&str, &str)] = &[
    ("<DataCenter by=\"permalink\">", "DataCenter"),
    ("<Package by=\"permalink\">", "VirtualMachinePackage"),
    ("<DiskTemplate by=\"permalink\">", "DiskTemplate"),
    ("<SpeedProfile by=\"permalink\">", "NetworkSpeedProfile"),
    ("<Network by=\"permalink\">", "Network"),
];

/// The objects of a recording.
#[derive(Default)]
struct Collector {
    /// Type and fields by id.
    objects: BTreeMap<String, (String, Map<String, Value>)>,
    /// The ids of objects that must exist at the start.
    initial: HashSet<String>,
    /// The ids in the order in which they first occur.
    order: Vec<String>,
}

/// Returns the objects that a recording presupposes, in the format of an initial state.
pub(super) fn objects(spec: &Spec, recording: &[Exchange]) -> Vec<Value> {
    let mut found = Collector::default();
    for exchange in recording {
        let target = exchange.target();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(route) = spec.route(&exchange.method, path) else {
            continue;
        };
        collect_names(&mut found, &exchange.request_body, query);
        let Some(schema) = route.operation.response().filter(|_| exchange.status < 300) else {
            continue;
        };
        let body: Value = serde_json::from_str(&exchange.response_body).unwrap_or_default();
        let lists = exchange.method == "GET" && target.starts_with("/core/v1/organizations/");
        let request = format!("{target} {}", exchange.request_body);
        found.walk(schema, &body, &|kind, id| {
            request.contains(id) || exchange.method == "GET" && (lists || kind == "Tag")
        });
    }
    complete(&mut found);
    let Collector {
        mut objects,
        initial,
        order,
    } = found;
    let kept = order
        .iter()
        .filter(|id| initial.contains(*id))
        .filter_map(|id| {
            let (kind, mut fields) = objects.remove(id)?;
            fields.insert("type".into(), json!(kind));
            fields.insert("id".into(), json!(id));
            Some(Value::Object(fields))
        });
    kept.collect()
}

impl Collector {
    fn insert(&mut self, kind: &str, id: &str, fields: Map<String, Value>, initial: bool) {
        let is_new = !self.objects.contains_key(id);
        if is_new {
            self.order.push(id.to_owned());
            if initial || CATALOG.contains(&kind) {
                self.initial.insert(id.to_owned());
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

    /// Collects the objects of a response and returns the value with ids in their place.
    fn walk(
        &mut self,
        schema: Schema<'_>,
        value: &Value,
        initial: &dyn Fn(&str, &str) -> bool,
    ) -> Value {
        match value {
            Value::Array(items) => match schema.items() {
                Some(schema) => items
                    .iter()
                    .map(|item| self.walk(schema, item, initial))
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
                        self.walk(schema, value, initial)
                    });
                }
                let mut kept = Map::new();
                for (name, value) in fields {
                    let inner = match schema.property(name) {
                        Some(_) if name == "subnet" => self.subnet(fields, value),
                        Some(schema) => self.walk(schema, value, initial),
                        None => value.clone(),
                    };
                    kept.insert(name.clone(), inner);
                }
                let id = kept
                    .get("id")
                    .and_then(Value::as_str)
                    .filter(|id| is_id(id))
                    .map(str::to_owned);
                match (schema.type_name(), id) {
                    (Some(kind), Some(id)) => {
                        let initial = initial(kind, &id);
                        self.insert(kind, &id, stored_fields(kind, kept), initial);
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
        self.insert("Subnet", id, fields, true);
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
        // In the form of an id, or it would not be translated.
        let id = format!("invented_{:0>16}", self.order.len());
        self.insert(
            kind,
            &id,
            fields.as_object().cloned().unwrap_or_default(),
            true,
        );
        id
    }
}

/// Returns an object's fields as the sandbox stores them.
fn stored_fields(kind: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
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

/// Notes the objects that a request names by other fields than the id.
fn collect_names(found: &mut Collector, body: &str, query: &str) {
    let text = body
        .replace("\\u003c", "<")
        .replace("\\u003e", ">")
        .replace("\\\"", "\"");
    for (tag, kind) in SPEC_ELEMENTS {
        for part in text.split(tag).skip(1) {
            let name = part.split('<').next().unwrap_or_default();
            found.invent_later(kind, "permalink", name);
        }
    }
    let mut arguments =
        nest_pairs(url::form_urlencoded::parse(query.as_bytes())).unwrap_or_default();
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

impl Collector {
    /// Notes a name, for which an object is invented at the end unless a response has one.
    fn invent_later(&mut self, kind: &str, field: &str, value: &str) {
        let id = format!("?{kind} {field} {value}");
        let note = [("kind", kind), ("field", field), ("value", value)];
        let note = note.map(|(name, text)| (name.to_owned(), json!(text)));
        let note = || (String::new(), Map::from_iter(note));
        self.objects.entry(id).or_insert_with(note);
    }
}

/// Adds the objects that others need: a zone of each data center, a subnet of each network, …
fn complete(found: &mut Collector) {
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
