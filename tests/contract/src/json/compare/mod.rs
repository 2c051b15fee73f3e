//! The comparison of a recorded response with the typed value encoded again.
//!
//! They agree if every documented field has the same value. `null` and absent fields are the same.
//! Undocumented fields are counted.

use katapult_openapi::Schema;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::json::eq::{equivalent, field_or_null, has_type, truncated};
use crate::json::path::JsonPath;

/// The result of a comparison.
#[derive(Debug, Default, PartialEq)]
pub struct Comparison {
    /// The values that differ, or are recorded with a type that the document excludes.
    pub differences: Vec<Difference>,
    /// The undocumented fields with their number: `disks[].serial`.
    pub unknown: BTreeMap<String, usize>,
}

/// A value that differs.
#[derive(Debug, PartialEq)]
pub struct Difference {
    /// The path: `virtual_machine.ip_addresses[1].vip`.
    pub path: String,
    /// The reason.
    pub why: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.why);
        }
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// Compares a recorded value with the one encoded again.
pub fn compare(schema: Schema<'_>, recorded: &Value, written: &Value) -> Comparison {
    let mut walk = Walk {
        strict: false,
        found: Comparison::default(),
    };
    walk.value(&JsonPath::default(), schema, recorded, written);
    walk.found
}

/// Compares a part of a body at `path`.
pub fn compare_at(path: &str, schema: Schema<'_>, recorded: &Value, written: &Value) -> Comparison {
    let mut walk = Walk {
        strict: false,
        found: Comparison::default(),
    };
    walk.value(&JsonPath::default().key(path), schema, recorded, written);
    walk.found
}

/// Returns the violations of a schema, including absent and `null` values that the schema requires: they
/// explain why a response could not be decoded.
pub fn schema_violations(schema: Schema<'_>, recorded: &Value) -> Vec<Difference> {
    let mut walk = Walk {
        strict: true,
        found: Comparison::default(),
    };
    walk.value(&JsonPath::default(), schema, recorded, recorded);
    walk.found.differences
}

struct Walk {
    strict: bool,
    found: Comparison,
}

impl Walk {
    fn differ(&mut self, path: &JsonPath, why: String) {
        self.found.differences.push(Difference {
            path: path.exact.clone(),
            why,
        });
    }

    fn value(&mut self, path: &JsonPath, schema: Schema<'_>, recorded: &Value, written: &Value) {
        // `null` and absent are the same to the API: only a value made from nothing is a
        // difference.
        if recorded.is_null() {
            if !written.is_null() {
                self.differ(
                    path,
                    format!("null was recorded, but {} was read", truncated(written)),
                );
            }
            return;
        }
        if let Some(expected) = schema
            .schema_type()
            .filter(|kind| !has_type(recorded, *kind))
        {
            self.differ(
                path,
                format!("{} is not a value of type {expected}", truncated(recorded)),
            );
            return;
        }
        if written.is_null() {
            self.differ(
                path,
                format!("{} was recorded, but was not read", truncated(recorded)),
            );
            return;
        }
        match (recorded, written) {
            (Value::Object(recorded), Value::Object(written)) => {
                self.object(path, schema, recorded, written);
            }
            (Value::Array(recorded), Value::Array(written)) => {
                self.array(path, schema, recorded, written);
            }
            _ if equivalent(recorded, written) => {}
            _ => self.differ(
                path,
                format!(
                    "{} was recorded, but {} was read",
                    truncated(recorded),
                    truncated(written)
                ),
            ),
        }
    }

    fn array(
        &mut self,
        path: &JsonPath,
        schema: Schema<'_>,
        recorded: &[Value],
        written: &[Value],
    ) {
        if recorded.len() != written.len() {
            let why = format!(
                "{} items were recorded, but {} were read",
                recorded.len(),
                written.len()
            );
            return self.differ(path, why);
        }
        for (index, (recorded, written)) in recorded.iter().zip(written).enumerate() {
            let path = path.item(index);
            match schema.items() {
                Some(items) => self.value(&path, items, recorded, written),
                None => self.opaque(&path, recorded, written),
            }
        }
    }

