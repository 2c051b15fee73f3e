//! The places of `descriptions.yaml`: each is in the documents, or its words are for what is gone.

use crate::spec::Document;

/// Returns the places that the documents do not have. They change nothing that is generated: an older document lacks
/// some, and a newer one may have moved them.
pub(super) fn stale(document: &Document) -> Vec<String> {
    let places = Places(document);
    let described = document.descriptions.places();
    let stale = described.filter(|(section, place)| !places.has(section, place));
    stale
        .map(|(section, place)| format!("{section}: {place}"))
        .collect()
}

/// The places of a document that words can be for.
struct Places<'a>(&'a Document);

impl Places<'_> {
    fn has(&self, section: &str, place: &str) -> bool {
        let Self(document) = self;
        match section {
            "aliases" | "methods" => {
                document.resources().contains(place) || document.operations.contains_key(place)
            }
            "resources" => document.resources().contains(place),
            "operations" => document.operations.contains_key(place),
            "types" => document.types.contains_key(place),
            "codes" => document.codes.contains_key(place),
            "values" => self.has_value(place),
            _ => self.has_field(place),
        }
    }

    fn has_value(&self, place: &str) -> bool {
        let Some((name, value)) = place.split_once('.') else {
            return false;
        };
        let Some(schema) = self.0.types.get(name) else {
            return false;
        };
        let values = schema["enum"].as_array().into_iter().flatten();
        let mut values = values.filter_map(|known| known.as_str());
        let variants = &schema["x-katapult-polymorph"];
        value == "*" || values.any(|known| known == value) || variants.get(value).is_some()
    }

    fn has_field(&self, place: &str) -> bool {
        let Some((owner, field)) = place.rsplit_once('.') else {
            return false;
        };
        let Self(document) = self;
        if owner == "*" {
            let mut types = document.types.values();
            return types.any(|schema| schema["properties"].get(field).is_some())
                || (document.operations.values()).any(|operation| {
                    operation.has_argument(field) || operation.has_response_field(field)
                });
        }
        if let Some(schema) = document.types.get(owner) {
            return schema["properties"].get(field).is_some();
        }
        if let Some(operation) = document.operations.get(owner) {
            return operation.has_argument(field);
        }
        let operation = owner.strip_suffix(".response");
        let operation = operation.and_then(|id| document.operations.get(id));
        operation.is_some_and(|operation| operation.has_response_field(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use crate::util::fs;

    #[test]
    fn everything_described_is_in_the_documents() {
        let root = fs::workspace_root().expect("the workspace");
        let document = spec::load(&root.join("openapi")).expect("the documents");
        assert_eq!(stale(&document), Vec::<String>::new());
    }

    #[test]
    fn words_for_what_the_documents_lack_are_stale() {
        let root = fs::workspace_root().expect("the workspace");
        let mut document = spec::load(&root.join("openapi")).expect("the documents");
        document.types.remove("Disk");
        document.operations.remove("disks.get");
        let stale = stale(&document);
        for place in ["types: Disk", "fields: Disk.wwn", "operations: disks.get"] {
            assert!(
                stale.iter().any(|known| known == place),
                "{place}: {stale:?}"
            );
        }
        assert!(
            !stale.iter().any(|known| known.contains("DiskState")),
            "{stale:?}"
        );
    }
}
