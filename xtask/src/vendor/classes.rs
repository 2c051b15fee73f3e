//! Classes of equal objects.

use std::collections::{BTreeMap, BTreeSet};

use crate::vendor::model::{Model, Shape};

/// Returns a class for each object. Two objects have the same class exactly if they have the same type and the same
/// fields, recursively.
///
/// Partition refinement: all objects begin in one class, and classes are split until none splits further.
pub(super) fn classes(model: &Model) -> Vec<usize> {
    let mut classes = vec![0; model.objects.len()];
    loop {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let next: Vec<usize> = model
            .objects
            .iter()
            .enumerate()
            .map(|(id, object)| {
                let fields: Vec<String> = object
                    .fields
                    .iter()
                    .map(|(name, field)| {
                        format!(
                            "{name} {} {} {}",
                            field.required,
                            field.nullable,
                            signature(&field.value, &classes)
                        )
                    })
                    .collect();
                let signature = format!(
                    "{} {:?} {} {fields:?}",
                    object.type_name, object.direction, classes[id]
                );
                let number = numbers.len();
                *numbers.entry(signature).or_insert(number)
            })
            .collect();
        let before = classes.iter().collect::<BTreeSet<_>>().len();
        classes = next;
        if numbers.len() == before {
            return classes;
        }
    }
}

fn signature(shape: &Shape, classes: &[usize]) -> String {
    match shape {
        Shape::Object(id) => format!("object {}", classes[*id]),
        Shape::Array(items) => format!("array {}", signature(items, classes)),
        Shape::Map(values) => format!("map {}", signature(values, classes)),
        other => format!("{other:?}"),
    }
}
