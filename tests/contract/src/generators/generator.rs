//! The generator: a walk over a schema that makes one value of it.

use katapult_openapi::{Operation, Schema, SchemaType};
use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// The depth below which optional parts are left out; some types of the API contain themselves.
const MAX_OPTIONAL_DEPTH: usize = 7;
/// The depth below which required parts are left out: a schema that nests deeper is a loop.
const MAX_DEPTH: usize = 16;
/// The depth to which objects of a response have their id. The document requires none, but the API
/// always sends them.
const ID_DEPTH: usize = 2;

/// The parts of a schema that a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Required parts only.
    Required,
    /// Required and optional parts.
    All,
    /// All parts, with `null` wherever it is allowed.
    Null,
    /// All parts, and fields, enumeration values and variants that no document knows.
    Unknown,
    /// Each of these at random.
    Random,
}

impl Coverage {
    /// Every coverage.
    pub const EACH: [Self; 5] = [
        Self::Required,
        Self::All,
        Self::Null,
        Self::Unknown,
        Self::Random,
    ];
}

/// A source of the values that a schema does not determine.
pub trait Source {
    /// `true` if random values are often absent, never `null` and always documented.
    const CONSERVATIVE: bool;

    /// Returns the value of a string field.
    fn text(&mut self, rng: &mut Rng, name: &str, format: Option<&str>) -> String;

    /// Returns the value of a field that is an integer or a number.
    fn number(&mut self, rng: &mut Rng, kind: SchemaType) -> Value;

    /// Returns a lookup of an object of the type `kind`; `None` to make one from its schema.
    fn lookup(&mut self, _rng: &mut Rng, _kind: &str, _keys: Vec<&str>) -> Option<Value> {
        None
    }

    /// Returns `true` if an optional field is needed all the same.
    fn needs(&self, _name: &str) -> bool {
        false
    }
}

/// A generator of values. The same seed gives the same value, so failures can be reproduced.
#[derive(Debug)]
pub struct Generator<S> {
    coverage: Coverage,
    source: S,
    rng: Rng,
    is_response: bool,
    key: Option<usize>,
    /// The generated lookups, each by its type and key.
    pub lookups: BTreeSet<(String, String)>,
    /// The number of generated fields that no document knows.
    pub unknown_fields: usize,
}

impl<S: Source> Generator<S> {
    /// Returns a generator of responses.
    pub(crate) fn responses(coverage: Coverage, source: S, rng: Rng) -> Self {
        Self {
            is_response: true,
            ..Self::requests(coverage, source, rng)
        }
    }

    /// Returns a generator of arguments, which have no undocumented fields.
    pub(crate) fn requests(coverage: Coverage, source: S, rng: Rng) -> Self {
        Self {
            coverage,
            source,
            rng,
            is_response: false,
            key: None,
            lookups: BTreeSet::new(),
            unknown_fields: 0,
        }
    }

    /// Sets the key of every lookup, by its index among the documented ones. Default: a random one.
    #[must_use]
    pub fn by_key(self, key: usize) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    /// Returns a value of a schema.
    pub fn value(&mut self, schema: Schema<'_>) -> Value {
        self.at(schema, "", 0)
    }

    /// Returns the arguments of an operation in its JSON form: query parameters by name, and `body`.
    pub fn arguments(&mut self, operation: &Operation) -> Value {
        let mut arguments = Map::new();
        for parameter in &operation.parameters {
            if let Some(schema) = operation.parameter(&parameter.name)
                && (parameter.required || self.has_optional(0))
            {
                let value = self.at(schema, &parameter.name, 1);
                // A query has no form for an empty list.
                if value != json!([]) {
                    arguments.insert(parameter.name.clone(), value);
                }
            }
        }
        if let Some(body) = operation.request_body() {
            arguments.insert("body".into(), self.value(body));
        }
        Value::Object(arguments)
    }

    fn has_optional(&mut self, depth: usize) -> bool {
        match self.coverage {
            Coverage::Required => false,
            _ if depth > MAX_OPTIONAL_DEPTH => false,
            Coverage::All | Coverage::Null | Coverage::Unknown => true,
            // Valid optional fields depend on each other, so that requests with many of them are
            // rejected.
            Coverage::Random => self.one_in(if S::CONSERVATIVE { 4 } else { 2 }),
        }
    }

