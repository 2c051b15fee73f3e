//! Compares inputs and responses field by field.

use std::collections::BTreeMap;

use super::changes::{Changes, zipped};
use crate::diff::api_model::Field;
use crate::diff::severity::Kind;
use crate::naming::reserved::identifier;

/// Compares the inputs of an operation, or the fields of an object that is sent.
pub(super) fn compare_inputs(
    name: &str,
    old: &BTreeMap<String, Field>,
    new: &BTreeMap<String, Field>,
    changes: &mut Changes<'_>,
) {
    for (input, before, after) in zipped(old, new) {
        let name = format!("{name}.{}", identifier(input));
        let must = |field: &Field| if field.required { "must" } else { "can" };
        let (was, now) = match (before, after) {
            (None, Some(now)) => {
                let kind = Kind::InputAdded {
                    required: now.required,
                };
                changes.add(
                    kind,
                    name,
                    format!("new, {} be given: {}", must(now), now.ty),
                );
                continue;
            }
            (Some(was), None) => {
                let kind = Kind::InputRemoved {
                    required: was.required,
                };
                changes.add(kind, name, format!("gone, could be given: {}", was.ty));
                continue;
            }
            (Some(was), Some(now)) => (was, now),
            (None, None) => continue,
        };
        if was.ty != now.ty {
            changes.add(
                Kind::InputTyped,
                &name,
                format!("was {} and is {} now", was.ty, now.ty),
            );
        }
        match (was.required, now.required) {
            (false, true) => changes.add(Kind::InputNowRequired, &name, "must be given now"),
            (true, false) => changes.add(Kind::InputNowOptional, &name, "need not be given now"),
            _ => {}
        }
        if was.required != now.required {
            continue; // `null` means another thing now, which the change above covers
        }
        let required = was.required;
        match (was.nullable, now.nullable) {
            (false, true) => {
                changes.add(Kind::InputNullable { required }, &name, "can be null now")
            }
            (true, false) => {
                changes.add(
                    Kind::InputNotNullable { required },
                    &name,
                    "can no longer be null",
                );
            }
            _ => {}
        }
    }
}

/// Compares the fields of a response, or of an object that is received.
pub(super) fn compare_response(
    name: &str,
    old: &BTreeMap<String, Field>,
    new: &BTreeMap<String, Field>,
    changes: &mut Changes<'_>,
) {
    for (field, before, after) in zipped(old, new) {
        let name = format!("{name}.{}", identifier(field));
        let (was, now) = match (before, after) {
            (None, Some(now)) => {
                changes.add(Kind::FieldAdded, name, format!("new: {}", now.ty));
                continue;
            }
            (Some(was), None) => {
                // The generated code has an empty `id` for a missing one, so the field is no `Option`.
                let certain = was.certain() && field != "id";
                changes.add(
                    Kind::FieldRemoved { certain },
                    name,
                    format!("gone: {}", was.ty),
                );
                continue;
            }
            (Some(was), Some(now)) => (was, now),
            (None, None) => continue,
        };
        if was.ty != now.ty {
            changes.add(
                Kind::FieldTyped,
                &name,
                format!("was {} and is {} now", was.ty, now.ty),
            );
        }
        match (was.certain(), now.certain()) {
            _ if field == "id" && !was.nullable && !now.nullable => {}
            (true, false) => {
                changes.add(Kind::FieldNowUncertain, &name, "can be missing or null now")
            }
            (false, true) => changes.add(Kind::FieldNowCertain, &name, "is always there now"),
            _ => {}
        }
    }
}
