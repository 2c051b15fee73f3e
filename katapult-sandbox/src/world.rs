//! What the sandbox holds: objects by id, and what is still to happen to them.
//!
//! A field that names another object holds its id. Fields by which objects are sought are indexed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::prefix;
use crate::random::Random;

/// Fields by whose value objects are found.
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

/// One object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its type, as the document names it: `VirtualMachine`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its fields; one that names another object holds that object's id.
    pub fields: Map<String, Value>,
    /// The id of its trash object, when it is in the trash.
    pub trash: Option<String>,
}

impl Object {
    /// The text of a field; empty when it is not set.
    pub fn text(&self, field: &str) -> &str {
        self.fields
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The number of a field.
    pub fn number(&self, field: &str) -> Option<i64> {
        self.fields.get(field).and_then(Value::as_i64)
    }

    /// Whether a field is true.
    pub fn is(&self, field: &str) -> bool {
        self.fields.get(field) == Some(&Value::Bool(true))
    }
}

/// What happens to an object at its time.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Set(String, &'static str, Value),
    /// It is there no more, with all that belongs to it.
    Remove(String),
    /// Its state changes only when it is still in the one named first.
    State(String, &'static str, &'static str),
    /// The machine of a build comes to be.
    Build(String),
    /// A task begins, is so far, in percent, and ends.
    Begin(String),
    Progress(String, u64),
    End(String),
    /// What a machine's disks and interfaces show.
    Attached(String, &'static str),
}

/// The objects, and what is still to happen.
#[derive(Debug, Default)]
pub struct World {
    objects: BTreeMap<u64, Object>,
    ids: HashMap<String, u64>,
    kinds: HashMap<String, BTreeSet<u64>>,
    index: HashMap<(&'static str, String), BTreeSet<u64>>,
    events: BTreeMap<(u64, u64), Change>,
    next: u64,
    pub(crate) random: Random,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
}

impl World {
    pub(crate) fn new(now: u64, random: Random) -> Self {
        Self {
            now,
            random,
            ..Self::default()
        }
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.now / 1000
    }

    /// The object of an id.
    pub fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(self.ids.get(id)?)
    }

    /// Every object, oldest first.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// The objects of a type, oldest first.
    pub fn of_kind(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Object> {
        let found = self.kinds.get(kind).into_iter().flatten();
        found.filter_map(|number| self.objects.get(number))
    }

    /// How many objects of a type there are.
    pub fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, BTreeSet::len)
    }

    /// The objects of a type whose field has this value, oldest first.
    pub fn having<'a>(
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

    /// An id that no object has.
    pub(crate) fn fresh_id(&mut self, kind: &str) -> String {
        loop {
            let id = format!("{}_{}", prefix::of(kind), self.random.letters(16));
            if !self.ids.contains_key(&id) {
                return id;
            }
        }
    }

    /// Makes an object and gives its id.
    pub(crate) fn create(&mut self, kind: &str, mut fields: Map<String, Value>) -> String {
        let id = self.fresh_id(kind);
        fields.entry("created_at").or_insert(json!(self.seconds()));
        self.insert(kind, &id, fields);
        id
    }

    /// Puts an object with an id of its own; one of the same id is replaced.
    pub(crate) fn insert(&mut self, kind: &str, id: &str, mut fields: Map<String, Value>) {
        self.remove(id);
        fields.insert("id".into(), json!(id));
        let number = self.next;
        self.next += 1;
        for (field, value) in &fields {
            self.note(number, field, value, true);
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

    /// Takes an object away.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Object> {
        let number = self.ids.remove(id)?;
        let object = self.objects.remove(&number)?;
        if let Some(kind) = self.kinds.get_mut(&object.kind) {
            kind.remove(&number);
        }
        for (field, value) in &object.fields {
            self.note(number, field, value, false);
        }
        Some(object)
    }

    /// Sets a field.
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
            self.note(number, field, &old, false);
        }
        self.note(number, field, &value, true);
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

    fn note(&mut self, number: u64, field: &str, value: &Value, there: bool) {
        let (Some(key), Some(value)) = (
            INDEXED.iter().find(|known| **known == field),
            value.as_str(),
        ) else {
            return;
        };
        let key = (*key, value.to_lowercase());
        if there {
            self.index.entry(key).or_default().insert(number);
        } else if let Some(found) = self.index.get_mut(&key) {
            found.remove(&number);
            if found.is_empty() {
                self.index.remove(&key);
            }
        }
    }

    /// Lets something happen this many milliseconds from now.
    pub(crate) fn later(&mut self, after: u64, change: Change) {
        let number = self.next;
        self.next += 1;
        self.events.insert((self.now + after, number), change);
    }

    /// Takes the next thing that is due by `now`, and sets the clock to its time; sets it to `now`
    /// when nothing is.
    pub(crate) fn due(&mut self, now: u64) -> Option<Change> {
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
    fn objects_are_found_by_what_they_hold() {
        let mut world = World::default();
        let Value::Object(fields) = json!({"name": "Web"}) else {
            unreachable!()
        };
        let id = world.create("Tag", fields);
        assert!(id.starts_with("tag_") && id.len() == 20, "{id}");
        assert_eq!(world.having("Tag", "name", "web").count(), 1);
        world.set(&id, "name", "db");
        assert_eq!(world.having("Tag", "name", "web").count(), 0);
        assert_eq!(world.having("Disk", "name", "db").count(), 0);
        world.later(500, Change::Remove(id.clone()));
        assert!(world.due(499).is_none());
        assert!(matches!(world.due(600), Some(Change::Remove(_))));
        assert_eq!(world.now, 500);
        world.remove(&id);
        assert_eq!((world.count("Tag"), world.index.len()), (0, 0));
    }
}
