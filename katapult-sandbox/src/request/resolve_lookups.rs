//! Validation of arguments, and the replacement of lookups by the ids of the objects that they name.

use katapult_openapi::{Lookup, Operation, Schema};
use serde_json::{Map, Value, json};

use crate::request::arguments::RawArguments;
use crate::request::problem::Problem;
use crate::request::query::coerce;
use crate::request::validate::validate;
use crate::world::World;

/// Types whose objects are found even in the trash.
const FOUND_IN_TRASH: &[&str] = &["TrashObject", "Task"];

/// Returns the arguments, each lookup replaced by an id, with their problems.
pub(crate) fn resolve_lookups(
    operation: &Operation,
    world: &World,
    raw_arguments: RawArguments,
) -> (Map<String, Value>, Vec<Problem>) {
    let mut raw = raw_arguments.body;
    for (name, value) in raw_arguments.query {
        let value = match operation.argument(&name) {
            Some(schema) => coerce(schema, value),
            None => value,
        };
        // The body wins over the query, and both over the path.
        raw.entry(name).or_insert(value);
    }
    for (name, id) in raw_arguments.ids {
        // A path with an id is an older form of the lookup argument.
        raw.entry(name).or_insert(json!({"id": id}));
    }
    let mut problems = validate(operation, &raw);
    let mut resolver = Resolver {
        world,
        problems: Vec::new(),
    };
    let mut arguments = Map::new();
    for (name, value) in raw {
        if let Some(schema) = operation.argument(&name) {
            let value = resolver.value(schema, value, &name);
            arguments.insert(name, value);
        }
    }
    problems.extend(resolver.problems);
    // The sort is stable: problems of the same precedence stay in the order of the arguments.
    problems.sort_by_key(precedence);
    (arguments, problems)
}

/// Returns the order in which the API reports problems: lookups come first.
fn precedence(problem: &Problem) -> u8 {
    match problem {
        Problem::Lookup { path, .. } | Problem::NotFound { path, .. } if !path.contains('.') => 0,
        Problem::InTrash { .. } => 1,
        Problem::Lookup { .. } | Problem::NotFound { .. } => 3,
        Problem::Missing(_) | Problem::Unknown(_) | Problem::Invalid(..) => 2,
    }
}

/// Replaces lookups by ids.
struct Resolver<'a> {
    world: &'a World,
    problems: Vec<Problem>,
}

impl Resolver<'_> {
    fn value(&mut self, schema: Schema<'_>, value: Value, path: &str) -> Value {
        if let Some(lookup) = schema.lookup() {
            if let Some(kind) = lookup.target() {
                return self.lookup(kind, lookup, &value, path);
            }
        }
        match value {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(index, item)| match schema.items() {
                    Some(schema) => self.value(schema, item, &format!("{path}[{index}]")),
                    None => item,
                });
                items.collect()
            }
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| match schema.property(&name) {
                        Some(schema) => {
                            let value = self.value(schema, value, &format!("{path}.{name}"));
                            (name, value)
                        }
                        None => (name, value),
                    });
                Value::Object(fields.collect())
            }
            other => other,
        }
    }

    /// Returns the id of the object that a lookup names. A lookup with no field, or with two, is already
    /// a problem of validation.
    fn lookup(&mut self, kind: &str, lookup: Lookup<'_>, value: &Value, path: &str) -> Value {
        let one = value
            .as_object()
            .filter(|given| given.len() == 1)
            .and_then(|given| given.iter().next());
        let Some((field, Value::String(requested))) =
            one.filter(|(field, _)| lookup.keys().any(|key| key == *field))
        else {
            return Value::Null;
        };
        let Some(id) = self.world.find(kind, field, requested) else {
            self.problems.push(Problem::NotFound {
                kind: kind.into(),
                path: path.into(),
            });
            return Value::Null;
        };
        let object = self.world.get(&id);
        let trash = object.and_then(|object| self.world.get(object.trash.as_deref()?));
        if let Some(trash) = trash.filter(|_| !FOUND_IN_TRASH.contains(&kind)) {
            self.problems.push(Problem::InTrash {
                kind: kind.into(),
                path: path.into(),
                trash_object: Value::Object(trash_fields(&trash.fields)),
            });
        }
        json!(id)
    }
}

/// Returns the fields of a trash object that the error has.
fn trash_fields(fields: &Map<String, Value>) -> Map<String, Value> {
    let rendered = ["id", "keep_until", "object_id", "object_type"];
    let rendered = rendered
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone())));
    rendered.collect()
}
