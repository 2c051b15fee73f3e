//! `names.yaml`: the pinned public names, and the rules that name the rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::naming::case::{is_pascal, is_snake, pascal};
use crate::naming::inflect::singular;
use crate::naming::reserved::is_taken_type;
use crate::util::fs;
use crate::vendor::survey::Survey;

const HEADER: &str = "\
# The public names of the SDK. A released name never changes, because users depend on it.
#
# `cargo xtask vendor` names new items by rule, adds them here and prints them; change such a name before its
# release, and never after. Each run rewrites the file, so comments are lost.
#
# operations  by API, method and path: resource.action, as in `katapult.resource().action(…)`
# titles      by operation, if the rule (action and noun) gives no good English
# objects     types of objects with an id, by property, or by Type.property if one property has two meanings
# parts       types of objects without an id in responses, likewise
# arguments   types of objects in requests, by resource.action.property, or by Type.property inside another object; the
#             name of a type is without its suffix Arguments. Two places share a type only if their schema is the same
# lookups     types of lookups, by property or query parameter
# enums       types of enumerations, by Type.property
# nested      fields with an object, by Type.field: inline, or boxed since it closes a circle of types
";

/// Public names, by the place where they are used, so that the upstream names of schemas do not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    #[serde(default)]
    pub(crate) operations: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) titles: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) objects: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) parts: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) arguments: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) lookups: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) enums: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) nested: BTreeMap<String, String>,
    /// The names that were made by rule in this run, one line each.
    #[serde(skip)]
    pub(crate) added: Vec<String>,
    /// The types of the pinned places, from a first pass; `None` during that pass.
    #[serde(skip)]
    pub(super) known: Option<Survey>,
    /// The types of all places of this pass.
    #[serde(skip)]
    pub(super) survey: Survey,
}

/// Properties whose name means nothing without that of the object around them.
#[rustfmt::skip] // one name a line would hide the code
const GENERIC: &[&str] = &[
    "arguments", "attributes", "content", "current", "data", "detail", "details", "features", "item", "items",
    "limits", "meta", "object", "options", "parent", "properties", "resource", "resources", "result", "settings",
    "target", "value", "values",
];

