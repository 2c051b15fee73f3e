//! Compares the wire operation by operation and place by place. A type has the fields of all its places, so the comparison
//! of types does not see what one place loses.

use std::collections::{BTreeMap, BTreeSet};

use katapult_openapi::Schema;

use super::changes::Changes;
use crate::diff::input::Source;
use crate::diff::severity::Kind;
use crate::naming::case::snake;
use crate::naming::reserved::identifier;

/// A place of an operation: a field of its query, its body or its response.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// The type on the wire: `string`, `array`, `lookup`.
    form: String,
    /// `true` if it is always there.
    certain: bool,
}

type Places = BTreeMap<String, Place>;

/// Adds what a program that runs now meets at single places, where no change of a type covers it.
pub(super) fn places(old: &Source, new: &Source, changes: &mut Changes<'_>) {
    for (id, before) in &old.document.operations {
        let Some(after) = new.document.operations.get(id) else {
            continue;
        };
        let (before, after) = (&before.spec, &after.spec);
        let (resource, action) = (
            identifier(&before.resource),
            identifier(&snake(&before.action)),
        );
        let name = format!("{resource}().{action}(…)");
        let deep = |schema: Option<Schema<'_>>| {
            let mut places = Places::new();
            if let Some(schema) = schema {
                walk(schema, "", true, &mut Vec::new(), &mut places);
            }
            places
        };
        let inputs = |operation: &katapult_openapi::Operation| {
            let mut places = deep(operation.request_body());
            places = places
                .into_iter()
                .map(|(at, place)| (format!("body{at}"), place))
                .collect();
            for parameter in &operation.parameters {
                if let Some(schema) = operation.parameter(&parameter.name) {
                    let place = place(schema, parameter.required);
                    places.insert(format!("query.{}", parameter.name), place);
                }
            }
            places
        };
        sent(&name, &inputs(before), &inputs(after), changes);
        if before.response().is_none() || after.response().is_none() {
            continue; // a change of the form covers it
        }
        received(
            &name,
            &deep(before.response()),
            &deep(after.response()),
            changes,
        );
        if before.status != after.status {
            let what = format!(
                "answers {} now, and answered {}",
                after.status, before.status
            );
            changes.add(Kind::PlaceReceived, &name, what);
        }
    }
}

/// Adds the places of a schema. Objects that contain themselves are walked once.
fn walk<'a>(
    schema: Schema<'a>,
    at: &str,
    certain: bool,
    within: &mut Vec<&'a str>,
    places: &mut Places,
) {
    if !at.is_empty() {
        places.insert(at.to_owned(), place(schema, certain));
    }
    if let Some(name) = schema.name() {
        if within.contains(&name) {
            return;
        }
        within.push(name);
    }
    if let Some(items) = schema.items() {
        walk(items, &format!("{at}[]"), true, within, places);
    }
    if !schema.is_lookup() && !schema.is_tagged_union() {
        let required: BTreeSet<&str> = schema.required().collect();
        for (name, field) in schema.properties() {
            // Responses are checked for the ids of their objects, whether the document requires them or not.
            let certain = required.contains(name) || name == "id";
            walk(field, &format!("{at}.{name}"), certain, within, places);
        }
    }
    if schema.name().is_some() {
        within.pop();
    }
}

fn place(schema: Schema<'_>, required: bool) -> Place {
    let form = if schema.is_lookup() {
        "a lookup".to_owned()
    } else if schema.is_tagged_union() {
        "a value of several kinds".to_owned()
    } else {
        schema
            .schema_type()
            .map_or("any JSON".to_owned(), |of| format!("{of:?}").to_lowercase())
    };
    Place {
        form,
        certain: required && !schema.is_nullable(),
    }
}

/// Compares what a program sends: it fails if a place is gone, new and required, or of another form.
fn sent(name: &str, old: &Places, new: &Places, changes: &mut Changes<'_>) {
    let mut add = |at: &str, what: String| {
        changes.add(Kind::PlaceSent, name, format!("{at} {what}"));
    };
    for (at, was) in old {
        let Some(now) = new.get(at) else {
            let moved = |other: &String| !old.contains_key(other) && last(other) == last(at);
            // The API ignores what it does not know, so what is only gone does no harm.
            if was.certain || new.keys().any(moved) {
                add(at, "is no longer read".to_owned());
            }
            continue;
        };
        if was.form != now.form {
            add(at, format!("was {} and is {} now", was.form, now.form));
        }
        if !was.certain && now.certain {
            add(at, "must be given now".to_owned());
        }
    }
    for (at, now) in new {
        if now.certain && !old.contains_key(at) && !parent_is_new(at, old) {
            add(at, "is new and must be given".to_owned());
        }
    }
}

/// Compares what a program receives: it fails if a place that was always there is not, or is of another form.
fn received(name: &str, old: &Places, new: &Places, changes: &mut Changes<'_>) {
    let mut add = |at: &str, what: String| {
        changes.add(Kind::PlaceReceived, format!("{name} → response{at}"), what);
    };
    for (at, was) in old {
        match new.get(at) {
            None if was.certain && !parent_is_new(at, new) => {
                add(at, "is no longer answered".to_owned())
            }
            None => {}
            Some(now) if was.form != now.form => {
                add(at, format!("was {} and is {} now", was.form, now.form));
            }
            Some(now) if was.certain && !now.certain => {
                add(at, "can be missing or null now".to_owned());
            }
            Some(_) => {}
        }
    }
}

/// Returns the field that a place ends with.
fn last(at: &str) -> &str {
    at.rsplit('.').next().unwrap_or(at)
}

/// Returns `true` if the object or list around a place is not in `places`: then a change of that one covers it.
fn parent_is_new(at: &str, places: &Places) -> bool {
    let parent = at
        .strip_suffix("[]")
        .or_else(|| at.rsplit_once('.').map(|(parent, _)| parent));
    match parent {
        None | Some("" | "body" | "query") => false,
        Some(parent) => !places.contains_key(parent),
    }
}
