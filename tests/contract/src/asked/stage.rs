//! What has to be there before an operation can succeed: objects that it names, states that it asks.

use std::time::Duration;

use katapult_openapi::{Api, Operation, Schema, Spec};
use katapult_sandbox::{RecordedRequest, Sandbox};
use serde_json::{Map, Value, json};

use super::input::{self, Choice};

/// Operations that are done before another, each waited for.
const BEFORE: &[(&str, &[&str])] = &[
    ("access_keys.create", &["object_storage.enable"]),
    ("buckets.create", &["object_storage.enable"]),
    ("disks.assign", &["disks.create"]),
    ("disks.attach", &["disks.create", "disks.assign"]),
    ("disks.delete", &["disks.create"]),
    (
        "disks.detach",
        &["disks.create", "disks.assign", "disks.attach"],
    ),
    ("disks.resize", &["disks.create"]),
    ("disks.unassign", &["disks.create", "disks.assign"]),
    ("ip_addresses.delete", &["ip_addresses.create"]),
    (
        "managed_organizations.delete",
        &["managed_organizations.create"],
    ),
    ("object_storage.delete", &["object_storage.enable"]),
    ("object_storage.get", &["object_storage.enable"]),
    ("tasks.get", &["virtual_machines.stop"]),
    ("trash_objects.get", &["disks.create", "disks.delete"]),
    ("trash_objects.purge", &["disks.create", "disks.delete"]),
    ("trash_objects.restore", &["disks.create", "disks.delete"]),
    (
        "virtual_machine_network_interfaces.allocate_ip",
        &["ip_addresses.create"],
    ),
    (
        "virtual_machine_network_interfaces.attach",
        &["virtual_machine_network_interfaces.detach"],
    ),
    ("virtual_machines.allocate_ip", &["ip_addresses.create"]),
    ("virtual_machines.start", &["virtual_machines.stop"]),
];
/// How long each of them is waited for: object storage takes the longest.
const WAIT: Duration = Duration::from_secs(60);

/// A sandbox with what an operation presumes.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    documents: &'a Spec,
    sandbox: &'a Sandbox,
    first: usize,
}

impl<'a> Stage<'a> {
    /// A stage in a fresh sandbox.
    pub fn new(documents: &'a Spec, sandbox: &'a Sandbox) -> Self {
        let first = sandbox.world(|world| world.objects().count());
        Self {
            documents,
            sandbox,
            first,
        }
    }

    /// Sets up what an operation presumes, and gives valid arguments for it.
    ///
    /// # Errors
    ///
    /// When something that has to be done before was refused.
    pub fn set(&self, operation: &Operation) -> Result<Value, String> {
        self.prepare(operation, 0)?;
        Ok(self.arguments(operation))
    }

    fn arguments(&self, operation: &Operation) -> Value {
        self.sandbox
            .world(|world| input::arguments(operation, world, Choice::Least(self.first)))
    }

    fn prepare(&self, operation: &Operation, depth: usize) -> Result<(), String> {
        let before = BEFORE.iter().find(|(id, _)| *id == operation.id);
        for id in before.into_iter().flat_map(|(_, before)| *before) {
            self.act(id, depth)?;
        }
        for kind in looked_up(operation) {
            if self.sandbox.world(|world| world.count(&kind)) == 0
                && let Some(maker) = maker(self.documents, &kind)
            {
                self.act(&maker.id, depth)?;
            }
        }
        Ok(())
    }

    fn act(&self, id: &str, depth: usize) -> Result<(), String> {
        let operation = self.documents.operation(Api::Core, id);
        let operation = operation.filter(|_| depth < 5);
        let operation = operation.ok_or_else(|| format!("{id} cannot be done"))?;
        self.prepare(operation, depth + 1)?;
        let asked = ask(self.sandbox, operation, &self.arguments(operation));
        self.sandbox.advance(WAIT);
        if asked.status >= 300 {
            return Err(asked.line());
        }
        Ok(())
    }
}

