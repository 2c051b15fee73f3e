//! The objects and states that an operation needs before it can succeed.

use katapult_openapi::{Api, Operation, Schema, Spec};
use std::time::Duration;

use katapult_sandbox::{RecordedRequest, Sandbox};
use serde_json::{Value, json};

use crate::generators::valid_args;

/// Operations that run before another, in this order.
const PREREQUISITES: &[(&str, &[&str])] = &[
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
/// The time after each of them: longer than the slowest, which enables object storage.
const PREREQUISITE_TIME: Duration = Duration::from_secs(60);

/// A sandbox, and the objects that it had at the start.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    spec: &'a Spec,
    sandbox: &'a Sandbox,
    initial: usize,
}

impl<'a> Setup<'a> {
    /// Returns a setup for a sandbox that has not been changed.
    pub fn new(spec: &'a Spec, sandbox: &'a Sandbox) -> Self {
        let initial = sandbox.world(|world| world.objects().count());
        Self {
            spec,
            sandbox,
            initial,
        }
    }

    /// Creates the objects and states that an operation needs, and returns valid arguments for it.
    ///
    /// # Errors
    ///
    /// If a request before it is rejected.
    pub fn prepare_for(&self, operation: &Operation) -> Result<Value, String> {
        self.prepare(operation, 0)?;
        Ok(self.arguments(operation))
    }

    fn arguments(&self, operation: &Operation) -> Value {
        self.sandbox
            .world(|world| valid_args::minimal(operation, world, self.initial))
    }

    fn prepare(&self, operation: &Operation, depth: usize) -> Result<(), String> {
        let before = PREREQUISITES.iter().find(|(id, _)| *id == operation.id);
        for id in before.into_iter().flat_map(|(_, before)| *before) {
            self.run(id, depth)?;
        }
        for kind in required_types(operation) {
            if self.sandbox.world(|world| world.count(&kind)) == 0
                && let Some(creator) = creator(self.spec, &kind)
            {
                self.run(&creator.id, depth)?;
            }
        }
        Ok(())
    }

    fn run(&self, id: &str, depth: usize) -> Result<(), String> {
        let operation = self.spec.operation(Api::Core, id);
        // Prerequisites do not nest deeper, so this only ends a cycle.
        let operation = operation.filter(|_| depth < 5);
        let operation = operation.ok_or_else(|| format!("{id} cannot be prepared"))?;
        self.prepare(operation, depth + 1)?;
        let request = send(self.sandbox, operation, &self.arguments(operation));
        self.sandbox.advance(PREREQUISITE_TIME);
        if request.status >= 300 {
            return Err(request.to_string());
        }
        Ok(())
    }
}

/// Returns the types of the objects that an operation's required arguments name.
fn required_types(operation: &Operation) -> Vec<String> {
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

/// Returns the operation that creates an object of a type.
fn creator<'a>(spec: &'a Spec, kind: &str) -> Option<&'a Operation> {
    spec.operations().find(|operation| {
        let subject = operation.subject.as_deref();
        let response = operation.response();
        let shown = response.and_then(|response| response.property(subject?)?.type_name());
        operation.action.starts_with("create") && shown == Some(kind)
    })
}

/// Sends a request to an operation, without a socket and without the SDK.
pub fn send(sandbox: &Sandbox, operation: &Operation, arguments: &Value) -> RecordedRequest {
    let (target, body) = encode(operation, arguments);
    sandbox.request(&operation.method, &target, &body)
}

/// Encodes arguments in their JSON form as path with query, and body.
pub fn encode(operation: &Operation, arguments: &Value) -> (String, String) {
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

/// Adds an object in a bucket, which no API call can create, to the text of a world.
///
/// # Errors
///
/// If the text is not JSON.
pub fn with_storage_object(text: &str) -> Result<String, serde_json::Error> {
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
