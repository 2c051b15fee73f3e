//! `names.yaml`: the public names that the maintainers gave, and the rules for what is new.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::naming::case::{english, is_pascal, is_snake, pascal, snake};
use crate::naming::inflect::{is_plural, singular};
use crate::naming::reserved::is_taken_type;
use crate::util::fs;

const HEADER: &str = "\
# The public names of the SDK. A name once given stays: users depend on it.
#
# `cargo xtask vendor` adds what is new, under a name made by rule, and prints it; change a name here
# before it is released, and never after. The file is written anew each time, so comments are not kept.
#
# operations  by API, method and path: resource.action, as in `katapult.resource().action(…)`
# titles      by operation, where the rule (action and noun) gives no English
# objects     types of objects that have an id, by property, or by Type.property where one property has two meanings
# parts       types of objects in responses that have none, likewise
# arguments   types of objects in requests, likewise
# lookups     types of lookups, by the property or query parameter that carries them
# enums       types of enumerations, by Type.property
";

/// Names by the place where they are used, so that the publisher's own names for schemas do not matter.
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
    /// What was added in this run, for the maintainer to read.
    #[serde(skip)]
    pub(crate) added: Vec<String>,
}

/// Properties whose name says nothing without that of the object around them.
const GENERIC: &[&str] = &[
    "arguments",
    "attributes",
    "content",
    "current",
    "data",
    "detail",
    "details",
    "features",
    "item",
    "items",
    "limits",
    "meta",
    "object",
    "options",
    "parent",
    "properties",
    "resource",
    "resources",
    "result",
    "settings",
    "target",
    "value",
    "values",
];

impl Names {
    pub(crate) fn load(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let names: Self = serde_saphyr::from_str(&fs::read(path)?).with_context(|| {
            format!(
                "{}: a section, a key or a value is not what it should be: mend the line below",
                path.display()
            )
        })?;
        names
            .check()
            .with_context(|| format!("in {}", path.display()))?;
        Ok(names)
    }

    pub(crate) fn to_yaml(&self) -> Result<String> {
        Ok(format!("{HEADER}\n{}", serde_saphyr::to_string(self)?))
    }

