//! The default behaviour of operations: list, get, create, update and delete, by the types in the
//! document. The operations of a new document work without further code.

use katapult_openapi::Schema;
use serde_json::{Map, Value, json};

use super::tasks;
use crate::request::problem::Problem;
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::refusal_for;
use crate::world::Object;
use crate::world::cascade;
use crate::world::id_prefix::snake_case;

/// Executes an operation by its method and action.
pub(crate) fn run(ctx: &mut OperationContext<'_>) -> OperationResult {
    let action = ctx.operation.action.clone();
    match action.as_str() {
        // By the response rather than by the action: lists have various actions.
        _ if list_slot(ctx).is_some() && ctx.operation.method == "GET" => list(ctx),
        _ if ctx.operation.method == "GET" => get(ctx),
        // `create_for_disk` and similar actions too.
        action if action.starts_with("create") => create(ctx),
        action if action.starts_with("delete") => delete(ctx),
        _ => update(ctx),
    }
}

/// Returns the field of the response that has the list, with the type of its objects.
fn list_slot(ctx: &OperationContext<'_>) -> Option<(String, String)> {
    let response = ctx.operation.response()?;
    let list = ctx.operation.list.as_ref();
    let named = list.map(|list| &list.items);
    let named = named.or(ctx.operation.subject.as_ref())?;
    let mut lists = response.properties().filter_map(|(name, schema)| {
        let kind = schema.items()?.type_name()?;
        Some((name.to_owned(), kind.to_owned()))
    });
    lists.find(|(name, _)| name == named)
}

/// Returns the type of object that the response has.
fn subject_kind(ctx: &OperationContext<'_>) -> Option<String> {
    let response = ctx.operation.response()?;
    let subject = ctx.operation.subject.as_deref();
    let subject = subject.and_then(|name| response.property(name));
    let others = response.properties().map(|(_, schema)| schema);
    let typed: Vec<Schema<'_>> = subject
        .into_iter()
        .chain(others)
        .filter(|schema| schema.type_name().is_some())
        .collect();
    // A value without an id, such as the specification of a template, is no object of the world: it belongs to the
    // object next to it.
    let stored = typed.iter().find(|schema| schema.property("id").is_some());
    let kind = stored.or(typed.first())?.type_name();
    kind.map(str::to_owned)
}

/// Returns the object of the operation: the one of the response's type, or the one that the path names
/// last.
fn subject(ctx: &OperationContext<'_>) -> Option<Object> {
    let lookups = ctx.lookups();
    let kind = subject_kind(ctx);
    let best = lookups
        .iter()
        .find(|(_, named, _)| Some(named) == kind.as_ref());
    // The last word of the path that is a lookup: the others are owners.
    let last = ctx
        .operation
        .path
        .rsplit('/')
        .find_map(|word| lookups.iter().find(|(name, _, _)| name == word));
    let (_, _, id) = best.or(last).or(lookups.first())?;
    ctx.world.get(id).cloned()
}

/// Returns `true` if an object belongs to the objects that the arguments name. An object without such
/// a field belongs to all.
fn belongs(object: &Object, lookups: &[(String, String, String)]) -> bool {
    lookups
        .iter()
        .all(|(name, _, id)| match object.fields.get(name) {
            Some(Value::String(owner)) => owner == id,
            Some(Value::Array(owners)) => owners.iter().any(|owner| owner == id),
            _ => true,
        })
}

pub(crate) fn list(ctx: &mut OperationContext<'_>) -> OperationResult {
    list_of(ctx, |_, _| true)
}

