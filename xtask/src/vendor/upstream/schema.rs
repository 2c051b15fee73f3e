//! Reads schemas into a graph: references are followed, and `allOf` is merged.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::graph::{Node, NodeId, Property, Scalar, SchemaRef};
use super::keywords::{self, Kind};

/// Reads schemas into a graph.
pub(super) struct SchemaReader<'a> {
    document: &'a Value,
    pub(super) nodes: Vec<Node>,
    /// See [`Upstream::notes`](super::graph::Upstream::notes).
    pub(super) notes: Vec<String>,
    /// The place that is read: the operation or component, and the properties on the way.
    pub(super) place: Vec<String>,
    /// Schemas that are read or being read, by their reference, so that a cycle ends.
    known: BTreeMap<String, SchemaRef>,
}

impl<'a> SchemaReader<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self {
            document,
            nodes: Vec::new(),
            notes: Vec::new(),
            place: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    pub(super) fn schema(&mut self, schema: &'a Value) -> Result<SchemaRef> {
        let nullable = schema["nullable"].as_bool().unwrap_or(false);
        if let Some(reference) = schema["$ref"].as_str() {
            if let Some(known) = self.known.get(reference) {
                return Ok(SchemaRef {
                    node: known.node,
                    nullable: nullable || known.nullable,
                });
            }
            let target = self.resolve(reference)?;
            if target.get("$ref").is_some() || is_wrapper(target) {
                return self.guarded(reference, target);
            }
            // Known before it is read, so that a reference to itself ends here.
            let known = SchemaRef {
                node: self.add(Node::Any),
                nullable: target["nullable"].as_bool().unwrap_or(false),
            };
            self.known.insert(reference.to_owned(), known);
            let before = std::mem::replace(&mut self.place, vec![reference.to_owned()]);
            self.nodes[known.node] = self.node(target)?;
            self.place = before;
            return Ok(SchemaRef {
                node: known.node,
                nullable: nullable || known.nullable,
            });
        }
        if is_wrapper(schema) {
            let inner = self.schema(&schema["allOf"][0])?;
            return Ok(SchemaRef {
                node: inner.node,
                nullable: nullable || inner.nullable,
            });
        }
        let node = self.node(schema)?;
        Ok(SchemaRef {
            node: self.add(node),
            nullable,
        })
    }

    /// Follows a reference to a schema that is itself only a reference. A circle of them is an error.
    fn guarded(&mut self, reference: &str, target: &'a Value) -> Result<SchemaRef> {
        let mut seen = vec![reference];
        let mut at = target;
        loop {
            if let Some(next) = at["$ref"].as_str() {
                if seen.contains(&next) {
                    return Err(circle(next));
                }
                seen.push(next);
                at = self.resolve(next)?;
            } else if is_wrapper(at) {
                at = &at["allOf"][0];
            } else {
                break;
            }
        }
        self.schema(target)
    }

    /// Returns an error if an array's items are, through arrays alone, the array itself.
    pub(super) fn check_arrays(&self) -> Result<()> {
        for (reference, known) in &self.known {
            let mut at = known.node;
            let mut steps = 0;
            while let Node::Array(items) | Node::Map(items) = &self.nodes[at] {
                at = items.node;
                steps += 1;
                if steps > self.nodes.len() {
                    return Err(circle(reference));
                }
            }
        }
        Ok(())
    }

    fn node(&mut self, schema: &'a Value) -> Result<Node> {
        self.note_unread(schema);
        let kinds = schema["oneOf"]
            .as_array()
            .or_else(|| schema["anyOf"].as_array());
        if let Some(kinds) = kinds {
            return self.one_of(kinds);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.all_of(schema, parts);
        }
        if schema["properties"].is_object() {
            return self.object(schema);
        }
        let mut values: Vec<String> = items(schema, "enum")
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        // The order of values carries no meaning, and differs between versions.
        values.sort();
        values.dedup();
        Ok(match schema["type"].as_str() {
            Some("string") if !values.is_empty() => Node::Enum(values),
            Some("string") if schema["format"] == "password" => Node::Scalar(Scalar::Secret),
            Some("string") => Node::Scalar(Scalar::String),
            Some("integer") => Node::Scalar(Scalar::Integer),
            Some("number") => Node::Scalar(Scalar::Number),
            Some("boolean") => Node::Scalar(Scalar::Boolean),
            Some("array") => Node::Array(self.within("[]", &schema["items"])?),
            Some("object") | None if schema["additionalProperties"].is_object() => {
                let values = self.within("{}", &schema["additionalProperties"])?;
                match self.nodes[values.node] {
                    // A map of any value is the JSON object itself.
                    Node::Any => Node::Any,
                    _ => Node::Map(values),
                }
            }
            Some("object") => self.any("its schema names no fields"),
            None if schema.as_object().is_some_and(|schema| schema.is_empty()) => {
                self.any("its schema is empty")
            }
            found => {
                let reason = match found {
                    Some(unknown) => format!("the type {unknown:?} is not supported"),
                    None if schema["type"].is_array() => {
                        "a list of types is of OpenAPI 3.1, which is not supported".to_owned()
                    }
                    None => "its schema has no type".to_owned(),
                };
                self.any(&reason)
            }
        })
    }

    /// Reads the kinds of a `oneOf`.
    fn one_of(&mut self, kinds: &'a [Value]) -> Result<Node> {
        let mut named = BTreeMap::new();
        for kind in kinds {
            let node = self.within("oneOf", kind)?.node;
            match kind["$ref"]
                .as_str()
                .and_then(|reference| reference.rsplit('/').next())
            {
                Some(name) => {
                    named.insert(name.to_owned(), node);
                }
                None => self.note("dropped: a kind without a name, which no tag can state"),
            }
        }
        Ok(Node::OneOf(named))
    }

    /// Unites the parts of an `allOf` and the fields beside it.
    fn all_of(&mut self, schema: &'a Value, parts: &'a [Value]) -> Result<Node> {
        let own = schema["properties"]
            .is_object()
            .then(|| self.object(schema))
            .transpose()?;
        let mut nodes: Vec<Node> = own.into_iter().collect();
        for part in parts {
            let part = self.within("allOf", part)?.node;
            nodes.push(self.nodes[part].clone());
        }
        let mut all: BTreeMap<String, Property> = BTreeMap::new();
        for node in nodes {
            let Node::Object(properties) = node else {
                return Ok(self.any("a part of its `allOf` is not an object"));
            };
            for (name, mut property) in properties {
                if let Some(known) = all.get(&name) {
                    property.required |= known.required;
                    if !self.agree(known.schema.node, property.schema.node) {
                        self.place.push(name.clone());
                        let any = self.any("the parts of the `allOf` give it different schemas");
                        self.place.pop();
                        property.schema.node = self.add(any);
                    }
                }
                all.insert(name, property);
            }
        }
        for name in items(schema, "required").filter_map(Value::as_str) {
            if let Some(property) = all.get_mut(name) {
                property.required = true;
            }
        }
        Ok(Node::Object(all))
    }

    /// Returns `true` if two schemas are the same, as far as one look finds out.
    fn agree(&self, one: NodeId, other: NodeId) -> bool {
        match (&self.nodes[one], &self.nodes[other]) {
            _ if one == other => true,
            (Node::Scalar(one), Node::Scalar(other)) => one == other,
            (Node::Enum(one), Node::Enum(other)) => one == other,
            _ => false,
        }
    }

    fn object(&mut self, schema: &'a Value) -> Result<Node> {
        if schema["additionalProperties"].is_object() {
            self.note("dropped: fields other than those that its schema names");
        }
        let required: Vec<&str> = items(schema, "required")
            .filter_map(Value::as_str)
            .collect();
        let mut read = BTreeMap::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let schema = self
                .within(name, property)
                .with_context(|| format!("property {name}"))?;
            let required = required.contains(&name.as_str());
            read.insert(name.clone(), Property { schema, required });
        }
        Ok(Node::Object(read))
    }

    /// Reads a schema within the one that is read.
    fn within(&mut self, step: &str, schema: &'a Value) -> Result<SchemaRef> {
        self.place.push(step.to_owned());
        // A schema that only wraps another one is read here alone.
        self.note_unread(schema);
        let read = self.schema(schema);
        self.place.pop();
        read
    }

    /// Notes what of a schema is dropped, whatever its form.
    fn note_unread(&mut self, schema: &Value) {
        self.note_unknown(schema, Kind::Schema);
        if schema["deprecated"] == true {
            self.note("dropped: `deprecated`, which is supported for operations alone");
        }
        let has_kinds = schema["oneOf"].is_array() || schema["anyOf"].is_array();
        if has_kinds && (schema["properties"].is_object() || schema["allOf"].is_array()) {
            self.note("dropped: the fields beside a `oneOf`");
        }
    }

    /// Returns the node of a place that becomes a raw JSON value.
    pub(super) fn any(&mut self, reason: &str) -> Node {
        self.note(&format!("becomes a raw JSON value: {reason}"));
        Node::Any
    }

    /// Notes the keywords of an object that are dropped.
    pub(super) fn note_unknown(&mut self, object: &Value, kind: Kind) {
        for keyword in keywords::unknown(object, kind) {
            self.note(&format!(
                "dropped: the keyword `{keyword}`, which is not supported"
            ));
        }
    }

    /// Notes what is dropped at the place that is read.
    pub(super) fn note(&mut self, what: &str) {
        let note = format!("{}: {what}", self.place.join("."));
        self.notes.push(note);
    }

    pub(super) fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(super) fn follow(&self, mut value: &'a Value) -> Result<&'a Value> {
        let mut seen = Vec::new();
        while let Some(reference) = value["$ref"].as_str() {
            if seen.contains(&reference) {
                return Err(circle(reference));
            }
            seen.push(reference);
            value = self.resolve(reference)?;
        }
        Ok(value)
    }

    fn resolve(&self, reference: &str) -> Result<&'a Value> {
        reference
            .strip_prefix('#')
            .and_then(|pointer| self.document.pointer(pointer))
            .with_context(|| {
                format!(
                    "`$ref` {reference} does not resolve: download the document again, or report it upstream"
                )
            })
    }
}

fn circle(reference: &str) -> anyhow::Error {
    anyhow!(
        "`$ref` {reference} refers only to itself: the document must give it a schema; report it upstream"
    )
}

/// Returns `true` if a schema is only an `allOf` around one other.
fn is_wrapper(schema: &Value) -> bool {
    schema["allOf"]
        .as_array()
        .is_some_and(|parts| parts.len() == 1)
        // Fields beside the `allOf` are a part of their own.
        && ["properties", "required"]
            .iter()
            .all(|key| schema.get(key).is_none())
}

/// Returns the items of an array under a key, or none.
pub(super) fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[key].as_array().into_iter().flatten()
}