    /// Every name can be one, and none stands for two things.
    pub(crate) fn check(&self) -> Result<()> {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for (place, name) in &self.operations {
            let parts: Vec<&str> = name.split('.').collect();
            if parts.len() != 2 || !parts.into_iter().all(is_snake) {
                bail!(
                    "operations: {place}: {name} is not of the form resource.action: write two names in lower case with a dot between"
                );
            }
            if let Some(other) = seen.insert(name, place) {
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
                        "{section}: {place}: no type can be called {name}: write a name like IpAddress that the generated code does not use itself"
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

    /// The name of an operation, `resource.action`.
    pub(crate) fn operation(&mut self, facts: &OperationFacts) -> String {
        let key = format!("{} {} {}", facts.api, facts.method, facts.path);
        if let Some(name) = self.operations.get(&key) {
            return name.clone();
        }
        let taken = |name: &str| self.operations.values().any(|other| other == name);
        let (resource, action) = name_by_rule(facts);
        let parents: Vec<String> = facts
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .rev()
            .map(snake)
            .collect();
        let mut name = format!("{resource}.{action}");
        for parent in parents.iter().skip(1) {
            if !taken(&name) {
                break;
            }
            name = format!("{resource}.{action}_for_{parent}");
        }
        let mut number = 2;
        while taken(&name) {
            name = format!("{resource}.{action}_{number}");
            number += 1;
        }
        self.added.push(format!("operation {name}: {key}"));
        self.operations.insert(key, name.clone());
        name
    }

    /// What an operation does, in a few words: `shutdown virtual machine`.
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

    /// The type of an object in a response. What has an id, wherever the property stands, is a thing of its own,
    /// named by what it is; what never has one is part of the object it stands in, and named after both.
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

    /// The type of an object in a request: that of the same property in responses, and `Arguments`.
    pub(crate) fn argument(&self, parent: &str, property: &str) -> Named {
        let parent = parent.strip_suffix("Arguments").unwrap_or(parent);
        let named = find(&self.arguments, parent, property, is_generic(property));
        let Named::New { key, name } = named else {
            return named;
        };
        let kind = [&self.objects, &self.parts]
            .into_iter()
            .find_map(|map| map.get(&key).cloned())
            .unwrap_or(name);
        let kind = if property == "properties" {
            parent.to_owned()
        } else {
            kind
        };
        Named::New {
            key,
            name: format!("{kind}Arguments"),
        }
    }

    /// The type of a lookup: of whatever kind the property has in responses.
    pub(crate) fn lookup(&mut self, property: &str) -> String {
        if let Some(name) = self.lookups.get(property) {
            return name.clone();
        }
        let kind = [&self.objects, &self.parts]
            .into_iter()
            .find_map(|map| map.get(property).cloned())
            .unwrap_or_else(|| pascal(&singular(property)));
        let name = self.free(format!("{kind}Lookup"), |names| vec![&names.lookups]);
        self.added.push(format!("lookup {name}: {property}"));
        self.lookups.insert(property.to_owned(), name.clone());
        name
    }

    /// The type of an enumeration, by the object that it describes: a request's and a response's are one.
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

    /// The name of an object, as `name` or with a number where something that is no object is called so.
    pub(crate) fn free_for_object(&self, name: String) -> String {
        self.free(name, |names| {
            vec![&names.objects, &names.parts, &names.arguments]
        })
    }

    /// `name`, or with a number behind it where another section than `own` has it, or the code itself.
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
        let mut free = name.clone();
        let mut number = 2;
        while taken(&free) {
            free = format!("{name}{number}");
            number += 1;
        }
        free
    }

    pub(crate) fn pin_object(&mut self, key: String, name: &str) {
        self.added.push(format!("object {name}: {key}"));
        self.objects.insert(key, name.to_owned());
    }

    pub(crate) fn pin_part(&mut self, key: String, name: &str) {
        self.added.push(format!("part {name}: {key}"));
        self.parts.insert(key, name.to_owned());
    }

    pub(crate) fn pin_argument(&mut self, key: String, name: &str) {
        self.added.push(format!("arguments {name}: {key}"));
        self.arguments.insert(key, name.to_owned());
    }
}

/// A name that is there, or one by rule with the key to pin it under.
pub(crate) enum Named {
    Pinned(String),
    New { key: String, name: String },
}

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

fn is_generic(property: &str) -> bool {
    GENERIC.contains(&property) || property.chars().any(|letter| letter.is_ascii_uppercase())
}

/// A name that begins with a digit, made one that does not: `2fa` → `post_2fa`.
fn begun_with_letter(before: &str, name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{before}_{name}")
    } else {
        name
    }
}

/// What the name of an operation is made of.
pub(crate) struct OperationFacts<'a> {
    pub(crate) api: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) tag: &'a str,
    /// Whether the response holds a list.
    pub(crate) lists: bool,
}

fn name_by_rule(facts: &OperationFacts) -> (String, String) {
    let parts: Vec<String> = facts
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(snake)
        .collect();
    let last = parts.last().cloned().unwrap_or_else(|| "root".to_owned());
    let resource = match snake(facts.tag) {
        tag if tag.is_empty() => parts.first().unwrap_or(&last).clone(),
        tag => tag,
    };
    let resource = begun_with_letter("resource", resource);
    let own = last == resource || singular(&last) == singular(&resource);
    let verb = match facts.method {
        "GET" if facts.lists => "list",
        "GET" => "get",
        "POST" if is_plural(&last) => "create",
        "POST" if own => "create",
        "POST" => "",
        "PATCH" => "update",
        "PUT" => "set",
        _ => "delete",
    };
    let action = match (verb, own) {
        ("", _) => last.clone(),
        (verb, true) => verb.to_owned(),
        (verb, false) => format!("{verb}_{last}"),
    };
    let action = begun_with_letter(&facts.method.to_ascii_lowercase(), action);
    if facts.api == "public" {
        let noun = if own { resource } else { last };
        return (
            "public".to_owned(),
            if action.contains(&noun) {
                action
            } else {
                format!("{action}_{noun}")
            },
        );
    }
    (resource, action)
}
