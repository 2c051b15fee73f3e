//! A schema of a canonical document, with its references followed.

use serde_json::Value;

/// How deep references and compositions may nest before they are taken for a loop.
const MAX_DEPTH: usize = 16;

/// A schema within its document. Cheap to copy: two references.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'a> {
    root: &'a Value,
    node: &'a Value,
}

impl<'a> Schema<'a> {
    /// The schema that stands at `node` in the document `root`.
    pub fn new(root: &'a Value, node: &'a Value) -> Self {
        Self { root, node }
    }

    fn at(self, node: &'a Value) -> Self {
        Self { node, ..self }
    }

    /// The schema as it stands, without following anything.
    pub fn node(self) -> &'a Value {
        self.node
    }

    /// The objects that together make up this schema: itself, what it refers to, what it is all of.
    fn parts(self) -> Vec<&'a Value> {
        let mut parts = Vec::new();
        self.collect_parts(self.node, 0, &mut parts);
        parts
    }

    fn collect_parts(self, node: &'a Value, depth: usize, parts: &mut Vec<&'a Value>) {
        if depth > MAX_DEPTH {
            return;
        }
        parts.push(node);
        if let Some(target) = node.get("$ref").and_then(Value::as_str)
            && let Some(node) = resolve(self.root, target)
        {
            self.collect_parts(node, depth + 1, parts);
        }
        for node in node
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.collect_parts(node, depth + 1, parts);
        }
    }

    fn first(self, key: &str) -> Option<&'a Value> {
        self.parts().into_iter().find_map(|part| part.get(key))
    }

    /// The JSON type that the schema names.
    pub fn kind(self) -> Option<&'a str> {
        self.first("type").and_then(Value::as_str)
    }

    /// The format that the schema names.
    pub fn format(self) -> Option<&'a str> {
        self.first("format").and_then(Value::as_str)
    }

    /// Whether `null` is a value.
    pub fn nullable(self) -> bool {
        self.parts()
            .iter()
            .any(|part| part.get("nullable") == Some(&Value::Bool(true)))
    }

    /// The values of an enumeration; empty when the schema is none.
    pub fn values(self) -> &'a [Value] {
        self.first("enum")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Every property of an object, by name.
    pub fn properties(self) -> impl Iterator<Item = (&'a str, Schema<'a>)> {
        self.parts()
            .into_iter()
            .filter_map(|part| part.get("properties")?.as_object())
            .flatten()
            .map(move |(name, node)| (name.as_str(), self.at(node)))
    }

    /// One property of an object.
    pub fn property(self, name: &str) -> Option<Schema<'a>> {
        let parts = self.parts();
        let node = parts
            .into_iter()
            .find_map(|part| part.get("properties")?.get(name))?;
        Some(self.at(node))
    }

    /// The names of the properties that must be there.
    pub fn required(self) -> impl Iterator<Item = &'a str> {
        self.parts()
            .into_iter()
            .filter_map(|part| part.get("required")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
    }

    /// The schema of an array's items.
    pub fn items(self) -> Option<Schema<'a>> {
        self.first("items").map(|node| self.at(node))
    }

    /// The schemas of which a value has one; empty when there is no choice.
    pub fn one_of(self) -> impl Iterator<Item = Schema<'a>> {
        let choices = self
            .first("oneOf")
            .or_else(|| self.first("anyOf"))
            .and_then(Value::as_array);
        choices.into_iter().flatten().map(move |node| self.at(node))
    }

    /// The name of the object's type, which it can have in several forms.
    pub fn type_name(self) -> Option<&'a str> {
        self.first("x-katapult-type").and_then(Value::as_str)
    }

    /// The name under which the document keeps the schema that this one refers to.
    pub fn component(self) -> Option<&'a str> {
        let target = self.first("$ref").and_then(Value::as_str)?;
        target.rsplit('/').next()
    }

    /// The keys of a lookup, of which a value has exactly one; empty when it is none.
    pub fn lookup_keys(self) -> &'a [Value] {
        self.first("x-katapult-lookup")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The type of object that a lookup names: `VirtualMachine` of `VirtualMachineLookup`.
    pub fn looks_up(self) -> Option<&'a str> {
        let lookup = self.component().filter(|_| self.is_lookup())?;
        lookup.strip_suffix("Lookup")
    }

    /// The schema in the form that JSON Schema's libraries read.
    pub fn json_schema(self) -> Value {
        katapult_sandbox::dialect::json_schema(self.root, self.node)
    }

    /// Whether the value names an object.
    pub fn is_lookup(self) -> bool {
        !self.lookup_keys().is_empty()
    }

    /// Whether the value is `{"type": …, "value": …}`, of a kind that its type names.
    pub fn is_polymorph(self) -> bool {
        self.first("x-katapult-polymorph").is_some()
    }

    /// The types of a polymorph with the schemas of their values.
    pub fn kinds_of_polymorph(self) -> Vec<(&'a str, Schema<'a>)> {
        let kinds = self.first("x-katapult-polymorph");
        kinds
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(kind, node)| (kind.as_str(), self.at(node)))
            .collect()
    }

    /// The schema of a polymorph's value, when its type is `kind`.
    pub fn kind_of_polymorph(self, kind: &str) -> Option<Schema<'a>> {
        let node = self.first("x-katapult-polymorph")?.get(kind)?;
        Some(self.at(node))
    }
}

/// Follows a reference within the document: `#/components/schemas/Task`.
pub fn resolve<'a>(root: &'a Value, target: &str) -> Option<&'a Value> {
    root.pointer(target.strip_prefix('#')?)
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
        assert_eq!(schema.kind(), Some("object"));
        assert!(schema.nullable());
        assert_eq!(schema.required().collect::<Vec<_>>(), ["id"]);
        assert_eq!(schema.property("id").and_then(Schema::kind), Some("string"));
        assert!(schema.property("name").is_none());

        let node = json!({"$ref": "#/components/schemas/Loop"});
        assert_eq!(Schema::new(&root, &node).kind(), None);
    }
}
