//! A form of the world in which two worlds can be compared.

use serde_json::{Map, Value};

use crate::world::{Object, World};

/// Types that are left out: they record how the state was reached, and expire.
const TRANSIENT: &[&str] = &["ConsoleSession", "Task"];
/// Fields with random values.
const RANDOM: &[&str] = &[
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
/// Fields that identify an object among those of its type. The first one that is set counts.
const IDENTIFYING: &[&str] = &[
    "permalink",
    "fqdn",
    "sub_domain",
    "address",
    "name",
    "region",
    "hostname",
];

impl World {
    /// Returns one line per object, sorted, without ids, times and random values: worlds in the same
    /// state are equal, however they got there. Tasks and console sessions are left out.
    pub fn snapshot(&self) -> Vec<String> {
        let kept = self
            .objects()
            .filter(|object| !TRANSIENT.contains(&object.kind.as_str()));
        let mut lines: Vec<_> = kept.map(|object| self.line(object)).collect();
        // Objects may have been created in another order.
        lines.sort();
        lines
    }

    fn line(&self, object: &Object) -> String {
        let fields = object.fields.iter().filter(|(name, _)| {
            !RANDOM.contains(&name.as_str()) && !name.ends_with("_at") && !name.ends_with("_until")
        });
        let fields: Map<_, _> = fields
            .map(|(name, value)| (name.clone(), self.with_names(value)))
            .collect();
        let trash = if object.trash.is_some() {
            " in the trash"
        } else {
            ""
        };
        format!("{}{trash} {}", object.kind, Value::Object(fields))
    }

    /// Replaces each id in a value by the name of its object.
    fn with_names(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match self.get(text) {
                Some(object) => Value::String(name(object)),
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.with_names(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.with_names(value)))
                .collect(),
            _ => value.clone(),
        }
    }
}

fn name(object: &Object) -> String {
    let named = IDENTIFYING.iter().map(|field| object.text(field));
    let name = named.into_iter().find(|text| !text.is_empty());
    format!("{} {}", object.kind, name.unwrap_or_default())
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rng::Rng;
    use crate::world::initial_state;

    #[test]
    fn worlds_in_the_same_state_have_equal_snapshots() {
        let world = |seed: u64, now: u64, disk: &str| {
            let mut world = World::new(now, Rng::new(seed));
            let mut insert =
                |kind, fields| initial_state::insert(&mut world, kind, &fields).unwrap();
            let zone = insert("DnsZone", json!({"name": "acme.example"}));
            insert("DnsRecord", json!({"dns_zone": zone, "updated_at": now}));
            insert("Disk", json!({"name": disk}));
            insert("Task", json!({"target": zone}));
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