/// The types of objects that an operation's required arguments name.
fn looked_up(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().filter(|given| given.required);
    let parameters = parameters.filter_map(|given| operation.parameter(&given.name));
    let body = operation.request_body();
    let body = body.into_iter().flat_map(|body| {
        let required: Vec<_> = body.required().collect();
        let fields = body.properties();
        fields.filter_map(move |(name, schema)| required.contains(&name).then_some(schema))
    });
    let kinds = parameters.chain(body).filter_map(Schema::lookup_target);
    kinds.map(str::to_owned).collect()
}

/// The operation that makes an object of a type.
fn maker<'a>(documents: &'a Spec, kind: &str) -> Option<&'a Operation> {
    documents.operations().find(|operation| {
        let subject = operation.subject.as_deref();
        let response = operation.response();
        let shown = response.and_then(|response| response.property(subject?)?.type_name());
        operation.action.starts_with("create") && shown == Some(kind)
    })
}

/// Asks an operation, without a socket and without the SDK.
pub fn ask(sandbox: &Sandbox, operation: &Operation, arguments: &Value) -> RecordedRequest {
    let (target, body) = raw(operation, arguments);
    sandbox.request(&operation.method, &target, &body)
}

/// Path with query, and body, of arguments in their JSON form.
pub fn raw(operation: &Operation, arguments: &Value) -> (String, String) {
    let mut arguments = arguments.as_object().cloned().unwrap_or_default();
    let body = arguments.remove("body");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &arguments {
        pairs(name, value, &mut query);
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let target = format!("{}{}{mark}{query}", operation.api.prefix(), operation.path);
    (
        target,
        body.map(|body| body.to_string()).unwrap_or_default(),
    )
}

fn pairs(name: &str, value: &Value, query: &mut url::form_urlencoded::Serializer<'_, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                pairs(&format!("{name}[{key}]"), value, query);
            }
        }
        Value::Array(items) => {
            for item in items {
                pairs(&format!("{name}[]"), item, query);
            }
        }
        Value::String(text) => {
            query.append_pair(name, text);
        }
        other => {
            query.append_pair(name, &other.to_string());
        }
    }
}

/// The sandbox's world with what nobody can make through the API: an object in a bucket.
///
/// # Errors
///
/// When the world's file is no JSON.
pub fn world(text: &str) -> Result<String, serde_json::Error> {
    let mut world: Value = serde_json::from_str(text)?;
    let find = |kind: &str| {
        let objects = world["objects"].as_array().into_iter().flatten();
        let mut objects = objects.filter(|object| object["type"] == kind);
        objects
            .next()
            .map_or(Value::Null, |object| object["id"].clone())
    };
    let (organization, cluster) = (find("Organization"), find("ObjectStorageCluster"));
    let bucket = "buc_0000000000000001";
    let more = json!([
        {"type": "ObjectStorageAccount", "id": "osa_0000000000000001", "organization": organization,
            "object_storage_cluster": cluster, "provisioning_state": "provisioned", "provisioned_at": 0},
        {"type": "ObjectStorageBucket", "id": bucket, "name": "pictures", "organization": organization,
            "object_storage_cluster": cluster},
        {"type": "ObjectStorageObject", "id": "obj_0000000000000001", "bucket": bucket,
            "full_path": "sample-buckets-object", "folder": false, "size": 7},
    ]);
    if let (Some(objects), Value::Array(more)) = (world["objects"].as_array_mut(), more) {
        objects.extend(more);
    }
    Ok(world.to_string())
}

/// Arguments with one of them changed; the others stay.
pub(super) fn with(arguments: &Value, place: &[String], value: Option<Value>) -> Value {
    let Some((first, rest)) = place.split_first() else {
        return value.unwrap_or_default();
    };
    let mut fields = match arguments {
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    };
    match (rest.is_empty(), value) {
        (true, None) => {
            fields.remove(first);
        }
        (_, value) => {
            let inner = fields.get(first).cloned().unwrap_or_else(|| json!({}));
            fields.insert(first.clone(), with(&inner, rest, value));
        }
    }
    Value::Object(fields)
}
