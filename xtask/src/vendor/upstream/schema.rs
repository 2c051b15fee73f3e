//! Reads schemas into a graph: references are followed, and `allOf` is merged.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::graph::{Node, NodeId, Property, Scalar, SchemaRef};

/// Reads schemas into a graph.
pub(super) struct SchemaReader<'a> {
    document: &'a Value,
    pub(super) nodes: Vec<Node>,
    /// Schemas that are read or being read, by their reference, so that a cycle ends.
    known: BTreeMap<String, SchemaRef>,
}

impl<'a> SchemaReader<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self {
            document,
            nodes: Vec::new(),
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
            self.nodes[known.node] = self.node(target)?;
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
            while let Node::Array(items) = &self.nodes[at] {
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
        if let Some(kinds) = schema["oneOf"]
            .as_array()
            .or_else(|| schema["anyOf"].as_array())
        {
            // Read for its errors alone: a reference that does not resolve must not go unnoticed.
            for kind in kinds {
                self.schema(kind)?;
            }
            let names = kinds.iter().filter_map(|kind| kind["$ref"].as_str());
            let names = names.filter_map(|reference| reference.rsplit('/').next());
            return Ok(Node::OneOf(names.map(str::to_owned).collect()));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = BTreeMap::new();
            for part in parts {
                let part = self.schema(part)?.node;
                match &self.nodes[part] {
                    Node::Object(properties) => all.extend(properties.clone()),
                    _ => return Ok(Node::Any),
                }
            }
            return Ok(Node::Object(all));
        }
        if let Some(properties) = schema["properties"].as_object() {
            let required: Vec<&str> = items(schema, "required")
                .filter_map(Value::as_str)
                .collect();
            let mut read = BTreeMap::new();
            for (name, property) in properties {
                let schema = self
                    .schema(property)
                    .with_context(|| format!("property {name}"))?;
                let required = required.contains(&name.as_str());
                read.insert(name.clone(), Property { schema, required });
            }
            return Ok(Node::Object(read));
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
            Some("string") => Node::Scalar(Scalar::String),
            Some("integer") => Node::Scalar(Scalar::Integer),
            Some("number") => Node::Scalar(Scalar::Number),
            Some("boolean") => Node::Scalar(Scalar::Boolean),
            Some("array") => Node::Array(self.schema(&schema["items"])?),
            _ => Node::Any,
        })
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
}

/// Returns the items of an array under a key, or none.
pub(super) fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[key].as_array().into_iter().flatten()
}
