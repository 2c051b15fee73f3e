//! The types of the pinned places: what a first pass over the documents learns, before anything new is named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::vendor::model::Direction;
use crate::vendor::upstream::{Node, NodeId, Property, Scalar, SchemaRef, Upstream};

/// The names that are in use, and the schemas that they stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// The type of each schema, by API, schema and direction. A document is a different set of schemas.
    pub(super) by_schema: HashMap<(&'static str, NodeId, Direction), String>,
    /// The schemas of each request type, with the number of places.
    requests: BTreeMap<String, Vec<(RequestSchema, usize)>>,
    /// The kinds of object of each response type, with the number of places.
    responses: BTreeMap<String, Vec<(Fields, usize)>>,
    /// The names of types in use.
    pub(super) used: BTreeSet<String>,
    /// The pins in use, as section and key.
    pub(super) used_pins: BTreeSet<(&'static str, String)>,
}

/// A request schema in a form that can be compared: recursive, and without names of components.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RequestSchema {
    required: usize,
    text: String,
}

/// The fields of an object, each with the letter of its JSON type; `None` where it can be any value.
pub(crate) type Fields = BTreeMap<String, Option<char>>;

impl Survey {
    /// Records a place of a request type.
    pub(super) fn add_request(&mut self, type_name: &str, schema: &RequestSchema) {
        let known = self.requests.entry(type_name.to_owned()).or_default();
        match known.iter_mut().find(|(other, _)| other == schema) {
            Some((_, count)) => *count += 1,
            None => known.push((schema.clone(), 1)),
        }
    }

    /// Records a place of a response type.
    pub(super) fn add_response(&mut self, type_name: &str, fields: &Fields) {
        let known = self.responses.entry(type_name.to_owned()).or_default();
        match known
            .iter_mut()
            .find(|(other, _)| is_same_kind(other, fields))
        {
            Some((other, count)) => {
                other.extend(fields.clone());
                *count += 1;
            }
            None => known.push((fields.clone(), 1)),
        }
    }

    /// Returns the schema that a request type stands for. If its places disagree, it is that of most places, and of
    /// equally many the one that requires least: a document more often begins to require a field than it ceases to.
    pub(super) fn request(&self, type_name: &str) -> Option<&RequestSchema> {
        let known = self.requests.get(type_name)?.iter();
        let best = known.min_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        best.map(|(schema, _)| schema)
    }

    /// Returns the fields of the objects that a response type stands for: those of most places.
    pub(super) fn response(&self, type_name: &str) -> Option<&Fields> {
        let known = self.responses.get(type_name)?.iter();
        let best = known.min_by_key(|(_, count)| usize::MAX - count);
        best.map(|(fields, _)| fields)
    }
}

/// Returns `true` if two objects can be projections of one kind: no field differs in type, and they have a field in
/// common besides the id.
pub(super) fn is_same_kind(one: &Fields, other: &Fields) -> bool {
    let agree = one.iter().all(|(name, one)| {
        let other = other.get(name).copied().flatten();
        one.is_none() || other.is_none() || *one == other
    });
    let only_id = |fields: &Fields| fields.keys().all(|name| name == "id");
    let common = one
        .keys()
        .any(|name| name != "id" && other.contains_key(name));
    agree && (common || only_id(one) || only_id(other))
}

/// Returns the fields of an object with their JSON types.
pub(super) fn fields(upstream: &Upstream, properties: &BTreeMap<String, Property>) -> Fields {
    let read = properties.iter();
    read.map(|(name, property)| (name.clone(), letter(upstream, property.schema.node)))
        .collect()
}

fn letter(upstream: &Upstream, node: NodeId) -> Option<char> {
    Some(match &upstream.nodes[node] {
        Node::Object(_) => 'o',
        Node::Map(_) => 'm',
        Node::Array(_) => 'a',
        Node::Enum(_) => 'e',
        Node::Scalar(scalar) => scalar_letter(*scalar),
        Node::OneOf(_) | Node::Any => return None,
    })
}

fn scalar_letter(scalar: Scalar) -> char {
    match scalar {
        // Whether a text is secret distinguishes no types.
        Scalar::String | Scalar::Secret => 's',
        Scalar::Integer => 'i',
        Scalar::Number => 'n',
        Scalar::Boolean => 'b',
    }
}

/// Returns the schema of an object in a request. `is_lookup` distinguishes lookups, whose keys are the same everywhere.
pub(super) fn request_schema(
    upstream: &Upstream,
    properties: &BTreeMap<String, Property>,
    is_lookup: &dyn Fn(&str, &BTreeMap<String, Property>) -> bool,
) -> RequestSchema {
    let mut text = String::new();
    let mut open = Vec::new();
    Writer {
        upstream,
        is_lookup,
    }
    .object(properties, &mut open, &mut text);
    let required = properties.values().filter(|field| field.required).count();
    RequestSchema { required, text }
}

struct Writer<'a> {
    upstream: &'a Upstream,
    is_lookup: &'a dyn Fn(&str, &BTreeMap<String, Property>) -> bool,
}

impl Writer<'_> {
    fn object(
        &self,
        properties: &BTreeMap<String, Property>,
        open: &mut Vec<NodeId>,
        text: &mut String,
    ) {
        text.push('{');
        for (name, field) in properties {
            text.push_str(name);
            text.push(if field.required { '!' } else { ':' });
            self.schema(name, field.schema, open, text);
            text.push(',');
        }
        text.push('}');
    }

    fn schema(&self, name: &str, schema: SchemaRef, open: &mut Vec<NodeId>, text: &mut String) {
        if schema.nullable {
            text.push('?');
        }
        match &self.upstream.nodes[schema.node] {
            Node::Object(fields) if (self.is_lookup)(name, fields) => text.push_str("lookup"),
            Node::Object(fields) => {
                // An object that contains itself: the distance to it, since it has no name that would be stable.
                if let Some(depth) = open.iter().rev().position(|node| *node == schema.node) {
                    text.push_str(&format!("^{depth}"));
                    return;
                }
                open.push(schema.node);
                self.object(fields, open, text);
                open.pop();
            }
            Node::Array(items) => {
                text.push('[');
                self.schema(name, *items, open, text);
                text.push(']');
            }
            Node::Map(values) => {
                text.push('<');
                self.schema(name, *values, open, text);
                text.push('>');
            }
            Node::Enum(values) => text.push_str(&values.join("|")),
            Node::Scalar(scalar) => text.push(scalar_letter(*scalar)),
            Node::OneOf(names) => text.push_str(&format!("one of {}", names.len())),
            Node::Any => text.push('*'),
        }
    }
}
