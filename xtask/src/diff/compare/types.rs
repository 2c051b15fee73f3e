//! Types held against each other, and what single operations answer of them.

use super::fields::{inputs, response};
use super::{Changes, zipped};
use crate::diff::api_model::{Operation, Shape, Surface, Type, variant};
use crate::diff::severity::Kind;
use crate::naming::inflect::singular;
use crate::naming::reserved::identifier;

pub(super) fn types(old: &Surface, new: &Surface, changes: &mut Changes) {
    for (type_name, before, after) in zipped(&old.types, &new.types) {
        let name = format!("types::{type_name}");
        match (before, after) {
            (None, Some(_)) => changes.add(Kind::TypeAdded, name, "new"),
            (Some(_), None) => changes.add(Kind::TypeRemoved, name, "gone"),
            (Some(was), Some(now)) => one_type(&name, was, now, changes),
            (None, None) => {}
        }
    }
    // What single operations answer of types that are in both.
    for (id, operation) in &new.operations {
        let Some(before) = old.operations.get(id) else {
            continue;
        };
        let in_both = |(type_name, field): &(String, String)| {
            let has = |surface: &Surface| match surface.types.get(type_name).map(|of| &of.shape) {
                Some(Shape::Object(fields)) => fields.contains_key(field),
                _ => false,
            };
            has(old) && has(new)
        };
        // Where all of a type came or went, the operation's own fields say so.
        let knows = |operation: &Operation, type_name: &String| {
            operation.answers.iter().any(|(name, _)| name == type_name)
        };
        let moved = |from: &Operation, to: &Operation| -> Vec<(String, String)> {
            to.answers
                .difference(&from.answers)
                .filter(|pair| in_both(pair) && knows(from, &pair.0))
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

fn one_type(name: &str, old: &Type, new: &Type, changes: &mut Changes) {
    match (&old.shape, &new.shape) {
        (Shape::Object(was), Shape::Object(now)) => {
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
                inputs(name, was, now, changes);
            }
            if old.received || new.received {
                response(name, was, now, changes);
            }
        }
        (Shape::Enum(was), Shape::Enum(now)) => {
            let sent = old.sent;
            for value in now.difference(was) {
                let name = format!("{name}::{}", variant(value));
                changes.add(
                    Kind::ValueAdded,
                    name,
                    format!("new value `{value}`, which was `Unknown`"),
                );
            }
            for value in was.difference(now) {
                let name = format!("{name}::{}", variant(value));
                changes.add(
                    Kind::ValueRemoved { sent },
                    name,
                    format!("gone: the value `{value}`"),
                );
            }
        }
        (Shape::Lookup(was), Shape::Lookup(now)) => {
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
        (Shape::Polymorph(was), Shape::Polymorph(now)) => {
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
            let word = |shape: &Shape| match shape {
                Shape::Object(_) => "an object",
                Shape::Enum(_) => "an enumeration",
                Shape::Lookup(_) => "a lookup",
                Shape::Polymorph(_) => "a value of several kinds",
            };
            let what = format!("was {} and is {} now", word(was), word(now));
            changes.add(Kind::TypeReshaped, name, what);
        }
    }
}
