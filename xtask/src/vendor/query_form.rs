//! The forms of query parameters with brackets: `virtual_machine[id]`, `filter[min]`, `annotations[][key]`, `ids[]`.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use crate::vendor::upstream::{Node, Property, QueryParam, REMEDY, Scalar, SchemaRef, Upstream};

/// The parameters of one name.
#[derive(Debug)]
pub(super) enum QueryForm {
    /// `name`: one value.
    Value(SchemaRef),
    /// `name[]`: an array.
    Array(SchemaRef),
    /// `name[key]`, of which a request has exactly one.
    Lookup(BTreeMap<String, Scalar>),
    /// `name[key]`, of which a request can have several.
    Object(BTreeMap<String, Property>),
    /// `name[][key]`: an array of objects.
    Objects(BTreeMap<String, Property>),
}

/// A name without brackets, and the parameters with it: the rest of their names, and themselves.
pub(super) type Group<'a> = (&'a str, Vec<(&'a str, &'a QueryParam)>);

/// Groups parameters by the name before the brackets.
pub(super) fn groups(parameters: &[QueryParam]) -> BTreeMap<&str, Vec<(&str, &QueryParam)>> {
    let mut groups: BTreeMap<&str, Vec<(&str, &QueryParam)>> = BTreeMap::new();
    for parameter in parameters {
        let at = parameter.name.find('[').unwrap_or(parameter.name.len());
        let (base, keys) = parameter.name.split_at(at);
        groups.entry(base).or_default().push((keys, parameter));
    }
    groups
}

/// The kind of parameter that `names.yaml` has a name for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Known {
    Lookup,
    Object,
}

/// Returns the form of a group.
pub(super) fn form(
    upstream: &Upstream,
    path: &str,
    known: Option<Known>,
    (base, parameters): &Group<'_>,
) -> Result<QueryForm> {
    let mut keyed = BTreeMap::new();
    let mut of_items = BTreeMap::new();
    let mut whole = None;
    for (keys, parameter) in parameters {
        let Some(keys) = segments(keys) else {
            bail!(
                "parameter {}: its brackets are not in pairs: {REMEDY}",
                parameter.name
            );
        };
        let schema = parameter.schema;
        let property = |schema| Property {
            schema,
            required: parameter.required,
        };
        let items = match &upstream.nodes[schema.node] {
            Node::Array(items) => *items,
            _ => schema,
        };
        match keys.as_slice() {
            [] => whole = Some(QueryForm::Value(schema)),
            [""] => whole = Some(QueryForm::Array(items)),
            [key] | [key, ""] => {
                keyed.insert((*key).to_owned(), property(schema));
            }
            // An item has all its keys, or the server could not find out where the next one begins.
            ["", key] => {
                let schema = items;
                let required = true;
                of_items.insert((*key).to_owned(), Property { schema, required });
            }
            _ => bail!(
                "parameter {}: brackets within brackets are not supported: {REMEDY}",
                parameter.name
            ),
        }
    }
    match (whole, keyed.is_empty(), of_items.is_empty()) {
        (Some(whole), true, true) => Ok(whole),
        (None, true, false) => Ok(QueryForm::Objects(of_items)),
        (None, false, true) if is_array_of_objects(upstream, base, &keyed) => {
            keyed
                .values_mut()
                .for_each(|property| property.required = true);
            Ok(QueryForm::Objects(keyed))
        }
        (None, false, true) => {
            let keys = lookup_keys(upstream, &keyed);
            // A lookup names the object of a path, or has an id among its keys.
            let names_object = match known {
                Some(known) => known == Known::Lookup,
                None => keyed.contains_key("id") || path.split('/').any(|noun| noun == *base),
            };
            Ok(match keys.filter(|_| names_object) {
                Some(keys) => QueryForm::Lookup(keys),
                None => QueryForm::Object(keyed),
            })
        }
        _ => bail!("parameter {base} is written in several forms: {REMEDY}"),
    }
}

/// Splits `[a][b]` into its keys. `None` if the brackets are not in pairs.
fn segments(keys: &str) -> Option<Vec<&str>> {
    if keys.is_empty() {
        return Some(Vec::new());
    }
    let keys = keys.strip_prefix('[')?.strip_suffix(']')?;
    let keys: Vec<&str> = keys.split("][").collect();
    let is_clean = keys.iter().all(|key| !key.contains(['[', ']']));
    is_clean.then_some(keys)
}

/// Returns the types of a lookup's keys, or `None` if a key has another type than a text or an integer.
pub(super) fn lookup_keys(
    upstream: &Upstream,
    fields: &BTreeMap<String, Property>,
) -> Option<BTreeMap<String, Scalar>> {
    let scalar = |field: &Property| match &upstream.nodes[field.schema.node] {
        Node::Scalar(scalar @ (Scalar::String | Scalar::Integer)) => Some(*scalar),
        Node::Enum(_) => Some(Scalar::String),
        _ => None,
    };
    fields
        .iter()
        .map(|(name, field)| Some((name.clone(), scalar(field)?)))
        .collect()
}

/// Returns `true` if the document has an array of objects with these keys under the name: some documents write the keys
/// of an array's objects like those of a lookup.
fn is_array_of_objects(upstream: &Upstream, base: &str, keys: &BTreeMap<String, Property>) -> bool {
    let objects = upstream.nodes.iter().filter_map(|node| match node {
        Node::Object(fields) => fields.get(base),
        _ => None,
    });
    let mut items = objects.filter_map(|field| match &upstream.nodes[field.schema.node] {
        Node::Array(items) => Some(&upstream.nodes[items.node]),
        _ => None,
    });
    items.any(|item| matches!(item, Node::Object(fields) if keys.keys().eq(fields.keys())))
}
