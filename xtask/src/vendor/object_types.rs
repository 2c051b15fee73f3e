//! The types of objects: pinned for their place, known by their schema, or by rule.

use std::collections::BTreeMap;

use crate::naming::case::pascal;
use crate::naming::inflect::singular;
use crate::vendor::assign_names::{Namer, Owner};
use crate::vendor::model::Direction;
use crate::vendor::pinned_names::{Named, Names, Section, with_parent};
use crate::vendor::survey;
use crate::vendor::upstream::{NodeId, Property};

impl Namer<'_> {
    /// Returns the type of an object in a response, of which the object is a projection.
    pub(super) fn response_type(
        &mut self,
        owner: Owner<'_>,
        property: &str,
        node: Option<NodeId>,
        fields: &BTreeMap<String, Property>,
    ) -> (String, bool) {
        let is_identified = self.is_identified(property, fields);
        let own = survey::fields(self.upstream, fields);
        let section = match is_identified {
            true => Section::Objects,
            false => Section::Parts,
        };
        let parent = owner.type_name;
        let is_kind = |names: &Names, name: &str| {
            let known = names.surveys().find_map(|survey| survey.response(name));
            known.is_none_or(|known| survey::is_same_kind(known, &own))
        };
        let (key, name) = match self.names.object(parent, property, is_identified) {
            Named::Exactly { key, name } => {
                self.names.mark("objects", &key, &name);
                self.names.mark("parts", &key, &name);
                self.names.survey.add_response(&name, &own);
                return (name, true);
            }
            Named::Anywhere { key, name }
                if self.names.known.is_none() || is_kind(self.names, &name) =>
            {
                self.names.mark(section.name(), &key, &name);
                self.names.survey.add_response(&name, &own);
                return (name, true);
            }
            Named::Anywhere { name, .. } => (format!("{parent}.{property}"), name),
            Named::New { key, name } => (key, name),
        };
        if self.names.known.is_none() {
            return (name, false);
        }
        // Two objects without an id can share a schema by chance: the schema is no evidence of their type.
        let is_known_by_shape = !is_identified || fields.contains_key("id");
        let by_schema = node
            .filter(|_| is_known_by_shape)
            .and_then(|node| self.by_schema(node, Direction::Response));
        let candidates = [name, with_parent(parent, property)];
        let name = by_schema.unwrap_or_else(|| {
            let names = &*self.names;
            // Requests have types of their own.
            let is_request = |name: &str| names.arguments.values().any(|other| other == name);
            let is_shared = |name: &str| {
                let is_response = names
                    .surveys()
                    .any(|survey| survey.response(name).is_some());
                is_response && !is_request(name) && is_kind(names, name)
            };
            names.free(&candidates, is_shared)
        });
        self.names.survey.add_response(&name, &own);
        self.names.pin(section, key, &name, "");
        (name, true)
    }

    /// Returns the type of an object in a request, all places of which have the same schema.
    pub(super) fn request_type(
        &mut self,
        owner: Owner<'_>,
        property: &str,
        node: Option<NodeId>,
        fields: &BTreeMap<String, Property>,
    ) -> (String, bool) {
        let is_lookup =
            |property: &str, fields: &BTreeMap<String, Property>| self.is_lookup(property, fields);
        let schema = survey::request_schema(self.upstream, fields, &is_lookup);
        let parent = owner.type_name;
        let parent = parent.strip_suffix("Arguments").unwrap_or(parent);
        let is_same = |names: &Names, name: &str| {
            let known = names.surveys().find_map(|survey| survey.request(name));
            known == Some(&schema)
        };
        let (key, name) = match self.names.argument(owner.place, parent, property) {
            Named::Exactly { key, name } | Named::Anywhere { key, name } => {
                if self.names.known.is_none() || is_same(self.names, &name) {
                    self.names.mark("arguments", &key, &name);
                    self.names.survey.add_request(&name, &schema);
                    return (name, true);
                }
                (key, name)
            }
            Named::New { key, name } => (key, name),
        };
        if self.names.known.is_none() {
            return (name, false);
        }
        let by_schema = node
            .and_then(|node| self.by_schema(node, Direction::Request))
            .filter(|name| is_same(self.names, name));
        let action = owner.place.split_once('.').map_or("", |(_, action)| action);
        let candidates = match property {
            "properties" => vec![name, format!("{parent}{}Arguments", pascal(action))],
            _ => vec![
                name,
                format!("{}Arguments", with_parent(parent, property)),
                format!(
                    "{parent}{}{}Arguments",
                    pascal(action),
                    pascal(&singular(property))
                ),
            ],
        };
        let name = by_schema.unwrap_or_else(|| {
            self.names
                .free(&candidates, |name| is_same(self.names, name))
        });
        let note = match is_same(self.names, &name) {
            true => " (the same schema as elsewhere)",
            false => "",
        };
        self.names.survey.add_request(&name, &schema);
        self.names.pin(Section::Arguments, key, &name, note);
        (name, true)
    }

    /// Returns the type that a schema has in another place.
    pub(super) fn by_schema(&self, node: NodeId, direction: Direction) -> Option<String> {
        let key = (self.api, node, direction);
        let mut surveys = self.names.surveys();
        surveys.find_map(|survey| survey.by_schema.get(&key).cloned())
    }
}
