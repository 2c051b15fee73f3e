//! Tags as the server keeps them, and a journal of what was done to them.

use std::collections::{BTreeMap, HashMap, HashSet};

use http::StatusCode;
use serde_json::{Value, json};

use crate::wire::Request;

/// Of each tag that is there, its organization and its name.
type Tags = BTreeMap<String, (String, String)>;

/// What is, and what was done.
#[derive(Debug, Default)]
pub struct Truth {
    tags: Tags,
    made: HashMap<String, u32>,
    named: HashSet<(String, String)>,
    next: u32,
}

impl Truth {
    /// Puts a tag there that was not asked for.
    pub fn put(&mut self, id: &str, name: &str) {
        let tag = ("org_seeded".to_owned(), name.to_owned());
        self.tags.insert(id.to_owned(), tag);
    }

    /// The name of the tag, if it is there.
    pub fn name(&self, id: &str) -> Option<&str> {
        self.tags.get(id).map(|(_, name)| name.as_str())
    }

    /// How often a tag of that name was made.
    pub fn made(&self, name: &str) -> u32 {
        self.made.get(name).copied().unwrap_or_default()
    }

    /// Whether the tag was ever given that name.
    pub fn was_named(&self, id: &str, name: &str) -> bool {
        self.named.contains(&(id.to_owned(), name.to_owned()))
    }

    /// Does what a request asks for; gives the status and the body.
    pub fn perform(&mut self, request: &Request) -> (StatusCode, Value) {
        let text = |pointer| request.body.pointer(pointer).and_then(Value::as_str);
        let query = |name: &str| {
            let mut query = request.query.iter();
            query.find_map(|(key, value)| (key == name).then_some(value.as_str()))
        };
        let id = query("tag[id]")
            .or_else(|| text("/tag/id"))
            .unwrap_or_default();
        let name = text("/properties/name").unwrap_or_default();
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/core/v1/tags/tag") => self.shown(id),
            ("PATCH", "/core/v1/tags/tag") => {
                if let Some((_, current)) = self.tags.get_mut(id) {
                    name.clone_into(current);
                    self.named.insert((id.to_owned(), name.to_owned()));
                }
                self.shown(id)
            }
            ("DELETE", "/core/v1/tags/tag") => {
                let shown = self.shown(id);
                self.tags.remove(id);
                shown
            }
            ("POST", "/core/v1/organizations/organization/tags") => {
                let organization = text("/organization/id").unwrap_or_default();
                self.next += 1;
                let id = format!("tag_made{:012}", self.next);
                let tag = (organization.to_owned(), name.to_owned());
                self.tags.insert(id.clone(), tag);
                *self.made.entry(name.to_owned()).or_default() += 1;
                (StatusCode::CREATED, self.shown(&id).1)
            }
            ("GET", "/core/v1/organizations/organization/tags") => {
                let number = |name| query(name).and_then(|text| text.parse::<usize>().ok());
                let organization = query("organization[id]").unwrap_or_default();
                self.page(
                    organization,
                    number("page").unwrap_or(1),
                    number("per_page").unwrap_or(30),
                )
            }
            _ => (StatusCode::NOT_FOUND, failure("route_not_found", json!({}))),
        }
    }

    fn shown(&self, id: &str) -> (StatusCode, Value) {
        match self.name(id) {
            Some(name) => (StatusCode::OK, json!({"tag": {"id": id, "name": name}})),
            None => (StatusCode::NOT_FOUND, failure("tag_not_found", json!({}))),
        }
    }

    fn page(&self, organization: &str, page: usize, size: usize) -> (StatusCode, Value) {
        let mine = self.tags.iter().filter(|(_, (of, _))| of == organization);
        let all: Vec<_> = mine
            .map(|(id, (_, name))| json!({"id": id, "name": name}))
            .collect();
        let tags: Vec<_> = all
            .iter()
            .skip((page.max(1) - 1) * size)
            .take(size)
            .collect();
        let pagination = json!({
            "current_page": page, "per_page": size, "total": all.len(),
            "total_pages": all.len().div_ceil(size.max(1)), "large_set": false,
        });
        (
            StatusCode::OK,
            json!({"tags": tags, "pagination": pagination}),
        )
    }
}

/// The API's form of a failure.
pub fn failure(code: &str, detail: Value) -> Value {
    json!({"error": {"code": code, "description": "As chance has it", "detail": detail}})
}
