//! Two surfaces held against each other: every difference as a change of a kind, with the public name it touches.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::judge::{Kind, judge};
use crate::diff::surface::{Field, Operation, Shape, Surface, Type, variant};
use crate::text::{identifier, singular};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    /// The public name that it touches: `types::VirtualMachine.hypervisor`.
    pub(crate) name: String,
    /// What happened to it, in words.
    pub(crate) what: String,
    /// The operations in which it happened, where that is not said by the name.
    pub(crate) operations: Vec<String>,
}

/// Every difference, the worst first.
pub(crate) fn compare(old: &Surface, new: &Surface) -> Vec<Change> {
    let mut changes = Changes::default();
    resources(old, new, &mut changes);
    operations(old, new, &mut changes);
    types(old, new, &mut changes);
    codes(old, new, &mut changes);
    changes.sorted()
}

/// Differences, those that are alike as one.
#[derive(Default)]
struct Changes(BTreeMap<(Kind, String, String), BTreeSet<String>>);

impl Changes {
    fn add(&mut self, kind: Kind, name: impl Into<String>, what: impl Into<String>) {
        self.0.entry((kind, name.into(), what.into())).or_default();
    }

    fn add_in(&mut self, kind: Kind, name: String, what: String, operation: &str) {
        self.0
            .entry((kind, name, what))
            .or_default()
            .insert(operation.to_owned());
    }

    fn sorted(self) -> Vec<Change> {
        let mut changes: Vec<Change> = self
            .0
            .into_iter()
            .map(|((kind, name, what), operations)| Change {
                kind,
                name,
                what,
                operations: operations.into_iter().collect(),
            })
            .collect();
        changes.sort_by_key(|change| (std::cmp::Reverse(judge(change.kind)), change.name.clone()));
        changes
    }
}

/// What only one of two maps has, and what both have.
fn zipped<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .map(move |name| (name, old.get(name), new.get(name)))
}

fn resources(old: &Surface, new: &Surface, changes: &mut Changes) {
    let of = |surface: &Surface| -> BTreeSet<String> {
        let operations = surface.operations.values();
        operations
            .map(|operation| operation.resource.clone())
            .collect()
    };
    let (old, new) = (of(old), of(new));
    let name = |resource: &str| format!("{}()", identifier(resource));
    let feature = |resource: &str| resource.replace('_', "-");
    for resource in new.difference(&old) {
        let what = format!("a new resource, with the feature `{}`", feature(resource));
        changes.add(Kind::ResourceAdded, name(resource), what);
    }
    for resource in old.difference(&new) {
        let what = format!("gone, with the feature `{}`", feature(resource));
        changes.add(Kind::ResourceRemoved, name(resource), what);
    }
}

fn operations(old: &Surface, new: &Surface, changes: &mut Changes) {
    let states_scopes = |surface: &Surface| {
        let mut operations = surface.operations.values();
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

fn operation(old: &Operation, new: &Operation, changes: &mut Changes) {
    let name = &new.name;
    if old.place != new.place {
        let what = format!("{} is {} now", old.place, new.place);
        changes.add(Kind::OperationMoved, name, what);
    }
    inputs(name, &old.inputs, &new.inputs, changes);
    match (&old.reply, &new.reply) {
        (Some(old), Some(new)) => reply(&format!("{name} → reply"), old, new, changes),
        (None, None) => {}
        (_, now) => {
            let form = if now.is_some() { "JSON" } else { "text" };
            changes.add(Kind::ReplyForm, name, format!("answers {form} now"));
        }
    }
    for (code, before, after) in zipped(&old.codes, &new.codes) {
        let of = |statuses: &BTreeSet<String>| Vec::from_iter(statuses.iter().cloned()).join(", ");
        let error = format!("ErrorCode::{}", variant(code));
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
        changes.add_in(kind, error, what, name);
    }
    roles(old, new, changes);
}

fn scopes(old: &Operation, new: &Operation, changes: &mut Changes) {
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

fn roles(old: &Operation, new: &Operation, changes: &mut Changes) {
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
                    let reply = operation.reply.as_ref();
                    reply
                        .and_then(|reply| reply.get(field))
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
    // A reply dereferences to its subject where that is certain.
    let subject = |operation: &Operation| {
        let field = operation.reply.as_ref()?.get(operation.subject.as_ref()?)?;
        field.certain().then(|| field.ty.clone())
    };
    match (subject(old), subject(new)) {
        (None, Some(now)) => changes.add(
            Kind::SubjectGained,
            name,
            format!("its reply is {now} now, by dereferencing"),
        ),
        (Some(was), None) => changes.add(
            Kind::SubjectLost,
            name,
            format!("its reply is no longer {was}, by dereferencing"),
        ),
        (Some(was), Some(now)) if was != now => {
            changes.add(
                Kind::SubjectChanged,
                name,
                format!("its reply was {was} and is {now} now, by dereferencing"),
            );
        }
        _ => {}
    }
}

/// What can be given, to an operation or as an object.
fn inputs(
    name: &str,
    old: &BTreeMap<String, Field>,
    new: &BTreeMap<String, Field>,
    changes: &mut Changes,
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
            continue; // which decides what null means, and is told
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

/// What is received, in a reply or as an object.
fn reply(
    name: &str,
    old: &BTreeMap<String, Field>,
    new: &BTreeMap<String, Field>,
    changes: &mut Changes,
) {
    for (field, before, after) in zipped(old, new) {
        let name = format!("{name}.{}", identifier(field));
        let (was, now) = match (before, after) {
            (None, Some(now)) => {
                changes.add(Kind::FieldAdded, name, format!("new: {}", now.ty));
                continue;
            }
            (Some(was), None) => {
                // An `id` is empty where it is not there.
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

fn types(old: &Surface, new: &Surface, changes: &mut Changes) {
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
    if old.home != new.home {
        let place = |home: &Option<String>| match home {
            Some(resource) => format!("in the module `{}`", identifier(resource)),
            None => "among those of several modules".to_owned(),
        };
        let what = format!(
            "was {} and is {} now; in `types` it stays",
            place(&old.home),
            place(&new.home)
        );
        changes.add(Kind::TypeHoused, name, what);
    }
    match (&old.shape, &new.shape) {
        (Shape::Object(was), Shape::Object(now)) => {
            for (was_so, is_so, way) in [
                (old.sent, new.sent, "sent"),
                (old.received, new.received, "received"),
            ] {
                match (was_so, is_so) {
                    (false, true) => {
                        let was_sent = way == "received";
                        changes.add(
                            Kind::TypeGainsWay { was_sent },
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
                reply(name, was, now, changes);
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

fn codes(old: &Surface, new: &Surface, changes: &mut Changes) {
    for (code, before, after) in zipped(&old.codes, &new.codes) {
        let error = format!("ErrorCode::{}", variant(code));
        let detail = format!("ErrorDetail::{}", variant(code));
        match (before, after) {
            (None, Some(_)) => changes.add(Kind::CodeAdded, error, format!("new code `{code}`")),
            (Some(_), None) => {
                changes.add(Kind::CodeRemoved, error, format!("gone: the code `{code}`"))
            }
            (Some(None), Some(Some(_))) => {
                changes.add(
                    Kind::DetailAdded,
                    detail,
                    format!("what comes with `{code}` is typed now, and no longer `Other`"),
                );
            }
            (Some(Some(_)), Some(None)) => {
                changes.add(
                    Kind::DetailRemoved,
                    detail,
                    format!("nothing is known of what comes with `{code}`"),
                );
            }
            _ => {}
        }
    }
}
