//! Valid arguments, with objects of a world for what they name.

use katapult_openapi::{Operation, Schema, SchemaType};
use katapult_sandbox::{Object, World};
use serde_json::{Map, Value, json};

use crate::chance::Chance;

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

/// How often a field that need not be there is, when it is a matter of chance.
const OFTEN: usize = 4;
/// Numbers that some operation takes, and some that none does.
const NUMBERS: &[i64] = &[-1, 0, 1, 2, 5, 10, 20, 80, 443, 70_000, i64::MAX];

/// Which values are taken of those that are valid.
#[derive(Debug)]
pub enum Choice<'a> {
    /// The least, with the newest of the objects that were made after so many, else the oldest.
    Least(usize),
    /// By chance, and of the fields that need not be there some.
    Chance(&'a mut Chance),
}

/// Valid arguments of an operation, in its JSON form; what names an object that is not there names
/// nobody.
pub fn arguments(operation: &Operation, world: &World, choice: Choice<'_>) -> Value {
    let given = match choice {
        Choice::Least(_) => GIVEN,
        Choice::Chance(_) => &[],
    };
    let mut inventor = Inventor {
        operation,
        world,
        choice,
    };
    let mut arguments = Map::new();
    for parameter in &operation.parameters {
        if let Some(schema) = operation.parameter(&parameter.name)
            && (parameter.required || inventor.likes())
        {
            let value = inventor.value(schema, &parameter.name);
            arguments.insert(parameter.name.clone(), value);
        }
    }
    if let Some(body) = operation.request_body() {
        arguments.insert("body".into(), inventor.value(body, ""));
    }
    let mut arguments = Value::Object(arguments);
    for (_, place, value) in given.iter().filter(|(id, _, _)| *id == operation.id) {
        let (parent, name) = place.rsplit_once('/').unwrap_or(("", place));
        if let Some(parent) = arguments.pointer_mut(parent) {
            parent[name] = serde_json::from_str(value).unwrap_or_default();
        }
    }
    arguments
}

struct Inventor<'a, 'b> {
    operation: &'a Operation,
    world: &'a World,
    choice: Choice<'b>,
}

impl Inventor<'_, '_> {
    /// Whether a field is there that need not be.
    fn likes(&mut self) -> bool {
        match &mut self.choice {
            Choice::Least(_) => false,
            Choice::Chance(chance) => chance.once_in(OFTEN),
        }
    }

    fn value(&mut self, schema: Schema<'_>, name: &str) -> Value {
        if let Some(lookup) = schema.lookup()
            && let Some(kind) = lookup.target()
        {
            return self.lookup(kind, lookup.keys().collect());
        }
        let values = schema.enum_values();
        match (schema.schema_type(), &mut self.choice) {
            (_, Choice::Least(_)) if !values.is_empty() => values[0].clone(),
            (_, Choice::Chance(chance)) if !values.is_empty() => {
                chance.pick(values).cloned().unwrap_or_default()
            }
            (Some(SchemaType::Object), _) => self.object(schema),
            (Some(SchemaType::Array), Choice::Least(_)) => json!([]),
            (Some(SchemaType::Array), Choice::Chance(chance)) => {
                let length = chance.below(3);
                let items = schema.items();
                (0..length)
                    .filter_map(|_| Some(self.value(items?, name)))
                    .collect()
            }
            (Some(SchemaType::Integer | SchemaType::Number), Choice::Least(_)) => json!(1),
            (Some(SchemaType::Integer | SchemaType::Number), Choice::Chance(chance)) => {
                json!(chance.pick(NUMBERS))
            }
            (Some(SchemaType::Boolean), Choice::Least(_)) => json!(false),
            (Some(SchemaType::Boolean), Choice::Chance(chance)) => json!(chance.once_in(2)),
            _ => json!(self.text(name)),
        }
    }

    /// A lookup of an object of a type.
    fn lookup(&mut self, kind: &str, mut keys: Vec<&str>) -> Value {
        keys.sort_by_key(|key| *key != "id");
        let object = match &mut self.choice {
            Choice::Least(first) => {
                let there = |object: &&Object| object.trash.is_none();
                let made = self.world.objects().skip(*first);
                let made = made.filter(|object| object.kind == kind).filter(there);
                made.last().or_else(|| self.world.of_kind(kind).find(there))
            }
            // In the trash or not.
            Choice::Chance(chance) => {
                let index = chance.below(self.world.count(kind));
                self.world.of_kind(kind).nth(index)
            }
        };
        let named = object.and_then(|object| {
            let mut keys = keys.iter().filter(|key| !object.text(key).is_empty());
            keys.next().map(|key| json!({ *key: object.text(key) }))
        });
        let key = keys.first().copied().unwrap_or("id");
        named.unwrap_or_else(|| json!({ key: "nobody" }))
    }

    fn object(&mut self, schema: Schema<'_>) -> Value {
        let required: Vec<_> = schema.required().collect();
        let mut object = Map::new();
        for (name, schema) in schema.properties() {
            if required.contains(&name) || WANTED.contains(&name) || self.likes() {
                object.insert(name.to_owned(), self.value(schema, name));
            }
        }
        Value::Object(object)
    }

    fn text(&mut self, name: &str) -> String {
        let chance = match &mut self.choice {
            Choice::Least(_) => return self.least_text(name),
            Choice::Chance(chance) => chance,
        };
        // What holds ids of objects: of those that there are, of whatever type.
        let ids = [
            "resource_ids",
            "standby_vms",
            "associations",
            "certificate_ids",
        ];
        if ids.contains(&name) {
            let kinds = ["VirtualMachine", "VirtualMachineGroup", "Tag", "IpAddress"];
            let kind = chance.pick(&kinds).copied().unwrap_or_default();
            let index = chance.below(self.world.count(kind));
            let object = self.world.of_kind(kind).nth(index);
            return object.map_or_else(String::new, |object| object.id.clone());
        }
        let number = chance.below(60);
        match (name, number) {
            (_, 0) => String::new(),
            ("address" | "ip_address", _) => format!("192.0.2.{number}"),
            ("xml", 1..40) => SPECIFICATION.into(),
            ("name", _) if self.operation.id.starts_with("dns_zones") => {
                format!("zone-{number}.example")
            }
            _ => format!("{name}-{number}"),
        }
    }

    fn least_text(&self, name: &str) -> String {
        match name {
            "address" | "ip_address" => "192.0.2.77".into(),
            "xml" => SPECIFICATION.into(),
            "timestamp" | "date" => "2026-01-01".into(),
            _ => format!("sample-{}", self.operation.id.replace(['.', '_'], "-")),
        }
    }
}
