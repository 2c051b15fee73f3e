//! Schemas of a document, with their references followed.

mod json_schema;
mod lookup;
mod validate;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

pub(crate) use json_schema::to_json_schema;
pub use lookup::Lookup;
pub(crate) use validate::validate;

/// The place of named schemas in a document.
const COMPONENTS: &str = "#/components/schemas/";

/// The longest chain of references. A longer one is taken for a loop.
const MAX_CHAIN: usize = 16;

/// A schema of a document. Cheap to copy.
///
/// Canonical documents have a schema in place, a `$ref`, or an `allOf` of one `$ref` where the value
/// can be `null`. All three read alike: the methods are about the schema at the end of the chain.
#[derive(Clone, Copy)]
pub struct Schema<'a> {
    root: &'a Value,
    written: &'a Value,
    target: &'a Value,
    name: Option<&'a str>,
    nullable: bool,
}

/// The JSON type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaType {
    /// A list.
    Array,
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction.
    Integer,
    /// Any number.
    Number,
    /// An object.
    Object,
    /// A text.
    String,
}

impl SchemaType {
    const ALL: [Self; 6] = [
        Self::Array,
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Object,
        Self::String,
    ];

    /// Returns the type's name in a document: `integer`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Array => "array",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Object => "object",
            Self::String => "string",
        }
    }

    /// Returns the type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }
}

impl fmt::Display for SchemaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'a> Schema<'a> {
    /// Returns the schema at `node`, whose references are to the document `root`.
    pub fn new(root: &'a Value, node: &'a Value) -> Self {
        let mut schema = Self {
            root,
            written: node,
            target: node,
            name: None,
            nullable: false,
        };
        for _ in 0..MAX_CHAIN {
            schema.nullable |= schema.target["nullable"] == true;
            if let Some(target) = schema.target["$ref"].as_str() {
                schema.name = schema.name.or(Some(name_of(target)));
                schema.target = resolve(root, target).unwrap_or(&Value::Null);
            } else if let Some(first) = schema.target["allOf"].get(0) {
                schema.target = first;
            } else {
                return schema;
            }
        }
        schema.target = &Value::Null;
        schema
    }

    /// Returns the named schema at `node`.
    pub(crate) fn component(root: &'a Value, name: &'a str, node: &'a Value) -> Self {
        Self {
            name: Some(name),
            ..Self::new(root, node)
        }
    }

    fn at(self, node: &'a Value) -> Self {
        Self::new(self.root, node)
    }

