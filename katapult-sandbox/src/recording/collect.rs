//! The objects of a recording, from its requests and responses.

use std::collections::{BTreeMap, HashSet};

use katapult_openapi::{Operation, Schema, Spec};
use serde_json::{Map, Value, json};

use super::exchange::Exchange;
use super::links::{stored_fields, take_links};
use super::names::{Named, named_objects};
use crate::world::id_prefix::snake_case;

/// Types whose objects the API does not create for callers.
pub(super) const CATALOG: &[&str] = &[
    "Country",
    "CountryState",
    "Currency",
    "DataCenter",
    "DiskIoProfile",
    "DiskTemplate",
    "DiskTemplateVersion",
    "GpuType",
    "Network",
    "NetworkSpeedProfile",
    "ObjectStorageCluster",
    "OperatingSystem",
    "Organization",
    "Subnet",
    "VirtualMachinePackage",
    "VirtualMachinePackageGroup",
    "Zone",
];

/// The objects of recordings.
pub(super) struct Collector<'a> {
    spec: &'a Spec,
    /// Type and fields by id.
    pub(super) objects: BTreeMap<String, (String, Map<String, Value>)>,
    /// The ids in the order in which they first occur.
    pub(super) order: Vec<String>,
    /// The ids of objects that must exist at the start.
    pub(super) initial: HashSet<String>,
    /// The ids of objects that the recording creates.
    created: HashSet<String>,
    /// The ids that requests name before a response has them.
    requested: HashSet<String>,
    /// The ids of objects whose links to others are known.
    linked: HashSet<String>,
    /// Objects that requests name by other fields than the id.
    pub(super) named: Vec<Named>,
    /// Objects whose responses have no id, with the ids that they get.
    anonymous: BTreeMap<String, String>,
}

/// The response in which an object is.
#[derive(Clone, Copy)]
struct Place<'a> {
    is_read: bool,
    named: &'a [Named],
    /// `true` for the objects and lists of the response itself, which belong to what the request names.
    is_top: bool,
    /// `true` for the operation's object or list.
    is_subject: bool,
    /// `true` inside an object that the recording creates.
    is_created: bool,
}

