//! The fields of a document, with their texts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::descriptions::{FieldText, Owner, describe_field};
use crate::spec::{Document, is_custom};

/// A field of a type, a request or a response.
pub(super) struct DocumentedField<'a> {
    /// The place as in `descriptions.yaml`: `Disk.wwn`.
    pub(super) place: String,
    pub(super) documented: FieldText<'a>,
}

/// Returns all fields.
pub(super) fn all(document: &Document) -> Vec<DocumentedField<'_>> {
    let mut fields = Vec::new();
    let mut add = |owner: Owner<'_>, place: &str, name: &str, schema: &Value| {
        fields.push(DocumentedField {
            place: format!("{place}.{name}"),
            documented: describe_field(document, owner, name, schema),
        });
    };
    let types = document.types.iter();
    for (place, schema) in types.filter(|(_, schema)| !is_custom(schema)) {
        for (name, field) in properties(schema) {
            add(Owner::Type(place), place, name, field);
        }
    }
    for (id, operation) in &document.operations {
        for (name, parameter) in &operation.query {
            add(Owner::Request(operation), id, name, &parameter.schema);
        }
        for (name, field) in operation.body.iter().flat_map(properties) {
            add(Owner::Request(operation), id, name, field);
        }
        let place = format!("{id}.response");
        for (name, field) in operation.response.iter().flat_map(properties) {
            add(Owner::Response(operation), &place, name, field);
        }
    }
    fields
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// Returns the places of the fields that are new in a document and that neither a text nor a rule describes.
pub(crate) fn new_without_text(before: &Document, after: &Document) -> Vec<String> {
    let known: BTreeSet<String> = all(before).into_iter().map(|field| field.place).collect();
    let new = all(after).into_iter();
    let new = new.filter(|field| !known.contains(&field.place) && !field.documented.is_described);
    new.map(|field| field.place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use crate::util::fs;

    #[test]
    fn new_field_without_a_text_is_found() {
        let root = fs::workspace_root().expect("the workspace");
        let before = spec::load(&root.join("openapi")).expect("the documents");
        let mut after = spec::load(&root.join("openapi")).expect("the documents");
        assert_eq!(new_without_text(&before, &after), Vec::<String>::new());
        let disk = after.types.get_mut("Disk").expect("a type");
        disk["properties"]["lamp_count"] = serde_json::json!({ "type": "integer" });
        // A text for a field of this name wherever it is.
        disk["properties"]["created_at"] = serde_json::json!({ "type": "integer" });
        assert_eq!(new_without_text(&before, &after), ["Disk.lamp_count"]);
    }
}
