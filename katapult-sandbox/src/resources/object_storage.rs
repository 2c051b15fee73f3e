//! Object storage: accounts that take time to provision, access keys, buckets.

use serde_json::{Value, json};

use super::{default, validation};
use crate::request::problem::Problem;
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::{Refusal, refusal_for};
use crate::world::cascade;
use crate::world::{Change, Object};

/// The time until a new account is `failed`, in milliseconds. The API can report that state for a while
/// before it is `provisioned`.
const FAILED_AFTER: u64 = 3_000;
/// The time until a new account is `provisioned`, in milliseconds.
const PROVISIONED_AFTER: u64 = 6_000;
/// The time after the creation of a key in which the API refuses credentials, in seconds.
const CREDENTIALS_DELAY: u64 = 24;
/// The field of a bucket that states who can use it.
const ACCESS_CONTROL_LIST: &str = "access_control_list";
/// The time until a new or changed bucket or key is `configured`, in milliseconds.
const CONFIGURED_AFTER: u64 = 1_000;

pub(crate) fn run(
    ctx: &mut OperationContext<'_>,
    resource: &str,
    action: &str,
) -> Option<OperationResult> {
    Some(match (resource, action) {
        ("object_storage", "enable") => enable(ctx),
        ("object_storage", "get") => account(ctx).map(|account| ctx.rendered(&account.id)),
        ("object_storage", "delete") => delete_account(ctx),
        ("access_keys", "create") => create_key(ctx),
        ("access_keys", "generate_credentials") => generate_credentials(ctx),
        ("buckets", "create") => create_bucket(ctx),
        ("buckets", "delete") => delete_bucket(ctx),
        ("buckets", "get" | "update") => bucket(ctx),
        ("buckets", "object") => object(ctx),
        ("buckets", "presigned_url") => presigned_url(ctx),
        _ => return None,
    })
}

/// Returns the account of an organization in a cluster, even one in the trash.
fn find_account(ctx: &OperationContext<'_>) -> Option<Object> {
    let cluster = ctx.text("object_storage_cluster");
    let organization = ctx.text("organization");
    let mut accounts =
        ctx.world
            .find_by("ObjectStorageAccount", "object_storage_cluster", &cluster);
    accounts
        .find(|account| account.text("organization") == organization)
        .cloned()
}

fn account(ctx: &OperationContext<'_>) -> Result<Object, Refusal> {
    let problem = Problem::NotFound {
        kind: "ObjectStorageAccount".into(),
        path: "object_storage_account".into(),
    };
    let missing = || {
        refusal_for(ctx.operation, &[problem])
            .unwrap_or_else(|| Refusal::invalid("Account must exist"))
    };
    let account = find_account(ctx).ok_or_else(missing)?;
    match account
        .trash
        .as_deref()
        .and_then(|trash| ctx.world.get(trash))
    {
        Some(trash) if ctx.documents_code("object_in_trash") => {
            let detail = json!({"trash_object": {"id": trash.id, "keep_until": trash.fields.get("keep_until"), "object_id": trash.text("object_id"), "object_type": trash.text("object_type")}});
            Err(ctx.refusal(
                "object_in_trash",
                406,
                "The object found is in the trash",
                detail,
            ))
        }
        _ => Ok(account),
    }
}

/// Returns the account, or an error until it is provisioned.
fn provisioned_account(ctx: &OperationContext<'_>) -> Result<Object, Refusal> {
    let account = account(ctx)?;
    if account.text("provisioning_state") != "provisioned" {
        return Err(ctx.refusal(
            "object_storage_account_not_provisioned",
            403,
            "The object storage account has not been provisioned",
            json!({}),
        ));
    }
    Ok(account)
}

