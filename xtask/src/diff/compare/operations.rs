//! Compares operations: names, paths, scopes, error codes and roles.

use std::collections::BTreeSet;

use super::changes::{Changes, zipped};
use super::fields::{compare_inputs, compare_response};
use crate::diff::api_model::{ApiModel, Operation};
use crate::diff::severity::Kind;

pub(super) fn operations(old: &ApiModel, new: &ApiModel, changes: &mut Changes<'_>) {
    let states_scopes = |model: &ApiModel| {
        let mut operations = model.operations.values();
        operations.any(|operation| !operation.scopes.is_empty())
    };
    let compares_scopes = match (states_scopes(old), states_scopes(new)) {
        (false, true) => {
            changes.add(
                Kind::ScopesUnknown,
                "scopes",
                "the old document states none at all",
            );
            false
        }
        (true, false) => {
            changes.add(
                Kind::ScopesUnknown,
                "scopes",
                "the new document states none at all",
            );
            false
        }
        _ => true,
    };
    // An operation with another name but the same method and path is one change, not two.
    let mut renamed = BTreeSet::new();
    let mut both = Vec::new();
    for (id, operation) in &old.operations {
        if new.operations.contains_key(id) {
            continue;
        }
        let same = new.operations.iter().find(|(id, other)| {
            other.place == operation.place && !old.operations.contains_key(*id)
        });
        if let Some((id, other)) = same {
            renamed.insert(id);
            let what = format!("is called {} now", other.name);
            changes.add(Kind::OperationRenamed, &operation.name, what);
            both.push((operation, other));
        } else {
            let what = format!("gone: {}", operation.place);
            changes.add(Kind::OperationRemoved, &operation.name, what);
        }
    }
    for (id, operation) in &new.operations {
        match old.operations.get(id) {
            Some(before) => both.push((before, operation)),
            None if renamed.contains(id) => {}
            None => {
                let what = format!("new: {}", operation.place);
                changes.add(Kind::OperationAdded, &operation.name, what);
            }
        }
    }
    for (before, after) in both {
        operation(before, after, changes);
        if compares_scopes {
            scopes(before, after, changes);
        }
    }
}

fn operation(old: &Operation, new: &Operation, changes: &mut Changes<'_>) {
    let name = &new.name;
    if old.place != new.place {
        let what = format!("{} is {} now", old.place, new.place);
        changes.add(Kind::OperationMoved, name, what);
    }
    compare_inputs(name, &old.inputs, &new.inputs, changes);
    match (&old.response, &new.response) {
        (Some(old), Some(new)) => {
            compare_response(&format!("{name} → response"), old, new, changes)
        }
        (None, None) => {}
        (_, now) => {
            let form = if now.is_some() { "JSON" } else { "text" };
            changes.add(Kind::ResponseForm, name, format!("answers {form} now"));
        }
    }
    for (code, before, after) in zipped(&old.codes, &new.codes) {
        let of = |statuses: &BTreeSet<String>| Vec::from_iter(statuses.iter().cloned()).join(", ");
        let error = format!(
            "ErrorCode::{}",
            changes.variant("error_codes::ErrorCode", code)
        );
        let (kind, what) = match (before, after) {
            (None, Some(now)) => (
                Kind::OperationCodeAdded,
                format!("{} `{code}` can be answered now", of(now)),
            ),
            (Some(was), None) => (
                Kind::OperationCodeRemoved,
                format!("{} `{code}` is no longer answered", of(was)),
            ),
            (Some(was), Some(now)) if was != now => (
                Kind::CodeStatus,
                format!(
                    "`{code}` came with {} and comes with {} now",
                    of(was),
                    of(now)
                ),
            ),
            _ => continue,
        };
        // By code and not by operation, because many operations gain or lose the same code at once.
        changes.add_in(kind, error, what, name);
    }
    roles(old, new, changes);
}

fn scopes(old: &Operation, new: &Operation, changes: &mut Changes<'_>) {
    let name = &new.name;
    match (old.scopes.is_empty(), new.scopes.is_empty()) {
        (true, false) => {
            let scopes = Vec::from_iter(new.scopes.iter().cloned()).join("` or `");
            changes.add(
                Kind::ScopesBegin,
                name,
                format!("needs the scope `{scopes}` now"),
            );
        }
        (false, true) => changes.add(Kind::ScopesEnd, name, "needs no scope now"),
        _ => {
            for scope in new.scopes.difference(&old.scopes) {
                let what = format!("the scope `{scope}` is enough now");
                changes.add_in(Kind::ScopeAdded, format!("scope {scope}"), what, name);
            }
            for scope in old.scopes.difference(&new.scopes) {
                let what = format!("the scope `{scope}` is no longer enough");
                changes.add_in(Kind::ScopeRemoved, format!("scope {scope}"), what, name);
            }
        }
    }
}

fn roles(old: &Operation, new: &Operation, changes: &mut Changes<'_>) {
    let name = &new.name;
    for role in ["list", "task", "trash"] {
        let is = match role {
            "list" => "a list in pages",
            "task" => "an operation that queues a task",
            _ => "an operation that moves to the trash",
        };
        match (old.roles.get(role), new.roles.get(role)) {
            (None, Some(_)) => changes.add(Kind::RoleGained, name, format!("is {is} now")),
            (Some(_), None) => changes.add(Kind::RoleLost, name, format!("is no longer {is}")),
            (Some(was), Some(now)) => {
                let ty = |operation: &Operation, field: &String| {
                    let response = operation.response.as_ref();
                    response
                        .and_then(|response| response.get(field))
                        .map(|field| field.ty.clone())
                };
                if ty(old, was) != ty(new, now) {
                    changes.add(
                        Kind::RoleChanged,
                        name,
                        format!("is {is}, of another type now"),
                    );
                }
            }
            (None, None) => {}
        }
    }
    match (old.idempotent, new.idempotent) {
        (false, true) => changes.add(
            Kind::IdempotentNow,
            name,
            "is idempotent now, so it is tried again",
        ),
        (true, false) => {
            changes.add(
                Kind::NotIdempotentNow,
                name,
                "is no longer idempotent, so it is not tried again",
            );
        }
        _ => {}
    }
    // A response dereferences to its subject only if every response has it.
    let subject = |operation: &Operation| {
        let field = operation
            .response
            .as_ref()?
            .get(operation.subject.as_ref()?)?;
        field.certain().then(|| field.ty.clone())
    };
    match (subject(old), subject(new)) {
        (None, Some(now)) => changes.add(
            Kind::SubjectGained,
            name,
            format!("its response is {now} now, by dereferencing"),
        ),
        (Some(was), None) => changes.add(
            Kind::SubjectLost,
            name,
            format!("its response is no longer {was}, by dereferencing"),
        ),
        (Some(was), Some(now)) if was != now => {
            changes.add(
                Kind::SubjectChanged,
                name,
                format!("its response was {was} and is {now} now, by dereferencing"),
            );
        }
        _ => {}
    }
}
