//! Tagged unions: the corrections that state how the kinds of a `oneOf` are distinguished.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use crate::naming::case::pascal;
use crate::vendor::model::{Direction, Field, Model, ObjectId, Shape};

/// Makes tagged unions of the objects with a single field that is a `oneOf`. Returns the number of places.
pub(super) fn wrapped_unions(
    model: &mut Model,
    known: &BTreeMap<String, Vec<String>>,
) -> Result<usize> {
    let wrappers: BTreeMap<String, BTreeMap<String, String>> = model
        .objects
        .iter()
        .filter(|object| object.direction == Direction::Response && object.fields.len() == 1)
        .filter_map(|object| match &object.fields.values().next()?.value {
            Shape::OneOf(names) => {
                let known = known.get(&object.type_name).into_iter().flatten();
                let mut kinds: BTreeMap<String, String> =
                    known.map(|name| (name.clone(), pascal(name))).collect();
                // A kind that is new in the document is a variant too.
                for name in names {
                    let type_name = model.kind(name);
                    if !kinds.values().any(|known| *known == type_name) {
                        kinds.entry(name.clone()).or_insert(type_name);
                    }
                }
                Some((object.type_name.clone(), kinds))
            }
            _ => None,
        })
        .collect();
    let contains = |model: &Model, field: &Field, wrapper: &str| {
        model
            .object_of(innermost(&field.value))
            .is_some_and(|object| object.type_name == wrapper)
    };
    let mut count = 0;
    for (name, kinds) in wrappers {
        let objects = model
            .objects
            .iter()
            .map(|object| (&object.type_name, &object.fields));
        let responses = model
            .operations
            .iter()
            .filter_map(|(id, operation)| Some((id, operation.response.as_ref()?)));
        let at: Vec<String> = objects
            .chain(responses)
            .flat_map(|(owner, fields)| fields.iter().map(move |field| (owner, field)))
            .filter(|(_, (_, field))| contains(model, field, &name))
            .map(|(owner, (field, _))| format!("{owner}.{field}"))
            .collect();
        count += tagged_union(model, &name, &at, &kinds)?;
    }
    Ok(count)
}

/// Makes a tagged union of the fields `at`. Returns the number of places.
pub(super) fn tagged_union(
    model: &mut Model,
    name: &str,
    at: &[String],
    kinds: &BTreeMap<String, String>,
) -> Result<usize> {
    let mut found = BTreeMap::new();
    for (kind, type_name) in kinds {
        // All places share the variant, so it must decode the object with the most fields.
        let fullest = model
            .objects
            .iter()
            .enumerate()
            .filter(|(_, object)| {
                object.type_name == *type_name && object.direction == Direction::Response
            })
            .max_by_key(|(_, object)| object.fields.len());
        if let Some((id, _)) = fullest {
            found.insert(kind.clone(), id);
        }
    }
    let mut count = 0;
    let mut stated = Vec::new();
    let places =
        model
            .objects
            .iter_mut()
            .map(|object| (object.type_name.clone(), &mut object.fields))
            .chain(model.operations.iter_mut().filter_map(|(name, operation)| {
                Some((name.clone(), operation.response.as_mut()?))
            }));
    for (owner, fields) in places {
        for (field_name, field) in fields {
            if !at.contains(&format!("{owner}.{field_name}")) {
                continue;
            }
            let union = Box::new(Shape::Union(name.to_owned()));
            let value = match &field.value {
                Shape::Array(_) => Shape::Array(union),
                Shape::Map(_) => Shape::Map(union),
                _ => *union,
            };
            if field.value != value {
                if let Shape::OneOf(names) = innermost(&field.value) {
                    stated.extend(names.clone());
                }
                field.value = value;
                count += 1;
            }
        }
    }
    if count > 0 {
        if found.is_empty() {
            bail!(
                "tagged union {name}: the document has none of its types: change `kinds` to types of names.yaml"
            );
        }
        note_differences(model, name, &stated, kinds, &found);
        model.unions.insert(name.to_owned(), found);
    }
    Ok(count)
}

/// Notes the kinds that either the document or the correction lacks. `stated` are those of the document, by their schemas.
fn note_differences(
    model: &mut Model,
    union: &str,
    stated: &[String],
    kinds: &BTreeMap<String, String>,
    found: &BTreeMap<String, ObjectId>,
) {
    let types: BTreeSet<String> = stated.iter().map(|name| model.kind(name)).collect();
    let mut notes = Vec::new();
    for (kind, type_name) in kinds {
        if !found.contains_key(kind) {
            notes.push(format!(
                "{union}: dropped: the kind {kind}, since the document has no {type_name}"
            ));
        } else if !stated.is_empty() && !types.contains(type_name) {
            notes.push(format!(
                "{union}: the kind {kind} is in corrections.yaml alone"
            ));
        }
    }
    for type_name in types {
        if !kinds.values().any(|known| *known == type_name) {
            notes.push(format!(
                "{union}: dropped: the kind {type_name}: add it to `kinds` in corrections.yaml"
            ));
        }
    }
    model.notes.extend(notes);
}

/// Returns the shape of the items of lists and maps.
fn innermost(shape: &Shape) -> &Shape {
    let mut shape = shape;
    while let Shape::Array(items) | Shape::Map(items) = shape {
        shape = items;
    }
    shape
}
