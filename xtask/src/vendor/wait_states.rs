//! The states by which an object is waited for: facts that an OpenAPI document has no place for.

use std::collections::BTreeMap;

use crate::vendor::model::{Model, Shape, WaitStates};
use crate::vendor::roles::subject;

/// Adds the states to the operations whose object has such a field.
pub(super) fn wait_states(model: &mut Model, operations: &BTreeMap<String, WaitStates>) -> usize {
    let mut count = 0;
    for (name, states) in operations {
        if has_field(model, name, &states.field)
            && let Some(operation) = model.operations.get_mut(name)
        {
            operation.wait_states = Some(states.clone());
            count += 1;
        }
    }
    count
}

/// Returns `true` if the object that an operation returns has an enumeration in this field.
fn has_field(model: &Model, name: &str, field: &str) -> bool {
    let find = || {
        let operation = model.operations.get(name)?;
        let (resource, action) = name.split_once('.')?;
        let subject = subject(model, resource, action, operation)?;
        let object = model.object_of(&operation.response.as_ref()?.get(subject)?.value)?;
        Some(matches!(object.fields.get(field)?.value, Shape::Enum(_)))
    };
    find().unwrap_or(false)
}
