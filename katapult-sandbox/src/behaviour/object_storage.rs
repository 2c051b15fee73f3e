//! Object storage: an account that is enabled for a while, its keys and buckets.

use serde_json::{Value, json};

use crate::generic;
use crate::refusal::{Problem, Refusal, refuse};
use crate::reply::{Call, Outcome, Parts};
use crate::world::{Change, Object};

/// When a new account shows that it failed, which passes, and when it is there.
const FAILS: u64 = 3_000;
const SETTLES: u64 = 15_000;
/// How long after that credentials are refused, in seconds.
const REFUSES: u64 = 30;

pub(crate) fn run(call: &mut Call<'_>, resource: &str, action: &str) -> Option<Outcome> {
    Some(match (resource, action) {
        ("object_storage", "enable") => enable(call),
        ("object_storage", "get") => account(call).map(|account| call.shown(&account.id)),
        ("object_storage", "delete") => delete_account(call),
        ("access_keys", "create") => create_key(call),
        ("access_keys", "generate_credentials") => credentials(call),
        ("buckets", "create") => create_bucket(call),
        ("buckets", "delete") => delete_bucket(call),
        ("buckets", "get" | "update") => bucket(call),
        ("buckets", "object") => object(call),
        ("buckets", "presigned_url") => presigned(call),
        _ => return None,
    })
}

/// The account of an organization with a cluster.
fn account_of(call: &Call<'_>) -> Option<Object> {
    let cluster = call.text("object_storage_cluster");
    let organization = call.text("organization");
    let mut accounts =
        call.world
            .having("ObjectStorageAccount", "object_storage_cluster", &cluster);
    accounts
        .find(|account| account.text("organization") == organization)
        .cloned()
}

fn account(call: &Call<'_>) -> Result<Object, Refusal> {
    let problem = Problem::NotFound {
        kind: "ObjectStorageAccount".into(),
        place: "object_storage_account".into(),
    };
    let missing = || {
        refuse(call.operation, &[problem]).unwrap_or_else(|| Refusal::invalid("Account must exist"))
    };
    let account = account_of(call).ok_or_else(missing)?;
    match account
        .trash
        .as_deref()
        .and_then(|trash| call.world.get(trash))
    {
        Some(trash) if call.knows("object_in_trash") => {
            let detail = json!({"trash_object": {"id": trash.id, "keep_until": trash.fields.get("keep_until"), "object_id": trash.text("object_id"), "object_type": trash.text("object_type")}});
            Err(call.refusal(
                "object_in_trash",
                406,
                "The object found is in the trash",
                detail,
            ))
        }
        _ => Ok(account),
    }
}

/// The account, once it is there.
fn provisioned(call: &Call<'_>) -> Result<Object, Refusal> {
    let account = account(call)?;
    if account.text("provisioning_state") != "provisioned" {
        return Err(call.refusal(
            "object_storage_account_not_provisioned",
            403,
            "The object storage account has not been provisioned",
            json!({}),
        ));
    }
    Ok(account)
}

fn enable(call: &mut Call<'_>) -> Outcome {
    if account_of(call).is_some() {
        let trashed = account(call).err();
        return Err(trashed.unwrap_or_else(|| {
            Refusal::invalid("Object storage is enabled in this region already")
        }));
    }
    let cluster = call.named("object_storage_cluster");
    let fields = json!({
        "organization": call.text("organization"),
        "object_storage_cluster": call.text("object_storage_cluster"),
        "region": cluster.as_ref().map(|cluster| cluster.text("region")),
        "data_center": cluster.as_ref().map(|cluster| cluster.text("data_center")),
        "provisioning_state": "provisioning",
        "size": 0,
    });
    let id = call.world.create(
        "ObjectStorageAccount",
        fields.as_object().cloned().unwrap_or_default(),
    );
    let settled = call.world.seconds() + SETTLES / 1000;
    call.world.later(
        FAILS,
        Change::Set(id.clone(), "provisioning_state", json!("failed")),
    );
    call.world.later(
        SETTLES,
        Change::Set(id.clone(), "provisioned_at", json!(settled)),
    );
    call.world.later(
        SETTLES,
        Change::Set(id.clone(), "provisioning_state", json!("provisioned")),
    );
    Ok(call.shown(&id))
}

fn delete_account(call: &mut Call<'_>) -> Outcome {
    let account = account(call)?;
    let buckets = call.world.having(
        "ObjectStorageBucket",
        "object_storage_cluster",
        account.text("object_storage_cluster"),
    );
    if buckets
        .filter(|bucket| bucket.text("organization") == account.text("organization"))
        .count()
        > 0
        && call.knows("deletion_restricted")
    {
        return Err(call.refusal(
            "deletion_restricted",
            409,
            "The object cannot be deleted",
            json!({"errors": ["There are buckets in the account"]}),
        ));
    }
    let mut parts = call.shown(&account.id);
    let trash = super::trash::put(call.world, &account.id);
    call.show(&mut parts, "trash_object", &trash);
    Ok(parts)
}

