//! Object storage, which fails for a while before it settles, and its access keys.

use serde_json::{Value, json};

use super::state::{State, created, refuse};
use crate::answer::Answer;
use crate::request::Request;

const ACCOUNTS: &str = "object_storage_accounts";

impl State {
    fn account(&mut self, request: &Request) -> Result<&mut Value, Answer> {
        let region = request
            .lookup("object_storage_cluster", "region")
            .unwrap_or_default()
            .to_owned();
        let account = self.by(ACCOUNTS, "region", &region);
        account.ok_or_else(|| refuse(404, "object_storage_account_not_found"))
    }

    fn enable(&mut self, request: &Request) -> Result<Answer, Answer> {
        let region = request
            .lookup("object_storage_cluster", "region")
            .unwrap_or_default()
            .to_owned();
        let account = json!({"id": format!("osa_{region}"), "region": region, "provisioning_state": "provisioning"});
        let id = self.add(ACCOUNTS, account.clone());
        for (at, field, value) in [
            (3.0, "provisioning_state", json!("failed")),
            (18.0, "provisioning_state", json!("provisioned")),
            (45.0, "_ready", json!(true)),
        ] {
            let id = id.clone();
            self.later(at, move |state| state.set(ACCOUNTS, &id, field, value));
        }
        Ok(created(json!({"object_storage_account": account})))
    }

    fn make_key(&mut self, request: &Request) -> Result<Answer, Answer> {
        let account = self.account(request)?;
        if account["provisioning_state"] != "provisioned" {
            return Err(refuse(403, "object_storage_account_not_provisioned"));
        }
        let region = account["region"].clone();
        let name = request.text("/properties/name").unwrap_or_default();
        let id = self.add(
            "access_keys",
            json!({"name": name, "region": region, "state": "pending"}),
        );
        let key = self.by("access_keys", "id", &id).map(|key| key.clone());
        Ok(created(json!({"object_storage_access_key": key})))
    }

    fn generate(&mut self, request: &Request) -> Result<Answer, Answer> {
        let key = self.named("access_keys", "access_key", request)?;
        let region = key["region"].as_str().unwrap_or_default().to_owned();
        let ready = self
            .by(ACCOUNTS, "region", &region)
            .is_some_and(|account| account["_ready"] == true);
        if !ready {
            return Err(refuse(422, "object_storage_provisioning_error"));
        }
        let key = self.named("access_keys", "access_key", request)?;
        key["state"] = json!("configured");
        let mut told = key.clone();
        told["s3_access_key_id"] = json!(format!("S3{}", key["id"].as_str().unwrap_or_default()));
        told["s3_secret_access_key"] = json!("a-secret-of-the-world");
        Ok(Answer::ok(json!({"object_storage_access_key": told})))
    }
}

pub(crate) fn answer(state: &mut State, route: (&str, &str), request: &Request) -> Option<Answer> {
    let done = match route {
        ("GET", "organizations/organization/object_storage/object_storage_cluster") => {
            let account = state.account(request);
            account.map(|account| Answer::ok(json!({"object_storage_account": account})))
        }
        ("POST", "organizations/organization/object_storage/object_storage_cluster") => {
            state.enable(request)
        }
        ("GET", "organizations/organization/object_storage/access_keys") => Ok(state.page(
            "object_storage_access_keys",
            state.all("access_keys").to_vec(),
            request,
        )),
        (
            "POST",
            "organizations/organization/object_storage/object_storage_cluster/access_keys",
        ) => state.make_key(request),
        ("POST", "object_storage/access_keys/access_key/generate_credentials") => {
            state.generate(request)
        }
        _ => return None,
    };
    Some(done.unwrap_or_else(|refused| refused))
}
