//! A request's arguments, held against what the operation takes. What names an object becomes its id.

use serde_json::{Map, Value, json};

use crate::document::{Document, Operation};
use crate::prefix::snake;
use crate::query::coerce;
use crate::refusal::Problem;
use crate::schema::{Kind, Node, Schema, Schemas};
use crate::world::World;

/// Objects that are found even when they are in the trash.
const OF_THE_TRASH: &[&str] = &["TrashObject", "Task"];

/// A request's arguments as they came.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Map<String, Value>,
    /// Ids that stood in the path.
    pub(crate) ids: Vec<(String, String)>,
}

/// The arguments, each lookup replaced by the id of what it names, and what is wrong with them.
pub(crate) fn check(
    document: &Document,
    operation: &Operation,
    world: &World,
    given: Given,
) -> (Map<String, Value>, Vec<Problem>) {
    let schemas = document.schemas(operation.api);
    let mut checker = Checker {
        schemas,
        world,
        problems: Vec::new(),
    };
    let mut raw = given.body;
    for (name, value) in given.query {
        let value = match document.argument(operation, &name) {
            Some(node) => coerce(schemas, node, value),
            None => value,
        };
        raw.entry(name).or_insert(value);
    }
    for (name, id) in given.ids {
        raw.entry(name).or_insert(json!({"id": id}));
    }
    let body = operation.body.map(|body| schemas.get(body));
    let required = body
        .into_iter()
        .flat_map(|body| &body.required)
        .map(String::as_str);
    let required = required.chain(
        operation
            .parameters
            .iter()
            .filter(|(_, required, _)| *required)
            .map(|(name, _, _)| name.as_str()),
    );
    for name in required {
        if raw.get(name).is_none_or(Value::is_null) {
            let problem = checker.missing(name, document.argument(operation, name));
            checker.problems.push(problem);
        }
    }
    let mut arguments = Map::new();
    for (name, value) in raw {
        match document.argument(operation, &name) {
            Some(node) => {
                let value = checker.value(node, value, &name);
                arguments.insert(name, value);
            }
            // Real clients send a page to lists that have none.
            None if operation.method == "GET" => {}
            None => checker.problems.push(Problem::Unknown(name)),
        }
    }
    let mut problems = checker.problems;
    problems.sort_by_key(weight);
    (arguments, problems)
}

/// What names an object is judged before the rest, as the API does.
fn weight(problem: &Problem) -> u8 {
    match problem {
        Problem::Lookup { place, .. } | Problem::NotFound { place, .. } if !place.contains('.') => {
            0
        }
        Problem::InTrash(_) => 1,
        Problem::Lookup { .. } | Problem::NotFound { .. } => 3,
        Problem::Missing(_) | Problem::Unknown(_) | Problem::Wrong(..) => 2,
    }
}

struct Checker<'a> {
    schemas: &'a Schemas,
    world: &'a World,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn missing(&self, name: &str, node: Option<Node>) -> Problem {
        let schema = node.map(|node| self.schemas.get(node));
        match schema.and_then(|schema| Some((schema.looks_up()?, schema.lookup.as_ref()?))) {
            Some((kind, fields)) => Problem::Lookup {
                kind: kind.into(),
                place: name.into(),
                wanted: fields.join(", "),
            },
            None => Problem::Missing(name.to_owned()),
        }
    }

    fn value(&mut self, node: Node, value: Value, place: &str) -> Value {
        if value.is_null() {
            if !node.nullable {
                self.problems
                    .push(Problem::Wrong(place.into(), "set".into()));
            }
            return value;
        }
        let schema = self.schemas.get(node);
        if let (Some(kind), Some(fields)) = (schema.looks_up(), &schema.lookup) {
            return self.lookup(kind, fields, &value, place);
        }
        match (schema.kind, value) {
            (Kind::Array, Value::Array(items)) => match schema.items {
                Some(node) => {
                    let items = items.into_iter().enumerate();
                    items
                        .map(|(index, item)| self.value(node, item, &format!("{place}[{index}]")))
                        .collect()
                }
                None => Value::Array(items),
            },
            (Kind::Object, Value::Object(fields)) => {
                Value::Object(self.object(schema, fields, place))
            }
            (kind, value) => {
                if !fits(kind, &value) {
                    self.problems
                        .push(Problem::Wrong(place.into(), named(kind).into()));
                } else if !schema.values.is_empty() && !schema.values.contains(&value) {
                    let values: Vec<_> = schema
                        .values
                        .iter()
                        .map(|value| {
                            value
                                .as_str()
                                .map_or_else(|| value.to_string(), str::to_owned)
                        })
                        .collect();
                    self.problems.push(Problem::Wrong(
                        place.into(),
                        format!("one of {}", values.join(", ")),
                    ));
                }
                value
            }
        }
    }

    fn object(
        &mut self,
        schema: &Schema,
        fields: Map<String, Value>,
        place: &str,
    ) -> Map<String, Value> {
        for name in &schema.required {
            if !fields.contains_key(name) {
                self.problems
                    .push(Problem::Missing(format!("{place}.{name}")));
            }
        }
        let mut checked = Map::new();
        for (name, value) in fields {
            let inner = format!("{place}.{name}");
            match schema.property(&name) {
                Some(node) => {
                    let value = self.value(node, value, &inner);
                    checked.insert(name, value);
                }
                None if schema.properties.is_empty() => {
                    checked.insert(name, value);
                }
                None => self.problems.push(Problem::Unknown(inner)),
            }
        }
        checked
    }

    fn lookup(&mut self, kind: &str, fields: &[String], value: &Value, place: &str) -> Value {
        let one = value
            .as_object()
            .filter(|given| given.len() == 1)
            .and_then(|given| given.iter().next());
        let Some((field, Value::String(wanted))) = one.filter(|(field, _)| fields.contains(field))
        else {
            self.problems.push(Problem::Lookup {
                kind: kind.into(),
                place: place.into(),
                wanted: fields.join(", "),
            });
            return Value::Null;
        };
        match find(self.world, kind, field, wanted) {
            None => {
                self.problems.push(Problem::NotFound {
                    kind: kind.into(),
                    place: place.into(),
                });
                Value::Null
            }
            Some(id) => {
                let trash = self
                    .world
                    .get(&id)
                    .and_then(|object| object.trash.as_deref());
                if let Some(trash) = trash.and_then(|trash| self.world.get(trash))
                    && !OF_THE_TRASH.contains(&kind)
                {
                    self.problems
                        .push(Problem::InTrash(Value::Object(trash_fields(&trash.fields))));
                }
                json!(id)
            }
        }
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

fn fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::String => value.is_string(),
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::Array => value.is_array(),
        Kind::Object => value.is_object(),
        Kind::Any => true,
    }
}

fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "a string",
        Kind::Integer => "an integer",
        Kind::Number => "a number",
        Kind::Boolean => "a boolean",
        Kind::Array => "an array",
        Kind::Object => "an object",
        Kind::Any => "anything",
    }
}