/// Lists the objects that belong to those that the arguments name, and that fulfil a condition.
pub(crate) fn list_of(
    ctx: &mut OperationContext<'_>,
    condition: impl Fn(&OperationContext<'_>, &Object) -> bool,
) -> OperationResult {
    let Some((property, kind)) = list_slot(ctx) else {
        return Ok(ResponseFields::new());
    };
    let lookups = ctx.lookups();
    let itself = lookups
        .iter()
        .find(|(_, named, _)| *named == kind && ctx.operation.list.is_none());
    let found = ctx.world.by_kind(&kind).filter(|object| match itself {
        // Some operations return the object that the request names as a list.
        Some((_, _, id)) => object.id == *id,
        None => object.trash.is_none() && belongs(object, &lookups) && condition(ctx, object),
    });
    let items: Vec<Value> = found.map(|object| json!(object.id)).collect();
    let mut response = ctx.page(&property, &items);
    // Some lists have the owner next to the items.
    for (_, _, id) in &lookups {
        ctx.render_by_type(&mut response, id);
    }
    Ok(response)
}

pub(crate) fn get(ctx: &mut OperationContext<'_>) -> OperationResult {
    let Some(kind) = subject_kind(ctx) else {
        return Ok(with_success(ctx, ResponseFields::new()));
    };
    let named = subject(ctx).filter(|object| object.kind == kind);
    let lookups = ctx.lookups();
    let found = match named {
        Some(object) => Some(object),
        None => ctx
            .world
            .by_kind(&kind)
            .find(|object| belongs(object, &lookups))
            .cloned(),
    };
    let mut response = ResponseFields::new();
    match found {
        Some(object) => {
            ctx.render_by_type(&mut response, &object.id);
            render_annotations(ctx, &mut response, &object);
        }
        None if !lookups.is_empty() && ctx.operation.error_codes.contains_key(&404) => {
            let problem = Problem::NotFound {
                path: snake_case(&kind),
                kind,
            };
            return refusal_for(ctx.operation, &[problem]).map_or(Ok(response), Err);
        }
        None => {}
    }
    Ok(response)
}

/// Renders an object's annotations, if the response has them.
pub(crate) fn render_annotations(
    ctx: &OperationContext<'_>,
    response: &mut ResponseFields,
    object: &Object,
) {
    if let (Some(node), Some(stored)) = (
        ctx.schema_at("annotations"),
        object.fields.get("annotations"),
    ) {
        response.insert(
            "annotations".into(),
            ctx.renderer().value(node, Some(stored)),
        );
    }
}

/// Returns the fields of a new object: the requested ones, its owners, its annotations.
pub(crate) fn new_fields(ctx: &OperationContext<'_>) -> Map<String, Value> {
    let mut fields = ctx.requested_fields();
    for (name, _, id) in ctx.lookups() {
        fields.insert(name, json!(id));
    }
    if let Some(annotations) = ctx.arguments.get("annotations") {
        fields.insert("annotations".into(), annotations.clone());
    }
    fields
}

pub(crate) fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    let Some(kind) = subject_kind(ctx) else {
        return Ok(ResponseFields::new());
    };
    let fields = new_fields(ctx);
    let id = ctx.world.create(&kind, fields);
    render_with_task(ctx, &id)
}

pub(crate) fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    let Some(object) = subject(ctx) else {
        return Ok(with_success(ctx, ResponseFields::new()));
    };
    for (field, value) in ctx.requested_fields() {
        // The API clears a field that is set to an empty string.
        let value = if value.as_str() == Some("") {
            Value::Null
        } else {
            value
        };
        ctx.world.set(&object.id, &field, value);
    }
    if let Some(annotations) = ctx.arguments.get("annotations").cloned() {
        ctx.world.set(&object.id, "annotations", annotations);
    }
    render_with_task(ctx, &object.id)
}

/// Renders an object, and starts a task if the response has one.
pub(crate) fn render_with_task(ctx: &mut OperationContext<'_>, id: &str) -> OperationResult {
    let mut response = ctx.rendered(id);
    if let Some(object) = ctx.world.get(id).cloned() {
        render_annotations(ctx, &mut response, &object);
    }
    if let Some(property) = ctx.operation.task.clone() {
        let name = ctx.operation.action.replace('_', " ");
        let task = tasks::start(ctx.world, &name, id, Vec::new());
        ctx.render_as(&mut response, &property, &task);
    }
    Ok(with_success(ctx, response))
}

pub(crate) fn delete(ctx: &mut OperationContext<'_>) -> OperationResult {
    let Some(object) = subject(ctx) else {
        return Ok(with_success(ctx, ResponseFields::new()));
    };
    let mut response = ctx.rendered(&object.id);
    // Objects without a trash field in the response are removed at once.
    if let Some(property) = ctx.operation.trash.clone() {
        let trash = cascade::move_to_trash(ctx.world, &object.id);
        ctx.render_as(&mut response, &property, &trash);
    } else {
        cascade::remove_cascade(ctx.world, &object.id);
    }
    Ok(with_success(ctx, response))
}

/// Adds the fields that report success, if the response has them.
fn with_success(ctx: &OperationContext<'_>, mut response: ResponseFields) -> ResponseFields {
    for name in ["success", "deleted"] {
        if ctx.schema_at(name).is_some() {
            response.insert(name.into(), json!(true));
        }
    }
    response
}
