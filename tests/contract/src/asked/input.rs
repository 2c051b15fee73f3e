//! Valid arguments, with objects of a world for what they name.

use katapult_sandbox::World;
use serde_json::{Map, Value, json};

use crate::document::{Documents, OperationDoc};
use crate::schema::Schema;

/// Fields that are given though the document does not require them: without them the API refuses.
const WANTED: &[&str] = &[
    "address",
    "color",
    "content",
    "direction",
    "ip_address",
    "key",
    "name",
    "protocol",
    "size_in_gb",
    "type",
    "A",
];
/// What is given in the place of what a schema says: of which operation, where.
const GIVEN: &[(&str, &str, &str)] = &[
    ("disks.resize", "/body/size_in_gb", "40"),
    (
        "public.estimate_price",
        "/body/resources",
        r#"[{"resource": "pebble-3", "quantity": 2}]"#,
    ),
    (
        "virtual_machines.set_flexible_resources",
        "/body/resources",
        r#"{"cpu_cores": 8, "memory_in_gb": 32}"#,
    ),
    (
        "virtual_machines.set_package",
        "/body/virtual_machine_package",
        r#"{"permalink": "stone-6"}"#,
    ),
    (
        "virtual_machine_builds.create",
        "/body/zone",
        r#"{"permalink": "north-1-a"}"#,
    ),
    (
        "virtual_machine_network_interfaces.create",
        "/body/network",
        r#"{"permalink": "north-1-public"}"#,
    ),
    (
        "virtual_machine_network_interfaces.update_speed_profile",
        "/body/speed_profile",
        r#"{"permalink": "10gbps"}"#,
    ),
];
/// A build's specification.
const SPECIFICATION: &str = "<VirtualMachineSpec><Zone by=\"permalink\">north-1-a</Zone>\
    <Resources><Package by=\"permalink\">pebble-1</Package></Resources></VirtualMachineSpec>";

/// Objects of a world, by which lookups are filled.
#[derive(Clone, Copy, Debug)]
pub struct Objects<'a> {
    world: &'a World,
    /// How many there were at the start: what was made since is taken first.
    first: usize,
}

impl<'a> Objects<'a> {
    /// The objects of a world that began with so many.
    pub fn new(world: &'a World, first: usize) -> Self {
        Self { world, first }
    }

    /// A lookup of an object of a type: the newest of those that were made, else the oldest.
    fn lookup(&self, kind: &str, keys: &[Value]) -> Option<Value> {
        let made = self.world.objects().skip(self.first);
        let made = made.filter(|object| object.kind == kind && object.trash.is_none());
        let there = || {
            self.world
                .of_kind(kind)
                .find(|object| object.trash.is_none())
        };
        let object = made.last().or_else(there)?;
        let mut keys: Vec<_> = keys.iter().filter_map(Value::as_str).collect();
        keys.sort_by_key(|key| *key != "id");
        let key = keys.into_iter().find(|key| !object.text(key).is_empty())?;
        Some(json!({ key: object.text(key) }))
    }
}

/// Valid arguments of an operation, in its JSON form; what names an object that is not there names
/// nobody.
pub fn arguments(documents: &Documents, operation: &OperationDoc, objects: Objects<'_>) -> Value {
    let mut inventor = Inventor { operation, objects };
    let mut arguments = Map::new();
    for parameter in operation.parameters.iter().filter(|given| given.required) {
        if let Some(schema) = documents.parameter(operation, &parameter.name) {
            let value = inventor.value(schema, &parameter.name);
            arguments.insert(parameter.name.clone(), value);
        }
    }
    if let Some(body) = documents.body(operation) {
        arguments.insert("body".into(), inventor.value(body, ""));
    }
    let mut arguments = Value::Object(arguments);
    for (_, place, value) in GIVEN.iter().filter(|(id, _, _)| *id == operation.id) {
        let (parent, name) = place.rsplit_once('/').unwrap_or(("", place));
        if let Some(parent) = arguments.pointer_mut(parent) {
            parent[name] = serde_json::from_str(value).unwrap_or_default();
        }
    }
    arguments
}

struct Inventor<'a> {
    operation: &'a OperationDoc,
    objects: Objects<'a>,
}

impl Inventor<'_> {
    fn value(&mut self, schema: Schema<'_>, name: &str) -> Value {
        if let Some(kind) = schema.looks_up() {
            let keys = schema.lookup_keys();
            let nobody = || json!({ keys[0].as_str().unwrap_or("id"): "nobody" });
            return self.objects.lookup(kind, keys).unwrap_or_else(nobody);
        }
        if let Some(first) = schema.values().first() {
            return first.clone();
        }
        match schema.kind() {
            Some("object") => self.object(schema),
            Some("array") => json!([]),
            Some("integer" | "number") => json!(1),
            Some("boolean") => json!(false),
            _ => json!(self.text(name)),
        }
    }

    fn object(&mut self, schema: Schema<'_>) -> Value {
        let required: Vec<_> = schema.required().collect();
        let fields = schema.properties();
        let fields = fields.filter(|(name, _)| required.contains(name) || WANTED.contains(name));
        let fields = fields.map(|(name, schema)| (name.to_owned(), self.value(schema, name)));
        Value::Object(fields.collect())
    }

    fn text(&self, name: &str) -> String {
        match name {
            "address" | "ip_address" => "192.0.2.77".into(),
            "xml" => SPECIFICATION.into(),
            "timestamp" | "date" => "2026-01-01".into(),
            _ => format!("sample-{}", self.operation.id.replace(['.', '_'], "-")),
        }
    }
}
