//! Mutations of documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A pseudorandom number generator, whose seed makes a failure reproducible.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// Returns JSON text with the keys of all objects and the items of all arrays in another order.
pub(crate) fn shuffled(value: &Value, dice: &mut Dice) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}:{}", json!(key), shuffled(value, dice)))
                .collect();
            dice.shuffle(&mut fields);
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| shuffled(item, dice)).collect();
            dice.shuffle(&mut items);
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// Calls `each` with all prose: summaries, descriptions and titles.
pub(crate) fn for_prose(value: &mut Value, each: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("summary" | "description" | "title", Value::String(text)) => each(text),
                    (_, value) => for_prose(value, each),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| for_prose(item, each)),
        _ => {}
    }
}

/// Renames all component schemas and responses but the kinds of tagged unions, in another order.
pub(crate) fn renamed(mut document: Value, dice: &mut Dice) -> Value {
    let kinds = union_kinds(&document);
    let mut names = BTreeMap::new();
    for kind in ["schemas", "responses"] {
        let Some(components) = document["components"][kind].as_object_mut() else {
            continue;
        };
        let mut numbers: Vec<usize> = (0..components.len()).collect();
        dice.shuffle(&mut numbers);
        let components_now = std::mem::take(components);
        for ((name, component), number) in components_now.into_iter().zip(numbers) {
            let of_union = kinds.contains(&format!("#/components/{kind}/{name}"));
            let new = match of_union {
                true => name.clone(),
                false => format!("Renamed{number}"),
            };
            names.insert(
                format!("#/components/{kind}/{name}"),
                format!("#/components/{kind}/{new}"),
            );
            components.insert(new, component);
        }
    }
    redirect(&mut document, &names);
    document
}

/// Returns the references to the kinds of tagged unions: a kind that occurs nowhere else has no other name.
fn union_kinds(document: &Value) -> BTreeSet<String> {
    let schemas = document["components"]["schemas"].as_object();
    let properties = schemas
        .into_iter()
        .flat_map(|schemas| schemas.values())
        .filter_map(|schema| schema["properties"].as_object())
        .flat_map(|properties| properties.values());
    let unions = properties.filter_map(|property| property["oneOf"].as_array());
    let references = unions.flatten().filter_map(|kind| kind["$ref"].as_str());
    references.map(str::to_owned).collect()
}

fn redirect(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("$ref", Value::String(reference)) => {
                        *reference = names[reference.as_str()].clone();
                    }
                    _ => redirect(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, names)),
        _ => {}
    }
}

/// Returns the number of random documents to try, from `XTASK_ROUNDS`. Default: 150.
pub(crate) fn rounds() -> u64 {
    std::env::var("XTASK_ROUNDS").map_or(150, |rounds| rounds.parse().expect("a number"))
}

/// Replaces one value of a document at random. Returns the document, and a description of the change.
pub(crate) fn broken(mut document: Value, dice: &mut Dice) -> (Value, String) {
    let mut places = Vec::new();
    find_places(&document, String::new(), &mut places);
    let place = places.swap_remove(dice.below(places.len()));
    let others = [
        json!(null),
        json!(-1),
        json!(true),
        json!(""),
        json!("9 &%"),
        json!([]),
        json!([{ "$ref": "#" }]),
        json!({}),
        json!({ "$ref": format!("#{place}") }),
        json!({ "allOf": [{ "$ref": format!("#{place}") }] }),
        json!({ "type": "array", "items": { "$ref": format!("#{place}") } }),
        json!({ "oneOf": [{ "$ref": format!("#{place}") }] }),
        json!({ "type": "object", "properties": { "a": { "$ref": format!("#{place}") } } }),
    ];
    let other = others[dice.below(others.len())].clone();
    let change = format!("{other} at {place}");
    *document.pointer_mut(&place).expect("a place") = other;
    (document, change)
}

fn find_places(value: &Value, at: String, places: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        find_places(value, format!("{at}/{key}"), places);
    }
    places.push(at);
}

/// Returns the fields of an object in a document, to be changed.
#[track_caller]
pub(crate) fn fields<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    document
        .pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .unwrap_or_else(|| panic!("no {pointer}"))
}
