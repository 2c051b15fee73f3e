//! Valid arguments whose lookups name objects of a sandbox's world.

use fastrand::Rng;
use katapult_openapi::{Operation, SchemaType};
use katapult_sandbox::{Object, World};
use serde_json::{Value, json};

use super::generator::{Coverage, Generator, Source};

/// Optional fields that are always given: the API rejects requests without them.
const NEEDED: &[&str] = &[
    "address",
    "color",
    "content",
    "ip_address",
    "key",
    "name",
    "type",
    "A",
];
/// Values in place of the generated ones, each with its operation and JSON pointer: the fixed world has
/// only some sizes, packages and zones that these operations accept.
const OVERRIDES: &[(&str, &str, &str)] = &[
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
/// A build spec for objects of the fixed world.
const BUILD_SPEC: &str = "<VirtualMachineSpec><Zone by=\"permalink\">north-1-a</Zone>\
    <Resources><Package by=\"permalink\">pebble-1</Package></Resources></VirtualMachineSpec>";

/// Fields whose texts are ids of objects of any type.
const ID_FIELDS: [&str; 4] = [
    "resource_ids",
    "standby_vms",
    "associations",
    "certificate_ids",
];
/// Numbers that some operation accepts, and some that none does.
const NUMBERS: &[i64] = &[-1, 0, 1, 2, 5, 10, 20, 80, 443, 70_000, i64::MAX];

/// Returns minimal arguments in the operation's JSON form. A lookup names the newest object of its type
/// that was added after the first `initial` ones, or else the oldest; without one, it names nothing.
pub(crate) fn minimal(operation: &Operation, world: &World, initial: usize) -> Value {
    let source = WorldObjects {
        operation,
        world,
        initial: Some(initial),
    };
    let mut generator = Generator::requests(Coverage::Required, source, Rng::with_seed(0));
    let mut arguments = generator.arguments(operation);
    for (_, pointer, value) in OVERRIDES.iter().filter(|(id, _, _)| *id == operation.id) {
        let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        if let Some(parent) = arguments.pointer_mut(parent) {
            parent[name] = serde_json::from_str(value).unwrap_or_default();
        }
    }
    arguments
}

/// Returns random arguments in the operation's JSON form: some optional fields, any object.
pub(crate) fn random(operation: &Operation, world: &World, rng: &mut Rng) -> Value {
    let source = WorldObjects {
        operation,
        world,
        initial: None,
    };
    Generator::requests(Coverage::Random, source, rng.fork()).arguments(operation)
}

/// A source of the objects of a world; random ones where `initial` is `None`.
struct WorldObjects<'a> {
    operation: &'a Operation,
    world: &'a World,
    initial: Option<usize>,
}

impl<'a> WorldObjects<'a> {
    fn random_object(&self, rng: &mut Rng, kind: &str) -> Option<&'a Object> {
        let index = rng.usize(..self.world.count(kind).max(1));
        self.world.by_kind(kind).nth(index)
    }

    fn named_object(&self, initial: usize, kind: &str) -> Option<&'a Object> {
        let is_usable = |object: &&Object| object.trash.is_none();
        let added = self.world.objects().skip(initial);
        let added = added.filter(|object| object.kind == kind);
        let newest = added.filter(is_usable).last();
        newest.or_else(|| self.world.by_kind(kind).find(is_usable))
    }
}

impl Source for WorldObjects<'_> {
    const CONSERVATIVE: bool = true;

    fn text(&mut self, rng: &mut Rng, name: &str, _: Option<&str>) -> String {
        if self.initial.is_some() {
            return match name {
                "address" | "ip_address" => "192.0.2.77".into(),
                "xml" => BUILD_SPEC.into(),
                "timestamp" | "date" => "2026-01-01".into(),
                _ => format!("sample-{}", self.operation.id.replace(['.', '_'], "-")),
            };
        }
        if ID_FIELDS.contains(&name) {
            let kinds = ["VirtualMachine", "VirtualMachineGroup", "Tag", "IpAddress"];
            let kind = kinds[rng.usize(..kinds.len())];
            let object = self.random_object(rng, kind);
            return object.map_or_else(String::new, |object| object.id.clone());
        }
        let number = rng.u8(..60);
        match (name, number) {
            (_, 0) => String::new(),
            ("address" | "ip_address", _) => format!("192.0.2.{number}"),
            ("xml", 1..40) => BUILD_SPEC.into(),
            ("name", _) if self.operation.id.starts_with("dns_zones") => {
                format!("zone-{number}.example")
            }
            _ => format!("{name}-{number}"),
        }
    }

    fn number(&mut self, rng: &mut Rng, _: SchemaType) -> Value {
        match self.initial {
            Some(_) => json!(1),
            None => json!(NUMBERS[rng.usize(..NUMBERS.len())]),
        }
    }

    fn lookup(&mut self, rng: &mut Rng, kind: &str, mut keys: Vec<&str>) -> Option<Value> {
        // Ids are unique, other keys need not be.
        keys.sort_by_key(|key| *key != "id");
        let object = match self.initial {
            Some(initial) => self.named_object(initial, kind),
            // Including objects in the trash.
            None => self.random_object(rng, kind),
        };
        let key = keys.iter().find_map(|key| {
            let text = object?.text(key);
            (!text.is_empty()).then(|| json!({ *key: text }))
        });
        let first = keys.first().copied().unwrap_or("id");
        Some(key.unwrap_or_else(|| json!({ first: "nobody" })))
    }

    fn needs(&self, name: &str) -> bool {
        NEEDED.contains(&name)
    }
}
