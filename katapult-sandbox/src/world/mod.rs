//! The state of the sandbox: objects by id, and scheduled changes.
//!
//! A field that refers to another object contains its id. Fields by which lookups find objects are
//! indexed.

pub(crate) mod attachment;
pub(crate) mod cascade;
pub(crate) mod clock;
pub(crate) mod computed_fields;
pub(crate) mod id_prefix;
pub(crate) mod initial_state;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::rng::Rng;
use crate::world::id_prefix::{id_prefix, snake_case};

/// The indexed fields. A lookup by any other field scans all objects of its type.
const INDEXED: &[&str] = &[
    "address",
    "address_list",
    "allocation",
    "api_reference",
    "disk_template",
    "dns_zone",
    "fqdn",
    "group",
    "interface",
    "load_balancer",
    "name",
    "network",
    "object_id",
    "object_storage_cluster",
    "organization",
    "parent",
    "permalink",
    "region",
    "secret",
    "security_group",
    "sub_domain",
    "target",
    "virtual_machine",
    "virtual_network",
    "wwn",
];

/// An object: a virtual machine, a disk, a task, …
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Object {
    /// The type, as in the document: `VirtualMachine`.
    pub kind: String,
    /// The id, such as `vm_bnbFMvOAJBv4BLW8`.
    pub id: String,
    /// The fields. One that refers to another object contains that object's id.
    pub fields: Map<String, Value>,
    /// The id of the trash object, if the object is in the trash.
    pub trash: Option<String>,
}

impl Object {
    /// Returns the text of a field; empty if it is not a string.
    pub fn text(&self, field: &str) -> &str {
        self.fields
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Returns the value of an integer field.
    pub fn number(&self, field: &str) -> Option<i64> {
        self.fields.get(field).and_then(Value::as_i64)
    }

    /// Returns `true` if a field is `true`.
    pub fn flag(&self, field: &str) -> bool {
        self.fields.get(field) == Some(&Value::Bool(true))
    }
}

/// A change of an object. Texts are ids first, then fields or states.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Sets a field.
    Set(String, &'static str, Value),
    /// Removes the object with its dependents.
    Remove(String),
    /// Changes the state from the first to the second; does nothing in any other state.
    Transition(String, &'static str, &'static str),
    /// Creates the virtual machine of a build.
    CreateMachine(String),
    /// Starts a task.
    StartTask(String),
    /// Sets the progress of a task, in percent.
    TaskProgress(String, u64),
    /// Completes a task.
    CompleteTask(String),
    /// Sets the attachment state of a virtual machine's disks and interfaces.
    SetAttachment(String, &'static str),
}

/// The objects of a sandbox, with the changes that are scheduled.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Objects by creation number, which keeps them in order of age.
    objects: BTreeMap<u64, Object>,
    ids: HashMap<String, u64>,
    kinds: HashMap<String, BTreeSet<u64>>,
    /// Objects by an indexed field and its value in lower case.
    index: HashMap<(&'static str, String), BTreeSet<u64>>,
    /// Changes by time and creation number, which keeps the order of changes at the same time.
    events: BTreeMap<(u64, u64), Change>,
    next: u64,
    pub(crate) rng: Rng,
    /// The time up to which changes are applied, in milliseconds since 1970.
    pub(crate) now: u64,
}

impl World {
    pub(crate) fn new(now: u64, rng: Rng) -> Self {
        Self {
            now,
            rng,
            ..Self::default()
        }
    }

    /// Returns the time in seconds since 1970, as timestamps of the API have it.
    pub(crate) fn now_secs(&self) -> u64 {
        self.now / 1000
    }

    /// Returns the object with an id.
    pub fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(self.ids.get(id)?)
    }

    /// Returns all objects, oldest first.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// Returns the objects of a type, oldest first.
    pub fn by_kind(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Object> {
        let found = self.kinds.get(kind).into_iter().flatten();
        found.filter_map(|number| self.objects.get(number))
    }

    /// Returns the number of objects of a type.
    pub fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, BTreeSet::len)
    }