    fn list(self, key: &str) -> &'a [Value] {
        self.target[key].as_array().map_or(&[], Vec::as_slice)
    }

    fn fields(self, key: &str) -> impl Iterator<Item = (&'a str, Schema<'a>)> + use<'a> {
        let fields = self.target[key].as_object().into_iter().flatten();
        fields.map(move |(name, node)| (name.as_str(), self.at(node)))
    }

    /// Returns the JSON as the document has it, with no reference followed.
    pub fn json(self) -> &'a Value {
        self.written
    }

    /// Returns the name under which the document has the schema:
    /// `VirtualMachine.virtual_machines.list`. `None` if the schema is in place.
    pub fn name(self) -> Option<&'a str> {
        self.name
    }

    /// Returns the name of the type of which the schema is a projection: `VirtualMachine`.
    pub fn type_name(self) -> Option<&'a str> {
        self.target["x-katapult-type"].as_str()
    }

    /// Returns the JSON type. `None` if values have any.
    pub fn schema_type(self) -> Option<SchemaType> {
        self.target["type"].as_str().and_then(SchemaType::from_name)
    }

    /// Returns the format: `date`.
    pub fn format(self) -> Option<&'a str> {
        self.target["format"].as_str()
    }

    /// Returns `true` if `null` is a value.
    pub fn is_nullable(self) -> bool {
        self.nullable
    }

    /// Returns `true` if the schema is an enumeration.
    pub fn is_enum(self) -> bool {
        self.target.get("enum").is_some()
    }

    /// Returns the known values of an enumeration. Empty if the schema is none.
    pub fn enum_values(self) -> &'a [Value] {
        self.list("enum")
    }

    /// Returns the properties of an object, sorted by name.
    pub fn properties(self) -> impl Iterator<Item = (&'a str, Schema<'a>)> + use<'a> {
        self.fields("properties")
    }

    /// Returns one property of an object.
    pub fn property(self, name: &str) -> Option<Schema<'a>> {
        let node = self.target["properties"].get(name)?;
        Some(self.at(node))
    }

    /// Returns `true` if the schema names properties. An object without may have any.
    pub fn has_properties(self) -> bool {
        !self.target["properties"]
            .as_object()
            .is_none_or(Map::is_empty)
    }

    /// Returns the names of the required properties.
    pub fn required(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.list("required").iter().filter_map(Value::as_str)
    }

    /// Returns the schema of an array's items.
    pub fn items(self) -> Option<Schema<'a>> {
        let node = self.target.get("items")?;
        Some(self.at(node))
    }

    /// Returns the alternatives, of which a value matches one. Empty if there are none.
    pub fn one_of(self) -> impl Iterator<Item = Schema<'a>> + use<'a> {
        self.list("oneOf").iter().map(move |node| self.at(node))
    }

    /// Returns the lookup that the schema is. `None` if it is another kind of schema.
    pub fn lookup(self) -> Option<Lookup<'a>> {
        Lookup::new(self.name, self.target)
    }

    /// Returns the type of the object that a lookup names: `VirtualMachine`. `None` if the schema is
    /// no lookup.
    pub fn lookup_target(self) -> Option<&'a str> {
        self.lookup()?.target()
    }

    /// Returns `true` if the value names an object by one of its keys.
    pub fn is_lookup(self) -> bool {
        self.lookup().is_some()
    }

    /// Returns `true` if values are `{"type": …, "value": …}`, with a value that depends on the type.
    pub fn is_tagged_union(self) -> bool {
        self.target.get("x-katapult-polymorph").is_some()
    }

    /// Returns the variants of a tagged union by their tags. Empty if the schema is none.
    pub fn variants(self) -> impl Iterator<Item = (&'a str, Schema<'a>)> + use<'a> {
        self.fields("x-katapult-polymorph")
    }

    /// Returns the variant of a tagged union with that tag.
    pub fn variant(self, tag: &str) -> Option<Schema<'a>> {
        let node = self.target["x-katapult-polymorph"].get(tag)?;
        Some(self.at(node))
    }

    /// Returns the named schemas to which the schema refers, directly or through others, each once.
    pub fn reachable(self) -> Vec<Schema<'a>> {
        let mut found = Vec::new();
        self.collect_reachable(self.written, &mut BTreeSet::new(), &mut found);
        found
    }

    fn collect_reachable(
        self,
        node: &'a Value,
        names: &mut BTreeSet<&'a str>,
        found: &mut Vec<Schema<'a>>,
    ) {
        match node {
            Value::Object(fields) => {
                let target = fields.get("$ref").and_then(Value::as_str);
                if let Some(target) = target.filter(|target| names.insert(target)) {
                    found.push(self.at(node));
                    if let Some(node) = resolve(self.root, target) {
                        self.collect_reachable(node, names, found);
                    }
                }
                for node in fields.values() {
                    self.collect_reachable(node, names, found);
                }
            }
            Value::Array(nodes) => {
                for node in nodes {
                    self.collect_reachable(node, names, found);
                }
            }
            _ => {}
        }
    }

    /// Returns the schema as a JSON Schema (draft 2020-12), with everything to which it refers.
    ///
    /// An object with named properties takes no others. A tagged union is
    /// `{"type": …, "value": …}`, with the value of that type.
    pub fn to_json_schema(self) -> Value {
        to_json_schema(self.root, self.written)
    }
}

impl fmt::Debug for Schema<'_> {
    // Not derived: the whole document is behind each schema.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("name", &self.name)
            .field("json", &self.written)
            .finish_non_exhaustive()
    }
}

/// Returns the end of a reference: `Task` of `#/components/schemas/Task`.
fn name_of(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// Follows a reference within the document.
pub(crate) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    match reference.strip_prefix(COMPONENTS) {
        // Without the allocations of a JSON pointer: the sandbox follows references at each request.
        Some(name) => root["components"]["schemas"].get(name),
        None => root.pointer(reference.strip_prefix('#')?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_and_compositions_are_one_schema() {
        let root = json!({"components": {"schemas": {
            "Base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            "Loop": {"$ref": "#/components/schemas/Loop"},
        }}});
        let node = json!({"allOf": [{"$ref": "#/components/schemas/Base"}], "nullable": true});
        let schema = Schema::new(&root, &node);
        assert_eq!(schema.schema_type(), Some(SchemaType::Object));
        assert_eq!(schema.name(), Some("Base"));
        assert!(schema.is_nullable());
        assert_eq!(schema.required().collect::<Vec<_>>(), ["id"]);
        let id = schema.property("id").and_then(Schema::schema_type);
        assert_eq!(id, Some(SchemaType::String));
        assert!(schema.property("name").is_none());

        let node = json!({"$ref": "#/components/schemas/Loop"});
        assert_eq!(Schema::new(&root, &node).schema_type(), None);
    }

    #[test]
    fn reachable_schemas_of_a_circle_are_each_found_once() {
        let reference = |name: &str| json!({"$ref": format!("{COMPONENTS}{name}")});
        let root = json!({"components": {"schemas": {
            "Egg": {"type": "object", "properties": {"hen": reference("Hen")}},
            "Hen": {"x-katapult-polymorph": {"Egg": reference("Egg")}},
        }}});
        let node = json!({"type": "array", "items": reference("Egg")});
        let reachable = Schema::new(&root, &node).reachable();
        let names: Vec<_> = reachable.into_iter().map(Schema::name).collect();
        assert_eq!(names, [Some("Egg"), Some("Hen")]);
    }
}
