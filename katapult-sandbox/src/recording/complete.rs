//! The objects that others need, and that a recording does not show.

use serde_json::{Map, Value, json};

use super::collect::{CATALOG, Collector};
use super::names::Named;

/// Returns the objects that must exist at the start, in the format of an initial state.
pub(super) fn objects(mut found: Collector<'_>) -> Vec<Value> {
    invent_named(&mut found);
    complete(&mut found);
    let named = std::mem::take(&mut found.named);
    let ids: Vec<_> = named
        .iter()
        .map(|named| (named.reference(), found.find(named)))
        .collect();
    // The first profile is the default. A build names one because it wants another.
    let is_named_by_spec = |id: &String| {
        let mut named = named.iter().zip(&ids);
        named.any(|(named, (_, found))| {
            named.kind == "NetworkSpeedProfile"
                && named.argument.is_none()
                && found.as_ref() == Some(id)
        })
    };
    found.order.sort_by_key(is_named_by_spec);
    let initial: Vec<_> = found
        .order
        .iter()
        .filter(|id| found.initial.contains(*id))
        .filter_map(|id| found.objects.get(id).map(|object| (id, object)))
        .map(|(id, (kind, fields))| {
            let mut fields = resolve(&Value::Object(fields.clone()), &ids);
            fields["id"] = json!(id);
            json!({"type": kind, "fields": fields})
        })
        .collect();
    initial
}

/// Replaces placeholders by the ids of the objects that they name.
fn resolve(value: &Value, ids: &[(String, Option<String>)]) -> Value {
    match value {
        Value::String(text) if text.starts_with('?') => {
            match ids.iter().find(|(placeholder, _)| placeholder == text) {
                Some((_, id)) => json!(id),
                None => value.clone(),
            }
        }
        Value::Array(items) => items.iter().map(|item| resolve(item, ids)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), resolve(value, ids)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

impl Collector<'_> {
    /// Returns the id of the object that a request names.
    fn find(&self, named: &Named) -> Option<String> {
        let Named {
            kind, field, value, ..
        } = named;
        let mut objects = self.objects.iter();
        let found = objects.find(|(_, (known, fields))| {
            let text = fields.get(field).and_then(Value::as_str);
            known == kind && text.is_some_and(|text| text.eq_ignore_ascii_case(value))
        });
        found.map(|(id, _)| id.clone())
    }

    fn has(&self, kind: &str, field: &str, value: &str) -> bool {
        self.find(&Named {
            argument: None,
            kind: kind.to_owned(),
            field: field.to_owned(),
            value: value.to_owned(),
        })
        .is_some()
    }

    fn ids(&self, kind: &str) -> Vec<String> {
        let found = self.order.iter().filter(|id| {
            let object = self.objects.get(*id);
            object.is_some_and(|(known, _)| known == kind)
        });
        found.cloned().collect()
    }

    fn invent(&mut self, kind: &str, fields: Value) -> String {
        let id = self.new_id();
        let fields = fields.as_object().cloned().unwrap_or_default();
        self.insert(kind, &id, fields, true);
        id
    }

    /// Sets a field of all objects of a type that lack it.
    fn default_field(&mut self, kind: &str, field: &str, value: &Value) {
        for (known, fields) in self.objects.values_mut() {
            if known == kind && fields.get(field).is_none_or(Value::is_null) {
                fields.insert(field.to_owned(), value.clone());
            }
        }
    }
}

/// Adds a limited and an unlimited IO profile if there is none: new disks have the one or the other.
fn complete_io_profiles(found: &mut Collector<'_>) {
    let is_limited = |id: &String| {
        let (_, fields) = found.objects.get(id)?;
        Some(fields.get("iops")?.is_number())
    };
    let profiles = found.ids("DiskIoProfile");
    let known: Vec<_> = profiles.iter().filter_map(is_limited).collect();
    for (limited, name, iops) in [
        (true, "fast", json!(1000)),
        (false, "unlimited", Value::Null),
    ] {
        if !known.contains(&limited) {
            found.invent(
                "DiskIoProfile",
                json!({"name": name, "permalink": name, "iops": iops, "speed_in_mb": iops}),
            );
        }
    }
}

/// Invents the objects of the catalog that only requests name.
fn invent_named(found: &mut Collector<'_>) {
    for named in found.named.clone() {
        if found.find(&named).is_none() && CATALOG.contains(&named.kind.as_str()) {
            let name = &named.value;
            let mut fields = Map::from_iter([
                ("name".to_owned(), json!(name)),
                (named.field.clone(), json!(name)),
            ]);
            if named.kind == "VirtualMachinePackage" {
                fields.insert("cpu_cores".into(), json!(1));
                fields.insert("memory_in_gb".into(), json!(1));
                fields.insert("storage_in_gb".into(), json!(10));
            }
            if named.kind == "Organization" {
                let domain = format!("{name}.katapult.example");
                fields.insert("infrastructure_domain".into(), json!(domain));
            }
            found.invent(&named.kind, Value::Object(fields));
        }
    }
}

/// Adds the objects that others need: a zone of each data center, a subnet of each network, …
fn complete(found: &mut Collector<'_>) {
    if let Some(country) = found.ids("Country").first() {
        found.default_field("DataCenter", "country", &json!(country));
    }
    for center in found.ids("DataCenter") {
        if !found.has("Zone", "data_center", &center) {
            found.invent(
                "Zone",
                json!({"name": "Zone", "permalink": "zone", "data_center": center}),
            );
        }
        if !found.has("Network", "data_center", &center) {
            found.invent("Network", json!({"name": "Public Network", "permalink": "public", "default": true, "data_center": center}));
        }
    }
    if let Some(center) = found.ids("DataCenter").first() {
        found.default_field("ObjectStorageCluster", "data_center", &json!(center));
    }
    found.default_field("Network", "default", &json!(true));
    for network in found.ids("Network") {
        if !found.has("Subnet", "network", &network) {
            found.invent("Subnet", json!({"network": network, "address": "10.9.0.0", "gateway": "10.9.0.1", "mask": 16, "version": 4, "billable": true}));
        }
    }
    complete_io_profiles(found);
    if found.ids("NetworkSpeedProfile").is_empty() {
        found.invent(
            "NetworkSpeedProfile",
            json!({"name": "Fast", "permalink": "fast"}),
        );
    }
    if let Some(system) = found.ids("OperatingSystem").first() {
        found.default_field("DiskTemplate", "operating_system", &json!(system));
    }
    for template in found.ids("DiskTemplate") {
        let version = found.invent(
            "DiskTemplateVersion",
            json!({"number": 1, "stable": true, "disk_template": template}),
        );
        if let Some((_, fields)) = found.objects.get_mut(&template) {
            if fields.get("latest_version").is_none_or(Value::is_null) {
                fields.insert("latest_version".into(), json!(version));
            }
        }
    }
}
