//! Compares types, and the fields of them that single operations return.

use std::collections::BTreeSet;

use super::changes::{Changes, zipped};
use super::fields::{compare_inputs, compare_response};
use crate::diff::api_model::{ApiModel, Operation, Type, TypeKind};
use crate::diff::severity::Kind;
use crate::naming::inflect::singular;
use crate::naming::reserved::identifier;

pub(super) fn types(old: &ApiModel, new: &ApiModel, changes: &mut Changes<'_>) {
    let codes = old.codes.values().chain(new.codes.values());
    let details: BTreeSet<&String> = codes.flatten().collect();
    for (type_name, before, after) in zipped(&old.types, &new.types) {
        let module = match details.contains(type_name) {
            true => "error_codes",
            false => "types",
        };
        let name = format!("{module}::{type_name}");
        match (before, after) {
            (None, Some(_)) => changes.add(Kind::TypeAdded, name, "new"),
            (Some(_), None) => changes.add(Kind::TypeRemoved, name, "gone"),
            (Some(was), Some(now)) => one_type(&name, was, now, changes),
            (None, None) => {}
        }
    }
    // A type can keep a field that one operation no longer returns.
    for (id, operation) in &new.operations {
        let Some(before) = old.operations.get(id) else {
            continue;
        };
        let in_both = |(type_name, field): &(String, String)| {
            let has = |model: &ApiModel| match model.types.get(type_name).map(|of| &of.kind) {
                Some(TypeKind::Object(fields)) => fields.contains_key(field),
                _ => false,
            };
            has(old) && has(new)
        };
        // If an operation begins or ceases to return a type, a change of its own fields covers that.
        let returns = |operation: &Operation, type_name: &String| {
            operation.returned.iter().any(|(name, _)| name == type_name)
        };
        let moved = |from: &Operation, to: &Operation| -> Vec<(String, String)> {
            to.returned
                .difference(&from.returned)
                .filter(|pair| in_both(pair) && returns(from, &pair.0))
                .cloned()
                .collect()
        };
        for (type_name, field) in moved(before, operation) {
            let name = format!("types::{type_name}.{}", identifier(&field));
            let what = "is answered where it was not".to_owned();
            changes.add_in(Kind::FieldAnswered, name, what, &operation.name);
        }
        for (type_name, field) in moved(operation, before) {
            let name = format!("types::{type_name}.{}", identifier(&field));
            let what = "is no longer answered".to_owned();
            changes.add_in(Kind::FieldWithheld, name, what, &operation.name);
        }
    }
}

fn one_type(name: &str, old: &Type, new: &Type, changes: &mut Changes<'_>) {
    match (&old.kind, &new.kind) {
        (TypeKind::Object(was), TypeKind::Object(now)) => {
            for (was_so, is_so, way) in [
                (old.sent, new.sent, "sent"),
                (old.received, new.received, "received"),
            ] {
                match (was_so, is_so) {
                    (false, true) => {
                        let reshapes = way == "sent" && was.values().any(|field| !field.certain());
                        changes.add(
                            Kind::TypeGainsWay { reshapes },
                            name,
                            format!("is {way} as well now"),
                        );
                    }
                    (true, false) => {
                        changes.add(Kind::TypeLosesWay, name, format!("is no longer {way}"));
                    }
                    _ => {}
                }
            }
            if old.sent || new.sent {
                compare_inputs(name, was, now, changes);
            }
            if old.received || new.received {
                compare_response(name, was, now, changes);
            }
        }
        (TypeKind::Enum(was), TypeKind::Enum(now)) => {
            let sent = old.sent;
            for value in now.difference(was) {
                let name = format!("{name}::{}", changes.variant(name, value));
                changes.add(
                    Kind::ValueAdded,
                    name,
                    format!("new value `{value}`, which was `Unknown`"),
                );
            }
            for value in was.difference(now) {
                let name = format!("{name}::{}", changes.variant(name, value));
                changes.add(
                    Kind::ValueRemoved { sent },
                    name,
                    format!("gone: the value `{value}`"),
                );
            }
        }
        (TypeKind::Lookup(was), TypeKind::Lookup(now)) => {
            for key in now.difference(was) {
                changes.add(
                    Kind::KeyAdded,
                    format!("{name}::{}(…)", identifier(key)),
                    "a new way to name it",
                );
            }
            for key in was.difference(now) {
                changes.add(
                    Kind::KeyRemoved,
                    format!("{name}::{}(…)", identifier(key)),
                    "no longer a way to name it",
                );
            }
        }
        (TypeKind::Polymorph(was), TypeKind::Polymorph(now)) => {
            for kind in now.difference(was) {
                changes.add(
                    Kind::PolymorphGains,
                    name,
                    format!("can be a {} now", singular(kind)),
                );
            }
            for kind in was.difference(now) {
                changes.add(
                    Kind::PolymorphLoses,
                    name,
                    format!("can no longer be a {}", singular(kind)),
                );
            }
        }
        (was, now) => {
            let word = |kind: &TypeKind| match kind {
                TypeKind::Object(_) => "an object",
                TypeKind::Enum(_) => "an enumeration",
                TypeKind::Lookup(_) => "a lookup",
                TypeKind::Polymorph(_) => "a value of several kinds",
            };
            let what = format!("was {} and is {} now", word(was), word(now));
            changes.add(Kind::TypeReshaped, name, what);
        }
    }
}
