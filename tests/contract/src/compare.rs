//! What was recorded against what the typed value writes out again.
//!
//! A response is whole when every field that the document knows is there again with the same value.
//! `null` and absent count as the same; fields that the document does not know are listed.

use std::collections::BTreeMap;
use std::fmt;

use katapult_openapi::Schema;
use serde_json::{Map, Value};

use crate::place::Place;
use crate::value::{brief, field, is_of_type, same};

/// What a comparison found.
#[derive(Debug, Default, PartialEq)]
pub struct Comparison {
    /// Where the two differ, or the recorded value is not of the document's type.
    pub differences: Vec<Difference>,
    /// Fields that the document does not know, with how often each came: `disks[].serial`.
    pub unknown: BTreeMap<String, usize>,
}

/// One place at which something is wrong.
#[derive(Debug, PartialEq)]
pub struct Difference {
    /// The place: `virtual_machine.ip_addresses[1].vip`.
    pub path: String,
    /// What is wrong there.
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

/// Compares what was recorded with what was written out again.
pub fn compare(schema: Schema<'_>, recorded: &Value, written: &Value) -> Comparison {
    let mut walk = Walk {
        strict: false,
        found: Comparison::default(),
    };
    walk.value(&Place::default(), schema, recorded, written);
    walk.found
}

/// Compares a part of a body, which stands there at `path`.
pub fn compare_at(path: &str, schema: Schema<'_>, recorded: &Value, written: &Value) -> Comparison {
    let mut walk = Walk {
        strict: false,
        found: Comparison::default(),
    };
    walk.value(&Place::default().key(path), schema, recorded, written);
    walk.found
}

/// Where a value is not of the document's type. Here a `null` or a gap counts where the document
/// requires a value: it tells why a response could not be decoded.
pub fn misfits(schema: Schema<'_>, recorded: &Value) -> Vec<Difference> {
    let mut walk = Walk {
        strict: true,
        found: Comparison::default(),
    };
    walk.value(&Place::default(), schema, recorded, recorded);
    walk.found.differences
}

struct Walk {
    strict: bool,
    found: Comparison,
}

impl Walk {
    fn differ(&mut self, place: &Place, why: String) {
        self.found.differences.push(Difference {
            path: place.exact.clone(),
            why,
        });
    }

    fn value(&mut self, place: &Place, schema: Schema<'_>, recorded: &Value, written: &Value) {
        if recorded.is_null() {
            if !written.is_null() {
                self.differ(
                    place,
                    format!("null was recorded, but {} was read", brief(written)),
                );
            }
            return;
        }
        if let Some(expected) = schema.schema_type().filter(|ty| !is_of_type(recorded, *ty)) {
            self.differ(place, format!("{} is no {expected}", brief(recorded)));
            return;
        }
        if written.is_null() {
            self.differ(
                place,
                format!("{} was recorded, but lost in reading", brief(recorded)),
            );
            return;
        }
        match (recorded, written) {
            (Value::Object(recorded), Value::Object(written)) => {
                self.object(place, schema, recorded, written);
            }
            (Value::Array(recorded), Value::Array(written)) => {
                self.array(place, schema, recorded, written);
            }
            _ if same(recorded, written) => {}
            _ => self.differ(
                place,
                format!(
                    "{} was recorded, but {} was read",
                    brief(recorded),
                    brief(written)
                ),
            ),
        }
    }

    fn array(&mut self, place: &Place, schema: Schema<'_>, recorded: &[Value], written: &[Value]) {
        if recorded.len() != written.len() {
            let why = format!(
                "{} items were recorded, but {} were read",
                recorded.len(),
                written.len()
            );
            return self.differ(place, why);
        }
        for (index, (recorded, written)) in recorded.iter().zip(written).enumerate() {
            let place = place.item(index);
            match schema.items() {
                Some(items) => self.value(&place, items, recorded, written),
                None => self.whole(&place, recorded, written),
            }
        }
    }

    fn object(
        &mut self,
        place: &Place,
        schema: Schema<'_>,
        recorded: &Map<String, Value>,
        written: &Map<String, Value>,
    ) {
        if schema.is_tagged_union() {
            return self.polymorph(place, schema, recorded, written);
        }
        if let Some(choice) = self.choose(schema, recorded, written) {
            return self.object(place, choice, recorded, written);
        }
        if schema.properties().next().is_none() {
            // An object of which the document tells nothing has to be kept as it came.
            for (key, recorded) in recorded {
                self.whole(&place.key(key), recorded, field(written, key));
            }
        } else {
            for (key, recorded) in recorded {
                match schema.property(key) {
                    Some(property) => {
                        self.value(&place.key(key), property, recorded, field(written, key))
                    }
                    None => {
                        *self
                            .found
                            .unknown
                            .entry(place.key(key).general)
                            .or_default() += 1
                    }
                }
            }
        }
        for (key, written) in written {
            if !written.is_null() && !recorded.contains_key(key) {
                let why = format!("nothing was recorded, but {} was read", brief(written));
                self.differ(&place.key(key), why);
            }
        }
        if self.strict {
            self.gaps(place, schema, recorded);
        }
    }

    fn gaps(&mut self, place: &Place, schema: Schema<'_>, recorded: &Map<String, Value>) {
        for key in schema.required() {
            let nullable = schema.property(key).is_some_and(Schema::nullable);
            match recorded.get(key) {
                None => self.differ(
                    &place.key(key),
                    "it is not there, but is always needed".into(),
                ),
                Some(Value::Null) if !nullable => {
                    self.differ(
                        &place.key(key),
                        "null where a value is always needed".into(),
                    );
                }
                Some(_) => {}
            }
        }
    }

    fn polymorph(
        &mut self,
        place: &Place,
        schema: Schema<'_>,
        recorded: &Map<String, Value>,
        written: &Map<String, Value>,
    ) {
        let Some(kind) = field(recorded, "type").as_str() else {
            let found = brief(field(recorded, "type"));
            return self.differ(&place.key("type"), format!("{found} is no type of a value"));
        };
        self.whole(
            &place.key("type"),
            field(recorded, "type"),
            field(written, "type"),
        );
        let (value, again) = (field(recorded, "value"), field(written, "value"));
        match schema.variant(kind) {
            Some(known) => self.value(&place.key("value"), known, value, again),
            // A kind that nobody knows is kept as it came.
            None => self.whole(&place.key("value"), value, again),
        }
        for key in recorded
            .keys()
            .filter(|key| !["type", "value"].contains(&key.as_str()))
        {
            *self
                .found
                .unknown
                .entry(place.key(key).general)
                .or_default() += 1;
        }
    }

    /// The schema among several that fits best: the one with the fewest differences, then the
    /// fewest unknown fields.
    fn choose<'a>(
        &self,
        schema: Schema<'a>,
        recorded: &Map<String, Value>,
        written: &Map<String, Value>,
    ) -> Option<Schema<'a>> {
        schema.one_of().min_by_key(|choice| {
            let mut walk = Walk {
                strict: self.strict,
                found: Comparison::default(),
            };
            walk.object(&Place::default(), *choice, recorded, written);
            (walk.found.differences.len(), walk.found.unknown.len())
        })
    }

    fn whole(&mut self, place: &Place, recorded: &Value, written: &Value) {
        if !same(recorded, written) {
            let why = format!(
                "{} was recorded, but {} was read",
                brief(recorded),
                brief(written)
            );
            self.differ(place, why);
        }
    }
}

#[cfg(test)]
mod tests;
