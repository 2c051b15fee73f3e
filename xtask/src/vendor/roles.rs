//! The roles of a response's fields: its subject, the items of a list, a task.

use crate::naming::inflect::singular;
use crate::vendor::model::{Model, Operation, Shape};
use crate::vendor::upstream::Scalar;

/// Returns the field of a response that is its subject: the one named like the action or the resource, or the only one
/// that is not a side field.
pub(super) fn subject<'a>(
    model: &Model,
    resource: &str,
    action: &str,
    operation: &'a Operation,
) -> Option<&'a str> {
    const SIDE_FIELDS: &[&str] = &["annotations", "pagination"];
    let fields = operation.response.as_ref()?;
    let own: Vec<&String> = fields
        .iter()
        .filter(|(name, _)| !SIDE_FIELDS.contains(&name.as_str()))
        .map(|(name, _)| name)
        .collect();
    let one = singular(resource);
    let named_like = |wanted: &str| own.iter().find(|name| name.as_str() == wanted);
    let named = named_like(action).or_else(|| {
        own.iter().find(|name| {
            name.as_str() == one || name.as_str() == resource || name.ends_with(&format!("_{one}"))
        })
    });
    match (named, own.as_slice()) {
        (Some(name), _) => Some(name),
        (None, [only]) => Some(only),
        (None, _) => {
            let others: Vec<&&String> = own
                .iter()
                .filter(|name| {
                    let object = fields
                        .get(name.as_str())
                        .and_then(|field| model.object_of(&field.value));
                    object.is_some_and(|object| {
                        object.type_name != "Task" && object.type_name != "TrashObject"
                    })
                })
                .collect();
            match others.as_slice() {
                [only] => Some(only),
                _ => None,
            }
        }
    }
}

/// Returns the field with the items of a paginated response.
pub(super) fn list_items(operation: &Operation) -> Option<&str> {
    let fields = operation.response.as_ref()?;
    // The role sets both parameters to numbers, or to nothing, and reads a pagination that is always there.
    let is_number = |name: &str| {
        let field = operation.query.get(name);
        field.is_some_and(|field| !field.required && field.value == Shape::Scalar(Scalar::Integer))
    };
    let pagination = fields.get("pagination")?;
    let is_object = matches!(pagination.value, Shape::Object(_));
    if !is_object
        || !pagination.required
        || pagination.nullable
        || !is_number("page")
        || !is_number("per_page")
    {
        return None;
    }
    // Annotations are an array too, and never the items of a page.
    let mut lists = fields.iter().filter(|(name, field)| {
        name.as_str() != "annotations"
            && field.required
            && !field.nullable
            && matches!(field.value, Shape::Array(_))
    });
    match (lists.next(), lists.next()) {
        (Some((name, _)), None) => Some(name),
        _ => None,
    }
}

/// Returns the first field of a response that always has an object of a type.
pub(super) fn required_of_type<'a>(
    model: &Model,
    operation: &'a Operation,
    type_name: &str,
) -> Option<&'a str> {
    let fields = operation.response.as_ref()?;
    fields
        .iter()
        .find(|(_, field)| {
            field.required
                && !field.nullable
                && model
                    .object_of(&field.value)
                    .is_some_and(|object| object.type_name == type_name)
        })
        .map(|(name, _)| name.as_str())
}