impl Names {
    /// Reads `names.yaml`. A missing file has no names.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let names: Self = serde_saphyr::from_str(&fs::read(path)?).with_context(|| {
            format!(
                "{}: unknown section, or invalid key or value: correct the line named below",
                path.display()
            )
        })?;
        names
            .check()
            .with_context(|| format!("in {}", path.display()))?;
        Ok(names)
    }

    /// Returns the text of `names.yaml`.
    pub(crate) fn to_yaml(&self) -> Result<String> {
        // The serializer writes no comments, so the header is written anew.
        Ok(format!("{HEADER}\n{}", serde_saphyr::to_string(self)?))
    }

    /// Returns an error if a name is not valid, or is used for two items.
    pub(crate) fn check(&self) -> Result<()> {
        let mut pinned: HashMap<&str, &str> = HashMap::new();
        for (place, name) in &self.operations {
            let parts: Vec<&str> = name.split('.').collect();
            if parts.len() != 2 || !parts.into_iter().all(is_snake) {
                bail!(
                    "operations: {place}: {name} is not of the form resource.action: use two snake-case names with a dot between them"
                );
            }
            if let Some(other) = pinned.insert(name, place) {
                bail!(
                    "operations: {name} is pinned twice, for {other} and for {place}: give one of them another name"
                );
            }
        }
        let sections = [
            (
                "objects, parts and arguments",
                vec![&self.objects, &self.parts, &self.arguments],
            ),
            ("lookups", vec![&self.lookups]),
            ("enums", vec![&self.enums]),
        ];
        let mut owner: HashMap<&str, (&str, &str)> = HashMap::new();
        for (section, maps) in &sections {
            for (place, name) in maps.iter().flat_map(|map| map.iter()) {
                if !is_pascal(name) || is_taken_type(name) {
                    bail!(
                        "{section}: {place}: {name} cannot be the name of a type: use a name in Pascal case, like IpAddress, that the generated code does not use itself"
                    );
                }
                if let Some((other, at)) = owner.insert(name, (section, place))
                    && other != *section
                {
                    bail!(
                        "{name} is pinned twice, in {other} for {at} and in {section} for {place}: give one of them another name"
                    );
                }
            }
        }
        Ok(())
    }

    /// Returns the type of an object in a response. An object that has an id is named after its property alone; one
    /// that never has an id is a part of the object around it, and named after both.
    pub(crate) fn object(&self, parent: &str, property: &str, has_id: bool) -> Named {
        let long = format!("{parent}.{property}");
        if let Some(name) = self.parts.get(&long).or_else(|| self.objects.get(&long)) {
            return Named::Exactly {
                key: long,
                name: name.clone(),
            };
        }
        if has_id {
            find(&self.objects, parent, property, is_generic(property))
        } else {
            // Every list has the same one, which katapult-gen's traits name.
            find(&self.parts, parent, property, property != "pagination")
        }
    }

    /// Returns the type of an object in a request: the type of the same property in responses, with the suffix
    /// `Arguments`. `place` is the operation or the type that contains it, `parent` the type or the resource's.
    pub(crate) fn argument(&self, place: &str, parent: &str, property: &str) -> Named {
        let key = format!("{place}.{property}");
        if let Some(name) = self.arguments.get(&key) {
            let name = name.clone();
            return Named::Exactly { key, name };
        }
        let long = format!("{parent}.{property}");
        let of_responses = [&long, property]
            .into_iter()
            .flat_map(|key| [&self.objects, &self.parts].map(|map| map.get(key)))
            .flatten()
            .next();
        let name = match of_responses {
            _ if property == "properties" => parent.to_owned(),
            Some(name) => name.clone(),
            None => with_parent(parent, property),
        };
        Named::New {
            key,
            name: format!("{name}Arguments"),
        }
    }

    /// Returns the type of a lookup, named after the type of the property in responses. Adds it if it is new.
    pub(crate) fn lookup(&mut self, property: &str) -> String {
        if let Some(name) = self.lookups.get(property).cloned() {
            self.mark("lookups", property, &name);
            return name;
        }
        let type_name = [&self.objects, &self.parts]
            .into_iter()
            .find_map(|map| map.get(property).cloned())
            .unwrap_or_else(|| pascal(&singular(property)));
        let name = self.free(&[format!("{type_name}Lookup")], |_| false);
        if self.known.is_none() {
            return name;
        }
        self.mark("lookups", property, &name);
        self.added.push(format!("lookup {name}: {property}"));
        self.lookups.insert(property.to_owned(), name.clone());
        name
    }

    /// Returns the type of an enumeration, named after the object that it describes: requests and responses share it.
    /// Adds it if it is new.
    ///
    /// `same` is the name of the enumeration that its schema has elsewhere.
    pub(crate) fn enumeration(
        &mut self,
        parent: &str,
        property: &str,
        same: Option<String>,
    ) -> String {
        let parent = parent.strip_suffix("Arguments").unwrap_or(parent);
        let key = format!("{parent}.{property}");
        if let Some(name) = self.enums.get(&key).cloned() {
            self.mark("enums", &key, &name);
            return name;
        }
        let by_rule = || self.free(&[with_parent(parent, property)], |_| false);
        let name = same.unwrap_or_else(by_rule);
        if self.known.is_none() {
            return name;
        }
        self.mark("enums", &key, &name);
        self.added.push(format!("enumeration {name}: {key}"));
        self.enums.insert(key, name.clone());
        name
    }

    /// Returns what both passes know, the first one first.
    pub(super) fn surveys(&self) -> impl Iterator<Item = &Survey> {
        self.known.iter().chain([&self.survey])
    }

    /// Records that a pin is in use.
    pub(super) fn mark(&mut self, section: &'static str, key: &str, name: &str) {
        self.survey.used_pins.insert((section, key.to_owned()));
        self.survey.used.insert(name.to_owned());
    }

    /// Returns the first of the candidates that no type of the documents has, nor an operation, nor the generated code;
    /// or one that `is_shared` accepts although another place has it.
    pub(super) fn free(&self, candidates: &[String], is_shared: impl Fn(&str) -> bool) -> String {
        let of_operations: BTreeSet<String> = self
            .operations
            .values()
            .filter_map(|name| name.split_once('.'))
            .flat_map(|(resource, action)| {
                let action = pascal(action);
                let response = format!("{action}Response");
                [pascal(resource), format!("{action}Body"), response, action]
            })
            .collect();
        let is_free = |name: &str| {
            let is_used = self.surveys().any(|survey| survey.used.contains(name));
            (is_used && is_shared(name))
                || (!is_used && !is_taken_type(name) && !of_operations.contains(name))
        };
        if let Some(name) = candidates.iter().find(|name| is_free(name)) {
            return name.clone();
        }
        // A number reads badly but is unique; a maintainer can pin a better name before the release.
        let last = candidates.last().map_or("Type", String::as_str);
        (2..)
            .map(|number| format!("{last}{number}"))
            .find(|name| is_free(name))
            .unwrap_or_else(|| last.to_owned())
    }

    /// Pins the name of an object. `note` follows it in the report.
    pub(super) fn pin(&mut self, section: Section, key: String, name: &str, note: &str) {
        // A stale pin of a name that is given away would be a second one. If the type is in use, it only gets a place.
        let is_in_use = self.surveys().any(|survey| survey.used.contains(name));
        for (other, map) in [
            ("objects", &mut self.objects),
            ("parts", &mut self.parts),
            ("arguments", &mut self.arguments),
            ("lookups", &mut self.lookups),
            ("enums", &mut self.enums),
        ] {
            map.retain(|key, known| {
                let key = (other, key.clone());
                let mut surveys = self.known.iter().chain([&self.survey]);
                is_in_use || known != name || surveys.any(|survey| survey.used_pins.contains(&key))
            });
        }
        let (word, names) = match section {
            Section::Objects => ("object", &mut self.objects),
            Section::Parts => ("part", &mut self.parts),
            Section::Arguments => ("arguments", &mut self.arguments),
        };
        self.added.push(format!("{word} {name}: {key}{note}"));
        names.insert(key.clone(), name.to_owned());
        self.mark(section.name(), &key, name);
    }

    /// Returns the pins that no document of this run has, one line each.
    pub(crate) fn stale(&self) -> Vec<String> {
        let sections = [
            ("operations", &self.operations),
            ("objects", &self.objects),
            ("parts", &self.parts),
            ("arguments", &self.arguments),
            ("lookups", &self.lookups),
            ("enums", &self.enums),
        ];
        let mut stale = Vec::new();
        for (section, map) in sections {
            for (key, name) in map {
                if !self.survey.used_pins.contains(&(section, key.clone())) {
                    stale.push(format!("{section}: {key}: {name}"));
                }
            }
        }
        stale
    }
}