impl<'a> Collector<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        Self {
            spec,
            objects: BTreeMap::new(),
            order: Vec::new(),
            initial: HashSet::new(),
            created: HashSet::new(),
            requested: HashSet::new(),
            linked: HashSet::new(),
            named: Vec::new(),
            anonymous: BTreeMap::new(),
        }
    }

    /// Adds the objects of an exchange.
    pub(super) fn add(&mut self, exchange: &Exchange) {
        let path = exchange.target.split('?').next().unwrap_or_default();
        let spec = self.spec;
        let Some(route) = spec.route(&exchange.method, path) else {
            return;
        };
        let named = named_objects(&route, exchange);
        self.add_requested(&exchange.target);
        self.add_requested(&exchange.request_body);
        let body: Value = serde_json::from_str(&exchange.response_body).unwrap_or_default();
        let code = body["error"]["code"].as_str().unwrap_or_default();
        for object in &named {
            // A name that the API did not find is no object.
            if object.field != "id" && code != format!("{}_not_found", snake_case(&object.kind)) {
                self.named.push(object.clone());
            }
        }
        if exchange.status < 300 {
            self.add_response(route.operation, exchange, &named, &body);
        }
    }

    /// Adds the ids of a request that no response has had.
    fn add_requested(&mut self, text: &str) {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        for word in words.filter(|word| is_id(word)) {
            if !self.objects.contains_key(word) {
                self.requested.insert(word.to_owned());
            }
        }
    }

    fn add_response(
        &mut self,
        operation: &Operation,
        exchange: &Exchange,
        named: &[Named],
        body: &Value,
    ) {
        let Some(schema) = operation.response() else {
            return;
        };
        let list = operation.list.as_ref().map(|list| &list.items);
        let subject = list.or(operation.subject.as_ref());
        for (name, value) in body.as_object().into_iter().flatten() {
            let place = Place {
                is_read: exchange.method == "GET",
                named,
                is_top: true,
                is_subject: Some(name) == subject,
                is_created: named
                    .iter()
                    .any(|named| self.created.contains(&named.value)),
            };
            if let Some(schema) = schema.property(name) {
                self.walk(schema, value, place);
            }
        }
    }

    /// Collects the objects of a value, and returns the value with ids in their place.
    fn walk(&mut self, schema: Schema<'_>, value: &Value, place: Place<'_>) -> Value {
        match value {
            Value::Array(items) => match schema.items() {
                Some(schema) => items
                    .iter()
                    .map(|item| self.walk(schema, item, place))
                    .collect(),
                None => value.clone(),
            },
            Value::Object(fields) if schema.is_tagged_union() => {
                let kind = fields.get("type").and_then(Value::as_str);
                let inner = schema.variant(kind.unwrap_or_default());
                let inner = inner.zip(fields.get("value"));
                inner.map_or(Value::Null, |(schema, value)| {
                    self.walk(schema, value, place)
                })
            }
            Value::Object(fields) => self.object(schema, fields, place),
            other => other.clone(),
        }
    }

    fn object(
        &mut self,
        schema: Schema<'_>,
        fields: &Map<String, Value>,
        place: Place<'_>,
    ) -> Value {
        let kind = schema.type_name();
        let id = kind.and_then(|kind| self.id_of(schema, kind, fields, place));
        let is_new = id.as_ref().is_some_and(|id| !self.objects.contains_key(id));
        let initial = match (kind, &id) {
            (Some(kind), Some(id)) if is_new => self.is_initial(kind, id, fields, place),
            (_, Some(id)) => self.initial.contains(id),
            _ => !place.is_created,
        };
        let inside = Place {
            is_top: false,
            is_subject: false,
            is_created: place.is_created || !initial,
            ..place
        };
        let mut kept = Map::new();
        for (name, value) in fields {
            let inner = match schema.property(name) {
                Some(_) if name == "subnet" => self.subnet(fields, value),
                Some(schema) => self.walk(schema, value, inside),
                None => value.clone(),
            };
            kept.insert(name.clone(), inner);
        }
        let (Some(kind), Some(id)) = (kind, id) else {
            return Value::Object(kept);
        };
        if place.is_top && place.is_read {
            for owner in place.named.iter().filter(|owner| owner.kind != kind) {
                if let Some(argument) = &owner.argument {
                    let owner = || json!(owner.reference());
                    kept.entry(argument.as_str()).or_insert_with(owner);
                }
            }
        }
        self.insert(kind, &id, kept, initial);
        json!(id)
    }

    /// Returns the id of an object. One whose responses have none is known by its lookups.
    fn id_of(
        &mut self,
        schema: Schema<'_>,
        kind: &str,
        fields: &Map<String, Value>,
        place: Place<'_>,
    ) -> Option<String> {
        if schema.property("id").is_some() {
            let id = fields.get("id").and_then(Value::as_str);
            return id.filter(|id| is_id(id)).map(str::to_owned);
        }
        if !place.is_subject {
            return None;
        }
        let mut lookups = self.spec.lookups();
        let own = lookups.find(|lookup| lookup.target() == Some(kind));
        let name = own.and_then(|lookup| lookup.keys().find_map(|key| fields.get(key)?.as_str()));
        let name = name.map(str::to_owned).unwrap_or_else(|| {
            let mut owners: Vec<_> = place.named.iter().map(Named::reference).collect();
            owners.sort();
            owners.join(" ")
        });
        let next = self.new_id();
        let known = self.anonymous.entry(format!("{kind} {name}"));
        Some(known.or_insert(next).clone())
    }

    /// Returns `true` if an object that occurs for the first time existed before the recording.
    fn is_initial(
        &self,
        kind: &str,
        id: &str,
        fields: &Map<String, Value>,
        place: Place<'_>,
    ) -> bool {
        if CATALOG.contains(&kind) && (place.is_read || !place.is_subject)
            || self.requested.contains(id)
            // A tag that a machine names exists before it, however the machine came to be.
            || place.is_read && kind == "Tag"
        {
            return true;
        }
        // An operation that writes creates the objects of its response, unless the request names them. Those
        // inside of others were there before.
        let is_named = place.named.iter().any(|named| named.kind == kind);
        let is_result = !place.is_read && place.is_top && !is_named;
        !is_result && !place.is_created && !self.has_created(fields)
    }

    /// Returns `true` if a value names an object that the recording creates. An object that belongs to
    /// one is created with it, such as the disks of a new machine.
    fn has_created(&self, fields: &Map<String, Value>) -> bool {
        fields.values().any(|value| match value {
            Value::String(text) => self.created.contains(text),
            Value::Object(fields) => self.has_created(fields),
            _ => false,
        })
    }

    fn subnet(&mut self, address: &Map<String, Value>, value: &Value) -> Value {
        let Some(id) = value.get("id").and_then(Value::as_str) else {
            return Value::Null;
        };
        let mut fields = value.as_object().cloned().unwrap_or_default();
        let network = address.get("network").and_then(|network| network.get("id"));
        fields.insert("network".into(), network.cloned().unwrap_or_default());
        self.insert("Subnet", id, fields, true);
        json!(id)
    }

    pub(super) fn insert(
        &mut self,
        kind: &str,
        id: &str,
        fields: Map<String, Value>,
        initial: bool,
    ) {
        let mut fields = stored_fields(kind, fields);
        let links = take_links(kind, id, &mut fields);
        let is_initial = self.initial.contains(id) || initial && !self.objects.contains_key(id);
        // Those of its first state: later ones can be the work of the recording.
        if is_initial && !links.is_empty() && self.linked.insert(id.to_owned()) {
            for (of, field, value) in links {
                if let Some((_, known)) = self.objects.get_mut(&of) {
                    let stored = known.entry(field).or_insert(Value::Null);
                    if stored.is_null() {
                        *stored = value;
                    }
                }
            }
        }
        let is_new = !self.objects.contains_key(id);
        if is_new {
            self.order.push(id.to_owned());
            let kind_of_id = if initial {
                &mut self.initial
            } else {
                &mut self.created
            };
            kind_of_id.insert(id.to_owned());
        }
        let (_, kept) = self
            .objects
            .entry(id.to_owned())
            .or_insert_with(|| (kind.to_owned(), Map::new()));
        for (name, value) in fields {
            // The first state of an object counts, unless its type does not change, or only by itself.
            if !kept.contains_key(&name) || CATALOG.contains(&kind) || kind == "VirtualMachineBuild"
            {
                kept.insert(name, value);
            }
        }
    }

    /// Returns an id for an object whose own is not known.
    pub(super) fn new_id(&self) -> String {
        // In the form of an id, and unlike those that the API makes.
        format!("invented_{:0>16}", self.order.len())
    }
}

/// Returns `true` for an id: a prefix, an underscore and 16 letters or digits.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, rest)| {
        prefix.bytes().all(|letter| letter.is_ascii_lowercase())
            && rest.len() == 16
            && rest.bytes().all(|letter| letter.is_ascii_alphanumeric())
    })
}