fn enable(ctx: &mut OperationContext<'_>) -> OperationResult {
    if find_account(ctx).is_some() {
        // An account in the trash has its own error.
        let trashed = account(ctx).err();
        return Err(trashed.unwrap_or_else(|| {
            Refusal::invalid("Object storage is enabled in this region already")
        }));
    }
    let cluster = ctx.object("object_storage_cluster");
    let fields = json!({
        "organization": ctx.text("organization"),
        "object_storage_cluster": ctx.text("object_storage_cluster"),
        "region": cluster.as_ref().map(|cluster| cluster.text("region")),
        "data_center": cluster.as_ref().map(|cluster| cluster.text("data_center")),
        "provisioning_state": "provisioning",
        "size": 0,
    });
    let id = ctx.world.create("ObjectStorageAccount", fields);
    let provisioned_at = ctx.world.now_secs() + PROVISIONED_AFTER / 1000;
    ctx.world.schedule(
        FAILED_AFTER,
        Change::Set(id.clone(), "provisioning_state", json!("failed")),
    );
    ctx.world.schedule(
        PROVISIONED_AFTER,
        Change::Set(id.clone(), "provisioned_at", json!(provisioned_at)),
    );
    ctx.world.schedule(
        PROVISIONED_AFTER,
        Change::Set(id.clone(), "provisioning_state", json!("provisioned")),
    );
    Ok(ctx.rendered(&id))
}

fn delete_account(ctx: &mut OperationContext<'_>) -> OperationResult {
    let account = account(ctx)?;
    let buckets = ctx.world.find_by(
        "ObjectStorageBucket",
        "object_storage_cluster",
        account.text("object_storage_cluster"),
    );
    if buckets
        .filter(|bucket| bucket.text("organization") == account.text("organization"))
        .count()
        > 0
        && ctx.documents_code("deletion_restricted")
    {
        return Err(ctx.refusal(
            "deletion_restricted",
            409,
            "The object cannot be deleted",
            json!({"errors": ["There are buckets in the account"]}),
        ));
    }
    let mut response = ctx.rendered(&account.id);
    let trash = cascade::move_to_trash(ctx.world, &account.id);
    ctx.render_as(&mut response, "trash_object", &trash);
    Ok(response)
}

fn create_key(ctx: &mut OperationContext<'_>) -> OperationResult {
    let account = provisioned_account(ctx)?;
    validation::require_present(ctx, "name")?;
    let mut fields = default::new_fields(ctx);
    fields.insert("region".into(), json!(account.text("region")));
    // Until it has credentials.
    fields.insert("state".into(), json!("pending"));
    fields.insert("account".into(), json!(account.id));
    let id = ctx.world.create("ObjectStorageAccessKey", fields);
    Ok(ctx.rendered(&id))
}

/// Starts the configuration of a bucket or a key, after which its state is `configured`.
fn configure(ctx: &mut OperationContext<'_>, id: &str) {
    ctx.world.set(id, "state", "pending");
    ctx.world.schedule(
        CONFIGURED_AFTER,
        Change::Transition(id.to_owned(), "pending", "configured"),
    );
}

/// Creates credentials, or returns the error that the API returns soon after the creation of a key.
fn generate_credentials(ctx: &mut OperationContext<'_>) -> OperationResult {
    let key = ctx
        .lookups()
        .into_iter()
        .find(|(_, kind, _)| kind == "ObjectStorageAccessKey")
        .map(|(_, _, id)| id)
        .unwrap_or_default();
    let stored = ctx.world.get(&key);
    let region = stored.map_or("", |key| key.text("region")).to_owned();
    let created_at = stored.and_then(|key| key.number("created_at"));
    let created_at = created_at.unwrap_or_default().unsigned_abs();
    if ctx.world.now_secs() < created_at + CREDENTIALS_DELAY {
        let description = "The key is still being provisioned, try again later";
        return Err(ctx.refusal(
            "object_storage_provisioning_error",
            422,
            description,
            json!({}),
        ));
    }
    let (id, secret) = (
        ctx.world.rng.alphanumeric(20).to_uppercase(),
        ctx.world.rng.alphanumeric(40),
    );
    let server_url = format!("{region}.storage.katapult.example:443");
    ctx.world.set(&key, "server_url", server_url);
    ctx.world.set(&key, "s3_access_key_id", id);
    ctx.world.set(&key, "s3_secret_access_key", secret);
    configure(ctx, &key);
    let response = ctx.rendered(&key);
    // The secret is in this response only.
    ctx.world.set(&key, "s3_secret_access_key", Value::Null);
    Ok(response)
}