/// A section of `names.yaml` with names of objects.
#[derive(Clone, Copy)]
pub(crate) enum Section {
    Objects,
    Parts,
    Arguments,
}

impl Section {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Parts => "parts",
            Self::Arguments => "arguments",
        }
    }
}

/// A pinned name, or one made by rule with the key to pin it under.
pub(crate) enum Named {
    /// Pinned for this place.
    Exactly {
        key: String,
        name: String,
    },
    /// Pinned for the property, wherever it is.
    Anywhere {
        key: String,
        name: String,
    },
    New {
        key: String,
        name: String,
    },
}

/// Finds the name of a property: pinned for the object around it, pinned for the property alone, or by rule.
fn find(map: &BTreeMap<String, String>, parent: &str, property: &str, is_part: bool) -> Named {
    if let Some(name) = map.get(property) {
        let (key, name) = (property.to_owned(), name.clone());
        return Named::Anywhere { key, name };
    }
    if is_part {
        Named::New {
            key: format!("{parent}.{property}"),
            name: with_parent(parent, property),
        }
    } else {
        Named::New {
            key: property.to_owned(),
            name: pascal(&singular(property)),
        }
    }
}

/// Returns the name of a type after the object around it and its property, without saying the first twice.
pub(super) fn with_parent(parent: &str, property: &str) -> String {
    let own = pascal(&singular(property));
    if own.starts_with(parent) {
        own
    } else {
        format!("{parent}{own}")
    }
}

/// Returns `true` if the type of a property must be named after the object around it too.
fn is_generic(property: &str) -> bool {
    GENERIC.contains(&property) || property.chars().any(|letter| letter.is_ascii_uppercase())
}
