//! `descriptions.yaml`: our own words for the documentation, such as what resources, fields and error codes are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Document;
use crate::util::fs;

/// The name of the file, in the folder of the canonical documents.
pub(crate) const FILE: &str = "descriptions.yaml";

/// Words for the documentation, by the places of the documents that they are for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Descriptions {
    /// What people search for, by resource or by operation.
    aliases: BTreeMap<String, Vec<String>>,
    /// Methods that katapult-core has for the call of an operation, besides those of its roles.
    methods: BTreeMap<String, Vec<String>>,
    resources: BTreeMap<String, Text>,
    operations: BTreeMap<String, Text>,
    types: BTreeMap<String, Text>,
    fields: BTreeMap<String, Text>,
    values: BTreeMap<String, Text>,
    codes: BTreeMap<String, Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
    /// The evidence for the text.
    source: Vec<Source>,
}

/// A kind of evidence; the file explains each of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    Document,
    Recording,
    Manual,
    Provider,
    Standard,
    #[serde(rename = "facts/api")]
    Api,
    #[serde(rename = "facts/build-spec")]
    BuildSpec,
    #[serde(rename = "facts/deviations")]
    Deviations,
    #[serde(rename = "facts/dns")]
    Dns,
    #[serde(rename = "facts/workflows")]
    Workflows,
}

