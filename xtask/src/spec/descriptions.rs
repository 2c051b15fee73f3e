//! `descriptions.yaml`: our own words for the documentation, such as what resources, fields and error codes are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

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

/// A text with its evidence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) source: Vec<Source>,
}

/// A kind of evidence; the file explains each of them.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
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
    pub(crate) fn field(&self, owner: &str, field: &str) -> Option<&Text> {
        let mut owners = vec![owner.to_owned()];
        if let Some(object) = owner.strip_suffix("CreateArguments") {
            owners.push(format!("{object}Arguments"));
        }
        owners.extend(object_of(owner).map(str::to_owned));
        let mut found = owners
            .iter()
            .map(|owner| self.fields.get(&format!("{owner}.{field}")));
        found.find_map(|found| found)
    }

    /// Returns the text of all fields of a name that have none of their own.
    pub(crate) fn common_field(&self, field: &str) -> Option<&Text> {
        self.fields.get(&format!("*.{field}"))
    }

    /// Returns the places that have words, with their sections.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let words = [("aliases", &self.aliases), ("methods", &self.methods)];
        let words = words
            .into_iter()
            .flat_map(|(section, entries)| entries.keys().map(move |place| (section, place)));
        let texts = self
            .sections()
            .into_iter()
            .flat_map(|(section, entries)| entries.keys().map(move |place| (section, place)));
        words
            .chain(texts)
            .map(|(section, place)| (section, place.as_str()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(yaml: &str) -> Descriptions {
        Descriptions::parse(yaml).expect("texts")
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
            let found = texts.field(owner, field);
            let found = found.map(|entry| entry.text.as_str());
            assert_eq!(found, expected, "{owner}.{field}");
        }
        let common = texts.common_field("id").expect("a text");
        assert_eq!(common.text, "D.");
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
}