    /// Returns `true` if a part is of a kind that only one coverage and chance bring about.
    fn has_rare(&mut self, coverage: Coverage) -> bool {
        let random = self.coverage == Coverage::Random && !S::CONSERVATIVE;
        self.coverage == coverage || random && self.one_in(4)
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.rng.usize(..times) == 0
    }

    /// Returns one of several values: the first where only what is required matters.
    fn choose<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        match self.coverage {
            Coverage::Required => items.first().cloned(),
            _ => self.rng.choice(items).cloned(),
        }
    }

    fn at(&mut self, schema: Schema<'_>, name: &str, depth: usize) -> Value {
        if self.has_rare(Coverage::Null) && schema.is_nullable() {
            return Value::Null;
        }
        if let Some(lookup) = schema.lookup()
            && let Some(kind) = lookup.target()
            && let Some(lookup) = self
                .source
                .lookup(&mut self.rng, kind, lookup.keys().collect())
        {
            return lookup;
        }
        if !schema.enum_values().is_empty() {
            return match self.has_rare(Coverage::Unknown) {
                true => json!("an unknown value"),
                false => self.choose(schema.enum_values()).unwrap_or_default(),
            };
        }
        if schema.is_tagged_union() {
            return self.tagged_union(schema, name, depth);
        }
        if let Some(choice) = self.variant(schema) {
            let value = self.at(choice, name, depth);
            // A lookup has exactly one key.
            let key = value.as_object().and_then(|object| object.keys().next());
            if let (Some(name), Some(key)) = (schema.name(), key) {
                self.lookups.insert((name.to_owned(), key.clone()));
            }
            return value;
        }
        match schema.schema_type() {
            Some(SchemaType::String) => {
                json!(self.source.text(&mut self.rng, name, schema.format()))
            }
            Some(kind @ (SchemaType::Integer | SchemaType::Number)) => {
                self.source.number(&mut self.rng, kind)
            }
            Some(SchemaType::Boolean) => {
                json!(self.coverage != Coverage::Required && self.rng.bool())
            }
            Some(SchemaType::Array) => self.array(schema, name, depth),
            _ => self.object(schema, depth),
        }
    }

    /// Returns one of the schemas between which a value has the choice.
    fn variant<'a>(&mut self, schema: Schema<'a>) -> Option<Schema<'a>> {
        let choices: Vec<_> = schema.one_of().collect();
        match self.key {
            Some(key) => choices.get(key % choices.len().max(1)).copied(),
            None => self.choose(&choices),
        }
    }

    fn array(&mut self, schema: Schema<'_>, name: &str, depth: usize) -> Value {
        let length = match self.coverage {
            Coverage::Required => 0,
            _ if depth > MAX_OPTIONAL_DEPTH => 0,
            Coverage::Random => self.rng.usize(..3),
            // Two items show that items are kept apart and in order.
            _ => 2,
        };
        let items = schema.items();
        (0..length)
            .filter_map(|_| Some(self.at(items?, name, depth + 1)))
            .collect()
    }

    fn object(&mut self, schema: Schema<'_>, depth: usize) -> Value {
        let mut object = Map::new();
        if depth > MAX_DEPTH {
            return Value::Object(object);
        }
        let required: Vec<&str> = schema.required().collect();
        for (name, property) in schema.properties() {
            let is_present = required.contains(&name)
                || self.source.needs(name)
                || (self.is_response && name == "id" && depth <= ID_DEPTH)
                || self.has_optional(depth);
            if is_present {
                object.insert(name.to_owned(), self.at(property, name, depth + 1));
            }
        }
        let has_unknown = self.is_response && self.has_rare(Coverage::Unknown);
        if has_unknown && schema.properties().next().is_some() {
            object.insert("unknown_field".into(), json!({ "of": ["any", "type"] }));
            self.unknown_fields += 1;
        }
        Value::Object(object)
    }

    fn tagged_union(&mut self, schema: Schema<'_>, name: &str, depth: usize) -> Value {
        match self.choose(&schema.variants().collect::<Vec<_>>()) {
            Some((kind, value)) if !self.has_rare(Coverage::Unknown) => {
                json!({ "type": kind, "value": self.at(value, name, depth + 1) })
            }
            _ => json!({ "type": "Satellite", "value": { "orbit": 7 } }),
        }
    }
}
