//! The operations that return each field: an object has fewer fields in some responses than in others.

use std::collections::{BTreeMap, BTreeSet};

use katapult_openapi::{Operation, Schema, SchemaType};

use crate::naming::inflect::is_plural;

/// Above this number, the names of operations say less than their reader has to read.
const MAX_NAMES: usize = 5;

/// The operations with objects of each type at the top of their responses. Objects within others are left out: they
/// have fewer fields everywhere.
#[derive(Default)]
pub(crate) struct Returned(BTreeMap<String, Vec<Return>>);

/// The objects of one type in one response.
struct Return {
    resource: String,
    action: String,
    is_list: bool,
    fields: BTreeSet<String>,
}

impl Returned {
    /// Adds the response of an operation.
    pub(super) fn add(&mut self, operation: &Operation) {
        let fields = operation.response().into_iter().flat_map(|response| {
            let fields: Vec<(&str, Schema<'_>)> = response.properties().collect();
            fields
        });
        for (name, field) in fields {
            let (mut object, mut is_array) = (field, false);
            while let Some(items) = object.items() {
                (object, is_array) = (items, true);
            }
            let Some(type_name) = object.type_name().or(object.name()) else {
                continue;
            };
            if object.is_tagged_union() || !object.has_properties() {
                continue;
            }
            let returned = Return {
                resource: operation.resource.clone(),
                action: operation.action.clone(),
                is_list: operation.list.is_some() || is_array && is_plural(name),
                fields: object
                    .properties()
                    .map(|(name, _)| name.to_owned())
                    .collect(),
            };
            let all = self.0.entry(type_name.to_owned()).or_default();
            // One response can have several objects of one type.
            match all.iter_mut().find(|known| known.is_same(&returned)) {
                Some(known) => known.fields.extend(returned.fields),
                None => all.push(returned),
            }
        }
    }

    /// Returns the operations that return a field of a type, as a sentence. `None` if all do, or if they are many.
    pub(crate) fn sentence(&self, type_name: &str, field: &str) -> Option<String> {
        let all = self.0.get(type_name)?;
        let (with, without): (Vec<&Return>, Vec<&Return>) =
            all.iter().partition(|one| one.fields.contains(field));
        if with.is_empty() || without.is_empty() {
            return None;
        }
        let one_resource = all.iter().all(|one| one.resource == all[0].resource);
        let names = |of: &[&Return]| -> Vec<String> {
            let mut names: Vec<String> = of.iter().map(|one| one.name(one_resource)).collect();
            names.sort();
            names
        };
        let lists_lack_it = all
            .iter()
            .all(|one| !one.is_list || !one.fields.contains(field));
        let has_lists = all.iter().any(|one| one.is_list);
        if has_lists && lists_lack_it {
            if without.iter().all(|one| one.is_list) {
                return Some("Not returned in lists.".to_owned());
            }
            if with.len() <= MAX_NAMES {
                let names = joined(&names(&with), "and");
                return Some(format!("Returned by {names}; not in lists."));
            }
        }
        if with.len() <= without.len() && with.len() <= MAX_NAMES {
            return Some(format!("Returned by {}.", joined(&names(&with), "and")));
        }
        if without.len() <= MAX_NAMES {
            return Some(format!(
                "Not returned by {}.",
                joined(&names(&without), "or")
            ));
        }
        None
    }
}

impl Return {
    fn is_same(&self, other: &Self) -> bool {
        (&self.resource, &self.action) == (&other.resource, &other.action)
    }

    /// Returns the operation's name, without the resource if all have the same.
    fn name(&self, one_resource: bool) -> String {
        match one_resource {
            true => format!("`{}`", self.action),
            false => format!("`{}.{}`", self.resource, self.action),
        }
    }
}

fn joined(names: &[String], conjunction: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [others @ .., last] => format!("{} {conjunction} {last}", others.join(", ")),
    }
}

/// Returns the fields at the top of a response whose objects have an id in the document.
pub(super) fn fields_with_id(response: Schema<'_>) -> Vec<String> {
    let has_id = |field: Schema<'_>| {
        let mut object = field;
        while let Some(items) = object.items() {
            object = items;
        }
        let id = object.property("id");
        id.is_some_and(|id| !id.is_nullable() && id.schema_type() == Some(SchemaType::String))
    };
    response
        .properties()
        .filter(|(_, field)| has_id(*field))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returned(operations: &[(&str, &[&str])]) -> Returned {
        let all = operations.iter().map(|(id, fields)| {
            let (resource, action) = id.split_once('.').expect("an id");
            Return {
                resource: resource.to_owned(),
                action: action.to_owned(),
                is_list: action == "list",
                fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            }
        });
        Returned(BTreeMap::from([("Lamp".to_owned(), all.collect())]))
    }

    #[test]
    fn field_that_some_operations_lack_names_the_fewer_ones() {
        let lamps = returned(&[
            ("lamps.create", &["id", "watts", "key"]),
            ("lamps.delete", &["id"]),
            ("lamps.get", &["id", "watts", "room"]),
            ("lamps.list", &["id", "room"]),
        ]);
        for (field, expected) in [
            ("id", None),
            ("other", None),
            (
                "watts",
                Some("Returned by `create` and `get`; not in lists."),
            ),
            ("key", Some("Returned by `create`; not in lists.")),
            ("room", Some("Returned by `get` and `list`.")),
        ] {
            assert_eq!(
                lamps.sentence("Lamp", field).as_deref(),
                expected,
                "{field}"
            );
        }
    }

    #[test]
    fn field_that_only_lists_lack_names_no_operation() {
        let lamps = returned(&[
            ("lamps.get", &["id", "watts"]),
            ("lamps.update", &["id", "watts"]),
            ("lamps.list", &["id"]),
            ("rooms.list", &["id"]),
        ]);
        let sentence = lamps.sentence("Lamp", "watts");
        assert_eq!(sentence.as_deref(), Some("Not returned in lists."));
    }

    #[test]
    fn operations_of_several_resources_are_named_with_them() {
        let lamps = returned(&[
            ("lamps.get", &["id", "watts"]),
            ("lamps.update", &["id", "watts"]),
            ("rooms.lamp", &["id"]),
        ]);
        let sentence = lamps.sentence("Lamp", "watts");
        assert_eq!(sentence.as_deref(), Some("Not returned by `rooms.lamp`."));
    }
}
