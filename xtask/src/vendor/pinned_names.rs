//! `names.yaml`: the pinned public names, and the rules that name the rest.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::naming::case::{english, is_pascal, is_snake, pascal};
use crate::naming::inflect::singular;
use crate::naming::reserved::is_taken_type;
use crate::util::fs;
use crate::vendor::operation_name::{OperationFacts, Sibling, name_by_rule};

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
# arguments   types of objects in requests, likewise
# lookups     types of lookups, by property or query parameter
# enums       types of enumerations, by Type.property
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
    /// The names that were made by rule in this run, one line each.
    #[serde(skip)]
    pub(crate) added: Vec<String>,
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

    /// Returns the name of an operation, `resource.action`. Adds it if it is new.
    ///
    /// `tags` has the tag of each operation in the document, by its key: a pin without one is stale, and does not block
    /// a name.
    pub(crate) fn operation(
        &mut self,
        facts: &OperationFacts,
        tags: &BTreeMap<String, String>,
    ) -> String {
        let key = operation_key(facts.api, facts.method, facts.path);
        if let Some(name) = self.operations.get(&key) {
            return name.clone();
        }
        let name = self.operation_by_rule(facts, tags);
        // The stale pin of a name that is given away would be a second one.
        self.operations.retain(|_, other| *other != name);
        self.added.push(format!("operation {name}: {key}"));
        self.operations.insert(key, name.clone());
        name
    }

    /// Returns the name that the rule gives an operation, whether or not it is pinned.
    pub(crate) fn operation_by_rule(
        &self,
        facts: &OperationFacts,
        tags: &BTreeMap<String, String>,
    ) -> String {
        let key = operation_key(facts.api, facts.method, facts.path);
        let mut siblings = Vec::new();
        for (other, name) in &self.operations {
            let (Some(tag), Some((resource, action))) = (tags.get(other), name.split_once('.'))
            else {
                continue;
            };
            let mut parts = other.splitn(3, ' ');
            let is_same_api = parts.next() == Some(facts.api);
            if let (Some(path), true) = (parts.nth(1), is_same_api && *other != key) {
                siblings.push(Sibling {
                    path,
                    tag,
                    resource,
                    action,
                });
            }
        }
        let (resource, actions) = name_by_rule(facts, &siblings);
        let is_free = |action: &&String| {
            !siblings
                .iter()
                .any(|other| other.resource == resource && other.action == **action)
        };
        if let Some(action) = actions.iter().find(is_free) {
            return format!("{resource}.{action}");
        }
        // A number reads badly but is unique; a maintainer can pin a better name before the release.
        let action = actions.first().map_or("call", String::as_str);
        (2..)
            .map(|number| format!("{action}_{number}"))
            .find(|action| is_free(&action))
            .map_or_else(
                || format!("{resource}.{action}"),
                |action| format!("{resource}.{action}"),
            )
    }

    /// Returns an operation's title: `shutdown virtual machine`.
    pub(crate) fn title(&self, name: &str) -> String {
        if let Some(title) = self.titles.get(name) {
            return title.clone();
        }
        let (resource, action) = name.split_once('.').unwrap_or((name, ""));
        match action {
            "list" => format!("list {}", english(resource)),
            _ => format!("{} {}", english(action), english(&singular(resource))),
        }
    }

    /// Returns the type of an object in a response. An object that has an id is named after its property alone; one
    /// that never has an id is a part of the object around it, and named after both.
    pub(crate) fn object(&self, parent: &str, property: &str, has_id: bool) -> Named {
        let long = format!("{parent}.{property}");
        if let Some(name) = self.parts.get(&long).or_else(|| self.objects.get(&long)) {
            Named::Pinned(name.clone())
        } else if has_id {
            find(&self.objects, parent, property, is_generic(property))
        } else {
            find(&self.parts, parent, property, true)
        }
    }

    /// Returns the type of an object in a request: the type of the same property in responses, with the suffix
    /// `Arguments`.
    pub(crate) fn argument(&self, parent: &str, property: &str) -> Named {
        let parent = parent.strip_suffix("Arguments").unwrap_or(parent);
        let named = find(&self.arguments, parent, property, is_generic(property));
        let Named::New { key, name } = named else {
            return named;
        };
        let type_name = [&self.objects, &self.parts]
            .into_iter()
            .find_map(|map| map.get(&key).cloned())
            .unwrap_or(name);
        let type_name = if property == "properties" {
            parent.to_owned()
        } else {
            type_name
        };
        Named::New {
            key,
            name: format!("{type_name}Arguments"),
        }
    }

    /// Returns the type of a lookup, named after the type of the property in responses. Adds it if it is new.
    pub(crate) fn lookup(&mut self, property: &str) -> String {
        if let Some(name) = self.lookups.get(property) {
            return name.clone();
        }
        let type_name = [&self.objects, &self.parts]
            .into_iter()
            .find_map(|map| map.get(property).cloned())
            .unwrap_or_else(|| pascal(&singular(property)));
        let name = self.free(format!("{type_name}Lookup"), |names| vec![&names.lookups]);
        self.added.push(format!("lookup {name}: {property}"));
        self.lookups.insert(property.to_owned(), name.clone());
        name
    }

    /// Returns the type of an enumeration, named after the object that it describes: requests and responses share it.
    /// Adds it if it is new.
    pub(crate) fn enumeration(&mut self, parent: &str, property: &str) -> String {
        let parent = parent.strip_suffix("Arguments").unwrap_or(parent);
        let key = format!("{parent}.{property}");
        if let Some(name) = self.enums.get(&key) {
            return name.clone();
        }
        let own = pascal(&singular(property));
        let name = if own.starts_with(parent) {
            own
        } else {
            format!("{parent}{own}")
        };
        let name = self.free(name, |names| vec![&names.enums]);
        self.added.push(format!("enumeration {name}: {key}"));
        self.enums.insert(key, name.clone());
        name
    }

    /// Returns `name`, with a number if a lookup, an enumeration or the generated code has it.
    pub(crate) fn free_for_object(&self, name: String) -> String {
        self.free(name, |names| {
            vec![&names.objects, &names.parts, &names.arguments]
        })
    }

    /// Returns `name`, with a number if a section other than `own` or the generated code has it.
    fn free(&self, name: String, own: impl Fn(&Self) -> Vec<&BTreeMap<String, String>>) -> String {
        let own = own(self);
        let taken = |name: &str| {
            let sections = [
                &self.objects,
                &self.parts,
                &self.arguments,
                &self.lookups,
                &self.enums,
            ];
            is_taken_type(name)
                || sections
                    .into_iter()
                    .filter(|section| !own.iter().any(|own| std::ptr::eq(*own, *section)))
                    .any(|section| section.values().any(|other| other == name))
        };
        // A number reads badly but is unique; a maintainer can pin a better name before the release.
        let mut free = name.clone();
        let mut number = 2;
        while taken(&free) {
            free = format!("{name}{number}");
            number += 1;
        }
        free
    }

    /// Pins the name of an object.
    pub(crate) fn pin(&mut self, section: Section, key: String, name: &str) {
        let (word, names) = match section {
            Section::Objects => ("object", &mut self.objects),
            Section::Parts => ("part", &mut self.parts),
            Section::Arguments => ("arguments", &mut self.arguments),
        };
        self.added.push(format!("{word} {name}: {key}"));
        names.insert(key, name.to_owned());
    }
}

