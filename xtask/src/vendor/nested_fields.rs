//! Pins how objects are nested: inline, or boxed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::spec::boxed_fields::{BOXED, NestedField, boxed_fields};
use crate::spec::referred;

const INLINE: &str = "inline";
const PINNED_BOX: &str = "boxed";

/// Adds the new fields with an object to the pins, and the boxed ones to the documents.
pub(super) fn pin(pins: &mut BTreeMap<String, String>, documents: &mut [Value; 2]) {
    let fields: BTreeSet<NestedField> = documents.iter().flat_map(nested_fields).collect();
    let pinned = |how: &str| -> BTreeSet<String> {
        let pins = pins.iter().filter(|(_, pin)| *pin == how);
        pins.map(|(field, _)| field.clone()).collect()
    };
    let boxed = boxed_fields(&fields, &pinned(PINNED_BOX), &pinned(INLINE));
    for (field, _) in &fields {
        let how = if boxed.contains(field) {
            PINNED_BOX
        } else {
            INLINE
        };
        pins.insert(field.clone(), how.to_owned());
    }
    for document in documents {
        let own = nested_fields(document).into_iter();
        let own: BTreeSet<String> = own.map(|(field, _)| field).collect();
        let own: Vec<&String> = own.intersection(&boxed).collect();
        if !own.is_empty() {
            document[BOXED] = json!(own);
        }
    }
}

/// Returns the fields of a document's objects that have another object.
fn nested_fields(document: &Value) -> Vec<NestedField> {
    let schemas = &document["components"]["schemas"];
    let type_of = |component: &str| schemas[component]["x-katapult-type"].as_str();
    let mut found = Vec::new();
    for (component, schema) in schemas.as_object().into_iter().flatten() {
        let Some(owner) = type_of(component) else {
            continue;
        };
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(nested) = referred(field).and_then(type_of) {
                let types = (owner.to_owned(), nested.to_owned());
                found.push((format!("{owner}.{name}"), types));
            }
        }
    }
    found
}
