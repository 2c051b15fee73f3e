//! Checks of requested fields that several resources share.

use serde_json::Value;

use crate::response::context::OperationContext;
use crate::response::refusal::Refusal;

/// Returns an error if a requested field is missing or blank.
pub(crate) fn require_present(ctx: &OperationContext<'_>, field: &str) -> Result<(), Refusal> {
    let requested = ctx.requested_fields();
    match requested.get(field).and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(()),
        _ => Err(Refusal::invalid(format!("{} can't be blank", title(field)))),
    }
}

/// Returns an error if a field is requested and blank.
pub(crate) fn require_present_if_set(
    ctx: &OperationContext<'_>,
    field: &str,
) -> Result<(), Refusal> {
    if ctx.requested_fields().contains_key(field) {
        require_present(ctx, field)
    } else {
        Ok(())
    }
}

/// Returns an error if another object of the type than `except` has the name.
pub(crate) fn require_unused_name(
    ctx: &OperationContext<'_>,
    kind: &str,
    name: &str,
    except: &str,
) -> Result<(), Refusal> {
    let mut others = ctx.world.find_by(kind, "name", name);
    if others.any(|other| other.id != except) {
        return Err(Refusal::invalid("Name has already been taken"));
    }
    Ok(())
}

/// Returns an error unless each id in a list is that of an object of these types, outside the trash.
pub(crate) fn require_existing(
    ctx: &OperationContext<'_>,
    field: &str,
    kinds: &[&str],
) -> Result<(), Refusal> {
    let ids = ctx.property(field).and_then(Value::as_array);
    for id in ids.into_iter().flatten().filter_map(Value::as_str) {
        let object = ctx.world.get(id);
        if !object
            .is_some_and(|object| kinds.contains(&object.kind.as_str()) && object.trash.is_none())
        {
            return Err(Refusal::invalid(format!(
                "{} include {id}, which was not found",
                title(field)
            )));
        }
    }
    Ok(())
}

/// Returns a field's name as the API begins a sentence with it: `size_in_gb` is `Size in gb`.
pub(crate) fn title(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