/// Returns the key of an operation in `names.yaml`.
pub(crate) fn operation_key(api: &str, method: &str, path: &str) -> String {
    format!("{api} {method} {path}")
}

/// A section of `names.yaml` with names of objects.
pub(crate) enum Section {
    Objects,
    Parts,
    Arguments,
}

/// A pinned name, or one made by rule with the key to pin it under.
pub(crate) enum Named {
    Pinned(String),
    New { key: String, name: String },
}

/// Finds the name of a property: pinned for the object around it, pinned for the property alone, or by rule.
fn find(map: &BTreeMap<String, String>, parent: &str, property: &str, with_parent: bool) -> Named {
    let long = format!("{parent}.{property}");
    if let Some(name) = map.get(&long).or_else(|| map.get(property)) {
        return Named::Pinned(name.clone());
    }
    let own = pascal(&singular(property));
    if !with_parent {
        return Named::New {
            key: property.to_owned(),
            name: own,
        };
    }
    let name = if own.starts_with(parent) {
        own
    } else {
        format!("{parent}{own}")
    };
    Named::New { key: long, name }
}

/// Returns `true` if the type of a property must be named after the object around it too.
fn is_generic(property: &str) -> bool {
    GENERIC.contains(&property) || property.chars().any(|letter| letter.is_ascii_uppercase())
}