    /// Returns the objects of a type whose field has a value, oldest first. Names, addresses and other
    /// fields of lookups are compared without case.
    pub fn find_by<'a>(
        &'a self,
        kind: &'a str,
        field: &str,
        value: &str,
    ) -> impl Iterator<Item = &'a Object> + 'a {
        let key = INDEXED.iter().find(|known| **known == field);
        let numbers: Vec<u64> = match key {
            Some(key) => self
                .index
                .get(&(*key, value.to_lowercase()))
                .into_iter()
                .flatten()
                .copied()
                .collect(),
            None => {
                let all = self.kinds.get(kind).into_iter().flatten();
                let all = all.filter(|number| {
                    self.objects
                        .get(number)
                        .is_some_and(|object| object.text(field) == value)
                });
                all.copied().collect()
            }
        };
        let found = numbers
            .into_iter()
            .filter_map(|number| self.objects.get(&number));
        found.filter(move |object| object.kind == kind)
    }

    /// Returns the id of the oldest object of a type.
    pub(crate) fn first_id(&self, kind: &str) -> Option<String> {
        self.by_kind(kind).next().map(|object| object.id.clone())
    }

    /// Returns the id of the object that a lookup names. A type `Object` matches objects of any type.
    pub(crate) fn find(&self, kind: &str, field: &str, value: &str) -> Option<String> {
        let found = match field {
            "id" => self
                .get(value)
                .filter(|object| object.kind == kind || snake_case(kind) == "object"),
            _ => self.find_by(kind, field, value).next(),
        };
        found.map(|object| object.id.clone())
    }

    /// Returns an unused id for a new object.
    pub(crate) fn new_id(&mut self, kind: &str) -> String {
        loop {
            let id = format!("{}_{}", id_prefix(kind), self.rng.alphanumeric(16));
            if !self.ids.contains_key(&id) {
                return id;
            }
        }
    }

    /// Creates an object and returns its id.
    pub(crate) fn create(&mut self, kind: &str, fields: impl Into<Value>) -> String {
        let mut fields = match fields.into() {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let id = self.new_id(kind);
        fields.entry("created_at").or_insert(json!(self.now_secs()));
        self.insert(kind, &id, fields);
        id
    }

    /// Inserts an object with a given id, in place of one with the same id.
    pub(crate) fn insert(&mut self, kind: &str, id: &str, mut fields: Map<String, Value>) {
        // Also removes the old entries of the index.
        self.remove(id);
        fields.insert("id".into(), json!(id));
        let number = self.next;
        self.next += 1;
        for (field, value) in &fields {
            self.update_index(number, field, value, true);
        }
        self.ids.insert(id.to_owned(), number);
        self.kinds
            .entry(kind.to_owned())
            .or_default()
            .insert(number);
        let object = Object {
            kind: kind.to_owned(),
            id: id.to_owned(),
            fields,
            trash: None,
        };
        self.objects.insert(number, object);
    }

    /// Removes an object, without its dependents: see [`cascade`].
    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let number = self.ids.remove(id)?;
        let object = self.objects.remove(&number)?;
        if let Some(kind) = self.kinds.get_mut(&object.kind) {
            kind.remove(&number);
        }
        for (field, value) in &object.fields {
            self.update_index(number, field, value, false);
        }
        Some(object)
    }

    /// Sets a field of an object. Does nothing if there is no such object.
    pub(crate) fn set(&mut self, id: &str, field: &str, value: impl Into<Value>) {
        let value = value.into();
        let Some(number) = self.ids.get(id).copied() else {
            return;
        };
        let Some(object) = self.objects.get_mut(&number) else {
            return;
        };
        let old = object.fields.insert(field.to_owned(), value.clone());
        if let Some(old) = old {
            self.update_index(number, field, &old, false);
        }
        self.update_index(number, field, &value, true);
    }

    pub(crate) fn set_trash(&mut self, id: &str, trash: Option<String>) {
        if let Some(object) = self
            .ids
            .get(id)
            .and_then(|number| self.objects.get_mut(number))
        {
            object.trash = trash;
        }
    }

    fn update_index(&mut self, number: u64, field: &str, value: &Value, add: bool) {
        let (Some(key), Some(value)) = (
            INDEXED.iter().find(|known| **known == field),
            value.as_str(),
        ) else {
            return;
        };
        let key = (*key, value.to_lowercase());
        if add {
            self.index.entry(key).or_default().insert(number);
        } else if let Some(found) = self.index.get_mut(&key) {
            found.remove(&number);
            // An index that keeps empty entries would grow with every change.
            if found.is_empty() {
                self.index.remove(&key);
            }
        }
    }

    /// Schedules a change, this many milliseconds from now.
    pub(crate) fn schedule(&mut self, after: u64, change: Change) {
        let number = self.next;
        self.next += 1;
        self.events.insert((self.now + after, number), change);
    }

    /// Returns the next change that is due by `now` and advances the world's time to it; to `now` if
    /// none is.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<Change> {
        let first = self
            .events
            .first_entry()
            .filter(|entry| entry.key().0 <= now);
        let Some(first) = first else {
            self.now = self.now.max(now);
            return None;
        };
        let ((at, _), change) = first.remove_entry();
        self.now = self.now.max(at);
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_by_their_fields() {
        let mut world = World::default();
        let Value::Object(fields) = json!({"name": "Web"}) else {
            unreachable!()
        };
        let id = world.create("Tag", fields);
        assert!(id.starts_with("tag_") && id.len() == 20, "{id}");
        assert_eq!(world.find_by("Tag", "name", "web").count(), 1);
        world.set(&id, "name", "db");
        assert_eq!(world.find_by("Tag", "name", "web").count(), 0);
        assert_eq!(world.find_by("Disk", "name", "db").count(), 0);
        world.schedule(500, Change::Remove(id.clone()));
        assert!(world.pop_due(499).is_none());
        assert!(matches!(world.pop_due(600), Some(Change::Remove(_))));
        assert_eq!(world.now, 500);
        world.remove(&id);
        assert_eq!((world.count("Tag"), world.index.len()), (0, 0));
    }
}