fn create_bucket(ctx: &mut OperationContext<'_>) -> OperationResult {
    let account = provisioned_account(ctx)?;
    validation::require_present(ctx, "name")?;
    let mut fields = default::new_fields(ctx);
    for value in fields.values_mut().filter(|value| **value == "") {
        *value = Value::Null;
    }
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    validation::require_unused_name(ctx, "ObjectStorageBucket", &name, "")?;
    fields.insert(
        "public_url".into(),
        json!(format!(
            "https://{name}.{}.storage.katapult.example",
            account.text("region")
        )),
    );
    fields.insert("object_count".into(), json!(0));
    fields.insert("size".into(), json!(0));
    let id = ctx.world.create("ObjectStorageBucket", fields);
    configure(ctx, &id);
    Ok(ctx.rendered(&id))
}

/// Returns an error unless the bucket is in the cluster that the request names.
fn require_in_cluster(ctx: &OperationContext<'_>) -> Result<(), Refusal> {
    let bucket = ctx.object("bucket").filter(|bucket| {
        bucket.text("object_storage_cluster") == ctx.text("object_storage_cluster")
    });
    match bucket {
        Some(_) => Ok(()),
        None => {
            let problem = Problem::NotFound {
                kind: "ObjectStorageBucket".into(),
                path: "bucket".into(),
            };
            Err(refusal_for(ctx.operation, &[problem])
                .unwrap_or_else(|| Refusal::invalid("Bucket must exist")))
        }
    }
}

/// Returns an object of a bucket. Objects are only in the initial state: the API does not create them.
fn object(ctx: &mut OperationContext<'_>) -> OperationResult {
    let path = ctx.text("path");
    let bucket = ctx.text("bucket");
    let mut objects = ctx.world.find_by("ObjectStorageObject", "bucket", &bucket);
    let found = objects.find(|object| object.text("full_path") == path);
    match found.map(|object| object.id.clone()) {
        Some(id) => Ok(ctx.rendered(&id)),
        None => Err(ctx.refusal(
            "object_not_found",
            404,
            "No object was found in the bucket",
            json!({}),
        )),
    }
}

fn bucket(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_in_cluster(ctx)?;
    if ctx.operation.method == "GET" {
        return default::get(ctx);
    }
    if let Some(Value::String(name)) = ctx.requested_fields().get("name") {
        validation::require_unused_name(ctx, "ObjectStorageBucket", name, &ctx.text("bucket"))?;
    }
    let bucket = ctx.text("bucket");
    merge_access_control_list(ctx, &bucket);
    configure(ctx, &bucket);
    default::update(ctx)
}

/// Adds the stored fields of a bucket's access control list to the requested ones: a change names only some.
fn merge_access_control_list(ctx: &mut OperationContext<'_>, bucket: &str) {
    let stored = ctx.world.get(bucket);
    let stored = stored.and_then(|bucket| bucket.fields.get(ACCESS_CONTROL_LIST)?.as_object());
    let stored = stored.cloned().unwrap_or_default();
    let requested = ctx
        .arguments
        .get_mut("properties")
        .and_then(|properties| properties.get_mut(ACCESS_CONTROL_LIST)?.as_object_mut());
    if let Some(requested) = requested {
        for (name, value) in stored {
            requested.entry(name).or_insert(value);
        }
    }
}

fn delete_bucket(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_in_cluster(ctx)?;
    let bucket = ctx.text("bucket");
    cascade::remove_cascade(ctx.world, &bucket);
    let mut response = ResponseFields::new();
    response.insert("success".into(), json!(true));
    Ok(response)
}

fn presigned_url(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_in_cluster(ctx)?;
    let signature = ctx.world.rng.hex(40);
    let base = ctx
        .object("bucket")
        .map(|bucket| bucket.text("public_url").to_owned())
        .unwrap_or_default();
    let mut response = ResponseFields::new();
    response.insert(
        "url".into(),
        json!(format!("{base}/{}?signature={signature}", ctx.text("path"))),
    );
    Ok(response)
}
