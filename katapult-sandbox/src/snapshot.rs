//! What a world holds, in a form that two worlds can be compared by.

use serde_json::{Map, Value};

use crate::world::{Object, World};

/// What is of no account: tasks and sessions, which say how something came about.
const PASSING: &[&str] = &["ConsoleSession", "Task"];
/// Fields that the sandbox invents, and those that say when.
const INVENTED: &[&str] = &[
    "id",
    "attributes",
    "initial_root_password",
    "mac_address",
    "s3_access_key_id",
    "s3_secret_access_key",
    "secret",
    "spec_xml",
    "wwn",
];
/// By what an object is told from others of its type; the first that it has.
const NAMES: &[&str] = &[
    "permalink",
    "fqdn",
    "sub_domain",
    "address",
    "name",
    "region",
    "hostname",
];

impl World {
    /// What it holds, one line an object, sorted: without ids, times and what is random, so that two
    /// worlds of the same course are equal, whatever happened on the way. Tasks are left out.
    pub fn snapshot(&self) -> Vec<String> {
        let kept = self
            .objects()
            .filter(|object| !PASSING.contains(&object.kind.as_str()));
        let mut lines: Vec<_> = kept.map(|object| self.line(object)).collect();
        lines.sort();
        lines
    }

    fn line(&self, object: &Object) -> String {
        let fields = object.fields.iter().filter(|(name, _)| {
            !INVENTED.contains(&name.as_str())
                && !name.ends_with("_at")
                && !name.ends_with("_until")
        });
        let fields: Map<_, _> = fields
            .map(|(name, value)| (name.clone(), self.named(value)))
            .collect();
        let trash = if object.trash.is_some() {
            " in the trash"
        } else {
            ""
        };
        format!("{}{trash} {}", object.kind, Value::Object(fields))
    }

    /// A value with names in the place of ids.
    fn named(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match self.get(text) {
                Some(object) => Value::String(name(object)),
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.named(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.named(value)))
                .collect(),
            _ => value.clone(),
        }
    }
}

fn name(object: &Object) -> String {
    let named = NAMES.iter().map(|field| object.text(field));
    let name = named.into_iter().find(|text| !text.is_empty());
    format!("{} {}", object.kind, name.unwrap_or_default())
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::Random;
    use crate::seed;

    #[test]
    fn worlds_of_the_same_course_are_equal() {
        let world = |seed: u64, now: u64, disk: &str| {
            let mut world = World::new(now, Random::new(seed));
            let mut put = |kind, fields| seed::put(&mut world, kind, &fields).unwrap();
            let zone = put("DnsZone", json!({"name": "acme.example"}));
            put("DnsRecord", json!({"dns_zone": zone, "updated_at": now}));
            put("Disk", json!({"name": disk}));
            put("Task", json!({"target": zone}));
            world.snapshot()
        };
        let one = world(1, 5_000, "data");
        assert_eq!(
            one,
            [
                r#"Disk {"name":"data"}"#,
                r#"DnsRecord {"dns_zone":"DnsZone acme.example"}"#,
                r#"DnsZone {"name":"acme.example"}"#
            ]
        );
        assert_eq!(one, world(2, 9_000, "data"));
        assert_ne!(one, world(1, 5_000, "other"));
    }
}