fn create_key(call: &mut Call<'_>) -> Outcome {
    let account = provisioned(call)?;
    super::present(call, "name")?;
    let mut fields = generic::new_fields(call);
    fields.insert("region".into(), json!(account.text("region")));
    fields.insert("state".into(), json!("configured"));
    fields.insert("account".into(), json!(account.id));
    fields.insert(
        "server_url".into(),
        json!(format!(
            "https://{}.storage.katapult.example",
            account.text("region")
        )),
    );
    let id = call.world.create("ObjectStorageAccessKey", fields);
    Ok(call.shown(&id))
}

/// Credentials are refused for a while after the account came to be, then made.
fn credentials(call: &mut Call<'_>) -> Outcome {
    let key = call
        .lookups()
        .into_iter()
        .find(|(_, kind, _)| kind == "ObjectStorageAccessKey")
        .map(|(_, _, id)| id)
        .unwrap_or_default();
    let account = call
        .world
        .get(&key)
        .and_then(|key| call.world.get(key.text("account")));
    let settled = account
        .and_then(|account| account.number("provisioned_at"))
        .unwrap_or_default()
        .unsigned_abs();
    if call.world.seconds() < settled + REFUSES {
        let description = "Something went wrong while provisioning, please try again later";
        return Err(call.refusal(
            "object_storage_provisioning_error",
            422,
            description,
            json!({}),
        ));
    }
    let (id, secret) = (
        call.world.random.letters(20).to_uppercase(),
        call.world.random.letters(40),
    );
    call.world.set(&key, "s3_access_key_id", id);
    call.world.set(&key, "s3_secret_access_key", secret);
    let parts = call.shown(&key);
    call.world.set(&key, "s3_secret_access_key", Value::Null);
    Ok(parts)
}

fn create_bucket(call: &mut Call<'_>) -> Outcome {
    let account = provisioned(call)?;
    super::present(call, "name")?;
    let mut fields = generic::new_fields(call);
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    super::unused(call, "ObjectStorageBucket", &name, "")?;
    fields.insert(
        "public_url".into(),
        json!(format!(
            "https://{name}.{}.storage.katapult.example",
            account.text("region")
        )),
    );
    fields.insert("state".into(), json!("configured"));
    fields.insert("object_count".into(), json!(0));
    fields.insert("size".into(), json!(0));
    let id = call.world.create("ObjectStorageBucket", fields);
    Ok(call.shown(&id))
}

/// The bucket must be of the cluster that is named beside it.
fn here(call: &Call<'_>) -> Result<(), Refusal> {
    let bucket = call.named("bucket").filter(|bucket| {
        bucket.text("object_storage_cluster") == call.text("object_storage_cluster")
    });
    match bucket {
        Some(_) => Ok(()),
        None => {
            let problem = Problem::NotFound {
                kind: "ObjectStorageBucket".into(),
                place: "bucket".into(),
            };
            Err(refuse(call.operation, &[problem])
                .unwrap_or_else(|| Refusal::invalid("Bucket must exist")))
        }
    }
}

/// An object of a bucket. Nobody can make one through the API: it is of the world's file.
fn object(call: &mut Call<'_>) -> Outcome {
    let path = call.text("path");
    let bucket = call.text("bucket");
    let mut objects = call.world.having("ObjectStorageObject", "bucket", &bucket);
    let found = objects.find(|object| object.text("full_path") == path);
    match found.map(|object| object.id.clone()) {
        Some(id) => Ok(call.shown(&id)),
        None => Err(call.refusal(
            "object_not_found",
            404,
            "No object was found in the bucket",
            json!({}),
        )),
    }
}

fn bucket(call: &mut Call<'_>) -> Outcome {
    here(call)?;
    if call.operation.method == "GET" {
        return generic::get(call);
    }
    if let Some(Value::String(name)) = call.wanted().get("name") {
        super::unused(call, "ObjectStorageBucket", name, &call.text("bucket"))?;
    }
    generic::update(call)
}

fn delete_bucket(call: &mut Call<'_>) -> Outcome {
    here(call)?;
    let bucket = call.text("bucket");
    super::trash::remove_with_all(call.world, &bucket);
    let mut parts = Parts::new();
    parts.insert("success".into(), json!(true));
    Ok(parts)
}

fn presigned(call: &mut Call<'_>) -> Outcome {
    here(call)?;
    let signature = call.world.random.hex(40);
    let base = call
        .named("bucket")
        .map(|bucket| bucket.text("public_url").to_owned())
        .unwrap_or_default();
    let mut parts = Parts::new();
    parts.insert(
        "url".into(),
        json!(format!(
            "{base}/{}?signature={signature}",
            call.text("path")
        )),
    );
    Ok(parts)
}
