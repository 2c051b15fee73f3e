//! A request's arguments, held against the operation's form and the world. What names an object
//! becomes its id.

use katapult_openapi::{Lookup, Operation, Schema};
use serde_json::{Map, Value, json};

use crate::document::Document;
use crate::given::Given;
use crate::prefix::snake;
use crate::query::coerce;
use crate::refusal::Problem;
use crate::world::World;

/// Objects that are found even when they are in the trash.
const OF_THE_TRASH: &[&str] = &["TrashObject", "Task"];

/// The arguments, each lookup replaced by the id of what it names, and what is wrong with them.
pub(crate) fn check(
    document: &Document,
    operation: &Operation,
    world: &World,
    given: Given,
) -> (Map<String, Value>, Vec<Problem>) {
    let mut raw = given.body;
    for (name, value) in given.query {
        let value = match operation.argument(&name) {
            Some(schema) => coerce(schema, value),
            None => value,
        };
        raw.entry(name).or_insert(value);
    }
    for (name, id) in given.ids {
        raw.entry(name).or_insert(json!({"id": id}));
    }
    let raw = Value::Object(raw);
    let form = document.form(operation);
    let mut problems = form.map_or_else(Vec::new, |form| form.judge(operation, &raw));
    let mut finder = Finder {
        world,
        problems: Vec::new(),
    };
    let mut arguments = Map::new();
    if let Value::Object(raw) = raw {
        for (name, value) in raw {
            if let Some(schema) = operation.argument(&name) {
                let value = finder.value(schema, value, &name);
                arguments.insert(name, value);
            }
        }
    }
    problems.extend(finder.problems);
    problems.sort_by_key(weight);
    (arguments, problems)
}

/// What names an object is judged before the rest, as the API does.
fn weight(problem: &Problem) -> u8 {
    match problem {
        Problem::Lookup { place, .. } | Problem::NotFound { place, .. } if !place.contains('.') => {
            0
        }
        Problem::InTrash { .. } => 1,
        Problem::Lookup { .. } | Problem::NotFound { .. } => 3,
        Problem::Missing(_) | Problem::Unknown(_) | Problem::Wrong(..) => 2,
    }
}

/// Puts ids in the place of lookups.
struct Finder<'a> {
    world: &'a World,
    problems: Vec<Problem>,
}

impl Finder<'_> {
    fn value(&mut self, schema: Schema<'_>, value: Value, place: &str) -> Value {
        if let Some(lookup) = schema.lookup()
            && let Some(kind) = lookup.target()
        {
            return self.lookup(kind, lookup, &value, place);
        }
        match value {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                let items = items.map(|(index, item)| match schema.items() {
                    Some(schema) => self.value(schema, item, &format!("{place}[{index}]")),
                    None => item,
                });
                items.collect()
            }
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| match schema.property(&name) {
                        Some(schema) => {
                            let value = self.value(schema, value, &format!("{place}.{name}"));
                            (name, value)
                        }
                        None => (name, value),
                    });
                Value::Object(fields.collect())
            }
            other => other,
        }
    }

    /// The id of what a lookup names. One that names nothing, or two things, is a matter of form.
    fn lookup(&mut self, kind: &str, known: Lookup<'_>, value: &Value, place: &str) -> Value {
        let one = value
            .as_object()
            .filter(|given| given.len() == 1)
            .and_then(|given| given.iter().next());
        let Some((field, Value::String(wanted))) =
            one.filter(|(field, _)| known.keys().any(|key| key == *field))
        else {
            return Value::Null;
        };
        let Some(id) = find(self.world, kind, field, wanted) else {
            self.problems.push(Problem::NotFound {
                kind: kind.into(),
                place: place.into(),
            });
            return Value::Null;
        };
        let object = self.world.get(&id);
        let trash = object.and_then(|object| self.world.get(object.trash.as_deref()?));
        if let Some(trash) = trash.filter(|_| !OF_THE_TRASH.contains(&kind)) {
            self.problems.push(Problem::InTrash {
                kind: kind.into(),
                place: place.into(),
                trash: Value::Object(trash_fields(&trash.fields)),
            });
        }
        json!(id)
    }
}

/// What a trash object shows of itself.
fn trash_fields(fields: &Map<String, Value>) -> Map<String, Value> {
    let shown = ["id", "keep_until", "object_id", "object_type"];
    let shown = shown
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone())));
    shown.collect()
}

/// The id of the object that a lookup names.
pub(crate) fn find(world: &World, kind: &str, field: &str, wanted: &str) -> Option<String> {
    if field == "id" {
        let object = world
            .get(wanted)
            .filter(|object| object.kind == kind || snake(kind) == "object");
        return object.map(|object| object.id.clone());
    }
    world
        .having(kind, field, wanted)
        .next()
        .map(|object| object.id.clone())
}