impl Descriptions {
    /// Reads the file in a folder. A missing file has no descriptions.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let texts = Self::parse(&fs::read(&path)?);
        texts.with_context(|| format!("in {}", path.display()))
    }

    fn parse(yaml: &str) -> Result<Self> {
        let texts: Self = serde_saphyr::from_str(yaml)
            .context("unknown section, or invalid key or value: correct the line named below")?;
        for (section, entries) in texts.sections() {
            for (place, entry) in entries {
                if entry.text.is_empty() || entry.source.is_empty() {
                    bail!("{section}: {place} lacks its text or its source: add it");
                }
            }
        }
        Ok(texts)
    }

    /// Returns what people search for when they mean this resource or operation.
    pub(crate) fn aliases(&self, id: &str) -> &[String] {
        self.aliases.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the methods of katapult-core for the call of this operation, besides those of its roles.
    pub(crate) fn methods(&self, id: &str) -> &[String] {
        self.methods.get(id).map_or(&[], Vec::as_slice)
    }

    fn sections(&self) -> [(&'static str, &BTreeMap<String, Text>); 6] {
        [
            ("resources", &self.resources),
            ("operations", &self.operations),
            ("types", &self.types),
            ("fields", &self.fields),
            ("values", &self.values),
            ("codes", &self.codes),
        ]
    }

    /// Returns the text of a resource.
    pub(crate) fn resource(&self, name: &str) -> Option<&str> {
        text(&self.resources, name)
    }

    /// Returns the text of an operation, by its id.
    pub(crate) fn operation(&self, id: &str) -> Option<&str> {
        text(&self.operations, id)
    }

    /// Returns the text of a type.
    pub(crate) fn of_type(&self, name: &str) -> Option<&str> {
        text(&self.types, name)
    }

    /// Returns the text of an error code.
    pub(crate) fn code(&self, code: &str) -> Option<&str> {
        text(&self.codes, code)
    }

    /// Returns the text of a value of an enumeration or tagged union.
    pub(crate) fn value(&self, of_type: &str, value: &str) -> Option<&str> {
        let own = text(&self.values, &format!("{of_type}.{value}"));
        own.or_else(|| text(&self.values, &format!("{of_type}.*")))
    }

    /// Returns the text of a field of a type, or of an operation's request or response (`disks.get.response`). The
    /// fields of a request's type have the text of the object's field by default.
    pub(crate) fn field(&self, owner: &str, field: &str) -> Option<&str> {
        let mut owners = vec![owner.to_owned()];
        if let Some(object) = owner.strip_suffix("CreateArguments") {
            owners.push(format!("{object}Arguments"));
        }
        owners.extend(object_of(owner).map(str::to_owned));
        let mut found = owners
            .iter()
            .map(|owner| text(&self.fields, &format!("{owner}.{field}")));
        found.find_map(|found| found)
    }

    /// Returns the text of all fields of a name that have none of their own.
    pub(crate) fn common_field(&self, field: &str) -> Option<&str> {
        text(&self.fields, &format!("*.{field}"))
    }

    /// Returns an error that names the places that a document does not have.
    pub(crate) fn check(&self, document: &Document) -> Result<()> {
        let places = Places(document);
        let mut stale = Vec::new();
        for (section, entries) in [("aliases", &self.aliases), ("methods", &self.methods)] {
            let unknown = entries.keys().filter(|place| !places.has(section, place));
            stale.extend(unknown.map(|place| format!("{section}: {place}")));
        }
        for (section, entries) in self.sections() {
            let unknown = entries.keys().filter(|place| !places.has(section, place));
            stale.extend(unknown.map(|place| format!("{section}: {place}")));
        }
        if stale.is_empty() {
            return Ok(());
        }
        bail!(
            "{FILE} describes what the documents do not have:\n  {}\nremove these entries, or correct their places",
            stale.join("\n  ")
        )
    }
}

/// Returns the object of a type that is used in requests: `Disk` of `DiskCreateArguments`.
pub(crate) fn object_of(arguments: &str) -> Option<&str> {
    let object = arguments.strip_suffix("CreateArguments");
    object.or_else(|| arguments.strip_suffix("Arguments"))
}

fn text<'a>(texts: &'a BTreeMap<String, Text>, place: &str) -> Option<&'a str> {
    texts.get(place).map(|entry| entry.text.as_str())
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

    fn texts(yaml: &str) -> Descriptions {
        Descriptions::parse(yaml).expect("texts")
    }

    #[test]
    fn everything_described_is_in_the_documents() {
        let root = fs::workspace_root().expect("the workspace");
        let document = spec::load(&root.join("openapi")).expect("the documents");
        document
            .descriptions
            .check(&document)
            .expect("known places");
    }

    #[test]
    fn field_of_a_request_has_the_text_of_the_nearest_type() {
        let texts = texts(
            "fields:\n  \
               Lamp.name: {text: A., source: [document]}\n  \
               LampArguments.name: {text: B., source: [recording]}\n  \
               Lamp.color: {text: C., source: [facts/api, standard]}\n  \
               \"*.id\": {text: D., source: [document]}\n",
        );
        for (owner, field, expected) in [
            ("Lamp", "name", Some("A.")),
            ("LampArguments", "name", Some("B.")),
            ("LampCreateArguments", "name", Some("B.")),
            ("LampCreateArguments", "color", Some("C.")),
            ("lamps.create", "color", None),
            ("Lamp", "id", None),
        ] {
            assert_eq!(texts.field(owner, field), expected, "{owner}.{field}");
        }
        assert_eq!(texts.common_field("id"), Some("D."));
    }

    #[test]
    fn value_without_a_text_has_that_of_its_enumeration() {
        let texts = texts(
            "values:\n  Color.red: {text: A., source: [document]}\n  \
             Color.*: {text: B., source: [document]}\n",
        );
        assert_eq!(texts.value("Color", "red"), Some("A."));
        assert_eq!(texts.value("Color", "blue"), Some("B."));
        assert_eq!(texts.value("Shape", "round"), None);
    }

    #[test]
    fn faulty_entry_is_refused_with_its_place() {
        for (yaml, parts) in [
            ("codes:\n  gone: {text: A., source: []}\n", "codes: gone"),
            ("codes:\n  gone: {text: A.}\n", "source"),
            ("codes:\n  gone: {text: A., source: [rumour]}\n", "rumour"),
            ("code:\n  gone: {text: A., source: [document]}\n", "code"),
        ] {
            let error = Descriptions::parse(yaml).expect_err("an error");
            assert!(format!("{error:#}").contains(parts), "{error:#}");
        }
    }

    #[test]
    fn text_of_a_place_that_no_document_has_is_refused() {
        let texts = texts("types:\n  Lamp: {text: A., source: [document]}\n");
        let error = texts.check(&Document::default()).expect_err("an error");
        assert!(error.to_string().contains("types: Lamp"), "{error}");
    }
}
