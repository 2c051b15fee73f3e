//! API tokens: their secret is shown once, and works.

use serde_json::{Value, json};

use super::{present, present_if_set};
use crate::generic;
use crate::reply::{Call, Outcome, Parts};

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "update" => update(call),
        "regenerate_secret" => {
            let id = call.text("api_token");
            Ok(with_secret(call, &id))
        }
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Outcome {
    present(call, "name")?;
    let mut fields = generic::new_fields(call);
    fields.insert("organization_id".into(), json!(call.text("organization")));
    fields.insert("rate_limit".into(), json!(1000));
    for name in ["authorized_ip_addresses", "scopes"] {
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.into(), json!([]));
        }
    }
    let id = call.world.create("ApiToken", fields);
    let mut parts = with_secret(call, &id);
    if let Some(object) = call.world.get(&id).cloned() {
        generic::annotations(call, &mut parts, &object);
    }
    Ok(parts)
}

/// Gives a token a new secret and shows it; it is shown at no other time.
fn with_secret(call: &mut Call<'_>, id: &str) -> Parts {
    let secret = call.world.random.letters(48);
    call.world.set(id, "secret", secret.as_str());
    call.shown(id)
}

fn update(call: &mut Call<'_>) -> Outcome {
    present_if_set(call, "name")?;
    let id = call.text("api_token");
    let secret = call
        .world
        .get(&id)
        .and_then(|token| token.fields.get("secret").cloned());
    generic::update(call)?;
    call.world.set(&id, "secret", Value::Null);
    let shown = call.shown(&id);
    call.world.set(&id, "secret", secret.unwrap_or_default());
    Ok(shown)
}
