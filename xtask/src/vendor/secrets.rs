//! The correction of texts that are secrets, although neither their names nor the document state it.

use crate::vendor::model::{Model, Shape};
use crate::vendor::upstream::Scalar;

/// Marks the texts, and the texts of lists and maps, that have one of these names.
pub(super) fn secrets(model: &mut Model, names: &[String]) -> usize {
    let objects = model.objects.iter_mut().map(|object| &mut object.fields);
    let tops = model
        .operations
        .values_mut()
        .flat_map(|operation| operation.body.iter_mut().chain(&mut operation.response));
    let fields = objects.chain(tops).flatten();
    fields
        .filter(|(name, _)| names.contains(name))
        .map(|(_, field)| usize::from(hide(&mut field.value)))
        .sum()
}

/// Makes a secret of a text. Returns `true` if there is one.
fn hide(value: &mut Shape) -> bool {
    match value {
        Shape::Array(items) | Shape::Map(items) => hide(items),
        Shape::Scalar(scalar @ Scalar::String) => {
            *scalar = Scalar::Secret;
            true
        }
        _ => false,
    }
}