    fn object(
        &mut self,
        path: &JsonPath,
        schema: Schema<'_>,
        recorded: &Map<String, Value>,
        written: &Map<String, Value>,
    ) {
        if schema.is_tagged_union() {
            return self.tagged_union(path, schema, recorded, written);
        }
        if let Some(choice) = self.choose(schema, recorded, written) {
            return self.object(path, choice, recorded, written);
        }
        // The typed value of an object without documented properties is a free-form JSON object.
        if schema.properties().next().is_none() {
            // A free-form object is preserved as it is.
            for (key, recorded) in recorded {
                self.opaque(&path.key(key), recorded, field_or_null(written, key));
            }
        } else {
            for (key, recorded) in recorded {
                match schema.property(key) {
                    Some(property) => self.value(
                        &path.key(key),
                        property,
                        recorded,
                        field_or_null(written, key),
                    ),
                    None => *self.found.unknown.entry(path.key(key).general).or_default() += 1,
                }
            }
        }
        for (key, written) in written {
            if !written.is_null() && !recorded.contains_key(key) {
                let why = format!(
                    "absent in the recording, but {} was read",
                    truncated(written)
                );
                self.differ(&path.key(key), why);
            }
        }
        if self.strict {
            self.absent_fields(path, schema, recorded);
        }
    }

    fn absent_fields(
        &mut self,
        path: &JsonPath,
        schema: Schema<'_>,
        recorded: &Map<String, Value>,
    ) {
        for key in schema.required() {
            let nullable = schema.property(key).is_some_and(Schema::is_nullable);
            match recorded.get(key) {
                None => self.differ(&path.key(key), "required, but absent".into()),
                Some(Value::Null) if !nullable => {
                    self.differ(&path.key(key), "null, but not nullable".into());
                }
                Some(_) => {}
            }
        }
    }

    fn tagged_union(
        &mut self,
        path: &JsonPath,
        schema: Schema<'_>,
        recorded: &Map<String, Value>,
        written: &Map<String, Value>,
    ) {
        let Some(kind) = field_or_null(recorded, "type").as_str() else {
            let found = truncated(field_or_null(recorded, "type"));
            return self.differ(
                &path.key("type"),
                format!("{found} is not the type of a tagged union"),
            );
        };
        self.opaque(
            &path.key("type"),
            field_or_null(recorded, "type"),
            field_or_null(written, "type"),
        );
        let (value, again) = (
            field_or_null(recorded, "value"),
            field_or_null(written, "value"),
        );
        match schema.variant(kind) {
            Some(known) => self.value(&path.key("value"), known, value, again),
            // A variant that no document knows is preserved as it is.
            None => self.opaque(&path.key("value"), value, again),
        }
        for key in recorded
            .keys()
            .filter(|key| !["type", "value"].contains(&key.as_str()))
        {
            *self.found.unknown.entry(path.key(key).general).or_default() += 1;
        }
    }

    /// Returns the best match of several schemas: fewest differences first, then fewest undocumented fields.
    fn choose<'a>(
        &self,
        schema: Schema<'a>,
        recorded: &Map<String, Value>,
        written: &Map<String, Value>,
    ) -> Option<Schema<'a>> {
        // These schemas have no discriminator, so the best match has to be searched.
        schema.one_of().min_by_key(|choice| {
            let mut walk = Walk {
                strict: self.strict,
                found: Comparison::default(),
            };
            walk.object(&JsonPath::default(), *choice, recorded, written);
            (walk.found.differences.len(), walk.found.unknown.len())
        })
    }

    fn opaque(&mut self, path: &JsonPath, recorded: &Value, written: &Value) {
        if !equivalent(recorded, written) {
            let why = format!(
                "{} was recorded, but {} was read",
                truncated(recorded),
                truncated(written)
            );
            self.differ(path, why);
        }
    }
}

#[cfg(test)]
mod tests;
