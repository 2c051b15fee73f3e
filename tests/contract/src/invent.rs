//! Values invented from schemas: what the API may answer, and what a user may send.
//!
//! The same seed invents the same value, so a failure can be had again.

use std::collections::BTreeSet;

use katapult_openapi::{Operation, Schema, SchemaType};
use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// How deep optional fields may nest.
const MAX_DEPTH: usize = 7;

/// How much of what a schema allows is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Only what has to be.
    Least,
    /// Everything.
    Most,
    /// Everything, and `null` wherever it may be.
    Nulls,
    /// Everything, and more: fields, values of enumerations and kinds that no document knows.
    Strange,
    /// Each of it by chance.
    Mixed,
}

/// Every extent.
pub const EXTENTS: [Extent; 5] = [
    Extent::Least,
    Extent::Most,
    Extent::Nulls,
    Extent::Strange,
    Extent::Mixed,
];

/// Invents values.
#[derive(Debug)]
pub struct Inventor {
    extent: Extent,
    chance: Chance,
    /// Whether the values are sent: a request has no field that the document does not know.
    sending: bool,
    /// Which of its keys a lookup is given by; by chance where this does not say.
    key: Option<usize>,
    /// The lookups that were invented, each by its type and key.
    pub lookups: BTreeSet<(String, String)>,
    /// How many fields that no document knows were invented.
    pub unknown_fields: usize,
}

impl Inventor {
    /// Invents responses.
    pub fn of_responses(extent: Extent, seed: u64) -> Self {
        Self {
            extent,
            chance: Chance::new(seed),
            sending: false,
            key: None,
            lookups: BTreeSet::new(),
            unknown_fields: 0,
        }
    }

    /// Invents the arguments of requests.
    pub fn of_requests(extent: Extent, seed: u64) -> Self {
        Self {
            sending: true,
            ..Self::of_responses(extent, seed)
        }
    }

    /// Gives every lookup by the key of that place among its keys.
    pub fn by_key(self, key: usize) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    /// A response of that schema.
    pub fn response(&mut self, schema: Schema<'_>) -> Value {
        self.value(schema, 0)
    }

    /// The arguments of an operation, in its JSON form.
    pub fn arguments(&mut self, operation: &Operation) -> Value {
        let mut arguments = Map::new();
        for parameter in &operation.parameters {
            if let Some(schema) = operation.parameter(&parameter.name)
                && (parameter.required || self.wanted(0))
            {
                let value = self.value(schema, 1);
                // A query cannot say that a list is empty.
                if value != json!([]) {
                    arguments.insert(parameter.name.clone(), value);
                }
            }
        }
        if let Some(body) = operation.request_body() {
            arguments.insert("body".into(), self.value(body, 0));
        }
        Value::Object(arguments)
    }

    fn wanted(&mut self, depth: usize) -> bool {
        match self.extent {
            Extent::Least => false,
            _ if depth > MAX_DEPTH => false,
            Extent::Most | Extent::Nulls | Extent::Strange => true,
            Extent::Mixed => self.chance.below(2) == 0,
        }
    }

    fn strange(&mut self) -> bool {
        match self.extent {
            Extent::Strange => true,
            Extent::Mixed => self.chance.below(4) == 0,
            _ => false,
        }
    }

    fn value(&mut self, schema: Schema<'_>, depth: usize) -> Value {
        let null = match self.extent {
            Extent::Nulls => true,
            Extent::Mixed => self.chance.below(4) == 0,
            _ => false,
        };
        if null && schema.nullable() {
            return Value::Null;
        }
        if !schema.enum_values().is_empty() {
            return match self.strange() {
                true => json!("a value that nobody knows"),
                false => self
                    .chance
                    .pick(schema.enum_values())
                    .cloned()
                    .unwrap_or_default(),
            };
        }
        if schema.is_tagged_union() {
            return self.polymorph(schema, depth);
        }
        let choices: Vec<_> = schema.one_of().collect();
        let choice = match self.key {
            Some(key) => choices.get(key % choices.len().max(1)),
            None => self.chance.pick(&choices),
        };
        if let Some(choice) = choice {
            let value = self.value(*choice, depth);
            if let (Some(name), Some(key)) = (schema.name(), first_key(&value)) {
                self.lookups.insert((name.to_owned(), key));
            }
            return value;
        }
        match schema.schema_type() {
            Some(SchemaType::String) => {
                json!(
                    self.chance
                        .pick(&["", "web-1", "Ünïcode ☂", "a b&c=d[]", "\"\\\n"])
                )
            }
            Some(SchemaType::Integer) => {
                json!(
                    self.chance
                        .pick(&[0, 1, -1, 5_000_000_000_i64, 1_786_977_388])
                )
            }
            Some(SchemaType::Number) => json!(self.chance.pick(&[0.0, 0.5, -1.25, 1e12])),
            Some(SchemaType::Boolean) => json!(self.chance.below(2) == 0),
            Some(SchemaType::Array) => self.array(schema, depth),
            Some(SchemaType::Object) => self.object(schema, depth),
            // Of what this place tells nothing, another place of the same type may tell more.
            _ => json!({}),
        }
    }

    fn array(&mut self, schema: Schema<'_>, depth: usize) -> Value {
        let length = match self.extent {
            Extent::Least => 0,
            _ if depth > MAX_DEPTH => 0,
            Extent::Mixed => self.chance.below(3),
            _ => 2,
        };
        let items = schema.items();
        (0..length)
            .filter_map(|_| Some(self.value(items?, depth + 1)))
            .collect()
    }

    fn object(&mut self, schema: Schema<'_>, depth: usize) -> Value {
        let required: Vec<&str> = schema.required().collect();
        let mut object = Map::new();
        for (name, property) in schema.properties() {
            // At the top of a response an object that has an id in the document has one in life.
            let is_id = name == "id" && !self.sending;
            if is_id {
                if depth <= 2 || self.wanted(depth) {
                    let id = format!("id_{}", self.chance.below(1_000_000));
                    object.insert(name.to_owned(), json!(id));
                }
            } else if required.contains(&name) || self.wanted(depth) {
                object.insert(name.to_owned(), self.value(property, depth + 1));
            }
        }
        if !self.sending && schema.properties().next().is_some() && self.strange() {
            object.insert("nobody_knows".into(), json!({ "what": ["it", "is"] }));
            self.unknown_fields += 1;
        }
        Value::Object(object)
    }

    fn polymorph(&mut self, schema: Schema<'_>, depth: usize) -> Value {
        let kinds: Vec<_> = schema.variants().collect();
        match self.chance.pick(&kinds) {
            Some((kind, value)) if !self.strange() => {
                json!({ "type": kind, "value": self.value(*value, depth + 1) })
            }
            _ => json!({ "type": "Satellite", "value": { "orbit": 7 } }),
        }
    }
}

fn first_key(value: &Value) -> Option<String> {
    value.as_object()?.keys().next().cloned()
}
