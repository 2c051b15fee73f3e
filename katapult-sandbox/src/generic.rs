//! What operations do when nothing is written for them: lists list, gets get, creations create, by
//! the names of the document's objects. A new document's operations work by this.

use serde_json::{Map, Value, json};

use crate::behaviour::{tasks, trash};
use crate::prefix::snake;
use crate::refusal::{Problem, refuse};
use crate::reply::{Call, Outcome, Parts};
use crate::world::Object;

/// Does an operation by its action.
pub(crate) fn run(call: &mut Call<'_>) -> Outcome {
    let action = call.operation.action.clone();
    match action.as_str() {
        _ if list_slot(call).is_some() && call.operation.method == "GET" => list(call),
        _ if call.operation.method == "GET" => get(call),
        action if action.starts_with("create") => create(call),
        action if action.starts_with("delete") => delete(call),
        _ => update(call),
    }
}

/// The property of the reply that holds a list of objects, and their type.
fn list_slot(call: &Call<'_>) -> Option<(String, String)> {
    let response = call.operation.response()?;
    let list = call.operation.list.as_ref();
    let named = list.map(|list| &list.items);
    let named = named.or(call.operation.subject.as_ref())?;
    let mut slots = response.properties().filter_map(|(name, schema)| {
        let kind = schema.items()?.type_name()?;
        Some((name.to_owned(), kind.to_owned()))
    });
    slots.find(|(name, _)| name == named)
}

/// The type of object that the reply shows.
fn subject_kind(call: &Call<'_>) -> Option<String> {
    let response = call.operation.response()?;
    let subject = call.operation.subject.as_deref();
    let kind = subject.and_then(|name| response.property(name)?.type_name());
    let mut properties = response.properties();
    let kind = kind.or_else(|| properties.find_map(|(_, schema)| schema.type_name()));
    kind.map(str::to_owned)
}

/// The object that the operation is about: the one whose type it shows, else the first it names.
pub(crate) fn subject(call: &Call<'_>) -> Option<Object> {
    let lookups = call.lookups();
    let kind = subject_kind(call);
    let best = lookups
        .iter()
        .find(|(_, named, _)| Some(named) == kind.as_ref());
    let last = call
        .operation
        .path
        .rsplit('/')
        .find_map(|word| lookups.iter().find(|(name, _, _)| name == word));
    let (_, _, id) = best.or(last).or(lookups.first())?;
    call.world.get(id).cloned()
}

/// Whether an object belongs to what the arguments name; one that does not say belongs to all.
fn belongs(object: &Object, lookups: &[(String, String, String)]) -> bool {
    lookups
        .iter()
        .all(|(name, _, id)| match object.fields.get(name) {
            Some(Value::String(owner)) => owner == id,
            Some(Value::Array(owners)) => owners.iter().any(|owner| owner == id),
            _ => true,
        })
}

pub(crate) fn list(call: &mut Call<'_>) -> Outcome {
    let Some((property, kind)) = list_slot(call) else {
        return Ok(Parts::new());
    };
    let lookups = call.lookups();
    let itself = lookups
        .iter()
        .find(|(_, named, _)| *named == kind && call.operation.list.is_none());
    let found = call.world.of_kind(&kind).filter(|object| match itself {
        Some((_, _, id)) => object.id == *id,
        None => object.trash.is_none() && belongs(object, &lookups),
    });
    let items: Vec<Value> = found.map(|object| json!(object.id)).collect();
    let mut parts = call.page(&property, &items);
    // A list shows beside its items what they belong to.
    for (_, _, id) in &lookups {
        call.show_by_type(&mut parts, id);
    }
    Ok(parts)
}

pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let Some(kind) = subject_kind(call) else {
        return Ok(beside(call, Parts::new()));
    };
    let named = subject(call).filter(|object| object.kind == kind);
    let lookups = call.lookups();
    let found = match named {
        Some(object) => Some(object),
        None => call
            .world
            .of_kind(&kind)
            .find(|object| belongs(object, &lookups))
            .cloned(),
    };
    let mut parts = Parts::new();
    match found {
        Some(object) => {
            call.show_by_type(&mut parts, &object.id);
            annotations(call, &mut parts, &object);
        }
        None if !lookups.is_empty() && call.operation.error_codes.contains_key(&404) => {
            let problem = Problem::NotFound {
                place: snake(&kind),
                kind,
            };
            return refuse(call.operation, &[problem]).map_or(Ok(parts), Err);
        }
        None => {}
    }
    Ok(parts)
}

/// Shows an object's annotations where the reply has them.
pub(crate) fn annotations(call: &Call<'_>, parts: &mut Parts, object: &Object) {
    if let (Some(node), Some(stored)) = (call.slot("annotations"), object.fields.get("annotations"))
    {
        parts.insert(
            "annotations".into(),
            call.renderer().value(node, Some(stored)),
        );
    }
}

/// The fields of a new object: what is wanted of it, and to what it belongs.
pub(crate) fn new_fields(call: &Call<'_>) -> Map<String, Value> {
    let mut fields = call.wanted();
    for (name, _, id) in call.lookups() {
        fields.insert(name, json!(id));
    }
    if let Some(annotations) = call.arguments.get("annotations") {
        fields.insert("annotations".into(), annotations.clone());
    }
    fields
}

pub(crate) fn create(call: &mut Call<'_>) -> Outcome {
    let Some(kind) = subject_kind(call) else {
        return Ok(Parts::new());
    };
    let fields = new_fields(call);
    let id = call.world.create(&kind, fields);
    shown_with_task(call, &id)
}

pub(crate) fn update(call: &mut Call<'_>) -> Outcome {
    let Some(object) = subject(call) else {
        return Ok(beside(call, Parts::new()));
    };
    for (field, value) in call.wanted() {
        // An empty text means clear.
        let value = if value.as_str() == Some("") {
            Value::Null
        } else {
            value
        };
        call.world.set(&object.id, &field, value);
    }
    if let Some(annotations) = call.arguments.get("annotations").cloned() {
        call.world.set(&object.id, "annotations", annotations);
    }
    shown_with_task(call, &object.id)
}

/// Shows an object, and a task where the reply has one.
pub(crate) fn shown_with_task(call: &mut Call<'_>, id: &str) -> Outcome {
    let mut parts = call.shown(id);
    if let Some(object) = call.world.get(id).cloned() {
        annotations(call, &mut parts, &object);
    }
    if let Some(property) = call.operation.task.clone() {
        let name = call.operation.action.replace('_', " ");
        let task = tasks::start(call.world, &name, id, Vec::new());
        call.show(&mut parts, &property, &task);
    }
    Ok(beside(call, parts))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Outcome {
    let Some(object) = subject(call) else {
        return Ok(beside(call, Parts::new()));
    };
    let mut parts = call.shown(&object.id);
    if let Some(property) = call.operation.trash.clone() {
        let trash = trash::put(call.world, &object.id);
        call.show(&mut parts, &property, &trash);
    } else {
        trash::remove_with_all(call.world, &object.id);
    }
    Ok(beside(call, parts))
}

/// What says that all went well, where the reply has it.
fn beside(call: &Call<'_>, mut parts: Parts) -> Parts {
    for name in ["success", "deleted"] {
        if call.slot(name).is_some() {
            parts.insert(name.into(), json!(true));
        }
    }
    parts
}
